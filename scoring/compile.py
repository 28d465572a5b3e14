"""A definition, compiled once: closures for conditions, steps for fading, ready labels for receipts."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from sys import maxsize
from typing import NamedTuple

from scoring.conditions import Condition
from scoring.definition import Bonus, Definition, FitGroup, FitRow, Gate, IntentRow, Level, Rule, Tier
from scoring.evaluate import GAINS_ONLY, LOSES_ONLY, Check, check_of
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
"""Labels remembered per row; assets are addresses typed by the world, so the memory must end somewhere."""

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


Counted = tuple[str, Level, Count, Check | None]
"""A row of intent: its signal, level, and the attribute condition it may carry."""

FitLine = tuple[Check, int, Callable[[Mapping[str, Fact]], Part]]
"""A row of a fit group: its points and its part, which depends on the facts that the label tells."""


class FitLines(NamedTuple):
    """A fit group: the first line that matches counts."""

    is_fit: bool
    lines: tuple[FitLine, ...]


class Pattern(NamedTuple):
    """A bonus, with its finished part."""

    when: Check
    part: Part
    active: bool


class Silence(NamedTuple):
    """Inactivity: *part* counts from *none_for* seconds of silence on; *signal* None is any known signal."""

    signal: str | None
    none_for: int
    part: Part


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A definition ready to be applied. *definition* is kept so that its identity stays taken."""

    definition: Definition
    fit: tuple[FitLines, ...]
    intent: tuple[Counted, ...]
    fast_tracks: tuple[tuple[IntentRow, Check | None], ...]
    bonus: tuple[Pattern, ...]
    inactivity: tuple[Silence, ...]
    known_signals: frozenset[str]
    level_caps: tuple[tuple[Level, int], ...]
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

    caps = definition.caps
    by_level: dict[Level, int | None] = {
        "high": caps.high,
        "medium": caps.medium,
        "low": caps.low,
        "passive": caps.passive,
    }
    return Rulebook(
        definition=definition,
        fit=tuple(_fit_lines(group, definition) for group in definition.fit),
        intent=tuple(_counted(row, gates) for row in definition.intent.values() if _is_worth_something(row)),
        fast_tracks=tuple(_fast_track(row, gates) for row in definition.intent.values() if row.fast_track),
        bonus=tuple(_pattern(bonus, gates) for bonus in definition.bonus if bonus.points),
        inactivity=tuple(
            _silence(row.signal, row.none_for, row.points) for row in definition.inactivity if row.points
        ),
        known_signals=definition.known_signals if definition.inactivity else frozenset(),
        level_caps=tuple((level, most) for level, most in by_level.items() if most is not None),
        gates=tuple((gate, check_of(gate.when)) for gate in gates),
        rules=tuple((rule, check(rule.when)) for rule in definition.qualify_when),
        tiers=tuple((tier, None if tier.when is None else check(tier.when)) for tier in definition.tiers),
    )


def _fit_lines(group: FitGroup, definition: Definition) -> FitLines:
    lines = (
        (check_of(row.when, definition.gates), row.points, _fit_part(group, row, definition))
        for row in group.rows
    )
    return FitLines(group.counts_as == "fit", tuple(lines))


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


def _counted(row: IntentRow, gates: tuple[Gate, ...]) -> Counted:
    when = None if row.when is None else check_of(row.when, gates)
    return row.signal, row.level, _capped(row, _count(row)), when


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
        before = len(rows)
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
        times = len(rows) - before
        return worth * times, times if active else 0

    return count


def _capped(row: IntentRow, count: Count) -> Count:
    most = row.cap
    if most is None:
        return count
    label = cap_label(f"{row.label or sentence_case(row.signal)} counts", most)

    def capped(newest: list[Activity], as_of: int, rows: list[Part]) -> tuple[int, int]:
        total, deeds = count(newest, as_of, rows)
        if total <= most:
            return total, deeds
        rows.append(Part("intent", "cap", row.signal, most - total, label, row.level, None, None, None))
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


def _newest_of_each_asset(newest_first: list[Activity]) -> Iterable[Activity]:
    kept: dict[str | None, Activity] = {}
    for activity in newest_first:
        if activity[2] not in kept:
            kept[activity[2]] = activity
    return kept.values()


def _newest_of_each_day(newest_first: list[Activity]) -> Iterable[Activity]:
    kept: dict[int, Activity] = {}
    for activity in newest_first:
        kept.setdefault(activity.occurred // DAY, activity)
    return kept.values()


_ONCE: dict[str, Callable[[list[Activity]], Iterable[Activity]] | None] = {
    "event": None,
    "asset": _newest_of_each_asset,
    "day": _newest_of_each_day,
}


def _pattern(bonus: Bonus, gates: tuple[Gate, ...]) -> Pattern:
    windows = LOSES_ONLY if bonus.points > 0 else GAINS_ONLY
    part = Part(
        "intent", "bonus", bonus.name, bonus.points, sentence_case(bonus.name), bonus.level, None, None, None
    )
    return Pattern(check_of(bonus.when, gates, windows), part, bonus.points > 0 and bonus.level in ACTIVE)


def _silence(signal: str | None, none_for: timedelta, points: int) -> Silence:
    label = inactivity_label(signal, none_for)
    part = Part("intent", "inactivity", signal or "any", points, label, None, None, None, None)
    return Silence(signal, int(none_for.total_seconds()), part)


def level_cap(level: Level, most: int, excess: int) -> Part:
    """The row that takes *excess* points of one level away."""
    signals = "passive signals" if level == "passive" else f"{level}-intent signals"
    label = cap_label(f"{signals} count", most)
    return Part("intent", "cap", level, -excess, label, level, None, None, None)


def side_cap(side: Side, most: int, excess: int) -> Part:
    """The row that takes *excess* points of a whole side away."""
    return Part(side, "cap", side, -excess, cap_label(f"{side} counts", most), None, None, None, None)
