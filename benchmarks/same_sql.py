"""The intake's yardstick: a server that runs Baton's SQL for one event of a known lead, and nothing of Baton.

It records the statements of a real request on a database of its own, then replays them on the bare driver, in
one transaction a request, with a fresh event id each time.
"""

import json
import multiprocessing
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio.to_thread
import uvicorn
from sqlalchemy import Engine, create_engine, event, make_url, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.ground import POSTGRES, free_port, wait_for_port
from bot.clock import Clock
from bot.desk import govern
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.receive import receive
from bot.intake.native import arrivals_of
from bot.starting import team_text
from scoring.presets import preset_text

EVENT = "the-recorded-event"
LEADS = 1_000
LEAD = 777
"""The lead whose event is recorded; each replay is about another one, so that none grows a long history."""
Statement = tuple[str, Any, bool]


@contextmanager
def serving_the_same_sql(url: str) -> Iterator[str]:
    """The yardstick's base URL, on a database of the kind of *url*."""
    port = free_port()
    with _own_database(url) as own:
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(own, port), daemon=True)
        process.start()
        try:
            wait_for_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.join(10)


@contextmanager
def _own_database(url: str) -> Iterator[str]:
    if url.startswith("sqlite"):
        folder = tempfile.mkdtemp(prefix="baton-bench-")
        try:
            yield f"sqlite:///{Path(folder) / 'same.db'}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    name = f"baton_bench_same_{os.getpid()}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()


def _record(url: str) -> list[Statement]:
    """The statements of the second event of a lead, as the driver got them."""
    database = open_database(url, "write")
    desk = Desk(database, Clock())
    govern.first_start(desk, Files(preset_text("default"), team_text(live=True)))
    recorded: list[Statement] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        recorded.append((statement, parameters, many))

    now = desk.clock.business()
    receive(desk, arrivals_of(_events(range(1, LEADS + 1), now), now))
    event.listen(database.engine, "before_cursor_execute", note)
    receive(desk, arrivals_of(_events([LEAD], now, EVENT), now))
    database.close()
    return [row for row in recorded if not row[0].startswith("BEGIN")]


def _events(people: Iterable[int], now: datetime, name: str = "first") -> bytes:
    """One event of each of *people*, whose lead ids are the same numbers."""
    events = [
        {
            "id": f"{name}-{person}",
            "occurred_at": now.isoformat(),
            "signal": "email_click_content",
            "lead": {
                "email": _address(person),
                "title": "Marketing Manager",
                "employees": 120,
                "country": "GB",
            },
        }
        for person in people
    ]
    return json.dumps({"events": events}).encode()


def _address(person: int) -> str:
    return f"p{person}@firm{person}.example"


def _serve(url: str, port: int) -> None:
    recorded = _record(url)
    engine = _bare(url)
    one_writer = threading.Lock()
    numbers = iter(range(10**9))

    def run() -> None:
        number = next(numbers)
        fresh = {
            f"{EVENT}-{LEAD}": f"{EVENT}-again-{number}",
            LEAD: number % LEADS + 1,
            f"email:{_address(LEAD)}": f"email:{_address(number % LEADS + 1)}",
        }
        if engine.dialect.name == "sqlite":
            with one_writer:
                _replay(engine, recorded, fresh)
        else:
            _replay(engine, recorded, fresh)

    async def intake(request: Request) -> JSONResponse:
        await request.body()
        await anyio.to_thread.run_sync(run)
        return JSONResponse({"received": 1, "duplicates": 0}, 202)

    app = Starlette(routes=[Route("/intake/events", intake, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")


def _bare(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url, connect_args={"check_same_thread": False, "isolation_level": None}, pool_size=1
        )
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
        return engine
    return create_engine(url, pool_size=16)


def _replay(engine: Engine, recorded: list[Statement], fresh: dict[Any, Any]) -> None:
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in recorded:
            renamed = _renamed(parameters, fresh)
            if many:
                cursor.executemany(statement, renamed)
            else:
                cursor.execute(statement, renamed)
            if cursor.description is not None:
                cursor.fetchall()
        if engine.dialect.name == "sqlite":
            cursor.execute("COMMIT")
        else:
            connection.commit()
    finally:
        connection.close()


def _renamed(parameters: Any, fresh: dict[Any, Any]) -> Any:
    if isinstance(parameters, dict):
        return {name: _other(value, fresh) for name, value in parameters.items()}
    if parameters and isinstance(parameters[0], list | tuple | dict):
        return [_renamed(each, fresh) for each in parameters]
    return tuple(_other(value, fresh) for value in parameters)


def _other(value: Any, fresh: dict[Any, Any]) -> Any:
    return fresh.get(value, value) if isinstance(value, str | int) else value
