"""A playground that runs, a client to talk to it, and a small app that listens to it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from bot.playground import Channel, Slack, User


class HandClock:
    """A clock that stands still until somebody moves it; seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Listener:
    """An app: keeps every payload whose signature is right, and answers as told."""

    secret: str
    payloads: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    forged: int = 0
    answer: Callable[[dict[str, Any]], tuple[int, str]] = lambda _payload: (200, "")
    url: str = ""

    def receive(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        if not SignatureVerifier(self.secret).is_valid_request(body, headers):
            self.forged += 1
            return 401, "bad signature"
        if headers["Content-Type"] == "application/json":
            payload = json.loads(body)
        else:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
        self.payloads.append(payload)
        self.headers.append(headers)
        return self.answer(payload)

    @property
    def last(self) -> dict[str, Any]:
        return self.payloads[-1]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def slack(clock: HandClock) -> Iterator[Slack]:
    people = [
        User("U0ANN", "Ann", tz="Europe/Berlin"),
        User("U0BOB", "Bob"),
        User("U0OLD", "Olga", deleted=True),
    ]
    rooms = [
        Channel("C0ALL", "sales"),
        Channel("C0EMEA", "emea", members=["U0ANN"]),
        Channel("C0OLD", "old", archived=True),
        Channel("C0CLOSED", "closed", app_is_member=False),
        Channel("C0SECRET", "secret", private=True, app_is_member=False),
        Channel("C0SHARED", "partners", shared=True),
    ]
    with Slack(users=people, channels=rooms, clock=clock, app_token="xapp-1").start() as started:
        yield started


@pytest.fixture
def client(slack: Slack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.url, retry_handlers=[])


@pytest.fixture
def refused(client: WebClient) -> Callable[..., tuple[str, str]]:
    """Call a method that must be refused; its error and the sentences that explain it."""

    def call(method: str, **arguments: Any) -> tuple[str, str]:
        with pytest.raises(SlackApiError) as caught:
            client.api_call(method, json=arguments)
        answer = caught.value.response
        return answer["error"], "\n".join((answer.get("response_metadata") or {}).get("messages", []))

    return call


@pytest.fixture
def app(slack: Slack) -> Listener:
    """The app in the same process."""
    listener = Listener(slack.signing_secret)
    slack.events_url = listener.receive
    return listener


@pytest.fixture
def http_app(slack: Slack) -> Iterator[Listener]:
    """The app behind a real port."""
    listener = Listener(slack.signing_secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, text = listener.receive(
                body, {name.title(): value for name, value in self.headers.items()}
            )
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            del format, args  # a test's output is no place for an access log

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_address[1]}/slack/events"
    slack.events_url = listener.url
    yield listener
    slack.events_url = None
    slack.delivery.close()
    server.shutdown()
    thread.join()
    server.server_close()


def words(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


@pytest.fixture
def card() -> list[dict[str, Any]]:
    """A card with what a person can press on it."""
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Ada* for <@U0ANN>"}},
        {
            "type": "actions",
            "block_id": "row",
            "elements": [
                {
                    "type": "button",
                    "action_id": "accept",
                    "value": "17",
                    "text": words("Accept"),
                    "style": "primary",
                },
                {
                    "type": "overflow",
                    "action_id": "more",
                    "options": [{"text": words("Snooze"), "value": "snooze:17"}],
                },
                {
                    "type": "static_select",
                    "action_id": "play",
                    "options": [
                        {"text": words("Call"), "value": "call"},
                        {"text": words("Mail"), "value": "mail"},
                    ],
                },
            ],
        },
    ]


@pytest.fixture
def form() -> dict[str, Any]:
    """A modal with one input of many kinds."""

    def ask(name: str, element: dict[str, Any], optional: bool = True) -> dict[str, Any]:
        element = {**element, "action_id": name}
        return {
            "type": "input",
            "block_id": name,
            "label": words(name),
            "optional": optional,
            "element": element,
        }

    offered = [{"text": words("Call"), "value": "call"}, {"text": words("Mail"), "value": "mail"}]
    groups = [
        {"label": words("Timing"), "options": [{"text": words("No project"), "value": "timing.no_project"}]}
    ]
    return {
        "type": "modal",
        "callback_id": "reject_form",
        "private_metadata": "17",
        "title": words("Reject"),
        "submit": words("Send"),
        "blocks": [
            ask("reason", {"type": "static_select", "option_groups": groups}, optional=False),
            ask("note", {"type": "plain_text_input", "max_length": 20}),
            ask("date", {"type": "datepicker"}),
            ask("kind", {"type": "radio_buttons", "options": offered, "initial_option": offered[0]}),
            ask("ways", {"type": "checkboxes", "options": offered}),
            ask("who", {"type": "users_select"}),
        ],
    }
