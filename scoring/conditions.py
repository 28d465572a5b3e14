"""The one grammar for conditions, used by gates, rows, bonus, rules, tiers and segments.

`SEMANTICS.md` fixes the meaning; these are the canonical forms every shorthand is reduced to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from scoring.lead import Scalar


@dataclass(frozen=True, slots=True)
class Is:
    """The attribute equals one of *values*; `target` was already replaced by the target list."""

    attribute: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class IsNot:
    """The attribute is known and equals none of *values*."""

    attribute: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The attribute lies within the bounds, both inclusive; None is an open bound."""

    attribute: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Has:
    """The list attribute contains one of *values*."""

    attribute: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Did:
    """At least *at_least* activities of *signals* (distinct assets or days where told), in the window.

    *asset* is exact or ends in `*`; *after*: only what came after the first activity of that signal.
    """

    signals: tuple[str, ...]
    asset: str | None = None
    at_least: int = 1
    within: timedelta | None = None
    distinct: Literal["asset", "day"] | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreAtLeast:
    """The total score is *points* or more."""

    points: int


@dataclass(frozen=True, slots=True)
class GatesPass:
    """No gate of the definition fails or holds."""


@dataclass(frozen=True, slots=True)
class Returning:
    """The lead had a hand-off before, and it ended."""

    expected: bool


@dataclass(frozen=True, slots=True)
class FitCheck:
    """The lead was fast-tracked although a soft gate fails."""

    expected: bool


@dataclass(frozen=True, slots=True)
class InTier:
    """The hand-off's tier is one of *names*."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; false beats unknown."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds; true beats unknown."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; unknown stays unknown."""

    part: Condition


Condition = (
    Is
    | IsNot
    | Between
    | Has
    | Did
    | ScoreAtLeast
    | GatesPass
    | Returning
    | FitCheck
    | InTier
    | All
    | Any
    | Not
)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition itself and everything nested in it, outermost first."""
    yield condition
    inner: tuple[Condition, ...] = ()
    if isinstance(condition, All | Any):
        inner = condition.parts
    elif isinstance(condition, Not):
        inner = (condition.part,)
    for part in inner:
        yield from parts_of(part)


def windows_in(condition: Condition, negated: bool = False) -> Iterator[bool]:
    """For each `within` of the condition, whether it stands inside a `not` (a `not` in a `not` is none)."""
    match condition:
        case Not(part):
            yield from windows_in(part, not negated)
        case All(parts) | Any(parts):
            for part in parts:
                yield from windows_in(part, negated)
        case Did(within=timedelta()):
            yield negated


def signals_in(condition: Condition) -> frozenset[str]:
    """The signals a condition asks about, those of `after` included."""
    named: set[str] = set()
    for part in parts_of(condition):
        if isinstance(part, Did):
            named.update(part.signals)
            named.update((part.after,) if part.after else ())
    return frozenset(named)


def attributes_in(condition: Condition) -> tuple[str, ...]:
    """The attributes a condition asks about, each once, in the order of the file."""
    comparisons = (part for part in parts_of(condition) if isinstance(part, Is | IsNot | Between | Has))
    return tuple(dict.fromkeys(part.attribute for part in comparisons))
