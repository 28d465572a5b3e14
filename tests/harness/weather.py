"""Slack's bad days on a seeded schedule: answers lost after accepting, 500s, waits, lags, Retry-After."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

from bot.playground import Slack

KINDS = (
    ("chat.postMessage", "drop", 1.0),
    ("chat.postMessage", "500_after", 1.0),
    ("chat.postMessage", "500_before", 1.0),
    ("chat.postMessage", "internal_error", 1.0),
    ("chat.postMessage", "latency", 2.0),
    ("chat.postMessage", "ratelimited", 2.0),
    ("chat.update", "drop", 1.0),
    ("chat.update", "500_after", 1.0),
    ("chat.update", "ratelimited", 1.0),
    ("conversations.history", "history_lag", 6.0),
    ("conversations.history", "500_before", 1.0),
    ("conversations.replies", "500_before", 1.0),
)
"""Method, kind, and its seconds (as `Slack.fail` says). All are applied after accepting where they can be."""
LATE = ("chat.postMessage", "latency", 9.5)
"""Longer than the client's time-out of 8 s: accepted after nobody listens any more."""


@dataclass
class Weather:
    """One piece of trouble after the other, *every* seconds on average; *late* allows the slowest of them."""

    slack: Slack
    seed: int
    every: float
    late: bool = True
    ordered: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Order trouble in the background until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Fair weather."""
        self._stop.set()
        self._thread.join()
        self.slack.heal()

    def _run(self) -> None:
        dice = random.Random(f"{self.seed}:weather")
        choices = [*KINDS, LATE] if self.late else list(KINDS)
        while not self._stop.wait(dice.uniform(0.3, 1.7) * self.every):
            method, kind, seconds = dice.choice(choices)
            self.slack.fail(method, kind, times=1, seconds=seconds)
            self.ordered[f"{method} {kind}"] += 1
