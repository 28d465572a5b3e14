"""How much a connection may ask of us before it has said what it wants: so many bytes of headers, so many seconds.

uvicorn limits neither: one sender could fill the memory with headers, or hold every connection with half of one.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEADER_BYTES = 64 * 1024
"""Slack's and senders' requests have some 2 KiB of headers; servers commonly take 8 to 64."""
HEADER_SECONDS = 15.0
"""How long the headers of a request may take. A balancer sends them at once."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's, with both limits. For the body's, see `bot.web`."""

    _unfinished: int = 0
    _in_headers: bool = True
    _given_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody called."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._headers_are_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; those of headers that are not complete yet are counted."""
        super().data_received(data)
        self._unfinished = self._unfinished + len(data) if self._in_headers else 0
        if self._unfinished > MOST_HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("The headers are larger than 64 KiB.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._await_headers()

    def on_headers_complete(self) -> None:
        """From here on the app reads the body, within its own limits."""
        self._headers_are_here()
        super().on_headers_complete()

    def _await_headers(self) -> None:
        self._headers_are_here()
        self._in_headers = True
        self._given_up = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _headers_are_here(self) -> None:
        self._in_headers = False
        if self._given_up is not None:
            self._given_up.cancel()
            self._given_up = None
