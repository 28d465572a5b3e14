"""An owner puts nudges off within policy, and pauses the clock for an agreed reason; a next step there always is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import answer, passing, resting
from bot.desk.bench import Mistaken
from scoring.roster import Snooze
from tests.bot.desk.shift import Shift, refusal
from tests.bot.desk.watch import HOUR, MINUTE, tick
from tests.world import DEFINITION, MONDAY_9, TEAM

PAUSES = DEFINITION + "pause: {reasons: [on holiday, asked to wait], limit: 2d}\n"


@pytest.fixture
def anns(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """Ann has accepted a demo request, to be touched within 60 minutes; nudges at half and 80 %."""
    shift = shifts(database_url, definition=PAUSES, team=TEAM + "snooze: {longest: 1h, times: 2}\n")
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    return shift


def nudges(shift: Shift) -> list[str]:
    return [letter.body["step"] for letter in shift.letters("dm") if letter.body["view"] == "nudge"]


def test_nudges_put_off_come_later_and_only_the_latest(anns: Shift) -> None:
    """ "Every open hand-off, snoozed or paused, has a next deadline." """
    resting.snooze(anns.desk, 1, "U0ANN", "30m")
    resting.snooze(anns.desk, 1, "U0ANN", "longest")
    anns.clock.advance(50 * MINUTE)
    tick(anns)
    assert nudges(anns) == []
    anns.clock.advance(9 * MINUTE)
    tick(anns)
    assert nudges(anns) == []
    assert anns.due(1), "what is put off still has its next step"


def test_a_nudge_that_was_put_off_is_said_when_the_time_is_up(anns: Shift) -> None:
    anns.clock.advance(29 * MINUTE)
    resting.snooze(anns.desk, 1, "U0ANN", "15m")
    anns.clock.advance(14 * MINUTE)
    tick(anns)
    assert nudges(anns) == []
    anns.clock.advance(MINUTE)
    tick(anns)
    assert nudges(anns) == ["nudge 50%"]


def test_the_managers_hear_of_a_breach_whatever_was_put_off(anns: Shift) -> None:
    anns.clock.advance(30 * MINUTE)
    resting.snooze(anns.desk, 1, "U0ANN", "longest")
    anns.clock.advance(30 * MINUTE)
    tick(anns)
    assert [letter.body["view"] for letter in anns.letters("note")] == ["breach"]
    assert anns.handoff(1).due_at == MONDAY_9 + HOUR, "the clock runs on"


def test_nudges_are_put_off_as_often_and_as_long_as_the_team_allows_and_by_the_owner_alone(
    anns: Shift,
) -> None:
    assert list(resting.lengths(anns_policy(anns))) == ["15m", "30m", "longest"]
    with pytest.raises(Mistaken):
        resting.snooze(anns.desk, 1, "U0ANN", "4h")
    for who in ("U0BOB", "U0MAX"):
        assert "U0ANN" in refusal(resting.snooze, anns.desk, 1, who, "15m")
    for _ in range(2):
        resting.snooze(anns.desk, 1, "U0ANN", "15m")
    assert "2 times, which is all your team allows" in refusal(resting.snooze, anns.desk, 1, "U0ANN", "15m")
    assert "2 times" in refusal(resting.may_snooze, anns.desk, 1, "U0ANN")


def anns_policy(shift: Shift) -> Snooze:
    with shift.desk.database.reading() as session:
        return shift.desk.agreed(session).team.snooze


def test_a_paused_clock_stands_still_and_runs_on_from_where_it_stood(anns: Shift) -> None:
    """ "Every open hand-off, snoozed or paused, has a next deadline." """
    anns.clock.advance(20 * MINUTE)
    paused = resting.pause(anns.desk, 1, "U0ANN", "on holiday")
    assert (paused.used, paused.paused_until) == (20 * MINUTE, anns.now + timedelta(days=2))
    assert paused.due_at == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    assert min(anns.due(1).values()) > anns.now, "a paused lead has its next step"
    anns.clock.advance(HOUR)
    tick(anns)
    assert nudges(anns) == []
    assert anns.letters("note") == []

    resumed = resting.resume(anns.desk, 1, "U0ANN")
    assert (resumed.due_at, resumed.paused_until) == (anns.now + 40 * MINUTE, None)
    assert resumed.paused == HOUR
    anns.clock.advance(10 * MINUTE)
    tick(anns)
    assert nudges(anns) == ["nudge 50%"]


def test_a_pause_ends_by_itself_and_the_ladder_goes_on(anns: Shift) -> None:
    anns.clock.advance(20 * MINUTE)
    due_at = resting.pause(anns.desk, 1, "U0ANN", "on holiday").due_at
    assert due_at is not None
    for at, said in ((due_at - 31 * MINUTE, []), (due_at - 30 * MINUTE, ["nudge 50%"])):
        anns.clock.advance_to(at)
        tick(anns)
        assert nudges(anns) == said
    anns.clock.advance_to(due_at)
    tick(anns)
    assert "breach" in [letter.body["view"] for letter in anns.letters("note")]


def test_all_pauses_of_a_lead_last_no_longer_than_the_definition_allows(anns: Shift) -> None:
    """ "Pause only for the listed reasons (`pause: {reasons, limit}`)." """
    resting.pause(anns.desk, 1, "U0ANN", "on holiday")
    anns.clock.advance(timedelta(days=1, hours=23))
    resting.resume(anns.desk, 1, "U0ANN")
    again = resting.pause(anns.desk, 1, "U0ANN", "asked to wait")
    assert again.paused_until == anns.now + HOUR
    anns.clock.advance(HOUR)
    assert "paused for as long as your definition allows" in refusal(
        resting.pause, anns.desk, 1, "U0ANN", "on holiday"
    )


def test_a_clock_is_paused_for_the_listed_reasons_by_its_owner_while_it_runs(anns: Shift) -> None:
    """ "Pause only for the listed reasons (`pause: {reasons, limit}`)." """
    with pytest.raises(Mistaken):
        resting.pause(anns.desk, 1, "U0ANN", "no time")
    assert "Only <@U0ANN>" in refusal(resting.pause, anns.desk, 1, "U0MAX", "on holiday")
    assert "nothing to resume" in refusal(resting.resume, anns.desk, 1, "U0ANN")
    anns.clock.advance(HOUR)
    assert "overdue already" in refusal(resting.may_pause, anns.desk, 1, "U0ANN")
    answer.touch(anns.desk, 1, "U0ANN", anns.tried("U0ANN"))
    assert "No first-touch clock runs" in refusal(resting.pause, anns.desk, 1, "U0ANN", "on holiday")


def test_a_definition_without_reasons_lets_no_clock_pause(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    assert "lists no reason" in refusal(resting.pause, shift.desk, 1, "U0ANN", "on holiday")


def test_somebody_elses_pause_ends_when_they_have_it(anns: Shift) -> None:
    anns.clock.advance(20 * MINUTE)
    resting.pause(anns.desk, 1, "U0ANN", "on holiday")
    resting.snooze(anns.desk, 1, "U0ANN", "longest")
    anns.clock.advance(20 * MINUTE)
    bobs = passing.reassign(anns.desk, 1, "U0ANN", "U0BOB")
    assert (bobs.paused_until, bobs.snoozed_until, bobs.used) == (None, None, 20 * MINUTE)
    assert bobs.due_at == anns.now + 40 * MINUTE
