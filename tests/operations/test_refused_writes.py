"""A database that cannot take it: locked, full, read-only. Never a 4xx, nothing lost, and all well afterwards."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from storage import standing
from storage.engine import BUSY, Database
from tests import postgres
from tests.world import ADA, World, signed

pytestmark = pytest.mark.slow  # each waits until the database has had enough

MORE = "webinar"


def path_of(world: World) -> Path:
    return Path(str(world.baton.desk.database.url.database))


def ready(world: World) -> tuple[int, list[str]]:
    answer = world.http.get("/readyz")
    return answer.status_code, answer.json()["problems"]


def refused(world: World, answer: httpx.Response) -> None:
    """The sender is told to come again, and nothing was kept."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Send it again" in answer.json()["problem"]


def events(world: World) -> int:
    with world.baton.desk.database.reading() as session:
        return int(session.connection().execute(text("SELECT count(*) FROM activity")).scalar_one())


def pragma(world: World, said: str) -> Any:
    """Told to the connection that writes, outside any transaction."""
    writer = world.baton.desk.database.engine.raw_connection().driver_connection
    assert writer is not None
    return (writer.execute(f"PRAGMA {said}").fetchone() or [None])[0]


def person(number: int, **more: Any) -> dict[str, Any]:
    return {**ADA, "email": f"lead{number}@engines{number}.example", **more}


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Somebody else writes, and takes their time."""
    with closing(sqlite3.connect(path_of(world), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_while_the_file_is_locked_a_sender_gets_503_and_the_second_try_is_kept(world: World) -> None:
    event = world.event("demo_request")
    with locked(world):
        refused(world, world.post({"events": [event]}))
    assert events(world) == 0
    assert world.send(event) == {"received": 1, "duplicates": 0}
    assert len(world.slack.messages("C0EMEA")) == 1


def test_while_the_file_is_locked_a_press_is_not_acknowledged_and_the_person_is_told(world: World) -> None:
    world.send(world.event("demo_request"))
    with locked(world):
        began = time.monotonic()
        answer = world.slack.press("U0BOB", "accept")
        assert time.monotonic() - began < BUSY + 3, "it gives up after BUSY, of the 3 s that Slack waits"
        assert answer.status == 500
    assert world.whispered("U0BOB")[-1] == "Not saved: Baton could not write it down. Press again."
    world.press("U0BOB", "accept")
    assert "Accepted by" in world.card().text


@contextmanager
def full(world: World) -> Iterator[None]:
    """No page more fits into the file."""
    pragma(world, f"max_page_count = {pragma(world, 'page_count')}")
    yield
    pragma(world, "max_page_count = 1073741823")


def test_while_the_disk_is_full_senders_get_503_and_readyz_says_no(world: World) -> None:
    with full(world):
        sent = []
        for number in range(200):  # until what was left on the last pages is used up
            event = world.event("demo_request", person(number, message="x" * 2000))
            answer = world.post({"events": [event]})
            if answer.status_code != 202:
                break
            sent.append(event)
        refused(world, answer)
        kept = events(world)
        assert kept == len(sent), "what was answered 202 is there, what was refused is not"
        status, problems = ready(world)
        assert status == 503
        assert "takes no writes (database or disk is full)" in problems[0]
        assert world.http.get("/healthz").status_code == 200
    assert ready(world) == (200, []), "it recovers by itself, without traffic"
    assert world.send(event) == {"received": 1, "duplicates": 0}
    assert events(world) == kept + 1
    assert len(world.slack.messages("C0EMEA")) == kept + 1


@pytest.fixture
def postgres_world(request: pytest.FixtureRequest, worlds: Any) -> Any:
    """A Baton on PostgreSQL, and the name of its database."""
    url = request.getfixturevalue("postgres_url")
    return worlds(url), url.rpartition("/")[2]


def test_while_postgresql_is_read_only_senders_get_503_and_readyz_says_no(postgres_world: Any) -> None:
    """As after a fail-over to a replica, or when an administrator stops writes on a disk that fills up."""
    world, name = postgres_world
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    event = world.event("demo_request")
    world.slack.wait_for(lambda: ready(world)[0] == 200)
    refused(world, world.post({"events": [event]}))
    status, problems = ready(world)
    assert status == 503
    assert "takes no writes (cannot execute" in problems[0]
    assert "read-only transaction" in problems[0]

    postgres.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    world.slack.wait_for(lambda: ready(world) == (200, []))  # a server ends connections in its own time
    assert world.send(event) == {"received": 1, "duplicates": 0}


def test_while_a_table_of_postgresql_is_locked_senders_get_503_and_the_second_try_is_kept(
    postgres_world: Any,
) -> None:
    """As while somebody runs VACUUM FULL."""
    world, _ = postgres_world
    event = world.event("demo_request")
    engine = create_engine(world.baton.desk.database.url)
    with engine.begin() as other:
        other.execute(text("LOCK TABLE activity IN EXCLUSIVE MODE"))
        refused(world, world.http.post("/intake/events", **signed_request(event), timeout=15))
    engine.dispose()
    assert world.send(event) == {"received": 1, "duplicates": 0}


def test_while_a_table_of_postgresql_is_locked_a_press_is_answered_in_time_and_the_person_is_told(
    postgres_world: Any,
) -> None:
    world, _ = postgres_world
    world.send(world.event("demo_request"))
    engine = create_engine(world.baton.desk.database.url)
    with engine.begin() as other:
        other.execute(text("LOCK TABLE handoff IN EXCLUSIVE MODE"))
        began = time.monotonic()
        answer = world.slack.press("U0BOB", "accept")
        assert time.monotonic() - began < BUSY + 2.5, "it gives up after BUSY, of the 3 s that Slack waits"
        assert answer.status == 500
    engine.dispose()
    assert world.whispered("U0BOB")[-1] == "Not saved: Baton could not write it down. Press again."
    world.press("U0BOB", "accept")
    assert "Accepted by" in world.card().text


def signed_request(event: dict[str, Any]) -> dict[str, Any]:
    raw = json.dumps({"events": [event]}).encode()
    return {"content": raw, "headers": signed(raw)}


def test_a_file_that_became_read_only_is_refused_and_recovers(world: World) -> None:
    """`query_only` is what a read-only mount does to the writer: SQLITE_READONLY."""
    event = world.event("demo_request")
    pragma(world, "query_only = ON")
    refused(world, world.post({"events": [event]}))
    status, problems = ready(world)
    assert (status, "readonly" in problems[0]) == (503, True)
    pragma(world, "query_only = OFF")
    assert ready(world) == (200, [])
    assert world.send(event)["received"] == 1


def test_a_trial_write_leaves_nothing_behind(database_url: str) -> None:
    database = Database(database_url, "serve")
    standing.trial_write(database)
    with database.reading() as session:
        assert session.connection().execute(text("SELECT count(*) FROM setting")).scalar_one() == 0
    database.close()


def test_an_error_of_the_database_is_logged_without_what_was_written(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    pragma(world, "query_only = ON")
    refused(world, world.post({"events": [world.event("demo_request", person(1, company="Canary Ltd"))]}))
    told = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "attempt to write a readonly database" in told
    assert "Canary" not in told
    assert "lead1@" not in told
    pragma(world, "query_only = OFF")


def test_an_error_of_the_database_quotes_no_value(database_url: str) -> None:
    database = Database(database_url, "serve")
    for session_of in (database.writing, database.reading):
        with pytest.raises(DBAPIError) as failed, session_of() as session:
            session.connection().execute(text("INSERT INTO no_such_table VALUES (:name)"), {"name": "Canary"})
        assert "Canary" not in str(failed.value)
    database.close()
