""" "Timing reasons ask for a date; on that date the lead wakes up": as an MQL with its history, or as a reminder."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.desk import answer, people, privacy, remind, taking_back
from bot.desk.desk import Desk, open_database
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from scoring.stages import Refused
from storage import leads
from storage import people as listings
from storage.people import Suppressed
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, TEAM, World

DAY = timedelta(days=1)
BACK_ON = date(2027, 1, 15)
"""A Friday."""
MORNING = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
"""When Ann's day begins in Berlin."""
LATER = Disposition("timing.budget_cycle", "ask in January", BACK_ON)


def tick(desk: Desk) -> None:
    while remind.remind(desk):
        pass


def recycled(shift: Shift, given: Disposition = LATER, by: str = "U0ANN") -> int:
    """Ada asked for a demo on Monday, and was given a date."""
    id_ = shift.demo()
    answer.end(shift.desk, id_, by, given)
    return id_


def pricing_and_webinar(shift: Shift) -> None:
    """75 points of new intent, while she has to wait."""
    shift.clock.advance(7 * DAY)
    shift.arrive(shift.event("pricing_page"), shift.event("webinar"))


def reminded(shift: Shift) -> list[str]:
    return [letter.body["reader"] for letter in shift.letters("dm") if letter.body["view"] == "wake"]


def morning(shift: Shift) -> None:
    shift.clock.advance_to(MORNING)
    tick(shift.desk)


def test_the_day_is_the_dates_midnight_moved_to_the_last_owners_next_opening(either_shift: Shift) -> None:
    recycled(either_shift)
    assert either_shift.due() == {("wake", "2027-01-15"): MORNING}

    either_shift.clock.advance_to(MORNING - timedelta(seconds=1))
    tick(either_shift.desk)
    assert reminded(either_shift) == []

    morning(either_shift)
    assert reminded(either_shift) == ["U0ANN"]


def test_a_date_on_a_weekend_wakes_the_lead_on_monday(shift: Shift) -> None:
    recycled(shift, Disposition("timing.no_project", "", date(2027, 1, 16)))
    assert shift.due() == {("wake", "2027-01-16"): datetime(2027, 1, 18, 8, 0, tzinfo=UTC)}


def test_with_new_intent_the_lead_is_a_returning_mql_whose_card_has_its_history(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="timing.budget_cycle", date="2027-01-15", note="ask in January")
    world.pass_time(40 * DAY)
    world.send(world.event("pricing_page"), world.event("webinar"))
    assert len(world.slack.messages("C0EMEA")) == 1

    world.until(MORNING)

    assert len(world.slack.messages("C0EMEA")) == 2
    card = world.card().plain()
    assert "returning" in card
    assert "Back again; recycled on 2026-11-23: budget cycle does not match. “ask in January”" in card
    assert "First touch by" in card
    assert world.slack.dms("U0ANN") == []
    assert world.slack.complaints == []


def test_without_new_intent_the_last_owner_is_reminded_of_who_why_and_what_was_done_since(
    either_world: World,
) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="timing.budget_cycle", date="2027-01-15", note="ask in January")
    world.pass_time(7 * DAY)
    world.send(world.event("ebook", asset="Guide"))

    world.until(MORNING)
    world.until(MORNING + 3 * DAY)

    told = world.slack.dms("U0ANN")
    assert len(told) == 1
    text = told[0].plain()
    assert "Get in touch again with Ada Lovelace, VP Marketing · Analytical Engines" in text
    assert "On 2027-01-15 this lead may come back." in text
    assert "Recycled on 2026-11-23: budget cycle does not match. “ask in January”" in text
    assert "Since then: Ebook: Guide" in text
    assert "/mql handoff ada@engines.example" in text
    assert "Open the card" in text
    assert told[0].text == "Get in touch again: Ada Lovelace"
    assert len(world.slack.messages("C0EMEA")) == 1
    assert world.slack.complaints == []


def test_nothing_new_is_said_so(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="timing.no_project", date="2027-01-15")
    world.until(MORNING)

    assert "Since then: nothing new." in world.slack.dms("U0ANN")[0].plain()


def test_a_tie_with_the_line_is_judged_by_intent_newer_than_the_end_alone(either_shift: Shift) -> None:
    """Before the end she had 125 points; since then an open."""
    either_shift.arrive(*(either_shift.event(name) for name in ("demo_request", "pricing_page", "webinar")))
    answer.end(either_shift.desk, 1, "U0ANN", LATER)
    either_shift.clock.advance(DAY)
    either_shift.arrive(either_shift.event("email_open"))

    morning(either_shift)

    assert (len(either_shift.rows()), reminded(either_shift)) == (1, ["U0ANN"])


