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


OLDEST_SERVED = "0001"
"""The oldest revision whose code still works on the newest schema: what was added since is nullable or has a default,
and nothing was taken away. A migration that takes something away (contracts) moves it up."""
SERVED = "schema_serves"
"""The setting in which an upgrade leaves the revisions whose code may go on; replicas of the version before, which
know no newer revision, read it there."""


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


def trouble_with(found: str | None, *, known: bool, newest: str, serves: bool = False) -> str | None:
    """The sentence why a schema at revision *found* cannot be used; None where it can.

    *known* says whether the code's own migrations name it: then it is older, else it is newer than the code, and
    *serves* whether it says itself that code written for *newest* may go on.
    """
    if found == newest or (found is not None and not known and serves):
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
    """Raises StorageError unless the schema is the code's, or a newer one that serves it; says what to run."""
    with database.reading() as session:
        _check(session.connection())


def _check(connection: Connection) -> None:
    found, ours = _revision(connection), newest()
    known = found is not None and _known(found)
    serves = found is not None and not known and ours in _served(connection)
    trouble = trouble_with(found, known=known, newest=ours, serves=serves)
    if trouble is not None:
        raise StorageError(trouble)


def _served(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("setting"):
        return []
    said = connection.execute(text("SELECT value FROM setting WHERE key = :key"), {"key": SERVED}).scalar()
    return str(said or "").split()


def _say_served(connection: Connection) -> None:
    walked = [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]
    served = walked[: walked.index(OLDEST_SERVED) + 1]  # the newest is first
    connection.execute(text("DELETE FROM setting WHERE key = :key"), {"key": SERVED})
    connection.execute(
        text("INSERT INTO setting (key, value) VALUES (:key, :value)"),
        {"key": SERVED, "value": " ".join(served)},
    )


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


def upgrade(database: Database, to: str = "head") -> tuple[str | None, str]:
    """Bring the schema up to the code's (or to the revision *to*); gives the revision before and after.

    One transaction on either database: cut off in the middle, it leaves the schema as it was.

    Raises:
        StorageError: the schema is newer than the code, or the tables are not Baton's.
    """
    with database.engine.connect() as connection:
        _exclusively(connection, database)
        before = _revision(connection)
        if before is None:
            _refuse_strangers(connection)
        elif not _known(before):
            raise StorageError(str(trouble_with(before, known=False, newest=newest())))
        command.upgrade(_config(connection), to)
        after = str(_revision(connection))
        if before not in (None, after):
            _say_served(connection)
        connection.commit()
        return before, after


def _exclusively(connection: Connection, database: Database) -> None:
    if not database.sqlite:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})


def _refuse_strangers(connection: Connection) -> None:
    if set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise StorageError(
            "The database holds tables that are not Baton's. Name a database of Baton's own in DATABASE_URL."
        )
