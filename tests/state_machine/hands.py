"""The time of the state machine: it stands still until it is put forward, on PostgreSQL too."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, create_engine, text

from bot.clock import Clock

_STILL = """
CREATE SCHEMA IF NOT EXISTS standing;
CREATE TABLE IF NOT EXISTS standing.clock (at timestamptz NOT NULL);
"""
_NOW = """
CREATE OR REPLACE FUNCTION standing.{name}() RETURNS timestamptz LANGUAGE sql STABLE
AS 'SELECT at FROM standing.clock'
"""
_NAMES = ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp")


class Hands(Clock):
    """One time for everything: business and real, this process's and (by *database*) PostgreSQL's."""

    def __init__(self, start: datetime, database: Engine | None = None) -> None:
        self._now = start
        self._database = database
        self._tell()

    def real(self) -> datetime:
        """The time, which stands still."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Put the time forward."""
        self._now += by
        self._tell()

    def _tell(self) -> None:
        if self._database is not None:
            with self._database.begin() as connection:
                connection.execute(text("UPDATE standing.clock SET at = :now"), {"now": self._now})


def put_clock_into(url: str, name: str) -> Engine:
    """Give the PostgreSQL database *name* a clock that stands still: its `now()` and its like are ours.

    `CURRENT_TIMESTAMP` is a keyword and cannot be replaced; Baton does not use it.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in filter(None, map(str.strip, _STILL.split(";"))):
            connection.execute(text(statement))
        for function in _NAMES:
            connection.execute(text(_NOW.format(name=function)))
        connection.execute(text("INSERT INTO standing.clock VALUES (pg_catalog.now())"))
        connection.execute(text(f"ALTER DATABASE {name} SET search_path = public, standing, pg_catalog"))
    engine.dispose()
    return create_engine(url)
