"""The only ways to a session: `reading()` and `writing()`; and who may open the database at all.

SQLite gets one writer connection for the life of the process, under a process lock, which alone
checkpoints; readers are read-only connections. PostgreSQL gets a pool. Source: DESIGN, rule 8.
"""

import fcntl
import itertools
import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal
from urllib.parse import quote

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, InternalError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool
from sqlmodel import Session

Purpose = Literal["serve", "write", "read"]

BUSY = 2.0
"""Seconds a writer waits for others before it gives up: a sender gets 503 and tries again, a press is answered
within the 3 s that Slack waits."""


IN_THE_BACKGROUND = 30.0
"""Seconds a background job waits for its turn to write."""

AT_START = 60.0
"""Seconds a start waits for others; somebody may hold what it writes until IDLE has passed."""

IDLE = 10.0
"""Seconds after which PostgreSQL ends a transaction of which nothing more is heard: a replica that was frozen in
the middle of one must not hold up the others, and what it wrote is not committed. Less than an outbox lease."""


class StorageError(Exception):
    """The database cannot be used; the message says why and what to do."""


class Database:
    """A database by URL, for one *purpose*.

    `serve` and `write` are exclusive on a SQLite file: a second one is refused. `read` works beside them.

    Raises:
        StorageError: no such engine, another process writes this file, or the file is missing to a reader.
    """

    def __init__(self, url: str, purpose: Purpose = "write") -> None:
        self.url: URL = _understood(url)
        self.purpose = purpose
        self._lock: IO[str] | None = None
        self._one_writer = threading.Lock()
        self._closed = False
        self._refusing = False
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            self._open_sqlite()
        else:
            name = APPLICATION.format(
                purpose=purpose, host=socket.gethostname()[:30], process=os.getpid(), number=next(_opened)
            )
            self._writer = _postgres(self.url, name)
            self._reader = _postgres(self.url, name, read_only=True)

    def _open_sqlite(self) -> None:
        path = Path(self.url.database or "")
        if self.purpose == "read" and not path.exists():
            raise StorageError(f"There is no database at {path} yet. Run baton serve or baton import first.")
        if self.purpose != "read":
            self._lock = _locked(path, self.purpose)
        self._reader = _sqlite_reader(path)
        self._writer = self._reader if self.purpose == "read" else _sqlite_writer(path)

    @property
    def engine(self) -> Engine:
        """The engine that writes; migrations and tests use it directly."""
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that can only read: on SQLite one snapshot, on PostgreSQL each statement its own."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, patience: float = BUSY) -> Iterator[Session]:
        """A session in one write transaction: committed at the end, rolled back on any exception.

        *patience* is how many seconds to wait for this process's other writers (SQLite has one at a time): a
        press must be answered within Slack's 3 s, a job in the background may wait. On PostgreSQL everybody waits
        BUSY for a row that somebody else is changing, lest the rows one holds oneself wait too; only a start,
        with *patience* AT_START, waits longer.

        Raises:
            StorageError: others wrote all that time; nothing is kept.
            sqlalchemy.exc.OperationalError: the database is locked, full, read-only or gone; nothing is kept.
        """
        if self.sqlite:
            if not self._one_writer.acquire(timeout=patience):
                raise StorageError("The database is busy, and nothing was kept. Try again.")
            try:
                with self._session() as session:
                    yield session
            finally:
                self._one_writer.release()
            return
        with self._session() as session:
            if patience >= AT_START:
                wait = f"SET LOCAL lock_timeout = {1000 * patience:.0f}"
                session.connection().exec_driver_sql(wait)
            yield session

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._writer, expire_on_commit=False, autoflush=False) as session:
                yield session
                session.commit()
        except (OperationalError, InternalError):
            self._refusing = True
            raise
        self._refusing = False

    @property
    def refusing(self) -> bool:
        """Whether the last write was refused: locked, full, read-only or gone. One that goes through clears it."""
        return self._refusing

    def close(self) -> None:
        """Give back every connection and the file's lock; from now on nothing is written.

        SQLite's one connection is never closed under somebody who still writes: that would end the process.
        """
        if self._closed:
            return
        self._closed = True
        self._reader.dispose()
        if not self.sqlite or self._one_writer.acquire(timeout=IN_THE_BACKGROUND):
            self._writer.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as broken:  # ValueError: a port that is no number
        raise StorageError(
            "DATABASE_URL is not a database URL. Write sqlite:///baton.db or postgresql+psycopg://user@host/name."
        ) from broken
    name = parsed.drivername
    if name in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if name in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise StorageError("DATABASE_URL must name a file. Write sqlite:///baton.db.")
        return parsed
    raise StorageError(f"DATABASE_URL names {name}. Baton runs on sqlite:///… and postgresql+psycopg://….")


