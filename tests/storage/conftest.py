"""Fixtures: an open database of each engine, and an empty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, once of each engine."""
    opened = Database(database_url, "serve")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return str(request.getfixturevalue("empty_postgres_url"))
