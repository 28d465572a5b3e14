"""Who gets a lead: its company's owner, its account's owner, the next by turns; and why others were passed over.

Source: MISSION N9 "a fairness ledger that reps can read", N10 "departed, deactivated or absent reps never receive a
lead"; DESIGN, the team file: "`round_robin` (weighted, by credit, skipping who is off shift, away or full)".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from scoring.roster import Assign, Person, Team

A_LEAD = 10**12
"""Credits are whole trillionths of a lead, so that shares of any weights are whole numbers."""
_ALMOST = A_LEAD // 10_000
"""What rounding may have added up to, after a hundred million leads."""

How = Literal[
    "claim", "same_company", "named", "round_robin", "by_hand", "spot_check", "reassigned", "by_itself", "passed_on",
    "pool",
]  # fmt: skip
"""How somebody came to a lead. claim: they pressed Accept; by_itself: the ladder took it from who did not touch it;
passed_on: with all others of somebody who goes away; pool: to nobody."""

Lack = Literal["unknown", "departed", "away", "off_shift", "full", "had_it"]
"""Why somebody is passed over; had_it: it was just taken from them."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Somebody passed over, and until when that holds (aware UTC), where that is known."""

    person: str
    why: Lack
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """What is known of people beside the team file.

    Attributes:
        open: open hand-offs of each; nobody missing has any.
        departed: accounts that are deactivated.
        credits: what round robin owes each in this segment, in parts of A_LEAD.
    """

    open: Mapping[str, int] = field(default_factory=dict)
    departed: Collection[str] = frozenset()
    credits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody is wanted for a lead of a segment.

    Attributes:
        pool: who may be given it, in the team file's order.
        company_owner: who has its company's open leads; account_owner: whom the accounts file names.
        besides: who must not get it: it was just taken from them.
    """

    assign: Assign
    pool: Sequence[str]
    company_owner: str | None = None
    account_owner: str | None = None
    besides: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, and how; *person* None: it goes to the pool.

    Attributes:
        skipped: who was passed over, in the order in which they were looked at.
        there: who of the pool could have been given it; they earn a share of it.
    """

    person: str | None
    how: How
    skipped: tuple[Skipped, ...] = ()
    there: tuple[str, ...] = ()


def choose(team: Team, wanted: Wanted, floor: Floor, now: datetime) -> Choice:
    """Who gets a lead at *now* (aware).

    "Same owner yields to away, full or departed, and says so": being off shift does not take somebody's company
    away. The account's owner is treated alike. By turns goes who is owed most, of several the first of the pool.
    """
    gone = _gone(team, wanted, floor, now)
    skipped = [each for each in gone if each is not None]
    whose: list[tuple[str | None, How]] = [(wanted.company_owner, "same_company")]
    if wanted.assign == "named":
        whose.append((wanted.account_owner, "named"))
    passed: list[Skipped] = []
    for owner, how in whose:
        if owner is None:
            continue
        lack = lacking(team, owner, floor, now, besides=wanted.besides)
        if lack is None or lack.why == "off_shift":
            return Choice(owner, how, tuple(passed), _there(wanted, gone))
        passed.append(lack)
    told = tuple(dict.fromkeys([*passed, *skipped]))
    there = _there(wanted, gone)
    if wanted.assign == "claim" or not there:
        return Choice(None, "pool" if wanted.assign != "claim" else "claim", told, there)
    return Choice(next_in_line(team, there, floor.credits), "round_robin", told, there)


def _gone(team: Team, wanted: Wanted, floor: Floor, now: datetime) -> list[Skipped | None]:
    return [lacking(team, person, floor, now, besides=wanted.besides) for person in wanted.pool]


def _there(wanted: Wanted, gone: Sequence[Skipped | None]) -> tuple[str, ...]:
    return tuple(person for person, lack in zip(wanted.pool, gone, strict=True) if lack is None)


def there(team: Team, pool: Iterable[str], floor: Floor, now: datetime) -> tuple[str, ...]:
    """Who of *pool* could be given a lead at *now*."""
    return tuple(person for person in pool if lacking(team, person, floor, now) is None)


def lacking(
    team: Team, person_id: str, floor: Floor, now: datetime, *, besides: Collection[str] = frozenset()
) -> Skipped | None:
    """Why *person_id* cannot be given a lead at *now*; None where they can."""
    person = team.person(person_id)
    if person is None:
        return Skipped(person_id, "unknown")
    if person_id in floor.departed:
        return Skipped(person_id, "departed")
    if person_id in besides:
        return Skipped(person_id, "had_it")
    away = team.away_until(person, now)
    if away is not None:
        return Skipped(person_id, "away", away)
    if person.capacity is not None and floor.open.get(person_id, 0) >= person.capacity:
        return Skipped(person_id, "full")
    calendar = team.calendar_of(person_id)
    if not calendar.is_open(now):
        return Skipped(person_id, "off_shift", calendar.next_open(now))
    return None


