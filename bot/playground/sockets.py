"""Socket Mode: connections of the app, and envelopes that go to exactly one of them."""

import asyncio
import itertools
import json
import secrets
import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.people import Payload

CONNECTIONS = 10
"""https://docs.slack.dev/apis/events-api/using-socket-mode: up to 10 at a time. What the eleventh is told:
https://github.com/slackapi/bolt-js/issues/2225."""


@dataclass(eq=False)
class Connection:
    """One open websocket and the loop it lives on; `envelopes` are the ids it was sent."""

    socket: WebSocket
    loop: asyncio.AbstractEventLoop
    envelopes: deque[str] = field(default_factory=lambda: deque(maxlen=1_000))


class Sockets:
    """All open connections; round robin, where Slack chooses at random, so that tests repeat."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.connections: list[Connection] = []
        self.faults: list[str] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, Future[str]] = {}
        self._turn = itertools.count()
        self._lock = threading.Lock()

    @property
    def open_now(self) -> int:
        """How many connections stand."""
        return len(self.connections)

    def ticket(self) -> str:
        """A one-time pass for apps.connections.open."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    def send(self, kind: str, payload: Payload, seconds: float) -> str | None:
        """Send to one connection; its ack's payload as JSON ("" if empty), or None when no ack came."""
        envelope: Payload = {
            "envelope_id": secrets.token_hex(16), "type": kind, "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }  # fmt: skip
        acked: Future[str] = Future()
        with self._lock:
            connection = self.connections[next(self._turn) % len(self.connections)]
            connection.envelopes.append(envelope["envelope_id"])
            self._waiting[envelope["envelope_id"]] = acked
        text = json.dumps(envelope)
        asyncio.run_coroutine_threadsafe(connection.socket.send_text(text), connection.loop)
        try:
            return acked.result(seconds)
        except Late:
            return None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    def cut(self) -> None:
        """Close every connection from Slack's side, as it does to refresh them; the app connects anew."""
        for connection in list(self.connections):
            asyncio.run_coroutine_threadsafe(connection.socket.close(1001), connection.loop)

    async def serve(self, socket: WebSocket) -> None:
        """One connection from hello to goodbye; a used or unknown ticket is turned away."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if self.open_now >= CONNECTIONS:
            full = {
                "type": "disconnect",
                "reason": "too_many_websockets",
                "debug_info": {"host": "playground"},
            }
            await socket.send_text(json.dumps(full))
            await socket.close(1001)
            return
        connection = Connection(socket, asyncio.get_running_loop())
        self.connections.append(connection)
        hello = {
            "type": "hello", "num_connections": self.open_now, "connection_info": {"app_id": self.app_id},
            "debug_info": {"host": "playground", "approximate_connection_time": 18060},
        }  # fmt: skip
        await socket.send_text(json.dumps(hello))
        try:
            while True:
                self._acknowledged(connection, await socket.receive_text())
        except WebSocketDisconnect:
            return
        finally:
            self.connections.remove(connection)

    def _acknowledged(self, connection: Connection, text: str) -> None:
        try:
            message = json.loads(text)
            name = message["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self.faults.append(f"the socket sent something that is no acknowledgement: {text[:100]}")
            return
        if name not in connection.envelopes:
            self.faults.append(f"acknowledged an envelope that went to another connection: {name}")
            return
        waiting = self._waiting.get(name)
        if waiting is not None and not waiting.done():
            answer = message.get("payload")
            waiting.set_result("" if answer in (None, {}, "") else answer_text(answer))


def answer_text(answer: object) -> str:
    """An ack's payload in the form an HTTP body would have."""
    return answer if isinstance(answer, str) else json.dumps(answer)
