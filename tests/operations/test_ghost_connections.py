"""Socket Mode gives each press to one of an app's connections; one that is not ours swallows presses."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient
from websockets.sync.client import connect

from bot.app import Baton, build
from bot.clock import MovableClock
from bot.desk import ghosts
from bot.desk.govern import Files
from bot.playground import Slack
from tests.world import DEFINITION, MONDAY_9, TEAM, World, settings_for, workspace

pytestmark = pytest.mark.slow  # processes and servers of their own

APP_TOKEN = "xapp-tests"
Raise = Callable[[str], Baton]


@pytest.fixture
def slack() -> Iterator[Slack]:
    with workspace(app_token=APP_TOKEN) as running:
        yield running


@pytest.fixture
def replica(slack: Slack) -> Iterator[Raise]:
    """Starts a Baton that Slack reaches by socket, on a database."""
    with ExitStack() as stack:

        def start(url: str) -> Baton:
            settings = settings_for(url, slack.url, slack_app_token=SecretStr(APP_TOKEN))
            baton = build(
                settings, Files(DEFINITION, TEAM), clock=MovableClock(MONDAY_9, running=False), gaps={}
            )
            stack.callback(baton.stop)
            before = slack.sockets.open_now
            baton.start()
            slack.wait_for(lambda: slack.sockets.open_now > before, timeout=10)
            return baton

        yield start
        slack.cut_sockets()


@contextmanager
def ghost(slack: Slack) -> Iterator[None]:
    """A connection somebody else holds with this app's token: a forgotten machine, a colleague's test."""
    url = WebClient(base_url=slack.url).apps_connections_open(app_token=APP_TOKEN)["url"]
    with connect(url):
        slack.wait_for(lambda: slack.sockets.open_now)
        yield


def alerts(slack: Slack) -> list[str]:
    return [message.plain() for message in slack.messages("C0OPS") if "Socket Mode" in message.plain()]


def settled(slack: Slack, baton: Baton) -> None:
    """Whatever was to be said has been said."""
    slack.wait_for(lambda: baton.socket is not None and baton.socket.greetings > 0)
    baton.courier.wake()
    slack.wait_for(lambda: any(call.method == "users.list" for call in slack.calls))


def test_a_connection_that_is_not_ours_is_told_to_the_admins(
    slack: Slack, sqlite_url: str, replica: Raise
) -> None:
    with ghost(slack):
        replica(sqlite_url)
        slack.wait_for(lambda: alerts(slack))
    assert "Slack counts 2 Socket Mode connections of this app, and 1 are Baton's" in alerts(slack)[0]
    assert len(alerts(slack)) == 1


def test_our_own_connections_alarm_nobody_however_often_slack_renews_them(
    slack: Slack, postgres_url: str, replica: Raise
) -> None:
    first, second = replica(postgres_url), replica(postgres_url)
    for baton in (first, second):
        settled(slack, baton)
    slack.cut_sockets()
    slack.wait_for(lambda: slack.sockets.open_now == 2, timeout=20)
    assert alerts(slack) == []


def test_two_replicas_and_a_ghost_are_one_too_many(slack: Slack, postgres_url: str, replica: Raise) -> None:
    settled(slack, replica(postgres_url))
    with ghost(slack):
        replica(postgres_url)
        slack.wait_for(lambda: alerts(slack), timeout=10)
    assert "Slack counts 3" in alerts(slack)[0]


def test_after_a_reconnect_our_own_earlier_connection_may_still_be_counted(world: World) -> None:
    for connections, reconnected, told in ((1, False, 0), (2, True, 0), (3, True, 1), (2, False, 1)):
        ghosts.count(world.baton.desk, connections, reconnected)
        world.deliver()
        assert len(alerts(world.slack)) == told, (connections, reconnected)
