"""Requests that come at the same moment share a transaction, and each gets the answer it would get alone."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError

from bot.desk import reception
from bot.desk.reception import Reception, Taken
from bot.intake.native import arrivals_of
from scoring.arrival import Arrival
from tests.bot.desk.shift import Shift
from tests.world import ADA


def person(name: str) -> dict[str, Any]:
    return {**ADA, "email": f"{name}@{name}.example"}


def request(shift: Shift, *events: Mapping[str, Any]) -> list[Arrival]:
    return arrivals_of(json.dumps({"events": list(events)}).encode(), shift.now)


def at_once(desk: Reception, shift: Shift, requests: Sequence[Sequence[Arrival]]) -> list[Taken | Exception]:
    """All of *requests* while the desk is held up, so that they wait together."""
    ready = threading.Barrier(len(requests) + 1)

    def come(arrivals: Sequence[Arrival]) -> Taken | Exception:
        ready.wait()
        try:
            return desk.receive(arrivals)
        except Exception as trouble:  # noqa: BLE001  # what a sender would be told
            return trouble

    with ThreadPoolExecutor(len(requests)) as pool:
        with shift.desk.database.writing():
            waiting = [pool.submit(come, arrivals) for arrivals in requests]
            ready.wait()
            assert_waiting(desk, len(requests))
        return [each.result(timeout=60) for each in waiting]


def assert_waiting(desk: Reception, many: int) -> None:
    for _ in range(2_000):
        if desk.waiting == many:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{desk.waiting} of {many} requests wait")


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests each transaction took."""
    seen: list[int] = []
    real = reception.receive_together

    def counting(desk: Any, requests: Sequence[Any]) -> Any:
        seen.append(len(requests))
        return real(desk, requests)

    monkeypatch.setattr(reception, "receive_together", counting)
    return seen


def test_requests_that_wait_are_taken_in_together_and_each_is_counted(
    shift: Shift, groups: list[int]
) -> None:
    requests = [request(shift, shift.event("demo_request", person(f"p{n}"))) for n in range(8)]
    again = request(shift, shift.event("ebook", person("p0"), id="evt-1"), shift.event("ebook", person("q")))

    answers = at_once(Reception(shift.desk), shift, requests)
    repeated = Reception(shift.desk).receive(again)

    assert [(each.received, each.duplicates) for each in answers if isinstance(each, Taken)] == [(1, 0)] * 8
    assert sum(each.all.handoffs for each in answers if isinstance(each, Taken) and each.all) == 8
    assert len(shift.rows()) == 8
    assert max(groups) > 1
    assert sum(groups) == 9
    assert (repeated.received, repeated.duplicates) == (2, 1)


def test_two_requests_about_one_person_are_not_taken_together(shift: Shift, groups: list[int]) -> None:
    requests = [request(shift, shift.event("demo_request", person("one"))) for _ in range(4)]

    answers = at_once(Reception(shift.desk), shift, requests)

    assert all(isinstance(each, Taken) for each in answers)
    assert groups == [1, 1, 1, 1]
    assert len(shift.rows()) == 1
    assert len(shift.letters("note")) == 3, (
        "the second, third and fourth request are notes in the card's thread"
    )


def test_the_same_event_in_two_requests_counts_once(either_shift: Shift) -> None:
    one = either_shift.event("ebook", person("one"))
    requests = [request(either_shift, one) for _ in range(6)]

    answers = at_once(Reception(either_shift.desk), either_shift, requests)

    assert sorted(each.duplicates for each in answers if isinstance(each, Taken)) == [0, 1, 1, 1, 1, 1]


def failing(
    shift: Shift, monkeypatch: pytest.MonkeyPatch, when: Callable[[Sequence[Any]], Exception | None]
) -> None:
    real = reception.receive_together

    def refusing(desk: Any, requests: Sequence[Any]) -> Any:
        trouble = when(requests)
        if trouble is not None:
            with desk.database.writing():  # it waits for its turn, as any other
                raise trouble
        return real(desk, requests)

    monkeypatch.setattr(reception, "receive_together", refusing)


def test_a_request_the_database_refuses_takes_no_other_down(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = request(shift, shift.event("ebook", person("bad")))

    def refused(requests: Sequence[Any]) -> Exception | None:
        return DataError("a value", {}, ValueError("out of range")) if bad in requests else None

    failing(shift, monkeypatch, refused)
    good = [request(shift, shift.event("demo_request", person(f"p{n}"))) for n in range(5)]

    answers = at_once(Reception(shift.desk), shift, [*good, bad])

    assert [isinstance(each, Taken) for each in answers] == [True] * 5 + [False]
    assert isinstance(answers[-1], DataError)
    assert len(shift.rows()) == 5


def test_when_the_database_is_away_everybody_is_told_and_the_next_request_is_tried(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = [True]

    def away(_requests: Sequence[Any]) -> Exception | None:
        return OperationalError("BEGIN", {}, ConnectionError("gone")) if down[0] else None

    failing(shift, monkeypatch, away)
    desk = Reception(shift.desk)
    asked = [request(shift, shift.event("ebook", person(f"p{n}"))) for n in range(6)]

    answers = at_once(desk, shift, asked)
    down[0] = False

    assert [type(each) for each in answers] == [OperationalError] * 6
    assert desk.receive(asked[0]).received == 1
