"""The Home tab."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.slack.client import SlackClient
from bot.slack.listeners import home
from tests import shown as states
from tests.bot.slack.test_policy import floor_of
from tests.world import TEAM, World

WITH_AE = TEAM + "  U0EVE: {name: Eve, role: ae}\n"


def read(world: World, user: str) -> str:
    """What *user* reads on Home once it is there."""
    world.slack.open_home(user)
    home = world.slack.wait_for(lambda: world.slack.home(user), timeout=3)
    assert home is not None
    return "\n".join(each["text"] for each in states.texts(home["blocks"]))


def pressed_on_home(world: World, user: str, action: str, block: str, before: str) -> str:
    """What *user* reads on Home after a press on it; *before* is what stood there."""
    world.slack.press_home(user, action, block=block)
    return reads_anew(world, user, before)


def reads_anew(world: World, user: str, before: str) -> str:
    """What *user* reads on Home once it is not *before* any more."""
    world.slack.wait_for(lambda: words_of(world, user) != before, timeout=3)
    return words_of(world, user)


def words_of(world: World, user: str) -> str:
    home = world.slack.home(user)
    assert home is not None
    return "\n".join(each["text"] for each in states.texts(home["blocks"]))


def lead(number: int, **more: Any) -> dict[str, Any]:
    """Somebody of a company of their own."""
    named = {
        "email": f"lead{number}@company{number}.example",
        "first_name": f"Lead{number}",
        "last_name": "Smith",
    }
    return {**states.ADA, **named, **more}


def test_home_shows_a_rep_their_own_leads_with_time_left_and_buttons(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.pass_time(timedelta(minutes=48))

    said = read(world, "U0ANN")

    assert "*My open hand-offs* (1)" in said
    assert "*Ada Lovelace*, Analytical Engines · *90* · demo · ≈ 15 %" in said
    assert "⏱ 12 working minutes left for the first touch" in said
    assert "\nLog first touch\n" in said
    assert "\nQualify\n" in said
    assert world.slack.complaints == []


def test_home_says_since_when_a_first_touch_is_overdue(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.pass_time(timedelta(minutes=75))

    assert "🔴 First touch overdue since <!date^1795428000^" in read(world, "U0ANN")


def test_home_shows_a_rep_only_what_they_may_claim(world: World) -> None:
    world.send(world.event("demo_request"))

    assert "*Waiting in my pools* (1)" in read(world, "U0BOB")
    assert "Every lead has an owner." in read(world, "U0CAT")
    assert "Ada Lovelace" not in words_of(world, "U0CAT")


def test_a_lead_is_accepted_on_home_and_home_shows_so(world: World) -> None:
    world.send(world.event("demo_request"))
    before = read(world, "U0BOB")

    said = pressed_on_home(world, "U0BOB", "accept", "pools-1", before)

    assert "*My open hand-offs* (1)" in said
    assert "Every lead has an owner." in said
    assert "accepted 1" in said
    world.deliver()
    assert "✅ Accepted by @Bob" in world.card().plain()
    assert world.slack.complaints == []


def test_who_is_too_late_on_home_reads_so_on_top_of_home(world: World) -> None:
    world.send(world.event("demo_request"))
    before = read(world, "U0BOB")
    world.press("U0ANN", "accept")

    said = pressed_on_home(world, "U0BOB", "accept", "pools-1", before)

    assert said.splitlines()[1] == "⚠️ <@U0ANN> accepted this lead first."
    assert "Every lead has an owner." in said
    world.slack.open_home("U0BOB")
    assert "⚠️" not in reads_anew(world, "U0BOB", said)


def test_a_press_on_home_that_cannot_be_saved_says_so_there(world: World, tmp_path: Path) -> None:
    world.send(world.event("demo_request"))
    before = read(world, "U0BOB")
    other = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        world.slack.press_home("U0BOB", "accept", block="pools-1")
        assert "⚠️ Not saved" in reads_anew(world, "U0BOB", before)
    finally:
        other.close()


def test_a_form_opened_on_home_is_saved_and_home_shows_so(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    before = read(world, "U0ANN")
    world.slack.press_home("U0ANN", "touch", block="mine-1")

    assert world.submit("U0ANN", kind="call", outcome="reached").errors == {}

    said = reads_anew(world, "U0ANN", before)
    assert "☎️ Touched; decide by <!date^" in said
    assert "touched 1 · SQL 0 · first touches in time: 100 %" in said


def test_a_long_list_is_turned_page_by_page_and_stays_turned_after_a_press(world: World) -> None:
    world.send(*[world.event("demo_request", lead(number)) for number in range(1, 21)])
    first = read(world, "U0BOB")
    assert "*Waiting in my pools* (20) · page 1 of 4" in first
    assert "Lead1 Smith" in first
    assert "Lead7 Smith" not in first

    second = pressed_on_home(world, "U0BOB", "home_page", "turn-pools", first)
    assert "page 2 of 4" in second
    assert "Lead7 Smith" in second

    taken = pressed_on_home(world, "U0BOB", "accept", "pools-8", second)
    assert "*Waiting in my pools* (19) · page 2 of 4" in taken
    assert "*My open hand-offs* (1)" in taken

    back = pressed_on_home(world, "U0BOB", "home_previous", "turn-pools", taken)
    assert "page 1 of 4" in back


def test_a_page_that_is_no_more_gives_way_to_the_last_one(world: World) -> None:
    world.send(*[world.event("demo_request", lead(number)) for number in range(1, 8)])
    first = read(world, "U0BOB")
    last = pressed_on_home(world, "U0BOB", "home_page", "turn-pools", first)
    assert "page 2 of 2" in last

    said = pressed_on_home(world, "U0BOB", "accept", "pools-7", last)

    assert "*Waiting in my pools* (6)\n" in said
    assert "Lead1 Smith" in said


def test_home_gives_a_manager_the_team_what_nobody_has_and_what_needs_a_decision(world: World) -> None:
    world.send(*[world.event("demo_request", lead(number)) for number in (1, 2)])
    world.press("U0ANN", "accept", value="1")
    world.pass_time(timedelta(minutes=90))
    world.send(world.event("demo_request", lead(3)))

    said = read(world, "U0MAX")

    assert "*Team* (3)\n *Ann* · 1 open · 🔴 1 overdue · 1 breach this week" in said
    assert "*Without an owner* (2)\n *2* in EMEA; the oldest waits for 1 hour 30 minutes" in said
    assert "*Needs a decision* (1)\n 🔴 overdue, and nobody has it · *Lead2 Smith*" in said
    assert "My open hand-offs" not in said
    assert "\nAccept\n" not in said


def test_a_manager_with_leads_of_their_own_sees_both_their_own_first(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0MAX", "accept")

    said = read(world, "U0MAX")

    assert said.index("*My open hand-offs* (1)") < said.index("*Team* (4)")


def test_marketing_sees_the_floor_and_nothing_to_press(world: World) -> None:
    world.send(world.event("demo_request"))
    read(world, "U0MIA")

    home = world.slack.home("U0MIA")
    assert home is not None
    assert "*Without an owner* (1)" in words_of(world, "U0MIA")
    assert [block for block in home["blocks"] if block["type"] == "actions"] == []


def test_home_shows_an_account_executive_what_waits_for_them_and_their_deals(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    world = worlds(sqlite_url, team=WITH_AE)
    world.send(*[world.event("demo_request", lead(number)) for number in (1, 2, 3)])
    deal = "stage = 'opportunity', owner = 'U0EVE', ae_accepted_at = crossed_at, ae = 'U0EVE'"
    with world.baton.desk.database.writing() as session:
        for change in (
            "stage = 'sql', ae = 'U0EVE' WHERE id = 1",
            f"{deal}, amount = 12000, currency = 'EUR', close_on = '2027-03-01' WHERE id = 2",
            f"{deal}, close_on = '2027-01-31' WHERE id = 3",
        ):
            session.connection().execute(text(f"UPDATE handoff SET {change}"))

    said = read(world, "U0EVE")

    waiting, deals = said.split("*My opportunities* (2)")
    assert "*Waiting for my acceptance* (1)\n*Lead1 Smith*" in waiting
    assert deals.index("Lead3") < deals.index("Lead2")
    assert "🏁 Opportunity · 12,000 EUR, closes 2027-03-01" in deals


def test_the_cards_of_home_are_a_press_away(world: World) -> None:
    world.baton.schedule.tick()
    world.deliver()
    world.send(world.event("demo_request"))

    said = read(world, "U0BOB")

    [link] = re.findall(r"<(http[^|]*)\|Open the card>", said)
    slack = SlackClient("xoxb-tests", world.slack.url)
    assert link == slack.permalink("C0EMEA", world.card().ts)


def test_a_forged_page_is_the_first_or_the_last_and_harms_nobody(world: World) -> None:
    world.send(*[world.event("demo_request", lead(number)) for number in range(1, 8)])
    floor = floor_of(world)

    for pages, page in (("pools:99999", 2), ("pools:0", 1), ("x:1 pools:-1 pools:2x", 1), ("\x00" * 400, 1)):
        drawn = home.drawn(floor, "U0BOB", pages)
        assert f"page {page} of 2" in "\n".join(each["text"] for each in states.texts(drawn["blocks"]))


def test_home_tells_a_stranger_why_it_is_empty_and_shows_no_lead(world: World) -> None:
    world.send(world.event("demo_request"))

    said = read(world, "U0EVE")

    assert "You are not in Baton's team file" in said
    assert "Ada" not in said


def test_home_shows_a_guest_no_lead(world: World) -> None:
    world.send(world.event("demo_request"))
    world.slack.change_user("U0ANN", is_guest=True)

    said = read(world, "U0ANN")

    assert "Guests cannot work on leads" in said
    assert "Ada" not in said


def test_the_messages_tab_publishes_nothing(world: World) -> None:
    world.slack.event("app_home_opened", user="U0ANN", channel="D0ANN", tab="messages")
    world.baton.aside.submit(lambda: None).result(timeout=3)

    assert world.slack.home("U0ANN") is None


def test_home_of_a_lead_with_a_hostile_name_is_harmless(world: World) -> None:
    lead = {**states.ADA, "first_name": "<!channel> *x*", "company": "`y` :smile: <https://z|w>"}
    world.send(world.event("demo_request", lead))
    read(world, "U0ANN")

    home: dict[str, Any] | None = world.slack.home("U0ANN")
    assert home is not None
    assert states.smuggled(home["blocks"], own_marks="*`") == []
