"""New leads: where they come from, who is to get them, and onto which card they are to come."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.books import Books
from tests.simulation.cast import SEGMENTS, TIERS
from tests.simulation.managers import Managers
from tests.simulation.reference import Card, Lead
from tests.simulation.slack_reader import JOINED, Reader
from tests.world import World

Complain = Callable[[str, str], None]

SHARED = 0.22
"""So many leads are of a company from which somebody came before."""
LATELY = 40
"""Most of these are of one of the last so many companies."""


@dataclass(frozen=True)
class Wanted:
    """What is to become of a lead: a *waiting* card that it joins, or an *heir* who gets it, or one who *could*."""

    name: str
    segment: str
    company: str | None
    waiting: Card | None
    heir: str | None
    could: list[str]


@dataclass
class Arrivals:
    """Sends leads and looks at what becomes of them."""

    world: World
    reader: Reader
    books: Books
    managers: Managers
    chance: random.Random
    complain: Complain

    def arrive(self, minute: int) -> Lead:
        """Somebody asks for sales."""
        floor, chance = self.books.floor, self.chance
        number = len(floor.leads) + 1
        name, tier = f"L{number:04}", chance.choices(list(TIERS), [3, 3, 1, 3])[0]
        segment = chance.choices(list(SEGMENTS), [4, 3, 2, 3])[0]
        domain = self._domain(number)
        company = None if domain == "gmail.com" else domain
        facts = {
            "email": f"lead{number}@{domain}", "first_name": "Lou", "last_name": name,
            "company": f"Company {domain}", "country": chance.choice(SEGMENTS[segment].countries),
        }  # fmt: skip
        waiting = floor.to_claim(company, minute)
        heir = None if waiting else self.books.heir(segment, company, minute)
        wanted = Wanted(name, segment, company, waiting, heir, floor.there(segment, minute))
        self.world.send(self.world.event(TIERS[tier].signal, facts))
        notes = [message.plain() for message in self.reader.news()]
        owner = self.reader.owner(name)
        self._right_owner(wanted, owner)
        card = waiting or floor.card_for(company, owner, minute)
        joined = card is not None
        beside = [each.name for each in card.people] if card else []
        self._right_card(name, beside, notes)
        if card is None:
            card = Card(company, segment, minute)
            floor.cards.append(card)
        there = wanted.could if not joined else floor.there(card.segment, minute)
        lead = floor.leads[name] = Lead(name, tier, card, minute, owner)
        card.people.append(lead)
        if owner is not None:
            self.books.given_to(owner, card.segment, there, turn=not joined and heir is None)
        elif not joined and SEGMENTS[segment].assign != "claim" and lead.calendar[minute]:
            self.managers.notice(name, "nobody")
        return lead

    def _domain(self, number: int) -> str:
        if self.chance.random() < SHARED:
            since = self.chance.choice([1, max(1, number - LATELY), max(1, number - LATELY)])
            return f"firm{self.chance.randint(since, number)}.example"
        return "gmail.com" if self.chance.random() < 0.1 else f"firm{number}.example"

    def _right_owner(self, wanted: Wanted, owner: str | None) -> None:
        may: list[str | None] = [*wanted.could] or [None]
        if wanted.waiting is not None:
            may = [None]
        elif wanted.heir is not None:
            may = [wanted.heir]
        elif SEGMENTS[wanted.segment].assign == "claim":
            may = [None]
        if owner not in may:
            self.complain(wanted.name, f"could go to {may}, and went to {owner}: {wanted}")

    def _right_card(self, name: str, beside: list[str], notes: list[str]) -> None:
        """Whoever comes onto a card that stands there is told of in its thread, once."""
        shown = self.reader.beside(name)
        if shown != [*beside, name]:
            self.complain(name, f"should be on the card of {beside}, is on that of {shown}")
        told = [note for note in notes if note.startswith(JOINED) and "came onto this card" in note]
        if len(told) != bool(beside) or len(notes) != len(told):
            self.complain(name, f"said at its arrival: {notes}")
