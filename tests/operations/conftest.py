"""A running `baton serve` of the tests, and a PostgreSQL of our own that may be broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground import Slack
from tests import postgres
from tests.operations.cluster import Cluster, cluster_in
from tests.program import Program, program_in
from tests.shop import Shop


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


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, program: Program) -> str:
    """A database without a table, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{program.folder}/baton.db"
    return str(request.getfixturevalue("empty_postgres"))


@pytest.fixture
def shop(program: Program, slack: Slack) -> Shop:
    """A Baton on SQLite, not started."""
    made = Shop(slack, program, "sqlite:///baton.db")
    made.write()
    return made


@pytest.fixture
def either_shop(empty_url: str, program: Program, slack: Slack) -> Shop:
    """A Baton, not started, once on an empty database of each engine."""
    made = Shop(slack, program, empty_url)
    made.write()
    return made


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server that may be restarted; nobody else uses it."""
    with cluster_in(tmp_path_factory.mktemp("cluster")) as made:
        yield made
