"""What Baton itself changes as time passes: it takes a card from who does not touch it, and finds an owner for one."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.books import Books
from tests.simulation.cast import SEGMENTS
from tests.simulation.managers import Managers
from tests.simulation.reference import Lead
from tests.simulation.slack_reader import Reader

Complain = Callable[[str, str], None]


@dataclass(frozen=True)
class Rung:
    """The ladder's last rung is reached for *lead*, and with it for *everybody* somebody works on together with it;
    *had* it last, *could* be given it."""

    lead: Lead
    everybody: list[Lead]
    had: set[str]
    could: list[str]


@dataclass
class Owners:
    """Who has what, as its cards say it."""

    reader: Reader
    books: Books
    managers: Managers
    complain: Complain

    def reached(self, waiting: list[Lead], minute: int) -> list[Rung]:
        """The cards to be taken at *minute*, with who could be given them before any of them is."""
        due = [lead for lead in waiting if lead.to_be_taken(minute)]
        found = []
        for lead in due:
            if not lead.card.speaks(lead, minute):
                first = next(each for each in lead.card.together(lead) if lead.card.speaks(each, minute))
                lead.stuck = first not in due  # the whole card goes with the one whose time was up first
                continue
            everybody = lead.card.together(lead)
            had = had_it([lead] if lead.owner else everybody)
            found.append(Rung(lead, everybody, had, self.books.floor.there(lead.segment, minute, had)))
        return found

    def look(self, rungs: list[Rung], minute: int) -> None:
        """Compare what the cards say now."""
        floor, reader = self.books.floor, self.reader
        known = [floor.leads[name] for name in sorted(reader.edited)]
        changed = [lead for lead in known if lead.open and reader.owner(lead.name) != lead.owner]
        # Who was given a lead in this minute may be full for the next one.
        for rung in sorted(rungs, key=lambda each: reader.owner(each.lead.name) is None):
            there = rung.could
            if reader.owner(rung.lead.name) is None:
                there = [each for each in there if floor.lacking(each, minute) is None]
            self._taken(rung, there, minute, changed=rung.lead in changed)
            changed = [lead for lead in changed if lead not in rung.everybody]
        for lead in changed:
            if reader.owner(lead.name) != lead.owner:  # it may have gone with another one of its card
                self._found(lead, minute)

    def _taken(self, rung: Rung, could: list[str], minute: int, *, changed: bool) -> None:
        """The last rung: once to the next who is there, never back; then the managers decide."""
        lead, now = rung.lead, self.reader.owner(rung.lead.name)
        if lead.taken:
            lead.stuck = True
            self.managers.notice(lead.name, "reassign")
            if changed:
                self.complain(lead.name, f"reassigned by itself a second time, to {now}")
                _hand(rung.everybody, now, minute)
            return
        lead.taken = True
        if not could:
            self._nobody_is_there(rung, now, minute)
            return
        if now not in could or not changed:
            self.complain(lead.name, f"should go to one of {could}, is with {now}")
        if changed:
            _hand(rung.everybody, now, minute, taken=True)
        if now is not None and changed:
            self.books.given_to(now, lead.segment, could, len(rung.everybody), turn=True)

    def _nobody_is_there(self, rung: Rung, now: str | None, minute: int) -> None:
        """ "Nobody available: goes to the pool and the manager"."""
        lead = rung.lead
        self.managers.notice(lead.name, "reassign")
        lead.stuck = True
        if lead.owner is None or not set(SEGMENTS[lead.segment].pool) - rung.had:
            return
        if now is not None:
            self.complain(lead.name, f"nobody is there, and it went to {now}")
        _hand(rung.everybody, None, minute, taken=True)  # and the managers read one line of it, not two

    def _found(self, lead: Lead, minute: int) -> None:
        """A card that nobody could be given found somebody for all on it."""
        now, everybody = self.reader.owner(lead.name), lead.card.together(lead)
        if lead.owner is not None or now is None or SEGMENTS[lead.segment].assign == "claim":
            self.complain(lead.name, f"went from {lead.owner} to {now}, unexpected")
            _hand(everybody, now, minute)
            return
        had = had_it(everybody) | {each.taken_from for each in everybody if each.taken_from}
        there = self.books.floor.there(lead.segment, minute, had)
        heir = self.books.heir(lead.segment, lead.card.company, minute, had)
        if now not in ([heir] if heir else there):
            why = self.books.floor.lacking(now, minute, had)
            self.complain(lead.name, f"given to {now}, who is {why}; could go to {heir or there}")
        self.books.given_to(now, lead.segment, there, len(everybody), turn=heir is None)
        _hand(everybody, now, minute)


def had_it(leads: list[Lead]) -> set[str]:
    """Who has, or had last, one of *leads*: "never back to the last owner"."""
    last = {lead.owner or lead.last_owner for lead in leads}
    return {each for each in last if each is not None}


def _hand(everybody: list[Lead], owner: str | None, minute: int, *, taken: bool = False) -> None:
    for each in everybody:
        if taken:
            each.taken, each.taken_from = True, each.owner
        each.handed(owner, minute, given=True)
