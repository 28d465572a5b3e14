"""The HTTP server: a thread of its own, on the loopback interface only."""

import asyncio
import contextlib
import logging
import socket
import threading
import time

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STARTING_SECONDS = 10.0


class Droppable(HttpToolsProtocol):
    """Hands each request its connection, so that a scripted fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Prompt(uvicorn.Server):
    """Ends at once when nobody waits for an answer; uvicorn's own looks every tenth of a second, three times."""

    LOOK = 0.005
    """Seconds between two looks."""

    async def main_loop(self) -> None:
        """Until somebody says `should_exit`."""
        while not await self.on_tick(0):
            await asyncio.sleep(self.LOOK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, let those at hand end for as long as the configuration says, and close."""
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        patience = asyncio.get_running_loop().time() + (self.config.timeout_graceful_shutdown or 0)
        while self.server_state.connections or self.server_state.tasks:
            if asyncio.get_running_loop().time() > patience:
                for task in self.server_state.tasks:
                    task.cancel()
                break
            await asyncio.sleep(self.LOOK)


class Server:
    """uvicorn in a thread; `port` is the real one, also when 0 was asked for."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, http=Droppable, ws="websockets-sansio", loop="asyncio", lifespan="off", log_config=None,
            log_level=logging.CRITICAL, access_log=False, date_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = Prompt(config)
        self._thread = threading.Thread(target=self._run, name="playground", daemon=True)

    def start(self) -> None:
        """Return once requests are answered. Raises RuntimeError when that takes 10 s."""
        self._thread.start()
        until = time.monotonic() + STARTING_SECONDS
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("the playground's server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """Close every connection and wait for the thread."""
        self._server.should_exit = True
        self._thread.join(STARTING_SECONDS)
        with contextlib.suppress(OSError):
            self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
