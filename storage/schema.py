"""The schema's age: creating it, upgrading it, and refusing to work on one that does not fit the code."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from storage.engine import Database, StorageError

UPGRADE_LOCK = 0x6261746F6E
"""Key of the advisory lock under which PostgreSQL replicas create or upgrade the schema: "baton" in ASCII."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision this code was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StorageError("The migrations are missing from this installation. Install Baton again.")
    return head


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known(revision: str) -> bool:
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def trouble_with(found: str | None, *, known: bool, newest: str) -> str | None:
    """The sentence why a schema at revision *found* cannot be used; None where it is the code's *newest*.

    *known* says whether the code's own migrations name it: then it is older, else it is newer than the code.
    """
    if found == newest:
        return None
    if found is None:
        return "The database is empty or not Baton's. Run baton serve or baton db upgrade to create it."
    if known:
        return (
            f"The database's schema {found} is older than this version of Baton needs ({newest}). "
            "Make a backup, then run baton db upgrade."
        )
    return (
        f"The database's schema {found} is newer than this version of Baton knows. Install the newer Baton."
    )


def check(database: Database) -> None:
    """Raises StorageError unless the schema is exactly the code's; the sentence says what to run."""
    with database.reading() as session:
        _check(session.connection())


def _check(connection: Connection) -> None:
    found = _revision(connection)
    trouble = trouble_with(found, known=found is not None and _known(found), newest=newest())
    if trouble is not None:
        raise StorageError(trouble)


def create(database: Database) -> None:
    """Create the schema in an empty database; on an existing one only check it.

    Two replicas may start at once: PostgreSQL takes an advisory lock, SQLite's file has one owner.

    Raises:
        StorageError: the schema is older or newer than the code, or the tables are not Baton's.
    """
    with database.engine.connect() as connection:
        _exclusively(connection, database)
        if _revision(connection) is None:
            _refuse_strangers(connection)
            command.upgrade(_config(connection), "head")
        _check(connection)
        connection.commit()


def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the schema up to the code's; gives the revision before and after.

    Raises:
        StorageError: the schema is newer than the code, or the tables are not Baton's.
    """
    with database.engine.connect() as connection:
        _exclusively(connection, database)
        before = _revision(connection)
        if before is None:
            _refuse_strangers(connection)
        elif not _known(before):
            _check(connection)
        command.upgrade(_config(connection), "head")
        connection.commit()
        return before, newest()


def _exclusively(connection: Connection, database: Database) -> None:
    if not database.sqlite:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})


def _refuse_strangers(connection: Connection) -> None:
    if set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise StorageError(
            "The database holds tables that are not Baton's. Name a database of Baton's own in DATABASE_URL."
        )
