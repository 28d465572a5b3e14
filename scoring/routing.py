"""Which segment a lead belongs to: its channel, its pool, and why the segments before it did not take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.conditions import All, Condition, InTier, attributes_in, parts_of, signals_in
from scoring.contract import Definition, Tier
from scoring.evaluate import holds
from scoring.grammar import spaced
from scoring.lead import Activity, Lead
from scoring.place import RESEMBLES, listed, nearest
from scoring.receipt import Score
from scoring.roster import Segment, Team
from scoring.wording import describe

FALLBACK = "fallback"
"""Name of the segment of leads that no segment takes."""

Check = Callable[[Condition], bool | None]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a hand-off goes.

    Attributes:
        channel: Slack channel id.
        pool: Slack user ids of whom it may be given to.
        why: a sentence for each segment that came before and did not match.
    """

    segment: Segment
    channel: str
    pool: tuple[str, ...]
    why: tuple[str, ...]


def route(
    lead: Lead,
    activities: Sequence[Activity],
    team: Team,
    definition: Definition,
    *,
    tier: Tier | None,
    score: Score | None,
    now: datetime,
    returning: bool = False,
    fit_check: bool = False,
    gates_pass: bool | None = None,
) -> Route:
    """The first segment that matches; an unknown attribute matches none.

    *gates_pass* is what the gates answered when the lead was judged; None asks them anew.
    Where none matches, the fallback channel takes the lead, with everybody of role sdr as the pool.
    """

    def check(condition: Condition) -> bool | None:
        return holds(
            condition,
            lead,
            activities,
            definition,
            now=now,
            score=score,
            tier=tier,
            returning=returning,
            fit_check=fit_check,
            gates_pass=gates_pass,
        )

    why: list[str] = []
    for segment in team.segments:
        if segment.when is None or check(segment.when):
            return Route(segment, segment.channel, segment.pool, tuple(why))
        why.append(f"{segment.name}: {_reason(segment.when, lead, check)}")
    return _fallback(team, tuple(why))


def pool_of(team: Team, segment: str) -> tuple[str, ...] | None:
    """Whom a segment's leads may be given to; None where the team has no such segment any more."""
    if segment == FALLBACK:
        return team.with_role("sdr")
    found = team.segment(segment)
    return None if found is None else found.pool


def _fallback(team: Team, why: tuple[str, ...]) -> Route:
    pool = team.with_role("sdr")
    channel = team.channels.fallback
    return Route(Segment(FALLBACK, channel, pool), channel, pool, (*why, "No segment takes this lead."))


def _reason(when: Condition, lead: Lead, check: Check) -> str:
    """Why the condition does not hold: the parts that are not so, or else what is unknown."""
    parts = when.parts if isinstance(when, All) else (when,)
    answers = [(part, check(part)) for part in parts]
    failed = [describe(part) for part, met in answers if met is False]
    if failed:
        return f"it is not so that {' and '.join(failed)}"
    open_parts = [part for part, met in answers if met is None]
    unknown = dict.fromkeys(
        spaced(name) for part in open_parts for name in attributes_in(part) if name not in lead.facts
    )
    if unknown:
        return f"{listed(unknown, 'and')} {'is' if len(unknown) == 1 else 'are'} unknown"
    return f"it cannot be told whether {' and '.join(describe(part) for part in open_parts)}"


def routing_doubts(team: Team, definition: Definition) -> tuple[str, ...]:
    """Sentences about segments that ask for a tier or a signal the definition does not have."""
    asked = [(segment.name, segment.when) for segment in team.segments if segment.when is not None]
    return tuple(sentence for name, when in asked for sentence in _strangers(name, when, definition))


def _strangers(segment: str, when: Condition, definition: Definition) -> Iterator[str]:
    tiers = [tier.name for tier in definition.tiers]
    named = [name for part in parts_of(when) if isinstance(part, InTier) for name in part.names]
    for tier in named:
        if tier not in tiers:
            yield f"Segment {segment}: the definition has no tier {tier}; it has {listed(tiers, 'and')}."
    for signal in sorted(signals_in(when) - definition.known_signals):
        like = nearest(signal, definition.known_signals, RESEMBLES)
        yield f"Segment {segment}: the definition knows no signal {signal}" + (
            f"; was {like} meant?" if like else "."
        )
