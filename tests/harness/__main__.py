"""`python -m tests.harness`: one leg, the claim races, or all of them one after the other (`make chaos`)."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.harness import races, report
from tests.harness.leg import Leg, Outcome, Terms, seed_of
from tests.harness.plan import HOT

SETTLE_SHARE, LEAST_SETTLE = 0.2, 60.0
"""What of a leg is left to settle in: a lease of 20 s, a grace of 12 s, and a queue that drains."""
ZOMBIES_EVERY = 75.0
FLEETS = (("sqlite", 1), ("postgresql", 2), ("postgresql", 3), ("postgresql", 3))
"""The legs of `make chaos`, beside the races."""


def main() -> int:
    """The exit code: 0 where everything held."""
    asked = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job is told to ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    held = True
    for job in _jobs(asked):
        held = job and held
    return 0 if held else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.harness", description=__doc__)
    parser.add_argument("what", choices=("leg", "races", "all"))
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--replicas", type=int, default=None, help="1 on SQLite, 2 on PostgreSQL unless told")
    parser.add_argument("--seed", type=int, default=None, help="a new one unless told; it is printed")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long a leg takes, all in all")
    parser.add_argument("--rate", type=float, default=25.0, help="leads a second")
    parser.add_argument("--kill-every", type=float, default=1.7, help="seconds between kills, on average")
    parser.add_argument("--hot", type=float, default=HOT, help="share of the leads with a ladder of 20 s")
    parser.add_argument("--races", type=int, default=99_000, help="how many claims are raced for")
    parser.add_argument("--no-page", action="store_true", help="append nothing to docs/reliability.md")
    return parser


def _jobs(asked: argparse.Namespace) -> Iterator[bool]:
    if asked.what == "leg":
        count = asked.replicas or (1 if asked.database == "sqlite" else 2)
        yield _leg(asked, asked.database, count)
    if asked.what == "all":
        for database, count in FLEETS:
            yield _leg(asked, database, count)
    if asked.what in ("races", "all"):
        yield _races(asked)


def _leg(asked: argparse.Namespace, database: str, count: int) -> bool:
    seed = seed_of(asked.seed)
    settle = max(LEAST_SETTLE, SETTLE_SHARE * asked.seconds)
    terms = Terms(
        seed, count, rate=asked.rate, load=max(10.0, asked.seconds - settle), settle=settle,
        kill_every=asked.kill_every, pause_every=ZOMBIES_EVERY if count > 1 else None, hot=asked.hot,
    )  # fmt: skip
    _say(f"leg: {database}, {count} replicas, seed {seed}, {asked.seconds:.0f} s")
    with _database(database) as url, tempfile.TemporaryDirectory(prefix="baton-chaos-") as folder:
        outcome = Leg(terms, url, Path(folder), _say).run()
    _tell(outcome)
    return _reported(outcome.result(), page=not asked.no_page)


def _races(asked: argparse.Namespace) -> bool:
    seed = seed_of(asked.seed)
    _say(f"races: {asked.races} on PostgreSQL, two processes, seed {seed}")
    with _database("postgresql") as url:
        result = races.run(url, asked.races, seed, asked.seconds, _say)
    return _reported(result, page=not asked.no_page)


@contextmanager
def _database(kind: str) -> Iterator[str]:
    """The URL of an empty database, which is gone afterwards."""
    if kind == "sqlite":
        yield "sqlite:///baton.db"
        return
    if postgres.server() is None:
        raise SystemExit("PostgreSQL is missing: set TEST_DATABASE_URL.")
    name = postgres.fresh(empty=True)
    try:
        yield postgres.url_of(name)
    finally:
        postgres.drop(name)


def _tell(outcome: Outcome) -> None:
    for kind, examples in sorted(outcome.findings.examples.items()):
        _say(f"{outcome.findings.counts[kind]} × {kind}")
        for example in examples[:8]:
            _say(f"    {example}")
    for crash in outcome.ledger.crashes[:5]:
        _say(crash)


def _reported(result: dict[str, object], *, page: bool) -> bool:
    print(json.dumps(result), flush=True)
    if page:
        report.append(result)
    return result["verdict"] == "held"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
