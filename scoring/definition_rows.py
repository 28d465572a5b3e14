"""The parts of the definition that give points or decide: gates, fit, intent, bonus, silence and rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Literal

from scoring.asking import in_a_gate, in_a_row, in_a_rule
from scoring.conditions import All, Condition, attributes_in
from scoring.contract import (
    Bonus,
    Caps,
    FitGroup,
    FitRow,
    Gate,
    Inactivity,
    IntentRow,
    Level,
    Require,
    Rule,
)
from scoring.grammar import Scope, clauses, condition, joined, signal_name
from scoring.passing_time import raised_by_time
from scoring.place import LARGEST_COUNT, Fields, Place
from scoring.wording import heading

LEVELS: tuple[Level, ...] = ("high", "medium", "low", "passive")
EVERY: tuple[Literal["event", "asset", "day"], ...] = ("event", "asset", "day")
# Far above any table that people can read (today's largest gives 50 a row), and safe to sum.
MOST_POINTS = 10_000
MOST_NUMBERED = 100
GATE_WORDS = frozenset(("hard", "unknown", "label", "when"))
FIT_WORDS = frozenset(("points", "label", "when"))
INTENT_WORDS = frozenset(
    ("points", "level", "within", "half_life", "cap", "every", "fast_track", "label", "when")
)
RULE_WORDS = frozenset(("name", "require", "when"))

Targets = dict[str, tuple[str, ...]]


def points(place: Place) -> int:
    """Whole points of one row."""
    return place.whole(-MOST_POINTS, MOST_POINTS)


def unlike_earlier(places: Iterable[tuple[Place, str]]) -> None:
    """Note each name that stood before."""
    seen: set[str] = set()
    for place, name in places:
        if name.casefold() in seen:
            place.wrong(f'has the name "{name}" a second time; give each its own.')
        seen.add(name.casefold())


def read_target(place: Place) -> Targets:
    """The named target lists: `functions: [marketing, sales]`."""
    return {
        name: tuple(dict.fromkeys(item.text() for item in listing.one_or_more("software")))
        for name, listing in place.entries("{functions: [marketing, sales]}").items()
    }


def _with_when(
    place: Place, own: Collection[str], scope: Scope, subject: str | None = None
) -> Condition | None:
    """What a row asks: its `when` and every key that is not one of the row's *own* words."""
    entries = place.entries()
    found = [condition(entries["when"], scope)] if "when" in entries else []
    others = {name: entry for name, entry in entries.items() if name not in own}
    if others:
        found += clauses(place, others, scope, subject)
    return joined(found)


def _own(place: Place, words: Collection[str]) -> Fields:
    entries = place.entries()
    return Fields(place, {name: entry for name, entry in entries.items() if name in words})


def read_gate(place: Place, target: Targets) -> Gate:
    """One gate: its condition, `hard`, and what a missing fact does."""
    own = _own(place, GATE_WORDS)
    when = _with_when(place, GATE_WORDS, in_a_gate(target, GATE_WORDS))
    if when is None:
        _asks_nothing(place, GATE_WORDS, "{attribute: employees, between: [11, 5000]}")
        when = All(())
    elif "unknown" in own and not attributes_in(when):
        place.doubtful("says what an unknown fact does and asks about no attribute; remove unknown.")
    return Gate(
        when=when,
        hard=own.get("hard", Place.yes_no, False),
        unknown=own.get("unknown", lambda at: at.one_of(("pass", "hold", "fail")), "pass"),
        label=own.get("label", Place.text, heading(when)),
    )


def _asks_nothing(place: Place, own: Collection[str], example: str) -> None:
    """Note a row of nothing but its own words; any other key has its own mistake already."""
    entries = place.entries()
    if entries and all(name in own for name in entries):
        place.wrong(f"asks nothing; write a condition such as {example}.")


def read_fit(place: Place, target: Targets) -> tuple[FitGroup, ...]:
    """The fit groups, in the order of the file."""
    groups = place.entries("{employees: [{between: [50, 500], points: 10}]}")
    return tuple(_fit_group(entry, name, target) for name, entry in groups.items())


