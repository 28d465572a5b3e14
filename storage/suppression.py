"""The suppression list as people keep it: who listed what and why, and what they lift again.

What intake asks of it, and what the end of a hand-off lists, is in `storage.people`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlmodel import Session, SQLModel

from storage.people import Suppressed
from storage.statements import rows_of

_LEAD = SQLModel.metadata.tables["lead"].c
_LIST = SQLModel.metadata.tables["suppression"]
_H = SQLModel.metadata.tables["handoff"].c
_NEWEST = (
    select(
        _LIST.c.id, _LIST.c.kind, _LIST.c.value, _LIST.c.reason, _LIST.c.handoff_id, _LIST.c.listed_at, _LIST.c.until,
        _LIST.c.listed_by, _LIST.c.note,
    )
    .order_by(_LIST.c.listed_at.desc(), _LIST.c.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)  # fmt: skip
_HOW_MANY = select(func.count()).select_from(_LIST)
_BY_HAND = (
    _LIST.c.kind == bindparam("of_kind"),
    _LIST.c.value == bindparam("of"),
    _LIST.c.handoff_id.is_(None),
)
_REPLACE = (
    update(_LIST)
    .where(*_BY_HAND)
    .values(
        reason=bindparam("new_reason"), listed_at=bindparam("now"), until=bindparam("new_until"),
        listed_by=bindparam("by"), note=bindparam("new_note"),
    )
    .returning(_LIST.c.id)
)  # fmt: skip
_ADD = insert(_LIST).returning(_LIST.c.id)
_LIFT = delete(_LIST).where(_LIST.c.value == bindparam("of")).returning(_LIST.c.id)
_OPEN_OF = (
    select(func.count())
    .select_from(SQLModel.metadata.tables["handoff"])
    .join(SQLModel.metadata.tables["lead"], _LEAD.id == _H.lead_id)
    .where(
        _H.ended_at.is_(None),
        or_(_H.company == bindparam("of"), _LEAD.email == bindparam("of")),
    )
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the list: who said so and why; *handoff* is the one whose end said so, None where a person listed it."""

    id: int
    kind: str
    value: str
    reason: str
    handoff: int | None
    listed_at: datetime
    until: datetime | None
    listed_by: str | None
    note: str | None

    @property
    def erased(self) -> bool:
        """An erased person's address, which is a hash."""
        return self.kind == "address" and "@" not in self.value


def listed(session: Session, skipped: int, most: int) -> tuple[list[Listed], int]:
    """*most* rows of the list, the newest first, after *skipped*; and how many there are in all."""
    rows = rows_of(session, _NEWEST, most=most, skipped=skipped)
    return [Listed(*row) for row in rows], int(rows_of(session, _HOW_MANY)[0][0])


def put(session: Session, entry: Suppressed, by: str, note: str | None, at: datetime) -> list[int]:
    """List a domain or an address because a person says so, in the place of what people said of it before."""
    new = {"new_reason": entry.reason, "now": at, "new_until": entry.until, "by": by, "new_note": note}
    of = {"of_kind": entry.kind, "of": entry.value}
    replaced = [id_ for (id_,) in rows_of(session, _REPLACE, **of, **new)]
    if replaced:
        return replaced
    row = {
        "kind": entry.kind, "value": entry.value, "reason": entry.reason, "listed_at": at, "until": entry.until,
        "listed_by": by, "note": note,
    }  # fmt: skip
    return [id_ for (id_,) in session.connection().execute(_ADD, row)]


def lift(session: Session, value: str) -> list[int]:
    """Take a domain or an address off the list, whoever said so; gives the rows that went."""
    return [id_ for (id_,) in rows_of(session, _LIFT, of=value)]


def open_of(session: Session, value: str) -> int:
    """How many hand-offs are open of that company, or of that address."""
    return int(rows_of(session, _OPEN_OF, of=value)[0][0])
