"""Socket Mode: Slack's requests over a connection we open. Tried again until Slack answers."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
"""Between two tries to connect."""
PING_SECONDS = 3.0
"""How often the connection is looked at: a closed one is opened again within this, where the SDK takes 10 s,
and no press arrives in between."""
CLOSE_SECONDS = 5.0
"""How long closing the connection may take once we stop."""

FINISH_SECONDS = 4.0
"""How long what came over the connection may take to be answered before it is closed: longer than Slack waits."""


class _Counted(SocketModeHandler):
    """Knows how many requests it is at: an answer needs the connection its request came over."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at_hand = 0
        self._count = threading.Lock()

    def handle(self, client: BaseSocketModeClient, req: SocketModeRequest) -> None:
        self._changed(1)
        try:
            super().handle(client, req)  # type: ignore[arg-type]
        finally:
            self._changed(-1)

    def _changed(self, by: int) -> None:
        with self._count:
            self._at_hand += by

    @property
    def busy(self) -> bool:
        """Whether something was received and is not answered yet."""
        return self._at_hand > 0 or not self.client.message_queue.empty()


class Socket:
    """One connection; Slack gives each request to one of an app's connections.

    *hello* is told at each greeting how many connections the app has, ours included, and whether an earlier one of
    ours may still be among them.
    """

    def __init__(
        self,
        bolt: App,
        app_token: str,
        base_url: str,
        again: float = AGAIN_SECONDS,
        hello: Callable[[int, bool], None] = lambda _connections, _reconnected: None,
    ) -> None:
        web = WebClient(base_url=base_url if base_url.endswith("/") else base_url + "/", retry_handlers=[])
        self._handler = _Counted(bolt, app_token, web_client=web, ping_interval=PING_SECONDS)
        self._handler.client.message_listeners.append(self._greeted)
        self._hello = hello
        self.greetings = 0
        self._again = again
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="socket", daemon=True)

    def start(self) -> None:
        """Connect in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what came over the connection, then close it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        until = time.monotonic() + FINISH_SECONDS
        while self._handler.busy and time.monotonic() < until:
            time.sleep(0.02)
        # The SDK's close joins its threads without a limit, and one that reconnects just then may never end.
        closing = threading.Thread(target=self._close, name="socket closing", daemon=True)
        closing.start()
        closing.join(timeout=CLOSE_SECONDS)

    def _close(self) -> None:
        try:
            self._handler.client.close()
        except Exception:  # the boundary of a thread: a connection that broke just now cannot be closed
            log.warning("the socket was gone before it was closed", exc_info=True)

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us."""
        return bool(self._handler.client.is_connected())

    def _greeted(self, _client: object, message: dict[str, Any], _raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self.greetings += 1
            self._hello(int(message.get("num_connections") or 0), self.greetings > 1)

    def _connect(self) -> None:
        while not self._stopping.is_set():
            try:
                # Not connect(): that would try the same address again, and an address works once.
                self._handler.client.connect_to_new_endpoint()
                return
            except Exception:  # the boundary of a try: Slack may be away when we start
                log.warning("Socket Mode could not connect; trying again", exc_info=True)
                self._stopping.wait(self._again)