def _fit_group(place: Place, name: str, target: Targets) -> FitGroup:
    if isinstance(place.node.value, tuple):
        return FitGroup(name, _fit_rows(place, name, target))
    group = place.fields(("counts_as", "rows"), {"rows": "[{is: …, points: 10}]"})
    return FitGroup(
        name,
        rows=group.get("rows", lambda at: _fit_rows(at, name, target), ()),
        counts_as=group.get("counts_as", lambda at: at.one_of(("fit", "intent")), "fit"),
    )


def _fit_rows(place: Place, name: str, target: Targets) -> tuple[FitRow, ...]:
    rows = place.items("[{is: …, points: 10}]")
    if place.node.value == ():
        place.wrong("has no rows; write at least one, or remove the group.")
    found = tuple(_fit_row(row, name, target) for row in rows)
    for at, row in enumerate(found):
        if row.when in [earlier.when for earlier in found[:at]]:
            rows[at].doubtful(
                "asks the same as a row above it and never counts: the first that matches does."
            )
        below = (later.points for later in found[at + 1 :])
        _unmoved_by_time(rows[at], row.when, (row.points,), (0, *below))
    return found


def _unmoved_by_time(
    place: Place, when: Condition | None, worth: Collection[int], otherwise: Collection[int] = (0,)
) -> None:
    why = None if when is None else raised_by_time(when, worth, otherwise)
    if why is not None:
        place.wrong(why)


def _fit_row(place: Place, name: str, target: Targets) -> FitRow:
    own = _own(place, FIT_WORDS)
    when = _with_when(place, FIT_WORDS, in_a_row("a row of fit", target, FIT_WORDS), subject=name)
    if when is None:
        _asks_nothing(place, FIT_WORDS, "{is: …, points: 10}")
    _needs_points(place)
    return FitRow(when or All(()), own.get("points", points, 0), own.get("label", Place.text, None))


def _needs_points(place: Place) -> None:
    entries = place.entries()
    if entries and "points" not in entries:
        place.wrong("lacks points; write points: 10.")


def read_intent(place: Place, target: Targets) -> dict[str, IntentRow]:
    """Signal to what it is worth."""
    rows = place.entries("{demo_request: 50}")
    if place.node.value == {}:
        place.wrong("names no signal; write at least one, such as demo_request: 50.")
    return {name: _intent_row(entry, name, target) for name, entry in rows.items()}


def _intent_row(place: Place, name: str, target: Targets) -> IntentRow:
    if name == "any":
        place.wrong("cannot be a signal's name: `any` stands for every signal under inactivity; rename it.")
    if isinstance(place.node.value, int | float | str | tuple | None):
        worth = _worth(place)
        return IntentRow(name, worth, every=_usual_every(name, worth))
    own = _own(place, INTENT_WORDS)
    _needs_points(place)
    if "within" in own and "signal" in place.entries():
        place.wrong(
            "has a within that could be the row's or the signal's; write when: {signal: …} for the latter."
        )
    worth = own.get("points", _worth, 0)
    row = IntentRow(
        signal=name,
        points=worth,
        level=own.get("level", lambda at: at.one_of(LEVELS), "low"),
        within=own.get("within", Place.length, None),
        half_life=own.get("half_life", Place.length, None),
        cap=own.get("cap", Place.count, None),
        every=own.get("every", lambda at: at.one_of(EVERY), _usual_every(name, worth)),
        fast_track=own.get("fast_track", Place.yes_no, False),
        when=_with_when(place, INTENT_WORDS, in_a_row("a row of intent", target, INTENT_WORDS)),
        label=own.get("label", Place.text, None),
    )
    _unmoved_by_time(place, row.when, (worth,) if isinstance(worth, int) else worth)
    if row.fast_track and row.level == "passive":
        place.doubtful("is a fast track for something passive; give it level: high, or remove fast_track.")
    return row


