"""Which card a new hand-off goes on: its own, or that of colleagues who came shortly before it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from bot.desk.assign import Place
from bot.desk.desk import Agreed, Desk
from scoring import bundling
from scoring.bundling import Carded
from scoring.handoff import Handoff
from scoring.routing import Route
from storage import bundles, cards, outbox
from storage.outbox import Letter

JOINED = "joined"
"""The view of a note: somebody came onto a card that stands there."""


@dataclass(slots=True)
class Bundling:
    """The cards of some companies within one transaction, each hand-off seeing what the ones before it found."""

    session: Session
    agreed: Agreed
    now: datetime
    _cards: dict[str, list[Carded]] = field(default_factory=dict)

    def hold(self, companies: Collection[str]) -> None:
        """Hold the cards of these companies, which are held themselves."""
        since = self.now - self.agreed.team.bundle
        for on_it in bundles.hold_cards(self.session, companies, since).values():
            company = on_it[0].company or ""
            found = bundling.carded(on_it, company)
            if found is not None and self.agreed.team.segment(found.segment) is not None:
                self._cards.setdefault(company, []).append(found)

    def to_claim(self, company: str) -> Carded | None:
        """A card of *company*, whose open leads nobody has, that its pool may claim."""
        if any(card.owner is not None for card in self._cards.get(company, ())):
            return None
        found = self.of(company, None)
        return found if found is not None and self.place(found).assign == "claim" else None

    def of(self, company: str, owner: str | None) -> Carded | None:
        """The newest card of *company* that takes in a lead whom *owner* gets."""
        window = self.agreed.team.bundle
        fitting = (
            card for card in reversed(self._cards.get(company, [])) if card.takes_in(owner, self.now, window)
        )
        return next(fitting, None)

    def begin(self, company: str | None, path: Route, owner: str | None) -> Carded:
        """A new card, which others of *company* may join; None: nobody may."""
        made = Carded(None, path.segment.name, path.channel, tuple(path.pool), owner, self.now)
        if company is not None:
            self._cards.setdefault(company, []).append(made)
        return made

    def places(self) -> list[Place]:
        """Where the cards belong."""
        return [self.place(card) for cards in self._cards.values() for card in cards]

    def place(self, card: Carded) -> Place:
        """Where *card* belongs, as far as it decides who gets it."""
        return Place.of(self.agreed.team, card.segment, card.pool, None)

    def path(self, card: Carded) -> Route:
        """The way of whoever joins *card*: the card's, whatever their own would have been."""
        segment = self.agreed.team.segment(card.segment)
        assert segment is not None  # or it would not have been taken up
        return Route(segment, card.channel, card.pool, ())


def join(
    session: Session,
    desk: Desk,
    made: dict[int, Handoff],
    together: Collection[int],
    later: Collection[int],
) -> dict[int, Handoff]:
    """Let those of *made*, by id, that are on a card with others know it; gives all of them as they are then.

    Where they came *later*, onto a card that stands there, it is drawn anew and its thread told; whoever was on it
    before is held.
    """
    on = {made[id_].card_id for id_ in (*together, *later)}
    bundles.mark(session, {card for card in on if card is not None})
    cards.changed(session, (made[id_].card_id for id_ in later), desk.clock.real())
    outbox.put(session, [_joined(desk, made[id_]) for id_ in later])
    return {id_: replace(each, bundled=each.card_id in on) for id_, each in made.items()}


def _joined(desk: Desk, handoff: Handoff) -> Letter:
    """Who came onto the card: an edit is seen by nobody."""
    return Letter(
        f"joined:{handoff.id}", "note", f"post:{handoff.channel}", desk.clock.real(), handoff.tier_rank,
        card_id=handoff.card_id, handoff_id=handoff.id, body={"view": JOINED, "to": handoff.owner},
    )  # fmt: skip
