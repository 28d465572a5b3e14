"""Conditions in plain English: for gates on a card, for `/mql why`, and for whoever reads the definition."""

from __future__ import annotations

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
from scoring.durations import spoken
from scoring.grammar import spaced
from scoring.lead import Scalar
from scoring.place import listed

# Attributes that are counted in people, so that the number comes first: "11–5,000 employees".
_COUNTED = frozenset(("employees", "staff", "seats", "users", "locations"))


def describe(condition: Condition) -> str:
    """The condition in plain English, without capital and full stop: "country is DE or GB".

    Parts of `any` inside `all`, and of `all` inside `any`, stand in brackets.
    """
    match condition:
        case Is(attribute, values):
            return f"{spaced(attribute)} is {_values(values)}"
        case IsNot(attribute, values):
            return f"{spaced(attribute)} is not {_values(values)}"
        case Has(attribute, values):
            return f"{spaced(attribute)} has {_values(values)}"
        case Between(attribute, low, high):
            return _range(spaced(attribute), low, high)
        case Did():
            return _did(condition)
        case All(parts):
            return " and ".join(_bracketed(part) for part in parts)
        case Any(parts):
            return " or ".join(_bracketed(part) for part in parts)
        case Not(part):
            return f"not ({describe(part)})"
        case _:
            return _about_the_handoff(condition)


def heading(condition: Condition) -> str:
    """The same with a capital, as the label of a gate: "Country is not CU, IR, KP or SY"."""
    text = describe(condition)
    return text[:1].upper() + text[1:]


def _about_the_handoff(condition: ScoreAtLeast | GatesPass | Returning | FitCheck | InTier) -> str:
    match condition:
        case ScoreAtLeast(points):
            return f"score {points:,} or more"
        case GatesPass():
            return "every gate passes"
        case Returning(expected):
            return "the lead is returning" if expected else "the lead is not returning"
        case FitCheck(expected):
            return "fit is to be checked" if expected else "fit is not to be checked"
        case InTier(names):
            return f"tier is {listed(names)}"


def _bracketed(part: Condition) -> str:
    return f"({describe(part)})" if isinstance(part, All | Any) and len(part.parts) > 1 else describe(part)


def _values(values: tuple[Scalar, ...]) -> str:
    return listed(_value(value) for value in values)


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:,}"


def _range(attribute: str, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        bounds = f"{low:,} or more" if low is not None else f"at most {high:,}"
    else:
        bounds = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    return f"{bounds} {attribute}" if attribute in _COUNTED else f"{attribute} {bounds}"


def _did(did: Did) -> str:
    words = []
    if did.distinct is not None:
        counted = "different assets" if did.distinct == "asset" else "different days"
        words.append(f"{did.at_least:,} or more {counted} of")
    elif did.at_least > 1:
        words.append(f"{did.at_least:,} or more of")
    words.append(listed(did.signals))
    if did.asset is not None:
        words.append(f'on "{did.asset}"')
    if did.after is not None:
        words.append(f"after {did.after}")
    if did.within is not None:
        words.append(f"within {spoken(did.within)}")
    return " ".join(words)
