"""A definition, compiled once: closures for conditions, steps for fading, ready labels for receipts."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from sys import maxsize
from typing import NamedTuple

from scoring.conditions import All, Any, Condition, Has, Is, IsNot, Not, attributes_in, parts_of
from scoring.definition import Bonus, Caps, Definition, FitGroup, FitRow, Gate, IntentRow, Level, Rule, Tier
from scoring.evaluate import GAINS_ONLY, LOSES_ONLY, Check, Situation, check_of
from scoring.fading import DAY, fading_steps
from scoring.labels import (
    cap_label,
    fit_label,
    inactivity_label,
    intent_label,
    sentence_case,
    told_attributes,
)
from scoring.lead import Activity, Fact
from scoring.receipt import Part, Side

ACTIVE: frozenset[Level | None] = frozenset(("high", "medium", "low"))
"""Levels whose deeds are active intents. Source: SEMANTICS "Qualifying", "level low or better"."""

LABELS_KEPT = 4_096
"""Labels remembered per row, and outcomes per fit group; assets and facts are typed by the world, so the
memory must end somewhere."""

DEFINITIONS_KEPT = 32
"""Compiled definitions remembered: the current one, proposals and a few old versions with open hand-offs."""

NEVER = maxsize
"""An age in seconds that nothing reaches: the window of rows that do not expire."""


class Labels(dict[str | None, str]):
    """Asset to label of one row, filled as assets appear."""

    def __init__(self, row: IntentRow, nth: int) -> None:
        super().__init__()
        self._row = row
        self._nth = nth

    def __missing__(self, asset: str | None) -> str:
        label = intent_label(self._row, asset, self._nth)
        if len(self) < LABELS_KEPT:
            self[asset] = label
        return label


Worth = tuple[int, tuple[int, ...], tuple[int, ...], Labels]
"""What one occurrence gives while younger than the first field, in seconds: the points of the third field at
the place that says how many of the second field's ages in days it has reached."""

Count = Callable[[list[Activity], int, list[Part]], tuple[int, int]]
"""One signal's activities, newest first, at an epoch second: appends the receipt's rows, and returns the
points after the row's cap and how many of the occurrences are active intents."""


Counted = tuple[str, Level | None, Count, Check | None]
"""A row of intent: its signal, its level where that is capped, and the condition it may carry."""

FitLine = tuple[Check, Callable[[Mapping[str, Fact]], Part] | None]
"""A row of a fit group: its part, which depends on the facts that the label tells; None for 0 points."""

FitCount = Callable[[Situation], Part | None]
"""A fit group: the part of the first row that matches; None where none does or that row gives 0 points."""


class Cap(NamedTuple):
    """The most points of a side or of one level; *part* is the row that takes so many points away."""

    most: int
    part: Callable[[int], Part]


class Pattern(NamedTuple):
    """A bonus, with its finished part; *level* where that is capped."""

    when: Check
    part: Part
    level: Level | None
    active: bool


