""" "A random share of leads below the threshold becomes marked MQLs, drawn with a recorded probability"."""

import math
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.desk import answer, people, privacy
from bot.desk.desk import Desk, open_database
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from storage import people as listings
from storage.people import Suppressed
from storage.tables import SpotCheckRow
from tests.bot.desk.outside import kinds
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, TEAM, World

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SECRET = b"a secret of the tests"


def asking(share: str, at_most: int = 2) -> str:
    return DEFINITION + f"spot_check: {{share: {share}, at_most: {at_most}}}\n"


def person(number: int, **more: Any) -> dict[str, Any]:
    return {**ADA, "email": f"a{number}@x{number}.example", **more}


@pytest.fixture
def everybody(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """Each lead below the line is drawn; a rep takes two a week."""
    return shifts(database_url, definition=asking("100%"))


def look(shift: Shift, *people_: dict[str, Any]) -> None:
    """Something small that each of them did."""
    shift.arrive(*(shift.event("ebook", each) for each in people_ or (ADA,)))


def draws(shift: Shift) -> list[SpotCheckRow]:
    with shift.desk.database.reading() as session:
        return list(
            session.scalars(
                select(SpotCheckRow).order_by(col(SpotCheckRow.quarter), col(SpotCheckRow.lead_id))
            )
        )


def test_a_drawn_lead_goes_to_somebody_of_the_pool_with_the_last_tiers_promise(everybody: Shift) -> None:
    look(everybody)

    made = everybody.handoff()
    assert (made.origin, made.why, made.tier) == ("spot_check", "spot_check", "standard")
    assert (made.stage, made.owner, made.assigned_at, made.accepted_at) == (
        "mql",
        "U0ANN",
        everybody.now,
        None,
    )
    assert made.score == 45
    assert made.due_at == everybody.now.replace(day=24), (
        "8 working hours by Ann's calendar, which ends at 16:00"
    )
    (row,) = draws(everybody)
    assert (row.lead_id, row.quarter, row.probability, row.handoff_id) == (1, "2026Q4", 1.0, 1)


def test_the_card_is_marked_and_can_be_worked_like_any_other(
    worlds: Callable[..., World], database_url: str
) -> None:
    world = worlds(database_url, definition=asking("100%"))
    world.send(world.event("ebook"))

    card = world.card().plain()
    assert "🎲 Spot check: below the line on purpose" in card
    assert "Yours, @Ann" in card
    world.press("U0ANN", "why")
    assert "a spot check, drawn at random" in world.slack.modal("U0ANN")["blocks"][1]["text"]["text"]  # type: ignore[index]
    world.press("U0ANN", "accept")
    assert "Accepted by @Ann" in world.card().plain()
    assert world.slack.complaints == []


def test_a_lead_is_drawn_once_a_quarter(shifts: Callable[..., Shift], database_url: str) -> None:
    shift = shifts(database_url, definition=asking("0.1%"))
    shift.desk.secret = SECRET
    for _ in range(3):
        look(shift)
        shift.clock.advance(WEEK)
    assert [(row.quarter, row.probability, row.handoff_id) for row in draws(shift)] == [
        ("2026Q4", 0.001, None)
    ]

    shift.clock.advance(4 * WEEK)
    look(shift)
    assert [row.quarter for row in draws(shift)] == ["2026Q4", "2027Q1"]
    assert shift.rows() == []


def test_a_rep_takes_so_many_a_week_and_without_room_the_chance_is_nought(everybody: Shift) -> None:
    for n in range(6):
        look(everybody, person(n))

    assert Counter(row.owner for row in everybody.rows()) == {"U0ANN": 2, "U0BOB": 2}
    assert [row.owner for row in everybody.rows()][:2] == ["U0ANN", "U0BOB"], "who had fewest is next"
    assert [row.probability for row in draws(everybody)] == [1, 1, 1, 1, 0, 0]

    everybody.clock.advance(WEEK)
    look(everybody, person(4))
    assert len(everybody.rows()) == 4, "the draw of this quarter was its only one"
    look(everybody, person(7))
    assert len(everybody.rows()) == 5


def test_many_in_one_request_are_bounded_too(everybody: Shift) -> None:
    look(everybody, *(person(n) for n in range(9)))
    assert Counter(row.owner for row in everybody.rows()) == {"U0ANN": 2, "U0BOB": 2}
    assert [row.probability for row in draws(everybody)] == [1] * 4 + [0] * 5


def test_the_promised_number_a_week_may_be_none(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=asking("100%", 0))
    look(shift)
    assert (shift.rows(), [row.probability for row in draws(shift)]) == ([], [0])


def test_who_has_left_is_away_or_is_full_takes_none(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    team = TEAM.replace("U0BOB: {name: Bob, role: sdr}", "U0BOB: {name: Bob, role: sdr, capacity: 1}")
    shift = shifts(sqlite_url, definition=asking("100%", 9), team=team)
    people.learn(shift.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])
    look(shift, person(0))
    assert [row.owner for row in shift.rows()] == ["U0BOB"]
    look(shift, person(1))
    assert len(shift.rows()) == 1


DOES_NOT_TAKE_PART: dict[str, dict[str, Any]] = {
    "fails a hard gate": {"country": "KP"},
    "mail of a disposable kind": {"email": "x@mailinator.com"},
    "refused": {"consent": "no"},
    "no way to reach them": {"email": None, "phone": None, "id": "17"},
}


@pytest.mark.parametrize("why", DOES_NOT_TAKE_PART)
def test_who_takes_no_part_is_not_even_drawn(everybody: Shift, why: str) -> None:
    facts = {name: value for name, value in (ADA | DOES_NOT_TAKE_PART[why]).items() if value is not None}
    look(everybody, facts)
    assert (everybody.rows(), draws(everybody)) == ([], [])


def test_the_suppressed_take_no_part(everybody: Shift) -> None:
    everybody.demo(person(99))
    with everybody.desk.database.writing() as session:
        listings.suppress(session, Suppressed("domain", "engines.example", "customer"), 1, everybody.now)
    look(everybody)
    assert (len(everybody.rows()), draws(everybody)) == (1, [])


def test_an_mql_is_none_and_neither_is_history_or_a_lead_with_sales(everybody: Shift) -> None:
    everybody.demo()
    look(everybody)
    everybody.arrive(everybody.event("ebook", person(1)), live=False)
    old = (everybody.now - timedelta(days=4)).isoformat()
    everybody.arrive(everybody.event("ebook", person(2), occurred_at=old))
    everybody.arrive(everybody.event(None, person(3)))
    assert [row.origin for row in everybody.rows()] == ["scored"]
    assert draws(everybody) == []


def test_a_lead_that_has_to_wait_after_an_end_takes_no_part_and_one_that_may_come_back_does(
    everybody: Shift,
) -> None:
    answer.end(
        everybody.desk, everybody.demo(), "U0ANN", Disposition("timing.no_project", "", date(2026, 12, 14))
    )
    look(everybody)
    assert draws(everybody) == []

    everybody.clock.advance(21 * DAY)
    look(everybody)
    assert [(row.origin, row.came_back) for row in everybody.rows()] == [
        ("scored", False),
        ("spot_check", True),
    ]


def test_one_that_lacks_what_is_required_or_fails_a_soft_gate_takes_part(everybody: Shift) -> None:
    look(everybody, person(1, employees=9_000))
    everybody.arrive(everybody.event("email_open", person(2)))
    assert [row.origin for row in everybody.rows()] == ["spot_check"] * 2


def test_nobody_is_drawn_in_shadow(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=asking("100%"), team="live: false\n" + TEAM)
    look(shift)
    assert (shift.rows(), draws(shift)) == ([], [])


def test_nobody_is_replied_to_and_nurture_goes_on_until_it_is_accepted(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, definition=asking("100%"), webhooks=True)
    look(shift)
    assert kinds(shift) == ["handoff.created"]
    answer.accept(shift.desk, 1, "U0ANN")
    assert kinds(shift)[1:] == ["handoff.accepted", "nurture.pause"]


@pytest.mark.slow
def test_the_share_that_is_drawn_is_the_share_that_was_asked_for(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """4,000 leads at 5 %: within what a fair coin of that kind gives in all but one of 100,000 cases."""
    team = TEAM.replace('"09:00-17:00"', '"00:00-24:00"')
    shift = shifts(sqlite_url, definition=asking("5%", 4_000), team=team)
    shift.desk.secret = SECRET
    for begin in range(0, 4_000, 500):
        look(shift, *(person(n) for n in range(begin, begin + 500)))

    kept = draws(shift)
    assert len(kept) == 4_000
    assert {row.probability for row in kept} == {0.05}
    low, high = binomial_bounds(4_000, 0.05, 1e-5)
    assert low <= len(shift.rows()) <= high
    assert {row.lead_id for row in shift.rows()} == {row.lead_id for row in kept if row.handoff_id}
    assert {row.owner for row in shift.rows()} == {"U0ANN", "U0BOB"}
    counts = Counter(row.owner for row in shift.rows())
    assert abs(counts["U0ANN"] - counts["U0BOB"]) <= 1


def binomial_bounds(n: int, p: float, miss: float) -> tuple[int, int]:
    """The smallest and the greatest count of which each tail has less than *miss* / 2."""
    terms = [math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
                      + k * math.log(p) + (n - k) * math.log(1 - p)) for k in range(n + 1)]  # fmt: skip
    low = next(k for k in range(n + 1) if sum(terms[: k + 1]) > miss / 2)
    high = next(k for k in range(n, -1, -1) if sum(terms[k:]) > miss / 2)
    return low, high


def test_the_bounds_are_those_of_the_exact_distribution() -> None:
    assert binomial_bounds(2, 0.5, 0.4) == (0, 2)
    assert binomial_bounds(4_000, 0.05, 1e-5) == (142, 264)


def test_two_databases_with_the_same_secret_draw_the_same_and_another_secret_draws_others(
    shifts: Callable[..., Shift], sqlite_url: str, postgres_url: str
) -> None:
    def drawn(url: str, secret: bytes) -> set[str]:
        shift = shifts(url, definition=asking("20%", 1_000))
        shift.desk.secret = secret
        look(shift, *(person(n) for n in range(200)))
        return {row.company or "" for row in shift.rows()}

    first = drawn(sqlite_url, SECRET)
    assert first == drawn(postgres_url, SECRET)
    other = sqlite_url.replace("baton.db", "other.db")
    assert first != drawn(other, b"another secret")


def test_without_a_secret_of_its_own_baton_remembers_one(
    shifts: Callable[..., Shift], database_url: str
) -> None:
    shift = shifts(database_url, definition=asking("50%"))
    look(shift, person(1))
    first = stored_secret(shift)
    look(shift, person(2))
    assert first == stored_secret(shift)
    assert len(first) == 64


def stored_secret(shift: Shift) -> str:
    with shift.desk.database.reading() as session:
        return str(session.connection().exec_driver_sql(
            "SELECT value FROM setting WHERE key = 'spot_check_secret'").scalar_one())  # fmt: skip


def test_two_batons_together_give_a_rep_no_more_than_one_would(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    shift = shifts(postgres_url, definition=asking("100%"))
    other = Shift(Desk(open_database(postgres_url, "serve"), shift.clock), shift.clock, shift._events)
    together = threading.Barrier(2)
    try:

        def send(side: int) -> None:
            one = (shift, other)[side]
            for n in range(10):
                event = one.event("ebook", person(100 * side + n), id=f"side-{side}-{n}")
                together.wait(timeout=30)
                one.arrive(event)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(send, range(2)))
    finally:
        other.desk.database.close()

    assert Counter(row.owner for row in shift.rows()) == {"U0ANN": 2, "U0BOB": 2}
    assert sum(row.handoff_id is not None for row in draws(shift)) == 4


def test_what_is_held_about_a_person_has_the_draw(everybody: Shift) -> None:
    look(everybody)
    (kept,) = privacy.held(everybody.desk, "ada@engines.example")["spot_checks"]
    assert (kept["quarter"], kept["probability"], kept["handoff_id"]) == ("2026Q4", 1.0, 1)
