"""Hand-offs as they stand, with their touches and the press that Undo can take back."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlmodel import Session, SQLModel

from scoring.handoff import Handoff, Pressed, Touch
from scoring.past import Past
from storage.statements import among, rows_among, rows_of

PRESSES = (
    "accept", "reject", "touch", "qualify", "recycle", "ae_accept", "send_back", "opportunity", "won", "lost",
    "assign", "release", "snooze", "pause", "resume",
)  # fmt: skip
"""Moves a person makes and may take back."""

MERGE = "merge"
"""The last move of a hand-off that ended because its lead was merged with one that has an older open one."""

ERASE = "erase"
"""The last move of every hand-off of an erased lead."""

HANDOFFS = SQLModel.metadata.tables["handoff"]
_H = HANDOFFS.c
_LEAD = SQLModel.metadata.tables["lead"].c
_LOG = SQLModel.metadata.tables["transition"]
_TOUCH = SQLModel.metadata.tables["touch"].c

# Built once: every press and every due step reads a hand-off, and building a statement costs more than running it.
_WHOLE = select(
    *_H, _LOG.c.action.label("last_action"), _LOG.c.actor.label("last_actor"), _LOG.c.at.label("last_at")
).outerjoin_from(HANDOFFS, _LOG, and_(_LOG.c.handoff_id == _H.id, _LOG.c.n == _H.n))
_BY_ID = among(_WHOLE, _H.id)
_OPEN = among(_WHOLE.where(_H.ended_at.is_(None)), _H.lead_id)
_OPEN_LOCKED = among(
    _WHOLE.where(_H.ended_at.is_(None)).order_by(_H.id).with_for_update(of=HANDOFFS, key_share=True),
    _H.lead_id,
)
_HELD = select(_H.id).where(_H.id == bindparam("these")).with_for_update(key_share=True, skip_locked=True)
_HELD_OF = (
    select(_H.id)
    .where(_H.ended_at.is_(None), _H.owner == bindparam("owner"))
    .order_by(_H.id)
    .with_for_update(key_share=True)
)
_HOLD_ALL = among(select(_H.id).order_by(_H.id).with_for_update(key_share=True), _H.id)
_WAITING = _WHOLE.where(_H.ended_at.is_(None)).order_by(_H.due_at.is_(None), _H.due_at, _H.id)
_ALL_OPEN = _WHOLE.where(_H.ended_at.is_(None)).order_by(_H.id)
_OF_OWNER = _WAITING.where(_H.owner == bindparam("owner"))
_OF_NOBODY = _WAITING.where(_H.owner.is_(None))
_TOUCHES = among(
    select(_TOUCH.handoff_id, _TOUCH.kind, _TOUCH.outcome, _TOUCH.by, _TOUCH.at)
    .where(_TOUCH.undone_at.is_(None))
    .order_by(_TOUCH.at, _TOUCH.id),
    _TOUCH.handoff_id,
)
_WITH_ANY = among(select(_H.lead_id), _H.lead_id)
_ENDED = among(
    select(_H.lead_id, _H.ended_at, _H.stage, _H.reason, _H.again_on, _LEAD.changed_facts_at, _H.id)
    .join_from(HANDOFFS, SQLModel.metadata.tables["lead"], _LEAD.id == _H.lead_id)
    .outerjoin(_LOG, and_(_LOG.c.handoff_id == _H.id, _LOG.c.n == _H.n, _LOG.c.action == MERGE))
    .where(_H.ended_at.is_not(None), _LOG.c.id.is_(None))  # nobody of sales ended it
    .order_by(_H.ended_at, _H.id),
    _H.lead_id,
)
_DEALS = (
    select(_H.ae, func.count())
    .where(_H.ended_at.is_(None), _H.stage.in_(("sql", "opportunity")), _H.ae.is_not(None))
    .group_by(_H.ae)
)
_TAKEN_BACK = select(_LOG.c.id).where(
    _LOG.c.handoff_id == bindparam("whose"), _LOG.c.undoes == bindparam("number")
)
_ON_CARD = select(_H.id).where(_H.card_id == bindparam("card")).order_by(_H.id)
_OF_LEAD = select(_H.id).where(_H.lead_id == bindparam("lead")).order_by(_H.id.desc())


def get(session: Session, id_: int) -> Handoff | None:
    """The hand-off, or None."""
    return many(session, [id_]).get(id_)


def many(session: Session, ids: Iterable[int]) -> dict[int, Handoff]:
    """The hand-offs of *ids* by id."""
    return _whole(session, rows_among(session, _BY_ID, set(ids)))


def leads_with_any(session: Session, leads: Iterable[int]) -> list[int]:
    """Those of *leads* that ever had a hand-off: most events are about others, and stop here."""
    return sorted({lead for (lead,) in rows_among(session, _WITH_ANY, leads)})


def open_of(session: Session, leads: Iterable[int], *, lock: bool = False) -> dict[int, Handoff]:
    """The open hand-off of each of *leads* that has one, by lead.

    *lock* holds them until the commit: what scoring decides about them is not lost to a press meanwhile;
    the press finds its WHERE unmet and is decided again.
    """
    rows = rows_among(session, _OPEN_LOCKED if lock else _OPEN, sorted(set(leads)))
    return {handoff.lead_id: handoff for handoff in _whole(session, rows).values()}


def held(session: Session, id_: int) -> Handoff | None:
    """The hand-off, its row held until the commit; None where it is gone or somebody changes it at this moment.

    Who decides due steps holds their rows: waiting here for a press that waits for those would wait for ever.
    """
    if not rows_of(session, _HELD, these=id_):
        return None
    return get(session, id_)


def hold(session: Session, ids: Iterable[int]) -> None:
    """Hold the rows of these hand-offs until the commit, in one order everywhere: by number."""
    rows_among(session, _HOLD_ALL, sorted(set(ids)))


def held_of(session: Session, owner: str) -> list[Handoff]:
    """What *owner* has that is open, the oldest first, the rows held until the commit."""
    return _in_order(session, [id_ for (id_,) in rows_of(session, _HELD_OF, owner=owner)])


def last_ended(session: Session, leads: Iterable[int], besides: str = "") -> dict[int, Past]:
    """The newest ended hand-off of each of *leads* that has one, by lead; those of reason *besides* left out."""
    found: dict[int, Past] = {}
    for lead, at, stage, reason, again_on, changed, _ in rows_among(session, _ENDED, set(leads)):
        if besides and reason == besides:
            continue
        ended = int(at.timestamp())
        found[lead] = Past(
            ended_at=ended,
            stage=stage,
            reason=reason,
            again_on=again_on,
            facts_changed=changed is not None and changed > ended,
        )
    return found


def last_end_of(session: Session, lead_id: int, besides: str) -> int | None:
    """The id of the lead's newest hand-off that sales ended; None where there is none. Those of reason *besides*, and
    those that a merge ended, nobody of sales did."""
    ends = [row.id for row in rows_among(session, _ENDED, [lead_id]) if row.reason != besides]
    return ends[-1] if ends else None


def open_deals(session: Session) -> dict[str, int]:
    """How many open SQLs and opportunities each account executive has, those waiting for them included."""
    return dict(map(tuple, rows_of(session, _DEALS)))


def taken_back(session: Session, id_: int, n: int) -> bool:
    """Whether move *n* of a hand-off was undone or reopened since."""
    return bool(rows_of(session, _TAKEN_BACK, whose=id_, number=n))


def of_card(session: Session, card_id: int) -> list[Handoff]:
    """The hand-offs on a card, the first of its bundle first."""
    return _in_order(session, [id_ for (id_,) in rows_of(session, _ON_CARD, card=card_id)])


def of_lead(session: Session, lead_id: int) -> list[Handoff]:
    """All hand-offs of a lead, newest first."""
    return _in_order(session, [id_ for (id_,) in rows_of(session, _OF_LEAD, lead=lead_id)])


def waiting(session: Session, owner: str | None, pool_member: str | None) -> list[Handoff]:
    """Open hand-offs, soonest due first: those *owner* has, or the unowned ones *pool_member* may claim."""
    if owner:
        return list(_whole(session, rows_of(session, _OF_OWNER, owner=owner)).values())
    rows = [row for row in rows_of(session, _OF_NOBODY) if pool_member is None or pool_member in row.pool]
    return list(_whole(session, rows).values())


def all_open(session: Session) -> list[Handoff]:
    """Every open hand-off, oldest first."""
    return list(_whole(session, rows_of(session, _ALL_OPEN)).values())


def of_row(
    row: Any, touches: tuple[Touch, ...] = (), last: Pressed | None = None, *, erased: bool = False
) -> Handoff:
    """A row of the table as decisions see it."""
    return Handoff(
        id=row.id, lead_id=row.lead_id, version=row.version, tier=row.tier, tier_rank=row.tier_rank,
        why=row.why, segment=row.segment, channel=row.channel, pool=tuple(row.pool), stage=row.stage,
        owner=row.owner, fit=row.fit, intent=row.intent, receipt=tuple(row.receipt), fit_check=row.fit_check,
        returning=row.came_back, stale=row.stale, flag=row.flag, crossed_at=row.crossed_at, clock=row.clock,
        allowance=None if row.allowance_s is None else timedelta(seconds=row.allowance_s),
        started_at=row.started_at, used=timedelta(seconds=row.used_s), since=row.since, due_at=row.due_at,
        accepted_at=row.accepted_at, touched_at=row.touched_at, sql_at=row.sql_at, ae=row.ae, bant=row.bant,
        ended_at=row.ended_at, reason=row.reason, note=row.note, again_on=row.again_on, n=row.n,
        card_id=row.card_id, head=row.head, undo=row.undo, touches=touches,
        last=last if row.undo is not None else None,
        erased=erased, company=row.company, origin=row.origin, given_by=row.given_by, given_why=row.given_why,
        routed=row.routed, assigned_at=row.assigned_at, sent_back_at=row.sent_back_at,
        snoozed_until=row.snoozed_until, snoozes=row.snoozes,
        paused_at=row.paused_at, paused_until=row.paused_until, paused=timedelta(seconds=row.paused_s),
        pause_reason=row.pause_reason, sdr=row.sdr, ae_accepted_at=row.ae_accepted_at, amount=row.amount,
        currency=row.currency, close_on=row.close_on, bundled=row.bundled,
    )  # fmt: skip


def pressed(n: int, action: str | None, actor: str | None, at: Any) -> Pressed | None:
    """A line of the log as the press Undo takes back; None where no person made it."""
    return Pressed(n, action, actor, at) if action in PRESSES and actor is not None else None


def _whole(session: Session, rows: Sequence[Any]) -> dict[int, Handoff]:
    # Where nobody has touched there is nothing to look up: the first touch sets the column, its undo clears it.
    touched = [row.id for row in rows if row.touched_at is not None]
    touches: dict[int, list[Touch]] = {}
    for handoff_id, kind, outcome, by, at in rows_among(session, _TOUCHES, touched):
        touches.setdefault(handoff_id, []).append(Touch(kind, outcome, by, at))
    return {
        row.id: of_row(
            row,
            tuple(touches.get(row.id, ())),
            pressed(row.n, row.last_action, row.last_actor, row.last_at),
            erased=row.last_action == ERASE,
        )
        for row in rows
    }


def _in_order(session: Session, ids: Sequence[int]) -> list[Handoff]:
    found = many(session, ids)
    return [found[id_] for id_ in ids]
