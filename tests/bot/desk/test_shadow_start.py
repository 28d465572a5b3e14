"""Shadow start: would-be MQLs are counted and shown to the admin channel until an admin presses Go live."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import build
from bot.clock import MovableClock
from bot.desk import govern
from bot.desk.desk import Desk
from bot.desk.govern import Files
from bot.playground import Message
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, World, settings_for

SHADOW = "live: false\n" + TEAM.replace("name: Bob, role: sdr", "name: Bob, role: sdr, capacity: 20").replace(
    "name: Cat, role: sdr", "name: Cat, role: sdr, capacity: 30"
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY_9 = MONDAY_9 + DAY


@pytest.fixture
def shadow(worlds: Callable[..., World], database_url: str) -> World:
    """A Baton that starts in shadow, on either database."""
    return worlds(database_url, team=SHADOW)


@pytest.fixture
def dark(worlds: Callable[..., World], sqlite_url: str) -> World:
    """A Baton that starts in shadow."""
    return worlds(sqlite_url, team=SHADOW)


def person(number: int) -> dict[str, object]:
    return ADA | {
        "email": f"lead{number}@engines{number}.example",
        "first_name": "Lead",
        "last_name": f"No{number}",
    }


def digests(world: World) -> list[Message]:
    return [said for said in world.slack.messages("C0OPS") if "shadow" in said.text.lower()]


def cards(world: World) -> int:
    return sum(len(world.slack.messages(channel)) for channel in ("C0EMEA", "C0ALL"))


def test_in_shadow_a_demo_request_makes_no_card_no_deadline_and_no_message(shadow: World) -> None:
    shadow.send(shadow.event("demo_request"))
    for _ in range(4):
        shadow.pass_time(HOUR)

    assert cards(shadow) == 0
    assert shadow.slack.messages("C0OPS") == []
    assert all(shadow.slack.dms(who) == [] for who in ("U0ANN", "U0BOB", "U0MAX"))


def test_the_digest_comes_at_nine_with_share_capacity_and_the_best_samples_first(shadow: World) -> None:
    shadow.send(shadow.event("demo_request", person(1)))
    shadow.send(shadow.event("pricing_page", person(2)), shadow.event("webinar", person(2), asset="a"))
    shadow.send(shadow.event("email_open", {"email": "cold@engines.example"}))
    shadow.send(shadow.event("ebook", {"email": "cool@engines.example"}, asset="b"))
    shadow.until(TUESDAY_9 - timedelta(seconds=1))
    assert digests(shadow) == []

    shadow.until(TUESDAY_9)
    (digest,) = digests(shadow)
    read = digest.plain()
    assert "4 new leads" in read
    assert "2 would have become MQLs (50 %" in read
    assert "50 open leads" in read, "20 of Bob's and 30 of Cat's"
    assert read.index("Lead No1") < read.index("Lead No2")
    assert "Go live" in read


def test_a_lead_that_is_over_the_line_again_and_again_counts_once(dark: World) -> None:
    for _ in range(3):
        dark.send(dark.event("demo_request"))
        dark.pass_time(HOUR)
    dark.until(TUESDAY_9)

    assert "1 would have become" in digests(dark)[0].plain()
    dark.send(dark.event("demo_request"))
    dark.until(TUESDAY_9 + DAY)
    assert "0 would have become" in digests(dark)[1].plain()
    assert "Since the shadow start: 1 would-be" in digests(dark)[1].plain()


def test_there_is_one_digest_a_working_day_and_mondays_tells_the_weekend(dark: World) -> None:
    for _ in range(29):
        dark.pass_time(5 * HOUR)
        if dark.now == datetime(2026, 11, 28, 14, 0, tzinfo=UTC):  # Saturday
            dark.send(dark.event("demo_request"))
    assert len(digests(dark)) == 4, "Tuesday to Friday"

    dark.until(datetime(2026, 11, 30, 9, 0, tzinfo=UTC))
    dark.pass_time(timedelta(0))
    assert len(digests(dark)) == 5
    assert "last 3 days" in digests(dark)[-1].plain()
    assert "1 would have become" in digests(dark)[-1].plain()
    assert "Lead No" not in digests(dark)[-1].plain()
    assert "Ada Lovelace" in digests(dark)[-1].plain()


def test_nine_oclock_is_the_teams_nine_oclock(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team=SHADOW.replace("timezone: Europe/London", "timezone: America/New_York"))
    with shift.desk.database.reading() as session:
        agreed = shift.desk.agreed(session)
    assert govern.next_digest(agreed, MONDAY_9) == MONDAY_9.replace(hour=14)


def test_a_team_that_opens_at_ten_gets_its_digest_at_ten(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, team=SHADOW.replace('"09:00-17:00"', '"10:00-17:00"'))
    with shift.desk.database.reading() as session:
        agreed = shift.desk.agreed(session)
    assert govern.next_digest(agreed, MONDAY_9 - HOUR) == MONDAY_9 + HOUR


def test_asleep_at_nine_the_digest_does_not_come_in_the_night(dark: World) -> None:
    dark.send(dark.event("demo_request"))
    dark.until(TUESDAY_9.replace(hour=23))
    assert digests(dark) == []

    dark.until(TUESDAY_9 + DAY)
    assert len(digests(dark)) == 1
    assert "Ada Lovelace" in digests(dark)[0].plain(), "Monday's lead is not lost with Tuesday's digest"


def test_only_an_admin_may_go_live(dark: World) -> None:
    dark.until(TUESDAY_9)
    dark.press("U0MAX", "go_live")

    assert "admin" in dark.whispered("U0MAX")[0].lower()
    dark.send(dark.event("demo_request"))
    assert cards(dark) == 0


def test_after_go_live_new_mqls_become_cards_and_the_old_ones_do_not_flood(shadow: World) -> None:
    for number in range(5):
        shadow.send(shadow.event("demo_request", person(number)))
    shadow.until(TUESDAY_9)
    shadow.press("U0ADA", "go_live")
    for _ in range(3):
        shadow.pass_time(HOUR)
    assert cards(shadow) == 0

    shadow.send(shadow.event("demo_request", person(9)))
    assert cards(shadow) == 1
    assert "Lead No9" in shadow.card().plain()
    assert any("live since" in said.plain() for said in shadow.slack.messages("C0OPS"))


def test_after_go_live_no_digest_comes_and_a_second_press_says_so(dark: World) -> None:
    dark.until(TUESDAY_9)
    dark.press("U0ADA", "go_live")
    before = len(dark.slack.messages("C0OPS"))
    dark.press("U0ADA", "go_live")
    assert "live already" in dark.whispered("U0ADA")[0]

    dark.until(TUESDAY_9 + 3 * DAY)
    assert len(dark.slack.messages("C0OPS")) == before


def test_started_with_shadow_go_live_is_refused_whatever_the_team_file_says(shift: Shift) -> None:
    held = Desk(shift.desk.database, shift.clock, shadow=True)
    assert "--shadow" in refusal(govern.go_live, held, "U0ADA")


def test_serve_with_shadow_sends_no_cards_though_the_team_is_live(sqlite_url: str, slack: object) -> None:
    clock = MovableClock(MONDAY_9, running=False)
    baton = build(
        settings_for(sqlite_url, "http://127.0.0.1:9/api/"), Files(DEFINITION, TEAM), clock=clock, shadow=True
    )
    shift = Shift(baton.desk, clock)
    shift.arrive(shift.event("demo_request"))
    clock.advance(DAY)
    baton.schedule.tick()

    assert shift.letters("card") == []
    assert [letter.body["view"] for letter in shift.letters("notice")] == ["shadow"]
    baton.stop()
