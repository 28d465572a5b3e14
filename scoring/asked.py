"""Which facts the rules compare, and with what: what is worth finding out about a lead."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scoring.conditions import Between, Condition, Has, Is, IsNot, parts_of
from scoring.contract import Definition
from scoring.lead import Scalar
from scoring.roster import Team

Kind = Literal["text", "number", "truth", "list"]

ABOUT_THE_ADDRESS = frozenset({"email", "email_kind", "email_domain"})
"""Facts that the address itself tells; nobody types them."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An attribute that rules compare. *values*: what they compare it with, each once; empty for bounds."""

    name: str
    kind: Kind
    values: tuple[Scalar, ...]


def compared(definition: Definition, team: Team) -> dict[str, Compared]:
    """The attributes that gates, rows of fit, tiers and segments compare, in that order, by name."""
    found: dict[str, list[Is | IsNot | Between | Has]] = {}
    for condition in _conditions(definition, team):
        for part in parts_of(condition):
            if isinstance(part, Is | IsNot | Between | Has) and part.attribute not in ABOUT_THE_ADDRESS:
                found.setdefault(part.attribute, []).append(part)
    return {name: Compared(name, _kind(parts), _values(parts)) for name, parts in found.items()}


def _conditions(definition: Definition, team: Team) -> Iterator[Condition]:
    asked: list[Condition | None] = [gate.when for gate in definition.gates]
    asked += [row.when for group in definition.fit for row in group.rows]
    asked += [tier.when for tier in definition.tiers]
    asked += [segment.when for segment in team.segments]
    yield from (when for when in asked if when is not None)


def _values(parts: list[Is | IsNot | Between | Has]) -> tuple[Scalar, ...]:
    return tuple(dict.fromkeys(v for part in parts if not isinstance(part, Between) for v in part.values))


def _kind(parts: list[Is | IsNot | Between | Has]) -> Kind:
    if any(isinstance(part, Has) for part in parts):
        return "list"
    values = _values(parts)
    if values and all(isinstance(value, bool) for value in values):
        return "truth"
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return "number" if numbers else "text"


def wanted(held: tuple[str, ...], known: frozenset[str], rules: dict[str, Compared], most: int) -> list[str]:
    """What to ask about a lead: what gates on hold lack (*held*), then what else rules compare and nobody knows.

    Where the title is unknown it is asked instead of what it says.
    """
    names = [name for name in held if name not in ABOUT_THE_ADDRESS]
    names += [name for name in rules if name not in known]
    asked = (
        "title" if name in ("seniority", "function") and "title" not in known else name for name in names
    )
    return list(dict.fromkeys(asked))[:most]
