"""A clock that may stand still, and never goes back."""

import time
from datetime import timedelta

from bot.clock import MovableClock
from tests.world import MONDAY_9

HOUR = timedelta(hours=1)


def test_a_clock_that_stands_still_is_put_forward_by_hand_alone() -> None:
    clock = MovableClock(MONDAY_9, running=False)
    time.sleep(0.01)
    assert clock.advance(HOUR) == MONDAY_9 + HOUR
    assert clock.advance(-HOUR) == MONDAY_9 + HOUR
    assert clock.advance_to(MONDAY_9) == MONDAY_9 + HOUR


def test_a_paused_clock_goes_on_from_where_it_stood() -> None:
    clock = MovableClock(MONDAY_9)
    clock.pause()
    stood = clock.business()
    time.sleep(1.1)
    assert (clock.running, clock.business()) == (False, stood)
    clock.pause()
    assert clock.business() == stood
    clock.go_on()
    clock.go_on()
    assert clock.running
    assert clock.business() >= stood
    time.sleep(1.1)
    assert clock.business() > stood
