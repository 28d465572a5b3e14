"""What is kept for a while only: letters that were sent, and notices that were told."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Text, and_, bindparam, cast, delete, or_, select, update
from sqlmodel import Session, SQLModel

from storage.outbox import IN_FLIGHT
from storage.statements import rows_of

_OUTBOX, _NOTICE = SQLModel.metadata.tables["outbox"], SQLModel.metadata.tables["notice"]
_O = _OUTBOX.c
_THESE: BindParameter[Any] = bindparam("these", expanding=True)

# A card's letter lives as long as the card. What asked for unknown facts asks once, however long ago.
_LASTING = or_(_O.kind == "card", _O.key.like("webhook:lead:%"))
# Where a message about a lead stands must be known as long as the lead lives, so that it can be deleted.
_FINDABLE = and_(_O.ts.is_not(None), or_(_O.kind.in_(("note", "dm")), _O.key.like("shadow:%")))
_SETTLED = (_O.state.not_in(IN_FLIGHT), _O.created_at < bindparam("before"))
_SPENT = select(_O.id).where(*_SETTLED, ~_LASTING, ~_FINDABLE).order_by(_O.id).limit(bindparam("most"))
_REMOVE = delete(_OUTBOX).where(_O.id.in_(_THESE))
_WORDY = (
    select(_O.id, _O.handoff_id, _O.body)
    .where(*_SETTLED, _O.kind.in_(("note", "dm", "card")), _O.id > bindparam("after"))
    .where(cast(_O.body, Text) != "{}")
    .order_by(_O.id)
    .limit(bindparam("most"))
)
_SHORTEN = update(_OUTBOX).where(_O.id == bindparam("letter")).values(body=bindparam("rest"))
_ABOUT = (
    select(_NOTICE.c.handoff_id).where(_NOTICE.c.id.in_(_THESE)).distinct().order_by(_NOTICE.c.handoff_id)
)
_TOLD = (
    select(_NOTICE.c.id)
    .where(_NOTICE.c.told_at < bindparam("before"))
    .order_by(_NOTICE.c.id)
    .limit(bindparam("most"))
)
_FORGET = delete(_NOTICE).where(_NOTICE.c.id.in_(_THESE))


def remove_letters(session: Session, before: datetime, most: int) -> int:
    """Remove up to *most* settled letters written before *before* that nothing needs; gives how many."""
    return _delete(session, rows_of(session, _SPENT, before=before, most=most), _REMOVE)


def shorten_letters(session: Session, before: datetime, after: int, most: int) -> int | None:
    """Leave of up to *most* settled letters of id above *after* which hand-offs they were about, and no more.

    Gives the last id looked at, None where there is no more to look at.
    """
    rows = rows_of(session, _WORDY, before=before, after=after, most=most)
    for row in rows:
        session.connection().execute(_SHORTEN, {"letter": row.id, "rest": _rest(session, row)})
    return rows[-1].id if len(rows) == most else None


def _rest(session: Session, row: Any) -> dict[str, Any]:
    if row.handoff_id is not None:
        return {}
    told = list(row.body.get("notices") or ())
    about = [id_ for (id_,) in rows_of(session, _ABOUT, these=told)] if told else row.body.get("handoffs")
    return {"handoffs": about} if about else {}


def forget_notices(session: Session, before: datetime, most: int) -> int:
    """Remove up to *most* notices told before *before*; the letters that told them must be shortened already."""
    return _delete(session, rows_of(session, _TOLD, before=before, most=most), _FORGET)


def _delete(session: Session, rows: Any, statement: Any) -> int:
    ids = [id_ for (id_,) in rows]
    if ids:
        session.connection().execute(statement, {"these": ids})
    return len(ids)
