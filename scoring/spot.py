"""Spot checks: which leads below the line sales works on purpose, and who takes them.

Source: SEMANTICS "Spot check": "drawn once per lead and quarter among contactable leads that pass hard gates,
`at_most: 2` per rep and week, the effective probability recorded".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from scoring import consent
from scoring.contract import Definition, Tier
from scoring.qualify import Verdict
from scoring.team import Team

LOTS = 2**256
"""As many different lots as a keyed hash of 64 hex digits has values."""


def quarter(now: datetime, team: Team) -> str:
    """The quarter of *now* (aware) where the team is, as in `2026Q4`."""
    local = now.astimezone(team.calendar.zone)
    return f"{local.year}Q{(local.month + 2) // 3}"


def week_began(now: datetime, team: Team) -> datetime:
    """Monday, midnight, of the week of *now* where the team is, in UTC."""
    local = now.astimezone(team.calendar.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    monday = midnight - timedelta(days=local.weekday())
    return monday.replace(tzinfo=team.calendar.zone).astimezone(UTC)


def below_the_line(verdict: Verdict) -> bool:
    """Whether points alone keep a lead from sales: no hard gate, no waiting time, no suppression, no old news."""
    return verdict.blocked in ("score", "require", "soft_gate") and not verdict.stale


def contactable(email: str | None, facts: Mapping[str, object]) -> bool:
    """Whether sales can write or call, and nobody said that they may not."""
    return bool(email or facts.get("phone")) and not consent.refused(facts)


def is_drawn(lot: str, share: Fraction) -> bool:
    """Whether *lot* (64 hex digits, each as likely as another) wins, of which *share* does.

    The same lot wins with every greater share too.
    """
    return int(lot, 16) < share * LOTS


def tier_of_spot_checks(definition: Definition) -> Tier | None:
    """The last tier that sales works; None where all go to nurture."""
    return next((tier for tier in reversed(definition.tiers) if not tier.nurture), None)


@dataclass(frozen=True, slots=True)
class Week:
    """The week so far.

    Attributes:
        given: spot checks by person.
        at_most: as many as a person takes a week.
        gone: who takes none whatever they had: their account is deactivated, or they are full.
    """

    given: Mapping[str, int]
    at_most: int
    gone: Collection[str] = ()


def takers(pool: Sequence[str], team: Team, week: Week, now: datetime) -> tuple[str, ...]:
    """Who of *pool* has room for one more, whoever should have it first.

    Those on shift come before those who work later, then those who had fewest this week, then the pool's order.
    Who is away at *now* has no room.
    """
    people = [team.person(id_) for id_ in pool if id_ not in week.gone]
    there = [
        person
        for person in people
        if person is not None
        and week.given.get(person.id, 0) < week.at_most
        and not _away(team, person.id, now)
    ]
    ordered = sorted(there, key=lambda person: (not team.on_shift(person, now), week.given.get(person.id, 0)))
    return tuple(person.id for person in ordered)


def _away(team: Team, person_id: str, now: datetime) -> bool:
    person = team.person(person_id)
    wall = now.astimezone(team.calendar_of(person_id).zone).replace(tzinfo=None)
    return person is not None and any(away.since <= wall < away.until for away in person.away)
