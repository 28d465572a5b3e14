"""How hand-offs change. Every change adds a line to the log, the transition, in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Date, bindparam, insert, update
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from scoring.handoff import Handoff, Touch
from storage import chain
from storage.handoffs import HANDOFFS, of_row, pressed

UNDONE_BY_UNDO = (
    "stage", "owner", "accepted_at", "touched_at", "sql_at", "ae", "bant", "ended_at", "reason", "note",
    "again_on", "due_at", "used_s", "since", "clock", "allowance_s", "started_at", "routed", "assigned_at",
    "sent_back_at", "snoozed_until", "snoozes", "paused_at", "paused_until", "paused_s", "pause_reason", "sdr",
    "ae_accepted_at", "amount", "currency", "close_on",
)  # fmt: skip
"""The columns a press may change and Undo restores."""

_READ: dict[type, Callable[[str], object]] = {UTCDateTime: datetime.fromisoformat, Date: date.fromisoformat}

_TRANSITIONS = SQLModel.metadata.tables["transition"]
_TOUCHES = SQLModel.metadata.tables["touch"]

# Built once: building a statement costs more than running it.
_OPEN_ONE = insert(HANDOFFS).returning(HANDOFFS.c.id, sort_by_parameter_order=True)
_LOG = insert(_TRANSITIONS)
_LOG_TOUCH = insert(_TOUCHES)
_UNDO_TOUCH = (
    update(_TOUCHES)
    .where(_TOUCHES.c.handoff_id == bindparam("handoff"), _TOUCHES.c.n == bindparam("number"))
    .values(undone_at=bindparam("moment"))
)
_SET_HEAD = update(HANDOFFS).where(HANDOFFS.c.id == bindparam("handoff")).values(head=bindparam("new_head"))
_SET_CARD = update(HANDOFFS).where(HANDOFFS.c.id == bindparam("handoff")).values(card_id=bindparam("card"))


@dataclass(frozen=True, slots=True)
class Opening:
    """A hand-off about to be created; the columns as in HandoffRow."""

    values: dict[str, Any]
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a hand-off: what is written, and the line in the log.

    Attributes:
        values: columns to set; `stage` and `owner` among them where they change.
        undoable: whether the hand-off keeps what Undo needs.
        undoes: number of the transition this one takes back.
    """

    action: str
    actor: str | None
    at: datetime
    values: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    source: str = "slack"
    undoable: bool = False
    undoes: int | None = None


def create(session: Session, openings: Sequence[Opening]) -> list[int]:
    """Add hand-offs and the first line of each log; gives their ids in order.

    Raises:
        sqlalchemy.exc.IntegrityError: a lead has an open hand-off already (the partial unique index).
    """
    if not openings:
        return []
    rows = [
        {"fit_check": False, "came_back": False, "stale": False, "used_s": 0, **o.values, "n": 1}
        for o in openings
    ]
    ids = [id_ for (id_,) in session.connection().execute(_OPEN_ONE, rows)]
    lines = [
        _line(id_, 1, None, Move("create", None, o.at, o.values, source=o.source))
        for id_, o in zip(ids, openings, strict=True)
    ]
    session.connection().execute(_LOG, lines)
    session.connection().execute(
        _SET_HEAD, [{"handoff": line["handoff_id"], "new_head": line["link"]} for line in lines]
    )
    return ids


def move(session: Session, handoff: Handoff, change: Move) -> Handoff | None:
    """Apply *change* if nobody has changed the hand-off since *handoff* was read; None otherwise.

    The WHERE decides the race, not the read before it. Gives the hand-off as it is now, with the touches as
    they were read.
    """
    line = _line(handoff.id, handoff.n + 1, handoff, change)
    new = {
        **change.values,
        "n": line["n"],
        "head": line["link"],
        "undo": _columns(handoff) if change.undoable else None,
    }
    read = {"handoff": handoff.id, "number": handoff.n, "together": handoff.bundled}
    parameters = read | {f"new_{name}": value for name, value in new.items()}
    row = session.connection().execute(_update(tuple(new)), parameters).one_or_none()
    if row is None:
        return None
    session.connection().execute(_LOG, line)
    return of_row(row, handoff.touches, pressed(row.n, change.action, change.actor, change.at))


