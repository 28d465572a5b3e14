"""Who gets a lead: chosen when it is handed over, and again when its pool has somebody or its owner goes.

Scoring chooses; here the choice is made on rows that are held, so that two replicas never count from the same credits.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from bot.desk import notices
from bot.desk.desk import Agreed, Desk
from scoring import assigning
from scoring.assigning import Choice, Floor, Wanted
from scoring.handoff import Handoff
from scoring.roster import Assign, Segment, Team
from storage import assignments, deadlines
from storage.assignments import Given
from storage.deadlines import Due

NOBODY = "nobody"
"""The step of a notice: nobody of the pool could be given the lead."""

ASSIGN = "assign"
"""A lead of a segment that shares out by turns, and nobody could be given it: its pool is looked at again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead belongs, as far as it decides who gets it."""

    segment: str
    assign: Assign
    pool: Sequence[str]
    company: str | None = None

    @staticmethod
    def of(team: Team, segment: str, pool: Sequence[str], company: str | None) -> "Place":
        """The place of a hand-off; a segment that is gone from the team file lets its pool claim."""
        found = team.segment(segment)
        return Place(segment, found.assign if found else "claim", pool, company)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A choice, and what the card says of it."""

    choice: Choice
    said: str | None


@dataclass(slots=True)
class Sharing:
    """Shares out the leads of one transaction: each is chosen on what the ones before it left.

    With *dry* nothing is held and nothing is written: what would happen.
    """

    session: Session
    agreed: Agreed
    now: datetime
    dry: bool = False
    _credits: dict[str, dict[str, int]] = field(default_factory=dict)
    _changed: dict[str, dict[str, int]] = field(default_factory=dict)
    _loads: dict[str, int] = field(default_factory=dict)
    _company: dict[str, list[str]] = field(default_factory=dict)
    _account: dict[str, str] = field(default_factory=dict)

    def hold(self, places: Collection[Place]) -> None:
        """Hold what *places* need, in one order everywhere: companies first, then the segments' credits, then the
        people who take only so many leads; whoever holds hand-offs does so after the companies. To be asked once."""
        self.hold_companies(place.company for place in places)
        self.hold_shares(places)

    def hold_companies(self, companies: Iterable[str | None]) -> None:
        """Hold these companies: nobody else gives away, or puts on a card, a lead of theirs until the commit."""
        domains = {company for company in companies if company}
        if self.dry:
            self._account |= assignments.account_owners(self.session, domains)
        else:
            self._account |= assignments.hold_companies(self.session, domains)

    def hold_shares(self, places: Collection[Place]) -> None:
        """Hold the credits of the segments of *places*, whose companies are held; read whose companies are whose."""
        domains = {place.company for place in places if place.company}
        self._company |= assignments.company_owners(self.session, domains)
        for place in sorted(places, key=lambda each: each.segment):
            if place.segment not in self._credits:
                self._credits[place.segment] = assignments.credits_of(
                    self.session, place.segment, place.pool, lock=not self.dry and place.assign != "claim"
                )
        if not self.dry:
            assignments.hold_loads(self.session, self._who_may_be_full(places))

    def _who_may_be_full(self, places: Collection[Place]) -> set[str]:
        """Those who could be given one of *places* and take only so many: who is counted must not be given another one
        meanwhile for another segment."""
        asked = {person for place in places if place.assign != "claim" for person in place.pool}
        asked.update(person for owners in self._company.values() for person in owners)
        asked.update(self._account.values())
        people = (self.agreed.team.person(each) for each in asked)
        return {person.id for person in people if person is not None and person.capacity is not None}

    def give(self, place: Place, besides: Collection[str] = frozenset()) -> Verdict:
        """Who gets the next lead of *place*, which is held."""
        verdict = self.look(place, besides)
        self._count(place, verdict.choice)
        return verdict

    def look(self, place: Place, besides: Collection[str] = frozenset()) -> Verdict:
        """Who would get it; nothing is counted yet."""
        wanted = self._wanted(place, besides)
        asked = [*place.pool, *(each for each in (wanted.company_owner, wanted.account_owner) if each)]
        floor = self._floor(place.segment, asked)
        choice = assigning.choose(self.agreed.team, wanted, floor, self.now)
        return Verdict(choice, assigning.said(choice, self.agreed.team, wanted))

    def give_on(self, place: Place, found: Verdict) -> Verdict:
        """Whoever was *found* gets a lead that joins a card: it is counted where the card is, in *place*."""
        person, how = found.choice.person, found.choice.how
        if person is None:
            how = "claim" if place.assign == "claim" else "pool"
        floor = self._floor(place.segment, place.pool)
        there = assigning.there(self.agreed.team, place.pool, floor, self.now)
        choice = replace(found.choice, how=how, there=there)
        self._count(place, choice)
        return Verdict(choice, found.said)

    def owned(self, place: Place) -> bool:
        """Whether somebody has the company of *place*, which is held."""
        return self._wanted(place, ()).company_owner is not None

    def give_too(self, place: Place, choice: Choice) -> None:
        """A lead of *place* goes to whom *choice* says: one that was looked at, or goes with another one."""
        self._count(place, choice)

    def keep(self) -> None:
        """Write the credits that changed."""
        for segment in sorted(self._changed):
            assignments.keep_credits(self.session, segment, self._changed[segment])

    def _wanted(self, place: Place, besides: Collection[str]) -> Wanted:
        company = place.company or ""
        sdrs = self.agreed.team.with_role("sdr")  # who closes its deals is no SDR
        of_company = [each for each in self._company.get(company, ()) if each in place.pool or each in sdrs]
        return Wanted(
            place.assign,
            place.pool,
            next(iter(of_company), None),
            self._account.get(company),
            besides,
        )

    def _floor(self, segment: str, people: Sequence[str]) -> Floor:
        loads = assignments.loads(self.session, people)
        more = {person: loads.get(person, 0) + self._loads.get(person, 0) for person in people}
        gone = assignments.departed(self.session, people)
        return Floor(more, gone, self._credits.get(segment, {}))

    def _count(self, place: Place, choice: Choice) -> None:
        if choice.person is None:
            return
        self._loads[choice.person] = self._loads.get(choice.person, 0) + 1
        if place.company is not None and choice.person in place.pool:
            self._company.setdefault(place.company, []).insert(0, choice.person)
        if place.assign == "claim":
            return
        before = self._credits.setdefault(place.segment, {})
        changed = assigning.settled(self.agreed.team, choice.there, choice.person, before)
        before |= changed
        self._changed.setdefault(place.segment, {}).update(changed)


