"""Bundles: several hand-offs of one company on one card."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlmodel import Session, SQLModel

from scoring.handoff import Handoff
from storage import handoffs
from storage.handoffs import HANDOFFS
from storage.statements import in_parts, rows_of

COMPANY = "@"
"""What a card says that it collects once it is about several people of one company."""

_H = HANDOFFS.c
_CARDS = SQLModel.metadata.tables["card"]
_OUTBOX = SQLModel.metadata.tables["outbox"].c
_THESE: BindParameter[Any] = bindparam("these", expanding=True)

# A card of its own, or a bundle's; one that somebody deleted for good takes nobody in.
_MAY_JOIN = (
    _CARDS.c.id.in_(_THESE),
    or_(_CARDS.c.collects.is_(None), _CARDS.c.collects == COMPANY),
    ~select(_OUTBOX.id)
    .where(_OUTBOX.card_id == _CARDS.c.id, _OUTBOX.kind == "card", _OUTBOX.state.in_(("dropped", "dead")))
    .exists(),
)
_OF_COMPANIES = (
    select(_H.card_id)
    .where(_H.ended_at.is_(None), _H.company.in_(_THESE), _H.card_id.is_not(None))
    .where(_H.stage.in_(("mql", "sal")), _H.origin == "scored", _H.crossed_at > bindparam("since"))
    .distinct()
)
_EVERY_OF = select(_H.id).where(_H.lead_id.in_(_THESE))
# Whatever its stage: what has ended may be open again a moment later.
_EVERY_CARD_OF = (
    select(_H.card_id)
    .where(_H.company.in_(_THESE), _H.card_id.is_not(None), _H.crossed_at > bindparam("since"))
    .distinct()
)
_HOLD = select(_H.id).where(_H.card_id.in_(_THESE)).order_by(_H.id).with_for_update(key_share=True)
_HOLD_FREE = (
    select(_H.id)
    .where(_H.card_id == bindparam("card"))
    .order_by(_H.id)
    .with_for_update(key_share=True, skip_locked=True)
)
_ON = select(_H.id).where(_H.card_id.in_(_THESE)).order_by(_H.card_id, _H.id)
_JOINABLE = select(_CARDS.c.id).where(*_MAY_JOIN)
_BUNDLED = update(HANDOFFS).where(_H.card_id.in_(_THESE)).values(bundled=True)
_COLLECTS = update(_CARDS).where(_CARDS.c.id.in_(_THESE)).values(collects=COMPANY)


def hold_cards(session: Session, companies: Collection[str], since: datetime) -> dict[int, list[Handoff]]:
    """Hold what stands on the cards on which *companies* have open hand-offs that crossed after *since*.

    Gives the hand-offs, ended ones too, by card; of cards that cannot take in anybody nothing. The companies are
    held already, so that nobody else puts anybody on these cards until the commit.
    """
    found: dict[int, list[Handoff]] = {}
    for part in in_parts(sorted(companies)):
        asked = sorted(card for (card,) in rows_of(session, _OF_COMPANIES, these=part, since=since))
        for handoff in _held(session, asked):
            found.setdefault(handoff.card_id or 0, []).append(handoff)
    joinable = {id_ for part in in_parts(sorted(found)) for (id_,) in rows_of(session, _JOINABLE, these=part)}
    return {card: on_it for card, on_it in found.items() if card in joinable}


def hold_with_leads(
    session: Session, leads: Collection[int], companies: Collection[str], since: datetime
) -> None:
    """Hold the hand-offs of *leads*, and with them, by number, what stands on the cards that others of *companies* may
    join in this transaction: taken one after the other, they would be taken out of order.

    The companies are held already, so that nobody comes onto these cards meanwhile; but what has ended there may be
    opened again, so it is held too.
    """
    wanted = {id_ for part in in_parts(sorted(leads)) for (id_,) in rows_of(session, _EVERY_OF, these=part)}
    for part in in_parts(sorted(companies)):
        asked = sorted(card for (card,) in rows_of(session, _EVERY_CARD_OF, these=part, since=since))
        wanted.update(id_ for (id_,) in rows_of(session, _ON, these=asked))
    handoffs.hold(session, wanted)


def hold(session: Session, card: int) -> list[Handoff]:
    """What stands on *card*, the rows held until the commit, the first one first."""
    return _held(session, [card])


def _held(session: Session, cards: Sequence[int]) -> list[Handoff]:
    if not cards:
        return []
    rows_of(session, _HOLD, these=cards)
    # Asked again: whoever came onto the card while this waited is no row of the statement above.
    return _on(session, cards)


def _on(session: Session, cards: Sequence[int]) -> list[Handoff]:
    ids = [id_ for (id_,) in rows_of(session, _ON, these=cards)]
    found = handoffs.many(session, ids)
    return [found[id_] for id_ in ids]


def held(session: Session, id_: int) -> tuple[Handoff, list[Handoff]] | None:
    """A hand-off and the others on its bundle, their rows held until the commit; None where it is gone or somebody
    changes one of them at this moment: as `handoffs.held`."""
    handoff = handoffs.held(session, id_)
    if handoff is None or not handoff.bundled or handoff.card_id is None:
        return (handoff, []) if handoff is not None else None
    free = {one for (one,) in rows_of(session, _HOLD_FREE, card=handoff.card_id)}
    on_it = _on(session, [handoff.card_id])
    if any(each.id not in free for each in on_it):
        return None
    return next(each for each in on_it if each.id == id_), [each for each in on_it if each.id != id_]


def mark(session: Session, cards: Collection[int]) -> None:
    """These cards have become bundles, and what stands on them knows it. Their hand-offs are held, or new."""
    for part in in_parts(sorted(cards)):
        session.connection().execute(_BUNDLED, {"these": part})
        session.connection().execute(_COLLECTS, {"these": part})