def test_an_end_that_is_undone_wakes_nobody(either_shift: Shift) -> None:
    recycled(either_shift)
    taking_back.undo(either_shift.desk, 1, "U0ANN")
    assert not [kind for kind, _ in either_shift.due() if kind == "wake"]

    answer.accept(either_shift.desk, 1, "U0ANN")
    answer.end(either_shift.desk, 1, "U0ANN", Disposition("timing.no_project", "", date(2027, 1, 18)))
    assert [step for kind, step in either_shift.due() if kind == "wake"] == ["2027-01-18"]


def test_an_end_undone_after_its_day_has_come_reminds_nobody(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """A team that works at midnight ends a lead a minute before its date, and takes it back after."""
    shift = shifts(sqlite_url, team=TEAM.replace("09:00-17:00", "00:00-24:00"))
    id_ = shift.demo()
    shift.clock.advance_to(datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    answer.end(shift.desk, id_, "U0BOB", Disposition("timing.no_project", "", date(2026, 11, 24)))
    shift.clock.advance(2 * timedelta(minutes=1))
    taking_back.undo(shift.desk, id_, "U0BOB")
    tick(shift.desk)

    assert (reminded(shift), len(shift.rows()), shift.handoff().open) == ([], 1, True)


def test_a_baton_that_slept_over_the_day_wakes_the_lead_once_when_it_is_back(either_shift: Shift) -> None:
    recycled(either_shift)
    pricing_and_webinar(either_shift)
    either_shift.clock.advance_to(MORNING + 20 * DAY + timedelta(hours=3))

    for _ in range(3):
        tick(either_shift.desk)

    # The pricing page counts for 30 days: 20 points are left of it, and a webinar and fit make 60.
    assert [row.came_back for row in either_shift.rows()] == [False, True]
    assert either_shift.handoff(2).crossed_at == either_shift.now
    assert reminded(either_shift) == []


def test_a_lead_that_came_back_by_itself_before_the_day_is_left_alone(either_shift: Shift) -> None:
    recycled(either_shift)
    either_shift.clock.advance(DAY)
    either_shift.demo()
    assert either_shift.handoff(2).open
    morning(either_shift)
    assert (len(either_shift.rows()), reminded(either_shift)) == (2, [])


def test_a_lead_that_came_back_and_ended_otherwise_is_left_alone_too(shift: Shift) -> None:
    recycled(shift)
    shift.clock.advance(DAY)
    answer.end(shift.desk, shift.demo(), "U0BOB", Disposition("no_budget"))
    morning(shift)
    assert (len(shift.rows()), reminded(shift)) == (2, [])


@pytest.mark.parametrize("code", ["customer", "opted_out"])
def test_who_may_not_be_contacted_any_more_is_not_woken(shift: Shift, code: str) -> None:
    recycled(shift)
    value = "ada@engines.example" if code == "opted_out" else "engines.example"
    with shift.desk.database.writing() as session:
        entry = Suppressed("address" if code == "opted_out" else "domain", value, code)
        listings.suppress(session, entry, 1, shift.now)
    pricing_and_webinar(shift)
    morning(shift)
    assert (len(shift.rows()), reminded(shift)) == (1, [])


def test_an_erased_lead_is_not_woken(either_shift: Shift) -> None:
    either_shift.desk.secret = b"a secret of the tests"
    recycled(either_shift)
    privacy.erase(either_shift.desk, "ada@engines.example")
    assert either_shift.due() == {}
    morning(either_shift)
    assert reminded(either_shift) == []


def test_where_the_last_owner_has_left_the_managers_are_reminded(either_shift: Shift) -> None:
    recycled(either_shift)
    people.learn(either_shift.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])
    morning(either_shift)
    assert reminded(either_shift) == ["U0MAX"]


def test_the_manager_reads_who_had_the_lead(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="timing.no_project", date="2027-01-15")
    people.learn(world.baton.desk, [Seen("U0ANN", world.slack.team_id, deleted=True, guest=False, bot=False)])
    world.until(MORNING.replace(hour=9))
    assert "Recycled on 2026-11-23, last with Ann: no active project" in world.slack.dms("U0MAX")[0].plain()


def test_a_reminder_waits_until_its_reader_is_back(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    team = TEAM.replace(
        "timezone: Europe/Berlin}", "timezone: Europe/Berlin, away: [{from: 2027-01-11, until: 2027-01-20}]}"
    )
    shift = shifts(sqlite_url, team=team)
    recycled(shift)
    morning(shift)
    assert remind.back_at(shift.desk, "U0ANN") == datetime(2027, 1, 21, 8, 0, tzinfo=UTC)
    assert reminded(shift) == ["U0ANN"], "the courier holds it until then"


def test_in_shadow_a_lead_that_would_come_back_is_only_counted(shift: Shift) -> None:
    recycled(shift)
    pricing_and_webinar(shift)
    shift.desk.shadow = True
    shift.desk._kept = None
    morning(shift)
    assert (len(shift.rows()), reminded(shift)) == (1, [])


def test_two_batons_that_look_at_once_wake_each_lead_once(postgres_shift: Shift, postgres_url: str) -> None:
    shift = postgres_shift
    people_ = [ADA | {"email": f"a{n}@engines.example"} for n in range(12)]
    for n, who in enumerate(people_):
        answer.end(shift.desk, shift.demo(who), "U0ANN", LATER)
        if n % 2:
            shift.arrive(shift.event("pricing_page", who), shift.event("webinar", who))
    shift.clock.advance(30 * DAY)
    for who in people_[1::2]:
        shift.arrive(shift.event("webinar", who, asset="again"), shift.event("pricing_page", who, asset="x"))
    shift.clock.advance_to(MORNING)
    other = Desk(open_database(postgres_url, "serve"), shift.clock)
    try:
        together = threading.Barrier(2)

        def look(desk: Desk) -> None:
            together.wait()
            tick(desk)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(look, (shift.desk, other)))
    finally:
        other.database.close()

    assert len(shift.rows()) == 12 + 6
    assert sorted(letter.handoff_id or 0 for letter in shift.letters("dm")) == [1, 3, 5, 7, 9, 11]


def test_a_lead_that_is_being_told_of_at_this_moment_is_looked_at_again_in_a_moment(
    postgres_shift: Shift, postgres_url: str
) -> None:
    """Whoever has the lead may be waiting for the row that wakes it: neither waits for the other."""
    shift = postgres_shift
    recycled(shift)
    shift.clock.advance_to(MORNING)
    other = open_database(postgres_url, "serve")
    try:
        with other.writing() as session:
            leads.load(session, [1], lock=True)
            assert remind.remind(shift.desk)
            assert reminded(shift) == []
            assert shift.due() == {("wake", "2027-01-15"): MORNING + timedelta(seconds=5)}
    finally:
        other.close()
    shift.clock.advance(timedelta(seconds=5))
    tick(shift.desk)
    assert reminded(shift) == ["U0ANN"]


def test_an_undo_and_the_day_at_once_leave_one_open_hand_off_and_no_error(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    shift = shifts(postgres_url, team=TEAM.replace("09:00-17:00", "00:00-24:00"))
    other = Desk(open_database(postgres_url, "serve"), shift.clock)
    late: list[str] = []
    try:
        for n in range(8):
            who = ADA | {"email": f"a{n}@engines.example"}
            shift.clock.advance_to(datetime(2026, 11, 24, 23, 58, tzinfo=UTC) + n * DAY)
            id_ = shift.demo(who)
            tomorrow = shift.now.date() + DAY
            answer.end(shift.desk, id_, "U0BOB", Disposition("timing.no_project", "", tomorrow))
            shift.clock.advance(timedelta(minutes=1))
            shift.arrive(shift.event("pricing_page", who), shift.event("webinar", who))
            shift.clock.advance(timedelta(minutes=2))
            together = threading.Barrier(2)

            def undo(id_: int = id_, together: threading.Barrier = together) -> None:
                together.wait()
                try:
                    taking_back.undo(other, id_, "U0BOB")
                except Refused as refused:  # which of the two was first is chance
                    late.append(refused.sentence)

            def day(together: threading.Barrier = together) -> None:
                together.wait()
                tick(shift.desk)

            with ThreadPoolExecutor(2) as pool:
                for each in [pool.submit(undo), pool.submit(day)]:
                    each.result(timeout=60)
            mine = [row for row in shift.rows() if row.lead_id == n + 1]
            assert [row.ended_at for row in mine].count(None) == 1, n
    finally:
        other.database.close()
    assert all("has come back" in sentence for sentence in late)


def test_undo_of_an_end_whose_lead_woke_up_is_refused(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team=TEAM.replace("09:00-17:00", "00:00-24:00"))
    shift.clock.advance_to(datetime(2026, 11, 23, 23, 58, tzinfo=UTC))
    recycled(shift, Disposition("timing.no_project", "", date(2026, 11, 24)), "U0BOB")
    shift.clock.advance(timedelta(minutes=1))
    shift.arrive(shift.event("pricing_page"), shift.event("webinar"))
    shift.clock.advance(timedelta(minutes=2))
    tick(shift.desk)
    assert len(shift.rows()) == 2

    assert "has come back" in refusal(taking_back.undo, shift.desk, 1, "U0BOB")
