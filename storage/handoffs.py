"""Hand-offs and the log of their moves. Every change adds a transition in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, insert, select, update
from sqlmodel import Session, col

from scoring.handoff import Handoff, Pressed, Touch
from scoring.past import Past
from storage.statements import in_parts, rows_changed
from storage.tables import HandoffRow, LeadRow, TouchRow, TransitionRow

UNDONE_BY_UNDO = (
    "stage", "owner", "accepted_at", "touched_at", "sql_at", "ae", "bant", "ended_at", "reason", "note",
    "again_on", "due_at", "used_s", "since", "clock", "allowance_s", "started_at",
)  # fmt: skip
"""The columns a press may change and Undo restores."""

PRESSES = ("accept", "reject", "touch", "qualify", "recycle", "opportunity", "won", "lost")


# Built once: every press and every due step reads a hand-off, and building a statement costs more than running it.
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_BY_ID = select(HandoffRow).where(col(HandoffRow.id).in_(_THESE)).execution_options(populate_existing=True)
_TOUCHES = (
    select(
        col(TouchRow.handoff_id),
        col(TouchRow.kind),
        col(TouchRow.outcome),
        col(TouchRow.by),
        col(TouchRow.at),
    )
    .where(col(TouchRow.handoff_id).in_(_THESE), col(TouchRow.undone_at).is_(None))
    .order_by(col(TouchRow.at), col(TouchRow.id))
)
_LAST_MOVES = (
    select(
        col(TransitionRow.handoff_id), col(TransitionRow.n), col(TransitionRow.action), col(TransitionRow.actor),
        col(TransitionRow.at),
    )
    .join(HandoffRow, col(HandoffRow.id) == col(TransitionRow.handoff_id))
    .where(col(TransitionRow.handoff_id).in_(_THESE), col(TransitionRow.n) == col(HandoffRow.n))
)  # fmt: skip


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
        undoable: whether the log keeps what Undo needs.
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
    ids = session.scalars(
        insert(HandoffRow).returning(col(HandoffRow.id), sort_by_parameter_order=True),
        [{**opening.values, "n": 1} for opening in openings],
    ).all()
    session.execute(
        insert(TransitionRow),
        [
            {"handoff_id": id_, "n": 1, "at": o.at, "action": "create", "to_stage": o.values["stage"],
             "owner": o.values.get("owner"), "source": o.source}
            for id_, o in zip(ids, openings, strict=True)
        ],
    )  # fmt: skip
    return [id_ for id_ in ids if id_ is not None]


def move(session: Session, handoff: Handoff, change: Move) -> bool:
    """Apply *change* if nobody has changed the hand-off since *handoff* was read; False otherwise.

    The WHERE decides the race, not the read before it.
    """
    before = None
    if change.undoable:
        row = session.get_one(HandoffRow, handoff.id, populate_existing=True)
        before = {name: _plain(getattr(row, name)) for name in UNDONE_BY_UNDO}
        session.expunge(row)
    statement = (
        update(HandoffRow)
        .where(col(HandoffRow.id) == handoff.id, col(HandoffRow.n) == handoff.n)
        .values(**change.values, n=col(HandoffRow.n) + 1)
    )
    if rows_changed(session, statement) != 1:
        return False
    session.execute(
        insert(TransitionRow),
        {
            "handoff_id": handoff.id,
            "n": handoff.n + 1,
            "at": change.at,
            "action": change.action,
            "from_stage": handoff.stage,
            "to_stage": change.values.get("stage", handoff.stage),
            "owner": change.values.get("owner", handoff.owner),
            "actor": change.actor,
            "source": change.source,
            "reason": change.reason,
            "undoes": change.undoes,
            "before": before,
        },
    )
    return True


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value


def restored(before: dict[str, Any]) -> dict[str, Any]:
    """The columns of a transition's `before`, typed again."""
    found = dict(before)
    for name in ("accepted_at", "touched_at", "sql_at", "ended_at", "due_at", "since", "started_at"):
        if found.get(name) is not None:
            found[name] = datetime.fromisoformat(found[name])
    if found.get("again_on") is not None:
        found["again_on"] = date.fromisoformat(found["again_on"])
    return found


