"""`baton playground` by itself: another Bolt app, which knows nothing of Baton, works with it over HTTP and sockets."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.app.app import SlackAppDevelopmentServer
from slack_sdk import WebClient

from tests.program import Program, Running, free_port

MANIFEST = {
    "display_information": {"name": "Greeter"},
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
    "settings": {"event_subscriptions": {"bot_events": ["message.channels"]}},
    "features": {"slash_commands": [{"command": "/hello", "description": "Greets", "usage_hint": "NAME"}]},
}
BUTTON = {
    "type": "button",
    "action_id": "again",
    "value": "1",
    "text": {"type": "plain_text", "text": "Again"},
}


class Alone:
    """The running program, what it printed, and its page as JSON."""

    def __init__(self, program: Program) -> None:
        self.app_port = free_port()
        page = str(free_port())
        public = f"http://127.0.0.1:{self.app_port}"
        (program.folder / "app.json").write_text(json.dumps(MANIFEST), "utf-8")
        self.running: Running = program.start(
            "playground", "--manifest", "app.json", BATON_PLAYGROUND_PORT=page, BATON_PUBLIC_URL=public
        )
        self.running.wait_for("SLACK_APP_TOKEN=")
        self.base = f"http://127.0.0.1:{page}"

    def said(self, setting: str) -> str:
        """A setting as the program printed it, ready to be copied."""
        found = re.search(rf"{setting}=(\S+)", self.running.out)
        assert found, self.running.out
        return found[1]

    def bolt(self) -> App:
        """The other app: greets on /hello, and again on its button."""
        client = WebClient(token=self.said("SLACK_BOT_TOKEN"), base_url=self.said("SLACK_API_URL"))
        app = App(client=client, signing_secret=self.said("SLACK_SIGNING_SECRET"))

        def hello(ack: Callable[..., None], say: Callable[..., None], command: dict[str, Any]) -> None:
            ack()
            blocks = [{"type": "actions", "elements": [BUTTON]}]
            say(text=f"Hello {command['text']}", blocks=blocks)

        def again(ack: Callable[..., None], respond: Callable[..., None]) -> None:
            ack()
            respond(text="Hello again")

        def knock(say: Callable[..., None], message: dict[str, Any]) -> None:
            say(text=f"Who is there, <@{message['user']}>?")

        app.command("/hello")(hello)
        app.message("knock")(knock)
        app.action("again")(again)
        return app

    def act(self, action: str, **body: Any) -> dict[str, Any]:
        told = httpx.post(
            f"{self.base}/page/{action}", json={"user": "U0ANN", **body}, trust_env=False, verify=False
        )
        answer: dict[str, Any] = told.json()
        return answer

    def state(self) -> dict[str, Any]:
        told: dict[str, Any] = httpx.get(
            f"{self.base}/page/state?user=U0ANN", trust_env=False, verify=False
        ).json()
        return told

    def until_said(self, text: str) -> dict[str, Any]:
        """The message with that text, once it is there."""
        for _ in range(200):
            for one in self.state()["messages"]:
                if one["text"] == text:
                    found: dict[str, Any] = one
                    return found
            time.sleep(0.05)
        raise AssertionError(f"{text!r} never came: {self.state()['messages']}")

    def greets(self) -> None:
        """The whole round: a command, a message, a press, an answer by response_url."""
        room = self.state()["rooms"][0]["id"]
        assert self.act("write", channel=room, line="/hello Ada")["error"] is None
        message = self.until_said("Hello Ada")
        pressed = self.act("press", action_id="again", channel=message["channel"], ts=message["ts"])
        assert pressed["error"] is None
        assert self.until_said("Hello again")["whisper"]
        self.act("write", channel=room, line="knock knock")
        self.until_said("Who is there, <@U0ANN>?")
        complaints = httpx.get(f"{self.base}/page/traffic", trust_env=False, verify=False).json()[
            "complaints"
        ]
        assert complaints == []


@pytest.fixture
def alone(program: Program) -> Iterator[Alone]:
    made = Alone(program)
    yield made
    assert made.running.stop() == 0
    assert made.running.err == ""


def test_it_needs_no_team_file_and_shows_the_apps_own_name_and_commands(alone: Alone) -> None:
    seen = alone.state()
    assert (seen["app"]["name"], [one["name"] for one in seen["commands"]]) == ("Greeter", ["/hello"])
    assert [one["name"] for one in seen["users"]][:2] == ["Ann", "Bob"]
    assert alone.act("write", channel=seen["rooms"][0]["id"], line="/mql")["refused"].startswith(
        "/mql is not"
    )


def test_another_app_answers_over_http(alone: Alone) -> None:
    server = SlackAppDevelopmentServer(alone.app_port, "/slack/events", alone.bolt())
    http = server._server
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        alone.greets()
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def test_another_app_answers_over_socket_mode(alone: Alone) -> None:
    handler = SocketModeHandler(alone.bolt(), alone.said("SLACK_APP_TOKEN"))
    handler.client.web_client.base_url = alone.said("SLACK_API_URL")
    handler.connect()  # type: ignore[no-untyped-call]
    try:
        for _ in range(100):
            if handler.client.is_connected():
                break
            time.sleep(0.05)
        alone.greets()
    finally:
        handler.close()  # type: ignore[no-untyped-call]


def test_a_manifest_that_is_none_is_refused_in_a_sentence(program: Program) -> None:
    (program.folder / "app.json").write_text('{"features": {}}', "utf-8")
    done = program.call("playground", "--manifest", "app.json")
    assert done.returncode == 1
    assert "app.json is no app manifest: display_information is not an object." in done.stderr + done.stdout
