"""The definition file: one written definition of a marketing qualified lead, read and checked.

`read_definition` takes the text; what comes out, and is re-exported here, is in `scoring.contract`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from scoring.contract import (
    Bands,
    Bonus,
    Caps,
    Contract,
    Definition,
    FitGroup,
    FitRow,
    Gate,
    Inactivity,
    IntentRow,
    Ladder,
    Level,
    Require,
    Rule,
    Tier,
)
from scoring.contractfile import ContractError, DefinitionError, Notes, paths, plant
from scoring.definition_doubts import doubts
from scoring.definition_promises import (
    read_again,
    read_bands,
    read_contract,
    read_ladder,
    read_pause,
    read_required,
    read_spot_check,
    read_stages,
    read_tiers,
    read_unreachable,
)
from scoring.definition_rows import (
    Targets,
    read_bonus,
    read_caps,
    read_fit,
    read_gate,
    read_inactivity,
    read_intent,
    read_require,
    read_rules,
    read_target,
    read_threshold,
)
from scoring.dispositions import DEFAULT_WAITS
from scoring.place import Fields, Place

__all__ = [
    "KEYS",
    "Bands",
    "Bonus",
    "Caps",
    "Contract",
    "ContractError",
    "Definition",
    "DefinitionError",
    "FitGroup",
    "FitRow",
    "Gate",
    "Inactivity",
    "IntentRow",
    "Ladder",
    "Level",
    "Require",
    "Rule",
    "Tier",
    "read_definition",
]

# Every key of the file's first level, as the written semantics list them under "Keys and defaults".
KEYS = (
    "name", "threshold", "require", "target", "gates", "fit", "intent", "bonus", "inactivity", "caps",
    "qualify_when", "tiers", "ladder", "decide", "ae_accept", "again", "qualify", "unreachable", "pause",
    "bands", "contract", "stages", "objective", "spot_check",
)  # fmt: skip
_REQUIRED = {
    "name": "B2B SaaS",
    "threshold": "50",
    "intent": "{demo_request: 50}",
    "tiers": "[{name: standard, first_touch: 24h}]",
}


def read_definition(text: str, file: str = "definition.yaml") -> Definition:
    """The definition written in *text* (YAML, 64 KiB at most); *file* is its name in sentences.

    Raises:
        DefinitionError: with every mistake of the file at once, a sentence each.
    """
    notes = Notes(file)
    root = plant(text, notes)
    if root is None:
        raise DefinitionError(notes.problems)
    fields = Place(root, "", notes).fields(KEYS, _REQUIRED)
    definition = _with_rows(fields)
    definition = _with_promises(fields, definition)
    if notes.problems:
        raise DefinitionError(notes.problems)
    told = tuple(f"{file}: {sentence}" for sentence in doubts(definition))
    return replace(definition, keys=frozenset(paths(root)), warnings=(*notes.warnings, *told))


def _with_rows(fields: Fields) -> Definition:
    none: Targets = {}
    target = fields.get("target", read_target, none)
    common = fields.get("ladder", lambda at: read_ladder(at, Ladder()), Ladder())
    return Definition(
        name=fields.get("name", Place.text, ""),
        threshold=fields.get("threshold", read_threshold, 1),
        intent=fields.get("intent", lambda at: read_intent(at, target), {}),
        tiers=fields.get("tiers", lambda at: read_tiers(at, target, common), ()),
        fit=fields.get("fit", lambda at: read_fit(at, target), ()),
        gates=fields.list_of("gates", lambda at: read_gate(at, target)),
        target=target,
        require=fields.get("require", read_require, Require()),
        bonus=fields.get("bonus", lambda at: read_bonus(at, target), ()),
        inactivity=fields.get("inactivity", read_inactivity, ()),
        caps=fields.get("caps", read_caps, Caps()),
        qualify_when=fields.get("qualify_when", lambda at: read_rules(at, target), ()),
    )


def _with_promises(fields: Fields, rows: Definition) -> Definition:
    attempts, over = fields.get(
        "unreachable", read_unreachable, (rows.unreachable_attempts, rows.unreachable_over)
    )
    reasons, limit = fields.get("pause", read_pause, (rows.pause_reasons, rows.pause_limit))
    sal, labels = fields.get("stages", read_stages, (rows.sal, rows.labels))
    share, at_most = fields.get("spot_check", read_spot_check, (Fraction(0), 0))
    return replace(
        rows,
        required_bant=fields.get("qualify", read_required, rows.required_bant),
        unreachable_attempts=attempts,
        unreachable_over=over,
        decide=fields.get("decide", Place.length, rows.decide),
        ae_accept=fields.get("ae_accept", Place.length, timedelta(days=1)),
        pause_reasons=reasons,
        pause_limit=limit,
        again=fields.get("again", read_again, dict(DEFAULT_WAITS)),
        contract=fields.get("contract", read_contract, Contract()),
        bands=fields.get("bands", read_bands, Bands()),
        sal=sal,
        labels=labels,
        objective=fields.get(
            "objective", lambda at: at.one_of(("expected_sql", "expected_value", "max_rate")), rows.objective
        ),
        spot_check_share=share,
        spot_check_at_most=at_most,
    )
