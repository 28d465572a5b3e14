"""Socket Mode: Slack's requests over a connection we open. Tried again until Slack answers."""

import logging
import threading

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
"""Between two tries to connect."""
PING_SECONDS = 3.0
"""How often the connection is looked at: a closed one is opened again within this, where the SDK takes 10 s,
and no press arrives in between."""


class Socket:
    """One connection; Slack gives each request to one of an app's connections."""

    def __init__(self, bolt: App, app_token: str, base_url: str, again: float = AGAIN_SECONDS) -> None:
        web = WebClient(base_url=base_url if base_url.endswith("/") else base_url + "/", retry_handlers=[])
        self._handler = SocketModeHandler(bolt, app_token, web_client=web, ping_interval=PING_SECONDS)
        self._again = again
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="socket", daemon=True)

    def start(self) -> None:
        """Connect in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Close the connection."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._handler.client.close()

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us."""
        return bool(self._handler.client.is_connected())

    def _connect(self) -> None:
        while not self._stopping.is_set():
            try:
                # Not connect(): that would try the same address again, and an address works once.
                self._handler.client.connect_to_new_endpoint()
                return
            except Exception:  # the boundary of a try: Slack may be away when we start
                log.warning("Socket Mode could not connect; trying again", exc_info=True)
                self._stopping.wait(self._again)
