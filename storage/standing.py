"""How the database stands: what it is, whether it takes writes, who else serves on it."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, text
from sqlmodel import col

from storage import contracts, schema
from storage.engine import Database
from storage.tables import SettingRow

TRIAL = "trial_write"
ROOM = 64 * 1024
"""Bytes of a trial write: what intake writes must fit too, and a few bytes fit into a disk that is full."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a database is. *now* is PostgreSQL's clock; on SQLite, which has none of its own, it is None."""

    engine: str
    version: tuple[int, ...]
    revision: str
    now: datetime | None

    @property
    def named(self) -> str:
        """Engine and version as people say them."""
        return f"{self.engine} {'.'.join(str(part) for part in self.version)}"


def standing(database: Database) -> Standing:
    """Read-only; the schema must be the code's."""
    if database.sqlite:
        return Standing("SQLite", sqlite3.sqlite_version_info, schema.newest(), None)
    with database.reading() as session:
        number, now = (
            session.connection()
            .execute(text("SELECT current_setting('server_version_num')::int, clock_timestamp()"))
            .one()
        )
    return Standing("PostgreSQL", (number // 10_000, number % 10_000), schema.newest(), now)


def trial_write(database: Database) -> None:
    """Write something of the size of a request, and take it away again.

    Raises:
        StorageError: others write all the time.
        sqlalchemy.exc.DBAPIError: locked, full, read-only or gone.
    """
    with database.writing() as session:
        contracts.remember(session, TRIAL, "0" * ROOM)
    with database.writing() as session:
        session.connection().execute(delete(SettingRow).where(col(SettingRow.key) == TRIAL))


_SERVING = text(
    "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'baton serve %'"
)


def replicas(database: Database) -> int:
    """How many processes serve on this database, this one included; each names its connections."""
    if database.sqlite:
        return 1
    with database.reading() as session:
        return max(1, int(session.connection().execute(_SERVING).scalar_one()))
