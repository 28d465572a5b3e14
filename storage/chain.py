"""The log's hash chain: each line of a hand-off's log carries a hash of itself and of the line before it.

A changed, deleted or reordered line breaks the chain from there on; the newest hash stands on the hand-off's
row too, and the anchors (storage.audit) keep it under a key. Nothing about the lead is part of a line.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC
from typing import Any

FIELDS = (
    "handoff_id",
    "n",
    "action",
    "from_stage",
    "to_stage",
    "owner",
    "actor",
    "source",
    "reason",
    "undoes",
)
"""The columns of a line that its hash covers, beside its time and its salt."""


def salt() -> str:
    """Sixteen random hex digits, so that equal lines have different hashes."""
    return secrets.token_hex(8)


def link(before: str | None, line: Mapping[str, Any]) -> str:
    """The hash of *line* (a transition's columns) after the line whose hash is *before*; 64 hex digits."""
    told = [
        before or "",
        line["salt"],
        line["at"].astimezone(UTC).isoformat(),
        *(line[name] for name in FIELDS),
    ]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()
