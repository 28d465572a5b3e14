"""Conditions, compiled to closures: true, false, or None for unknown (SEMANTICS "Unknown").

A condition is compiled once and asked many times; nothing here looks at a clock.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from operator import attrgetter, itemgetter
from typing import Literal

from scoring.conditions import (
    All,
    Any,
    Between,
    Condition,
    Did,
    FitCheck,
    GatesPass,
    Has,
    InTier,
    Is,
    IsNot,
    Not,
    Returning,
    ScoreAtLeast,
)
from scoring.definition import Definition, Gate, Tier
from scoring.fading import DAY
from scoring.lead import Activity, Fact, Lead, Scalar
from scoring.receipt import Score


@dataclass(slots=True)
class Situation:
    """All that a condition may ask about.

    Attributes:
        facts: the lead's known attributes.
        by_signal: signal to its activities, newest first; none later than *as_of*.
        as_of: UTC epoch seconds.
        total: the score in points; None while there is none, and conditions on it are unknown.
        tier: the tier's name; None while there is none.
        gates_pass: what the gates answered; None where `gates: pass` asks them in this very situation.
    """

    facts: Mapping[str, Fact]
    by_signal: Mapping[str, list[Activity]]
    as_of: int
    total: int | None = None
    tier: str | None = None
    returning: bool = False
    fit_check: bool = False
    gates_pass: bool | None = None


Check = Callable[[Situation], bool | None]
Outcome = Literal["pass", "hold", "fail"]

Windows = tuple[bool, bool]
"""Do windows run out: here, and inside the next `not`. (True, True) is the plain reading."""

PLAIN: Windows = (True, True)
LOSES_ONLY: Windows = (True, False)
"""For positive points: a window may run out where that ends the match, never where it begins one."""
GAINS_ONLY: Windows = (False, True)
"""For negative points: "only positive rows fade or expire" (SEMANTICS "Age")."""

_NUMBERS = (int, float)  # `int | float` in the check would be built anew for every lead
_EVENT, _OCCURRED = itemgetter(0), itemgetter(3)


def seconds(moment: datetime) -> int:
    """Whole UTC epoch seconds of an aware *moment*, rounded down.

    Raises:
        ValueError: *moment* has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("The time must have a time zone; give it in UTC.")
    return floor(moment.timestamp())


def newest_first(activities: Iterable[Activity], as_of: int) -> list[Activity]:
    """Those up to *as_of*, newest first, ties by event id; later ones do not exist (SEMANTICS "Age")."""
    ordered = sorted(activities, key=_EVENT)
    ordered.sort(key=_OCCURRED, reverse=True)
    if ordered and ordered[0].occurred > as_of:
        return [activity for activity in ordered if activity.occurred <= as_of]
    return ordered


def by_signal(ordered: Iterable[Activity], since: int | None = None) -> dict[str, list[Activity]]:
    """*ordered* activities under their signals; with *since* (epoch seconds) only later ones."""
    found: dict[str, list[Activity]] = {}
    for activity in ordered if since is None else [each for each in ordered if each.occurred > since]:
        found.setdefault(activity[1], []).append(activity)
    return found


def holds(
    condition: Condition,
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    *,
    now: datetime,
    score: Score | None = None,
    tier: Tier | None = None,
    returning: bool = False,
    fit_check: bool = False,
    since: int | None = None,
    gates_pass: bool | None = None,
) -> bool | None:
    """Whether *condition* holds: True, False, or None where it turns on something unknown.

    *since* (UTC epoch seconds, the last hand-off's end) hides activities up to then. Without *score* or
    *tier*, conditions on them are unknown. *gates_pass* is what the gates answered, where they were asked.
    """
    as_of = seconds(now)
    situation = Situation(
        facts=lead.facts,
        by_signal=by_signal(newest_first(activities, as_of), since),
        as_of=as_of,
        total=None if score is None else score.total,
        tier=None if tier is None else tier.name,
        returning=returning,
        fit_check=fit_check,
        gates_pass=gates_pass,
    )
    return check_of(condition, definition.gates)(situation)


def gate_outcome(gate: Gate, met: bool | None) -> Outcome:
    """What *gate* says when its condition came out as *met*; "unknown" is the gate's to decide."""
    if met is None:
        return gate.unknown
    return "pass" if met else "fail"


def check_of(condition: Condition, gates: Sequence[Gate] = (), windows: Windows = PLAIN) -> Check:
    """Compile *condition*. *gates* are what `gates: pass` asks about."""
    match condition:
        case Is(attribute, values) | Has(attribute, values):
            return _one_of(attribute, values)
        case IsNot(attribute, values):
            return _negated(_one_of(attribute, values))
        case Between(attribute, low, high):
            return _between(attribute, low, high)
        case Did():
            return _did(condition, expires=windows[0])
        case Not(part):
            return _negated(check_of(part, gates, windows[::-1]))
        case All(parts):
            return _all([check_of(part, gates, windows) for part in parts])
        case Any(parts):
            return _any([check_of(part, gates, windows) for part in parts])
        case GatesPass():
            return _gates_pass(gates)
        case _:
            return _about_the_handoff(condition)


