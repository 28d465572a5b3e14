"""The schema: created once, never on somebody else's tables, refused when it does not fit the code."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from bot.desk.desk import open_database
from storage import schema
from storage.engine import Database, StorageError

ROOT = Path(__file__).parents[2]


def stamped(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def why(call: object, database: Database) -> str:
    with pytest.raises(StorageError) as refused:
        call(database)  # type: ignore[operator]
    return str(refused.value)


def test_the_migrations_make_exactly_the_tables_the_code_describes(database: Database) -> None:
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)

    assert found == []


def test_an_empty_database_is_created_and_a_second_start_changes_nothing(empty_url: str) -> None:
    for _ in range(2):
        database = open_database(empty_url, "serve")
        schema.check(database)
        tables = set(inspect(database.engine).get_table_names())
        database.close()

    assert tables == set(SQLModel.metadata.tables) | {"alembic_version"}


def test_a_reader_of_an_empty_database_is_told_what_to_run(empty_url: str) -> None:
    Database(empty_url, "write").close()
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).touch()

    with pytest.raises(StorageError, match="Run baton serve or baton db upgrade to create it"):
        open_database(empty_url, "read")


@pytest.mark.parametrize("call", [schema.create, schema.upgrade])
def test_tables_of_another_program_are_left_alone(empty_url: str, call: object) -> None:
    database = Database(empty_url, "write")
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE payroll (name VARCHAR(10))"))

    assert "tables that are not Baton's" in why(call, database)
    assert inspect(database.engine).get_table_names() == ["payroll"]
    database.close()


@pytest.mark.parametrize("call", [schema.check, schema.create, schema.upgrade])
def test_a_newer_schema_is_refused(database: Database, call: object) -> None:
    stamped(database, "9999")

    assert "9999 is newer than this version of Baton knows. Install the newer Baton." in why(call, database)


def test_an_older_schema_is_refused_with_what_to_run() -> None:
    sentence = schema.trouble_with("0001", known=True, newest="0002")

    assert sentence is not None
    assert "0001 is older than this version of Baton needs (0002)" in sentence
    assert "run baton db upgrade" in sentence
    assert schema.trouble_with("0002", known=True, newest="0002") is None
    assert "newer" in (schema.trouble_with("0003", known=False, newest="0002") or "")


def test_upgrade_creates_an_empty_database_and_is_harmless_on_a_current_one(empty_url: str) -> None:
    database = Database(empty_url, "write")

    assert schema.upgrade(database) == (None, schema.newest())
    assert schema.upgrade(database) == (schema.newest(), schema.newest())
    schema.check(database)
    database.close()


def test_two_replicas_that_start_at_once_create_the_schema_once(empty_postgres_url: str) -> None:
    program = (
        f"from bot.desk.desk import open_database; open_database({empty_postgres_url!r}, 'serve').close()"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    said = [start.communicate(timeout=60)[1] for start in starts]

    assert [start.returncode for start in starts] == [0, 0], said
    database = open_database(empty_postgres_url, "read")
    schema.check(database)
    database.close()
