"""From one schema to the next: cut off in the middle, and old and new replicas side by side."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, MetaData, create_engine, inspect, text

from bot.desk.desk import open_database
from storage import schema
from storage.engine import Database, StorageError
from tests.program import ROOT, Program

pytestmark = pytest.mark.slow  # processes and servers of their own

FIRST = "0001"

CUT = """
import os, signal, sys
from sqlalchemy import Engine, event
from bot.desk.desk import upgrade_database

url, at = sys.argv[1:]
written = 0

def cut():
    os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(Engine, "before_cursor_execute")
def count(_connection, _cursor, statement, *_rest):
    global written
    if statement.split()[0].upper() in ("CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "DROP"):
        written += 1
        if at.isdigit() and written == int(at):
            cut()

@event.listens_for(Engine, "commit")
def before_the_commit(_connection):
    if at == "commit":
        cut()

upgrade_database(url)
print(written)
"""
"""`baton db upgrade`, killed before its nth change, or right before the commit."""


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database as the first version left it, with a lead in it."""
    database = Database(empty_url, "write")
    assert schema.upgrade(database, FIRST) == (None, FIRST)
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO lead (email, facts, fact_times, first_seen, received, fit, intent) "
                 "VALUES ('ada@engines.example', '{}', '{}', 1, 1, 0, 0)")
        )  # fmt: skip
    database.close()
    return empty_url


def cut_off(url: str, at: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CUT, url, at],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def revision(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    engine.dispose()
    return found


def shape(url: str) -> dict[str, set[str]]:
    """The tables and their columns."""
    engine = create_engine(url)
    looked = inspect(engine)
    found = {
        name: {column["name"] for column in looked.get_columns(name)} for name in looked.get_table_names()
    }
    engine.dispose()
    return found


@pytest.mark.parametrize("at", ["1", "5", "15", "commit"])
def test_an_upgrade_that_is_killed_leaves_the_old_schema_and_can_be_run_again(
    old_url: str, at: str, program: Program
) -> None:
    before = shape(old_url)
    assert cut_off(old_url, at).returncode == -9
    assert (revision(old_url), shape(old_url)) == (FIRST, before), "nothing in between"

    refused = program.call("score", "ada@engines.example", DATABASE_URL=old_url)
    assert refused.returncode == 1
    assert "older than this version of Baton needs" in refused.stderr
    assert "run baton db upgrade" in refused.stderr
    with pytest.raises(StorageError, match="run baton db upgrade"):
        open_database(old_url, "serve")

    done = program.call("db", "upgrade", DATABASE_URL=old_url)
    assert (done.returncode, done.stdout.strip()) == (
        0, f"The schema is at {schema.newest()}; it was at {FIRST}."
    )  # fmt: skip
    database = open_database(old_url, "serve")
    with database.reading() as session:
        assert (
            session.connection().execute(text("SELECT email FROM lead")).scalar_one() == "ada@engines.example"
        )
    database.close()


def test_the_upgrade_makes_more_changes_than_the_places_it_is_cut_at(old_url: str) -> None:
    assert int(cut_off(old_url, "never").stdout) > 15


# -- side by side -------------------------------------------------------------------------------------


@pytest.fixture
def both(empty_url: str) -> Iterator[tuple[MetaData, Database]]:
    """The first version's tables, read off a database, and that database at the newest schema."""
    database = Database(empty_url, "serve")
    schema.upgrade(database, FIRST)
    old = MetaData()
    with database.engine.connect() as connection:
        old.reflect(connection)
        connection.rollback()
    schema.upgrade(database)
    yield old, database
    database.close()


def test_the_newest_schema_only_adds_to_the_first_one(both: tuple[MetaData, Database]) -> None:
    old, database = both
    new = MetaData()
    with database.engine.connect() as connection:
        new.reflect(connection)
    for name, table in old.tables.items():
        assert name in new.tables
        now = new.tables[name]
        for column in table.columns:
            assert str(now.c[column.name].type) == str(column.type), f"{name}.{column.name}"
            assert now.c[column.name].nullable or not column.nullable, f"{name}.{column.name} was narrowed"
        for added in set(now.c.keys()) - set(table.c.keys()):
            column = now.c[added]
            assert column.nullable or column.server_default is not None, (
                f"{name}.{added}: old code cannot insert"
            )
        unique = {index.name for index in now.indexes if index.unique}
        assert unique == {index.name for index in table.indexes if index.unique}, f"{name}: a new uniqueness"


def test_rows_as_the_first_version_writes_them_fit_the_newest_schema(both: tuple[MetaData, Database]) -> None:
    old, database = both
    with database.engine.begin() as connection:
        for table in old.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(table.insert(), made_up(connection, table))
    with database.reading() as session:
        for name in set(old.tables) - {"alembic_version"}:
            found = session.connection().execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            assert found >= 1, name


MADE_UP = {
    str: "x", int: 1, float: 1.0, bool: True, date: date(2026, 11, 23),
    datetime: datetime(2026, 11, 23, 9, tzinfo=UTC),
}  # fmt: skip


def made_up(connection: Connection, table: Any) -> dict[str, Any]:
    """A row with every column of the first version's, pointing at rows made before."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            (points_to,) = column.foreign_keys
            parent = points_to.column
            row[column.name] = connection.execute(
                text(f'SELECT max({parent.name}) FROM "{parent.table.name}"')
            ).scalar()
        elif isinstance(column.type, JSON):
            row[column.name] = []
        else:
            row[column.name] = MADE_UP[column.type.python_type]
    return row


def test_a_replica_of_the_version_before_goes_on_beside_the_new_schema(
    both: tuple[MetaData, Database],
) -> None:
    """To it the new revision is unknown; the upgrade left word that its code is still served."""
    _, database = both
    later(database, serves=f"9999 {schema.newest()}")
    schema.check(database)
    schema.create(database)

    later(database, serves="9999")
    with pytest.raises(StorageError, match="newer than this version of Baton knows"):
        schema.check(database)


def test_an_upgrade_says_whom_the_schema_still_serves(both: tuple[MetaData, Database]) -> None:
    _, database = both
    with database.reading() as session:
        said = (
            session.connection()
            .execute(text("SELECT value FROM setting WHERE key = 'schema_serves'"))
            .scalar_one()
        )
    assert (said.split()[0], said.split()[-1]) == (schema.newest(), schema.OLDEST_SERVED)


def test_no_version_steps_back(both: tuple[MetaData, Database]) -> None:
    """`db upgrade` of an older Baton leaves a newer schema alone, also one that serves it."""
    _, database = both
    later(database, serves=f"9999 {schema.newest()}")
    with pytest.raises(StorageError, match="Install the newer Baton"):
        schema.upgrade(database)


def later(database: Database, serves: str) -> None:
    """The schema is one that this code does not know."""
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(
            text("UPDATE setting SET value = :value WHERE key = 'schema_serves'"), {"value": serves}
        )
