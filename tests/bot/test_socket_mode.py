"""Socket Mode: presses arrive over a connection we open, also after Slack was away."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from bot.app import Baton, build
from bot.clock import MovableClock
from bot.desk import answer
from bot.desk.govern import Files
from bot.playground import Slack
from bot.slack.socket import Socket
from tests.bot.desk.shift import Shift
from tests.world import DEFINITION, MONDAY_9, TEAM, settings_for, workspace

APP_TOKEN = "xapp-tests"


@dataclass
class Office:
    """A Baton that Slack reaches by socket alone."""

    slack: Slack
    baton: Baton
    shift: Shift


@pytest.fixture
def slack() -> Iterator[Slack]:
    with workspace(app_token=APP_TOKEN) as running:
        yield running


def baton_at(slack: Slack, url: str, clock: MovableClock) -> Baton:
    settings = settings_for(url, slack.url, slack_app_token=SecretStr(APP_TOKEN))
    return build(settings, Files(DEFINITION, TEAM), clock=clock, gaps={})


@pytest.fixture
def office(slack: Slack, sqlite_url: str) -> Iterator[Office]:
    clock = MovableClock(MONDAY_9, running=False)
    baton = baton_at(slack, sqlite_url, clock)
    yield Office(slack, baton, Shift(baton.desk, clock))
    slack.cut_sockets()  # the SDK would sit in its receive for 3 s otherwise
    baton.stop()


def connected(office: Office) -> None:
    office.baton.start()
    office.slack.wait_for(lambda: office.slack.sockets.open_now == 1, timeout=10)


def test_a_press_arrives_over_the_socket_and_works(office: Office) -> None:
    connected(office)
    office.shift.demo()
    office.baton.courier.wake()
    office.slack.wait_for(lambda: office.slack.messages("C0EMEA"))

    assert office.slack.press("U0BOB", "accept").error is None
    assert office.shift.handoff(1).owner == "U0BOB"
    office.slack.wait_for(lambda: "Accepted by" in office.slack.messages("C0EMEA")[0].text)
    assert office.slack.complaints == []


def test_a_form_and_a_command_work_over_the_socket_too(office: Office) -> None:
    connected(office)
    answer.accept(office.baton.desk, office.shift.demo(), "U0BOB")
    office.slack.wait_for(lambda: "Accepted by" in "".join(m.text for m in office.slack.messages("C0EMEA")))

    assert office.slack.press("U0BOB", "touch").error is None
    assert office.slack.submit("U0BOB", {"kind": "call"}).errors != {}
    assert office.slack.submit("U0BOB", {"kind": "call", "outcome": "reached"}).errors == {}
    assert office.shift.handoff(1).touches[0].outcome == "reached"
    office.slack.command("U0BOB", "/mql", "queue", "C0ALL")
    office.slack.wait_for(lambda: "Ada Lovelace" in "".join(office.slack.whispers("U0BOB")))


def test_a_connection_slack_closes_is_opened_again(office: Office) -> None:
    connected(office)
    office.slack.cut_sockets()
    office.slack.wait_for(lambda: office.slack.sockets.open_now == 0)
    office.slack.wait_for(lambda: office.slack.sockets.open_now == 1, timeout=15)


def test_a_slack_that_is_away_when_baton_starts_is_tried_until_it_is_there(office: Office) -> None:
    slack = office.slack
    slack.fail("apps.connections.open", "500_before", times=2)
    socket = Socket(office.baton.bolt, APP_TOKEN, slack.url, again=0.1)
    socket.start()
    slack.wait_for(lambda: slack.sockets.open_now == 1)

    assert sum(call.method == "apps.connections.open" for call in slack.calls) == 3
    slack.wait_for(lambda: socket.connected)
    slack.cut_sockets()
    socket.stop()


def test_a_baton_that_is_stopped_while_slack_is_away_stops(office: Office) -> None:
    office.slack.fail("apps.connections.open", "500_before", times=None)
    office.baton.start()
    office.slack.wait_for(lambda: any(call.method == "apps.connections.open" for call in office.slack.calls))
    began = time.monotonic()
    assert office.baton.socket is not None
    office.baton.socket.stop()

    assert time.monotonic() - began < 4


def test_without_an_app_token_there_is_no_socket(sqlite_url: str) -> None:
    baton = build(
        settings_for(sqlite_url, "http://127.0.0.1:9/api/"),
        Files(DEFINITION, TEAM),
        clock=MovableClock(MONDAY_9, running=False),
    )
    assert baton.socket is None
    baton.stop()


def test_a_baton_that_was_built_and_never_started_can_be_stopped(slack: Slack, sqlite_url: str) -> None:
    baton = baton_at(slack, sqlite_url, MovableClock(MONDAY_9, running=False))
    baton.stop()
    assert slack.sockets.open_now == 0
