"""Business-time arithmetic: when a desk is open, and where so many working seconds end.

"Business time counts seconds." (DESIGN.md, fine print.) Days off come from the `holidays` library;
everything is computed in whole UTC seconds, so that a change of the clocks needs no special case.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays as holiday_calendars

Ranges = tuple[tuple[int, int], ...]
"""Opening hours of one weekday: sorted, disjoint [opens, closes) in seconds of the local day, 0 to 86,400."""
Week = tuple[Ranges, Ranges, Ranges, Ranges, Ranges, Ranges, Ranges]
"""Monday to Sunday."""
HolidaySource = str | frozenset[date] | None
"""A country or country-region of the `holidays` library ("GB", "DE-BY"), the days themselves, or none."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400
"""Seconds of a UTC day. POSIX time has no leap seconds."""
LONGEST_CLOSURE = 3 * 366
"""Days without an opening after which a calendar counts as never open: three years, longer than any leave."""
_EPOCH_ORDINAL = EPOCH.toordinal()
_HOURS = re.compile(r"(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Opening hours of a team, a segment or a person.

    Datetimes are aware and in whole seconds (fractions are cut off); answers are UTC. A range means what
    the clock on the wall shows: on the days the clocks change it is really shorter or longer, and an hour
    shown twice is worked twice. A moment of closing is closed.

    Raises:
        ValueError: the week is not seven days of sorted ranges, or the holidays are unknown.
    """

    zone: ZoneInfo
    week: Week
    holidays: HolidaySource = None
    _opening: Callable[[int], Ranges] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_opening", _almanac(self.zone, self.week, self.holidays))

    def __reduce__(self) -> tuple[type["WorkCalendar"], tuple[ZoneInfo, Week, HolidaySource]]:
        # The shared cache cannot travel to a worker process; the calendar finds that process's own.
        return WorkCalendar, (self.zone, self.week, self.holidays)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works in the second that begins at *at*."""
        second = _second(at)
        return any(opens <= second < closes for opens, closes in self._opening(second // DAY))

    def next_open(self, at: datetime) -> datetime:
        """*at* itself when open, else the next opening.

        Raises:
            ValueError: there is none within three years.
        """
        return self.add(at, timedelta(0))

    def next_close(self, at: datetime) -> datetime | None:
        """When the working hours that count at *at* end; None where nobody works then."""
        second = _second(at)
        ends = next(
            (closes for opens, closes in self._opening(second // DAY) if opens <= second < closes), None
        )
        return None if ends is None else EPOCH + timedelta(seconds=ends)

    def is_holiday(self, at: datetime) -> bool:
        """Whether the day of *at*, as the zone's calendar has it, is a day off."""
        day = at.astimezone(self.zone).date()
        return day in days_off(self.holidays, day.year)

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest moment by which *amount* of working time, 0 or more, has passed since *start*.

        Time used up exactly at closing ends at the closing, not at the next opening; nothing added at a
        closed moment gives the next opening. Golden case (MISSION.md, N7): Friday 16:30 + 1 h of 9-17
        Mon-Fri = Monday 09:30.

        Raises:
            ValueError: *amount* is negative, or the calendar does not open for three years.
        """
        left = _whole(amount)
        if left < 0:
            raise ValueError("Working time can only be added forwards: the amount is negative.")
        begin = _second(start)
        for opens, closes in self._openings_after(begin):
            begin = max(begin, opens)
            if begin + left <= closes:
                break
            left -= closes - begin
        return EPOCH + timedelta(seconds=begin + left)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time in [*start*, *end*); 0 when *end* is not after *start*."""
        first, last = _second(start), _second(end)
        worked = 0
        for day in range(first // DAY, -(-last // DAY)):
            for opens, closes in self._opening(day):
                worked += max(0, min(closes, last) - max(opens, first))
        return timedelta(seconds=worked)

    def _openings_after(self, second: int) -> Iterator[tuple[int, int]]:
        """Endless: every opening that is not over at *second*, in UTC seconds."""
        day = opened = second // DAY
        while day - opened <= LONGEST_CLOSURE:
            for window in self._opening(day):
                opened = day
                if window[1] > second:
                    yield window
            day += 1
        last = date.fromordinal(_EPOCH_ORDINAL + opened)
        raise ValueError(
            f"Nobody works in the {LONGEST_CLOSURE} days after {last}: "
            "the hours need at least one range on a day that is not a holiday."
        )


def parse_hours(hours: Mapping[str, str | Sequence[str]]) -> Week:
    """The week that `hours:` of the team file describes: `{"mon-fri": "09:00-17:00", "sat": [...]}`.

    Days are mon to sun, alone, as a range (`mon-fri`; `sat-mon` passes over the week's end) or a comma
    list (`mon,wed`). Ranges of a day are `HH:MM-HH:MM`, alone or in a list, in any order. Days not named
    are closed.

    Raises:
        ValueError: one sentence that names what is wrong and what would be right.
    """
    week: list[Ranges | None] = [None] * 7
    for key, written in hours.items():
        ranges = _ranges(key, [written] if isinstance(written, str) else written)
        for day in _days(key):
            if week[day] is not None:
                raise ValueError(f"{DAYS[day]} is named twice in the hours: give each day its ranges once.")
            week[day] = ranges
    mon, tue, wed, thu, fri, sat, sun = (ranges or () for ranges in week)
    if not any(week):
        raise ValueError('The hours are never open: name at least one day, such as mon-fri: "09:00-17:00".')
    return mon, tue, wed, thu, fri, sat, sun


def known_holidays(name: str | None) -> bool:
    """Whether *name* is a country or country-region of the `holidays` library, or none ("none", None).

    Upper case, as the library writes them: "GB", "DE-BY".
    """
    if _means_none(name):
        return True
    country, dash, region = str(name).partition("-")
    regions = holiday_calendars.list_supported_countries().get(country)
    return regions is not None and (not dash or region in regions)


@lru_cache(maxsize=512)
def days_off(source: HolidaySource, year: int) -> frozenset[date]:
    """The holidays of *year*, those observed on another day included.

    Frozen, because the library's objects grow years as they are looked into (STYLE.md, traps).
    """
    if isinstance(source, frozenset):
        return source
    if source is None or _means_none(source):
        return frozenset()
    country, _, region = source.partition("-")
    return frozenset(holiday_calendars.country_holidays(country, subdiv=region or None, years=year))


def _means_none(name: str | None) -> bool:
    return name is None or name.lower() == "none"


@lru_cache(maxsize=1024)
def _almanac(zone: ZoneInfo, week: Week, source: HolidaySource) -> Callable[[int], Ranges]:
    """The openings of a UTC day (days since 1970), remembered; equal calendars share one memory."""
    if len(week) != 7:
        raise ValueError(f"A week has seven days, Monday to Sunday; this one has {len(week)}.")
    for ranges in week:
        bounds = [bound for opens_closes in ranges for bound in opens_closes]
        if bounds != sorted(bounds) or any(not 0 <= o < c <= DAY for o, c in ranges):
            raise ValueError(f"The ranges {ranges} should be sorted and apart, within 0 to {DAY} seconds.")
    if not isinstance(source, frozenset) and not known_holidays(source):
        raise ValueError(
            f"No holidays are known for {source}: write a country (GB), a country-region (DE-BY) or none."
        )

    @lru_cache(maxsize=1024)
    def opening(day: int) -> Ranges:
        return tuple(_windows(zone, week, source, day))

    return opening


def _windows(zone: ZoneInfo, week: Week, source: HolidaySource, day: int) -> Iterator[tuple[int, int]]:
    """The openings of a UTC day in UTC seconds, sorted."""
    for start, end, offset in _steady(zone, day * DAY, (day + 1) * DAY):
        for local_day in range((start + offset) // DAY, (end + offset - 1) // DAY + 1):
            on = date.fromordinal(_EPOCH_ORDINAL + local_day)
            if on in days_off(source, on.year):
                continue
            midnight = local_day * DAY - offset
            for opens, closes in week[on.weekday()]:
                window = max(start, midnight + opens), min(end, midnight + closes)
                if window[0] < window[1]:
                    yield window


def _steady(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """[start, end) cut where the clocks change, each piece with its offset from UTC, all in seconds.

    In UTC there is neither gap nor overlap, so no `fold` is needed. No zone changes its clocks twice
    within a UTC day and back again.
    """

    def offset(second: int) -> int:
        return _whole((EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset() or timedelta(0))

    while start < end:
        now = offset(start)
        turn = end
        if offset(end - 1) != now:
            turn = start + bisect_left(range(start, end), True, key=lambda second: offset(second) != now)
        yield start, turn, now
        start = turn


def _days(key: str) -> list[int]:
    """Weekdays, Monday 0, that a key of the hours names."""
    named: list[int] = []
    for part in str(key).lower().split(","):
        ends = [name.strip() for name in part.split("-")]
        if len(ends) > 2 or any(name not in DAYS for name in ends):
            raise ValueError(
                f"{key} names no days: write mon, tue, wed, thu, fri, sat or sun, "
                "a range (mon-fri) or a list (mon,wed)."
            )
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        named += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return named


def _ranges(key: str, written: Sequence[str]) -> Ranges:
    """Sorted ranges of the days *key* in seconds of the local day."""
    ranges = []
    for text in written:
        found = _HOURS.fullmatch(str(text).strip())
        if not found:
            raise ValueError(f'{key}: {text} is no range of hours: write "09:00-17:00", midnight as 24:00.')
        hour, minute, until_hour, until_minute = map(int, found.groups())
        opens, closes = hour * 3600 + minute * 60, until_hour * 3600 + until_minute * 60
        if not opens < closes <= DAY:
            raise ValueError(
                f"{key}: {text} should open before it closes, by 24:00 at the latest; hours that pass "
                'midnight are two ranges, such as fri: "22:00-24:00" and sat: "00:00-06:00".'
            )
        ranges.append((opens, closes))
    ranges.sort()
    for (_, closes), (opens, _) in pairwise(ranges):
        if opens < closes:
            raise ValueError(f"{key}: the ranges {', '.join(written)} overlap: write them apart, or as one.")
    return tuple(ranges)


def _second(at: datetime) -> int:
    return _whole(at - EPOCH)


def _whole(span: timedelta) -> int:
    """Whole seconds, rounded down."""
    return span.days * DAY + span.seconds
