"""Requests that come at the same moment share a transaction, and each gets the answer it would get alone."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DataError, OperationalError

from bot.desk import remind
from bot.desk.desk import Desk
from bot.desk.receive import Together, receive_together
from bot.desk.reception import Reception, TakeIn, Taken
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


class Counted:
    """Takes in as the desk does, and notes how many requests each transaction took."""

    def __init__(self) -> None:
        self.groups: list[int] = []

    def __call__(self, desk: Desk, requests: Sequence[Sequence[Arrival]]) -> Together:
        self.groups.append(len(requests))
        return receive_together(desk, requests)


def test_requests_that_wait_are_taken_in_together_and_each_is_counted(shift: Shift) -> None:
    counted = Counted()
    requests = [request(shift, shift.event("demo_request", person(f"p{n}"))) for n in range(8)]
    again = request(shift, shift.event("ebook", person("p0"), id="evt-1"), shift.event("ebook", person("q")))

    answers = at_once(Reception(shift.desk, counted), shift, requests)
    repeated = Reception(shift.desk).receive(again)

    assert [(each.received, each.duplicates) for each in answers if isinstance(each, Taken)] == [(1, 0)] * 8
    assert sum(each.all.handoffs for each in answers if isinstance(each, Taken) and each.all) == 8
    assert len(shift.rows()) == 8
    assert max(counted.groups) > 1
    assert sum(counted.groups) == 8
    assert (repeated.received, repeated.duplicates) == (2, 1)


def test_two_requests_about_one_person_are_not_taken_together(shift: Shift) -> None:
    counted = Counted()
    requests = [request(shift, shift.event("demo_request", person("one"))) for _ in range(4)]

    answers = at_once(Reception(shift.desk, counted), shift, requests)

    assert all(isinstance(each, Taken) for each in answers)
    assert counted.groups == [1, 1, 1, 1]
    assert len(shift.rows()) == 1
    assert len(shift.letters("note")) == 1, "the second request is a note in the card's thread"
    shift.clock.advance(timedelta(hours=1))
    while remind.remind(shift.desk):
        pass
    told = [letter.body["events"] for letter in shift.letters("note") if letter.body["view"] == "activity"]
    assert [len(events) for events in told] == [1, 2], "the third and fourth wait until its hour is over"


def test_the_same_event_in_two_requests_counts_once(either_shift: Shift) -> None:
    one = either_shift.event("ebook", person("one"))
    requests = [request(either_shift, one) for _ in range(6)]

    answers = at_once(Reception(either_shift.desk), either_shift, requests)

    assert sorted(each.duplicates for each in answers if isinstance(each, Taken)) == [0, 1, 1, 1, 1, 1]


def failing(when: Callable[[Sequence[Any]], Exception | None]) -> TakeIn:
    """Takes in as the desk does, but for what *when* gives an exception for."""

    def refusing(desk: Desk, requests: Sequence[Sequence[Arrival]]) -> Together:
        trouble = when(requests)
        if trouble is not None:
            with desk.database.writing():  # it waits for its turn, as any other
                raise trouble
        return receive_together(desk, requests)

    return refusing


def test_a_request_the_database_refuses_takes_no_other_down(shift: Shift) -> None:
    bad = request(shift, shift.event("ebook", person("bad")))

    def refused(requests: Sequence[Any]) -> Exception | None:
        return DataError("a value", {}, ValueError("out of range")) if bad in requests else None

    good = [request(shift, shift.event("demo_request", person(f"p{n}"))) for n in range(5)]

    answers = at_once(Reception(shift.desk, failing(refused)), shift, [*good, bad])

    assert [isinstance(each, Taken) for each in answers] == [True] * 5 + [False]
    assert isinstance(answers[-1], DataError)
    assert len(shift.rows()) == 5


def test_when_the_database_is_away_everybody_is_told_and_the_next_request_is_tried(shift: Shift) -> None:
    down = [True]

    def away(_requests: Sequence[Any]) -> Exception | None:
        return OperationalError("BEGIN", {}, ConnectionError("gone")) if down[0] else None

    desk = Reception(shift.desk, failing(away))
    asked = [request(shift, shift.event("ebook", person(f"p{n}"))) for n in range(6)]

    answers = at_once(desk, shift, asked)
    down[0] = False

    assert [type(each) for each in answers] == [OperationalError] * 6
    assert desk.receive(asked[0]).received == 1
