"""The time is over: the thread hears at once, every manager by direct message, and nobody at night."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import remind
from bot.playground import Message
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TWO_MANAGERS = TEAM.replace(
    "  U0MIA:",
    "  U0CAT: {name: Cat, role: manager, hours: {mon-fri: '11:00-15:00'}}\n  U0MIA:",
).replace("  U0CAT: {name: Cat, role: sdr}\n", "")


def person(number: int) -> dict[str, object]:
    return ADA | {
        "email": f"lead{number}@engines{number}.example",
        "first_name": "Lead",
        "last_name": f"No{number}",
    }


def demo(world: World, number: int) -> None:
    world.send(world.event("demo_request", person(number)))


def thread(world: World, place: int = -1) -> list[Message]:
    return world.slack.thread("C0EMEA", world.card(place=place).ts)


def test_a_breach_is_noted_in_the_thread_and_told_to_the_manager_at_once(either_world: World) -> None:
    """ "A breach is noted in the card's thread at once; everyone with role manager gets the first by DM at
    once," """
    demo(either_world, 1)
    either_world.pass_time(HOUR - MINUTE)
    assert "Overdue" not in "".join(note.text for note in thread(either_world))

    either_world.pass_time(MINUTE)

    overdue = [note for note in thread(either_world) if "Overdue" in note.text]
    assert len(overdue) == 1
    assert "Nobody has accepted it" in overdue[0].plain()
    told = either_world.slack.dms("U0MAX")
    assert len(told) == 1
    assert "Lead No1" in told[0].plain()
    assert "Open the card" in told[0].plain()


def test_the_overdue_owner_is_named_in_the_thread(world: World) -> None:
    demo(world, 1)
    world.accept("U0BOB")
    world.pass_time(HOUR)

    assert "<@U0BOB> has not logged a first touch" in thread(world)[0].text + str(thread(world)[0].blocks)
    assert len(world.slack.dms("U0MAX")) == 1


def test_later_breaches_are_collected_for_fifteen_minutes_into_one_message(world: World) -> None:
    """ "later ones collected for 15 minutes." """
    for number in range(4):
        demo(world, number)
        world.pass_time(4 * MINUTE)  # they fall due at 10:00, 10:04, 10:08 and 10:12
    world.until(MONDAY_9 + HOUR)
    assert [note.plain().count("Overdue") for note in world.slack.dms("U0MAX")] == [1]

    for _ in range(14):
        world.pass_time(MINUTE)
    assert len(world.slack.dms("U0MAX")) == 1, "the second message came early"
    for place in range(4):
        assert any("Overdue" in note.text for note in thread(world, place)), "each thread hears at once"

    world.pass_time(MINUTE)
    assert [note.plain().count("Overdue") for note in world.slack.dms("U0MAX")] == [1, 3]
    world.pass_time(5 * HOUR)
    assert len(world.slack.dms("U0MAX")) == 2


def test_a_lead_touched_while_breaches_are_collected_is_left_out_of_the_message(world: World) -> None:
    for number in range(3):
        demo(world, number)
        world.pass_time(2 * MINUTE)
    world.until(MONDAY_9 + HOUR)
    world.until(MONDAY_9 + HOUR + 5 * MINUTE)
    world.press("U0BOB", "reject", value="3")
    world.submit("U0BOB", reason="not_fit.size")
    world.until(MONDAY_9 + HOUR + 15 * MINUTE)

    assert "No1" in world.slack.dms("U0MAX")[-1].plain()
    assert "No2" not in world.slack.dms("U0MAX")[-1].plain()


