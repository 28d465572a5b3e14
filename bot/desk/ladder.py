"""What falls due for a hand-off, as rows: its first touch, its decision, and the weekly look after that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
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

FIRST_TOUCH, DECIDE, FOLLOW_UP, REASSIGN = "first_touch", "decide", "follow_up", "reassign"
AE_ACCEPT, OPPORTUNITY, CLOSE_DATE = "ae_accept", "opportunity", "close_date"
KINDS = (FIRST_TOUCH, DECIDE, AE_ACCEPT, OPPORTUNITY, CLOSE_DATE, FOLLOW_UP)
"""What falls due for a hand-off: every open one has a row of one of these kinds."""
WAKE = "wake"
"""The day on which an ended hand-off's lead may come back."""
PAUSED = "paused"
"""A pause that is over by itself."""
OF_A_HANDOFF = (*KINDS, REASSIGN, PAUSED, WAKE)
"""Kinds of rows that follow from how a hand-off stands."""
ACTIVITY = "activity"
"""New activity that is told in the thread when its hour is over."""
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
    """The clock's columns when *owner* takes (or gives back) the hand-off: what was used is carried over.

    Somebody else's pause ends with their having it.
    """
    clock = handoff.running(team.opening_grace)
    ended = {} if owner == handoff.owner else woken(handoff, now)
    if clock is None or handoff.touched_at is not None:
        return ended
    if ended.get("paused_at", now) is None:
        clock = sla.resumed(clock, now)
    calendar = calendar_for(team, owner, handoff.segment)
    before = calendar_for(team, handoff.owner, handoff.segment)
    return ended | clock_columns(sla.rebase(clock, before, calendar, now), calendar)


def woken(handoff: Handoff, now: datetime) -> dict[str, Any]:
    """What ends an owner's snooze and pause, as columns; how long it stood still is kept."""
    values: dict[str, Any] = {"snoozed_until": None} if handoff.snoozed_until is not None else {}
    if handoff.paused_at is None or handoff.paused_until is None:
        return values
    stood = max(min(now, handoff.paused_until) - handoff.paused_at, timedelta(0))
    return values | {
        "paused_at": None,
        "paused_until": None,
        "pause_reason": None,
        "paused_s": int((handoff.paused + stood).total_seconds()),
    }


def schedule(session: Session, handoff: Handoff, definition: Definition, team: Team) -> None:
    """Write the rows that *handoff*, as it is now, must have; cancel those it must not.

    What was said stays said: only steps still to come are moved.
    """
    # A weekly look that was moved on to its next week stays there, whatever is pressed meanwhile.
    deadlines.arrange(session, OF_A_HANDOFF, str(handoff.id), _steps(handoff, definition, team), WEEKLY)


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
        rows += _reassigned(handoff, clock, calendar, ladder)
    if handoff.open and handoff.paused_until is not None:
        rows.append(Due(PAUSED, subject, f"over{_stamp(handoff.paused_until)}", handoff.paused_until))
    if handoff.stage in ("mql", "sal"):
        # What was sent back is decided anew from that moment, whoever has it since: "reassignment does not reset it".
        back = handoff.sent_back_at
        since = back or handoff.touched_at or handoff.crossed_at
        rows += _decisions(subject, since, definition.decide, calendar, _stamp(back))
    elif handoff.open:
        rows += _on_the_way(handoff, definition, team)
    elif handoff.again_on is not None and handoff.stage != "won":
        midnight = datetime.combine(handoff.again_on, time(), tzinfo=UTC)
        rows.append(Due(WAKE, subject, handoff.again_on.isoformat(), calendar.next_open(midnight)))
    return rows


def _reassigned(
    handoff: Handoff, clock: Clock, calendar: WorkCalendar, ladder: Mapping[str, Sequence[Fraction]]
) -> list[Due]:
    """Who was given it when it was overdue, or by this rung, has the tier's time before it is looked at again."""
    taken = sla.reassigned_at(clock, calendar, ladder)
    if taken is None:
        return []
    step, at = taken
    given, due_at = handoff.assigned_at, handoff.due_at
    if given is not None and due_at is not None and given >= min(at, due_at):
        at = max(at, calendar.add(given, clock.allowance))
    return [Due(REASSIGN, str(handoff.id), step, at)]


def _decisions(
    subject: str, since: datetime, decide: timedelta, calendar: WorkCalendar, stamp: str = ""
) -> Sequence[Due]:
    """ "Clocks in turn": half-way a reminder, then the decision, then a look every week."""
    moments = {"half": since + decide / 2, "all": since + decide, WEEKLY: since + decide + WEEK}
    return [Due(DECIDE, subject, step + stamp, calendar.next_open(at)) for step, at in moments.items()]


def _on_the_way(handoff: Handoff, definition: Definition, team: Team) -> list[Due]:
    """ "Then ae_accept: 1d, then the opportunity's close date", each with a weekly look after it.

    A step's name holds what it is counted from: done once, it is due again only for another turn of the same clock.
    """
    calendar = calendar_for(team, handoff.owner, handoff.segment)
    sql_at = handoff.sql_at or handoff.crossed_at
    if handoff.stage == "opportunity" and handoff.close_on is not None:
        day = datetime.combine(handoff.close_on, time(), calendar.zone)
        kind, stamp, moments = CLOSE_DATE, f" {handoff.close_on}", {"due": day, WEEKLY: day + WEEK}
    elif handoff.ae_accepted_at is not None:
        ask = handoff.ae_accepted_at + definition.decide
        kind, stamp, moments = OPPORTUNITY, _stamp(handoff.ae_accepted_at), {"all": ask, WEEKLY: ask + WEEK}
    elif handoff.stage == "sql" and (handoff.ae is not None or team.ae):
        calendar, full = ae_calendar(team, handoff), sql_at + definition.ae_accept
        moments = {"half": full - definition.ae_accept / 2, "all": full, WEEKLY: full + WEEK}
        kind, stamp = AE_ACCEPT, _stamp(sql_at)
    else:  # a team without account executives: its owner goes on with it
        kind, stamp, moments = FOLLOW_UP, "", {WEEKLY: sql_at + definition.ae_accept}
    return [Due(kind, str(handoff.id), step + stamp, calendar.next_open(at)) for step, at in moments.items()]


def _stamp(since: datetime | None) -> str:
    return f" {since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if since is not None else ""


def ae_calendar(team: Team, handoff: Handoff) -> WorkCalendar:
    """Whose hours count while an SQL waits for its account executive: theirs, else the team's."""
    return team.calendar_of(handoff.ae) if handoff.ae is not None else team.calendar


def accept_by(handoff: Handoff, definition: Definition, team: Team) -> datetime:
    """Until when the account executive should have accepted the SQL."""
    full = (handoff.sql_at or handoff.crossed_at) + definition.ae_accept
    return ae_calendar(team, handoff).next_open(full)


def rungs(tier: Tier) -> Mapping[str, Sequence[Fraction]]:
    """The tier's ladder as sla reads it."""
    rungs = tier.ladder
    return {
        "nudge": rungs.nudge,
        "everyone": rungs.everyone,
        "breach": rungs.breach,
        "reassign": rungs.reassign,
    }


def reader_calendar(agreed: Agreed, handoff: Handoff) -> WorkCalendar:
    """Whose working hours a nudge waits for."""
    return calendar_for(agreed.team, handoff.owner, handoff.segment)


def next_on_shift(team: Team, person_id: str, at: datetime) -> datetime:
    """The first moment from *at* on at which the person works: within their hours, and not away."""
    return team.next_on_shift(person_id, at)


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
