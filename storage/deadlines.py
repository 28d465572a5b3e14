"""The row is the schedule: whatever is due is a row with a time, claimed like any other, done once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from storage.statements import rows_of, upsert
from storage.tables import DeadlineRow, NoticeRow

_DEADLINES = SQLModel.metadata.tables["deadline"]
_D = _DEADLINES.c

# Built once: every press looks at what is due for its hand-off.
_KINDS: BindParameter[Any] = bindparam("kinds", expanding=True)
_OPEN_STEPS = (
    select(_D.kind, _D.subject, _D.step, _D.due_at)
    .where(_D.kind.in_(_KINDS), _D.subject == bindparam("whose"), _D.state == "open")
    .order_by(_D.due_at)
)
_SOONEST = (
    select(_D.due_at).where(_D.kind.in_(_KINDS), _D.state == "open").order_by(_D.due_at, _D.id).limit(1)
)
_MINE = select(_D.id).where(
    _D.kind == bindparam("a_kind"), _D.subject == bindparam("whose"), _D.step == bindparam("a_step")
)
# Steps that waited for an opening are due at the same moment; they were written in the ladder's order.
_LATER = (
    select(_D.id)
    .where(
        _D.kind == bindparam("a_kind"),
        _D.subject == bindparam("whose"),
        _D.state == "open",
        _D.due_at <= bindparam("now"),
        or_(
            _D.due_at > bindparam("moment"),
            and_(_D.due_at == bindparam("moment"), _D.id > _MINE.scalar_subquery()),
        ),
    )
    .limit(1)
)
_CANCEL = (
    update(_DEADLINES)
    .where(
        _D.kind == bindparam("a_kind"),
        _D.subject == bindparam("whose"),
        _D.step == bindparam("a_step"),
        _D.state == "open",
    )
    .values(state="cancelled")
)
_CANCEL_ALL = (
    update(_DEADLINES)
    .where(_D.kind.in_(_KINDS), _D.subject == bindparam("whose"), _D.state == "open")
    .values(state="cancelled")
)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due: unique by kind, subject and step."""

    kind: str
    subject: str
    step: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person is to be told by DM about a hand-off."""

    id: int
    reader: str
    handoff_id: int
    step: str
    created_at: datetime


def schedule(session: Session, rows: Sequence[Due]) -> None:
    """Set the times of steps. A step that was done stays done; a cancelled one is open again."""
    if rows:
        session.connection().execute(
            _schedule_statement(session.get_bind().dialect.name), [_row(r) for r in rows]
        )


def arrange(
    session: Session, kinds: Sequence[str], subject: str, wanted: Sequence[Due], keep_later: str
) -> None:
    """Make *wanted* what is due of *kinds* for *subject*: what changed is written, what is not wanted is cancelled.

    A step whose name begins with *keep_later* and that stands at a later time than wanted stays there.
    """
    there = {(row.kind, row.step): row for row in open_steps(session, kinds, subject)}
    final = [
        max(row, there.get((row.kind, row.step), row), key=_time) if row.step.startswith(keep_later) else row
        for row in wanted
    ]
    schedule(session, [row for row in final if there.get((row.kind, row.step)) != row])
    gone = there.keys() - {(row.kind, row.step) for row in final}
    if gone:
        session.connection().execute(
            _CANCEL, [{"a_kind": kind, "whose": subject, "a_step": step} for kind, step in sorted(gone)]
        )


def _time(row: Due) -> datetime:
    return row.due_at


def _row(row: Due) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "subject": row.subject,
        "step": row.step,
        "due_at": row.due_at,
        "state": "open",
    }


@cache
def _schedule_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_DEADLINES)
    return statement.on_conflict_do_update(
        index_elements=["kind", "subject", "step"],
        set_={"due_at": statement.excluded.due_at, "state": "open"},
        where=_D.state != "done",
    )


def once(session: Session, *rows: Due) -> None:
    """Add each row unless one of its kind, subject and step is there already, whatever its time."""
    if rows:
        session.connection().execute(
            _once_statement(session.get_bind().dialect.name), [_row(row) for row in rows]
        )


@cache
def _once_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_DEADLINES)
    return statement.on_conflict_do_nothing(index_elements=["kind", "subject", "step"])


def cancel(session: Session, kinds: Sequence[str], subject: str) -> None:
    """Nothing of these kinds is due for *subject* any more."""
    session.connection().execute(_CANCEL_ALL, {"kinds": list(kinds), "whose": subject})


def anything_due(session: Session, now: datetime) -> bool:
    """Whether something is due; a look at an index that locks nothing."""
    query = (
        select(col(DeadlineRow.id))
        .where(col(DeadlineRow.state) == "open", col(DeadlineRow.due_at) <= now)
        .limit(1)
    )
    return session.scalars(query).first() is not None


def claim(session: Session, now: datetime, most: int, kinds: Collection[str] | None = None) -> list[Due]:
    """The oldest due rows, of *kinds* or of any, locked until the commit; other replicas skip them."""
    wanted = [] if kinds is None else [col(DeadlineRow.kind).in_(kinds)]
    rows = session.scalars(
        select(DeadlineRow)
        .where(col(DeadlineRow.state) == "open", col(DeadlineRow.due_at) <= now, *wanted)
        .order_by(col(DeadlineRow.due_at), col(DeadlineRow.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    return [Due(row.kind, row.subject, row.step, row.due_at) for row in rows]


def later_due(session: Session, row: Due, now: datetime) -> bool:
    """Whether a step of the same kind and subject that comes after *row* is due at *now* and not yet decided.

    An earlier one that is open may be in another replica's hands right now; it will find this one and be silent.
    """
    return bool(
        rows_of(
            session, _LATER, a_kind=row.kind, whose=row.subject, a_step=row.step, moment=row.due_at, now=now
        )
    )


def any_due(session: Session, kind: str, subject: str, now: datetime) -> bool:
    """Whether a step of *kind* is due for *subject* at *now* and not yet decided."""
    return any(row.due_at <= now for row in open_steps(session, [kind], subject))


def done(session: Session, row: Due, now: datetime) -> None:
    """The step was decided."""
    _set(session, row, state="done", decided_at=now)


def postpone(session: Session, row: Due, due_at: datetime) -> None:
    """The step waits until *due_at*."""
    _set(session, row, due_at=due_at)


def _set(session: Session, row: Due, **values: object) -> None:
    session.execute(
        update(DeadlineRow)
        .where(
            col(DeadlineRow.kind) == row.kind,
            col(DeadlineRow.subject) == row.subject,
            col(DeadlineRow.step) == row.step,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, row: Due) -> None:
    """Remove a row that comes and goes, so that a new one can be asked for."""
    session.execute(
        delete(DeadlineRow)
        .where(
            col(DeadlineRow.kind) == row.kind,
            col(DeadlineRow.subject) == row.subject,
            col(DeadlineRow.step) == row.step,
        )
        .execution_options(synchronize_session=False)
    )


def open_steps(session: Session, kinds: Sequence[str], subject: str) -> list[Due]:
    """The steps of *kinds* still to come for one subject, soonest first."""
    return [Due(*row) for row in rows_of(session, _OPEN_STEPS, kinds=list(kinds), whose=subject)]


def next_open(session: Session, kinds: Sequence[str], most: int) -> list[Due]:
    """The next rows of *kinds* that are to come, soonest first."""
    query = select(*(col(getattr(DeadlineRow, each.name)) for each in fields(Due)))
    open_ones = query.where(col(DeadlineRow.state) == "open", col(DeadlineRow.kind).in_(kinds))
    in_order = open_ones.order_by(col(DeadlineRow.due_at), col(DeadlineRow.id)).limit(most)
    return [Due(*row) for row in session.execute(in_order)]


def soonest(session: Session, kinds: Sequence[str]) -> datetime | None:
    """When the next row of *kinds* is due; None where nothing is to come."""
    return next((due_at for (due_at,) in rows_of(session, _SOONEST, kinds=list(kinds))), None)


def any_done(session: Session, kind: str, subject: str, besides: str) -> bool:
    """Whether a step of this subject other than *besides* was decided before."""
    query = select(col(DeadlineRow.id)).where(
        col(DeadlineRow.kind) == kind,
        col(DeadlineRow.subject) == subject,
        col(DeadlineRow.state) == "done",
        col(DeadlineRow.step) != besides,
    )
    return session.scalars(query.limit(1)).first() is not None


def notify(session: Session, reader: str, handoff_id: int, step: str, now: datetime) -> None:
    """Remember to tell *reader*; the same step of a hand-off is told once."""
    session.execute(
        upsert(session, NoticeRow)
        .values(reader=reader, handoff_id=handoff_id, step=step, created_at=now)
        .on_conflict_do_nothing(index_elements=["reader", "handoff_id", "step"])
    )


def untold(session: Session, reader: str) -> list[Notice]:
    """What *reader* has not been told, oldest first."""
    rows = session.scalars(
        select(NoticeRow)
        .where(col(NoticeRow.reader) == reader, col(NoticeRow.told_at).is_(None))
        .order_by(col(NoticeRow.id))
    ).all()
    return [Notice(row.id or 0, row.reader, row.handoff_id, row.step, row.created_at) for row in rows]


def notices(session: Session, ids: Sequence[int]) -> list[Notice]:
    """The notices of *ids*, oldest first."""
    rows = session.scalars(
        select(NoticeRow).where(col(NoticeRow.id).in_(ids)).order_by(col(NoticeRow.id))
    ).all()
    return [Notice(row.id or 0, row.reader, row.handoff_id, row.step, row.created_at) for row in rows]


def told(session: Session, ids: Sequence[int], now: datetime) -> None:
    """These notices are in a message now."""
    session.execute(
        update(NoticeRow)
        .where(col(NoticeRow.id).in_(ids))
        .values(told_at=now)
        .execution_options(synchronize_session=False)
    )


def last_told(session: Session, reader: str) -> datetime | None:
    """When *reader* was last told something."""
    return session.scalars(
        select(func.max(col(NoticeRow.told_at))).where(col(NoticeRow.reader) == reader)
    ).one()


def counts(session: Session, now: datetime) -> dict[str, tuple[int, datetime]]:
    """How many rows are overdue at *now*, by kind, and since when the oldest of each kind is."""
    rows = session.execute(
        select(col(DeadlineRow.kind), func.count(), func.min(col(DeadlineRow.due_at)))
        .where(col(DeadlineRow.state) == "open", col(DeadlineRow.due_at) <= now)
        .group_by(col(DeadlineRow.kind))
    )
    return {kind: (count, oldest) for kind, count, oldest in rows}
