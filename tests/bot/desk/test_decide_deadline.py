"""A lead must come to a decision: after half the time the owner hears, after all of it the managers too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.desk import answer, deal, remind, taking_back
from scoring.dispositions import Disposition
from scoring.handoff import Touch
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import until
from tests.world import MONDAY_9, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BANT = deal.Bant(dict.fromkeys(deal.BANT, "yes"))


def tick(shift: Shift) -> None:
    while remind.remind(shift.desk):
        pass


def readers(shift: Shift) -> list[str]:
    """Who was written to, in order."""
    return [letter.body["reader"] for letter in shift.letters("dm")]


def touched(shift: Shift, outcome: str = "reached") -> int:
    """A hand-off that Bob has accepted and touched, on Monday at nine."""
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0BOB")
    answer.touch(shift.desk, id_, "U0BOB", Touch("call", outcome, "U0BOB", shift.now))
    return id_


def advance(shift: Shift, days: int) -> None:
    """Days pass."""
    until(shift, shift.now + days * DAY)


def test_after_half_the_time_the_owner_hears_and_nobody_else(shift: Shift) -> None:
    touched(shift)
    advance(shift, 6)
    assert readers(shift) == []

    advance(shift, 2)
    assert readers(shift) == ["U0BOB"]


def test_after_all_of_the_time_owner_and_managers_hear(shift: Shift) -> None:
    """ "then `decide: 14d` (attempt reminders, owner, manager)," """
    touched(shift)
    advance(shift, 13)
    advance(shift, 2)
    assert readers(shift) == ["U0BOB", "U0BOB", "U0MAX"]


def test_the_time_to_decide_runs_from_the_first_touch(shift: Shift) -> None:
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0BOB")
    assert shift.due(id_)["decide", "all"] == MONDAY_9 + 14 * DAY

    shift.clock.advance(2 * DAY)
    answer.touch(shift.desk, id_, "U0BOB", Touch("call", "reached", "U0BOB", shift.now))
    assert shift.due(id_)["decide", "all"] == MONDAY_9 + 16 * DAY
    assert shift.due(id_)["decide", "half"] == MONDAY_9 + 9 * DAY


def test_after_that_both_hear_once_a_week(shift: Shift) -> None:
    touched(shift)
    advance(shift, 15)
    for week in (1, 2, 3):
        advance(shift, 7)
        assert readers(shift).count("U0MAX") == 1 + week
        assert readers(shift).count("U0BOB") == 2 + week


def test_a_lead_nobody_accepts_is_the_managers_to_decide(shift: Shift) -> None:
    shift.demo()
    tick(shift)
    advance(shift, 1)
    breach = readers(shift)
    assert breach == ["U0MAX"]

    advance(shift, 7)
    assert readers(shift) == ["U0MAX", "U0MAX"]


def test_a_press_after_a_weekly_reminder_does_not_bring_another_one(shift: Shift) -> None:
    id_ = touched(shift)
    advance(shift, 23)
    before = readers(shift)
    next_look = shift.due(id_)["decide", "weekly"]
    assert next_look > shift.now

    answer.touch(shift.desk, id_, "U0BOB", Touch("call", "voicemail", "U0BOB", shift.now))
    assert shift.due(id_)["decide", "weekly"] == next_look
    deal.qualify(shift.desk, id_, "U0BOB", BANT)
    taking_back.undo(shift.desk, id_, "U0BOB")
    tick(shift)
    assert readers(shift) == before


def test_asleep_for_two_months_one_reminder_comes_and_not_one_a_step(shift: Shift) -> None:
    touched(shift)
    shift.clock.advance(60 * DAY)
    tick(shift)
    shift.clock.advance(2 * DAY)
    tick(shift)

    assert sorted(readers(shift)) == ["U0BOB", "U0MAX"]


def test_a_decision_stops_the_reminders(shift: Shift) -> None:
    id_ = touched(shift)
    advance(shift, 8)
    answer.end(shift.desk, id_, "U0BOB", Disposition("not_fit.size"))
    advance(shift, 30)

    assert readers(shift) == ["U0BOB"]


def test_an_sql_is_followed_up_a_day_later_and_then_weekly(shift: Shift) -> None:
    id_ = touched(shift)
    deal.qualify(shift.desk, id_, "U0BOB", BANT)
    assert set(shift.due(id_)) == {("follow_up", "weekly")}
    assert shift.due(id_)["follow_up", "weekly"] == MONDAY_9 + DAY

    shift.clock.advance(DAY)
    tick(shift)
    assert sorted(readers(shift)) == ["U0BOB", "U0MAX"]
    assert shift.due(id_)["follow_up", "weekly"] == MONDAY_9 + 8 * DAY


def test_the_reminder_waits_for_the_owners_day(shift: Shift) -> None:
    shift.clock.advance_to(datetime(2026, 11, 28, 12, 0, tzinfo=UTC))  # a Saturday
    id_ = shift.demo()
    half, rest = shift.due(id_)["decide", "half"], shift.due(id_)["decide", "all"]
    assert half == datetime(2026, 12, 7, 9, 0, tzinfo=UTC), "the Monday after the Saturday it falls on"
    assert rest == datetime(2026, 12, 14, 9, 0, tzinfo=UTC)


def test_the_reminder_names_the_lead_and_how_often_it_was_tried(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "then `decide: 14d` (attempt reminders, owner, manager)," """
    world = worlds(sqlite_url)
    world.send(world.event("demo_request"))
    world.accept("U0BOB")
    answer.touch(world.baton.desk, 1, "U0BOB", Touch("call", "voicemail", "U0BOB", world.now))
    world.pass_time(7 * DAY)

    told = world.slack.dms("U0BOB")[-1].plain()
    assert "No decision yet" in told
    assert "Ada Lovelace" in told
    assert "1 touch logged" in told