def line(
    handoff_id: int,
    segment: str,
    choice: Choice,
    at: datetime,
    *,
    by: str | None = None,
    taken_from: str | None = None,
) -> Given:
    """The ledger's line about a choice."""
    skipped = [
        (each.person, each.why, each.until.isoformat() if each.until else "") for each in choice.skipped
    ]
    return Given(handoff_id, segment, choice.person, choice.how, at, by, taken_from, skipped)


def look_again_at(team: Team, segment: Segment, floor: Floor, now: datetime) -> datetime:
    """When the pool of a lead that nobody could be given is looked at again.

    What came while everybody was off is theirs to claim until the clock of such leads starts, half an hour (or
    the team's `opening_grace`) after the first of them is back.
    """
    back = assigning.soonest(team, segment.pool, floor, now)
    if team.calendar_of_segment(segment.name).is_open(now) or back is None:
        opens = team.calendar_of_segment(segment.name).next_open(now + assigning.LOOK_AGAIN)
        return min(opens, back) if back is not None else opens
    return back + team.opening_grace


def later(team: Team, handoff_id: int, place: Place, now: datetime) -> Due | None:
    """The row by which a lead that nobody could be given finds an owner; None where its pool claims."""
    segment = team.segment(place.segment)
    if segment is None or segment.assign == "claim":
        return None
    return Due(ASSIGN, str(handoff_id), "next", look_again_at(team, segment, Floor(), now))


def find_somebody(session: Session, team: Team, freed: Sequence[Handoff], now: datetime) -> None:
    """See that hand-offs whose owner is gone find another at once, where their segments give leads by turns."""
    by_turns = [each for each in freed if Place.of(team, each.segment, each.pool, None).assign != "claim"]
    deadlines.schedule(session, [Due(ASSIGN, str(each.id), "next", now) for each in by_turns])


def write_down(
    session: Session,
    desk: Desk,
    agreed: Agreed,
    made: Sequence[tuple[Handoff, Choice]],
    *,
    beside: Collection[int] = (),
) -> None:
    """New hand-offs have their owners: the ledger says so, and for those that nobody could be given it goes on.

    Where a pool is at work and nobody of it could be given the lead, the managers are told: of each card once, so not
    of those who came *beside* others.
    """
    now = desk.clock.business()
    by_turns = [(handoff, choice) for handoff, choice in made if choice.how != "claim"]
    assignments.note(
        session, [line(handoff.id, handoff.segment, choice, now) for handoff, choice in by_turns]
    )
    orphans = [handoff for handoff, choice in by_turns if choice.person is None]
    look_again(session, desk, agreed, orphans, beside=beside)


def look_again(
    session: Session,
    desk: Desk,
    agreed: Agreed,
    orphans: Sequence[Handoff],
    *,
    beside: Collection[int] = (),
    wake: bool = True,
    tell: bool = True,
) -> None:
    """See that *orphans*, whom nobody could be given, find somebody; tell the managers of those that have to wait
    although their pool's desk is open, but for those *beside* others on a card. Without *wake* the caller wakes them,
    after everything else it writes; without *tell* they hear of it in other words."""
    now = desk.clock.business()
    due = [
        later(agreed.team, each.id, Place.of(agreed.team, each.segment, each.pool, None), now)
        for each in orphans
    ]
    deadlines.schedule(session, [row for row in due if row is not None])
    for handoff in orphans if tell else ():
        if handoff.id not in beside and agreed.team.calendar_of_segment(handoff.segment).is_open(now):
            for reader in agreed.team.managers:
                deadlines.notify(session, reader, handoff.id, f"{NOBODY} {handoff.n}", now)
    if orphans and wake:
        notices.wake(session, agreed.team.managers, now)
