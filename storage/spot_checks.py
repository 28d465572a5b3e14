"""Draws for leads below the line, and how many such leads each person has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage.handoffs import HANDOFFS
from storage.statements import among, on_postgres, rows_among, rows_of

_DRAWS = SQLModel.metadata.tables["spot_check"]
_H = HANDOFFS.c

# Built once: where spot checks are on, intake asks for every lead below the line.
_DRAWN = among(select(_DRAWS.c.lead_id).where(_DRAWS.c.quarter == bindparam("of_quarter")), _DRAWS.c.lead_id)
_GIVEN = (
    select(_H.owner, func.count())
    .where(_H.origin == "spot_check", _H.crossed_at >= bindparam("since"), _H.owner.is_not(None))
    .group_by(_H.owner)
)
_OPEN = select(_H.owner, func.count()).where(_H.ended_at.is_(None), _H.owner.is_not(None)).group_by(_H.owner)
_HANDED = (
    update(_DRAWS)
    .where(_DRAWS.c.lead_id == bindparam("of_lead"), _DRAWS.c.quarter == bindparam("of_quarter"))
    .values(handoff_id=bindparam("handoff"))
)


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw: the lead, and what it was drawn with, 0 where nobody had room."""

    lead: int
    probability: float


def drawn(session: Session, leads: Iterable[int], quarter: str) -> set[int]:
    """Those of *leads* that had their draw in *quarter*."""
    return {lead for (lead,) in rows_among(session, _DRAWN, sorted(set(leads)), of_quarter=quarter)}


def record(session: Session, draws: Sequence[Draw], quarter: str, at: datetime) -> None:
    """Keep the draws of *quarter*; a lead's first one stays."""
    if draws:
        rows = [
            {"lead_id": each.lead, "quarter": quarter, "at": at, "probability": each.probability}
            for each in draws
        ]
        session.connection().execute(_record_statement(on_postgres(session)), rows)


@cache
def _record_statement(on_postgres: bool) -> Any:
    statement = (postgresql if on_postgres else sqlite).insert(_DRAWS)
    return statement.on_conflict_do_nothing(index_elements=["lead_id", "quarter"])


def handed(session: Session, handoff_of: Mapping[int, int], quarter: str) -> None:
    """Name the hand-offs that drawn leads became, by lead."""
    if handoff_of:
        rows = [
            {"of_lead": lead, "of_quarter": quarter, "handoff": handoff}
            for lead, handoff in sorted(handoff_of.items())
        ]
        session.connection().execute(_HANDED, rows)


def given(session: Session, since: datetime) -> dict[str, int]:
    """How many spot checks that were handed over at *since* or later each person has."""
    return dict(tuple(row) for row in rows_of(session, _GIVEN, since=since))


def open_by_owner(session: Session) -> dict[str, int]:
    """How many open hand-offs of any origin each person has."""
    return dict(tuple(row) for row in rows_of(session, _OPEN))
