"""A running `baton serve` with the playground as its Slack, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground import Slack
from tests import postgres
from tests.program import Program, program_in
from tests.shop import Shop
from tests.world import workspace


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """`python -m bot` in a folder of its own."""
    with program_in(tmp_path / "program") as made:
        yield made


@pytest.fixture
def empty_postgres() -> Iterator[str]:
    """A PostgreSQL database with nothing in it."""
    postgres.needed()
    name = postgres.fresh(empty=True)
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture
def shop(program: Program, slack: Slack) -> Shop:
    """A Baton on SQLite, not started."""
    made = Shop(slack, program, "sqlite:///baton.db")
    made.write()
    return made


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgres"])
def either_shop(request: pytest.FixtureRequest, program: Program, slack: Slack) -> Shop:
    """A Baton, not started, once on an empty database of each engine."""
    postgres_wanted = request.param == "postgres"
    url = request.getfixturevalue("empty_postgres") if postgres_wanted else "sqlite:///baton.db"
    made = Shop(slack, program, url)
    made.write()
    return made


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def open_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A Baton that serves for all tests of a file, once on each engine; each test brings its own leads."""
    name = None
    url = "sqlite:///baton.db"
    if request.param == "postgres":
        postgres.needed()
        name = postgres.fresh(empty=True)
        url = postgres.url_of(name)
    with workspace() as slack, program_in(tmp_path_factory.mktemp("shop") / "program") as program:
        made = Shop(slack, program, url)
        made.write()
        made.begin()
        yield made
        assert slack.complaints == []
    if name is not None:
        postgres.drop(name)
