"""Fixtures: an open database of each engine, and an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Database
from tests import postgres, reused_postgres


@pytest.fixture
def postgres_url() -> str:
    """A PostgreSQL database without a row: one for all tests of this folder, emptied before each."""
    postgres.needed()
    return reused_postgres.emptied()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, once of each engine."""
    opened = Database(database_url, "serve")
    yield opened
    opened.close()


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without a table."""
    postgres.needed()
    name = postgres.fresh(empty=True)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return str(request.getfixturevalue("empty_postgres_url"))
