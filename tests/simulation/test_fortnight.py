"""A simulated fortnight: 500 leads, 6 reps in 3 time zones, absences, holidays and a change of the clocks.

It enters through signed HTTP, reads Slack only, moves time by the clock that build() is given, and takes what is
expected from a count minute by minute. BATON_SIMULATION_SEED chooses another fortnight.
"""

import os
import random
from collections.abc import Iterator

import pytest

from bot.app import build
from bot.clock import MovableClock
from bot.desk.govern import Files
from bot.playground import Channel, Slack, User
from bot.playground.server import Server
from tests.simulation.cast import ACCOUNTS, DAYS, START, TEAM, definition_file, team_file
from tests.simulation.fortnight import Fortnight
from tests.world import BOT_TOKEN, SIGNING_SECRET, World, line_to, raze, settings_for

SEED = int(os.environ.get("BATON_SIMULATION_SEED", "20260325"))


@pytest.fixture
def office() -> Iterator[Slack]:
    """The cast's workspace."""
    users = [User(person, worker.name, tz=worker.place.zone) for person, worker in TEAM.items()]
    users += [User("U0MIA", "Mia"), User("U0ADA", "Ada")]
    channels = [
        Channel(f"C0{name}", name.lower()) for name in ("EMEA", "AMER", "APAC", "ALL", "LEADERS", "OPS")
    ]
    with Slack(
        users=users, channels=channels, bot_token=BOT_TOKEN, signing_secret=SIGNING_SECRET, patience=20.0
    ) as slack:
        yield slack


def raised(slack: Slack, url: str) -> World:
    clock = MovableClock(START, running=False)
    files = Files(definition_file(), team_file(), ACCOUNTS)
    baton = build(settings_for(url, slack.url), files, clock=clock, gaps={})
    server = Server(baton.web, 0)
    server.start()
    base = f"http://127.0.0.1:{server.port}"
    slack.events_url = f"{base}/slack/events"
    return World(slack, baton, clock, server, line_to(base))


def lived(world: World, leads: int, days: int) -> Fortnight:
    """A fortnight of *leads* leads that come at any hour, and no longer than *days*."""
    chance = random.Random(SEED)
    minutes = days * 1440
    arrivals = [chance.randrange(5, minutes - 60) for _ in range(leads)]
    fortnight = Fortnight(world, chance, arrivals, minutes)
    try:
        fortnight.run()
    finally:
        raze(world)
    return fortnight


def checked(fortnight: Fortnight) -> None:
    twice = {step: count for step, count in fortnight.said.items() if count > 1}
    first = "\n".join(fortnight.wrong[:20])
    count = len(fortnight.wrong)
    assert not fortnight.wrong, f"BATON_SIMULATION_SEED={SEED}: {count} differ; the first:\n{first}"
    assert twice == {}, f"BATON_SIMULATION_SEED={SEED}: said twice"
    assert fortnight.world.slack.complaints == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_in_a_simulated_fortnight_every_step_is_said_when_it_is_due_and_every_lead_has_somebody(
    office: Slack, sqlite_url: str
) -> None:
    fortnight = lived(raised(office, sqlite_url), leads=500, days=DAYS)
    checked(fortnight)
    assert len(fortnight.floor.leads) == 500
    assert fortnight.expected_steps > 300
    assert sum(len(card.people) for card in fortnight.floor.cards if len(card.people) > 1) >= 30


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_in_three_simulated_days_on_postgresql_it_is_the_same(office: Slack, postgres_url: str) -> None:
    fortnight = lived(raised(office, postgres_url), leads=90, days=3)
    checked(fortnight)
    assert fortnight.expected_steps > 30
