"""Broken promises: what was in the way is written down once, and counted from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage.statements import rows_of

_T = SQLModel.metadata.tables
_B, _LOG, _CARD, _H = _T["breach"].c, _T["transition"].c, _T["card"].c, _T["handoff"].c

_WATCHES = select(_LOG.at, _LOG.owner).where(_LOG.handoff_id == bindparam("handoff")).order_by(_LOG.n)
_POSTED = (
    select(_CARD.ts, _CARD.posted_after_s)
    .join_from(_T["handoff"], _T["card"], _CARD.id == _H.card_id)
    .where(_H.id == bindparam("handoff"))
)
_OF_HANDOFF = select(_B.causes).where(_B.handoff_id == bindparam("handoff")).order_by(_B.id).limit(1)


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise; *causes* are seconds by cause (scoring.attribution)."""

    handoff_id: int
    step: str
    at: datetime
    owner: str | None
    segment: str
    tier: str
    causes: Mapping[str, int]


def note(session: Session, breach: Breach) -> None:
    """Write it down; the same step of a hand-off once."""
    row = {
        "handoff_id": breach.handoff_id,
        "step": breach.step,
        "at": breach.at,
        "owner": breach.owner,
        "segment": breach.segment,
        "tier": breach.tier,
        "causes": dict(breach.causes),
    }
    session.connection().execute(_note_statement(session.get_bind().dialect.name), row)


@cache
def _note_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_T["breach"])
    return statement.on_conflict_do_nothing(index_elements=["handoff_id", "step"])


def watches(session: Session, handoff_id: int) -> list[tuple[datetime, str | None]]:
    """Whose the hand-off was from when on, the oldest line of its log first."""
    return [(at, owner) for at, owner in rows_of(session, _WATCHES, handoff=handoff_id)]


def posted_after(session: Session, handoff_id: int) -> timedelta | None:
    """How long the hand-off's card took to be in Slack; None while it is not there."""
    found = next(iter(rows_of(session, _POSTED, handoff=handoff_id)), None)
    if found is None or found[0] is None:
        return None
    return timedelta(seconds=found[1] or 0)


def causes_of(session: Session, handoff_id: int) -> dict[str, int]:
    """The seconds by cause of the hand-off's first breach; empty where its promise is kept so far."""
    return next((dict(causes) for (causes,) in rows_of(session, _OF_HANDOFF, handoff=handoff_id)), {})
