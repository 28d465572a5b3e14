"""Fixtures: a world in which one can wait."""

from collections.abc import Iterator

import pytest

from bot.playground import Slack
from tests.bot.patience import Patient, raise_patient
from tests.world import raze


@pytest.fixture
def patient(slack: Slack, sqlite_url: str) -> Iterator[Patient]:
    """On SQLite."""
    world = raise_patient(slack, sqlite_url)
    yield world
    raze(world)


@pytest.fixture
def either_patient(slack: Slack, database_url: str) -> Iterator[Patient]:
    """Once on SQLite and once on PostgreSQL."""
    world = raise_patient(slack, database_url)
    yield world
    raze(world)
