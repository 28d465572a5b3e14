"""`baton serve`: everything checked first, then the web server until it is told to stop."""

import logging
import re
import signal
import socket
import time
from collections.abc import Callable

import structlog
import uvicorn

from bot.app import build
from bot.connections import BoundedProtocol
from bot.desk.govern import Files
from bot.files import FilesUnreadable, files_of
from bot.settings import Settings, SettingsError, check_for_serving
from bot.tracebacks import traceback_of
from scoring.contractfile import ContractError

STOP_SECONDS = 10
"""How long requests at hand may take once the door is closed."""


def serve(settings: Settings, *, shadow: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SettingsError: settings are missing, the two files are wrong, or the port is taken; all named at once.
        StorageError: the database cannot be used.
    """
    files = _checked(settings)
    log_to_stderr()
    with _door(settings.baton_host, settings.baton_port) as door:
        baton = build(settings, files, shadow=shadow)
        for sentence in baton.changed:
            say(sentence)
        config = uvicorn.Config(
            baton.web,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        server = _Server(config, baton.leave, settings.baton_drain_seconds)
        _heed_signals(server)
        baton.start()
        say(f"Baton listens on http://{settings.baton_host}:{door.getsockname()[1]}")
        try:
            server.run(sockets=[door])
        finally:
            baton.stop()


def _door(host: str, port: int) -> socket.socket:
    """The bound socket; whoever asks before the server runs is turned away rather than left waiting."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
    except OSError as taken:
        door.close()
        why = taken.strerror or "no such address"
        raise SettingsError(
            (
                f"Baton cannot listen on {host}:{port}: {why}. Set BATON_HOST and BATON_PORT to a free address.",
            )
        ) from taken
    return door


class _Server(uvicorn.Server):
    """Told to stop, it first says so at /readyz and goes on serving for *drain* seconds, until balancers have
    seen it; told a second time, it closes the door at once. What was accepted is answered in either case."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None], drain: float) -> None:
        super().__init__(config)
        self._leave = leave
        self._drain = drain
        self._closes_at: float | None = None

    def handle_exit(self, sig: int, frame: object) -> None:
        """A signal came; any is the same to us."""
        del sig, frame
        again = self._closes_at is not None
        self._leave()
        self._closes_at = time.monotonic() + (0 if again else self._drain)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to close the door."""
        if self._closes_at is not None and time.monotonic() >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)


def _heed_signals(server: uvicorn.Server) -> None:
    """Before and after the server runs, the default would end us before Baton is stopped."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _checked(settings: Settings) -> Files:
    problems: tuple[str, ...] = ()
    try:
        check_for_serving(settings)
    except SettingsError as missing:
        problems += missing.problems
    try:
        files = files_of(settings)
    except ContractError as wrong:
        problems += wrong.problems
    except FilesUnreadable as unreadable:
        problems += (str(unreadable),)
    if problems:
        raise SettingsError(problems)
    return files


def log_to_stderr(level: int = logging.INFO) -> None:
    """One line of key=value an event, what `extra=` gave included."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _without_colours,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(traceback_of),
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_addresses,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    logging.getLogger("slack_bolt.App").addFilter(_says_something)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "httpx", "httpcore", "slack_bolt", "slack_sdk", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_colours(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """uvicorn gives each of its lines a second time, with escape codes in it."""
    event.pop("color_message", None)
    return event


_ADDRESS = re.compile(r"[^\s\"'<>()=,;:@]+@[^\s\"'<>()=,;:@]+")


def _without_addresses(
    _logger: object, _method: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """No line of ours holds an address; an error's text that quotes one loses it here."""
    for name, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[name] = _ADDRESS.sub("…@…", value)
    return event


def _says_something(record: logging.LogRecord) -> bool:
    """Bolt warns of the SLACK_BOT_TOKEN that it sees beside our `authorize`; both are meant."""
    return "token" not in record.getMessage() or "unused" not in record.getMessage()
