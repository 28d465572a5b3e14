"""Two processes press Accept on the same hand-offs at the same time: each has one owner, the other is told who."""

import json
import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.app import build
from bot.clock import Clock
from bot.desk import answer
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.receive import receive
from bot.intake import native
from scoring.stages import Refused
from tests.harness import plan
from tests.harness.database import Books
from tests.harness.nursery import end_with_parent
from tests.world import settings_for

ROUND = 500
"""Hand-offs made at a time, raced for one after the other."""
LANE = 0
TOGETHER_SECONDS, ROUND_SECONDS = 30.0, 300.0
NO_SLACK = "http://127.0.0.1:9/api/"


def run(url: str, count: int, seed: int, seconds: float, say: Callable[[str], None]) -> dict[str, object]:
    """*count* races, or as many as *seconds* allow; what came of them."""
    spawn = multiprocessing.get_context("spawn")
    reps = plan.pool_of(LANE)[:2]
    barrier, told = spawn.Barrier(2), spawn.Queue()
    orders = [spawn.Queue() for _ in reps]
    racers = [
        spawn.Process(target=_race, args=(url, rep, order, barrier, told), daemon=True)
        for rep, order in zip(reps, orders, strict=True)
    ]
    desk = _opened(url)
    books = Books(url)
    try:
        for racer in racers:
            racer.start()
        tally, until = {"races": 0, "twice": 0, "nobody": 0, "untold": 0}, time.monotonic() + seconds
        while tally["races"] < count and time.monotonic() < until:
            ids = _handoffs(desk, books, seed, tally["races"], min(ROUND, count - tally["races"]))
            for order in orders:
                order.put(ids)
            _count(tally, dict(told.get(timeout=ROUND_SECONDS) for _ in racers), reps)
            if tally["races"] % (10 * ROUND) == 0:
                say(f"{tally['races']} races")
        return _result(seed, tally, books)
    finally:
        for order in orders:
            order.put(None)
        for racer in racers:
            racer.join(10)
            racer.kill()
        books.close()
        desk.database.close()


def _opened(url: str) -> Desk:
    """A desk on a new database with the harness's files, without a courier: nobody posts these cards."""
    baton = build(settings_for(url, NO_SLACK), Files(plan.DEFINITION, plan.team(1)))
    baton.aside.shutdown()
    return baton.desk


def _handoffs(desk: Desk, books: Books, seed: int, begun: int, size: int) -> list[int]:
    """*size* new hand-offs, made as the intake makes them."""
    leads = [
        plan.Planned(begun + step, seed, "demo", LANE, "none", again=False, follows=False)
        for step in range(size)
    ]
    body = json.dumps({"events": [lead.event() for lead in leads]}).encode()
    receive(desk, native.arrivals_of(body, datetime.now(UTC).replace(microsecond=0)))
    return books.newest_handoffs(size)


def _race(url: str, rep: str, orders: Any, barrier: Barrier, told: Any) -> None:
    """One racer: presses Accept on each hand-off the moment the other does; tells how each press ended."""
    end_with_parent()
    desk = Desk(open_database(url, "serve"), Clock())
    while (ids := orders.get()) is not None:
        ended: dict[int, str] = {}
        for id_ in ids:
            barrier.wait(TOGETHER_SECONDS)
            try:
                ended[id_] = f"owner {answer.accept(desk, id_, rep).owner}"
            except Refused as refused:
                ended[id_] = refused.sentence
            except SQLAlchemyError as broken:
                ended[id_] = f"broken: {broken!r}"
        told.put((rep, ended))
    desk.database.close()


def _count(tally: dict[str, int], ended: dict[str, dict[int, str]], reps: tuple[str, ...]) -> None:
    """Exactly one of the two is told that it is theirs, and the other who was first."""
    one, other = reps
    for id_ in ended[one]:
        said = {rep: ended[rep][id_] for rep in reps}
        won = [rep for rep in reps if said[rep] == f"owner {rep}"]
        tally["races"] += 1
        tally["twice"] += len(won) == 2
        tally["nobody"] += not won
        if len(won) == 1:
            loser = other if won[0] == one else one
            tally["untold"] += said[loser] != f"<@{won[0]}> accepted this lead first."


def _result(seed: int, tally: dict[str, int], books: Books) -> dict[str, object]:
    twice, unowned = books.accepted_twice(), books.unowned()
    held = not (tally["twice"] or tally["nobody"] or tally["untold"] or twice or unowned)
    return {
        "seed": seed, "database": "PostgreSQL", "replicas": 2, "races": tally["races"],
        "lost": tally["nobody"] + unowned, "duplicated": tally["twice"] + twice, "untold": tally["untold"],
        "verdict": "held" if held else "FAILED",
    }  # fmt: skip
