"""What went over the wire lately, both ways, and how near each message came to Slack's limits."""

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.playground import limits
from bot.playground.blocks import weight
from bot.playground.people import Payload

KEPT = 300
"""Exchanges that are remembered; older ones are forgotten."""


@dataclass(frozen=True)
class Measure:
    """How much of a limit was used: `used` of `most` *what*."""

    what: str
    used: int
    most: int


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. `way` is "call" from the app to Slack, or "event" from Slack to the app.

    `at` is the workspace's clock, `took` real seconds; `error` is Slack's word for what went wrong.
    """

    n: int
    at: float
    way: Literal["call", "event"]
    name: str
    sent: Payload
    answered: Any
    error: str | None
    took: float

    def measures(self) -> list[Measure]:
        """The block limits this call had to keep."""
        view = self.sent.get("view")
        if isinstance(view, dict):
            blocks = view.get("blocks")
            return [
                Measure("blocks", len(blocks) if isinstance(blocks, list) else 0, limits.VIEW_BLOCKS),
                Measure("bytes of the view", len(json.dumps(view)), limits.VIEW_SIZE),
            ]
        found = []
        blocks = self.sent.get("blocks")
        if isinstance(blocks, list):
            whole = sum(weight(one) for one in blocks if isinstance(one, dict) and "type" in one)
            found.append(Measure("blocks", len(blocks), limits.MESSAGE_BLOCKS))
            found.append(Measure("characters of blocks", whole, limits.BLOCKS_SIZE))
        if isinstance(text := self.sent.get("text"), str) and self.way == "call":
            found.append(Measure("characters of text", len(text), limits.FALLBACK))
        return found


class Traffic:
    """The last exchanges, oldest first. May be written and read from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def note(self, way: Literal["call", "event"], name: str, sent: Payload, answered: Any,
             error: str | None, took: float) -> None:  # fmt: skip
        """Remember an exchange that has just ended."""
        with self._lock:
            n = next(self._numbers)
            self._kept.append(Exchange(n, self._clock(), way, name, sent, answered, error, took))

    def after(self, n: int) -> list[Exchange]:
        """Those with a number above *n*."""
        with self._lock:
            return [each for each in self._kept if each.n > n]