def test_every_manager_hears_of_it_each_within_their_own_hours(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "everyone with role manager gets the first by DM at once," """
    world = worlds(sqlite_url, team=TWO_MANAGERS)
    demo(world, 1)
    world.pass_time(HOUR)
    assert (len(world.slack.dms("U0MAX")), len(world.slack.dms("U0CAT"))) == (1, 0)
    assert world.slack.dms("U0MIA") == world.slack.dms("U0ADA") == [], "they manage nobody"

    world.pass_time(HOUR - MINUTE)
    assert world.slack.dms("U0CAT") == []
    world.pass_time(MINUTE)
    assert len(world.slack.dms("U0CAT")) == 1


def test_a_manager_who_went_home_hears_of_it_at_opening_and_only_what_is_still_open(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "Nudges and breaches: never outside the reader's hours;" """
    world = worlds(sqlite_url, team=TWO_MANAGERS)
    world.until(MONDAY_9 + 5 * HOUR + 30 * MINUTE)
    demo(world, 1)
    demo(world, 2)
    world.pass_time(HOUR)  # 15:30, Cat leaves at 15:00
    world.press("U0BOB", "reject", value="1")
    world.submit("U0BOB", reason="not_fit.size")
    world.until(datetime(2026, 11, 24, 10, 59, tzinfo=UTC))
    assert world.slack.dms("U0CAT") == []

    world.until(datetime(2026, 11, 24, 11, 0, tzinfo=UTC))
    assert len(world.slack.dms("U0CAT")) == 1
    assert "No2" in world.slack.dms("U0CAT")[0].plain()
    assert "No1" not in world.slack.dms("U0CAT")[0].plain()


def test_for_a_manager_who_is_off_no_message_is_even_written_so_that_it_holds_what_is_new_by_then(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, team=TWO_MANAGERS)
    for number in range(2):
        shift.demo(person(number))
        shift.clock.advance(30 * MINUTE)
    for _ in range(2 * 4):
        while remind.remind(shift.desk):
            pass
        shift.clock.advance(15 * MINUTE)

    told = [letter.body["notices"] for letter in shift.letters("dm") if letter.body["reader"] == "U0CAT"]
    assert [len(notices) for notices in told] == [2]


def test_an_absent_manager_hears_of_it_on_coming_back(worlds: Callable[..., World], sqlite_url: str) -> None:
    away = TEAM.replace("role: manager,", "role: manager, away: [{from: 2026-11-20, until: 2026-11-26}],")
    world = worlds(sqlite_url, team=away)
    demo(world, 1)
    for _ in range(12):
        world.pass_time(5 * HOUR)
    assert world.slack.dms("U0MAX") == []

    world.until(datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
    assert len(world.slack.dms("U0MAX")) == 1


def test_a_lead_of_the_evening_starts_its_clock_half_an_hour_after_opening(world: World) -> None:
    """ "what arrives outside hours starts its clock at opening + `opening_grace: 30m`," """
    world.until(MONDAY_9.replace(hour=20))
    demo(world, 1)
    tuesday = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert "First touch by Nov 24, 2026 10:30" in world.card().plain()

    world.until(tuesday + 59 * MINUTE)
    assert thread(world) == []
    world.until(tuesday + HOUR)
    assert "Half the time" in thread(world)[0].text
    world.until(tuesday + HOUR + 30 * MINUTE)
    assert "Overdue" in thread(world)[-1].text
    assert len(world.slack.dms("U0MAX")) == 1


def test_a_calendar_clock_that_ends_at_night_ends_an_hour_after_the_next_opening(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "and a due time outside working time moves to one hour after the next opening" """
    eight = DEFINITION.replace("first_touch: 8h, clock: business", "first_touch: 12h, clock: calendar")
    world = worlds(sqlite_url, definition=eight)
    world.until(MONDAY_9 + HOUR)
    world.send(world.event("pricing_page"), world.event("webinar"))

    tuesday = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    world.until(tuesday + 59 * MINUTE)
    assert "Overdue" not in "".join(note.text for note in thread(world))
    world.until(tuesday + HOUR)
    assert "Overdue" in thread(world)[-1].text


def test_undoing_an_accept_after_the_breach_does_not_tell_the_managers_twice(world: World) -> None:
    demo(world, 1)
    world.pass_time(55 * MINUTE)
    world.accept("U0BOB")
    world.pass_time(5 * MINUTE)
    world.press("U0BOB", "undo")
    for _ in range(8):
        world.pass_time(10 * MINUTE)

    assert len(world.slack.dms("U0MAX")) == 1
    assert sum("Overdue" in note.text for note in thread(world)) == 1


@pytest.mark.parametrize("waits", [MINUTE, HOUR, 20 * HOUR])
def test_nothing_is_said_twice_however_often_the_clock_is_looked_at(world: World, waits: timedelta) -> None:
    demo(world, 1)
    world.pass_time(HOUR)
    world.pass_time(waits)
    before = len(thread(world)), len(world.slack.dms("U0MAX"))
    for _ in range(5):
        world.pass_time(timedelta(0))

    assert (len(thread(world)), len(world.slack.dms("U0MAX"))) == before == (1, 1)
