"""Working minutes of a place or a person, one by one: each minute is looked at on the wall's clock."""

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.simulation.cast import DAYS, HOLIDAYS, SEGMENTS, START, TEAM, Place

HORIZON = (DAYS + 12) * 1440
"""Minutes that are looked at, from START on."""


@cache
def open_minutes(place: Place) -> bytes:
    """A 1 for each minute in which somebody works there."""
    zone, off = ZoneInfo(place.zone), {date.fromisoformat(day) for day in HOLIDAYS[place.holidays]}
    found = bytearray(HORIZON)
    for minute in range(HORIZON):
        wall = (START + timedelta(minutes=minute)).astimezone(zone)
        at_work = wall.weekday() < 5 and place.opens <= f"{wall:%H:%M}" < place.closes
        found[minute] = at_work and wall.date() not in off
    return bytes(found)


@cache
def shift(person: str) -> bytes:
    """A 1 for each minute in which the person works and is not away."""
    off = away(person)
    return bytes(at_work and not off[i] for i, at_work in enumerate(open_minutes(TEAM[person].place)))


@cache
def away(person: str) -> bytes:
    """A 1 for each minute of the person's absences."""
    worker, found = TEAM[person], bytearray(HORIZON)
    zone = ZoneInfo(worker.place.zone)
    for since, until in worker.away:
        for minute in range(HORIZON):
            wall = (START + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=None)
            if datetime.fromisoformat(since) <= wall < datetime.fromisoformat(until):
                found[minute] = 1
    return bytes(found)


def next_open(calendar: bytes, minute: int) -> int:
    """The first working minute from *minute* on."""
    while not calendar[minute]:
        minute += 1
    return minute


def calendar_of(owner: str | None, segment: str) -> bytes:
    """ "Until owned, the segment's calendar counts; afterwards the owner's"."""
    return open_minutes(TEAM[owner].place if owner else SEGMENTS[segment].place)
