"""The short form of `make chaos`: real replicas killed while leads, clicks and Slack's troubles come in."""

from pathlib import Path

import pytest

from tests import postgres
from tests.harness import races
from tests.harness.leg import Leg, Outcome, Terms

SEED = 1122


def storm(url: str, folder: Path, replicas: int) -> Outcome:
    """A leg of less than a minute on two free cores."""
    terms = Terms(
        SEED, replicas, lanes=30, most=300, rate=25.0, load=60.0, settle=60.0, kill_every=1.2, fault_every=1.5,
        late_answers=False, most_kills=10,
    )  # fmt: skip
    return Leg(terms, url, folder, print).run()


def check(outcome: Outcome) -> None:
    """Nothing lost, nothing twice, and enough happened to mean something."""
    assert outcome.findings.examples == {}
    assert outcome.ledger.crashes == []
    assert (outcome.lost, outcome.duplicated, outcome.held) == (0, 0, True)
    figures = outcome.figures
    assert len(outcome.ledger.acknowledged) >= 300
    assert len(outcome.ledger.kills) >= 6
    assert sum(click.confirmed for click in outcome.ledger.clicks) >= 100
    assert float(str(figures["takeover_p99_s"])) <= 30


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_replica_on_sqlite_that_keeps_dying_loses_nothing_and_says_nothing_twice(tmp_path: Path) -> None:
    check(storm("sqlite:///baton.db", tmp_path, 1))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_replicas_that_keep_dying_lose_nothing_and_say_nothing_twice(tmp_path: Path) -> None:
    postgres.needed()
    name = postgres.fresh(empty=True)
    try:
        check(storm(postgres.url_of(name), tmp_path, 2))
    finally:
        postgres.drop(name)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_of_two_reps_who_press_at_once_on_two_processes_one_has_it_and_the_other_reads_who() -> None:
    postgres.needed()
    name = postgres.fresh(empty=True)
    try:
        result = races.run(postgres.url_of(name), 500, SEED, 120, print)
    finally:
        postgres.drop(name)
    assert (result["races"], result["verdict"]) == (500, "held"), result
