"""Cards are projections: `wanted` counts the changes of what they show, `shown` is the change Slack has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, insert, select, update
from sqlmodel import Session, SQLModel, col

from storage import outbox
from storage.outbox import Claimed, Letter
from storage.statements import in_parts, rows_changed, rows_of
from storage.tables import CardRow, HandoffRow, OutboxRow

MOST_ON_A_DIGEST = 10
"""Leads on one digest: with their buttons they stay under Slack's 50 blocks and 13,200 characters."""

_CARDS = SQLModel.metadata.tables["card"]

# Built once: every press changes a card.
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_CHANGED = (
    update(_CARDS)
    .where(_CARDS.c.id.in_(_THESE))
    .values(wanted=_CARDS.c.wanted + 1)
    .returning(_CARDS.c.id, _CARDS.c.channel, _CARDS.c.ts)
)
_GET = select(
    _CARDS.c.id,
    _CARDS.c.channel,
    _CARDS.c.collects,
    _CARDS.c.ts,
    _CARDS.c.wanted,
    _CARDS.c.shown,
    _CARDS.c.hash,
).where(_CARDS.c.id == bindparam("card_id"))
_LOCKED = _GET.with_for_update()
_SHOWN = (
    update(_CARDS)
    .where(_CARDS.c.id == bindparam("card_id"))
    .values(ts=bindparam("new_ts"), shown=bindparam("new_shown"), hash=bindparam("new_hash"))
)


@dataclass(frozen=True, slots=True)
class Card:
    """A message that shows hand-offs; *ts* is None until Slack has it."""

    id: int
    channel: str
    collects: str | None
    ts: str | None
    wanted: int
    shown: int
    hash: str | None


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to be posted: where, and how hot (a lower rank goes first)."""

    handoff_id: int
    channel: str
    rank: int


def create(session: Session, cards: Sequence[NewCard], at: datetime) -> list[int]:
    """Add cards, put their hand-offs on them, and ask for the posts; gives the ids in order."""
    if not cards:
        return []
    ids = [
        id_
        for id_ in session.scalars(
            insert(CardRow).returning(col(CardRow.id), sort_by_parameter_order=True),
            [{"channel": card.channel, "wanted": 1, "shown": 0} for card in cards],
        )
        if id_ is not None
    ]
    outbox.put(
        session,
        [
            Letter(f"card:{id_}", "card", f"post:{card.channel}", at, card.rank, id_, card.handoff_id)
            for id_, card in zip(ids, cards, strict=True)
        ],
    )
    return ids


def collect(session: Session, card: NewCard, tier: str) -> tuple[int, bool]:
    """The digest that gathers *tier* for this channel and has room, and whether it was begun just now."""
    on_it = select(func.count()).where(col(HandoffRow.card_id) == col(CardRow.id)).scalar_subquery()
    asked_for = exists().where(col(OutboxRow.card_id) == col(CardRow.id), col(OutboxRow.kind) == "card")
    gathering = session.scalars(
        select(col(CardRow.id))
        .where(col(CardRow.collects) == tier, col(CardRow.channel) == card.channel, ~asked_for)
        .where(on_it < MOST_ON_A_DIGEST)
        .order_by(col(CardRow.id))
        .limit(1)
        .with_for_update()
    ).first()
    if gathering is not None:
        return gathering, False
    row = {"channel": card.channel, "collects": tier, "wanted": 1, "shown": 0}
    begun = session.scalars(insert(CardRow).returning(col(CardRow.id)), row).one()
    return begun or 0, True


def post(session: Session, card_id: int, at: datetime) -> None:
    """A digest has gathered long enough: ask for its post."""
    row = session.get_one(CardRow, card_id)
    first = session.scalars(
        select(func.min(col(HandoffRow.id))).where(col(HandoffRow.card_id) == card_id)
    ).one()
    outbox.put(session, [Letter(f"card:{card_id}", "card", f"post:{row.channel}", at, 90, card_id, first)])


def changed(session: Session, ids: Iterable[int | None], at: datetime) -> None:
    """What these cards show has changed: ask for one more delivery of each."""
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    for part in in_parts(wanted):
        outbox.arm(
            session,
            [
                Letter(f"card:{id_}", "card", f"{'edit' if ts else 'post'}:{channel}", at, 40, card_id=id_)
                for id_, channel, ts in rows_of(session, _CHANGED, these=part)
            ],
        )


def get(session: Session, id_: int) -> Card | None:
    """The card, or None."""
    return _card(session, _GET, id_)


def _card(session: Session, statement: Any, id_: int | None) -> Card | None:
    return next((Card(*row) for row in rows_of(session, statement, card_id=id_)), None)


def shown(session: Session, letter: Claimed, ts: str, version: int, hash_: str) -> bool:
    """Slack has the rendering of change *version*. Where the card has changed since, it is armed again.

    Only the holder of the claim may say so; False, and nothing written, where somebody else has taken it.
    """
    card = _card(session, _LOCKED, letter.card_id)
    if card is None:
        return outbox.settle(session, letter, "dropped")
    state = "sent" if card.wanted <= version else "new"
    pace = f"edit:{card.channel}"
    if not outbox.settle(session, letter, state, sent_at=letter.claimed_at, pace=pace, error=None):
        return False
    if card.shown <= version:
        now_there = {"card_id": card.id, "new_ts": ts, "new_shown": version, "new_hash": hash_}
        session.connection().execute(_SHOWN, now_there)
    return True


def adopt(session: Session, handoff_id: int, ts: str) -> None:
    """Somebody pressed a button of a card whose post we never saw confirmed: it was posted, as *ts*."""
    card_id = session.scalars(
        select(col(HandoffRow.card_id)).where(col(HandoffRow.id) == handoff_id)
    ).one_or_none()
    if card_id is None:
        return
    healing = update(CardRow).where(col(CardRow.id) == card_id, col(CardRow.ts).is_(None)).values(ts=ts)
    if rows_changed(session, healing):
        session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.key) == f"card:{card_id}", col(OutboxRow.state) == "unknown")
            .values(state="new")
            .execution_options(synchronize_session=False)
        )