def _about_the_handoff(condition: ScoreAtLeast | Returning | FitCheck | InTier) -> Check:
    match condition:
        case ScoreAtLeast(points):
            return lambda situation: None if situation.total is None else situation.total >= points
        case InTier(names):
            return lambda situation: None if situation.tier is None else situation.tier in names
        case Returning(expected):
            return lambda situation: situation.returning == expected
        case FitCheck(expected):
            return lambda situation: situation.fit_check == expected


def _key(value: Scalar) -> tuple[bool, Scalar]:
    """What makes two values equal: words without case and surrounding blanks; a yes is never a 1."""
    if isinstance(value, str):
        return False, value.strip().casefold()
    return isinstance(value, bool), value


def _one_of(attribute: str, values: Sequence[Scalar]) -> Check:
    wanted = frozenset(_key(value) for value in values)
    words = frozenset(key[1] for key in wanted if isinstance(key[1], str))

    def check(situation: Situation) -> bool | None:
        fact = situation.facts.get(attribute)
        if fact.__class__ is str:
            return fact in words or fact.strip().casefold() in words
        if fact is None:
            return None
        known = fact if isinstance(fact, tuple) else (fact,)
        return any(_key(value) in wanted for value in known)

    return check


def _between(attribute: str, low: float | None, high: float | None) -> Check:
    lowest = float("-inf") if low is None else low
    highest = float("inf") if high is None else high

    def check(situation: Situation) -> bool | None:
        fact = situation.facts.get(attribute)
        if isinstance(fact, _NUMBERS) and fact.__class__ is not bool:
            return lowest <= fact <= highest
        return None

    return check


def _negated(part: Check) -> Check:
    def check(situation: Situation) -> bool | None:
        met = part(situation)
        return None if met is None else not met

    return check


def _all(parts: Sequence[Check]) -> Check:
    def check(situation: Situation) -> bool | None:
        known: bool | None = True
        for part in parts:
            met = part(situation)
            if met is False:
                return False
            if met is None:
                known = None
        return known

    return check


def _any(parts: Sequence[Check]) -> Check:
    return _negated(_all([_negated(part) for part in parts]))


def _gates_pass(gates: Sequence[Gate]) -> Check:
    checks = [(gate, check_of(gate.when)) for gate in gates]

    def asked(situation: Situation) -> bool:
        return all(gate_outcome(gate, check(situation)) == "pass" for gate, check in checks)

    return lambda situation: asked(situation) if situation.gates_pass is None else situation.gates_pass


def _did(did: Did, *, expires: bool) -> Check:
    window = None if did.within is None else int(did.within.total_seconds())
    if expires and did == Did(did.signals[:1], at_least=did.at_least, within=did.within):
        return _visits(did.signals[0], did.at_least, window)
    enough = _enough_now if expires or window is None else _enough_once
    counts_as = _KEYS[did.distinct]

    def check(situation: Situation) -> bool | None:
        found = _matching(did, situation)
        if len(found) < did.at_least:
            return False
        dated = [(activity.occurred, counts_as(activity)) for activity in found]
        return enough(dated, did.at_least, window, situation.as_of)

    return check


def _visits(signal: str, at_least: int, window: int | None) -> Check:
    """The common case, of one signal and nothing else: the nth newest tells by its age."""

    def check(situation: Situation) -> bool | None:
        found = situation.by_signal.get(signal, ())
        if len(found) < at_least:
            return False
        return window is None or situation.as_of - found[at_least - 1][3] < window

    return check


_KEYS: dict[str | None, Callable[[Activity], object]] = {
    None: id,
    "asset": attrgetter("asset"),
    "day": lambda activity: activity.occurred // DAY,
}
"""What is counted once. Days are UTC days: SEMANTICS "Age", no time zones in scoring."""

Dated = Sequence[tuple[int, object]]


def _matching(did: Did, situation: Situation) -> list[Activity]:
    found = [activity for signal in did.signals for activity in situation.by_signal.get(signal, ())]
    if did.asset is not None:
        is_wanted = _asset_check(did.asset)
        found = [activity for activity in found if activity.asset is not None and is_wanted(activity.asset)]
    if did.after is not None:
        before = situation.by_signal.get(did.after)
        found = [activity for activity in found if before and activity.occurred > before[-1].occurred]
    return found


def _asset_check(wanted: str) -> Callable[[str], bool]:
    words = wanted.strip().casefold()
    if words.endswith("*"):
        return lambda asset: asset.strip().casefold().startswith(words[:-1])
    return lambda asset: asset.strip().casefold() == words


def _enough_now(dated: Dated, at_least: int, window: int | None, as_of: int) -> bool:
    """So many in the window that ends now; `within: 30d` is age < 2,592,000 s (SEMANTICS "Age")."""
    return len({key for occurred, key in dated if window is None or as_of - occurred < window}) >= at_least


def _enough_once(dated: Dated, at_least: int, window: int | None, as_of: int) -> bool:
    """So many in a window that ended with any of the activities: once true, always true."""

    def enough_at(moment: int) -> bool:
        return _enough_now([each for each in dated if each[0] <= moment], at_least, window, moment)

    return any(enough_at(moment) for moment in {occurred for occurred, _ in dated if occurred <= as_of})
