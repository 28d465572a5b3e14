"""The one grammar for conditions, read from the file and reduced to the canonical forms.

`{attribute, is | is_not | between | has}`, `{signal, asset, at_least, within, distinct, after}`,
`{score: n}`, `{gates: pass}`, `{returning: true}`, `{fit_check: true}`, `{tier: name}`, nested in `all`,
`any`, `not`. `NAME: value or list` and `NAME: {between: …}` are short for an attribute; several keys mean
all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
from scoring.lead import Scalar
from scoring.place import RESEMBLES, Place, listed, nearest

COMPARISONS = ("is", "is_not", "between", "has")
SIGNAL_WORDS = ("asset", "at_least", "within", "distinct", "after")
HANDOFF_WORDS = ("score", "gates", "returning", "fit_check", "tier")
NESTING = ("all", "any", "not")
RESERVED = frozenset(("attribute", "signal", *COMPARISONS, *SIGNAL_WORDS, *HANDOFF_WORDS, *NESTING))
MOST_TIMES = 1_000
_NAME = re.compile(r"[^\s.*\[\]{}][^*\[\]{}]{0,79}")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a condition stands and what it may ask there.

    Attributes:
        where: the place in words, for refusals: "a gate".
        kinds: what may be asked beside attributes: "signal" and the words about the hand-off.
        target: the definition's target lists.
        row_words: keys of the row around the condition, so that their misspellings are not attributes.
        unknown_there: why the other words cannot be asked there, for refusals.
    """

    where: str
    kinds: frozenset[str] = frozenset()
    target: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    row_words: frozenset[str] = frozenset()
    unknown_there: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Clause:
    """The keys of one mapping that together make a condition."""

    place: Place
    entries: Mapping[str, Place]
    scope: Scope
    subject: str | None


def condition(place: Place, scope: Scope) -> Condition:
    """The condition written at *place*; `All(())` after a mistake."""
    return joined(clauses(place, place.entries("{country: GB}"), scope)) or All(())


def joined(parts: list[Condition]) -> Condition | None:
    """One condition of several that must all hold; None of none."""
    return parts[0] if len(parts) == 1 else All(tuple(parts)) if parts else None


def clauses(
    place: Place, entries: Mapping[str, Place], scope: Scope, subject: str | None = None
) -> list[Condition]:
    """The conditions the keys *entries* of the mapping at *place* make; *subject* is what `is` is about."""
    if "attribute" in entries:
        subject = attribute_name(entries["attribute"])
        if not any(word in entries for word in COMPARISONS):
            place.wrong(f"names an attribute without a comparison; add {listed(COMPARISONS)}.")
    if not entries and isinstance(place.node.value, Mapping):
        place.wrong("asks nothing; write a condition such as country: GB, or remove it.")
    clause = _Clause(place, entries, scope, subject)
    found = [_part(clause, word) for word in entries if word not in ("attribute", *SIGNAL_WORDS)]
    if "signal" not in entries:
        for word in SIGNAL_WORDS:
            if word in entries:
                entries[word].wrong("stands without a signal; add signal: NAME beside it.")
    return [part for part in found if part is not None]


def _part(clause: _Clause, word: str) -> Condition | None:
    place = clause.entries[word]
    if word in COMPARISONS:
        if clause.subject is None:
            place.wrong("does not say of what; add attribute: NAME beside it.")
            return None
        return _compared(place, word, clause)
    if word == "signal" or word in HANDOFF_WORDS:
        if word not in clause.scope.kinds:
            _refuse(place, word, clause.scope)
            return None
        return _did(clause) if word == "signal" else _ABOUT_THE_HANDOFF[word](place)
    if word in NESTING:
        return _nested(place, word, clause.scope)
    return _shorthand(place, word, clause.scope)


def _refuse(place: Place, word: str, scope: Scope) -> None:
    why = f", because {scope.unknown_there[word]}" if word in scope.unknown_there else ""
    allowed = listed(("attributes", *sorted(f"`{kind}`" for kind in scope.kinds)), "and")
    place.wrong(f"cannot be asked in {scope.where}{why}; it may ask about {allowed} only.")


def _nested(place: Place, word: str, scope: Scope) -> Condition:
    if word == "not":
        return Not(condition(place, scope))
    parts = tuple(condition(item, scope) for item in place.items("[{country: GB}, {signal: demo_request}]"))
    if not parts:
        place.wrong("lists nothing; write the conditions as a list.")
    return All(parts) if word == "all" else Any(parts)


