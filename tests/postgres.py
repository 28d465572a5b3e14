"""A PostgreSQL for the tests: TEST_DATABASE_URL, else a server on 127.0.0.1:5432, else one of our own.

Each test gets a database cloned from a migrated template, so that no test sees another's rows.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from bot.desk.desk import open_database
from storage.engine import Database

_numbers = count(1)


@cache
def server() -> URL | None:
    """A server on which databases may be created, or None where there is no PostgreSQL at all."""
    given = os.environ.get("TEST_DATABASE_URL")
    candidates = [given] if given else ["postgresql+psycopg://postgres@127.0.0.1:5432/postgres"]
    for candidate in candidates:
        url = make_url(candidate).set(drivername="postgresql+psycopg")
        if _answers(url):
            return url
    return None if given else _own_cluster()


def _answers(url: URL) -> bool:
    engine = create_engine(url, connect_args={"connect_timeout": 3})
    try:
        with engine.connect():
            return True
    except OperationalError:
        return False
    finally:
        engine.dispose()


def _own_cluster() -> URL | None:
    """`initdb -A trust` as user postgres, in a folder and on a port of its own."""
    initdb = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)
    if initdb is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="baton-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    bin_ = Path(initdb).parent
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*as_user, initdb, "-A", "trust", "-U", "postgres", "-D", str(folder / "db")], **quiet)  # type: ignore[call-overload]
    control = [*as_user, str(bin_ / "pg_ctl"), "-D", str(folder / "db"), "-w"]
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **quiet)  # type: ignore[call-overload]
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # handlers run last registered first
    atexit.register(
        subprocess.run, [*control, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, check=False
    )
    return make_url(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")


def run(statement: str) -> None:
    """One statement on the server, outside any transaction."""
    url = server()
    assert url is not None
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@cache
def template() -> str:
    """A migrated database to clone, one a test process."""
    name = f"baton_template_{os.getpid()}"
    run(f"DROP DATABASE IF EXISTS {name}")
    run(f"CREATE DATABASE {name}")
    open_database(url_of(name), "write").close()
    atexit.register(lambda: run(f"DROP DATABASE IF EXISTS {name}"))
    return name


def url_of(name: str) -> str:
    """The URL of a database on our server."""
    url = server()
    assert url is not None
    return url.set(database=name).render_as_string(hide_password=False)


def fresh(*, empty: bool = False) -> str:
    """A new database's name: migrated, or *empty*."""
    name = f"baton_test_{os.getpid()}_{next(_numbers)}"
    run(f"CREATE DATABASE {name}" + ("" if empty else f" TEMPLATE {template()}"))
    return name


def drop(name: str) -> None:
    """Remove it, whoever is still connected."""
    run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def needed() -> None:
    """Skip where there is no PostgreSQL; on CI that is a failure, because CI must not skip."""
    if server() is None:
        message = "PostgreSQL is missing: set TEST_DATABASE_URL, or install its server for a throw-away one."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def until_somebody_waits(database: Database, seconds: float = 10.0) -> None:
    """Return once a transaction waits for another one's lock. Raises TimeoutError."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.reading() as session:
            if session.connection().execute(text(waiting)).scalar_one():
                return
        time.sleep(0.01)
    raise TimeoutError("nobody waits for a lock")
