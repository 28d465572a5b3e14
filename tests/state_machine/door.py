"""The way in: one address in front of all replicas, which can lose an answer and repeat a request."""

from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.state_machine.fate import Killed

KEPT = 8
"""How many of Slack's last requests are remembered for a repetition."""


@dataclass(frozen=True)
class Request:
    """What Slack sent: headers with its signature, and the body."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Door:
    """An ASGI app that passes everything on to *behind*; where that dies, the connection is cut."""

    address: str = ""
    behind: ASGIApp | None = None
    lose_answer: bool = False
    died: bool = False
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or cut it off."""
        body = await _whole(receive)
        if scope["path"] == "/slack/events":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.requests = [*self.requests, Request(headers, body)][-KEPT:]
        if self.behind is None:
            scope["state"]["transport"].abort()
            return
        try:
            await self.behind(scope, _given(body), _nowhere if self.lose_answer else send)
        except Killed:
            self.died = True
            scope["state"]["transport"].abort()
        else:
            if self.lose_answer:
                scope["state"]["transport"].abort()


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    return body


def _given(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nowhere(_part: Any) -> None:
    """The answer is lost."""