def _worth(place: Place) -> int | tuple[int, ...]:
    if not isinstance(place.node.value, tuple):
        return points(place)
    if not 1 <= len(place.node.value) <= MOST_NUMBERED:
        place.expected(f"a list of 1 to {MOST_NUMBERED} numbers", "[15, 10]")
    return tuple(points(item) for item in place.items())


def _usual_every(signal: str, worth: int | tuple[int, ...]) -> Literal["event", "asset"]:
    """A list numbers events, and so do e-mail clicks; every other scalar counts distinct assets."""
    return "event" if isinstance(worth, tuple) or signal.startswith("email_click") else "asset"


def read_bonus(place: Place, target: Targets) -> tuple[Bonus, ...]:
    """The bonuses, in the order of the file."""
    rows = place.items("[{name: several visits, when: {signal: pricing_page, at_least: 3}, points: 10}]")
    found = tuple(_bonus(row, target) for row in rows)
    unlike_earlier(zip(rows, (row.name for row in found), strict=True))
    return found


def _bonus(place: Place, target: Targets) -> Bonus:
    needed = {
        "name": "several visits in a week",
        "when": "{signal: pricing_page, at_least: 3}",
        "points": "10",
    }
    row = place.fields(("name", "when", "points", "level"), needed)
    scope = in_a_row("a bonus", target)
    return Bonus(
        name=row.get("name", Place.text, place.key),
        when=row.get("when", lambda at: condition(at, scope), All(())),
        points=row.get("points", points, 0),
        level=row.get("level", lambda at: at.one_of(LEVELS), None),
    )


def read_inactivity(place: Place) -> tuple[Inactivity, ...]:
    """One silence or a list of them."""
    rows = place.items() if isinstance(place.node.value, tuple) else [place]
    return tuple(_silence(row) for row in rows)


def _silence(place: Place) -> Inactivity:
    row = place.fields(("signal", "none_for", "points"), {"none_for": "30d", "points": "-5"})
    return Inactivity(
        none_for=row.get("none_for", Place.length, timedelta(days=30)),
        points=row.get("points", _loss, -1),
        signal=row.get("signal", lambda at: None if at.node.value == "any" else signal_name(at), None),
    )


def _loss(place: Place) -> int:
    worth = points(place)
    if worth >= 0 and place.node.value == worth:
        place.expected("below 0, since time alone never raises a score", f"-{worth or 5}")
    return worth


def read_caps(place: Place) -> Caps:
    """The most points of each side and level."""
    known = ("intent", "fit", *LEVELS)
    caps = place.fields(known)
    return Caps(**{name: caps.get(name, Place.count, None) for name in known})


def read_require(place: Place) -> Require:
    """The minimums beside the threshold."""
    minimums = place.fields(("active_intent", "fit", "intent"))
    return Require(
        active_intent=minimums.get("active_intent", Place.count, 0),
        fit=minimums.get("fit", Place.whole, None),
        intent=minimums.get("intent", Place.whole, None),
    )


def read_rules(place: Place, target: Targets) -> tuple[Rule, ...]:
    """The rules beside the points, in the order of the file."""
    rows = place.items("[{name: case study reader, all: [{signal: case_study}, {signal: pricing_page}]}]")
    found = tuple(_rule(row, target) for row in rows)
    unlike_earlier(zip(rows, (rule.name for rule in found), strict=True))
    return found


def _rule(place: Place, target: Targets) -> Rule:
    own = _own(place, RULE_WORDS)
    when = _with_when(place, RULE_WORDS, in_a_rule(target, RULE_WORDS))
    if place.entries() and "name" not in own:
        place.wrong("lacks name; write name: case study reader.")
    if when is None:
        _asks_nothing(place, RULE_WORDS, "all: [{signal: case_study}, {signal: pricing_page}]")
    return Rule(
        name=own.get("name", Place.text, place.key),
        when=when or All(()),
        waived=own.get("require", lambda at: at.one_of(("none",)) == "none", False),
    )


def read_threshold(place: Place) -> int:
    """The points from which a lead qualifies; 1 or more."""
    return place.whole(1, LARGEST_COUNT)
