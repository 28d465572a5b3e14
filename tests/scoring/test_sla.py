"""The clock of a hand-off, one test for each sentence about it."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.sla import (
    Clock,
    Kind,
    Promise,
    Step,
    at_share,
    compliance,
    due,
    ladder_steps,
    latest_due,
    rebase,
    shortened,
    start,
)
from scoring.worktime import WorkCalendar, parse_hours

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
HALF = Fraction(1, 2)
LONDON = WorkCalendar(ZoneInfo("Europe/London"), parse_hours({"mon-fri": "09:00-17:00"}), "GB")
NEW_YORK = WorkCalendar(ZoneInfo("America/New_York"), parse_hours({"mon-fri": "09:00-17:00"}), "US")
KOLKATA = WorkCalendar(ZoneInfo("Asia/Kolkata"), parse_hours({"mon-sat": ["09:30-13:00", "14:00-18:30"]}))
ALWAYS = WorkCalendar(ZoneInfo("Europe/London"), parse_hours({"mon-sun": "00:00-24:00"}))

DEMO = Promise("business", 5 * MINUTE)
HIGH = Promise("business", 2 * HOUR)
STANDARD = Promise("calendar", 24 * HOUR)


def at(text: str) -> datetime:
    """A UTC moment of November 2026, when London is on UTC; the 20th is a Friday."""
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


# -- when it is due -------------------------------------------------------------------------------------


def test_a_business_clock_counts_working_time() -> None:
    """ "`clock: business` counts working time;" """
    clock = start(Promise("business", HOUR), at("20 16:30"), LONDON)

    assert due(clock, LONDON) == at("23 09:30")


def test_a_calendar_clock_counts_elapsed_time() -> None:
    """ "`clock: calendar` counts elapsed time," """
    clock = start(STANDARD, at("17 10:15"), LONDON)

    assert due(clock, LONDON) == at("18 10:15")


def test_a_calendar_clock_runs_through_the_night_it_arrives_in() -> None:
    clock = start(Promise("calendar", 12 * HOUR), at("17 23:00"), LONDON)

    assert clock.started_at == at("17 23:00")
    assert due(clock, LONDON) == at("18 11:00")


def test_a_calendar_due_time_outside_working_time_moves_to_one_hour_after_the_next_opening() -> None:
    """ "and a due time outside working time moves to one hour after the next opening" """
    clock = start(STANDARD, at("20 10:15"), LONDON)

    assert due(clock, LONDON) == at("23 10:00")


def test_a_calendar_due_time_exactly_at_closing_moves_too() -> None:
    assert due(start(Promise("calendar", HOUR), at("17 16:00"), LONDON), LONDON) == at("18 10:00")


def test_a_business_due_time_at_closing_stays_there() -> None:
    assert due(start(HIGH, at("17 15:00"), LONDON), LONDON) == at("17 17:00")


def test_what_arrives_outside_hours_starts_its_clock_half_an_hour_after_opening() -> None:
    """ "Under `clock: business`, what arrives outside hours starts its clock at opening + `opening_grace:
    30m`," """
    clock = start(DEMO, at("21 03:00"), LONDON)

    assert (clock.started_at, clock.arrived_at) == (at("23 09:30"), at("21 03:00"))
    assert due(clock, LONDON) == at("23 09:35")


def test_the_opening_grace_is_the_teams_to_choose() -> None:
    assert due(start(DEMO, at("21 03:00"), LONDON, timedelta(0)), LONDON) == at("23 09:05")


def test_what_arrives_in_hours_starts_its_clock_at_its_arrival_to_the_second() -> None:
    clock = start(DEMO, at("17 09:00:07.9"), LONDON)

    assert clock.started_at == clock.since == clock.arrived_at == at("17 09:00:07")
    assert due(clock, LONDON) == at("17 09:05:07")


def test_what_arrives_on_a_bank_holiday_waits_for_the_next_working_day() -> None:
    clock = start(DEMO, datetime(2026, 12, 25, 11, 0, tzinfo=UTC), LONDON)

    assert due(clock, LONDON) == datetime(2026, 12, 29, 9, 35, tzinfo=UTC)


# -- the ladder -----------------------------------------------------------------------------------------


def test_each_nudge_and_breach_names_its_step_and_whom_it_speaks_to() -> None:
    """ "Each nudge and breach names its step" """
    clock = start(HIGH, at("17 10:00"), LONDON)
    ladder = {
        "breach": [Fraction(1)],
        "nudge": [Fraction(4, 5), HALF],
        "everyone": [Fraction(5, 8)],
        "reassign": [Fraction(3, 2)],
    }

    assert ladder_steps(clock, LONDON, ladder) == [
        Step("nudge 50%", "owner", at("17 11:00")),
        Step("everyone 62.5%", "everyone", at("17 11:15")),
        Step("nudge 80%", "owner", at("17 11:36")),
        Step("breach", "managers", at("17 12:00")),
    ]


def test_a_second_breach_says_how_late_it_is() -> None:
    clock = start(HIGH, at("17 10:00"), LONDON)

    steps = ladder_steps(clock, LONDON, {"breach": [Fraction(1), Fraction(3, 2)]})

    assert [(step.name, step.due_at) for step in steps] == [
        ("breach", at("17 12:00")),
        ("breach 150%", at("17 13:00")),
    ]


def test_steps_of_the_same_moment_end_with_the_one_that_matters_most() -> None:
    clock = start(STANDARD, at("20 17:00"), LONDON)
    ladder = {"breach": [HALF], "everyone": [HALF], "nudge": [Fraction(1, 4), HALF, Fraction(4, 5)]}

    steps = ladder_steps(clock, LONDON, ladder)

    assert {step.due_at for step in steps} == {at("23 09:00")}
    assert [step.name for step in steps] == [
        "nudge 25%",
        "nudge 50%",
        "everyone 50%",
        "breach 50%",
        "nudge 80%",
    ]


@pytest.mark.parametrize(("share", "moment"), [(0.5, "18 09:00"), (0.8, "18 09:00"), (1.0, "18 11:00")])
def test_a_nudge_of_a_calendar_clock_waits_for_hours(share: float, moment: str) -> None:
    clock = start(STANDARD, at("17 11:00"), LONDON)

    assert at_share(clock, LONDON, share) == at(moment)


def test_a_business_nudge_that_falls_on_closing_time_waits_for_the_opening() -> None:
    clock = start(HIGH, at("17 16:00"), LONDON)

    assert at_share(clock, LONDON, HALF) == at("18 09:00")


def test_a_share_written_as_a_decimal_is_exact_to_the_second() -> None:
    clock = start(DEMO, at("17 10:00"), LONDON)

    assert at_share(clock, LONDON, 0.35) == at_share(clock, LONDON, Fraction(7, 20)) == at("17 10:01:45")


def test_the_breach_of_a_calendar_clock_is_at_its_due_time_and_later_steps_are_not_before_it() -> None:
    clock = start(STANDARD, at("20 10:15"), LONDON)

    assert at_share(clock, LONDON, 1) == due(clock, LONDON) == at("23 10:00")
    assert at_share(clock, LONDON, Fraction(3, 2)) == at("23 10:00")
    assert at_share(clock, LONDON, 4) == at("24 10:15")


def test_later_shares_of_a_business_clock_count_working_time() -> None:
    clock = start(HIGH, at("17 15:00"), LONDON)

    assert at_share(clock, LONDON, Fraction(3, 2)) == at("18 10:00")


def test_after_a_long_sleep_only_the_latest_step_is_sent() -> None:
    steps = ladder_steps(
        start(HIGH, at("17 10:00"), LONDON),
        LONDON,
        {"nudge": [HALF, Fraction(4, 5)], "breach": [Fraction(1)]},
    )

    assert latest_due(steps, at("17 10:59:59")) == (None, [])
    assert latest_due(steps, at("17 11:00")) == (steps[0], [])
    assert latest_due(steps, at("17 11:40")) == (steps[1], [steps[0]])
    assert latest_due(steps, at("19 00:00")) == (steps[2], steps[:2])


def test_a_first_touch_at_the_due_second_is_within_and_a_second_later_is_late() -> None:
    due_at = at("17 12:00")

    assert compliance(due_at, due_at) == "within"
    assert compliance(due_at + SECOND, due_at) == "late"
    assert compliance(None, due_at) == "open"


# -- another owner, another team ------------------------------------------------------------------------


def test_working_time_already_used_is_carried_over_and_the_rest_is_counted_in_the_owners_hours() -> None:
    clock = start(HIGH, at("17 15:30"), LONDON)

    owned = rebase(clock, LONDON, NEW_YORK, at("17 16:30"))

    assert (owned.used, owned.since, owned.started_at) == (HOUR, at("17 16:30"), at("17 15:30"))
    assert due(owned, LONDON) == at("18 09:30")
    assert due(owned, NEW_YORK) == at("17 17:30")


def test_an_owner_whose_day_has_not_begun_is_given_the_rest_from_their_opening() -> None:
    clock = start(HIGH, at("17 10:00"), LONDON)

    owned = rebase(clock, LONDON, NEW_YORK, at("17 10:30"))

    assert due(owned, NEW_YORK) == at("17 15:30")
    assert at_share(owned, NEW_YORK, HALF) == at("17 14:30")


def test_going_to_another_owner_does_not_reset_the_clock() -> None:
    clock = start(HIGH, at("17 10:00"), LONDON)
    for minute in range(10, 60, 10):
        clock = rebase(clock, LONDON, LONDON, at(f"17 10:{minute}"))

    clock = rebase(clock, LONDON, LONDON, at("17 10:59:59.9"))

    assert (clock.used, clock.since) == (HOUR - SECOND, at("17 10:59:59"))
    assert due(clock, LONDON) == at("17 12:00")


def test_what_is_overdue_stays_overdue_with_the_next_owner() -> None:
    for promise in (HIGH, Promise("calendar", 2 * HOUR)):
        clock = start(promise, at("17 10:00"), LONDON)

        owned = rebase(clock, LONDON, NEW_YORK, at("17 16:00"))

        assert due(owned, NEW_YORK) == due(owned, KOLKATA) == at("17 12:00")


def test_a_calendar_clock_that_waits_for_the_opening_waits_for_the_new_owners() -> None:
    clock = start(STANDARD, at("20 20:00"), LONDON)
    sunday = at("22 12:00")

    owned = rebase(clock, LONDON, NEW_YORK, sunday)

    assert due(clock, LONDON) == at("23 10:00")
    assert due(owned, NEW_YORK) == at("23 15:00")
    assert due(rebase(owned, NEW_YORK, LONDON, sunday + HOUR), LONDON) == at("23 10:00")


def test_nobody_is_given_a_lead_that_became_overdue_by_being_given() -> None:
    clock = start(Promise("calendar", HOUR), at("17 06:00"), LONDON)

    owned = rebase(clock, LONDON, KOLKATA, at("17 09:00"))

    assert due(clock, LONDON) == at("17 10:00")
    assert due(clock, KOLKATA) == at("17 07:00")
    assert due(owned, KOLKATA) == at("17 09:00")


def test_a_clock_that_has_not_begun_begins_half_an_hour_after_the_new_owners_opening() -> None:
    clock = start(DEMO, at("21 03:00"), LONDON)

    owned = rebase(clock, LONDON, NEW_YORK, at("22 12:00"))

    assert due(owned, NEW_YORK) == at("23 14:35")
    assert owned.arrived_at == at("21 03:00")
    assert due(rebase(owned, NEW_YORK, LONDON, at("22 13:00")), LONDON) == at("23 09:35")


def test_a_clock_that_has_not_begun_begins_at_once_for_an_owner_who_is_at_work() -> None:
    clock = start(DEMO, at("17 03:00"), LONDON)

    assert due(rebase(clock, LONDON, KOLKATA, at("17 04:30")), KOLKATA) == at("17 04:35")


def test_a_clock_that_has_not_begun_never_begins_in_the_past() -> None:
    evening = start(DEMO, at("17 18:00"), LONDON)

    owned = rebase(evening, LONDON, NEW_YORK, at("18 02:00"))

    assert due(owned, NEW_YORK) == at("18 14:35")
    assert rebase(owned, NEW_YORK, NEW_YORK, at("18 14:10")) == owned


def test_the_opening_grace_is_not_lost_when_the_team_file_changes_in_it() -> None:
    clock = start(DEMO, at("21 03:00"), LONDON)
    longer = WorkCalendar(LONDON.zone, parse_hours({"mon-fri": "09:00-18:00"}), "GB")

    assert due(rebase(clock, LONDON, longer, at("23 09:10")), longer) == at("23 09:35")
    assert due(rebase(clock, LONDON, LONDON, at("23 09:10")), LONDON) == at("23 09:35")


# -- a higher tier --------------------------------------------------------------------------------------


def test_a_higher_tier_shortens_the_due_time_and_keeps_the_time_already_used() -> None:
    clock = start(Promise("business", 4 * HOUR), at("17 10:00"), LONDON)

    raised = shortened(clock, HIGH, LONDON, at("17 10:30"))

    assert (raised.allowance, raised.used) == (2 * HOUR, HOUR / 2)
    assert due(raised, LONDON) == at("17 12:00")


def test_a_higher_tier_whose_time_is_already_used_up_is_due_at_once() -> None:
    clock = start(HIGH, at("17 10:00"), LONDON)

    raised = shortened(clock, DEMO, LONDON, at("17 11:00"))

    assert due(raised, LONDON) == at("17 11:00")
    assert at_share(raised, LONDON, Fraction(3, 2)) == at("17 11:02:30")


def test_a_higher_tier_that_comes_at_night_with_its_time_used_up_is_due_at_the_opening() -> None:
    clock = start(HIGH, at("17 16:30"), LONDON)

    assert due(shortened(clock, DEMO, LONDON, at("17 22:00")), LONDON) == at("18 09:00")


def test_a_higher_tier_while_the_clock_waits_for_an_opening_is_not_due_in_the_past() -> None:
    clock = start(Promise("calendar", 3 * HOUR), at("17 15:00"), LONDON)

    raised = shortened(clock, Promise("calendar", HOUR), LONDON, at("17 18:30"))

    assert (due(clock, LONDON), due(raised, LONDON)) == (at("18 10:00"), at("18 09:00"))


def test_a_night_that_a_calendar_clock_used_is_no_working_time_for_a_demo() -> None:
    clock = start(STANDARD, at("17 17:30"), LONDON)

    raised = shortened(clock, DEMO, LONDON, at("18 09:00"))

    assert (raised.kind, raised.used) == ("business", timedelta(0))
    assert due(raised, LONDON) == at("18 09:05")


def test_a_demo_in_the_night_on_a_calendar_clock_is_due_after_the_opening_grace() -> None:
    clock = start(STANDARD, at("17 20:00"), LONDON)

    assert due(shortened(clock, DEMO, LONDON, at("17 23:00")), LONDON) == at("18 09:35")


def test_a_higher_tier_on_the_calendar_counts_from_the_arrival() -> None:
    clock = start(Promise("business", 16 * HOUR), at("17 10:00"), LONDON)

    raised = shortened(clock, STANDARD, LONDON, at("17 12:00"))

    assert raised.used == 2 * HOUR
    assert due(raised, LONDON) == at("18 10:00")


def test_a_tier_that_would_end_later_changes_nothing() -> None:
    clock = start(HIGH, at("17 10:00"), LONDON)

    assert shortened(clock, STANDARD, LONDON, at("17 10:30")) == clock
    assert shortened(clock, DEMO, LONDON, at("17 12:00")) == clock  # already overdue


# -- properties -----------------------------------------------------------------------------------------

unhurried = settings(deadline=None)
CALENDARS = st.sampled_from([LONDON, NEW_YORK, KOLKATA, ALWAYS])
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["business", "calendar"])
PROMISES = st.builds(Promise, KINDS, st.integers(1, 200_000).map(lambda n: SECOND * n))
ARRIVALS = st.integers(0, 2 * 7 * 86_400).map(lambda n: datetime(2026, 10, 20, tzinfo=UTC) + SECOND * n)
DELAYS = st.lists(st.integers(0, 500_000).map(lambda n: SECOND * n), max_size=6).map(sorted)


def rebased(clock: Clock, calendar: WorkCalendar, delays: list[timedelta]) -> Clock:
    for delay in delays:
        clock = rebase(clock, calendar, calendar, clock.arrived_at + delay)
    return clock


@unhurried
@given(PROMISES, ARRIVALS, CALENDARS, DELAYS)
def test_however_often_ownership_changes_no_time_is_lost_or_gained(
    promise: Promise, arrived_at: datetime, calendar: WorkCalendar, delays: list[timedelta]
) -> None:
    """ "the working time already used is carried over, the rest is computed anew." """
    clock = start(promise, arrived_at, calendar)
    later = rebased(clock, calendar, delays)

    assert due(later, calendar) == due(clock, calendar)
    for share in (1, Fraction(3, 2), 3):
        assert at_share(later, calendar, share) == at_share(clock, calendar, share)


@unhurried
@given(PROMISES, ARRIVALS, CALENDARS, DELAYS, st.fractions(Fraction(1, 10), 1))
def test_a_nudge_still_ahead_is_not_moved_by_a_change_of_owner(
    promise: Promise, arrived_at: datetime, calendar: WorkCalendar, delays: list[timedelta], share: Fraction
) -> None:
    clock = start(promise, arrived_at, calendar)
    nudge_at = at_share(clock, calendar, share)
    before = [delay for delay in delays if arrived_at + delay < nudge_at]

    assert at_share(rebased(clock, calendar, before), calendar, share) == nudge_at


@unhurried
@given(PROMISES, ARRIVALS, CALENDARS, CALENDARS, DELAYS)
def test_a_change_of_hours_is_never_due_before_the_change_unless_it_was_overdue(
    promise: Promise, arrived_at: datetime, old: WorkCalendar, new: WorkCalendar, delays: list[timedelta]
) -> None:
    clock = start(promise, arrived_at, old)
    now = arrived_at + sum(delays, timedelta(0))

    assert due(rebase(clock, old, new, now), new) >= min(now, due(clock, old))


@unhurried
@given(PROMISES, PROMISES, ARRIVALS, CALENDARS, DELAYS)
def test_a_higher_tier_is_never_due_later_nor_in_the_past(
    promise: Promise, higher: Promise, arrived_at: datetime, calendar: WorkCalendar, delays: list[timedelta]
) -> None:
    clock = start(promise, arrived_at, calendar)
    now = arrived_at + sum(delays, timedelta(0))
    before = due(clock, calendar)
    after = due(shortened(clock, higher, calendar, now), calendar)

    assert min(now, before) <= after <= before


@unhurried
@given(PROMISES, ARRIVALS, CALENDARS, st.lists(st.fractions(Fraction(1, 100), 3), min_size=2).map(sorted))
def test_larger_shares_never_come_earlier_and_nobody_is_nudged_outside_hours(
    promise: Promise, arrived_at: datetime, calendar: WorkCalendar, shares: list[Fraction]
) -> None:
    clock = start(promise, arrived_at, calendar)
    moments = [at_share(clock, calendar, share) for share in shares]

    assert moments == sorted(moments)
    assert all(calendar.is_open(moment) for moment in moments)
    assert all(moment >= arrived_at for moment in moments)
