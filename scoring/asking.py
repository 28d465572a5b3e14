"""What a condition may ask in each place: all that is known when the place's turn comes, nothing that follows.

The order is that of SEMANTICS "Qualifying": points, gates, fast track, rules, tier, and then segments, which
may ask everything. `signal` and `returning` are known from the start.
"""

from collections.abc import Mapping
from dataclasses import replace

from scoring.grammar import HANDOFF_WORDS, Scope

Targets = Mapping[str, tuple[str, ...]]

_ROW = Scope(
    "a row",
    frozenset(("signal", "returning")),
    unknown_there={
        "score": "the score is the sum of the rows",
        "gates": "gates are asked after the score, and may ask for it",
        "fit_check": "it follows from the gates, which are asked after the score",
        "tier": "the tier follows from the score",
    },
)
_GATE = Scope(
    "a gate",
    _ROW.kinds | {"score"},
    unknown_there={
        "gates": "a gate would wait for its own answer",
        "fit_check": "it follows from the gates",
        "tier": "the tier is chosen after the gates are asked",
    },
)
_RULE = Scope(
    "a rule",
    _GATE.kinds | {"gates"},
    unknown_there={
        "fit_check": "only the fast track gives it, and what the fast track takes needs no rule",
        "tier": "the tier is chosen when a lead has qualified",
    },
)
_TIER = Scope(
    "a tier",
    _RULE.kinds | {"fit_check"},
    unknown_there={"tier": "a tier would wait for its own answer"},
)

IN_A_SEGMENT = Scope("a segment", frozenset(("signal", *HANDOFF_WORDS)))


def in_a_row(where: str, target: Targets, own: frozenset[str] = frozenset()) -> Scope:
    """The scope of a row that gives points, called *where*; *own* are the row's keys."""
    return replace(_ROW, where=where, target=target, row_words=own)


def in_a_gate(target: Targets, own: frozenset[str]) -> Scope:
    """The scope of a gate with the keys *own*."""
    return replace(_GATE, target=target, row_words=own)


def in_a_rule(target: Targets, own: frozenset[str]) -> Scope:
    """The scope of a rule of `qualify_when` with the keys *own*."""
    return replace(_RULE, target=target, row_words=own)


def in_a_tier(target: Targets) -> Scope:
    """The scope of a tier."""
    return replace(_TIER, target=target)