class Silence(NamedTuple):
    """Inactivity: *part* counts from *none_for* seconds of silence on; *signal* None is any known signal."""

    signal: str | None
    none_for: int
    part: Part


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A definition ready to be applied. *definition* is kept so that its identity stays taken.

    *undated* are the fit groups that count as intent.
    """

    definition: Definition
    fit: tuple[FitCount, ...]
    undated: tuple[FitCount, ...]
    intent: tuple[Counted, ...]
    fast_tracks: tuple[tuple[IntentRow, Check | None], ...]
    bonus: tuple[Pattern, ...]
    inactivity: tuple[Silence, ...]
    known_signals: frozenset[str]
    fit_cap: Cap | None
    intent_cap: Cap | None
    level_caps: tuple[tuple[Level, Cap], ...]
    gates: tuple[tuple[Gate, Check], ...]
    rules: tuple[tuple[Rule, Check], ...]
    tiers: tuple[tuple[Tier, Check | None], ...]


_KEPT: dict[int, Rulebook] = {}


def rulebook(definition: Definition) -> Rulebook:
    """The compiled *definition*; compiled at most once while it is among the latest ones used."""
    known = _KEPT.get(id(definition))
    if known is not None:
        return known
    if len(_KEPT) >= DEFINITIONS_KEPT:
        _KEPT.clear()
    compiled = _KEPT[id(definition)] = _compiled(definition)
    return compiled


def _compiled(definition: Definition) -> Rulebook:
    gates = definition.gates

    def check(condition: Condition) -> Check:
        return check_of(condition, gates)

    level_caps = _level_caps(definition.caps)
    rows = (row for row in definition.intent.values() if _is_worth_something(row))
    return Rulebook(
        definition=definition,
        fit=_fit_counts(definition, "fit"),
        undated=_fit_counts(definition, "intent"),
        intent=tuple(_counted(row, gates, level_caps) for row in rows),
        fast_tracks=tuple(_fast_track(row, gates) for row in definition.intent.values() if row.fast_track),
        bonus=tuple(_pattern(bonus, gates, level_caps) for bonus in definition.bonus if bonus.points),
        inactivity=tuple(
            _silence(row.signal, row.none_for, row.points) for row in definition.inactivity if row.points
        ),
        known_signals=definition.known_signals if definition.inactivity else frozenset(),
        fit_cap=_side_cap("fit", definition.caps.fit),
        intent_cap=_side_cap("intent", definition.caps.intent),
        level_caps=tuple(level_caps.items()),
        gates=tuple((gate, check_of(gate.when)) for gate in gates),
        rules=tuple((rule, check(rule.when)) for rule in definition.qualify_when),
        tiers=tuple((tier, None if tier.when is None else check(tier.when)) for tier in definition.tiers),
    )


def _fit_counts(definition: Definition, side: Side) -> tuple[FitCount, ...]:
    return tuple(_fit_count(group, definition) for group in definition.fit if group.counts_as == side)


def _fit_count(group: FitGroup, definition: Definition) -> FitCount:
    lines: list[FitLine] = [
        (check_of(row.when, definition.gates), _fit_part(group, row, definition) if row.points else None)
        for row in group.rows
    ]

    def count(situation: Situation) -> Part | None:
        for when, part in lines:
            if when(situation):
                return None if part is None else part(situation.facts)
        return None

    asked = [part for row in group.rows for part in parts_of(row.when)]
    if not all(isinstance(part, Is | IsNot | Has | Not | All | Any) for part in asked):
        return count  # numbers seldom repeat, and deeds are no facts
    return _remembered(count, tuple(dict.fromkeys(name for part in asked for name in attributes_in(part))))


def _remembered(count: FitCount, attributes: tuple[str, ...]) -> FitCount:
    """The outcome of a group by the facts it asks about: most leads share them."""
    kept: dict[object, Part | None] = {}

    def fresh(situation: Situation, told: object) -> Part | None:
        found = count(situation)
        # 1, 1.0 and True are one key to a dictionary and three words to a person: words alone are kept.
        if len(kept) < LABELS_KEPT and all(_is_word(situation.facts.get(name)) for name in attributes):
            kept[told] = found
        return found

    if len(attributes) == 1:
        (attribute,) = attributes

        def by_one(situation: Situation) -> Part | None:
            told = situation.facts.get(attribute)
            return kept[told] if told in kept else fresh(situation, told)

        return by_one

    def by_several(situation: Situation) -> Part | None:
        told = tuple(map(situation.facts.get, attributes))
        return kept[told] if told in kept else fresh(situation, told)

    return by_several


def _is_word(fact: Fact | None) -> bool:
    return fact is None or isinstance(fact, str)


def _fit_part(group: FitGroup, row: FitRow, definition: Definition) -> Callable[[Mapping[str, Fact]], Part]:
    """Parts are remembered by the facts their label tells: most leads share them."""

    def fresh(facts: Mapping[str, Fact]) -> Part:
        label = fit_label(row, facts, definition.target)
        return Part(group.counts_as, "fit", group.name, row.points, label, None, None, None, None)

    attributes = told_attributes(row)
    if not attributes:
        same_for_all = fresh({})
        return lambda _: same_for_all
    kept: dict[object, Part] = {}

    def part(facts: Mapping[str, Fact]) -> Part:
        told = tuple([facts.get(attribute) for attribute in attributes])
        found = kept.get(told)
        if found is None:
            found = fresh(facts)
            # 1, 1.0 and True are one key to a dictionary and three words to a person: words alone are kept.
            if len(kept) < LABELS_KEPT and all(isinstance(fact, str) for fact in told):
                kept[told] = found
        return found

    return part


def _is_worth_something(row: IntentRow) -> bool:
    return row.points != 0 if isinstance(row.points, int) else any(row.points)


def _fast_track(row: IntentRow, gates: tuple[Gate, ...]) -> tuple[IntentRow, Check | None]:
    return row, None if row.when is None else check_of(row.when, gates)


def _counted(row: IntentRow, gates: tuple[Gate, ...], level_caps: Mapping[Level, Cap]) -> Counted:
    when = None if row.when is None else check_of(row.when, gates)
    return row.signal, row.level if row.level in level_caps else None, _capped(row, _count(row)), when


def _count(row: IntentRow) -> Count:
    if isinstance(row.points, int) and (row.points < 0 or (row.within is None and row.half_life is None)):
        return _steady_count(row, row.points)
    points = (row.points,) if isinstance(row.points, int) else row.points
    listed = tuple(_worth(row, each, nth) for nth, each in enumerate(points, start=1))
    worths: Iterable[Worth] = repeat(listed[0]) if isinstance(row.points, int) else listed
    once, signal, level, active = _ONCE[row.every], row.signal, row.level, row.level in ACTIVE
    new = tuple.__new__  # half the time of Part(…), and it is in the innermost loop

    def count(newest: list[Activity], as_of: int, rows: list[Part]) -> tuple[int, int]:
        total = deeds = 0
        kept = newest if once is None or len(newest) == 1 else once(newest)
        for (window, starts, left, labels), activity in zip(worths, kept):  # noqa: B905
            occurred = activity[3]
            age = as_of - occurred
            if age >= window:
                continue
            points = left[bisect_right(starts, age // DAY)] if starts else left[0]
            if points:
                total += points
                if active and points > 0:
                    deeds += 1
                asset = activity[2]
                label = labels[asset]
                rows.append(
                    new(
                        Part, ("intent", "intent", signal, points, label, level, asset, occurred, activity[0])
                    )
                )
        return total, deeds

    return count


def _steady_count(row: IntentRow, worth: int) -> Count:
    """The common row, a scalar that neither fades nor expires: nothing to look up but the label."""
    once, signal, level, labels = _ONCE[row.every], row.signal, row.level, Labels(row, 1)
    new = tuple.__new__
    active = worth > 0 and level in ACTIVE

    def count(newest: list[Activity], _: int, rows: list[Part]) -> tuple[int, int]:
        kept = newest if once is None or len(newest) == 1 else once(newest)
        for activity in kept:
            asset = activity[2]
            fields = (
                "intent",
                "intent",
                signal,
                worth,
                labels[asset],
                level,
                asset,
                activity[3],
                activity[0],
            )
            rows.append(new(Part, fields))
        times = len(kept)
        return worth * times, times if active else 0

    return count


def _capped(row: IntentRow, count: Count) -> Count:
    if row.cap is None:
        return count
    most = row.cap
    label = cap_label(f"{row.label or sentence_case(row.signal)} counts", most)
    part = _cap_part("intent", row.signal, label, row.level)

    def capped(newest: list[Activity], as_of: int, rows: list[Part]) -> tuple[int, int]:
        total, deeds = count(newest, as_of, rows)
        if total <= most:
            return total, deeds
        rows.append(part(total - most))
        return most, deeds

    return capped


def _worth(row: IntentRow, points: int, nth: int) -> Worth:
    labels = Labels(row, nth)
    if points <= 0:  # only positive rows fade or expire
        return NEVER, (), (points,), labels
    window = NEVER if row.within is None else int(row.within.total_seconds())
    if row.half_life is None:
        return window, (), (points,), labels
    steps = fading_steps(points, row.half_life)
    return window, tuple(day for day, _ in steps[1:]), tuple(left for _, left in steps), labels


def _newest_of_each_asset(newest_first: list[Activity]) -> Collection[Activity]:
    kept: dict[str | None, Activity] = {}
    for activity in newest_first:
        if activity[2] not in kept:
            kept[activity[2]] = activity
    return kept.values()


def _newest_of_each_day(newest_first: list[Activity]) -> Collection[Activity]:
    kept: dict[int, Activity] = {}
    for activity in newest_first:
        kept.setdefault(activity.occurred // DAY, activity)
    return kept.values()


_ONCE: dict[str, Callable[[list[Activity]], Collection[Activity]] | None] = {
    "event": None,
    "asset": _newest_of_each_asset,
    "day": _newest_of_each_day,
}


def _pattern(bonus: Bonus, gates: tuple[Gate, ...], level_caps: Mapping[Level, Cap]) -> Pattern:
    windows = LOSES_ONLY if bonus.points > 0 else GAINS_ONLY
    part = Part(
        "intent", "bonus", bonus.name, bonus.points, sentence_case(bonus.name), bonus.level, None, None, None
    )
    level = bonus.level if bonus.level in level_caps else None
    active = bonus.points > 0 and bonus.level in ACTIVE
    return Pattern(check_of(bonus.when, gates, windows), part, level, active)


def _silence(signal: str | None, none_for: timedelta, points: int) -> Silence:
    label = inactivity_label(signal, none_for)
    part = Part("intent", "inactivity", signal or "any", points, label, None, None, None, None)
    return Silence(signal, int(none_for.total_seconds()), part)


def _side_cap(side: Side, most: int | None) -> Cap | None:
    if most is None:
        return None
    return Cap(most, _cap_part(side, side, cap_label(f"{side} counts", most), None))


def _level_caps(caps: Caps) -> dict[Level, Cap]:
    by_level: dict[Level, int | None] = {
        "high": caps.high,
        "medium": caps.medium,
        "low": caps.low,
        "passive": caps.passive,
    }
    return {level: _level_cap(level, most) for level, most in by_level.items() if most is not None}


def _level_cap(level: Level, most: int) -> Cap:
    signals = "passive signals" if level == "passive" else f"{level}-intent signals"
    return Cap(most, _cap_part("intent", level, cap_label(f"{signals} count", most), level))


def _cap_part(side: Side, name: str, label: str, level: Level | None) -> Callable[[int], Part]:
    """From so many points too many to the row that takes them away."""
    new = tuple.__new__

    def part(excess: int) -> Part:
        return new(Part, (side, "cap", name, -excess, label, level, None, None, None))

    return part
