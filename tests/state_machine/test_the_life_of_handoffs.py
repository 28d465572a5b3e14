"""Whatever is confirmed stands, whatever dies: random lives of hand-offs on both databases."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import postgres
from tests.state_machine.machine import Rounds
from tests.state_machine.place import Place, on_postgres, on_sqlite

UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SHORT = settings(
    derandomize=True, database=None, deadline=None, max_examples=8, stateful_step_count=30,
    suppress_health_check=UNHURRIED, phases=(Phase.generate,), report_multiple_bugs=False,
)  # fmt: skip
LONG = settings(
    SHORT,
    derandomize=False,
    max_examples=16,
    stateful_step_count=45,
    phases=(Phase.generate, Phase.shrink),
)


def rounds_at(place: Place) -> type[Rounds]:
    """The machine, at that place."""

    class RoundsThere(Rounds):
        def __init__(self) -> None:
            super().__init__(place)

    return RoundsThere


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A kind of database, with room for as many rounds as are wanted."""
    if request.param == "sqlite":
        folder = request.getfixturevalue("tmp_path_factory").mktemp("rounds")
        with on_sqlite(Path(request.getfixturevalue("sqlite_template")), folder).open() as opened:
            yield opened
        return
    postgres.needed()
    name = postgres.fresh()
    with on_postgres(name).open() as opened:
        yield opened
    postgres.drop(name)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
def test_nothing_is_lost_or_doubled_in_any_order_of_events_presses_deaths_and_trouble(place: Place) -> None:
    rounds = 8 if place.replicas == 1 else 5
    run_state_machine_as_test(rounds_at(place), settings=settings(SHORT, max_examples=rounds))


SEED = 20261122
"""Of the long rounds; BATON_ROUNDS_SEED takes another one, and `random` a new one each time."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)
def test_the_same_in_long_rounds(place: Place) -> None:
    asked = os.environ.get("BATON_ROUNDS_SEED", str(SEED))
    number = random.randrange(2**32) if asked == "random" else int(asked)
    print(f"BATON_ROUNDS_SEED={number} repeats these rounds")

    run_state_machine_as_test(seed(number)(rounds_at(place)), settings=LONG)
