"""A replica that freezes in the middle of a transaction (its machine is paused) holds nobody up for long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.engine import IDLE, Database
from tests.world import World

pytestmark = pytest.mark.slow  # each waits until PostgreSQL has had enough


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """What another replica writes by."""
    opened = Database(postgres_url, "serve")
    yield opened
    opened.close()


@contextmanager
def frozen_after(database: Database, statement: str) -> Iterator[None]:
    """Somebody who wrote this and then froze; when they wake, their commit must fail."""
    committed = True
    try:
        with database.writing() as session:
            session.connection().execute(text(statement))
            yield
    except DBAPIError:
        committed = False
    assert not committed


def test_what_it_was_writing_is_not_kept_and_a_press_goes_through_once_the_server_ends_it(
    worlds: Callable[..., World], postgres_url: str, other: Database
) -> None:
    world = worlds(postgres_url)
    world.send(world.event("demo_request"))
    with frozen_after(other, "UPDATE handoff SET note = 'of the frozen one'"):
        assert world.slack.press("U0BOB", "accept").status == 500
        world.slack.wait_for(lambda: world.slack.press("U0BOB", "accept").status == 200, timeout=IDLE + 10)

    with world.baton.desk.database.reading() as session:
        kept = session.connection().execute(text("SELECT owner, note FROM handoff")).one()
    assert tuple(kept) == ("U0BOB", None)


def test_a_replica_that_starts_meanwhile_waits_for_its_turn(
    worlds: Callable[..., World], postgres_url: str, other: Database
) -> None:
    worlds(postgres_url)
    with frozen_after(other, "UPDATE deadline SET state = state"):
        second = worlds(postgres_url)

    assert second.http.get("/readyz").status_code == 200
