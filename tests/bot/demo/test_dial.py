"""The demo's clock: it stands still, goes on, jumps to what is due, and says whether the team works."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo import dial
from bot.demo.theatre import Theatre
from tests.world import ADA

MINUTE = timedelta(minutes=1)


@pytest.fixture
def turn(theatre: Theatre) -> Callable[[str], str]:
    by_label = {control.label: control.press for control in dial.controls(theatre)}
    return lambda label: by_label[label]()


def test_the_clock_is_read_in_the_teams_zone_with_its_working_hours(theatre: Theatre) -> None:
    read = dial.reading(theatre)
    assert ", 10:00, Europe/London · working hours until 17:00 · the clock stands still" in read
    assert read.startswith("The demo's clock: Monday ")
    theatre.clock.advance(timedelta(hours=7))
    assert "closed until Tuesday " in dial.reading(theatre)
    theatre.clock.advance_to(datetime(2027, 12, 25, 12, tzinfo=UTC))
    assert "a holiday, closed until Wednesday 29 December, 09:00" in dial.reading(theatre)


def test_it_stands_still_and_goes_on(theatre: Theatre, turn: Callable[[str], str]) -> None:
    assert turn("Let it run") == "The clock runs."
    assert "stands still" not in dial.reading(theatre)
    assert turn("Pause the clock").startswith("The clock stands still.")
    assert "stands still" in dial.reading(theatre)


def test_it_is_put_forward(theatre: Theatre, turn: Callable[[str], str]) -> None:
    before = theatre.clock.business()
    assert turn("5 minutes later") == "It is Monday 10:05 now."
    assert theatre.clock.business() == before + 5 * MINUTE


def test_it_goes_to_the_next_deadline_and_its_nudge_is_there(
    theatre: Theatre, turn: Callable[[str], str]
) -> None:
    assert turn("To the next deadline") == "Nothing is to come. Send a lead first."
    theatre.send(theatre.event("demo_request", ADA))
    theatre.baton.courier.drain()
    before = theatre.clock.business()
    assert turn("To the next deadline") == "It is Monday 10:30 now, when the next thing was due."
    assert theatre.clock.business() == before + 30 * MINUTE
    card = theatre.slack.messages("C0EMEA")[-1]
    assert "Half the time is used" in theatre.slack.thread("C0EMEA", card.ts)[-1].plain()


@pytest.mark.timeout(60)
def test_the_clock_does_not_wait_at_each_step_for_a_slack_that_takes_nothing(
    theatre: Theatre, turn: Callable[[str], str]
) -> None:
    theatre.send(theatre.event("demo_request", ADA))
    theatre.slack.fail("*", "token_revoked", times=None)
    turn("1 day later")  # some two hundred steps; three seconds each would be ten minutes
    assert dial.reading(theatre).startswith("The demo's clock: Tuesday")


def test_waits_that_slack_asks_for_are_real_however_the_clock_is_turned(theatre: Theatre) -> None:
    theatre.slack.fail("chat.postMessage", "ratelimited", seconds=1)
    theatre.send(theatre.event("demo_request", ADA))
    theatre.baton.courier.drain()
    theatre.forward(timedelta(minutes=5))
    theatre.slack.wait_for(
        lambda: theatre.baton.courier.drain() or theatre.slack.messages("C0EMEA"), timeout=10
    )
    assert theatre.slack.complaints == []
