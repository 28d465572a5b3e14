"""Who may open the database, what a bad URL reads, and that a failed transaction keeps nothing."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from bot.desk.desk import open_database
from storage import contracts
from storage.engine import Database, StorageError
from storage.tables import SettingRow, TeamRow

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)


def refused(url: str, purpose: str) -> str:
    with pytest.raises(StorageError) as why:
        Database(url, purpose).close()  # type: ignore[arg-type]
    return str(why.value)


def names(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(col(SettingRow.key))))


def test_a_second_serve_on_one_sqlite_file_is_refused(sqlite_url: str) -> None:
    first = Database(sqlite_url, "serve")

    assert "Another baton serve uses" in refused(sqlite_url, "serve")
    assert "Stop it first, or put several replicas on PostgreSQL" in refused(sqlite_url, "serve")

    first.close()
    Database(sqlite_url, "serve").close()


def test_a_writing_command_beside_serve_is_told_to_stop_serve(sqlite_url: str) -> None:
    serving = Database(sqlite_url, "serve")

    assert "Stop serve first" in refused(sqlite_url, "write")
    serving.close()


def test_another_process_is_refused_too(sqlite_url: str) -> None:
    serving = Database(sqlite_url, "serve")
    program = f"from storage.engine import Database; Database({sqlite_url!r}, 'serve')"

    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert "Another baton serve uses" in other.stderr
    serving.close()


def test_a_reading_command_works_beside_serve_and_sees_what_was_committed(sqlite_url: str) -> None:
    serving, reading = Database(sqlite_url, "serve"), Database(sqlite_url, "read")
    with serving.writing() as session:
        contracts.remember(session, "a", "1")
        assert names(reading) == set(), "not committed yet"

    assert names(reading) == {"a"}
    reading.close()
    serving.close()


def test_a_reader_writes_nothing(database_url: str) -> None:
    reading = Database(database_url, "read")
    with reading.reading() as session, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        contracts.remember(session, "a", "1")
    assert names(reading) == set()
    reading.close()


def test_questions_beside_a_decision_cannot_write_even_in_serve(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), database.reading() as session:
        contracts.remember(session, "a", "1")


def test_a_reader_of_a_missing_file_is_told_what_to_run(tmp_path: Path) -> None:
    assert "Run baton serve or baton import first" in refused(f"sqlite:///{tmp_path}/none.db", "read")
    assert list(tmp_path.iterdir()) == [], "looking must not create a file"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    sentence = refused(f"sqlite:///{tmp_path}/none/baton.db", "serve")

    assert "none/baton.db cannot be opened" in sentence


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("baton.db", "is not a database URL"),
        ("", "is not a database URL"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("mysql://root@localhost/baton", "names mysql"),
        ("postgresql+asyncpg://localhost/baton", "names postgresql+asyncpg"),
    ],
)
def test_a_database_url_baton_cannot_use_is_explained(url: str, says: str) -> None:
    sentence = refused(url, "serve")

    assert says in sentence
    assert "sqlite:///" in sentence


@pytest.mark.parametrize("folder", ["with space", "100% ours", "a#b", "a&b=c", "ä ö"])
def test_a_sqlite_file_may_lie_in_any_folder(tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder
    place.mkdir()

    database = open_database(f"sqlite:///{place}/baton.db", "serve")
    with database.writing() as session:
        contracts.remember(session, "a", "1")

    assert names(database) == {"a"}
    assert (place / "baton.db").exists()
    database.close()


def cut_short(database: Database, cut: Callable[[Session], object]) -> None:
    """A transaction that writes, and then fails."""
    with database.writing() as session:
        contracts.remember(session, "a", "1")
        cut(session)


def power_cut(_session: Session) -> None:
    raise RuntimeError("power cut")


def test_an_exception_keeps_nothing_and_the_next_transaction_works(database: Database) -> None:
    with pytest.raises(RuntimeError, match="power"):
        cut_short(database, power_cut)

    assert names(database) == set()
    with database.writing() as session:
        contracts.remember(session, "b", "1")
    assert names(database) == {"b"}


def test_a_statement_that_fails_takes_the_whole_transaction_with_it(database: Database) -> None:
    with pytest.raises(DBAPIError):
        cut_short(database, lambda session: session.execute(text("INSERT INTO no_such_table VALUES (1)")))

    assert names(database) == set()


def test_times_come_back_as_the_same_moment_in_utc(database: Database) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with database.writing() as session:
        contracts.add_team(session, "one", live=True, at=NOON)
        contracts.add_team(session, "two", live=True, at=elsewhere)

    with database.reading() as session:
        kept = session.scalars(select(col(TeamRow.created_at))).all()

    assert kept == [NOON, NOON]
    assert [each.utcoffset() for each in kept] == [timedelta(0)] * 2


def test_what_was_committed_is_on_the_disk_and_survives_another_program(sqlite_url: str) -> None:
    database = Database(sqlite_url, "serve")
    with database.writing() as session:
        contracts.remember(session, "a", "1")

    path = sqlite_url.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as other:
        assert other.execute("SELECT value FROM setting").fetchall() == [("1",)]
    other.close()
    with database.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    database.close()


def test_a_writer_that_waits_longer_than_its_patience_keeps_nothing_and_is_told(sqlite_url: str) -> None:
    database = open_database(sqlite_url, "write")
    try:
        with (
            database.writing(),
            pytest.raises(StorageError, match="busy, and nothing was kept"),
            database.writing(patience=0.05),
        ):
            pass
    finally:
        database.close()


def test_closing_waits_for_whoever_still_writes(sqlite_url: str) -> None:
    """SQLite ends the process when its connection is closed under a statement."""
    database = open_database(sqlite_url, "serve")
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing() as session:
            contracts.remember(session, "a", "1")
            inside.set()
            go_on.wait(10)
            contracts.remember(session, "b", "2")

    writer = threading.Thread(target=write)
    closer = threading.Thread(target=database.close)
    writer.start()
    inside.wait(10)
    closer.start()
    closer.join(0.2)
    waited = closer.is_alive()
    go_on.set()
    writer.join(10)
    closer.join(10)

    assert waited
    again = open_database(sqlite_url, "serve")
    assert names(again) == {"a", "b"}
    again.close()
    again.close()
