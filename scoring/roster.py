"""The team as frozen models: who works when, on which slice of the market; read by `scoring.team`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from scoring.conditions import Condition
from scoring.worktime import Week, WorkCalendar

Role = Literal["sdr", "ae", "manager", "marketing", "admin"]
Assign = Literal["claim", "round_robin", "named"]
Side = Literal["sales", "marketing"]


@dataclass(frozen=True, slots=True)
class Hours:
    """What a segment or a person has of its own; None where the team's counts.

    Attributes:
        timezone: a name of the tz database.
        holidays: a country or country-region of the `holidays` library, or "none".
    """

    timezone: str | None = None
    week: Week | None = None
    holidays: str | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """An absence in the person's own wall time, without zone: from *since* until just before *until*."""

    since: datetime
    until: datetime

    def covers(self, on: date) -> bool:
        """Whether the whole day is covered."""
        midnight = datetime.combine(on, time.min)
        return self.since <= midnight and self.until - midnight >= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team.

    Attributes:
        id: Slack's user id.
        weight: share in round robin, 1 to 100.
        capacity: open hand-offs the person takes at most; None for no limit.
        signs: for which side the person may sign a definition.
        booking_url: where a lead books a meeting with them.
    """

    id: str
    name: str
    role: Role
    hours: Hours = Hours()
    weight: int = 1
    capacity: int | None = None
    away: tuple[Away, ...] = ()
    signs: Side | None = None
    booking_url: str | None = None

    @property
    def timezone(self) -> str | None:
        """The person's own zone; None where the team's counts."""
        return self.hours.timezone


@dataclass(frozen=True, slots=True)
class Segment:
    """A slice of the market: leads of which *when* holds go to *channel*, for the people in *pool*.

    *booking_url* is where a lead books a meeting while nobody with a link of their own has it.
    """

    name: str
    channel: str
    pool: tuple[str, ...]
    assign: Assign = "claim"
    when: Condition | None = None
    hours: Hours = Hours()
    booking_url: str | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """Slack channel ids: for what no segment takes, for leaders' digests, and for who runs Baton."""

    fallback: str
    digests: str
    admin: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """How long an owner may put off nudges, and how often per hand-off."""

    longest: timedelta = timedelta(hours=4)
    times: int = 2


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Team:
    """The team file. Defaults: bundle 7d, opening_grace 30m, `live` true (SEMANTICS, "Keys and defaults").

    Attributes:
        ae: who takes opportunities; everyone with role ae unless listed.
        accounts: path of a CSV `domain,owner`; None for no named accounts.
        deal_value, target: worth of a deal, money aimed at a month; whole units of *currency* (ISO 4217).
        crm_url: a link with `{id}` or `{email}`.
        keys: dotted paths of the keys present in the file.
        warnings: sentences about things that are allowed and probably mistaken.
    """

    timezone: str
    week: Week
    channels: Channels
    segments: tuple[Segment, ...]
    people: Mapping[str, Person]
    holidays: str | None = None
    live: bool = True
    snooze: Snooze = Snooze()
    bundle: timedelta = timedelta(days=7)
    opening_grace: timedelta = timedelta(minutes=30)
    accounts: str | None = None
    ae: tuple[str, ...] = ()
    deal_value: int | None = None
    target: int | None = None
    currency: str | None = None
    crm_url: str | None = None
    keys: frozenset[str] = field(default_factory=frozenset)
    warnings: tuple[str, ...] = ()

    @property
    def calendar(self) -> WorkCalendar:
        """The team's own working time."""
        return self._calendar(Hours())

    def calendar_of(self, person_id: str) -> WorkCalendar:
        """The person's working time; the team's for somebody unknown."""
        person = self.people.get(person_id)
        return self._calendar(person.hours if person else Hours())

    def calendar_of_segment(self, name: str) -> WorkCalendar:
        """The segment's working time; the team's for a segment unknown, such as the fallback."""
        segment = self.segment(name)
        return self._calendar(segment.hours if segment else Hours())

    def _calendar(self, own: Hours) -> WorkCalendar:
        holidays = own.holidays if own.holidays is not None else self.holidays
        return WorkCalendar(ZoneInfo(own.timezone or self.timezone), own.week or self.week, holidays)

    def person(self, person_id: str) -> Person | None:
        """The person with that Slack id, if any."""
        return self.people.get(person_id)

    def segment(self, name: str) -> Segment | None:
        """The segment of that name, if any."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def with_role(self, role: Role) -> tuple[str, ...]:
        """Ids of everyone with that role, in the order of the file."""
        return tuple(person.id for person in self.people.values() if person.role == role)

    @property
    def managers(self) -> tuple[str, ...]:
        """Ids of everyone with role manager."""
        return self.with_role("manager")

    @property
    def admins(self) -> tuple[str, ...]:
        """Ids of everyone with role admin."""
        return self.with_role("admin")

    def signers(self, side: Side) -> tuple[str, ...]:
        """Ids of everyone who may sign a definition for that side."""
        return tuple(person.id for person in self.people.values() if person.signs == side)

    def is_away(self, person: Person, on: date) -> bool:
        """Whether the person is away all of the day *on*, a date of their own calendar."""
        return any(absence.covers(on) for absence in person.away)

    def on_shift(self, person: Person, now: datetime) -> bool:
        """Whether the person works at *now* (aware): within their hours, no holiday, not away."""
        return self._calendar(person.hours).is_open(now) and self.away_until(person, now) is None

    def wall_time(self, person: Person, now: datetime) -> datetime:
        """*now* (aware) as the person's own clock shows it, without zone."""
        return now.astimezone(self._calendar(person.hours).zone).replace(tzinfo=None)

    def away_wall(self, person: Person, now: datetime) -> datetime | None:
        """Until when the person is away without a break, by their own clock; None where they are not away at *now*."""
        wall = until = self.wall_time(person, now)
        # Absences may touch or overlap each other, in any order of the file.
        for away in sorted(person.away, key=lambda each: each.since):
            if away.since <= until < away.until:
                until = away.until
        return None if until == wall else until

    def away_until(self, person: Person, now: datetime) -> datetime | None:
        """The same as a moment (aware UTC)."""
        wall = self.away_wall(person, now)
        return wall.replace(tzinfo=self._calendar(person.hours).zone).astimezone(UTC) if wall else None

    def next_on_shift(self, person_id: str, at: datetime) -> datetime:
        """The first moment from *at* on (aware) at which the person works: within their hours, and not away."""
        calendar, person = self.calendar_of(person_id), self.person(person_id)
        moment = calendar.next_open(at)
        while person is not None and (until := self.away_until(person, moment)) is not None:
            moment = calendar.next_open(until)
        return moment
