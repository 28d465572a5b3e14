"""The floor in figures: who has how much, what nobody has, how somebody's week goes. Counted in SQL."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Text, and_, bindparam, case, cast, exists, func, select
from sqlmodel import Session

from storage.queues import OPEN, OVERDUE
from storage.statements import rows_of
from storage.tables import HandoffRow

_TABLES = HandoffRow.metadata.tables
_H = _TABLES["handoff"].c
_LOG = _TABLES["transition"]
_T = _LOG.c
_A = _TABLES["assignment"].c
_B = _TABLES["breach"].c
_LEAD = _TABLES["lead"].c
_SINCE: BindParameter[Any] = bindparam("since", type_=_H.due_at.type)
_NOW: BindParameter[Any] = bindparam("now", type_=_H.due_at.type)


def _how_many(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_LOADS = (
    select(_H.owner, func.count(), _how_many(OVERDUE)).where(OPEN, _H.owner.is_not(None)).group_by(_H.owner)
)
_BROKEN = (  # of whoever had it then
    select(_B.owner, func.count())
    .where(_B.owner.is_not(None), _B.step == "breach", _B.at >= _SINCE, _B.at <= _NOW)
    .group_by(_B.owner)
)
_UNOWNED = (
    select(_H.segment, func.count(), func.min(_H.crossed_at))
    .where(OPEN, _H.owner.is_(None))
    .group_by(_H.segment)
    .order_by(func.min(_H.crossed_at))
)
_WANTED = cast(_LEAD.wanted, Text)
_HELD = select(_WANTED.label("names"), func.count()).where(_LEAD.wanted.is_not(None)).group_by("names")

_UNDO = _LOG.alias("undo")
_STANDS = and_(
    _T.undoes.is_(None),
    ~exists().where(_UNDO.c.handoff_id == _T.handoff_id, _UNDO.c.undoes == _T.n),
)
_DID = (
    select(_T.action, func.count(func.distinct(_T.handoff_id)))
    .where(
        _T.at >= _SINCE,
        _T.actor == bindparam("whose"),
        _T.action.in_(("accept", "touch", "qualify")),
        _STANDS,
    )
    .group_by(_T.action)
)
# The first touch is the line of the log whose time the hand-off has; those without a promise are left out.
_FIRST_TOUCHES = (
    select(func.count(), _how_many(_H.touched_at <= _H.due_at))
    .join_from(_LOG, _TABLES["handoff"], _H.id == _T.handoff_id)
    .where(
        _T.at >= _SINCE,
        _T.actor == bindparam("whose"),
        _T.action == "touch",
        _H.touched_at == _T.at,
        _H.clock.is_not(None),
        _H.due_at.is_not(None),
    )
)
_GIVEN = select(func.count(func.distinct(_A.handoff_id))).where(
    _A.person == bindparam("whose"), _A.at >= _SINCE, _A.undone_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has: open hand-offs, those overdue, and promises broken since the week began."""

    open: int = 0
    overdue: int = 0
    breaches: int = 0


@dataclass(frozen=True, slots=True)
class Unowned:
    """Open hand-offs of a segment that nobody has, and when the oldest of them came."""

    segment: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """What somebody did: hand-offs given to them, accepted, touched, made an SQL; first touches, and those in time."""

    given: int
    accepted: int
    touched: int
    sqls: int
    first_touches: int
    in_time: int


def loads(session: Session, since: datetime, now: datetime) -> dict[str, Load]:
    """Everybody who owns something open or broke a promise since *since*, by Slack id."""
    broken = {owner: int(n) for owner, n in rows_of(session, _BROKEN, since=since, now=now)}
    there = {
        owner: Load(int(count), int(overdue), broken.get(owner, 0))
        for owner, count, overdue in rows_of(session, _LOADS, now=now)
    }
    return {owner: Load(breaches=n) for owner, n in broken.items()} | there


def unowned(session: Session) -> list[Unowned]:
    """What nobody has, by segment, the one with the oldest first."""
    return [Unowned(segment, int(count), oldest) for segment, count, oldest in rows_of(session, _UNOWNED)]


def lacking(session: Session) -> Mapping[str, int]:
    """Attributes that held leads lack, and how many leads lack each."""
    found: Counter[str] = Counter()
    for names, leads in rows_of(session, _HELD):
        for name in json.loads(names):
            found[name] += int(leads)
    return found


def week(session: Session, whose: str, since: datetime) -> Week:
    """What *whose* did since *since*; a press and its Undo count for nothing."""
    did = {action: int(n) for action, n in rows_of(session, _DID, whose=whose, since=since)}
    ((first, in_time),) = rows_of(session, _FIRST_TOUCHES, whose=whose, since=since)
    ((given,),) = rows_of(session, _GIVEN, whose=whose, since=since)
    return Week(
        int(given), did.get("accept", 0), did.get("touch", 0), did.get("qualify", 0), int(first), int(in_time)
    )
