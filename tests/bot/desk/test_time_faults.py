"""Clocks that are set, change for summer, or stood still: each step is said once, at its level, in its hours."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import answer, remind
from bot.desk.desk import Desk, open_database
from scoring.stages import Refused
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import HOUR, MINUTE, SECOND, Watch, tick, watched
from tests.world import ADA, DEFINITION, TEAM, World

NINETY = DEFINITION.replace("first_touch: 60m", "first_touch: 90m")
NIGHTS = TEAM.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-06:00"').replace(
    "holidays: GB", "holidays: none"
)


def said(shift: Shift) -> list[str]:
    """Every step that was written about, oldest first."""
    letters = sorted([*shift.letters("note"), *shift.letters("dm")], key=lambda letter: letter.id or 0)
    return [letter.body["step"] for letter in letters if "step" in letter.body]


def live_through(shift: Shift, watch: Watch, by: timedelta) -> None:
    """Time passes with a tick every five minutes."""
    for _ in range(by // (5 * MINUTE)):
        watch.wait(5 * MINUTE)
        tick(shift)


def test_a_clock_set_back_an_hour_says_nothing_twice_and_nothing_early(either_shift: Shift) -> None:
    watch = watched(either_shift)
    watch.wait(2 * HOUR)
    either_shift.demo()
    live_through(either_shift, watch, 50 * MINUTE)
    assert said(either_shift) == ["nudge 50%", "nudge 80%"]

    watch.jump(-HOUR)
    live_through(either_shift, watch, HOUR + 5 * MINUTE)
    assert said(either_shift) == ["nudge 50%", "nudge 80%"], "the breach is 5 minutes ahead"
    live_through(either_shift, watch, 5 * MINUTE)
    assert said(either_shift) == ["nudge 50%", "nudge 80%", "breach"]


def test_a_clock_set_forward_an_hour_says_the_latest_step_alone_and_none_again_when_it_is_set_right(
    either_shift: Shift,
) -> None:
    watch = watched(either_shift)
    either_shift.demo()
    live_through(either_shift, watch, 10 * MINUTE)
    watch.jump(HOUR)
    tick(either_shift)
    assert said(either_shift) == ["breach"]

    watch.jump(-HOUR)
    live_through(either_shift, watch, 3 * HOUR)
    assert said(either_shift) == ["breach"]


def test_an_owner_whose_clock_went_back_is_not_written_to_twice(shift: Shift) -> None:
    watch = watched(shift)
    watch.wait(2 * HOUR)
    answer.accept(shift.desk, shift.demo(), "U0BOB")
    live_through(shift, watch, 30 * MINUTE)
    watch.jump(-HOUR)
    live_through(shift, watch, 75 * MINUTE)

    assert said(shift) == ["nudge 50%"], "the next is 3 minutes ahead"


@pytest.mark.parametrize(
    ("night", "arrived", "half", "due"),
    [
        # Clocks go forward at 01:00 UTC: from 00:30 on the wall 90 minutes end at 03:00 on the wall.
        ("gap", "2027-03-28T00:30", "2027-03-28T01:15", "2027-03-28T02:00"),
        # Clocks go back at 01:00 UTC: from 01:30 on the wall they end at 02:00; an hour shown twice is worked twice.
        ("overlap", "2027-10-31T00:30", "2027-10-31T01:15", "2027-10-31T02:00"),
    ],
)
def test_in_the_nights_the_clocks_change_working_time_is_what_really_passes(
    shifts: Callable[..., Shift], database_url: str, night: str, arrived: str, half: str, due: str
) -> None:
    shift = shifts(database_url, team=NIGHTS, definition=NINETY)
    shift.clock.advance_to(datetime.fromisoformat(arrived).replace(tzinfo=UTC))
    shift.demo()
    step = datetime.fromisoformat(half).replace(tzinfo=UTC)
    assert shift.due(1)["first_touch", "nudge 50%"] == step
    assert shift.due(1)["first_touch", "breach"] == datetime.fromisoformat(due).replace(tzinfo=UTC)

    shift.clock.advance_to(step - SECOND)
    tick(shift)
    assert said(shift) == []
    shift.clock.advance_to(step)
    tick(shift)
    assert said(shift) == ["nudge 50%"]


def test_an_opening_that_falls_into_the_gap_of_the_clocks_is_the_moment_after_it(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    # London has no 01:30 on that night; whoever opens then opens at 02:00 of summer time, 01:00 UTC.
    early = NIGHTS.replace("00:00-06:00", "01:30-06:00")
    shift = shifts(sqlite_url, team=early)
    shift.clock.advance_to(datetime(2027, 3, 28, 0, 0, tzinfo=UTC))
    shift.demo()

    opened = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert shift.handoff(1).started_at == opened + 30 * MINUTE
    assert shift.due(1)["first_touch", "nudge 50%"] == opened + 60 * MINUTE


def test_a_night_past_a_deadline_makes_one_nudge_at_the_current_level_at_opening(either_shift: Shift) -> None:
    """ "A nudge waits for its reader's hours; if later steps have passed meanwhile, only the latest is sent." """
    watch = watched(either_shift)
    watch.wait(7 * HOUR + 40 * MINUTE)
    either_shift.demo()  # 16:40: half of the hour is 09:10 tomorrow
    watch.wait(16 * HOUR + 55 * MINUTE)  # asleep until 09:35, with both nudges due
    tick(either_shift)

    assert said(either_shift) == ["nudge 80%"]
    watch.wait(timedelta(days=3))
    tick(either_shift)
    assert said(either_shift) == ["nudge 80%", "breach"]


def test_a_step_whose_tick_was_missed_is_still_due_at_the_next_one(either_shift: Shift) -> None:
    watch = watched(either_shift)
    either_shift.demo()
    watch.wait(30 * MINUTE)
    watch.wait(17 * MINUTE)  # no tick came for 17 minutes
    assert ("first_touch", "nudge 50%") in either_shift.due(1)
    tick(either_shift)

    assert said(either_shift) == ["nudge 50%"]


def die_halfway(shift: Shift) -> None:
    """Decide what is due, and do not live to commit it."""
    with shift.desk.database.writing() as session:
        remind.decide(session, shift.desk, shift.now, remind.STEPS, 100)
        raise ZeroDivisionError


def test_a_tick_that_dies_halfway_leaves_every_row_due_for_the_next(either_shift: Shift) -> None:
    watch = watched(either_shift)
    either_shift.demo()
    watch.wait(30 * MINUTE)
    with pytest.raises(ZeroDivisionError):
        die_halfway(either_shift)
    assert said(either_shift) == []
    tick(either_shift)

    assert said(either_shift) == ["nudge 50%"]


def test_when_accept_races_the_nudge_the_channel_hears_nothing_after_the_acceptance(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    """ "(No claim nudge after acceptance, no touch nudge after first touch.)" """
    shift = shifts(postgres_url)
    other = Desk(open_database(postgres_url, "serve"), shift.clock)
    ids = [shift.demo(ADA | {"email": f"lead{n}@engines{n}.example"}) for n in range(30)]
    shift.clock.advance(30 * MINUTE)
    gate = threading.Barrier(2)

    def accept_all() -> None:
        gate.wait()
        for id_ in ids:
            answer.accept(shift.desk, id_, "U0BOB")

    def remind_all() -> None:
        gate.wait()
        while remind.remind(other):
            pass

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(accept_all), pool.submit(remind_all)]:
            done.result()
    while remind.remind(other):
        pass
    other.database.close()

    half = [letter for letter in (*shift.letters("note"), *shift.letters("dm")) if "step" in letter.body]
    assert sorted(letter.handoff_id or 0 for letter in half) == ids, "each lead has its step once"
    with pytest.raises(Refused):
        answer.accept(shift.desk, ids[0], "U0ANN")


def test_a_nudge_that_was_claimed_before_the_acceptance_is_not_sent_after_it(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    either_world.clock.advance(30 * MINUTE)
    either_world.baton.schedule.tick()  # decided and written, while Bob presses
    answer.accept(either_world.baton.desk, 1, "U0BOB")
    either_world.deliver()

    assert either_world.slack.thread("C0EMEA", either_world.card().ts) == []
    either_world.pass_time(18 * MINUTE)
    assert [("80 %" in note.plain()) for note in either_world.slack.dms("U0BOB")] == [True]
