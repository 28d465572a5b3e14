"""Who could be given a lead, and what turns owe each: counted naively from what was seen."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from tests.simulation.cast import SEGMENTS, TEAM
from tests.simulation.hours import away, shift
from tests.simulation.reference import Card, Lead


@dataclass
class Floor:
    """The leads so far, who has left, and each segment's credits in leads."""

    leads: dict[str, Lead] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    credits: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    given: dict[tuple[str, str], int] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    out_of_turn: Counter[str] = field(default_factory=Counter)

    def lacking(self, person: str, minute: int, besides: Collection[str] = ()) -> str | None:
        """Why somebody cannot be given a lead now; None where they can."""
        if person in besides:
            return "had it last"
        return self.yields(person, minute) or (None if shift(person)[minute] else "off shift")

    def yields(self, person: str, minute: int) -> str | None:
        """Why somebody does not even get what is theirs, such as their company's next lead: "same owner yields to away,
        full or departed"."""
        if person in self.gone:
            return "departed"
        if away(person)[minute]:
            return "away"
        capacity = TEAM[person].capacity
        return "full" if capacity is not None and self.held(person) >= capacity else None

    def company_owner(self, company: str | None) -> str | None:
        """Who has the newest of the company's open leads that somebody has."""
        mine = (each for each in reversed(self.leads.values()) if each.card.company == company and company)
        return next((each.owner for each in mine if each.open and each.owner), None)

    def card_for(self, company: str | None, owner: str | None, minute: int) -> Card | None:
        """The newest card onto which somebody of the company comes whom *owner* gets."""
        mine = (card for card in reversed(self.cards) if card.company == company and company)
        return next((card for card in mine if card.takes_in(owner, minute)), None)

    def to_claim(self, company: str | None, minute: int) -> Card | None:
        """The card of a company that nobody has, where its pool may claim it: whoever comes joins it unowned."""
        card = self.card_for(company, None, minute)
        claimed = card is not None and SEGMENTS[card.segment].assign == "claim"
        return card if claimed and self.company_owner(company) is None else None

    def held(self, person: str) -> int:
        return sum(lead.open and lead.owner == person for lead in self.leads.values())

    def there(self, segment: str, minute: int, besides: Collection[str] = ()) -> list[str]:
        """Who of the pool could be given a lead of *segment* now."""
        return [each for each in SEGMENTS[segment].pool if self.lacking(each, minute, besides) is None]

    def on_shift(self, people: Iterable[str], minute: int) -> set[str]:
        """Who of *people* works now."""
        return {each for each in people if shift(each)[minute]}

    def taken_up(self, segment: str, person: str) -> None:
        """Somebody has a lead without being given it by turns: they took it, or a colleague gave it to them."""
        self.given[segment, person] = self.given.get((segment, person), 0) + 1

    def count(self, segment: str, there: list[str], receiver: str) -> None:
        """ "Weighted, by credit": who was there earned a share by weight, and the receiver was paid a lead."""
        self.taken_up(segment, receiver)
        if SEGMENTS[segment].assign == "claim":
            return
        whole = sum(TEAM[each].weight for each in there)
        for each in there:
            key = segment, each
            self.credits[key] = self.credits.get(key, Fraction(0)) + Fraction(TEAM[each].weight, whole)
        key = segment, receiver
        self.credits[key] = self.credits.get(key, Fraction(0)) - 1
