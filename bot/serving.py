"""`baton serve`: everything checked first, then the web server until it is told to stop."""

import logging
from collections.abc import Callable

import structlog
import uvicorn

from bot.app import build
from bot.desk.govern import Files
from bot.files import FilesUnreadable, files_of
from bot.settings import Settings, SettingsError, check_for_serving
from scoring.contractfile import ContractError

STOP_SECONDS = 10
"""How long requests at hand may take once we are told to stop."""


def serve(settings: Settings, *, shadow: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SettingsError: settings are missing, or the two files are wrong; everything is named at once.
        StorageError: the database cannot be used.
    """
    files = _checked(settings)
    log_to_stderr()
    baton = build(settings, files, shadow=shadow)
    for sentence in baton.changed:
        say(sentence)
    baton.start()
    say(f"Baton listens on http://{settings.baton_host}:{settings.baton_port}")
    try:
        uvicorn.run(
            baton.web,
            host=settings.baton_host,
            port=settings.baton_port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    finally:
        baton.stop()


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
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "httpx", "httpcore", "slack_bolt", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