def shares(team: Team, people: Iterable[str]) -> dict[str, int]:
    """Each one's share of one lead by weight; they sum to A_LEAD. Nobody: nothing."""
    weights = {person: _weight(team.person(person)) for person in people}
    total = sum(weights.values())
    shared = {person: A_LEAD * weight // total for person, weight in weights.items()} if total else {}
    left = A_LEAD - sum(shared.values())
    for person in sorted(shared, key=lambda each: (-weights[each], each))[:left]:
        shared[person] += 1  # what does not divide goes one by one to the heaviest
    return shared


def _weight(person: Person | None) -> int:
    return person.weight if person is not None else 1


def next_in_line(team: Team, there: Sequence[str], credits: Mapping[str, int]) -> str:
    """Of who is *there* (at least one), whose turn it is.

    Of those who are owed something once this lead is shared out, the one who would soonest be owed a whole lead; of
    several the first of the pool. So with the same people there, nobody is ever a lead ahead or behind, which taking
    the one who is owed most does not guarantee. Source: Baruah et al. (1996), "Proportionate progress", Algorithmica
    15: earliest deadline first keeps every lag below 1.
    """
    earned = shares(team, there)
    owed = {person: credits.get(person, 0) + earned[person] for person in there}
    waiting = [person for person in there if owed[person] > _ALMOST]
    if not waiting:  # those who are not there are owed it all
        return max(there, key=lambda person: owed[person])
    # How many leads until a whole one is owed, rounded up.
    return min(waiting, key=lambda each: -((owed[each] - earned[each] - A_LEAD + _ALMOST) // earned[each]))


def settled(team: Team, there: Sequence[str], receiver: str, credits: Mapping[str, int]) -> dict[str, int]:
    """The credits that change once *receiver* has the lead: everybody there earned a share, one was paid a lead.

    Who was not there earned nothing, so that nobody comes back from leave to a flood of leads. What somebody was
    given out of turn (their company's next lead) is paid in the same coin.
    """
    earned = shares(team, there)
    changed = {person: credits.get(person, 0) + share for person, share in earned.items()}
    changed[receiver] = changed.get(receiver, credits.get(receiver, 0)) - A_LEAD
    return changed


def soonest(team: Team, pool: Iterable[str], floor: Floor, now: datetime) -> datetime | None:
    """The first moment after *now* at which somebody of *pool* works again who does not now; None where nobody will.

    Who is full is not waited for: nobody knows when a desk empties.
    """
    back = [
        team.next_on_shift(person, now)
        for person in pool
        if person not in floor.departed and team.person(person) is not None
    ]
    later = [moment for moment in back if moment > now]
    return min(later, default=None)


LOOK_AGAIN = timedelta(hours=1)
"""While everybody who works is full, the pool is looked at this often."""

LACKS: dict[Lack, str] = {
    "unknown": "is not in the team file",
    "departed": "has left",
    "away": "is away",
    "off_shift": "is off shift",
    "full": "has as many leads as they take",
    "had_it": "had it last",
}
"""Why somebody is passed over, as it is said of them."""


def said(choice: Choice, team: Team, wanted: Wanted) -> str | None:
    """What the card says of how the lead came to its owner; None where there is nothing to say beyond the owner.

    One plain sentence with the team file's names. No times: a card says nothing relative to now.
    """
    passed = [each for each in choice.skipped if each.person in (wanted.company_owner, wanted.account_owner)]
    yields = "; ".join(
        f"{name_of(team, each.person)} has this "
        f"{'company' if each.person == wanted.company_owner else 'account'} and {LACKS[each.why]}"
        for each in dict.fromkeys(passed)
    )
    if choice.person is None:
        return f"{yields}, so it is open to the pool." if yields else None
    name = name_of(team, choice.person)
    if choice.how == "same_company":
        return f"{name} has other leads of this company."
    if choice.how == "named":
        return (
            f"{yields}, so it went to {name}, who owns the account."
            if yields
            else f"{name} owns this account."
        )
    return f"{yields}, so it went to {name} by turns." if yields else None


def name_of(team: Team, person_id: str) -> str:
    """The team file's name of somebody."""
    person = team.person(person_id)
    return person.name if person is not None else "somebody no longer in the team file"


def next_words(choice: Choice, team: Team, assign: Assign) -> str:
    """Who would get the lead, as a sentence: for a dry run."""
    if choice.person is None and assign == "claim":
        return "Whoever of the pool accepts first has it."
    if choice.person is None:
        return "Nobody of the pool could be given it now: it would wait there, and the managers would hear of it."
    name = name_of(team, choice.person)
    return {
        "same_company": f"It would go to {name}, who has other leads of this company.",
        "named": f"It would go to {name}, who owns the account.",
    }.get(choice.how, f"It would go to {name}, whose turn it is.")
