"""The third log: a strict Slack that knows which replica calls it, and what it accepted although nobody heard.

Each replica is given a Web API of its own below `/r/NAME/api/`, so that every message names its sender.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.playground import Message as SlackMessage
from bot.playground import Slack
from bot.playground.server import Server

_DOOR = re.compile(r"/r/([a-z0-9-]+)(/api/.+)")
KEPT_CALLS = 2000
"""Calls the playground keeps; their arguments would fill the memory of a long leg."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message Slack accepted: *lost* where the answer never reached its sender, as far as Slack knows."""

    send: int
    replica: str
    at: float
    lost: bool


@dataclass(kw_only=True, eq=False)
class WatchedSlack(Slack):
    """The playground with a door for each replica.

    *accepted* is called after a post was accepted and before it is answered, with the replica's name;
    *shown* with each new card.
    """

    accepted: Callable[[str], bool] = field(default=lambda _replica: False)
    shown: Callable[[SlackMessage], None] = field(default=lambda _message: None)
    posts: list[Post] = field(default_factory=list)
    callers: dict[int, str] = field(default_factory=dict)
    """Which replica called last for an outbox row."""

    def start(self, port: int = 0) -> "WatchedSlack":
        """Listen on 127.0.0.1, every door open."""
        self._server = Server(_Doors(self.asgi(), self), port)
        self.workspace.base = f"http://127.0.0.1:{self._server.port}"
        self._server.start()
        return self

    def door(self, replica: str) -> str:
        """SLACK_API_URL of the replica of that name."""
        return f"{self.workspace.base}/r/{replica}/api/"

    def posted(self, replica: str, arguments: dict[str, Any], status: int, *, answered: bool) -> None:
        """Note a call of chat.postMessage that is about to be answered, unless its sender dies of it."""
        send = send_of(arguments.get("metadata"))
        message = self._just_posted(str(arguments.get("channel")), send)
        if message is None or send is None:
            return
        killed = self.accepted(replica)
        lost = killed or status >= 500 or not answered
        self.posts.append(Post(send, replica, float(message.ts), lost))
        if message.metadata and message.metadata["event_type"] == "baton_card":
            self.shown(message)

    def _just_posted(self, channel: str, send: int | None) -> SlackMessage | None:
        """The newest message of that send, where there is one that no earlier call accounts for."""
        with self.workspace.lock:
            if len(self.workspace.calls) > 2 * KEPT_CALLS:
                del self.workspace.calls[:-KEPT_CALLS]
            place = "D" + channel[1:] if channel[:1] in "UW" else channel
            known = {post.at for post in self.posts[-50:] if post.send == send}
            newest = self.workspace.messages.get(place, [])[:-12:-1]
        found = (one for one in newest if send_of(one.metadata) == send)
        return next((one for one in found if float(one.ts) not in known), None)


def send_of(metadata: object) -> int | None:
    """The outbox row a message's metadata names. Source: DESIGN, "Interfaces": `event_payload: {handoff, send}`."""
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    send = payload.get("send") if isinstance(payload, dict) else None
    return send if isinstance(send, int) else None


@dataclass
class _Doors:
    """Takes the replica's name off the path and looks at what is answered."""

    app: ASGIApp
    slack: WatchedSlack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _DOOR.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        replica, path = found[1], found[2]
        inner = {**scope, "path": path, "raw_path": path.encode()}
        if not path.endswith(("/chat.postMessage", "/chat.update")):
            await self.app(inner, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        arguments = json.loads(body or b"{}")
        if (about := send_of(arguments.get("metadata"))) is not None:
            self.slack.callers[about] = replica
        state = {"status": 0, "size": 0}
        held: list[Message] = []

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def hold(message: Message) -> None:
            state["status"] = message.get("status", state["status"])
            state["size"] += len(message.get("body", b""))
            held.append(message)

        await self.app(inner, again, hold)
        if path.endswith("/chat.postMessage"):
            self.slack.posted(replica, arguments, state["status"], answered=state["size"] > 0)
        for message in held:
            await send(message)


async def _whole(receive: Receive) -> bytes | None:
    """The body; None where its sender died before it was sent."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