def get(session: Session, id_: int) -> Handoff | None:
    """The hand-off with its touches and the press Undo would take back, or None."""
    return many(session, [id_]).get(id_)


def many(session: Session, ids: Iterable[int]) -> dict[int, Handoff]:
    """The hand-offs of *ids* by id."""
    rows: list[HandoffRow] = []
    for part in in_parts(set(ids)):
        rows += session.scalars(_BY_ID, {"these": part}).all()
    return _whole(session, rows)


_WITH_ANY = select(col(HandoffRow.lead_id)).where(col(HandoffRow.lead_id).in_(_THESE))


def leads_with_any(session: Session, leads: Iterable[int]) -> list[int]:
    """Those of *leads* that ever had a hand-off: most events are about others, and stop here."""
    found: set[int] = set()
    for part in in_parts(leads):
        found.update(lead for (lead,) in session.connection().execute(_WITH_ANY, {"these": part}))
    return sorted(found)


def open_of(session: Session, leads: Iterable[int], *, lock: bool = False) -> dict[int, Handoff]:
    """The open hand-off of each of *leads* that has one, by lead.

    *lock* holds them until the commit: what scoring decides about them is not lost to a press meanwhile;
    the press finds its WHERE unmet and is decided again.
    """
    rows: list[HandoffRow] = []
    for part in in_parts(sorted(set(leads))):
        query = select(HandoffRow).where(
            col(HandoffRow.lead_id).in_(part), col(HandoffRow.ended_at).is_(None)
        )
        if lock:
            query = query.order_by(col(HandoffRow.id)).with_for_update(key_share=True)
        rows += session.scalars(query.execution_options(populate_existing=True)).all()
    return {handoff.lead_id: handoff for handoff in _whole(session, rows).values()}


def _whole(session: Session, rows: Sequence[HandoffRow]) -> dict[int, Handoff]:
    if not rows:
        return {}
    ids = [row.id for row in rows if row.id is not None]
    touches: dict[int, list[Touch]] = {}
    last: dict[int, Pressed] = {}
    for part in in_parts(ids):
        for handoff_id, kind, outcome, by, at in session.connection().execute(_TOUCHES, {"these": part}):
            touches.setdefault(handoff_id, []).append(Touch(kind, outcome, by, at))
        for handoff_id, n, action, actor, at in session.connection().execute(_LAST_MOVES, {"these": part}):
            if action in PRESSES and actor is not None:
                last[handoff_id] = Pressed(n, action, actor, at)
    return {
        row.id: _handoff(row, tuple(touches.get(row.id, ())), last.get(row.id))
        for row in rows
        if row.id is not None
    }


def _handoff(row: HandoffRow, touches: tuple[Touch, ...], last: Pressed | None) -> Handoff:
    return Handoff(
        id=row.id or 0, lead_id=row.lead_id, version=row.version, tier=row.tier, tier_rank=row.tier_rank,
        why=row.why, segment=row.segment, channel=row.channel, pool=tuple(row.pool), stage=row.stage,
        owner=row.owner, fit=row.fit, intent=row.intent, receipt=tuple(row.receipt), fit_check=row.fit_check,
        returning=row.came_back, stale=row.stale, flag=row.flag, crossed_at=row.crossed_at, clock=row.clock,
        allowance=None if row.allowance_s is None else timedelta(seconds=row.allowance_s),
        started_at=row.started_at, used=timedelta(seconds=row.used_s), since=row.since, due_at=row.due_at,
        accepted_at=row.accepted_at, touched_at=row.touched_at, sql_at=row.sql_at, ae=row.ae,
        ended_at=row.ended_at, reason=row.reason, note=row.note, again_on=row.again_on, n=row.n,
        card_id=row.card_id, touches=touches, last=last,
    )  # fmt: skip


