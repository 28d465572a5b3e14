"""A channel's queue of cards is too long: the cool ones are gathered onto digests, ten leads on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlmodel import Session, SQLModel

from storage import moves, outbox
from storage.cards import MOST_ON_A_DIGEST
from storage.outbox import IN_FLIGHT, Letter
from storage.statements import in_parts, rows_of

ANY_TIER = "*"
"""What such a digest says it collects: leads of any tier, until it is posted."""

_CARDS, _OUTBOX, _HANDOFFS = (SQLModel.metadata.tables[name] for name in ("card", "outbox", "handoff"))
_C, _O, _H = _CARDS.c, _OUTBOX.c, _HANDOFFS.c

_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_OLD: BindParameter[Any] = bindparam("old", expanding=True)
_WAITING = (_O.kind == "card", _O.state.in_([literal_column(f"'{state}'") for state in IN_FLIGHT]))
_UNTRIED = (_O.kind == "card", _O.state == "new", _O.attempts == 0)

_QUEUES = (
    select(_O.pace)
    .join_from(_OUTBOX, _CARDS, _C.id == _O.card_id)
    .where(*_WAITING, _O.pace.like("post:%"))
    .group_by(_O.pace)
    .having(
        or_(func.count() > bindparam("longest"), func.sum(case((_C.collects == ANY_TIER, 1), else_=0)) > 0)
    )
    .order_by(_O.pace)
)
_SINGLES = (
    select(_O.id, _O.card_id, _O.rank)
    .join_from(_OUTBOX, _CARDS, _C.id == _O.card_id)
    .where(*_UNTRIED, _O.pace == bindparam("queue"), _C.collects.is_(None), _C.ts.is_(None))
    .order_by(_O.rank, _O.id)
    .offset(bindparam("kept"))
    .limit(bindparam("most"))
)
# A press holds its hand-off and then wants the card's letter: taken in the same order here, and never waited for.
_HANDOFFS_OF = select(_H.id, _H.card_id).where(_H.card_id.in_(_THESE)).order_by(_H.id)
_HANDOFFS_HELD = _HANDOFFS_OF.with_for_update(skip_locked=True)
# Meanwhile it may have become a bundle's, whose hand-offs stay together.
_STILL_SINGLE = select(_C.id).where(_C.id.in_(_THESE), _C.collects.is_(None))
_LETTERS_HELD = select(_O.id).where(_O.id.in_(_THESE), *_UNTRIED).with_for_update(skip_locked=True)
_OPEN_DIGESTS = (
    select(_O.id, _O.card_id)
    .join_from(_OUTBOX, _CARDS, _C.id == _O.card_id)
    .where(*_UNTRIED, _O.pace == bindparam("queue"), _C.collects == ANY_TIER)
    .order_by(_O.id)
    .with_for_update(of=_OUTBOX, skip_locked=True)
)
_ON_THEM = select(_H.card_id, func.count()).where(_H.card_id.in_(_THESE)).group_by(_H.card_id)
_BEGIN = insert(_CARDS).returning(_C.id)
_REPOINT = (
    update(_OUTBOX)
    .where(_O.handoff_id.in_(_THESE), _O.card_id.in_(_OLD))
    .values(card_id=bindparam("new_card"))
)
_DELETE_LETTERS = delete(_OUTBOX).where(_O.id.in_(_THESE))
_DELETE_CARDS = delete(_CARDS).where(_C.id.in_(_THESE))


@dataclass(frozen=True, slots=True)
class _Single:
    """A card nobody has tried to post: its letter, its hand-off, how hot it is."""

    letter: int
    card: int
    handoff: int
    rank: int


def long_queues(session: Session, longest: int) -> list[str]:
    """The channels in whose queue more than *longest* cards wait, or did until some of them were gathered."""
    return [pace.partition(":")[2] for (pace,) in rows_of(session, _QUEUES, longest=longest)]


def fold(session: Session, channel: str, keep: int, most: int, at: datetime) -> int:
    """Gather the untried cards of *channel*, all but the *keep* hottest, onto digests; at most *most* at once.

    Gives how many were gathered. Each hand-off is on its card or on a digest, never on both or none; a digest
    that is not posted yet takes in more until it is full.
    """
    singles = _held(session, channel, keep, most)
    rest = singles
    for card, room in _with_room(session, channel) if singles else ():
        _put_on(session, rest[:room], card)
        rest = rest[room:]
    for start in range(0, len(rest), MOST_ON_A_DIGEST):
        _begin(session, channel, rest[start : start + MOST_ON_A_DIGEST], at)
    for part in in_parts([single.letter for single in singles]):
        session.connection().execute(_DELETE_LETTERS, {"these": part})
    for part in in_parts([single.card for single in singles]):
        session.connection().execute(_DELETE_CARDS, {"these": part})
    return len(singles)


def _held(session: Session, channel: str, keep: int, most: int) -> list[_Single]:
    found = rows_of(session, _SINGLES, queue=f"post:{channel}", kept=keep, most=most)
    handoffs = {
        row.card_id: row.id
        for part in in_parts([row.card_id for row in found])
        for row in rows_of(session, _HANDOFFS_HELD, these=part)
    }
    single = {
        card for part in in_parts(sorted(handoffs)) for (card,) in rows_of(session, _STILL_SINGLE, these=part)
    }
    letters = {
        row.id
        for part in in_parts([row.id for row in found if row.card_id in single])
        for row in rows_of(session, _LETTERS_HELD, these=part)
    }
    return [
        _Single(row.id, row.card_id, handoffs[row.card_id], row.rank) for row in found if row.id in letters
    ]


def _with_room(session: Session, channel: str) -> list[tuple[int, int]]:
    """Digests nobody has tried to post, and how many more leads each takes."""
    ids = [row.card_id for row in rows_of(session, _OPEN_DIGESTS, queue=f"post:{channel}")]
    on = {card: count for part in in_parts(ids) for card, count in rows_of(session, _ON_THEM, these=part)}
    return [(id_, MOST_ON_A_DIGEST - on.get(id_, 0)) for id_ in ids if on.get(id_, 0) < MOST_ON_A_DIGEST]


def _begin(session: Session, channel: str, singles: Sequence[_Single], at: datetime) -> None:
    row = {"channel": channel, "collects": ANY_TIER, "wanted": 1, "shown": 0}
    card = session.connection().execute(_BEGIN, row).scalar_one()
    first = singles[0]
    letter = Letter(f"card:{card}", "card", f"post:{channel}", at, first.rank, card, first.handoff)
    outbox.put(session, [letter])
    _put_on(session, singles, card)


def _put_on(session: Session, singles: Sequence[_Single], card: int) -> None:
    if not singles:
        return
    moves.set_card(session, {single.handoff: card for single in singles})
    old, handoffs = [single.card for single in singles], [single.handoff for single in singles]
    session.connection().execute(_REPOINT, {"these": handoffs, "old": old, "new_card": card})
