"""A running `baton serve` with the playground as its Slack, on both databases."""

from collections.abc import Iterator

import pytest

from bot.playground import Slack
from tests import postgres
from tests.program import Program, program_in
from tests.shop import Shop
from tests.world import workspace


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.slow), "postgres"])
def either_shop(request: pytest.FixtureRequest, program: Program, slack: Slack) -> Shop:
    """A Baton, not started, once on an empty database of each engine."""
    postgres_wanted = request.param == "postgres"
    url = request.getfixturevalue("empty_postgres_url") if postgres_wanted else "sqlite:///baton.db"
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
