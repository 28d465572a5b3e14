"""The funnel's figures, from the transition log alone; and what a shadow start would have handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from scoring.funnel import Funnel, Moved
from scoring.stages import ENDS, STAGES
from storage.statements import rows_of, upsert
from storage.tables import HandoffRow, LeadRow, ShadowRow, TransitionRow, UnknownSignalRow

SCORED = "scored"
"""The origin of a hand-off that Baton made because of a score; the headline figures count no other."""

_UNKNOWN = SQLModel.metadata.tables["unknown_signal"]
_CROSSED = SQLModel.metadata.tables["handoff"].c.crossed_at.type

_STANDING = text(
    """
WITH valid AS (
  SELECT t.handoff_id, t.to_stage, t.reason, t.n
  FROM transition t
  JOIN handoff h ON h.id = t.handoff_id
  WHERE h.crossed_at >= :since AND h.crossed_at < :until AND h.origin = 'scored' AND t.undoes IS NULL
    AND NOT EXISTS (SELECT 1 FROM transition u WHERE u.handoff_id = t.handoff_id AND u.undoes = t.n)
), last AS (
  SELECT v.handoff_id, v.to_stage, v.reason FROM valid v
  JOIN (SELECT handoff_id, MAX(n) AS n FROM valid GROUP BY handoff_id) m
    ON m.handoff_id = v.handoff_id AND m.n = v.n
), far AS (
  SELECT handoff_id, MAX(CASE to_stage WHEN 'mql' THEN 0 WHEN 'sal' THEN 1 WHEN 'sql' THEN 2
                         WHEN 'opportunity' THEN 3 WHEN 'won' THEN 4 ELSE -1 END) AS stage
  FROM valid GROUP BY handoff_id
)
SELECT far.stage, last.to_stage, last.reason, COUNT(*)
FROM far JOIN last ON last.handoff_id = far.handoff_id
GROUP BY far.stage, last.to_stage, last.reason
"""
).bindparams(bindparam("since", type_=_CROSSED), bindparam("until", type_=_CROSSED))
"""How far each hand-off of the period came that a score made, and where it stands; a pair of a press and its Undo
counts for nothing."""

_H = SQLModel.metadata.tables["handoff"].c
_APART = (
    select(_H.origin, _H.came_back, func.count())
    .where(_H.crossed_at >= bindparam("since"), _H.crossed_at < bindparam("until"))
    .group_by(_H.origin, _H.came_back)
)


def funnel(session: Session, since: datetime, until: datetime) -> Funnel:
    """The hand-offs that crossed in [since, until) and the people first seen then.

    What a person handed over and what a spot check drew is counted apart.
    """
    furthest: dict[int, int] = {}
    ended: dict[str, int] = {}
    reasons: dict[str, int] = {}
    rows = session.execute(_STANDING.bindparams(since=since, until=until))
    for far, stands, why, count in rows:
        furthest[far] = furthest.get(far, 0) + count
        if stands in ENDS:
            ended[stands] = ended.get(stands, 0) + count
            if why:
                reasons[why] = reasons.get(why, 0) + count
    leads, qualified = _people(session, since, until)
    reached = {stage: sum(n for far, n in furthest.items() if far >= i) for i, stage in enumerate(STAGES)}
    made: dict[tuple[str, bool], int] = {
        (origin, returning): count
        for origin, returning, count in rows_of(session, _APART, since=since, until=until)
    }
    return Funnel(
        leads, qualified, reached, ended, reasons,
        returning=made.get(("scored", True), 0),
        by_hand=sum(count for (origin, _), count in made.items() if origin == "by_hand"),
        spot_checks=sum(count for (origin, _), count in made.items() if origin == "spot_check"),
    )  # fmt: skip


def _people(session: Session, since: datetime, until: datetime) -> tuple[int, int]:
    seen = (
        col(LeadRow.first_seen) >= int(since.timestamp()),
        col(LeadRow.first_seen) < int(until.timestamp()),
    )
    leads = session.scalars(select(func.count()).select_from(LeadRow).where(*seen)).one()
    qualified = session.scalars(
        select(func.count(func.distinct(col(HandoffRow.lead_id))))
        .join(LeadRow, col(LeadRow.id) == col(HandoffRow.lead_id))
        .where(*seen, col(HandoffRow.origin) == SCORED)
    ).one()
    return leads, qualified


def moves(session: Session, since: datetime, until: datetime) -> list[Moved]:
    """The log of the period's hand-offs that a score made, for a replay."""
    rows = session.execute(
        select(
            col(TransitionRow.handoff_id), col(HandoffRow.lead_id), col(TransitionRow.n),
            col(TransitionRow.to_stage), col(TransitionRow.undoes),
        )
        .join(HandoffRow, col(HandoffRow.id) == col(TransitionRow.handoff_id))
        .where(
            col(HandoffRow.crossed_at) >= since,
            col(HandoffRow.crossed_at) < until,
            col(HandoffRow.origin) == SCORED,
        )
        .order_by(col(TransitionRow.handoff_id), col(TransitionRow.n))
    )  # fmt: skip
    return [Moved(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A lead that would have become an MQL while Baton was in shadow."""

    lead_id: int
    at: datetime
    score: int
    tier: str
    segment: str


def would_be(session: Session, rows: Sequence[WouldBe]) -> None:
    """Remember would-be MQLs; a lead counts once, at its first crossing."""
    if rows:
        session.execute(
            upsert(session, ShadowRow).on_conflict_do_nothing(index_elements=["lead_id"]),
            [
                {"lead_id": r.lead_id, "at": r.at, "score": r.score, "tier": r.tier, "segment": r.segment}
                for r in rows
            ],
        )


def shadowed(session: Session, since: datetime) -> list[WouldBe]:
    """The would-be MQLs since *since*, best first."""
    rows = session.scalars(
        select(ShadowRow)
        .where(col(ShadowRow.at) >= since)
        .order_by(col(ShadowRow.score).desc(), col(ShadowRow.lead_id))
    ).all()
    return [WouldBe(row.lead_id, row.at, row.score, row.tier, row.segment) for row in rows]


def leads_received(session: Session, since: datetime) -> int:
    """How many people Baton first heard of since *since*."""
    return session.scalars(
        select(func.count()).select_from(LeadRow).where(col(LeadRow.received) >= int(since.timestamp()))
    ).one()


def report_unknown(session: Session, seen: dict[str, int], at: datetime) -> None:
    """Count signals that no definition names."""
    if not seen:
        return
    session.connection().execute(
        _report_statement(session.get_bind().dialect.name),
        [
            {"signal": name, "first_at": at, "last_at": at, "seen": count}
            for name, count in sorted(seen.items())
        ],
    )


@cache
def _report_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_UNKNOWN)
    return statement.on_conflict_do_update(
        index_elements=["signal"],
        set_={"last_at": statement.excluded.last_at, "seen": _UNKNOWN.c.seen + statement.excluded.seen},
    )


def unknown_signals(session: Session) -> list[tuple[str, int]]:
    """Signals that came in and that no definition named, most frequent first."""
    rows = session.scalars(select(UnknownSignalRow).order_by(col(UnknownSignalRow.seen).desc())).all()
    return [(row.signal, row.seen) for row in rows]
