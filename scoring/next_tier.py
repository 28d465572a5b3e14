"""How many more points would make a lead more urgent: the receipt's last line (MISSION N3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scoring.conditions import ScoreAtLeast, parts_of
from scoring.contract import Definition, Tier
from scoring.lead import Activity, Lead
from scoring.qualify import tier_of
from scoring.receipt import Score


@dataclass(frozen=True, slots=True)
class Missing:
    """The tier that comes next, and the points (1 or more) that are missing to it."""

    tier: Tier
    points: int


def next_tier(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    score: Score,
    *,
    now: datetime,
    current: Tier,
    since: int | None = None,
    returning: bool = False,
    fit_check: bool = False,
) -> Missing | None:
    """The tier above *current* that the fewest more points would reach, or None where no number of points would.

    Conditions are arbitrary, so each number that a higher tier asks about is tried on the lead as it is; *score* is
    the qualifying score and *since* hides what came before the last end, as for `tier_of`.
    """
    higher = [tier for tier in definition.tiers if tier.rank < current.rank and tier.when is not None]
    asked = {
        part.points for tier in higher if tier.when for part in parts_of(tier.when) if isinstance(part, ScoreAtLeast)
    }  # fmt: skip
    for points in sorted(number for number in asked if number > score.total):
        missing = points - score.total
        tried = replace(score, intent=score.intent + missing)
        tier = tier_of(
            lead, activities, definition, tried,
            now=now, since=since, returning=returning, fit_check=fit_check,
        )  # fmt: skip
        if tier.rank < current.rank and not tier.nurture:
            return Missing(tier, missing)
    return None
