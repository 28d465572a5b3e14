"""Things a definition may say and probably does not mean: told by `baton check`, refused by nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scoring.conditions import Condition, ScoreAtLeast, parts_of
from scoring.contract import Bonus, Definition, FitGroup, IntentRow, Level
from scoring.place import RESEMBLES, nearest

LEVELS: tuple[Level, ...] = ("high", "medium", "low", "passive")


def doubts(definition: Definition) -> tuple[str, ...]:
    """Sentences about what the definition says and probably does not mean, most serious first."""
    return (*_out_of_reach(definition), *_unlike_any_row(definition))


def most_points(definition: Definition) -> float:
    """The highest score any lead can have; infinite where nothing caps a repeated signal."""
    return most_fit(definition) + most_intent(definition)


def most_fit(definition: Definition) -> float:
    """The highest fit."""
    return _capped(
        sum(_best(group) for group in definition.fit if group.counts_as == "fit"), definition.caps.fit
    )


def most_intent(definition: Definition) -> float:
    """The highest intent: rows, bonuses and imported counters, after their caps."""
    of_level: dict[Level | None, float] = {}
    earned: list[IntentRow | Bonus] = [*definition.intent.values(), *definition.bonus]
    for row in earned:
        most = _most(row) if isinstance(row, IntentRow) else max(row.points, 0)
        of_level[row.level] = of_level.get(row.level, 0) + most
    counters = sum(_best(group) for group in definition.fit if group.counts_as == "intent")
    caps = definition.caps
    limits = {"high": caps.high, "medium": caps.medium, "low": caps.low, "passive": caps.passive}
    rows = sum(_capped(most, limits[level] if level else None) for level, most in of_level.items())
    return _capped(rows + counters, caps.intent)


def _best(group: FitGroup) -> int:
    return max(0, *(row.points for row in group.rows))


def _most(row: IntentRow) -> float:
    if isinstance(row.points, tuple):
        most: float = sum(points for points in row.points if points > 0)
    else:
        most = math.inf if row.points > 0 else 0
    return _capped(most, row.cap)


def _capped(points: float, cap: int | None) -> float:
    return points if cap is None else min(points, cap)


def _out_of_reach(definition: Definition) -> Iterator[str]:
    most, require = most_points(definition), definition.require
    all_rows = f"all rows together give {most:g} points at most."
    if definition.threshold > most:
        yield f"threshold: {definition.threshold} is out of reach; {all_rows}"
    for name, asked, given in (
        ("fit", require.fit, most_fit(definition)),
        ("intent", require.intent, most_intent(definition)),
    ):
        if asked is not None and asked > given:
            yield f"require.{name}: {asked} is out of reach; {name} gives {given:g} points at most."
    if require.active_intent > 0 and not any(_is_active(row) for row in definition.intent.values()):
        yield "require.active_intent: no signal is worth points at level low or better: nobody can meet it."
    for place, when in _named(definition):
        asked = max((part.points for part in parts_of(when) if isinstance(part, ScoreAtLeast)), default=0)
        if asked > most:
            yield f"{place}: a score of {asked} is out of reach; {all_rows}"


def _is_active(row: IntentRow) -> bool:
    best = max(row.points) if isinstance(row.points, tuple) else row.points
    return best > 0 and row.level != "passive"


def _named(definition: Definition) -> Iterator[tuple[str, Condition]]:
    for gate in definition.gates:
        yield f'gate "{gate.label}"', gate.when
    for rule in definition.qualify_when:
        yield f'qualify_when "{rule.name}"', rule.when
    for tier in definition.tiers:
        if tier.when is not None:
            yield f'tier "{tier.name}"', tier.when


def _unlike_any_row(definition: Definition) -> Iterator[str]:
    silences = {row.signal for row in definition.inactivity if row.signal is not None}
    for signal in sorted((definition.signals_in_conditions | silences) - set(definition.intent)):
        like = nearest(signal, definition.intent, RESEMBLES)
        if like is not None:
            yield f"signal {signal} has no row under intent; was {like} meant?"
