"""Replicas and one company: who joins a card while somebody presses on it goes with it; nobody waits for ever."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.clock import MovableClock
from bot.desk import answer, passing, taking_back
from bot.desk.bench import Mistaken
from bot.desk.desk import Desk, open_database
from scoring.dispositions import Disposition
from scoring.stages import Refused
from storage.engine import Database
from tests.bot.desk.shift import Shift, raise_shift
from tests.world import ADA, TEAM

COMPANIES = 4
ROUNDS = 25
TURNS = TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], assign: round_robin}")


@pytest.fixture(params=[TEAM, TURNS], ids=["claim", "turns"])
def replicas(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[list[Shift]]:
    """Four desks on one PostgreSQL."""
    first = raise_shift(postgres_url, team=request.param)
    opened: list[Database] = [open_database(postgres_url, "serve") for _ in range(3)]
    clock = MovableClock(first.now, running=False)
    yield [first, *(Shift(Desk(database, clock), clock) for database in opened)]
    for database in [first.desk.database, *opened]:
        database.close()


def lead(number: int) -> dict[str, Any]:
    return ADA | {"email": f"p{number}@engines{number % COMPANIES}.example"}


def comes(shift: Shift, dice: random.Random, who: int) -> None:
    """One person, or several of two companies in one request, of whom some were there before."""
    numbers = {dice.randrange(8 * COMPANIES) for _ in range(dice.choice((1, 1, 3)))}
    events = [
        {**shift.event("demo_request", lead(number)), "id": f"{who}-{dice.random()}"} for number in numbers
    ]
    shift.arrive(*events)


def presses(shift: Shift, dice: random.Random, _who: int) -> None:
    open_ones = [row.id or 0 for row in shift.rows() if row.ended_at is None]
    if not open_ones:
        return
    pressed, rep = dice.choice(open_ones), dice.choice(("U0ANN", "U0BOB", "U0MAX"))
    acts: list[Callable[[], object]] = [
        lambda: answer.accept(shift.desk, pressed, rep),
        lambda: taking_back.undo(shift.desk, pressed, rep),
        lambda: passing.reassign(shift.desk, pressed, "U0MAX", dice.choice(("U0ANN", "U0BOB", None))),
        lambda: answer.end(shift.desk, pressed, rep, Disposition("bad_data")),
        lambda: answer.touch(shift.desk, pressed, rep, shift.tried(rep)),
    ]
    try:
        dice.choice(acts)()
    except (Refused, Mistaken) as refused:
        if "Others are changing" in str(refused):
            raise  # five looks were not enough


def test_a_card_of_a_company_has_one_owner_whatever_happens_at_the_same_time(replicas: list[Shift]) -> None:
    for number in range(COMPANIES):
        replicas[0].demo(lead(number))

    def work(who: int) -> None:
        dice = random.Random(who)
        for _ in range(ROUNDS):
            dice.choice((comes, presses))(replicas[who], dice, who)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, who) for who in range(4)]:
            done.result()  # a deadlock is an error here

    held: dict[int, set[str | None]] = {}
    for row in replicas[0].rows():
        if row.ended_at is None and row.bundled and row.stage in ("mql", "sal"):
            held.setdefault(row.card_id or 0, set()).add(row.owner)
    assert held, "nobody shared a card"
    undone = {row.card_id for row in replicas[0].rows() if {"undo"} & set(replicas[0].actions(row.id or 0))}
    assert [card for card, owners in held.items() if len(owners) > 1 and card not in undone] == []
