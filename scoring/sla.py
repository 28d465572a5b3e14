"""The current clock of a hand-off: when it is due, and when its ladder speaks.

Arithmetic only: a clock is a value, `now` is given, and what was already sent is the caller's to know.
The sentences quoted are those of the project's semantics, "Clocks".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal

from scoring.worktime import WorkCalendar

Kind = Literal["business", "calendar"]
Audience = Literal["owner", "everyone", "managers"]
Compliance = Literal["within", "late", "open"]

OPENING_GRACE = timedelta(minutes=30)
"""Default of `opening_grace` in the team file (semantics, "Keys and defaults")."""
AFTER_OPENING = timedelta(hours=1)
"""Where a calendar clock's due time goes when it falls outside working time (semantics, "Clocks")."""
AUDIENCES: dict[str, Audience] = {"nudge": "owner", "everyone": "everyone", "breach": "managers"}
"""Who a step of the ladder speaks to, in the order in which steps of the same moment outrank each other."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a tier promises: `first_touch: 5m, clock: business`. The allowance is more than 0."""

    kind: Kind
    allowance: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """One running clock, as it was when it was last rebased.

    Attributes:
        kind: business counts working time, calendar counts elapsed time.
        allowance: the time promised, more than 0.
        started_at: where the clock began to run; for business already moved to opening + grace.
        used: time of its kind used up to *since*; 0 or more, and above the allowance where the due time had
            moved to an opening and is over.
        since: the moment of the last rebase; at first *started_at*. May lie ahead: the clock stands still
            till then. With the allowance used up it is the due time itself.
        arrived_at: when the event arrived that crossed the line.
        opening_grace: wall time after an opening before what came outside hours begins to count.
    """

    kind: Kind
    allowance: timedelta
    started_at: datetime
    used: timedelta
    since: datetime
    arrived_at: datetime
    opening_grace: timedelta = OPENING_GRACE


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder: "nudge 50%", "everyone 50%", "breach"; never before *due_at*."""

    name: str
    audience: Audience
    due_at: datetime


def start(
    promise: Promise, arrived_at: datetime, calendar: WorkCalendar, opening_grace: timedelta = OPENING_GRACE
) -> Clock:
    """A clock from the arrival of the event that crossed.

    "The clock starts at the crossing event's arrival, not at the Slack post." "Under `clock: business`,
    what arrives outside hours starts its clock at opening + `opening_grace`." Fractions of a second are
    cut off.

    Raises:
        ValueError: the calendar does not open for three years.
    """
    arrived_at = _whole(arrived_at)
    began = arrived_at
    if promise.kind == "business" and not calendar.is_open(arrived_at):
        began = calendar.next_open(arrived_at) + opening_grace
    return Clock(promise.kind, promise.allowance, began, timedelta(0), began, arrived_at, opening_grace)


def due(clock: Clock, calendar: WorkCalendar) -> datetime:
    """When the promise ends, for the calendar of whom the clock counts for now.

    "`clock: business` counts working time; `clock: calendar` counts elapsed time, and a due time outside
    working time moves to one hour after the next opening." With the allowance used up it is *since*.
    """
    if clock.used >= clock.allowance:
        return clock.since
    if clock.kind == "business":
        return calendar.add(clock.since, clock.allowance - clock.used)
    end = clock.since + (clock.allowance - clock.used)
    return end if calendar.is_open(end) else calendar.next_open(end) + AFTER_OPENING


def at_share(clock: Clock, calendar: WorkCalendar, share: Fraction | float) -> datetime:
    """When *share* (more than 0; 1 is all) of the allowance is used, moved to the next opening if closed.

    "A nudge waits for its reader's hours." On a calendar clock the whole share is the due time itself, and
    a larger one never comes before it. A share that a business clock used up before its last rebase counts
    as used at that rebase. The closing moment is closed: a step that falls on it waits too.
    """
    used_by_then = _part(clock.allowance, share)
    if clock.kind == "calendar":
        at = clock.since + (used_by_then - clock.used)
        if used_by_then == clock.allowance:
            return due(clock, calendar)
        if used_by_then > clock.allowance:
            at = max(at, due(clock, calendar))
        return calendar.next_open(at)
    if used_by_then <= clock.used:
        return calendar.next_open(clock.since)
    return calendar.next_open(calendar.add(clock.since, used_by_then - clock.used))


def rebase(clock: Clock, old_calendar: WorkCalendar, new_calendar: WorkCalendar, now: datetime) -> Clock:
    """The clock as of *now*, to be read by *new_calendar* from here on.

    "Until owned, the segment's calendar counts; afterwards the owner's: the working time already used is
    carried over, the rest is computed anew." "Reassignment does not reset it": what was due stays due when
    it was. No time is lost or gained: with an unchanged calendar the due time is unchanged.
    """
    now = _whole(now)
    if now < clock.since:
        waiting = clock.kind == "business" and not clock.used and old_calendar != new_calendar
        return _start_anew(clock, new_calendar, now) if waiting else clock
    due_at = due(clock, old_calendar)
    if due_at <= now:
        return replace(clock, used=_used(clock, old_calendar, due_at), since=due_at)
    used = _used(clock, old_calendar, now)
    if used < clock.allowance:
        return replace(clock, used=used, since=now)
    # A calendar clock that only waits for an opening: the new calendar says which, but none that is past,
    # or its owner would be given a lead already overdue.
    if due(clock, new_calendar) >= now:
        return clock
    opening = new_calendar.next_open(now)
    return replace(clock, used=_used(clock, new_calendar, opening), since=opening)


def shortened(clock: Clock, promise: Promise, calendar: WorkCalendar, now: datetime) -> Clock:
    """The clock after new activity raised the tier; unchanged where the new promise would end later.

    "A higher tier shortens the due time and keeps the time already used." Under another kind of clock the
    time used is counted in that kind since the arrival: a night is no working time. A promise already used
    up is due at once, or at the next opening.
    """
    now, due_at = _whole(now), due(clock, calendar)
    if due_at <= now:
        return clock
    if promise.kind == clock.kind:
        current = replace(rebase(clock, calendar, calendar, now), allowance=promise.allowance)
    else:
        current = _in_kind(clock, promise, calendar, now)
    current = replace(current, used=min(current.used, current.allowance))
    if due(current, calendar) <= now:
        current = replace(current, used=current.allowance, since=calendar.next_open(now))
    return current if due(current, calendar) <= due_at else clock


def ladder_steps(
    clock: Clock, calendar: WorkCalendar, ladder: Mapping[str, Sequence[Fraction]]
) -> list[Step]:
    """All nudges and breaches of *ladder*, the earliest first; other keys (`reassign`) are not steps here.

    "Each nudge and breach names its step." Of steps at the same moment the larger share comes last, and of
    equal shares the one that reaches more people.
    """
    rungs = sorted(
        (share, rank, key) for rank, key in enumerate(AUDIENCES) for share in set(ladder.get(key, ()))
    )
    return [
        Step(_name(key, share), AUDIENCES[key], at_share(clock, calendar, share)) for share, _, key in rungs
    ]


def reassigned_at(
    clock: Clock, calendar: WorkCalendar, ladder: Mapping[str, Sequence[Fraction]]
) -> tuple[str, datetime] | None:
    """When the lead is taken from who has not touched it, and the step's name; None where the ladder has no such rung.

    "At most one automatic reassignment a hand-off", so of several shares the first counts.
    """
    share = min(ladder.get("reassign", ()), default=None)
    return None if share is None else (_name("reassign", share), at_share(clock, calendar, share))


def paused(clock: Clock, calendar: WorkCalendar, now: datetime, until: datetime) -> Clock:
    """The clock standing still from *now* until *until*; what was used stays used."""
    current = rebase(clock, calendar, calendar, now)
    return replace(current, since=max(current.since, _whole(until)))


def resumed(clock: Clock, now: datetime) -> Clock:
    """A clock that stood still runs again from *now* on; one that runs is as it was."""
    return replace(clock, since=min(clock.since, _whole(now)))


def latest_due(steps: Sequence[Step], now: datetime) -> tuple[Step | None, list[Step]]:
    """The step to send at *now*, and those it makes needless; *steps* are those not yet sent, in order.

    "If later steps have passed meanwhile, only the latest is sent."
    """
    passed = [step for step in steps if step.due_at <= now]
    return (passed[-1], passed[:-1]) if passed else (None, [])


def compliance(touched_at: datetime | None, due_at: datetime) -> Compliance:
    """Whether the promise was kept: within (the due moment included), late, or open while untouched."""
    if touched_at is None:
        return "open"
    return "within" if touched_at <= due_at else "late"


def _used(clock: Clock, calendar: WorkCalendar, now: datetime) -> timedelta:
    """Time of the clock's kind used up to *now*, which is not before *since*."""
    if clock.kind == "business":
        return clock.used + calendar.between(clock.since, now)
    return clock.used + (now - clock.since)


