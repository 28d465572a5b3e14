"""Hand-offs as rows: one open a lead, a move only on what was read, every move a line in the log."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from scoring.handoff import Handoff, Touch
from storage import contracts, handoffs, moves
from storage.engine import Database
from storage.moves import Move, Opening
from storage.tables import HandoffRow, LeadRow, TransitionRow

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opening(lead: int = 1, **changes: Any) -> Opening:
    values = {
        "lead_id": lead, "version": 1, "tier": "demo", "tier_rank": 0, "why": "fast_track", "segment": "EMEA",
        "channel": "C1", "pool": ["U0ANN", "U0BOB"], "stage": "mql", "fit": 40, "intent": 50, "receipt": [],
        "fit_check": False, "came_back": False, "stale": False, "crossed_at": NINE, "clock": "business",
        "allowance_s": 3600, "started_at": NINE, "used_s": 0, "since": NINE, "due_at": NINE + HOUR,
    }  # fmt: skip
    return Opening(values | changes, NINE, "scoring")


@pytest.fixture
def stocked(database: Database) -> Database:
    """Three leads and a definition."""
    with database.writing() as session:
        contracts.add_definition(session, "name: one", NINE)
        for n in (1, 2, 3):
            session.add(
                LeadRow(id=n, email=f"a{n}@x.example", facts={}, fact_times={}, first_seen=0, received=0)
            )
    return database


def got(session: Session, id_: int = 1) -> Handoff:
    found = handoffs.get(session, id_)
    assert found is not None
    return found


def log(session: Session, id_: int = 1) -> list[TransitionRow]:
    query = select(TransitionRow).where(col(TransitionRow.handoff_id) == id_).order_by(col(TransitionRow.n))
    return list(session.scalars(query))


def test_a_new_hand_off_reads_back_as_it_was_opened(stocked: Database) -> None:
    with stocked.writing() as session:
        assert moves.create(session, [opening(1), opening(2, tier="high", pool=["U0CAT"])]) == [1, 2]
        assert moves.create(session, []) == []

    with stocked.reading() as session:
        first, second = got(session, 1), got(session, 2)
        assert (first.stage, first.n, first.score, first.pool) == ("mql", 1, 90, ("U0ANN", "U0BOB"))
        assert (first.due_at, first.allowance, first.crossed_at) == (NINE + HOUR, HOUR, NINE)
        assert (second.lead_id, second.tier, second.pool) == (2, "high", ("U0CAT",))
        assert [(row.n, row.action, row.to_stage, row.source) for row in log(session)] == [
            (1, "create", "mql", "scoring")
        ]
        assert handoffs.get(session, 99) is None


def test_the_database_itself_refuses_a_second_open_hand_off_of_a_lead(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [opening(1)])

    with pytest.raises(IntegrityError), stocked.writing() as session:
        moves.create(session, [opening(2), opening(1)])
    with stocked.reading() as session:
        assert session.scalars(select(col(HandoffRow.lead_id))).all() == [1], (
            "nothing of that request is kept"
        )

    with stocked.writing() as session:
        moves.move(
            session, got(session), Move("reject", "U0ANN", NINE, {"stage": "recycled", "ended_at": NINE})
        )
        assert moves.create(session, [opening(1)]) != []


def test_a_move_on_what_somebody_has_changed_since_does_nothing(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [opening()])
    with stocked.reading() as session:
        read = got(session)
    with stocked.writing() as session:
        assert moves.move(session, read, Move("accept", "U0ANN", NINE, {"stage": "sal", "owner": "U0ANN"}))

    with stocked.writing() as session:
        assert not moves.move(
            session, read, Move("accept", "U0BOB", NINE, {"stage": "sal", "owner": "U0BOB"})
        )

    with stocked.reading() as session:
        assert got(session).owner == "U0ANN"
        assert [row.actor for row in log(session)] == [None, "U0ANN"]


def test_what_a_press_changed_is_restored_to_the_last_column(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [opening()])
        before = got(session)
        values: dict[str, Any] = {
            "stage": "recycled", "owner": "U0ANN", "accepted_at": NINE, "touched_at": NINE, "sql_at": NINE,
            "ae": "U0MAX", "bant": {"need": "yes"}, "ended_at": NINE, "reason": "timing.no_project",
            "note": "later", "again_on": date(2027, 1, 1), "due_at": None, "used_s": 9, "since": None,
            "clock": None, "allowance_s": None, "started_at": None, "routed": "By turns.", "assigned_at": NINE,
            "sent_back_at": NINE,
            "snoozed_until": NINE, "snoozes": 2, "paused_at": NINE, "paused_until": NINE, "paused_s": 60,
            "pause_reason": "holiday", "sdr": "U0ANN", "ae_accepted_at": NINE, "amount": 9_000, "currency": "EUR",
            "close_on": date(2027, 1, 1),
        }  # fmt: skip
        assert set(values) == set(moves.UNDONE_BY_UNDO)
        moves.move(session, before, Move("reject", "U0ANN", NINE, values, "timing.no_project", undoable=True))
        ended = got(session)
        assert ended.last is not None
        assert (ended.last.n, ended.last.by, ended.again_on) == (2, "U0ANN", date(2027, 1, 1))

        assert ended.undo is not None
        moves.move(session, ended, Move("undo", "U0ANN", NINE, moves.restored(ended.undo), undoes=2))

        after = got(session)
        same = {
            name for name in Handoff.__dataclass_fields__ if getattr(after, name) == getattr(before, name)
        }
        assert set(Handoff.__dataclass_fields__) - same == {"n", "head"}
        assert session.get_one(HandoffRow, 1, populate_existing=True).bant is None
        assert [(row.action, row.undoes, row.to_stage) for row in log(session)][-1] == ("undo", 2, "mql")


def test_only_a_persons_newest_press_can_be_taken_back(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [opening()])
        assert got(session).last is None
        moves.move(session, got(session), Move("accept", "U0ANN", NINE, {"owner": "U0ANN"}, undoable=True))
        assert got(session).last is not None
        moves.move(session, got(session), Move("raise", None, NINE, {"tier": "hot"}, source="scoring"))
        assert got(session).last is None
        assert got(session).undo is None


def test_a_touch_that_was_taken_back_is_not_counted(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [opening()])
        for minute in (0, 5):
            read = got(session)
            at = NINE + timedelta(minutes=minute)
            moves.move(session, read, Move("touch", "U0ANN", at, {"touched_at": NINE}))
            moves.log_touch(session, read, Touch("call", "voicemail", "U0ANN", at), "")
        assert len(got(session).touches) == 2

        moves.undo_touch(session, 1, 3, NINE)
        assert [touch.at for touch in got(session).touches] == [NINE]


def test_the_queue_is_soonest_due_first_and_unclocked_last(stocked: Database) -> None:
    with stocked.writing() as session:
        moves.create(session, [
            opening(1, due_at=None, clock=None), opening(2, due_at=NINE + 5 * HOUR),
            opening(3, due_at=NINE + HOUR, pool=["U0CAT"]),
        ])  # fmt: skip
        assert [each.lead_id for each in handoffs.waiting(session, None, None)] == [3, 2, 1]
        assert [each.lead_id for each in handoffs.waiting(session, None, "U0ANN")] == [2, 1]
        moves.move(
            session, got(session, 2), Move("accept", "U0ANN", NINE, {"owner": "U0ANN", "stage": "sal"})
        )
        assert [each.lead_id for each in handoffs.waiting(session, "U0ANN", None)] == [2]
        assert [each.lead_id for each in handoffs.waiting(session, None, None)] == [3, 1]


def test_the_last_end_is_the_newest_one_and_knows_about_changed_facts(stocked: Database) -> None:
    ends = [("timing.no_project", NINE), ("nurture", NINE + HOUR)]
    for reason, at in ends:
        with stocked.writing() as session:
            [id_] = moves.create(session, [opening(1)])
            values = {"stage": "recycled", "ended_at": at, "reason": reason}
            moves.move(session, got(session, id_), Move("reject", "U0ANN", at, values))

    with stocked.writing() as session:
        assert handoffs.last_ended(session, [1, 2])[1].reason == "nurture"
        assert handoffs.last_ended(session, [1, 2], besides="nurture")[1].reason == "timing.no_project"
        assert not handoffs.last_ended(session, [1])[1].facts_changed
        session.get_one(LeadRow, 1).changed_facts_at = int((NINE + 2 * HOUR).timestamp())
        session.flush()
        assert handoffs.last_ended(session, [1])[1].facts_changed
        assert handoffs.open_of(session, [1, 2], lock=True) == {}