APPLICATION = "baton {purpose} {host} {process}.{number}"
"""Each opened database's name in pg_stat_activity; `storage.standing.replicas` counts those that serve."""

_opened = itertools.count(1)


def _postgres(url: URL, name: str, *, read_only: bool = False) -> Engine:
    """A pool. Readers commit nothing, so they spare the round trips of BEGIN and ROLLBACK: at READ COMMITTED
    every statement has its own snapshot in a transaction too."""
    options = f"-c timezone=utc -c lock_timeout={1000 * BUSY:.0f}"
    mode = (
        "default_transaction_read_only=on"
        if read_only
        else f"idle_in_transaction_session_timeout={1000 * IDLE:.0f}"
    )
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=8,
        pool_timeout=BUSY,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            # A server that vanishes without a word must not hold us for the minutes that TCP would wait.
            "tcp_user_timeout": int(1000 * IDLE),
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "application_name": name,
            "options": f"{options} -c {mode}",
        },
        **({"isolation_level": "AUTOCOMMIT"} if read_only else {}),
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_if_rested)
    return engine


RESTED = 1.0
"""Seconds after which a pooled connection is asked whether it still lives, before it is given out."""


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ping_if_rested(connection: Any, record: Any, _proxy: Any) -> None:
    """As pool_pre_ping does, without a round trip for a connection that answered a moment ago and is silent.

    A server that goes down says so to each connection, and a restart takes less than a second: without a look at
    the socket each of the pool's connections would cost somebody a press.

    Raises:
        DisconnectionError: it is dead; the pool gives a new one.
    """
    if time.monotonic() - record.info.get("used", -RESTED) < RESTED and not _spoken_to(connection):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as gone:
        raise DisconnectionError from gone


def _spoken_to(connection: Any) -> bool:
    """Whether an idle connection's server sent something, which is most often its end."""
    look = select.poll()
    try:
        look.register(connection.fileno(), select.POLLIN)
    except psycopg.OperationalError:  # closed already
        return True
    return bool(look.poll(0))


def _locked(path: Path, purpose: Purpose) -> IO[str]:
    """Hold the file's lock for the life of the process.

    Raises:
        StorageError: another process holds it, or the folder cannot be written.
    """
    try:
        handle = path.with_name(path.name + ".lock").open("a")
    except OSError as denied:
        raise StorageError(f"The database {path} cannot be opened: {denied.strerror}.") from denied
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as held:
        handle.close()
        if purpose == "serve":
            raise StorageError(
                f"Another baton serve uses {path}. Stop it first, or put several replicas on PostgreSQL."
            ) from held
        raise StorageError(f"baton serve uses {path}. Stop serve first, then run this again.") from held
    return handle


def _sqlite_writer(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=StaticPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _immediate(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reader(path: Path) -> Engine:
    # As a URI, in which # and ? of a folder's name would mean something.
    engine = create_engine(
        URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"}),
        poolclass=QueuePool,
        hide_parameters=True,
        pool_size=4,
        max_overflow=12,
        connect_args={"check_same_thread": False, "timeout": BUSY, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _deferred(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
