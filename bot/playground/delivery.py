"""From Slack to the app: signed requests over HTTP, a callable in the same process, or a socket."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from bot.playground.people import Payload
from bot.playground.settings import Settings
from bot.playground.sockets import Sockets
from bot.playground.traffic import Traffic

InProcess = Callable[[bytes, dict[str, str]], tuple[int, str]]
"""(body, headers) -> (HTTP status, body); for tests that dispatch without a network."""


@dataclass(frozen=True)
class Answer:
    """What came of a gesture.

    `status` and `text` are the app's HTTP answer (0 where none came), `error` is what Slack would show the
    person (operation_timeout, http_service_error, …) or None, `errors` the sentences under a modal's inputs.
    """

    status: int
    text: str = ""
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class Delivery:
    """Sends each payload once; nothing is repeated, as Slack never repeats a click."""

    settings: Settings
    sockets: Sockets
    traffic: Traffic
    events_url: str | InProcess | None = None
    _client: httpx.Client | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def send(self, kind: str, payload: Payload, retry: tuple[int, str] | None = None) -> Answer:
        """Deliver *payload* of *kind* (interactive, slash_commands, events_api) and wait up to 3 s.

        *retry* is the number and reason of a repeated event.
        """
        started = time.monotonic()
        answer = self._sent(kind, payload, retry, started)
        self.traffic.note(
            "event", name_of(kind, payload), payload, answer.text, answer.error, time.monotonic() - started
        )
        return answer

    def _sent(self, kind: str, payload: Payload, retry: tuple[int, str] | None, started: float) -> Answer:
        if self.sockets.open_now:
            answer = self.sockets.send(kind, payload, self.settings.patience)
            return Answer(200, answer) if answer is not None else Answer(0, error="operation_timeout")
        if self.events_url is None:
            return Answer(0, error="dispatch_failed")
        body, headers = self.signed(kind, payload, retry)
        answered = self._post(body, headers)
        late = time.monotonic() - started > self.settings.patience
        return Answer(answered.status, answered.text, "operation_timeout") if late else answered

    def signed(
        self, kind: str, payload: Payload, retry: tuple[int, str] | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """The request as Slack would send it: body, and headers with the v0 signature.

        Source: https://docs.slack.dev/authentication/verifying-requests-from-slack.
        """
        if kind == "events_api":
            body, content_type = json.dumps(payload).encode(), "application/json"
        else:
            form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
        # Real time, whatever the workspace's clock says: the receiver compares with its own.
        stamp = str(int(time.time()))
        digest = hmac.new(
            self.settings.signing_secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256
        )
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry[0]), "X-Slack-Retry-Reason": retry[1]}
        return body, headers

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if callable(self.events_url):
            status, text = self.events_url(body, headers)
            return Answer(status, text, error_of(status))
        with self._opening:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self.settings.patience, trust_env=False, verify=False
                )  # plain HTTP on this machine: no certificates to read
            client = self._client
        try:
            response = client.post(str(self.events_url), content=body, headers=headers)
        except httpx.TimeoutException:
            return Answer(0, error="operation_timeout")
        except httpx.HTTPError:
            return Answer(0, error="dispatch_failed")
        return Answer(response.status_code, response.text, error_of(response.status_code))

    def close(self) -> None:
        """Let go of the connections to the app."""
        if self._client is not None:
            self._client.close()
            self._client = None


def name_of(kind: str, payload: Payload) -> str:
    """What a payload is called in a list: "block_actions accept", "/mql queue", "app_home_opened"."""
    if kind == "slash_commands":
        return f"{payload['command']} {payload['text']}".strip()
    if kind == "events_api":
        return str(payload.get("event", payload)["type"])
    view = payload.get("view") or {}
    actions = [each["action_id"] for each in payload.get("actions", [])]
    words = [payload["type"], *actions] if actions else [payload["type"], view.get("callback_id", "")]
    return " ".join([*words, payload.get("callback_id", "")]).strip()


def error_of(status: int) -> str | None:
    """Slack's word for an HTTP status that is not 200; anything but 200 is a failure to Slack."""
    if status == 200:
        return None
    return "http_service_error" if status >= 500 else "http_client_error"
