"""Real time on PostgreSQL is the database's, whatever the machine's own clock says."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock, SharedClock
from bot.desk import delivery
from bot.desk.desk import open_database

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_time_goes_on_from_the_databases_last_answer() -> None:
    asked: list[int] = []

    def ask() -> datetime:
        asked.append(1)
        return NINE

    clock = SharedClock(ask)
    times = [clock.real() for _ in range(1_000)]

    assert len(asked) == 1
    assert times == sorted(times)
    assert NINE <= times[0] <= times[-1] < NINE + timedelta(seconds=9)
    assert clock.business() == NINE
    assert clock.checked() == NINE
    assert len(asked) == 2


def test_a_database_that_is_away_is_not_the_end_of_time() -> None:
    answers = [NINE]

    def ask() -> datetime:
        return answers.pop()

    clock = SharedClock(ask)
    clock.real()
    with pytest.raises(IndexError):
        clock.checked()
    assert clock.real() >= NINE


def test_replicas_on_postgres_have_its_time_and_a_process_on_sqlite_its_own(
    postgres_url: str, sqlite_url: str
) -> None:
    own = Clock()
    file, server = open_database(sqlite_url, "write"), open_database(postgres_url, "write")
    assert delivery.clock_of(file, own) is own
    shared = delivery.clock_of(server, own)
    assert isinstance(shared, SharedClock)
    assert abs(shared.checked() - own.real()) < timedelta(minutes=1)
    file.close()
    server.close()