def last_ended(session: Session, leads: Iterable[int], besides: str = "") -> dict[int, Past]:
    """The newest ended hand-off of each of *leads* that has one, by lead; those of reason *besides* left out."""
    found: dict[int, Past] = {}
    for part in in_parts(set(leads)):
        rows = session.execute(
            select(HandoffRow, col(LeadRow.changed_facts_at))
            .join(LeadRow, col(LeadRow.id) == col(HandoffRow.lead_id))
            .where(col(HandoffRow.lead_id).in_(part), col(HandoffRow.ended_at).is_not(None))
            .order_by(col(HandoffRow.ended_at), col(HandoffRow.id))
        )
        for row, changed in rows:
            if besides and row.reason == besides:
                continue
            ended = int(row.ended_at.timestamp())
            found[row.lead_id] = Past(
                ended_at=ended,
                stage=row.stage,
                reason=row.reason,
                again_on=row.again_on,
                facts_changed=changed is not None and changed > ended,
            )
    return found


def before_undo(session: Session, handoff_id: int, n: int) -> dict[str, Any] | None:
    """What the columns were before transition *n*, where its press can be taken back."""
    return session.scalars(
        select(col(TransitionRow.before)).where(
            col(TransitionRow.handoff_id) == handoff_id, col(TransitionRow.n) == n
        )
    ).one_or_none()


def log_touch(session: Session, handoff: Handoff, touch: Touch, note: str) -> None:
    """Keep a try to reach the lead; *handoff* is as it was read before its move."""
    session.execute(
        insert(TouchRow),
        {"handoff_id": handoff.id, "n": handoff.n + 1, "kind": touch.kind, "outcome": touch.outcome,
         "by": touch.by, "at": touch.at, "note": note or None},
    )  # fmt: skip


def undo_touch(session: Session, handoff_id: int, n: int, at: datetime) -> None:
    """Take back the touch that transition *n* logged."""
    session.execute(
        update(TouchRow)
        .where(col(TouchRow.handoff_id) == handoff_id, col(TouchRow.n) == n)
        .values(undone_at=at)
        .execution_options(synchronize_session=False)
    )


def of_card(session: Session, card_id: int) -> list[Handoff]:
    """The hand-offs on a card, the first of its bundle first."""
    ids = session.scalars(
        select(col(HandoffRow.id)).where(col(HandoffRow.card_id) == card_id).order_by(col(HandoffRow.id))
    ).all()
    found = many(session, (id_ for id_ in ids if id_ is not None))
    return [found[id_] for id_ in ids if id_ is not None]


def waiting(session: Session, owner: str | None, pool_member: str | None) -> list[Handoff]:
    """Open hand-offs, soonest due first: those *owner* has, or the unowned ones *pool_member* may claim."""
    query = select(HandoffRow).where(col(HandoffRow.ended_at).is_(None))
    query = (
        query.where(col(HandoffRow.owner) == owner) if owner else query.where(col(HandoffRow.owner).is_(None))
    )
    rows = session.scalars(
        query.order_by(col(HandoffRow.due_at).is_(None), col(HandoffRow.due_at), col(HandoffRow.id))
    ).all()
    kept = [row for row in rows if owner or pool_member is None or pool_member in row.pool]
    return list(_whole(session, kept).values())


def of_lead(session: Session, lead_id: int) -> list[Handoff]:
    """All hand-offs of a lead, newest first."""
    ids = session.scalars(
        select(col(HandoffRow.id))
        .where(col(HandoffRow.lead_id) == lead_id)
        .order_by(col(HandoffRow.id).desc())
    ).all()
    found = many(session, (id_ for id_ in ids if id_ is not None))
    return [found[id_] for id_ in ids if id_ is not None]


def set_card(session: Session, card_of: dict[int, int]) -> None:
    """Put hand-offs (by id) on cards (by id)."""
    for handoff, card in card_of.items():
        session.execute(
            update(HandoffRow)
            .where(col(HandoffRow.id) == handoff)
            .values(card_id=card)
            .execution_options(synchronize_session=False)
        )
