"""A running `baton serve` of the tests, and a PostgreSQL of our own that may be broken."""

from collections.abc import Iterator

import pytest

from bot.playground import Slack
from tests import postgres
from tests.operations.cluster import Cluster, cluster_in
from tests.program import Program
from tests.shop import Shop


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database of its own: tests of this folder change its settings and end its connections."""
    postgres.needed()
    name = postgres.fresh()
    yield postgres.url_of(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, program: Program) -> str:
    """A database without a table, once of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{program.folder}/baton.db"
    return str(request.getfixturevalue("empty_postgres_url"))


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