@cache
def _update(names: tuple[str, ...]) -> Any:
    """Set these columns where the number is still what was read. There are as many sets as kinds of presses."""
    return (
        update(HANDOFFS)
        .where(HANDOFFS.c.id == bindparam("handoff"), HANDOFFS.c.n == bindparam("number"))
        # Whoever decides about one must not overlook that others came onto its card meanwhile.
        .where(HANDOFFS.c.bundled == bindparam("together", type_=Boolean))
        .values({name: bindparam(f"new_{name}", type_=HANDOFFS.c[name].type) for name in names})
        .returning(*HANDOFFS.c)
    )


def _line(handoff_id: int, n: int, before: Handoff | None, change: Move) -> dict[str, Any]:
    """The line of the log, chained to the one *before* it."""
    line = {
        "handoff_id": handoff_id,
        "n": n,
        "at": change.at,
        "action": change.action,
        "from_stage": before.stage if before else None,
        "to_stage": change.values.get("stage", before.stage if before else None),
        "owner": change.values.get("owner", before.owner if before else None),
        "actor": change.actor,
        "source": change.source,
        "reason": change.reason,
        "undoes": change.undoes,
        "salt": chain.salt(),
    }
    return line | {"link": chain.link(before.head if before else None, line)}


def _columns(handoff: Handoff) -> dict[str, Any]:
    """What Undo restores, in a form that JSON can hold."""
    renamed = {
        "used_s": int(handoff.used.total_seconds()),
        "paused_s": int(handoff.paused.total_seconds()),
        "allowance_s": None if handoff.allowance is None else int(handoff.allowance.total_seconds()),
    }
    return {
        name: _plain(renamed[name] if name in renamed else getattr(handoff, name)) for name in UNDONE_BY_UNDO
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value


def restored(before: dict[str, Any]) -> dict[str, Any]:
    """The columns of a hand-off's `undo`, typed again."""
    found = dict(before)
    for name in UNDONE_BY_UNDO:
        read = next((read for kind, read in _READ.items() if isinstance(HANDOFFS.c[name].type, kind)), None)
        if isinstance(found.get(name), str) and read is not None:
            found[name] = read(found[name])
    return found


def with_columns(handoff: Handoff, columns: dict[str, Any]) -> Handoff:
    """*handoff* as it would be with these columns; nothing is written."""
    lengths = {"used_s": "used", "paused_s": "paused", "allowance_s": "allowance"}
    fields: dict[str, Any] = {
        lengths.get(name, name): timedelta(seconds=value) if name in lengths and value is not None else value
        for name, value in columns.items()
    }
    if "pool" in fields:
        fields["pool"] = tuple(fields["pool"])
    return replace(handoff, **fields)


def log_touch(session: Session, handoff: Handoff, touch: Touch, note: str) -> None:
    """Keep a try to reach the lead; *handoff* is as it was read before its move."""
    row = {
        "handoff_id": handoff.id,
        "n": handoff.n + 1,
        "kind": touch.kind,
        "outcome": touch.outcome,
        "by": touch.by,
        "at": touch.at,
        "note": note or None,
    }
    session.connection().execute(_LOG_TOUCH, row)


def undo_touch(session: Session, handoff_id: int, n: int, at: datetime) -> None:
    """Take back the touch that transition *n* logged."""
    session.connection().execute(_UNDO_TOUCH, {"handoff": handoff_id, "number": n, "moment": at})


def set_card(session: Session, card_of: dict[int, int]) -> None:
    """Put hand-offs (by id) on cards (by id)."""
    if card_of:
        rows = [{"handoff": handoff, "card": card} for handoff, card in card_of.items()]
        session.connection().execute(_SET_CARD, rows)
