"""`baton db upgrade`: the schema's age, and never a step into the unknown."""

import sqlite3
from contextlib import closing

from storage import schema
from tests.program import Program


def test_an_empty_folder_gets_a_database(program: Program) -> None:
    done = program.call("db", "upgrade")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"The schema is at {schema.newest()}; the database was empty."
    assert "baton.db" in program.files()


def test_a_second_run_changes_nothing_and_says_so(program: Program) -> None:
    program.call("db", "upgrade")
    done = program.call("db", "upgrade")
    assert (done.returncode, done.stdout.strip()) == (0, f"The schema is at {schema.newest()} already.")


def test_a_schema_of_a_newer_baton_is_refused_and_left_alone(program: Program) -> None:
    program.call("db", "upgrade")
    with closing(sqlite3.connect(program.folder / "baton.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = program.call("db", "upgrade")
    assert refused.returncode == 1
    assert "9999 is newer than this version of Baton knows. Install the newer Baton." in refused.stderr
    with closing(sqlite3.connect(program.folder / "baton.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_file_that_is_no_database_is_told_in_a_sentence(program: Program) -> None:
    (program.folder / "baton.db").write_bytes(b"Dear diary, " * 100)
    failed = program.call("db", "upgrade")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "database" in failed.stderr


def test_another_programs_tables_are_left_alone(program: Program) -> None:
    with closing(sqlite3.connect(program.folder / "baton.db")) as database, database:
        database.execute("CREATE TABLE lead (theirs TEXT)")
    refused = program.call("db", "upgrade")
    assert refused.returncode == 1
    assert "tables that are not Baton's" in refused.stderr


def test_an_unknown_engine_is_told(program: Program) -> None:
    failed = program.call("db", "upgrade", DATABASE_URL="oracle://x/y")
    assert failed.returncode == 1
    assert "Baton runs on sqlite:///… and postgresql+psycopg://…" in failed.stderr


def test_a_postgresql_that_is_away_is_told_without_its_password(program: Program) -> None:
    failed = program.call("db", "upgrade", DATABASE_URL="postgresql+psycopg://me:hush@127.0.0.1:9/x")
    assert failed.returncode == 1
    assert "Check DATABASE_URL" in failed.stderr
    assert "hush" not in failed.stderr
