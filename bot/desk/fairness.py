"""The fairness ledger: who got how many leads of each segment, what turns owe them, and who is next.

Source: MISSION N9, "a fairness ledger that reps can read: who got which lead and why, who was skipped and why".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.assign import Place, Sharing
from bot.desk.desk import Desk, presser
from scoring import roles
from scoring.assigning import Choice
from scoring.team import Team
from storage import assignments

SPAN = timedelta(days=30)
"""How far back the ledger counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One person of a pool: counted since SPAN ago; *credit* is what turns owe them, in parts of A_LEAD."""

    person: str
    given: int
    accepted: int
    reassigned: int
    credit: int
    open: int


@dataclass(frozen=True, slots=True)
class Shares:
    """One segment: its people in the pool's order, and who would be given the next lead and why not others."""

    segment: str
    assign: str
    people: tuple[Standing, ...]
    next: Choice


@dataclass(frozen=True, slots=True)
class Ledger:
    """All segments, as of *now*."""

    segments: tuple[Shares, ...]
    team: Team
    now: datetime


def ledger(desk: Desk, user: str) -> Ledger:
    """The fairness ledger of the last 30 days.

    Raises:
        Refused: *user* is not in the team file.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        roles.check_member(presser(agreed.team, user))
        now = desk.clock.business()
        counted = {(each.segment, each.person): each for each in assignments.tallies(session, now - SPAN)}
        loads = assignments.loads(session, agreed.team.people)
        found = []
        for segment in agreed.team.segments:
            place = Place(segment.name, segment.assign, segment.pool)
            sharing = Sharing(session, agreed, now, dry=True)
            sharing.hold([place])
            owed = assignments.credits_of(session, segment.name)
            people = []
            for person in segment.pool:
                tally = counted.get((segment.name, person), assignments.Tally(segment.name, person))
                people.append(
                    Standing(
                        person,
                        tally.given,
                        tally.accepted,
                        tally.reassigned,
                        owed.get(person, 0),
                        loads.get(person, 0),
                    )
                )
            found.append(Shares(segment.name, segment.assign, tuple(people), sharing.give(place).choice))
        return Ledger(tuple(found), agreed.team, now)
