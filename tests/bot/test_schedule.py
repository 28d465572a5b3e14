"""The ticks: what is due is decided within two seconds, and a scheduler that falls silent is seen."""

import threading
import time
from datetime import timedelta

import pytest

from bot.desk.desk import Desk
from bot.schedule import SILENT_AFTER, Schedule
from storage import deadlines
from storage.engine import Database
from tests.world import ADA, World

MINUTE = timedelta(minutes=1)


class StopWatch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_running_baton_nudges_within_two_seconds_of_the_due_time(world: World) -> None:
    world.send(world.event("demo_request"))
    world.baton.start()
    world.clock.advance(30 * MINUTE)
    began = time.monotonic()
    world.slack.wait_for(lambda: world.slack.thread("C0EMEA", world.card().ts), timeout=4)

    assert time.monotonic() - began < 2.5
    time.sleep(1.2)
    assert len(world.slack.thread("C0EMEA", world.card().ts)) == 1


def test_a_breach_and_the_managers_message_come_with_the_same_tick(world: World) -> None:
    world.send(world.event("demo_request"))
    world.clock.advance(60 * MINUTE)
    world.baton.schedule.tick()
    with world.baton.desk.database.reading() as session:
        assert not deadlines.anything_due(session, world.now)


def test_a_long_queue_is_no_silence(world: World) -> None:
    """A hundred and twenty breaches at a quarter of a second each."""
    watch, seen = StopWatch(), []
    desk = world.baton.desk
    schedule = Schedule(desk, world.baton.courier, watch)

    def breached(_tier: str) -> None:
        watch.seconds += 0.25
        seen.append(schedule.alive)

    desk.breached = breached
    world.post(
        {"events": [world.event("demo_request", ADA | {"email": f"a{n}@e{n}.example"}) for n in range(120)]}
    )
    world.clock.advance(60 * MINUTE)
    schedule.tick()

    assert len(seen) == 120
    assert all(seen)


def test_a_scheduler_that_ticks_is_alive_and_one_that_is_silent_for_15_seconds_is_not(world: World) -> None:
    watch = StopWatch()
    schedule = Schedule(world.baton.desk, world.baton.courier, watch)
    seen = []
    for seconds in (SILENT_AFTER - 0.1, 0.1):
        watch.seconds += seconds
        seen.append(schedule.alive)
    schedule.tick()
    seen.append(schedule.alive)

    assert seen == [True, False, True]


def test_a_tick_that_fails_is_no_sign_of_life_and_the_next_one_does_its_work(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    watch = StopWatch()
    away = Desk(gone(world), world.clock)
    schedule = Schedule(away, world.baton.courier, watch)
    watch.seconds += SILENT_AFTER
    schedule.tick()
    silent = not schedule.alive
    assert "a tick failed; it is tried again in a second" in caplog.messages

    world.send(world.event("demo_request"))
    world.clock.advance(30 * MINUTE)
    away.database.close()
    away.database = world.baton.desk.database
    schedule.tick()
    world.deliver()
    assert silent
    assert schedule.alive
    assert len(world.slack.thread("C0EMEA", world.card().ts)) == 1


def gone(world: World) -> Database:
    """A database whose tables somebody took away."""
    url = world.baton.desk.database.url
    return Database(f"sqlite:///{url.database}.empty", "write")


def test_once_a_day_slack_is_asked_who_is_who(world: World) -> None:
    for _ in range(2 * 24):
        world.pass_time(60 * MINUTE)

    asked = [call.method for call in world.slack.calls if call.method in ("auth.test", "users.list")]
    assert asked == ["auth.test", "users.list"] * 2


def test_a_guest_learned_that_way_presses_in_vain(world: World) -> None:
    world.send(world.event("demo_request"))
    world.pass_time(timedelta(0))
    world.press("U0GUS", "accept")
    assert "Guests cannot" in world.whispered("U0GUS")[0]


def test_a_scheduler_that_misfires_does_the_work_of_all_missed_ticks_at_once_and_complains_of_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.send(world.event("demo_request"))
    slow = Schedule(world.baton.desk, world.baton.courier)
    held = threading.Lock()
    held.acquire()

    def hang() -> None:
        with held:
            return

    world.baton.desk.wake = hang  # a tick that takes longer than the second until the next
    world.clock.advance(30 * MINUTE)
    slow.start()
    time.sleep(2.5)
    world.clock.advance(18 * MINUTE)
    held.release()
    world.slack.wait_for(lambda: decided(world, "nudge 80%"), timeout=5)
    slow.stop()
    world.deliver()

    notes = [note.text for note in world.slack.thread("C0EMEA", world.card().ts)]
    assert [("80 %" in note) for note in notes] == [True], "the earlier one was overtaken before it was sent"
    assert caplog.messages == []


def decided(world: World, step: str) -> bool:
    with world.baton.desk.database.reading() as session:
        return step not in [row.step for row in deadlines.open_steps(session, ["first_touch"], "1")]
