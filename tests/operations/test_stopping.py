"""Told to stop, Baton answers what it accepted, finishes what it sends, says so to balancers, and ends in time."""

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import create_engine, text

from tests.operations.pressing import event, fresh_event, press, send
from tests.program import Program, Running
from tests.shop import Shop
from tests.world import workspace

pytestmark = pytest.mark.slow  # processes and servers of their own

LONG = {"BATON_DRAIN_SECONDS": "3"}


def readiness(shop: Shop) -> tuple[int, list[str]]:
    answer = httpx.get(f"{shop.base}/readyz", timeout=5, trust_env=False, verify=False)
    return answer.status_code, answer.json()["problems"]


def told_to_stop(running: Running) -> float:
    """When it was told."""
    running.process.send_signal(signal.SIGTERM)
    return time.monotonic()


def ended(running: Running, seconds: float) -> None:
    assert running.process.wait(seconds) == 0
    assert "Traceback" not in running.err


def asked(shop: Shop, sql: str) -> int:
    url = shop.database_url.replace("sqlite:///baton.db", f"sqlite:///{shop.program.folder}/baton.db")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = int(connection.execute(text(sql)).scalar_one())
    engine.dispose()
    return found


@contextmanager
def locked(shop: Shop) -> Iterator[None]:
    """Somebody else holds the file, and every write waits."""
    with closing(sqlite3.connect(shop.program.folder / "baton.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def now() -> str:
    return datetime.now(UTC).isoformat()


def test_readyz_says_no_at_once_and_what_still_comes_is_answered_and_kept(either_shop: Shop) -> None:
    running = either_shop.begin(**LONG)
    began = told_to_stop(running)
    time.sleep(0.2)
    assert readiness(either_shop) == (503, ["Baton was told to stop."])
    assert httpx.get(f"{either_shop.base}/healthz").status_code == 200
    late = send(either_shop.base, event("late"))
    assert (late.status_code, late.headers["connection"]) == (202, "close"), "the next one goes elsewhere"
    ended(running, 10)
    assert 2.5 < time.monotonic() - began < 8
    assert asked(either_shop, "SELECT count(*) FROM activity") == 1


def test_without_a_drain_the_door_closes_at_once_and_what_is_inside_is_answered(shop: Shop) -> None:
    running = shop.begin(BATON_DRAIN_SECONDS="0")
    assert send(shop.base, fresh_event("mql", now())).status_code == 202
    with ThreadPoolExecutor(2) as pool:
        with locked(shop):
            intake = pool.submit(send, shop.base, event("inside"))
            pressed = pool.submit(press, shop.slack, shop.base, 1)
            time.sleep(0.4)
            told_to_stop(running)
            time.sleep(0.4)
            with pytest.raises(httpx.ConnectError):
                readiness(shop)
        assert intake.result().status_code == 202
        assert pressed.result().status_code == 200
    ended(running, 10)
    assert asked(shop, "SELECT count(*) FROM activity") == 2
    assert asked(shop, "SELECT count(*) FROM transition WHERE action = 'accept'") == 1


def test_told_twice_it_does_not_wait_for_balancers(shop: Shop) -> None:
    running = shop.begin(BATON_DRAIN_SECONDS="60")
    told_to_stop(running)
    time.sleep(0.5)
    assert readiness(shop)[0] == 503
    told_to_stop(running)
    ended(running, 8)


def test_under_load_every_answer_is_true_and_no_letter_stays_half_sent(either_shop: Shop) -> None:
    shop = either_shop
    shop.slack.fail("chat.postMessage", "latency", times=None, seconds=1.5)
    running = shop.begin()
    at = now()
    assert send(shop.base, *(fresh_event(f"mql{n}", at) for n in range(4))).status_code == 202
    taken: list[str] = []
    pressed: list[int] = []
    others: list[int] = []
    over = threading.Event()

    def stream(number: int) -> None:
        for n in range(10_000):
            if over.is_set():
                return
            name = f"s{number}-{n}"
            try:
                status = send(shop.base, event(name)).status_code
            except httpx.HTTPError:
                continue
            (taken.append(name) if status == 202 else others.append(status))

    def clicks() -> None:
        for handoff in (1, 2, 3, 4):
            try:
                status = press(shop.slack, shop.base, handoff).status_code
            except httpx.HTTPError:
                return
            (pressed.append(handoff) if status == 200 else others.append(status))
            time.sleep(0.4)

    with ThreadPoolExecutor(4) as pool:
        for number in range(3):
            pool.submit(stream, number)
        pool.submit(clicks)
        time.sleep(1.0)
        told_to_stop(running)
        ended(running, 20)
        over.set()
    assert others == []
    assert len(taken) > 10
    assert asked(shop, "SELECT count(*) FROM activity") >= len(taken) + 4
    owned = asked(shop, "SELECT count(*) FROM handoff WHERE owner = 'U0BOB'")
    assert owned >= len(pressed) >= 1
    assert asked(shop, "SELECT count(*) FROM outbox WHERE state IN ('sending', 'unknown')") == 0
    posted = len(shop.slack.messages("C0EMEA"))
    assert posted >= 1
    assert asked(shop, "SELECT count(*) FROM outbox WHERE kind = 'card' AND ts IS NOT NULL") == posted


def test_a_slack_that_hangs_does_not_keep_it_from_ending(shop: Shop) -> None:
    running = shop.begin()
    assert send(shop.base, fresh_event("mql", now())).status_code == 202
    shop.slack.fail("*", "latency", times=None, seconds=30)
    with ThreadPoolExecutor(10) as pool:  # refusals, each whispered to a Slack that hangs
        statuses = list(pool.map(lambda _n: press(shop.slack, shop.base, 1, "U0EVE").status_code, range(40)))
    assert set(statuses) == {200}
    for _ in range(40):  # answers to questions, of which none arrives either
        shop.slack.command("U0ANN", "/mql", "help", "C0ALL")
    began = told_to_stop(running)
    assert running.process.wait(90) == 0
    assert time.monotonic() - began < 60
    shop.slack.heal()


def test_killed_while_it_stops_it_has_lost_nothing_that_was_answered(shop: Shop) -> None:
    shop.slack.fail("chat.postMessage", "latency", times=None, seconds=1.0)
    running = shop.begin(**LONG)
    at = now()
    assert send(shop.base, *(fresh_event(f"mql{n}", at) for n in range(3))).status_code == 202
    time.sleep(0.5)
    told_to_stop(running)
    assert send(shop.base, event("late")).status_code == 202
    assert press(shop.slack, shop.base, 2).status_code == 200
    running.process.kill()
    running.process.wait()
    shop.slack.heal()

    again = shop.begin()
    shop.slack.wait_for(lambda: asked(shop, "SELECT count(*) FROM card WHERE ts IS NULL") == 0, timeout=60)
    assert asked(shop, "SELECT count(*) FROM activity") == 4
    assert asked(shop, "SELECT count(*) FROM handoff WHERE owner = 'U0BOB'") == 1
    assert len(shop.slack.messages("C0EMEA")) == 3, "each card once"
    assert again.stop() == 0


def test_a_press_over_a_socket_that_is_at_hand_is_acknowledged_before_the_socket_closes(
    program: Program,
) -> None:
    with workspace(app_token="xapp-tests") as slack:
        shop = Shop(slack, program, "sqlite:///baton.db")
        shop.write()
        running = program.start(
            "serve", **shop.settings(SLACK_APP_TOKEN="xapp-tests", BATON_DRAIN_SECONDS="0")
        )
        running.wait_ready(shop.base)
        slack.wait_for(lambda: slack.sockets.open_now, timeout=15)
        lead = shop.send()
        card = shop.card_of(lead)
        with ThreadPoolExecutor(1) as pool:
            with locked(shop):
                pressed = pool.submit(shop.press, "U0BOB", "accept", card)
                time.sleep(0.4)
                told_to_stop(running)
                time.sleep(0.8)
            assert pressed.result().error is None
        ended(running, 15)
        assert asked(shop, "SELECT count(*) FROM transition WHERE action = 'accept'") == 1


def test_an_answer_to_a_question_that_was_acknowledged_still_comes(shop: Shop) -> None:
    running = shop.begin(BATON_DRAIN_SECONDS="0")
    assert running.process.poll() is None
    shop.slack.fail("response_url", "latency", seconds=1.0)
    before = len(shop.slack.whispers("U0ANN"))
    shop.slack.command("U0ANN", "/mql", "help", "C0ALL")
    told_to_stop(running)
    ended(running, 10)
    assert len(shop.slack.whispers("U0ANN")) == before + 1
