"""The first log: what was sent in and what was answered, beside every kill. Appended to by many threads."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.harness.plan import Planned

CLOCKS = 0.02
"""Seconds by which two threads may disagree on the order of what they saw."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A replica that was killed: why then, how long after the answer that drew it (ms), and when."""

    replica: str
    cause: str
    after_ms: float
    at: float


@dataclass(frozen=True, slots=True)
class Click:
    """One step of a person with a card, pressed until Slack got its 200 or the person gave up.

    *resent*: a balancer or the person sent it more than once; *replica* gave the 200 at *at*; *alone*: nobody
    else pressed anything of this hand-off meanwhile.
    """

    handoff: int
    user: str
    action: str
    confirmed: bool
    attempts: int
    resent: bool
    replica: str
    at: float
    alone: bool


@dataclass
class Ledger:
    """Everything the outside did and was told."""

    sent: dict[str, Planned] = field(default_factory=dict)
    acknowledged: dict[str, Planned] = field(default_factory=dict)
    follow_ups: dict[str, Planned] = field(default_factory=dict)
    clicks: list[Click] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    pauses: list[Kill] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, by: int = 1) -> None:
        """One more of *name*: retries, redeliveries, resends, answers by status."""
        with self._lock:
            self.counts[name] += by

    def killed_soon(self, replica: str, at: float, within: float) -> bool:
        """Whether *replica* (its name and generation) was killed or paused in the *within* seconds after *at*."""
        return any(
            each.replica == replica and at - CLOCKS <= each.at <= at + within
            for each in (*self.kills, *self.pauses)
        )
