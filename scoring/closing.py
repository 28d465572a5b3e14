"""From SQL to won: who takes an SQL on, what an opportunity must say, and why a deal is lost."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from scoring import dispositions
from scoring.dispositions import Attempts, Disposition, Patience, Reason
from scoring.handoff import Handoff
from scoring.roster import Person, Team

MOST_MONEY = 10**15
"""Whole units: a number that JSON and SQL hold exactly. Source: the team file's own limit."""

LONGEST_DEAL = timedelta(days=3 * 365)
"""A close date further away than three years is taken for a slip of the keyboard."""

LOST = (
    "no_budget", "competitor", "timing.no_project", "timing.budget_cycle", "not_fit.size", "left_company",
    "opted_out", "other",
)  # fmt: skip
"""Reasons a deal is lost for: codes of the one table, so that what brings a lead back is the same for every end."""


def takers(ae: str | None, aes: Sequence[str]) -> tuple[str, ...]:
    """Who may accept an SQL beside the managers: the account executive it names, else every one (*aes*)."""
    return (ae,) if ae is not None else tuple(aes)


def holder(handoff: Handoff, aes: Sequence[str]) -> str | None:
    """With whom an SQL or an opportunity is: who has yet to accept it (None: any of *aes* may), else its owner."""
    waits = handoff.stage == "sql" and handoff.ae_accepted_at is None and bool(takers(handoff.ae, aes))
    return handoff.ae if waits else handoff.owner


def next_ae(team: Team, deals: Mapping[str, int], gone: Collection[str], now: datetime) -> str | None:
    """The account executive who gets the next SQL at *now* (aware): the one with the fewest open *deals*.

    Who is on shift goes before who is not; whoever is away, or *gone* (departed), gets none. Ties go by the order
    of the file. None where there is nobody.
    """
    people = [person for id_ in team.ae if (person := team.person(id_)) is not None and id_ not in gone]
    there = [person for person in people if not _away(team, person, now)]
    on_shift = [person for person in there if team.on_shift(person, now)]
    chosen = min(on_shift or there, key=lambda person: deals.get(person.id, 0), default=None)
    return chosen.id if chosen else None


def _away(team: Team, person: Person, now: datetime) -> bool:
    wall = now.astimezone(team.calendar_of(person.id).zone).replace(tzinfo=None)
    return any(away.since <= wall < away.until for away in person.away)


def whole_amount(written: str | None) -> int | None:
    """An amount as somebody wrote it, in whole units; None where it is no whole number of at most 16 digits."""
    digits = (written or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 16 else None


def opportunity_problems(amount: int | None, close_on: date | None, today: date) -> dict[str, str]:
    """What is wrong with an opportunity, as field (`amount`, `close_on`) to sentence; *today* is its owner's."""
    found: dict[str, str] = {}
    if amount is None or not 0 < amount <= MOST_MONEY:
        found["amount"] = "Write the amount in whole units, such as 25000; more than 0."
    if close_on is None:
        found["close_on"] = "Choose the day on which you expect to close this deal."
    elif close_on < today:
        found["close_on"] = "The close date is past; choose today or a later day."
    elif close_on > today + LONGEST_DEAL:
        found["close_on"] = "The close date is more than three years away; choose an earlier one."
    return found


def lost_groups() -> Mapping[str, tuple[Reason, ...]]:
    """The reasons for which a deal is lost under their headings, in the order of the table."""
    groups = {
        heading: tuple(row for row in rows if row.code in LOST)
        for heading, rows in dispositions.groups().items()
    }
    return {heading: rows for heading, rows in groups.items() if rows}


def lost_problems(given: Disposition, today: date) -> dict[str, str]:
    """What is wrong with the reason of a lost deal, as field to sentence; a timing reason needs its date."""
    if given.code not in LOST:
        return {"reason": "Choose one of the reasons in the list."}
    return dispositions.problems(given, attempts=Attempts(0, timedelta(0)), patience=Patience(), today=today)
