"""What falls due for a hand-off, as rows: its first touch, its decision, and the weekly look after that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from bot.desk.desk import Agreed, calendar_for
from scoring import sla
from scoring.contract import Definition, Tier
from scoring.handoff import Handoff
from scoring.sla import Clock
from scoring.team import Team
from scoring.worktime import WorkCalendar
from storage import deadlines
from storage.deadlines import Due

FIRST_TOUCH, DECIDE, FOLLOW_UP = "first_touch", "decide", "follow_up"
DIGEST = "digest"
WEEKLY = "weekly"
WEEK = timedelta(days=7)
"""After its last deadline an open hand-off is looked at once a week, so that none is forgotten."""


def tier_named(definition: Definition, name: str) -> Tier:
    """The tier of that name; the last one where a newer definition dropped the name."""
    return next((tier for tier in definition.tiers if tier.name == name), definition.tiers[-1])


def clock_columns(clock: Clock | None, calendar: WorkCalendar) -> dict[str, Any]:
    """A hand-off's clock as columns; all empty where it has none."""
    if clock is None:
        return {
            "clock": None,
            "allowance_s": None,
            "started_at": None,
            "used_s": 0,
            "since": None,
            "due_at": None,
        }
    return {
        "clock": clock.kind,
        "allowance_s": int(clock.allowance.total_seconds()),
        "started_at": clock.started_at,
        "used_s": int(clock.used.total_seconds()),
        "since": clock.since,
        "due_at": sla.due(clock, calendar),
    }


def handed_to(handoff: Handoff, owner: str | None, team: Team, now: datetime) -> dict[str, Any]:
    """The clock's columns when *owner* takes (or gives back) the hand-off: what was used is carried over."""
    clock = handoff.running(team.opening_grace)
    calendar = calendar_for(team, owner, handoff.segment)
    if clock is None or handoff.touched_at is not None:
        return {}
    before = calendar_for(team, handoff.owner, handoff.segment)
    return clock_columns(sla.rebase(clock, before, calendar, now), calendar)


def schedule(session: Session, handoff: Handoff, definition: Definition, team: Team) -> None:
    """Write the rows that *handoff*, as it is now, must have; cancel those it must not.

    What was said stays said: only steps still to come are moved.
    """
    # A weekly look that was moved on to its next week stays there, whatever is pressed meanwhile.
    deadlines.arrange(
        session, (FIRST_TOUCH, DECIDE, FOLLOW_UP), str(handoff.id), _steps(handoff, definition, team), WEEKLY
    )


def schedule_new(session: Session, handoffs: Iterable[Handoff], definition: Definition, team: Team) -> None:
    """Write the rows of hand-offs made just now, of which there are none yet."""
    deadlines.schedule(session, [row for each in handoffs for row in _steps(each, definition, team)])


def _steps(handoff: Handoff, definition: Definition, team: Team) -> list[Due]:
    subject = str(handoff.id)
    rows: list[Due] = []
    calendar = calendar_for(team, handoff.owner, handoff.segment)
    clock = handoff.running(team.opening_grace)
    if handoff.wants_touch and clock is not None:
        ladder = rungs(tier_named(definition, handoff.tier))
        rows += [
            Due(FIRST_TOUCH, subject, step.name, step.due_at)
            for step in sla.ladder_steps(clock, calendar, ladder)
        ]
    if handoff.stage in ("mql", "sal"):
        rows += _decisions(subject, handoff.touched_at or handoff.crossed_at, definition.decide, calendar)
    elif handoff.open:
        first = (handoff.sql_at or handoff.crossed_at) + definition.ae_accept
        rows.append(Due(FOLLOW_UP, subject, WEEKLY, calendar.next_open(first)))
    return rows


def _decisions(subject: str, since: datetime, decide: timedelta, calendar: WorkCalendar) -> Sequence[Due]:
    """ "Clocks in turn": half-way a reminder, then the decision, then a look every week."""
    moments = {"half": since + decide / 2, "all": since + decide, WEEKLY: since + decide + WEEK}
    return [Due(DECIDE, subject, step, calendar.next_open(at)) for step, at in moments.items()]


def rungs(tier: Tier) -> Mapping[str, Sequence[Fraction]]:
    """The tier's ladder as sla reads it."""
    return {"nudge": tier.ladder.nudge, "everyone": tier.ladder.everyone, "breach": tier.ladder.breach}


def reader_calendar(agreed: Agreed, handoff: Handoff) -> WorkCalendar:
    """Whose working hours a nudge waits for."""
    return calendar_for(agreed.team, handoff.owner, handoff.segment)


def next_on_shift(team: Team, person_id: str, at: datetime) -> datetime:
    """The first moment from *at* on at which the person works: within their hours, and not away."""
    calendar, person = team.calendar_of(person_id), team.person(person_id)
    moment = calendar.next_open(at)
    # Two absences may follow each other, in any order of the file.
    for _ in person.away if person else ():
        wall = moment.astimezone(calendar.zone).replace(tzinfo=None)
        until = [away.until for away in person.away if away.since <= wall < away.until] if person else []
        if until:
            moment = calendar.next_open(max(until).replace(tzinfo=calendar.zone))
    return moment


def overtaken(step: str, handoff: Handoff, definition: Definition, team: Team, now: datetime) -> bool:
    """Whether a later rung has passed: "if later steps have passed meanwhile, only the latest is sent"."""
    clock = handoff.running(team.opening_grace)
    if clock is None:
        return False
    steps = sla.ladder_steps(
        clock,
        calendar_for(team, handoff.owner, handoff.segment),
        rungs(tier_named(definition, handoff.tier)),
    )
    passed = [each.name for each in steps if each.due_at <= now]
    return step in passed and passed[-1] != step


def schedule_digest(session: Session, card_id: int, at: datetime) -> None:
    """A digest is posted when its time has come."""
    deadlines.once(session, Due(DIGEST, str(card_id), "post", at))
