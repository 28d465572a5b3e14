"""Business time, against the wall clock itself: every opening counted by the minute and second."""

import pickle
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from scoring.worktime import HolidaySource, Ranges, Week, WorkCalendar, days_off, known_holidays, parse_hours

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NINE_TO_FIVE = parse_hours({"mon-fri": "09:00-17:00"})
ROUND_THE_CLOCK = parse_hours({"mon-sun": "00:00-24:00"})


def desk(zone: str, week: Week = NINE_TO_FIVE, holidays: HolidaySource = None) -> WorkCalendar:
    return WorkCalendar(ZoneInfo(zone), week, holidays)


def wall(zone: str, text: str, fold: int = 0) -> datetime:
    """The UTC moment at which the wall clock of *zone* shows *text*; the second time with fold 1."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def test_one_hour_from_friday_half_past_four_ends_on_monday_half_past_nine() -> None:
    london = desk("Europe/London")

    assert london.add(wall("Europe/London", "2026-11-20 16:30"), HOUR) == datetime(
        2026, 11, 23, 9, 30, tzinfo=UTC
    )


def test_answers_are_utc_whatever_zone_the_question_was_asked_in() -> None:
    asked = datetime(2026, 11, 20, 22, 0, tzinfo=ZoneInfo("Asia/Kolkata"))

    answer = desk("Europe/London").add(asked, HOUR)

    assert (answer, answer.tzinfo) == (datetime(2026, 11, 23, 9, 30, tzinfo=UTC), UTC)


def test_time_used_up_at_closing_ends_at_closing_and_not_next_morning() -> None:
    assert desk("UTC").add(wall("UTC", "2026-11-20 16:30"), HOUR / 2) == wall("UTC", "2026-11-20 17:00")


def test_nothing_added_outside_hours_is_the_next_opening() -> None:
    closing = wall("UTC", "2026-11-20 17:00")

    assert desk("UTC").add(closing, timedelta(0)) == wall("UTC", "2026-11-23 09:00")
    assert desk("UTC").next_open(closing) == wall("UTC", "2026-11-23 09:00")


def test_the_opening_second_is_open_and_the_closing_second_is_closed() -> None:
    opening, closing = wall("UTC", "2026-11-20 09:00"), wall("UTC", "2026-11-20 17:00")

    assert desk("UTC").is_open(opening)
    assert not desk("UTC").is_open(opening - SECOND)
    assert desk("UTC").is_open(closing - SECOND)
    assert not desk("UTC").is_open(closing)
    assert desk("UTC").next_open(opening) == opening


def test_fractions_of_a_second_are_cut_off() -> None:
    late = wall("UTC", "2026-11-20 16:59:59.9")

    assert desk("UTC").add(late, timedelta(seconds=1.9)) == wall("UTC", "2026-11-20 17:00")


def test_the_hours_between_two_moments_leave_out_the_weekend_and_are_never_negative() -> None:
    friday, monday = wall("UTC", "2026-11-20 16:30"), wall("UTC", "2026-11-23 09:30")

    assert desk("UTC").between(friday, monday) == HOUR
    assert desk("UTC").between(monday, friday) == timedelta(0)
    assert desk("UTC").between(monday, monday) == timedelta(0)


def test_a_year_of_working_hours_is_counted() -> None:
    year = wall("UTC", "2026-01-01 00:00"), wall("UTC", "2027-01-01 00:00")

    assert desk("UTC").between(*year) == 261 * 8 * HOUR


def test_work_that_takes_more_than_three_years_still_ends() -> None:
    begin = wall("UTC", "2026-01-01 00:00")

    assert desk("UTC").between(begin, desk("UTC").add(begin, 10_000 * HOUR)) == 10_000 * HOUR


def test_a_lunch_break_is_not_working_time() -> None:
    saturday = desk("UTC", parse_hours({"sat": ["13:00-15:00", "10:00-12:00"]}))
    half_past_eleven = wall("UTC", "2026-11-21 11:30")

    assert saturday.add(half_past_eleven, HOUR) == wall("UTC", "2026-11-21 13:30")
    assert saturday.between(half_past_eleven, wall("UTC", "2026-11-28 10:30")) == 3 * HOUR
    assert saturday.next_open(wall("UTC", "2026-11-21 12:00")) == wall("UTC", "2026-11-21 13:00")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kolkata", "2026-03-29", 24),
    ],
)
def test_a_desk_open_round_the_clock_works_as_long_as_the_day_really_is(
    zone: str, day: str, hours: float
) -> None:
    always = desk(zone, ROUND_THE_CLOCK)
    midnight = wall(zone, day)
    next_midnight = wall(zone, str(date.fromisoformat(day) + timedelta(days=1)))

    assert always.between(midnight, next_midnight) == hours * HOUR
    assert always.add(midnight, 24 * HOUR) == midnight + 24 * HOUR
    assert always.add(midnight, 400 * HOUR) == midnight + 400 * HOUR


@pytest.mark.parametrize(
    ("zone", "written", "day", "minutes"),
    [
        ("Europe/London", "00:30-01:30", "2026-03-29", 30),  # 01:00 to 02:00 is never shown
        ("Europe/London", "01:00-02:00", "2026-03-29", 0),
        ("Europe/London", "01:00-02:00", "2026-10-25", 120),  # it is shown twice
        ("Europe/London", "00:00-01:30", "2026-10-25", 120),
        ("Europe/London", "09:00-17:00", "2026-10-25", 480),
        ("America/New_York", "01:30-03:30", "2026-03-08", 60),
        ("America/New_York", "01:30-03:30", "2026-11-01", 150),
        ("Australia/Lord_Howe", "01:00-03:00", "2026-10-04", 90),
        ("Australia/Lord_Howe", "01:45-03:00", "2026-04-05", 90),
        ("Asia/Kolkata", "01:00-03:00", "2026-10-25", 120),
    ],
)
def test_on_the_night_the_clocks_change_hours_mean_what_the_wall_clock_shows(
    zone: str, written: str, day: str, minutes: int
) -> None:
    night = desk(zone, parse_hours({"sun": written}))
    noon = wall(zone, day + " 12:00")

    assert night.between(noon - 24 * HOUR, noon + 24 * HOUR) == minutes * MINUTE


def test_a_nine_oclock_start_moves_in_utc_when_the_clocks_change() -> None:
    london = desk("Europe/London")

    assert london.next_open(wall("UTC", "2026-03-28 12:00")) == wall("UTC", "2026-03-30 08:00")
    assert london.next_open(wall("UTC", "2026-10-24 12:00")) == wall("UTC", "2026-10-26 09:00")


def test_an_hour_shown_twice_is_open_both_times_until_half_past() -> None:
    night = desk("Europe/London", parse_hours({"sun": "00:00-01:30"}))

    assert night.is_open(wall("Europe/London", "2026-10-25 01:29"))
    assert not night.is_open(wall("Europe/London", "2026-10-25 01:30"))
    assert night.is_open(wall("Europe/London", "2026-10-25 01:29", fold=1))
    assert not night.is_open(wall("Europe/London", "2026-10-25 01:30", fold=1))


def test_a_date_that_a_zone_skipped_has_no_working_time() -> None:
    apia = desk("Pacific/Apia", ROUND_THE_CLOCK, frozenset({date(2011, 12, 30)}))
    thursday = wall("Pacific/Apia", "2011-12-29 23:00")

    assert apia.add(thursday, 2 * HOUR) == thursday + 2 * HOUR == wall("Pacific/Apia", "2011-12-31 01:00")


def test_christmas_and_the_boxing_day_moved_to_monday_are_closed_in_britain() -> None:
    thursday = wall("Europe/London", "2026-12-24 16:30")

    assert desk("Europe/London", holidays="GB").add(thursday, HOUR) == wall("UTC", "2026-12-29 09:30")
    assert desk("Europe/London", holidays="none").add(thursday, HOUR) == wall("UTC", "2026-12-25 09:30")
    assert desk("Europe/London").add(thursday, HOUR) == wall("UTC", "2026-12-25 09:30")


def test_epiphany_is_closed_in_bavaria_and_open_in_berlin() -> None:
    noon = wall("Europe/Berlin", "2026-01-06 12:00")

    assert not desk("Europe/Berlin", holidays="DE-BY").is_open(noon)
    assert desk("Europe/Berlin", holidays="DE-BE").is_open(noon)


def test_looking_into_next_year_adds_nothing_to_this_years_holidays() -> None:
    before = set(days_off("GB", 2026))

    days_off("GB", 2027)

    assert {day.year for day in days_off("GB", 2026)} == {2026}
    assert days_off("GB", 2026) == before


@pytest.mark.parametrize("name", ["GB", "DE-BY", "US-NY", "none", None])
def test_countries_and_regions_of_the_library_are_known(name: str | None) -> None:
    assert known_holidays(name)


@pytest.mark.parametrize("name", ["XX", "gb", "DE-XX", "GB-", "", "HolidayBase"])
def test_a_country_nobody_knows_is_refused_with_what_would_be_right(name: str) -> None:
    assert not known_holidays(name)
    with pytest.raises(ValueError, match=r"write a country \(GB\), a country-region \(DE-BY\) or none"):
        desk("UTC", holidays=name)


def test_a_desk_that_never_opens_says_so_instead_of_searching_for_ever() -> None:
    closed = desk("UTC", ((), (), (), (), (), (), ()))
    start = wall("UTC", "2026-11-20 16:30")

    for question in (closed.next_open, lambda at: closed.add(at, HOUR)):
        with pytest.raises(ValueError, match="Nobody works in the 1098 days after 2026-11-20"):
            question(start)
    assert not closed.is_open(start)
    assert closed.between(start, start + 1000 * HOUR) == timedelta(0)


def test_holidays_for_years_on_end_do_not_make_it_search_for_ever() -> None:
    first = date(2026, 11, 20)
    sabbatical = frozenset(first + timedelta(days=n) for n in range(1200))

    with pytest.raises(ValueError, match="Nobody works"):
        desk("UTC", holidays=sabbatical).next_open(wall("UTC", "2026-11-20 16:30"))


def test_a_closure_of_two_years_is_waited_for() -> None:
    first = date(2026, 11, 20)
    leave = frozenset(first + timedelta(days=n) for n in range(730))

    assert desk("UTC", holidays=leave).next_open(wall("UTC", "2026-11-20 10:00")) == wall(
        "UTC", "2028-11-20 09:00"
    )


def test_working_time_is_not_taken_away() -> None:
    with pytest.raises(ValueError, match="only be added forwards"):
        desk("UTC").add(wall("UTC", "2026-11-20 16:30"), -SECOND)


@pytest.mark.parametrize(
    ("ranges", "problem"),
    [
        (((36_000, 32_400),), "sorted and apart"),
        (((0, 86_401),), "sorted and apart"),
        (((0, 3_600), (1_800, 7_200)), "sorted and apart"),
    ],
)
def test_a_week_of_impossible_ranges_is_refused(ranges: Ranges, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        desk("UTC", (ranges, (), (), (), (), (), ()))


def test_a_calendar_travels_to_another_worker_unchanged() -> None:
    london = desk("Europe/London", holidays="GB")

    arrived = pickle.loads(pickle.dumps(london))

    assert arrived == london
    assert arrived.add(wall("UTC", "2026-11-20 16:30"), HOUR) == wall("UTC", "2026-11-23 09:30")


# -- the hours as they are written ----------------------------------------------------------------------


def test_hours_are_read_as_the_sales_manager_writes_them() -> None:
    week = parse_hours(
        {"mon,wed": "9:00-17:00", "Fri": "00:00-24:00", "sat": ["13:00-15:00", "10:00 - 12:00"]}
    )

    day = ((32_400, 61_200),)
    assert week == (day, (), day, (), ((0, 86_400),), ((36_000, 43_200), (46_800, 54_000)), ())


def test_a_range_of_days_may_pass_over_the_weeks_end() -> None:
    week = parse_hours({"sun-tue,thu": "09:00-10:00"})

    assert [bool(day) for day in week] == [True, True, False, True, False, False, True]


def test_a_day_may_be_named_as_closed() -> None:
    assert parse_hours({"mon": "09:00-10:00", "sat-sun": []})[5:] == ((), ())


@pytest.mark.parametrize(
    ("key", "written", "advice"),
    [
        ("monday", "09:00-17:00", "write mon, tue, wed"),
        ("mon-wed-fri", "09:00-17:00", r"a range \(mon-fri\) or a list"),
        ("", "09:00-17:00", "names no days"),
        ("mon", "9-17", 'write "09:00-17:00"'),
        ("mon", "09:60-17:00", 'write "09:00-17:00"'),
        ("mon", "17:00-09:00", 'two ranges, such as fri: "22:00-24:00"'),
        ("mon", "09:00-24:01", "by 24:00 at the latest"),
        ("mon", "09:00-09:00", "open before it closes"),
        ("mon", ["09:00-12:00", "11:00-13:00"], "overlap"),
        ("mon,mon", "09:00-17:00", "mon is named twice"),
    ],
)
def test_hours_that_make_no_sense_are_answered_with_what_would_be_right(
    key: str, written: str | list[str], advice: str
) -> None:
    if key == "mon,mon":
        hours: dict[str, str | Sequence[str]] = {"mon": written, "mon-fri": written}
    else:
        hours = {key: written}
    with pytest.raises(ValueError, match=advice):
        parse_hours(hours)


def test_hours_without_any_opening_are_refused() -> None:
    nothing: dict[str, str | Sequence[str]] = {}
    closed: dict[str, str | Sequence[str]] = {"mon-fri": []}
    for hours in (nothing, closed):
        with pytest.raises(ValueError, match="never open"):
            parse_hours(hours)


# -- against the wall clock, minute by minute and second by second --------------------------------------

unhurried = settings(deadline=None)
"""A busy machine is no failure."""

ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Havana",
    "UTC",
)
CHANGES = (
    "2026-03-08",
    "2026-03-29",
    "2026-04-05",
    "2026-10-04",
    "2026-10-25",
    "2026-11-01",
    "2018-11-04",
    "2011-12-30",
    "2026-12-26",
    "2026-02-15",
)


def weeks(unit: int) -> st.SearchStrategy[Week]:
    """Weeks whose ranges begin and end on whole *unit* seconds, touching ranges included."""
    bounds = st.lists(st.integers(0, 86_400 // unit), max_size=4, unique=True).map(sorted)
    day = bounds.map(lambda b: tuple((b[i] * unit, b[i + 1] * unit) for i in range(0, len(b) - 1, 2)))
    common = st.sampled_from(
        [NINE_TO_FIVE[0], ((0, 86_400),), ((0, 5_400), (5_400, 10_800)), ((3_600, 7_200),)]
    )
    return st.tuples(*[day | common] * 7)


@st.composite
def calendars(draw: st.DrawFn, unit: int) -> tuple[WorkCalendar, datetime]:
    """A calendar and a moment within two days of a date at which clocks change somewhere."""
    change = datetime.fromisoformat(draw(st.sampled_from(CHANGES))).replace(tzinfo=UTC)
    start = change + timedelta(seconds=unit * draw(st.integers(-172_800 // unit, 172_800 // unit)))
    closed = draw(
        st.frozensets(st.integers(-3, 5).map(lambda n: (change + timedelta(days=n)).date()), max_size=2)
    )
    return desk(draw(st.sampled_from(ZONES)), draw(weeks(unit)), closed), start


def shown_open(calendar: WorkCalendar, at: datetime) -> bool:
    """The definition itself: what date and time does the wall clock show?"""
    local = at.astimezone(calendar.zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    holidays = calendar.holidays if isinstance(calendar.holidays, frozenset) else frozenset()
    hours = calendar.week[local.weekday()]
    return local.date() not in holidays and any(opens <= second < closes for opens, closes in hours)


def compare(calendar: WorkCalendar, start: datetime, unit: timedelta, steps: int) -> None:
    """Every answer of *calendar* in *steps* units from *start* equals a count of open units."""
    moments = [start + unit * n for n in range(steps)]
    opened = [shown_open(calendar, at) for at in moments]
    assert [calendar.is_open(at) for at in moments[::7]] == opened[::7]
    assert calendar.between(start, start + unit * steps) == unit * sum(opened)
    working = [at for at, is_open in zip(moments, opened, strict=True) if is_open]
    if working:
        assert calendar.next_open(start) == calendar.add(start, timedelta(0)) == working[0]
    for count in {1, 2, len(working) // 3, len(working) - 1, len(working)} & set(range(1, len(working) + 1)):
        assert calendar.add(start, unit * count) == working[count - 1] + unit
        assert calendar.between(start, working[count - 1]) == unit * (count - 1)


@unhurried
@given(calendars(60))
@example((desk("Europe/London", ROUND_THE_CLOCK), datetime(2026, 10, 24, 12, 0, tzinfo=UTC)))
def test_every_answer_equals_a_count_minute_by_minute(asked: tuple[WorkCalendar, datetime]) -> None:
    compare(*asked, unit=MINUTE, steps=2_500)


@unhurried
@given(calendars(1))
def test_every_answer_equals_a_count_second_by_second(asked: tuple[WorkCalendar, datetime]) -> None:
    calendar, start = asked
    compare(calendar, start, unit=SECOND, steps=1_000)
    # A span that certainly has an edge in it: the ten minutes around the next change from open to closed.
    edges = [calendar.add(start, SECOND * n) for n in (1, 20_000)] if any(calendar.week) else [start]
    for edge in edges:
        compare(calendar, edge - 300 * SECOND, unit=SECOND, steps=600)


@unhurried
@given(calendars(1), st.integers(1, 500_000))
def test_time_added_is_the_time_between(asked: tuple[WorkCalendar, datetime], seconds: int) -> None:
    calendar, start = asked
    assume(any(calendar.week))
    end = calendar.add(start, SECOND * seconds)

    assert calendar.between(start, end) == SECOND * seconds
    assert calendar.is_open(end - SECOND)


@unhurried
@given(calendars(1), st.integers(0, 400_000), st.integers(1, 400_000))
def test_time_added_in_two_parts_ends_where_it_would_in_one(
    asked: tuple[WorkCalendar, datetime], first: int, second: int
) -> None:
    calendar, start = asked
    assume(any(calendar.week))
    halfway = calendar.add(start, SECOND * first)

    assert calendar.add(halfway, SECOND * second) == calendar.add(start, SECOND * (first + second))


@unhurried
@given(calendars(1), st.integers(0, 400_000), st.integers(0, 100_000), st.integers(0, 400_000))
def test_a_later_start_or_more_time_never_ends_earlier(
    asked: tuple[WorkCalendar, datetime], seconds: int, more: int, later: int
) -> None:
    calendar, start = asked
    assume(any(calendar.week))
    end = calendar.add(start, SECOND * seconds)
    after = start + SECOND * later

    assert end <= calendar.add(start, SECOND * (seconds + more))
    assert end <= calendar.add(after, SECOND * seconds)
    assert calendar.next_open(start) <= calendar.next_open(after)
    assert calendar.between(start, after) <= calendar.between(start, after + SECOND * more)


@unhurried
@given(calendars(1), st.integers(0, 400_000))
def test_working_hours_end_when_the_next_close_says_so(
    asked: tuple[WorkCalendar, datetime], later: int
) -> None:
    calendar, start = asked
    at = start + SECOND * later
    closes = calendar.next_close(at)

    assert (closes is not None) == calendar.is_open(at)
    if closes is not None:
        assert calendar.between(at, closes) == closes - at
        assert calendar.is_open(closes - SECOND)


def test_a_holiday_is_one_by_the_zones_own_calendar() -> None:
    calendar = WorkCalendar(ZoneInfo("Europe/London"), parse_hours({"mon-fri": "09:00-17:00"}), "GB")
    assert calendar.is_holiday(datetime(2026, 12, 25, 12, tzinfo=UTC))
    assert not calendar.is_holiday(datetime(2026, 12, 24, 12, tzinfo=UTC))