def _start_anew(clock: Clock, calendar: WorkCalendar, now: datetime) -> Clock:
    """A clock that has not begun, for another calendar: from the arrival, but never from the past."""
    promise = Promise(clock.kind, clock.allowance)
    fresh = start(promise, clock.arrived_at, calendar, clock.opening_grace)
    if fresh.started_at > now:
        return fresh
    return replace(start(promise, now, calendar, clock.opening_grace), arrived_at=clock.arrived_at)


def _in_kind(clock: Clock, promise: Promise, calendar: WorkCalendar, now: datetime) -> Clock:
    """The clock under a promise of the other kind, its time used counted in that kind."""
    if promise.kind == "calendar":
        fresh = start(promise, clock.arrived_at, calendar, clock.opening_grace)
        return replace(fresh, used=now - fresh.since, since=now)
    fresh = start(promise, now, calendar, clock.opening_grace)
    used = calendar.between(clock.arrived_at, now)
    return replace(fresh, used=used, arrived_at=clock.arrived_at)


def _part(allowance: timedelta, share: Fraction | float) -> timedelta:
    """*share* of *allowance* in whole seconds, rounded down; 0.8 is four fifths, not its nearest double."""
    exact = Fraction(share).limit_denominator(1_000_000)
    return timedelta(seconds=int(Fraction(allowance // timedelta(seconds=1)) * exact))


def _name(key: str, share: Fraction) -> str:
    """A step's name, such as nudge 50%; a breach at the whole allowance is just breach."""
    return key if key == "breach" and share == 1 else f"{key} {float(share * 100):g}%"


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
