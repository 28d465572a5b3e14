"""Trouble on order: what goes wrong, in which method, how often; and the rate limit of each channel."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from bot.playground.settings import Refusal

KINDS = {"drop", "500_before", "500_after", "latency", "history_lag", "ratelimited"}
OF_LINKS = {"drop", "500_before", "500_after", "latency"}
"""What can go wrong with a response_url."""
BURST = 3.0
"""Messages at once before the rate counts: "short bursts" are allowed,
https://docs.slack.dev/apis/web-api/rate-limits."""
GRACE = 0.05
"""Seconds a retry may come early, for two clocks that round differently."""


@dataclass
class Fault:
    """One kind of trouble. `method` "*" is any; `times` None is until `heal`; `seconds` as the kind says."""

    method: str
    kind: str
    times: int | None
    channel: str | None
    seconds: float


@dataclass
class Faults:
    """All trouble still to come."""

    clock: Callable[[], float]
    rate: float | None = None
    waiting: list[Fault] = field(default_factory=list)
    _allowance: dict[str, tuple[float, float]] = field(default_factory=dict)
    _not_before: dict[tuple[str, str], float] = field(default_factory=dict)

    def take(self, method: str, channel: str, kinds: Collection[str] | None = None) -> list[Fault]:
        """The trouble that strikes this call, of *kinds* where they are named, each used up once."""
        struck = [
            fault
            for fault in self.waiting
            if fault.method in ("*", method) and fault.channel in (None, channel) and fault.times != 0
            if kinds is None or fault.kind in kinds
        ]
        for fault in struck:
            if fault.times is not None:
                fault.times -= 1
        self.waiting = [fault for fault in self.waiting if fault.times != 0]
        return struck

    def told_to_wait(self, method: str, channel: str, seconds: float) -> Refusal:
        """The 429 with its Retry-After in whole seconds, remembered to see who does not wait."""
        wait = max(1, math.ceil(seconds))
        self._not_before[method, channel] = self.clock() + wait
        return Refusal("ratelimited", status=429, retry_after=wait)

    def too_early(self, method: str, channel: str) -> float:
        """Seconds still to wait by the last Retry-After; 0 or less when it has passed."""
        return self._not_before.pop((method, channel), 0.0) - self.clock() - GRACE

    def paced(self, channel: str) -> None:
        """Count one chat.postMessage. Raises Refusal ratelimited when the channel gets too many."""
        if self.rate is None:
            return
        now = self.clock()
        left, at = self._allowance.get(channel, (BURST, now))
        left = min(BURST, left + (now - at) * self.rate)
        if left < 1:
            self._allowance[channel] = (left, now)
            raise self.told_to_wait("chat.postMessage", channel, (1 - left) / self.rate)
        self._allowance[channel] = (left - 1, now)
