"""Best first: what sales made of others decides which lead stands on top."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from bot.desk import answer, deal, home, people, queue, report, taking_back
from bot.desk.desk import Desk
from scoring.worth import Tally
from storage.handoffs import HANDOFFS
from storage.tables import CardRow, LeadRow
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, TEAM

CARDS = CardRow.metadata.tables["card"]
HOT, MIDDLE = {"title": "VP Marketing"}, {"title": "Clerk"}
"""A demo request of a VP makes 90 points here, of a clerk 70: bands 5 and 3."""


def lead(number: int, **more: Any) -> dict[str, Any]:
    return {**ADA, "email": f"a{number}@x{number}.example", "first_name": f"Lead{number}", **more}


def write_history(shift: Shift, score: int, decided: int, sqls: int) -> None:
    """So many hand-offs of this score, of the past month, and how many of them became SQLs."""
    at = shift.now - timedelta(days=30)
    with shift.desk.database.writing() as session:
        session.add(LeadRow(id=9_000 + score, facts={}, fact_times={}, first_seen=0, received=0))
        session.flush()
        row = {
            "lead_id": 9_000 + score, "version": 1, "tier": "demo", "tier_rank": 0, "why": "", "segment": "EMEA",
            "channel": "C0EMEA", "pool": [], "stage": "lost", "fit": 0, "intent": score, "receipt": [],
            "crossed_at": at, "ended_at": at, "reason": "no_budget", "origin": "scored",
        }  # fmt: skip
        rows = [row | {"sql_at": at if n < sqls else None} for n in range(decided)]
        session.connection().execute(insert(HANDOFFS), rows)


def names(found: Any) -> list[str]:
    return [shown.facts["first_name"] for shown in found.first]


def test_without_history_every_lead_is_worth_what_the_contract_expects_and_time_decides(shift: Shift) -> None:
    shift.arrive(shift.event("demo_request", lead(1, **MIDDLE)))
    shift.clock.advance(timedelta(minutes=5))
    shift.arrive(shift.event("demo_request", lead(2, **HOT)))

    found = queue.queue(shift.desk, "U0ANN")

    assert names(found.unclaimed) == ["Lead1", "Lead2"]
    assert found.worth.expected * 100 == 15


def test_the_band_that_became_sqls_more_often_comes_first_whatever_its_points(either_shift: Shift) -> None:
    write_history(either_shift, 75, 60, 40)
    write_history(either_shift, 95, 60, 1)
    either_shift.arrive(
        either_shift.event("demo_request", lead(1, **HOT)),
        either_shift.event("demo_request", lead(2, **MIDDLE)),
    )

    found = queue.queue(either_shift.desk, "U0ANN")

    assert names(found.unclaimed) == ["Lead2", "Lead1"]
    assert found.worth.tallies == {3: Tally(60, 40), 5: Tally(60, 1)}


def test_the_contracts_expectation_and_the_teams_deal_value_are_taken(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(
        sqlite_url,
        definition=DEFINITION + "contract: {expected_mql_to_sql: 18%}\n",
        team=TEAM + "deal_value: 9000\ncurrency: EUR\n",
    )
    shift.demo()

    assert queue.queue(shift.desk, "U0ANN").worth.value(90) == 1_620


def test_the_figures_are_counted_anew_after_ten_minutes(shift: Shift) -> None:
    first = report.worth_now(shift.desk)
    write_history(shift, 75, 60, 40)
    shift.clock.advance(timedelta(minutes=9))
    assert report.worth_now(shift.desk) is first

    shift.clock.advance(timedelta(minutes=1))
    assert report.worth_now(shift.desk).tallies == {3: Tally(60, 40)}


def test_an_undone_qualification_is_no_sql(either_shift: Shift) -> None:
    one = either_shift.demo()
    with either_shift.desk.database.reading() as session:
        before = either_shift.desk.worth(session).tallies
    answer.accept(either_shift.desk, one, "U0ANN")
    answer.touch(either_shift.desk, one, "U0ANN", either_shift.tried("U0ANN"))
    bant = deal.Bant(dict.fromkeys(deal.BANT, "yes"), None, "")
    deal.qualify(either_shift.desk, one, "U0ANN", bant)
    either_shift.clock.advance(timedelta(minutes=5))
    taking_back.undo(either_shift.desk, one, "U0ANN")

    either_shift.clock.advance(timedelta(minutes=10))
    assert report.worth_now(either_shift.desk).tallies == before == {}


def test_a_digest_lists_the_best_lead_first(shift: Shift) -> None:
    write_history(shift, 75, 60, 40)
    ids = [shift.demo(lead(1, **HOT)), shift.demo(lead(2, **MIDDLE))]
    card = shift.handoff(ids[0]).card_id
    with shift.desk.database.writing() as session:
        session.connection().execute(HANDOFFS.update().where(HANDOFFS.c.id.in_(ids)).values(card_id=card))

    def order() -> list[int]:
        found = report.shown_card(shift.desk, card or 0)
        assert found is not None
        return [shown.handoff.id for shown in found[1]]

    assert order() == ids, "a card of one hand-off, or of a company, keeps its order"
    collect(shift.desk, card, "standard")
    assert order() == ids[::-1]
    collect(shift.desk, card, "@")
    assert order() == ids


def collect(desk: Desk, card: int | None, what: str) -> None:
    with desk.database.writing() as session:
        session.connection().execute(CARDS.update().where(CARDS.c.id == card).values(collects=what))


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    ran: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        ran.append(statement)

    with desk.database.reading() as session:
        engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield ran
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def a_floor_of(shift: Shift, count: int, owner: str | None) -> None:
    """So many open hand-offs, all of them overdue and flagged."""
    with shift.desk.database.writing() as session:
        connection = session.connection()
        top = max(connection.execute(select(LeadRow.metadata.tables["lead"].c.id)).scalars(), default=0) or 0
        leads = [
            {
                "id": top + n,
                "facts": {"first_name": f"L{n}"},
                "fact_times": {},
                "first_seen": 0,
                "received": 0,
            }
            for n in range(1, count + 1)
        ]
        connection.execute(insert(LeadRow), [each | {"fit": 0, "intent": 0} for each in leads])
        row = {
            "version": 1, "tier": "demo", "tier_rank": 0, "why": "", "segment": "EMEA", "channel": "C0EMEA",
            "pool": ["U0ANN"], "stage": "mql", "owner": owner, "fit": 40, "intent": 50, "receipt": [],
            "crossed_at": shift.now, "clock": "business", "due_at": shift.now, "flag": "Look at it.",
        }  # fmt: skip
        connection.execute(insert(HANDOFFS), [row | {"lead_id": each["id"]} for each in leads])


@pytest.mark.parametrize("reader", ["U0ANN", "U0MAX"])
def test_home_reads_as_much_for_ten_thousand_open_leads_as_for_fifty(
    shifts: Callable[..., Shift], database_url: str, reader: str
) -> None:
    shift = shifts(database_url)
    people.app(shift.desk)
    for owner in ("U0ANN", None, "U0MAX"):
        a_floor_of(shift, 50, owner)
    home.home(shift.desk, reader)  # what is read once is read
    with counted(shift.desk) as before:
        home.home(shift.desk, reader)
    for owner in ("U0ANN", None):
        a_floor_of(shift, 5_000, owner)

    with counted(shift.desk) as after:
        found = home.home(shift.desk, reader)

    assert len(after) == len(before) < 45
    lists = [found.mine, found.pools, found.to_accept, found.deals]
    if found.overview is not None:
        lists += [found.overview.decisions, found.overview.spot_checks]
        assert found.overview.decisions.count == 10_150
    assert sum(len(page.first) for page in lists) <= sum(home.PER_PAGE.values())
