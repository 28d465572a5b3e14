"""What a lead is worth before anybody has called: the chance that its score band becomes an SQL, times the deal.

Source: MISSION N11, "Best leads first: order by expected value, not by arrival"; expected value = the score band's
SQL rate, shrunk to `expected_mql_to_sql`, x `deal_value` or 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from scoring.handoff import Handoff

WIDTH = 10
"""Points of a band."""
TOP = 10
"""The highest band, from 90 points above the threshold on; band 0 is everything below the threshold."""
BANDS = TOP + 1

PRIOR = 20
"""How many decided hand-offs the expectation weighs: a band speaks for itself once it has had more than these.
With 20, one lucky SQL in a band of three moves its chance from 15 % to 17 %, not to 33 %."""

EXPECTED = Fraction(15, 100)
"""Where the contract names no `expected_mql_to_sql`. Source: S0, "the percentage of leads meeting the definition that
actually convert to SQL should be 15% or higher"."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tally:
    """Hand-offs of a band that sales decided on, and how many of them became SQLs."""

    decided: int = 0
    sqls: int = 0


@dataclass(frozen=True, slots=True)
class Worth:
    """What leads are worth, by the figures of a moment.

    Attributes:
        threshold: from which the bands are counted; of the definition in force.
        expected: the share of MQLs that are expected to become SQLs.
        tallies: by band; a band without one has had no case.
        deal_value: what a deal is worth in whole units of *currency*; None where the team does not say.
    """

    threshold: int
    expected: Fraction = EXPECTED
    tallies: Mapping[int, Tally] = field(default_factory=dict)
    deal_value: int | None = None
    currency: str | None = None

    def chance(self, score: int) -> Fraction:
        """The share of leads of this score that become SQLs, between 0 and 1."""
        return self._rate(band(score, self.threshold))

    def value(self, score: int) -> Fraction:
        """The expected value of a lead of this score: money where the team knows a deal's, else the chance."""
        return self.chance(score) * (self.deal_value or 1)

    @property
    def ranks(self) -> tuple[int, ...]:
        """A rank for each band, a higher one for a higher value; equal values rank alike."""
        rates = [self._rate(number) for number in range(BANDS)]
        return tuple(sorted(set(rates)).index(rate) for rate in rates)

    def order(self, handoff: Handoff) -> tuple[int, datetime, int, int]:
        """The key by which hand-offs stand best first: "by expected value and time left", then by score, then as they
        came. What came overnight is due at one moment, and a team without history values it alike: points decide."""
        due = handoff.due_at if handoff.wants_touch and handoff.due_at is not None else _NEVER
        return -self.ranks[band(handoff.score, self.threshold)], due, -handoff.score, handoff.id

    def _rate(self, number: int) -> Fraction:
        return shrunk(self.tallies.get(number, Tally()), self.expected)


def band(score: int, threshold: int) -> int:
    """The band of *score*: 0 below the threshold, 1 for its first ten points, and so on up to TOP."""
    return 0 if score < threshold else min(TOP, 1 + (score - threshold) // WIDTH)


def shrunk(tally: Tally, expected: Fraction) -> Fraction:
    """(sqls + k · expected) / (decided + k) with k = PRIOR: without a case it is *expected*."""
    return (tally.sqls + PRIOR * expected) / (tally.decided + PRIOR)
