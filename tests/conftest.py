"""Fixtures: both databases, a strict Slack that speaks HTTP, and a Baton between them. No mocks."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

from bot.desk.desk import open_database
from bot.playground import Slack
from tests import compiled, postgres, reused_postgres
from tests.browser import open_browser
from tests.program import Program, program_in
from tests.shop import Shop
from tests.world import World, raise_world, raze, workspace

settings.register_profile("baton", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("baton")
compiled.share()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    open_database(f"sqlite:///{path}", "write").close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "baton.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url() -> str:
    """A PostgreSQL database without a row: one for all tests of a process, emptied before each."""
    postgres.needed()
    return reused_postgres.emptied()


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A PostgreSQL database without a table."""
    postgres.needed()
    name = postgres.fresh(empty=True)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database, once of each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests of a file."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def slack() -> Iterator[Slack]:
    """The strict Slack."""
    with workspace() as running:
        yield running


@pytest.fixture
def worlds(slack: Slack) -> Iterator[Callable[..., World]]:
    """Raises worlds around one Slack, each on the database it is given."""
    raised: list[World] = []

    def raise_one(url: str, **options: Any) -> World:
        raised.append(raise_world(slack, url, **options))
        return raised[-1]

    yield raise_one
    for world in raised:
        raze(world)


@pytest.fixture
def world(worlds: Callable[..., World], sqlite_url: str) -> World:
    """A Baton on SQLite."""
    return worlds(sqlite_url)


@pytest.fixture
def either_world(worlds: Callable[..., World], database_url: str) -> World:
    """A Baton, once on SQLite and once on PostgreSQL."""
    return worlds(database_url)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """`python -m bot` in a folder of its own."""
    with program_in(tmp_path / "program") as made:
        yield made


@pytest.fixture
def shop(program: Program, slack: Slack) -> Shop:
    """A Baton on SQLite, not started."""
    made = Shop(slack, program, "sqlite:///baton.db")
    made.write()
    return made
