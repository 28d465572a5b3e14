"""PostgreSQL goes down in the middle of commits and comes back: nothing is lost, nothing is twice."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import create_engine, text

from bot.playground import Slack
from storage.engine import Database
from tests import postgres
from tests.operations.cluster import Cluster
from tests.operations.pressing import (
    Told,
    all_at_once,
    event,
    fresh_event,
    press_until_taken,
    send,
    send_until_taken,
)
from tests.program import Program, is_ready
from tests.shop import Shop

HANDOFFS = 6
SENDERS = 4
RESTARTS = 3


@pytest.mark.slow
def test_a_restart_in_mid_commit_loses_and_doubles_nothing(
    program: Program, slack: Slack, cluster: Cluster
) -> None:
    shop = Shop(slack, program, cluster.url)
    shop.write()
    running = shop.begin()
    now = datetime.now(UTC).isoformat()
    assert send(shop.base, *(fresh_event(f"mql{n}", now) for n in range(HANDOFFS))).status_code == 202

    told, pressed = Told(), Told()
    over: list[bool] = []

    def stream(number: int) -> int:
        sent = 0
        while not over:
            send_until_taken(shop.base, told, event(f"s{number}-{sent}"))
            sent += 1
        return sent

    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(stream, number) for number in range(SENDERS)]
        time.sleep(0.5)
        presses = []
        for round_ in range(RESTARTS):
            mine = range(1 + round_, HANDOFFS + 1, RESTARTS)
            presses += all_at_once(*(partial(press_until_taken, slack, shop.base, pressed, n) for n in mine))
            cluster.restart()
            assert send(shop.base, event(f"first{round_}")).status_code == 202, "the first one after it"
            time.sleep(1)
        over.append(True)
        sent = sum(each.result() for each in senders)
        for press in presses:
            press.join()

    assert (told.given_up, pressed.given_up) == ([], [])
    assert set(told.statuses) <= {202, 503}
    assert 503 in told.statuses, "nothing was going on while it restarted"
    assert told.without_retry_after == 0
    assert set(pressed.statuses) <= {200, 500}
    assert is_ready(shop.base)
    slack.wait_for(lambda: len(slack.messages("C0EMEA")) == HANDOFFS, timeout=60)
    slack.wait_for(lambda: counted(cluster.url)["in flight"] == 0, timeout=45)  # a lease may have to run out
    assert running.stop() == 0
    assert counted(cluster.url) == {
        "activities": sent + HANDOFFS + RESTARTS,
        "leads": sent + HANDOFFS + RESTARTS,
        "owned by Bob": HANDOFFS,
        "accepts": HANDOFFS,
        "in flight": 0,
    }
    assert len(slack.messages("C0EMEA")) == HANDOFFS


def counted(url: str) -> dict[str, int]:
    """What the database holds in the end."""
    engine = create_engine(url)
    questions = {
        "activities": "SELECT count(*) FROM activity",
        "leads": "SELECT count(*) FROM lead",
        "owned by Bob": "SELECT count(*) FROM handoff WHERE owner = 'U0BOB'",
        "accepts": "SELECT count(*) FROM transition WHERE action = 'accept'",
        "in flight": "SELECT count(*) FROM outbox WHERE state IN ('new', 'sending', 'unknown')",
    }
    with engine.connect() as connection:
        found = {name: int(connection.execute(text(sql)).scalar_one()) for name, sql in questions.items()}
    engine.dispose()
    return found


@pytest.fixture
def pooled() -> Iterator[tuple[Database, str]]:
    """A database whose pools are full of connections that answered a moment ago, and its name."""
    postgres.needed()
    name = postgres.fresh()
    database = Database(postgres.url_of(name), "serve")
    yield database, name
    database.close()
    postgres.drop(name)


def asked_at_once(database: Database, times: int) -> Counter[int]:
    def ask(_number: int) -> int:
        with database.reading() as reading, database.writing() as writing:
            writing.connection().execute(text("SELECT pg_sleep(0.05)"))
            return int(reading.connection().execute(text("SELECT 1")).scalar_one())

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(ask, range(times)))


def test_connections_that_a_restart_cut_cost_nobody_a_request(pooled: tuple[Database, str]) -> None:
    database, name = pooled
    assert asked_at_once(database, 8) == {1: 8}
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    time.sleep(0.1)  # less than the second in which a connection is trusted
    assert asked_at_once(database, 8) == {1: 8}
