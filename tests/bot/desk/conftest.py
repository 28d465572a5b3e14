"""Fixtures: a desk at work, on SQLite, on PostgreSQL, or once on each."""

from collections.abc import Callable, Iterator

import pytest

from tests.bot.desk.shift import Shift, raise_shift


@pytest.fixture
def shifts() -> Iterator[Callable[..., Shift]]:
    """Starts desks, each on the database it is given, and closes them."""
    started: list[Shift] = []

    def start(url: str, **options: object) -> Shift:
        started.append(raise_shift(url, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for shift in started:
        shift.desk.database.close()


@pytest.fixture
def shift(shifts: Callable[..., Shift], sqlite_url: str) -> Shift:
    """A desk on SQLite."""
    return shifts(sqlite_url)


@pytest.fixture
def either_shift(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """A desk, once on SQLite and once on PostgreSQL."""
    return shifts(database_url)


@pytest.fixture
def postgres_shift(shifts: Callable[..., Shift], postgres_url: str) -> Shift:
    """A desk on PostgreSQL."""
    return shifts(postgres_url)
