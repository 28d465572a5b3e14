"""The funnel's figures: counts replayed from the transition log, rates with their uncertainty."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scoring.stages import STAGES

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One transition, as far as the funnel cares. *undoes* is the number of the one it takes back."""

    handoff: int
    lead: int
    n: int
    to_stage: str
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """*hits* of *n*, with the 95 % Wilson interval as fractions; the interval of nothing is 0 to 1."""

    hits: int
    n: int

    @property
    def share(self) -> float | None:
        """Hits per case between 0 and 1, None where there are no cases."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval. Source: Wilson (1927), JASA 22, 209-212."""
        if not self.n:
            return 0.0, 1.0
        p, z2 = self.hits / self.n, Z95 * Z95
        middle = p + z2 / (2 * self.n)
        spread = Z95 * math.sqrt(p * (1 - p) / self.n + z2 / (4 * self.n * self.n))
        scale = 1 + z2 / self.n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far the hand-offs of a period came that a score made; others are counted apart.

    Attributes:
        leads: people first seen in the period.
        qualified: how many of those people became an MQL by now.
        reached: stage to hand-offs that reached it or went beyond.
        ended: end to hand-offs that stand there.
        reasons: reason code to hand-offs ended by it.
        returning: how many of them are of leads that had one before.
        by_hand, spot_checks: hand-offs that a person made, and that were drawn; in no other figure.
    """

    leads: int
    qualified: int
    reached: dict[str, int]
    ended: dict[str, int]
    reasons: dict[str, int]
    returning: int = 0
    by_hand: int = 0
    spot_checks: int = 0

    def rate(self, later: str, earlier: str) -> Rate:
        """Share of the hand-offs at *earlier* that reached *later*; `lead` counts people, the rest hand-offs."""
        if earlier == "lead":
            return Rate(self.qualified, self.leads)
        return Rate(self.reached.get(later, 0), self.reached.get(earlier, 0))


def reached_by(moves: Iterable[Moved]) -> dict[str, int]:
    """Replay: how many hand-offs reached each stage or went beyond, undone pairs left out."""
    rows = list(moves)
    undone = {(row.handoff, row.undoes) for row in rows if row.undoes is not None}
    furthest: dict[int, int] = {}
    for row in rows:
        if row.undoes is not None or (row.handoff, row.n) in undone or row.to_stage not in STAGES:
            continue
        furthest[row.handoff] = max(furthest.get(row.handoff, -1), STAGES.index(row.to_stage))
    return {stage: sum(1 for far in furthest.values() if far >= i) for i, stage in enumerate(STAGES)}