def _shorthand(place: Place, word: str, scope: Scope) -> Condition | None:
    meant = nearest(word, RESERVED | scope.row_words, RESEMBLES)
    if meant is not None:
        place.wrong(
            f"looks like a misspelt {meant}; write {meant}, or {{attribute: {word}, is: …}} for an attribute."
        )
        return None
    name = _checked_name(place, word)
    if not isinstance(place.node.value, Mapping):
        return Is(name, _values(place, name, scope))
    entries = place.fields(COMPARISONS).entries
    if not entries:
        place.wrong(f"compares with nothing; write {listed(COMPARISONS)}.")
    clause = _Clause(place, entries, scope, name)
    return joined([_compared(entries[each], each, clause) for each in COMPARISONS if each in entries])


def _compared(place: Place, word: str, clause: _Clause) -> Condition:
    name = clause.subject or "?"
    if word == "between":
        return _between(place, name)
    values = _values(place, name, clause.scope)
    if word == "is":
        return Is(name, values)
    return IsNot(name, values) if word == "is_not" else Has(name, values)


def _between(place: Place, name: str) -> Between:
    bounds = place.items("[11, 5000]")
    if len(bounds) != 2:
        if bounds or place.node.value == ():
            place.wrong(f"needs two bounds, not {len(bounds)}; write {place.word}: [11, 5000].")
        return Between(name, None, None)
    low, high = (None if bound.node.value is None else bound.number() for bound in bounds)
    if low is None and high is None:
        place.wrong("leaves both bounds open and says nothing; write at least one number.")
    elif low is not None and high is not None and low > high:
        place.wrong(f"has its bounds the wrong way round; write {place.word}: [{high:g}, {low:g}].")
    return Between(name, low, high)


def _values(place: Place, name: str, scope: Scope) -> tuple[Scalar, ...]:
    found: list[Scalar] = []
    for item in place.one_or_more("GB"):
        value = item.scalar()
        found.extend(_target(item, name, scope) if value == "target" else (value,))
    return tuple(dict.fromkeys(found))


def _target(place: Place, name: str, scope: Scope) -> tuple[str, ...]:
    for list_name in (plural(name), name):
        if list_name in scope.target:
            return scope.target[list_name]
    place.wrong(
        f"asks for a target {spaced(name)}, but there is no such list; write target: {{{plural(name)}: […]}} "
        "in the definition, or the values here."
    )
    return ()


def plural(word: str) -> str:
    """The name of an attribute's target list: function → functions, industry → industries."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def spaced(name: str) -> str:
    """An attribute's name as people write it: email_kind → "email kind"."""
    return name.replace("_", " ")


def attribute_name(place: Place) -> str:
    """The attribute named at *place*."""
    return _checked_name(place, place.text())


def _checked_name(place: Place, name: str) -> str:
    if not _NAME.fullmatch(name):
        place.wrong("is no name; write a word of up to 80 characters such as country, without * [ ] { }.")
    return name


def _did(clause: _Clause) -> Did:
    at = clause.entries
    names = tuple(dict.fromkeys(signal_name(item) for item in at["signal"].one_or_more("demo_request")))
    return Did(
        signals=names,
        asset=_asset(at["asset"]) if "asset" in at else None,
        at_least=at["at_least"].whole(1, MOST_TIMES) if "at_least" in at else 1,
        within=at["within"].length() if "within" in at else None,
        distinct=at["distinct"].one_of(("asset", "day")) if "distinct" in at else None,
        after=signal_name(at["after"]) if "after" in at else None,
    )


def signal_name(place: Place) -> str:
    """The signal named at *place*."""
    name = _checked_name(place, place.text())
    if name == "any":
        place.wrong(
            "means a signal named any; `any` stands for every signal under inactivity only: name the signals."
        )
    return name


def _asset(place: Place) -> str:
    asset = place.text()
    if "*" in asset[:-1]:
        place.wrong('may hold * at its end only; write asset: "Enterprise*".')
    return asset


def _gates(place: Place) -> GatesPass:
    place.one_of(("pass",))
    return GatesPass()


def _tier(place: Place) -> InTier:
    return InTier(tuple(item.text() for item in place.one_or_more("demo")))


_ABOUT_THE_HANDOFF: dict[str, Callable[[Place], Condition]] = {
    "score": lambda place: ScoreAtLeast(place.whole()),
    "gates": _gates,
    "returning": lambda place: Returning(place.yes_no()),
    "fit_check": lambda place: FitCheck(place.yes_no()),
    "tier": _tier,
}
