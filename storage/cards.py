"""Cards are projections: `wanted` counts the changes of what they show, `shown` is the change Slack has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, exists, func, insert, select, update
from sqlmodel import Session, SQLModel, col

from storage import outbox
from storage.outbox import Claimed, Letter
from storage.statements import among, in_parts, rows_among, rows_changed, rows_of
from storage.tables import CardRow, HandoffRow, OutboxRow

MOST_ON_A_DIGEST = 10
"""Leads on one digest: with their buttons they stay under Slack's 50 blocks and 13,200 characters."""

_CARDS = SQLModel.metadata.tables["card"]
_HANDOFFS = SQLModel.metadata.tables["handoff"]

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
    _CARDS.c.meant_for,
).where(_CARDS.c.id == bindparam("card_id"))
_PLACES = among(select(_CARDS.c.id, _CARDS.c.channel, _CARDS.c.ts), _CARDS.c.id)
_LOCKED = _GET.with_for_update()
_SHOWN = (
    update(_CARDS)
    .where(_CARDS.c.id == bindparam("card_id"))
    .values(
        ts=bindparam("new_ts"),
        shown=bindparam("new_shown"),
        hash=bindparam("new_hash"),
        posted_after_s=func.coalesce(_CARDS.c.posted_after_s, bindparam("after", type_=Integer)),
    )
)

_OF_HANDOFF = select(*_GET.selected_columns).where(
    _CARDS.c.id == select(_HANDOFFS.c.card_id).where(_HANDOFFS.c.id == bindparam("whose")).scalar_subquery()
)
_STANDING = select(_CARDS.c.id).where(
    _CARDS.c.ts == bindparam("stamp"), _CARDS.c.channel == bindparam("room")
)
_FORGET_HASH = update(_CARDS).where(_CARDS.c.id == bindparam("the_card")).values(hash=None)
_MOVE = (
    update(_CARDS)
    .where(_CARDS.c.id == bindparam("the_card"))
    .values(channel=bindparam("new_channel"), meant_for=bindparam("old_channel"))
)

_OUTBOX = SQLModel.metadata.tables["outbox"]
_REDIRECT = (
    update(_OUTBOX)
    .where(_OUTBOX.c.key == bindparam("letter"), _OUTBOX.c.state.in_(("new", "unknown")))
    .values(pace=bindparam("new_pace"), state="new", not_before=bindparam("at_once"), attempts=0)
)
_WAKE_NOTES = (
    update(_OUTBOX)
    .where(
        # By the hand-offs' index; the table has none by card.
        _OUTBOX.c.handoff_id.in_(select(_HANDOFFS.c.id).where(_HANDOFFS.c.card_id == bindparam("the_card"))),
        _OUTBOX.c.kind == "note",
        _OUTBOX.c.state == "new",
        _OUTBOX.c.not_before > bindparam("at_once"),
    )
    .values(not_before=bindparam("at_once"))
)
"""What waited for its card to be posted goes out now."""


@dataclass(frozen=True, slots=True)
class Card:
    """A message that shows hand-offs; *ts* is None until Slack has it.

    *meant_for* is the channel it should stand in, where that could not be posted to.
    """

    id: int
    channel: str
    collects: str | None
    ts: str | None
    wanted: int
    shown: int
    hash: str | None
    meant_for: str | None = None


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
    has_room = (
        select(col(CardRow.id))
        .where(col(CardRow.collects) == tier, col(CardRow.channel) == card.channel, col(CardRow.ts).is_(None))
        .where(~asked_for, on_it < MOST_ON_A_DIGEST)
        .order_by(col(CardRow.id))
        .limit(1)
    )
    while (gathering := session.scalars(has_room.with_for_update()).first()) is not None:
        # While this waited for the lock it may have been asked for or filled: a new statement sees that.
        if session.scalars(has_room.where(col(CardRow.id) == gathering)).first() is not None:
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


def places(session: Session, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Where these cards stand, channel and ts, by card; those that are not posted yet are left out."""
    return {
        id_: (channel, ts)
        for id_, channel, ts in rows_among(session, _PLACES, sorted(set(ids)))
        if ts is not None
    }


def _card(session: Session, statement: Any, id_: int | None) -> Card | None:
    return next((Card(*row) for row in rows_of(session, statement, card_id=id_)), None)


def shown(
    session: Session, letter: Claimed, ts: str, version: int, hash_: str, sent_to: str | None = None
) -> bool:
    """Slack has the rendering of change *version*. Where the card has changed since, it is armed again.

    Only the holder of the claim may say so; False, and nothing written, where somebody else has taken it.
    """
    card = _card(session, _LOCKED, letter.card_id)
    if card is None:
        return outbox.settle(session, letter, "dropped")
    state = "sent" if card.wanted <= version else "new"
    there = {"sent_to": sent_to or card.channel, "ts": ts, "pace": f"edit:{card.channel}"}
    if not outbox.settle(session, letter, state, sent_at=letter.claimed_at, error=None, **there):
        return False
    if card.shown <= version:
        now_there = {"card_id": card.id, "new_ts": ts, "new_shown": version, "new_hash": hash_}
        now_there["after"] = round((letter.claimed_at - letter.created_at).total_seconds())
        session.connection().execute(_SHOWN, now_there)
    if card.ts != ts:
        session.connection().execute(_WAKE_NOTES, {"the_card": card.id, "at_once": letter.claimed_at})
    return True


def of_handoff(session: Session, handoff_id: int) -> Card | None:
    """The card a hand-off is on, or None."""
    return next((Card(*row) for row in rows_of(session, _OF_HANDOFF, whose=handoff_id)), None)


def standing(session: Session, channel: str, ts: str) -> int | None:
    """The card that is this message, or None."""
    return next((id_ for (id_,) in rows_of(session, _STANDING, stamp=ts, room=channel)), None)


def adopt(session: Session, handoff_id: int, channel: str, ts: str, at: datetime) -> bool:
    """Somebody pressed a button of a card whose post we never saw confirmed: it stands in *channel*, as *ts*.

    True where that was news; then the message is edited to what it should show now.
    """
    card = of_handoff(session, handoff_id)
    if card is None or card.ts is not None or card.channel != channel:
        return False
    healing = update(CardRow).where(col(CardRow.id) == card.id, col(CardRow.ts).is_(None)).values(ts=ts)
    if not rows_changed(session, healing):
        return False
    session.execute(
        update(OutboxRow)
        .where(col(OutboxRow.key) == f"card:{card.id}", col(OutboxRow.state) == "unknown")
        .values(state="new", not_before=at)
        .execution_options(synchronize_session=False)
    )
    return True


def redraw(session: Session, card_id: int, at: datetime) -> None:
    """Send the card once more though nothing on it has changed: what stands in Slack may not be what we sent."""
    session.connection().execute(_FORGET_HASH, {"the_card": card_id})
    changed(session, [card_id], at)


def move(session: Session, card_id: int, fallback: str, at: datetime) -> str | None:
    """Let a card that was never posted stand in *fallback*; gives the channel it was meant for.

    None, and nothing changed, where it was posted or moved before.
    """
    card = _card(session, _LOCKED, card_id)
    if card is None or card.ts is not None or card.meant_for is not None or card.channel == fallback:
        return None
    session.connection().execute(
        _MOVE, {"the_card": card_id, "new_channel": fallback, "old_channel": card.channel}
    )
    session.connection().execute(
        _REDIRECT, {"letter": f"card:{card_id}", "new_pace": f"post:{fallback}", "at_once": at}
    )
    return card.channel
