"""Why a promise was broken: the way to Slack, nobody at work, closed hours, or who had it.

Source: MISSION N6, "Breach attribution: was it routing latency, the rep, nobody on shift, or off-hours?"
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scoring.roster import Team
from scoring.worktime import WorkCalendar

Cause = Literal["routing", "off_hours", "nobody", "rep"]

CAUSES: dict[Cause, str] = {
    "routing": "the way to Slack",
    "off_hours": "closed hours",
    "nobody": "nobody at work",
    "rep": "no first touch",
}
"""The causes in the order in which one of two equals is named, and how people read them."""

LOOKS = 240
"""How often the time of a promise is looked at: to a quarter of a minute of an hour, a tenth of an hour of a day."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose the lead was from *since* on (aware); None: its pool's."""

    since: datetime
    owner: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A broken promise.

    Attributes:
        began, due_at: the time promised, from the arrival of the event that crossed the line (aware).
        business: only working time counted.
        posted_at: when the card stood in Slack; None while it does not.
        watches: whose it was, the first one from the beginning on.
        pool: who may take it while nobody has it.
        segment: whose hours count until it is owned.
    """

    began: datetime
    due_at: datetime
    business: bool
    posted_at: datetime | None
    watches: Sequence[Watch]
    pool: Sequence[str]
    segment: str


def attributed(broken: Broken, team: Team) -> dict[Cause, int]:
    """The seconds of the promised time by what stood in the way; they sum to the time that counted, nearly.

    Time before the card was in Slack is routing's. Of what follows, time outside working hours is off_hours' (on a
    business clock it does not count), time with its owner away or with nobody of the pool at work is nobody's, and
    the rest is of who had it, or might have taken it.
    """
    length = broken.due_at - broken.began
    step = max(length / LOOKS, timedelta(seconds=1))
    found: dict[Cause, timedelta] = {}
    at = broken.began
    while at < broken.due_at:
        cause = _cause_at(broken, team, at)
        if cause is not None:
            found[cause] = found.get(cause, timedelta(0)) + min(step, broken.due_at - at)
        at += step
    return {cause: round(found[cause].total_seconds()) for cause in CAUSES if cause in found}


def _cause_at(broken: Broken, team: Team, at: datetime) -> Cause | None:
    owner = next((watch.owner for watch in reversed(broken.watches) if watch.since <= at), None)
    works = _calendar(team, owner, broken.segment).is_open(at)
    if broken.business and not works:
        return None
    if broken.posted_at is None or at < broken.posted_at:
        return "routing"
    if not works:
        return "off_hours"
    return "rep" if _somebody(team, owner, broken.pool, at) else "nobody"


def _calendar(team: Team, owner: str | None, segment: str) -> WorkCalendar:
    return team.calendar_of(owner) if owner and team.person(owner) else team.calendar_of_segment(segment)


def _somebody(team: Team, owner: str | None, pool: Sequence[str], at: datetime) -> bool:
    asked = [owner] if owner else pool
    people = (team.person(each) for each in asked)
    return any(person is not None and team.on_shift(person, at) for person in people)


def main_cause(causes: Mapping[str, int]) -> Cause:
    """What stood in the way for longest; of equals the first of CAUSES, and of nothing who had it."""
    return max(CAUSES, key=lambda cause: causes.get(cause, 0)) if any(causes.values()) else "rep"
