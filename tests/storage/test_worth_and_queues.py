"""The SQL behind best first: bands, tallies and lists say in SQL what scoring says in Python."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import update

from scoring.worth import EXPECTED, Tally, Worth, band
from storage import board, breaches, contracts, deadlines, handoffs, moves, queues, worth
from storage.breaches import Breach
from storage.deadlines import Due
from storage.engine import Database
from storage.handoffs import HANDOFFS
from storage.moves import Opening
from storage.tables import LeadRow

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SCORES = (-20, 0, 49, 50, 59, 60, 75, 139, 140, 500)


def opening(lead: int, **changes: Any) -> Opening:
    values = {
        "lead_id": lead, "version": 1, "tier": "demo", "tier_rank": 0, "why": "threshold", "segment": "EMEA",
        "channel": "C1", "pool": ["U0ANN", "U0BOB"], "stage": "mql", "fit": 0, "intent": 50, "receipt": [],
        "fit_check": False, "came_back": False, "stale": False, "crossed_at": NINE, "clock": "business",
        "allowance_s": 3600, "started_at": NINE, "used_s": 0, "since": NINE, "due_at": NINE + HOUR,
        "origin": "scored", "owner": None,
    }  # fmt: skip
    return Opening(values | changes, NINE, "scoring")


def stock(database: Database, rows: list[dict[str, Any]]) -> None:
    """A hand-off of a lead of its own for each of *rows*."""
    with database.writing() as session:
        contracts.add_definition(session, "name: one", NINE)
        for n in range(1, len(rows) + 1):
            session.add(LeadRow(id=n, email=None, facts={}, fact_times={}, first_seen=0, received=0))
        session.flush()
        first = ("fit", "intent", "pool", "segment", "due_at", "origin", "crossed_at", "owner", "clock")
        made = [{k: v for k, v in row.items() if k in first} for row in rows]
        ids = moves.create(session, [opening(n, **given) for n, given in enumerate(made, start=1)])
        for id_, row in zip(ids, rows, strict=True):
            later = {k: v for k, v in row.items() if k not in first}
            if later:
                session.connection().execute(update(HANDOFFS).where(HANDOFFS.c.id == id_).values(**later))


def tallies(database: Database, since: datetime = NINE - 365 * DAY) -> dict[int, Tally]:
    with database.reading() as session:
        return dict(worth.decided(session, 50, since, "nurture"))


ENDED = {"stage": "recycled", "ended_at": NINE, "reason": "no_budget"}
SQL = {"stage": "sql", "sql_at": NINE}


def test_what_sales_decided_is_counted_by_band(database: Database) -> None:
    stock(database, [{"intent": score, **ended} for score in SCORES for ended in (ENDED, ENDED, SQL)])

    expected: dict[int, Tally] = {}
    for score in SCORES:
        there = expected.get(band(score, 50), Tally())
        expected[band(score, 50)] = Tally(there.decided + 3, there.sqls + 1)
    assert tallies(database) == expected


def test_only_scored_hand_offs_that_sales_decided_on_in_the_last_year_count(database: Database) -> None:
    stock(
        database,
        [
            {},  # still open
            {**SQL, "origin": "by_hand"},
            {**SQL, "origin": "spot_check"},
            {**ENDED, "reason": "nurture"},  # sales never saw it
            {**ENDED, "reason": None},  # its lead was erased
            {**ENDED, "ended_at": NINE - 366 * DAY},
            {**SQL, "sql_at": NINE - 366 * DAY, "ended_at": NINE, "stage": "lost", "reason": "no_budget"},
            {**SQL, "stage": "won", "ended_at": NINE},
        ],
    )

    assert tallies(database) == {1: Tally(1, 1)}


RATES = Worth(50, EXPECTED, {1: Tally(50, 40), 3: Tally(50, 0), 9: Tally(5, 5)})


def page(database: Database, listing: queues.Listing, figures: Worth = RATES, **about: Any) -> list[int]:
    with database.reading() as session:
        ids = queues.page(session, listing, figures, most=100, **about)
        assert len(ids) == queues.count(session, listing, **about)
        return ids


@pytest.mark.parametrize("figures", [RATES, Worth(60, Fraction(1, 5))])
def test_sql_orders_a_queue_as_scoring_does(database: Database, figures: Worth) -> None:
    times = (None, NINE + HOUR, NINE - HOUR, NINE)
    stock(
        database,
        [
            {"intent": score, "due_at": due, "clock": "business" if due else None}
            for score in SCORES
            for due in times
        ]
        + [{"intent": 75, "touched_at": NINE}, {"intent": 50, "touched_at": NINE, "stage": "sal"}],
    )

    with database.reading() as session:
        waiting = handoffs.waiting(session, None, None)
    assert page(database, queues.UNOWNED, figures) == [each.id for each in sorted(waiting, key=figures.order)]


def test_a_queue_is_read_page_by_page(database: Database) -> None:
    stock(database, [{} for _ in range(7)])

    with database.reading() as session:
        pages = [queues.page(session, queues.UNOWNED, RATES, most=3, skipped=n) for n in (0, 3, 6, 9)]
    assert pages == [[1, 2, 3], [4, 5, 6], [7], []]


def test_whose_a_hand_off_is_decides_on_which_list_it_stands(database: Database) -> None:
    ae = {"ae": "U0EVE", "stage": "sql"}
    stock(
        database,
        [
            {"owner": "U0ANN"},
            {"owner": "U0ANN", **ae},  # Ann waits for Eve
            {"owner": "U0EVE", **ae, "ae_accepted_at": NINE},
            {"owner": "U0EVE", **ae, "stage": "opportunity", "ae_accepted_at": NINE},
            {"owner": "U0EVE"},
            {"pool": ["U0CAT"]},
            {},
            {"owner": "U0ANN", **ENDED},
            {"owner": "U0EVE", **ae, "stage": "won", "ae_accepted_at": NINE, "ended_at": NINE},
        ],
    )

    assert page(database, queues.OWNED, whose="U0ANN") == [1, 2]
    assert page(database, queues.OWNED, whose="U0EVE") == [5]
    assert page(database, queues.FOR_AE, whose="U0EVE") == [2]
    assert page(database, queues.DEALS, whose="U0EVE") == [3, 4]
    with database.reading() as session:
        pools = {who: queues.pools_with(session, who) for who in ("U0ANN", "U0CAT", "U0MAX")}
    assert page(database, queues.IN_POOLS, pools=pools["U0ANN"]) == [7]
    assert page(database, queues.IN_POOLS, pools=pools["U0CAT"]) == [6]
    assert page(database, queues.IN_POOLS, pools=pools["U0MAX"]) == []


def test_what_needs_a_decision_is_flagged_overdue_with_nobody_or_past_its_time(database: Database) -> None:
    stock(
        database,
        [
            {"flag": "Fails the gate."},
            {"due_at": NINE - HOUR},
            {"due_at": NINE - HOUR, "owner": "U0ANN"},  # its owner is nudged
            {"due_at": NINE + HOUR},
            {"due_at": NINE - HOUR, "touched_at": NINE},
            {"due_at": NINE - HOUR, "paused_at": NINE},
            {"due_at": NINE + HOUR, "owner": "U0ANN"},
            {"due_at": NINE + HOUR, "owner": "U0ANN"},
            {"due_at": NINE + HOUR, "owner": "U0ANN", "stage": "sql"},
        ],
    )
    with database.writing() as session:
        for subject, due in (("7", NINE - HOUR), ("8", NINE + HOUR), ("9", NINE - HOUR)):
            deadlines.schedule(session, [Due("decide", subject, "all", due)])
        deadlines.done(session, Due("decide", "7", "all", NINE - HOUR), NINE)

    found = page(database, queues.WANTS_DECISION, now=NINE, decision="decide")

    assert sorted(found) == [1, 2, 7]


def test_the_board_counts_what_everybody_has_and_broke(database: Database) -> None:
    monday = NINE - HOUR
    stock(
        database,
        [
            {"owner": "U0ANN", "due_at": NINE - timedelta(minutes=1)},
            {"owner": "U0ANN", "due_at": NINE + HOUR},
            {"owner": "U0ANN", "due_at": monday - DAY, "touched_at": NINE},  # last week's
            {"owner": "U0ANN", "due_at": NINE - timedelta(minutes=5), "touched_at": NINE, "stage": "sal"},
            {"owner": "U0BOB", "due_at": NINE - timedelta(minutes=5), **ENDED},  # ended too late
            {"owner": "U0CAT", "due_at": NINE - timedelta(minutes=5), **ENDED, "ended_at": NINE - HOUR},
            {"segment": "APAC", "crossed_at": NINE - 2 * DAY},
            {"crossed_at": NINE - DAY},
            {"segment": "APAC"},
        ],
    )

    broken = (
        (1, "U0ANN", "breach", NINE - timedelta(minutes=1)),
        (1, "U0ANN", "breach 200%", NINE),  # the same promise, once more
        (3, "U0ANN", "breach", monday - DAY),  # last week's
        (4, "U0ANN", "breach", NINE - timedelta(minutes=5)),
        (5, "U0BOB", "breach", NINE - timedelta(minutes=5)),
        (8, None, "breach", NINE - timedelta(minutes=5)),
    )
    with database.writing() as session:
        for handoff, owner, step, at in broken:
            breaches.note(session, Breach(handoff, step, at, owner, "EMEA", "demo", {"rep": 60}))

    with database.reading() as session:
        loads = board.loads(session, monday, NINE)
        unowned = board.unowned(session)
    assert loads == {"U0ANN": board.Load(4, 1, 2), "U0BOB": board.Load(0, 0, 1)}
    assert unowned == [board.Unowned("APAC", 2, NINE - 2 * DAY), board.Unowned("EMEA", 1, NINE - DAY)]


def test_what_held_leads_lack_is_counted_by_fact(database: Database) -> None:
    with database.writing() as session:
        for n, wanted in enumerate((["country"], ["country", "employees"], None, ["country"], []), start=1):
            row = LeadRow(id=n, email=None, facts={}, fact_times={}, first_seen=0, received=0, wanted=wanted)
            session.add(row)

    with database.reading() as session:
        assert board.lacking(session) == {"country": 3, "employees": 1}
