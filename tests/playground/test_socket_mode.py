"""Socket Mode: connections say hello, each envelope goes to one of them, acks carry answers."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.playground import Slack


class Replica:
    """One process of the app: keeps what it is sent and acknowledges it with `answer`."""

    def __init__(self, slack: Slack) -> None:
        self.requests: list[SocketModeRequest] = []
        self.hellos: list[dict[str, Any]] = []
        self.answer: Any = None
        self.silent = False
        web = WebClient(base_url=slack.url, retry_handlers=[])
        self.client = SocketModeClient(app_token="xapp-1", web_client=web, auto_reconnect_enabled=False)
        self.client.message_listeners.append(self._heard)
        self.client.socket_mode_request_listeners.append(self._asked)
        self.client.connect()

    def _heard(self, client: BaseSocketModeClient, message: dict[str, Any], raw: str | None) -> None:
        del client, raw
        if message.get("type") == "hello":
            self.hellos.append(message)

    def _asked(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        if not self.silent:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload=self.answer))


@pytest.fixture
def replica(slack: Slack) -> Iterator[Callable[[], Replica]]:
    replicas: list[Replica] = []

    def connect() -> Replica:
        replicas.append(Replica(slack))
        slack.wait_for(lambda: replicas[-1].hellos)
        return replicas[-1]

    yield connect
    slack.cut_sockets()  # the client would sit in its receive for 3 s otherwise
    slack.wait_for(lambda: not slack.sockets.open_now)
    for one in replicas:
        one.client.close()


def test_hello_tells_how_many_connections_stand(replica: Callable[[], Replica]) -> None:
    assert replica().hellos[0]["num_connections"] == 1
    assert replica().hellos[0]["num_connections"] == 2


def test_every_click_goes_to_exactly_one_connection(
    replica: Callable[[], Replica], slack: Slack, client: WebClient, card: list[dict[str, Any]]
) -> None:
    first, second = replica(), replica()
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    for _ in range(4):
        assert slack.press("U0ANN", "accept").status == 200
    envelopes = [request.envelope_id for one in (first, second) for request in one.requests]
    assert len(envelopes) == len(set(envelopes)) == 4
    assert (len(first.requests), len(second.requests)) == (2, 2)
    assert first.requests[0].type == "interactive"
    assert slack.complaints == []


def test_the_ack_carries_the_answer(replica: Callable[[], Replica], slack: Slack) -> None:
    app = replica()
    app.answer = {"text": "12 MQLs"}
    slack.command("U0ANN", "/mql", "funnel")
    assert (app.requests[0].type, app.requests[0].payload["text"]) == ("slash_commands", "funnel")
    assert slack.whispers("U0ANN") == ["12 MQLs"]
    app.answer = None
    slack.open_home("U0ANN")
    assert (app.requests[1].type, app.requests[1].payload["event"]["type"]) == (
        "events_api",
        "app_home_opened",
    )


def test_an_envelope_nobody_acknowledges_is_a_timeout(replica: Callable[[], Replica], slack: Slack) -> None:
    replica().silent = True
    assert slack.command("U0ANN", "/mql").error == "operation_timeout"


def test_a_cut_connection_gets_no_more_envelopes(replica: Callable[[], Replica], slack: Slack) -> None:
    gone = replica()
    slack.cut_sockets()
    slack.wait_for(lambda: not slack.sockets.open_now)
    fresh = replica()
    assert slack.command("U0ANN", "/mql").status == 200
    assert (len(gone.requests), len(fresh.requests)) == (0, 1)


def test_a_socket_needs_the_app_token_and_a_fresh_ticket(
    slack: Slack, refused: Callable[..., tuple[str, str]]
) -> None:
    assert refused("apps.connections.open")[0] == "not_allowed_token_type"
    assert slack.sockets.open_now == 0


def test_an_eleventh_connection_is_told_that_there_are_too_many(slack: Slack) -> None:
    def connected(held: ExitStack) -> ClientConnection:
        told = WebClient(base_url=slack.url, retry_handlers=[]).apps_connections_open(app_token="xapp-1")
        return held.enter_context(connect(told["url"], proxy=None))

    with ExitStack() as held:
        hellos = [json.loads(connected(held).recv(5)) for _ in range(10)]
        assert [hello["num_connections"] for hello in hellos] == list(range(1, 11))
        eleventh = connected(held)
        told = json.loads(eleventh.recv(5))
        assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        with pytest.raises(ConnectionClosed):
            eleventh.recv(5)
        assert slack.sockets.open_now == 10


def test_a_ticket_opens_one_socket(slack: Slack) -> None:
    told = WebClient(base_url=slack.url, retry_handlers=[]).apps_connections_open(app_token="xapp-1")
    with connect(told["url"], proxy=None) as first:
        assert json.loads(first.recv(5))["type"] == "hello"
        with pytest.raises(InvalidStatus):
            connect(told["url"], proxy=None)


def test_an_envelope_acknowledged_by_another_connection_is_not_acknowledged(slack: Slack) -> None:
    slack.patience = 1.0
    web = WebClient(base_url=slack.url, retry_handlers=[])
    with ExitStack() as held, ThreadPoolExecutor(1) as others:
        lines = [
            held.enter_context(connect(web.apps_connections_open(app_token="xapp-1")["url"], proxy=None))
            for _ in range(2)
        ]
        for line in lines:
            line.recv(5)
        job = others.submit(slack.command, "U0ANN", "/mql")
        envelope = json.loads(lines[0].recv(5))["envelope_id"]
        lines[1].send(json.dumps({"envelope_id": envelope}))
        assert job.result().error == "operation_timeout"
    assert slack.complaints == [f"acknowledged an envelope that went to another connection: {envelope}"]
