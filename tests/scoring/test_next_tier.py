"""The points that are missing to a more urgent tier."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoring.definition import read_definition
from scoring.lead import Activity, Lead
from scoring.next_tier import Missing, next_tier
from scoring.qualify import tier_of
from scoring.receipt import Score
from tests.world import DEFINITION, MONDAY_9

TIERS = """
tiers:
  - {name: demo, when: {signal: demo_request}, first_touch: 5m, clock: business}
  - {name: hot, when: {all: [{score: 120}, {country: GB}]}, first_touch: 1h, clock: business}
  - {name: cold, when: {all: [{score: 70}, {not: {score: 75}}]}, first_touch: 2h, clock: business}
  - {name: high, when: {any: [{score: 80}, {returning: true}]}, first_touch: 2h, clock: business}
  - {name: nurture, when: {score: 60}, handoff: nurture}
  - {name: standard, first_touch: 8h, clock: business}
"""
DEFINED = read_definition(DEFINITION[: DEFINITION.index("tiers:")] + TIERS)
NOW = int(MONDAY_9.timestamp())


def missing(
    total: int, facts: dict[str, Any] | None = None, *activities: Activity, **more: Any
) -> Missing | None:
    """What a lead of *total* points lacks, from the tier it has."""
    lead, score = Lead(facts or {}, 0), Score(total, 0, (), 0)
    asked: dict[str, Any] = {"since": None, "returning": False, "fit_check": False, **more}
    current = tier_of(lead, activities, DEFINED, score, now=MONDAY_9, **asked)
    return next_tier(lead, activities, DEFINED, score, now=MONDAY_9, current=current, **asked)


def said(found: Missing | None) -> tuple[str, int] | None:
    return (found.tier.name, found.points) if found else None


def test_the_next_tier_is_the_one_that_the_fewest_points_reach() -> None:
    assert said(missing(50, {"country": "GB"})) == ("cold", 20)
    assert said(missing(76, {"country": "GB"})) == ("high", 4)
    assert said(missing(80, {"country": "GB"})) == ("hot", 40)


def test_a_tier_that_points_alone_do_not_reach_is_not_named() -> None:
    assert missing(80, {"country": "FR"}) is None
    assert missing(80) is None


def test_the_highest_tier_has_none_above() -> None:
    demo = Activity("e", "demo_request", None, NOW, NOW)

    assert missing(0, {"country": "GB"}, demo) is None


def test_a_tier_that_goes_to_nurture_is_nothing_to_strive_for() -> None:
    assert said(missing(55)) == ("cold", 15)


def test_a_returning_lead_has_the_tier_of_returning_ones_already() -> None:
    assert said(missing(50, {"country": "GB"}, returning=True)) == ("cold", 20)
    assert said(missing(90, {"country": "GB"}, returning=True)) == ("hot", 30)


@given(st.integers(-50, 200), st.sampled_from(({}, {"country": "GB"}, {"country": "FR"})), st.booleans())
def test_with_the_missing_points_it_is_that_tier_and_with_one_less_it_is_no_higher_one(
    total: int, facts: dict[str, Any], returning: bool
) -> None:
    found = missing(total, facts, returning=returning)
    lead = Lead(facts, 0)

    def tier_at(points: int) -> Any:
        return tier_of(
            lead,
            (),
            DEFINED,
            Score(points, 0, (), 0),
            now=MONDAY_9,
            since=None,
            returning=returning,
            fit_check=False,
        )

    if found is None:
        return
    assert found.points > 0
    assert tier_at(total + found.points) == found.tier
    assert found.tier.rank < tier_at(total).rank
    between = {tier_at(points).rank for points in range(total, total + found.points)}
    assert all(rank >= tier_at(total).rank or DEFINED.tiers[rank].nurture for rank in between)
