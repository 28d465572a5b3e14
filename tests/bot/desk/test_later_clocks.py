"""After the decision: the account executive's acceptance, the opportunity, its close date. Each speaks at its time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.desk import answer, deal, opportunity, passing, remind, report, taking_back
from bot.desk.deal import Bant
from bot.desk.opportunity import Offer
from storage import deadlines
from tests.bot.desk.deals import BY_CHRISTMAS, TEAM_WITH_AES, YES, an_opportunity, qualified, with_sue
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import until
from tests.world import MONDAY_9

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TUESDAY_9 = MONDAY_9 + DAY


@pytest.fixture
def team(shifts: Callable[..., Shift], sqlite_url: str) -> Shift:
    """A team with Sue and Tom, account executives."""
    return shifts(sqlite_url, team=TEAM_WITH_AES)


@pytest.fixture
def either_team(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """The same, once on each database."""
    return shifts(database_url, team=TEAM_WITH_AES)


def told(shift: Shift) -> list[tuple[str, str]]:
    """Who was told what by direct message, in order: reader, and the kind of step."""
    found = []
    for letter in shift.letters("dm"):
        body = letter.body
        with shift.desk.database.reading() as session:
            about = [notice.step for notice in deadlines.notices(session, body.get("notices") or [])]
        found += [(body["reader"], " ".join(step.split()[:2])) for step in about or [body.get("step", "")]]
    return found


def steps(shift: Shift) -> dict[str, datetime]:
    """What is due for the hand-off, by kind and first word."""
    return {f"{kind} {step.split()[0]}": at for (kind, step), at in shift.due().items()}


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def test_half_the_time_reminds_the_account_executive_and_all_of_it_the_managers_too(
    either_team: Shift,
) -> None:
    """ "then `ae_accept: 1d`," """
    shift = either_team
    shift.clock.advance(HOUR)
    qualified(shift)
    assert steps(shift) == {
        "ae_accept half": TUESDAY_9,
        "ae_accept all": TUESDAY_9 + HOUR,
        "ae_accept weekly": TUESDAY_9 + HOUR + 7 * DAY,
    }
    handed = ("U0SUE", "ae_accept")
    until(shift, TUESDAY_9 - timedelta(seconds=1))
    assert told(shift) == [handed]
    until(shift, TUESDAY_9)
    assert told(shift) == [handed, ("U0SUE", "ae_accept half")]
    until(shift, TUESDAY_9 + 2 * HOUR)
    assert told(shift)[2:] == [("U0MAX", "ae_accept all"), ("U0SUE", "ae_accept all")]
    until(shift, TUESDAY_9 + 8 * DAY)
    assert told(shift)[4:] == [("U0MAX", "ae_accept weekly"), ("U0SUE", "ae_accept weekly")]
    assert not any(reader == "U0ANN" for reader, _ in told(shift)), "it is out of the SDR's hands"


def test_the_hours_that_count_are_the_account_executives(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    late = TEAM_WITH_AES.replace("Sue, role: ae", "Sue, role: ae, hours: {mon-fri: '14:00-20:00'}")
    shift = shifts(sqlite_url, team=late)
    qualified(shift)
    assert steps(shift)["ae_accept all"] == MONDAY_9 + DAY + 5 * HOUR


def test_an_absence_delays_their_reminder_and_never_the_managers(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    away = TEAM_WITH_AES.replace(
        "Sue, role: ae", "Sue, role: ae, away: [{from: 2026-11-24, until: 2026-12-01}]"
    )
    shift = shifts(sqlite_url, team=away)
    qualified(shift)
    until(shift, TUESDAY_9 + 3 * HOUR)
    assert told(shift)[1:] == [("U0MAX", "ae_accept all")]


def test_where_nobody_is_named_all_account_executives_are_reminded(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    away = "away: [{from: 2026-11-23, until: 2026-11-24}]"
    shift = shifts(sqlite_url, team=TEAM_WITH_AES.replace("role: ae", f"role: ae, {away}"))
    shift.clock.advance(HOUR)
    qualified(shift, ae=None)
    until(shift, TUESDAY_9)
    assert told(shift) == [("U0SUE", "ae_accept half"), ("U0TOM", "ae_accept half")]


def test_accepting_ends_the_reminders_and_the_opportunity_is_asked_for_in_time(team: Shift) -> None:
    with_sue(team)
    assert steps(team) == {
        "opportunity all": MONDAY_9 + 14 * DAY,
        "opportunity weekly": MONDAY_9 + 21 * DAY,
    }
    until(team, MONDAY_9 + 14 * DAY - HOUR)
    assert told(team)[1:] == []
    until(team, MONDAY_9 + 15 * DAY)
    assert told(team)[1:] == [("U0MAX", "opportunity all"), ("U0SUE", "opportunity all")]
    until(team, MONDAY_9 + 22 * DAY)
    assert told(team)[3:] == [("U0MAX", "opportunity weekly"), ("U0SUE", "opportunity weekly")]


def test_on_the_close_date_the_owner_is_asked_and_a_week_later_the_managers_too(either_team: Shift) -> None:
    """ "then the opportunity's close date." """
    shift = either_team
    an_opportunity(shift)
    day = datetime(2026, 12, 18, 9, 0, tzinfo=UTC)
    assert steps(shift) == {"close_date due": day, "close_date weekly": day + 10 * DAY + 24 * HOUR}
    until(shift, day - HOUR)
    assert told(shift)[1:] == []
    until(shift, day)
    assert told(shift)[1:] == [("U0SUE", "close_date due")]
    until(shift, day + 12 * DAY)
    assert told(shift)[2:] == [("U0MAX", "close_date weekly"), ("U0SUE", "close_date weekly")]


def test_a_new_close_date_is_asked_about_on_its_own_day_however_often_it_moves(team: Shift) -> None:
    id_ = an_opportunity(team)
    until(team, datetime(2026, 12, 18, 10, 0, tzinfo=UTC))
    opportunity.opportunity(team.desk, id_, "U0SUE", Offer(25_000, date(2027, 1, 18)))
    until(team, datetime(2027, 1, 18, 8, 59, tzinfo=UTC))
    assert told(team)[1:] == [("U0SUE", "close_date due")]
    until(team, datetime(2027, 1, 18, 9, 0, tzinfo=UTC))
    assert told(team)[1:] == [("U0SUE", "close_date due")] * 2
    # Moved forward again: what was weekly of the earlier date is not waited for.
    opportunity.opportunity(team.desk, id_, "U0SUE", Offer(25_000, date(2027, 1, 20)))
    until(team, datetime(2027, 1, 20, 9, 0, tzinfo=UTC))
    assert told(team)[1:] == [("U0SUE", "close_date due")] * 3


def test_who_says_that_it_closes_today_is_not_asked_a_minute_later(team: Shift) -> None:
    id_ = with_sue(team)
    opportunity.opportunity(team.desk, id_, "U0SUE", Offer(1, MONDAY_9.date()))
    until(team, MONDAY_9 + 3 * HOUR)
    assert told(team)[1:] == []
    assert team.due(id_)


def test_sent_back_and_handed_over_anew_the_reminders_begin_anew(either_team: Shift) -> None:
    shift = either_team
    shift.clock.advance(HOUR)
    id_ = qualified(shift)
    until(shift, TUESDAY_9)
    deal.send_back(shift.desk, id_, "U0SUE", "no authority")
    assert {kind for kind, _ in shift.due(id_)} == {"decide"}
    assert min(shift.due(id_).values()) == TUESDAY_9 + 7 * DAY, "the SDR has the whole time to decide again"
    until(shift, TUESDAY_9 + HOUR)
    deal.qualify(shift.desk, id_, "U0ANN", Bant(YES, "U0TOM"))
    until(shift, TUESDAY_9 + DAY)
    assert told(shift)[2:] == [("U0TOM", "ae_accept"), ("U0TOM", "ae_accept half")]


def test_what_was_sent_back_is_decided_from_that_moment_whoever_is_given_it_since(either_team: Shift) -> None:
    shift = either_team
    id_ = qualified(shift)
    shift.clock.advance_to(TUESDAY_9)
    deal.send_back(shift.desk, id_, "U0SUE", "no authority")
    asked = shift.due(id_)
    shift.clock.advance(3 * DAY)

    passing.reassign(shift.desk, id_, "U0ANN", "U0BOB")
    assert shift.due(id_) == asked, "reassignment does not reset it"
    passing.reassign(shift.desk, id_, "U0BOB", None)
    answer.accept(shift.desk, id_, "U0BOB")
    assert shift.due(id_) == asked
    until(shift, TUESDAY_9 + 7 * DAY)
    assert told(shift)[-1] == ("U0BOB", "decide half")


def test_an_undo_says_nothing_twice_and_lets_the_clock_run_on(team: Shift) -> None:
    team.clock.advance(HOUR)
    id_ = qualified(team)
    until(team, TUESDAY_9)
    before = told(team)
    deal.ae_accept(team.desk, id_, "U0SUE")
    taking_back.undo(team.desk, id_, "U0SUE")
    while remind.remind(team.desk):
        pass
    assert told(team) == before
    until(team, TUESDAY_9 + HOUR)
    assert ("U0MAX", "ae_accept all") in told(team)


def test_after_sleeping_past_every_step_only_the_latest_is_said(team: Shift) -> None:
    qualified(team)
    team.clock.advance(3 * DAY)
    until(team, team.now + HOUR)
    assert told(team)[1:] == [("U0MAX", "ae_accept all"), ("U0SUE", "ae_accept all")]


@pytest.mark.parametrize(
    ("step", "done"),
    [
        ("ae_accept half", lambda s: deal.ae_accept(s.desk, 1, "U0SUE")),
        ("opportunity all", lambda s: opportunity.opportunity(s.desk, 1, "U0SUE", Offer(1, BY_CHRISTMAS))),
    ],
)
def test_a_reminder_of_what_was_done_meanwhile_is_not_sent(
    team: Shift, step: str, done: Callable[[Shift], object]
) -> None:
    qualified(team)
    assert report.still_open(team.handoff(), step)
    assert not report.still_open(team.handoff(), "decide all"), "it is decided"
    done(team)
    assert not report.still_open(team.handoff(), step)


def test_the_close_dates_reminder_is_of_that_date_alone(team: Shift) -> None:
    an_opportunity(team)
    assert report.still_open(team.handoff(), "close_date due 2026-12-18")
    assert not report.still_open(team.handoff(), "close_date due 2026-12-11")
