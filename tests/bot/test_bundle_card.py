"""The card of several people of one company, as Slack shows it, and what is pressed on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import privacy
from bot.playground import Message
from tests.bot.desk.deals import TEAM_WITH_AES
from tests.world import ADA, World

LEADS = {
    "ada": ("Ada", "Lovelace", "VP Engineering"),
    "bob": ("Bert", "Babbage", "CTO"),
    "cyd": ("Cyd", "Clement", "Head of Data"),
}
YES = dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")


def person(name: str) -> dict[str, Any]:
    first, last, title = LEADS[name]
    return {**ADA, "email": f"{name}@acme.example", "first_name": first, "last_name": last, "title": title}


def came(world: World) -> World:
    for name in LEADS:
        world.send(world.event("demo_request", person(name)))
    return world


@pytest.fixture
def three(worlds: Callable[..., World], database_url: str) -> World:
    """Three of one company on one card. Once on each database."""
    return came(worlds(database_url, team=TEAM_WITH_AES))


@pytest.fixture
def here(worlds: Callable[..., World], sqlite_url: str) -> World:
    """The same on SQLite alone."""
    return came(worlds(sqlite_url, team=TEAM_WITH_AES))


def cards(world: World) -> list[Message]:
    return world.slack.messages("C0EMEA")


def notes(world: World) -> list[str]:
    return [note.plain() for note in world.slack.thread("C0EMEA", world.card().ts)]


def elements(world: World, kind: str) -> list[dict[str, Any]]:
    blocks = [block for block in world.card().blocks if block["type"] == "actions"]
    return [each for block in blocks for each in block["elements"] if each["type"] == kind]


def ticked(world: World, user: str) -> tuple[list[str], list[str]]:
    """Who is offered in the open form's boxes, and who is ticked."""
    view = world.slack.modal(user)
    assert view is not None
    boxes = next(block["element"] for block in view["blocks"] if block.get("block_id") == "people")
    options = [option["text"]["text"] for option in boxes["options"]]
    return options, [option["value"] for option in boxes.get("initial_options", [])]


def test_one_card_lists_the_people_and_has_one_row_of_buttons(three: World) -> None:
    assert len(cards(three)) == 1
    card = three.card().plain()
    for words in ("3 people of Analytical Engines", "Ada Lovelace, VP Engineering · 90 = fit 40 + intent 50",
                  "Bert Babbage, CTO", "Cyd Clement, Head of Data", "First touch by"):  # fmt: skip
        assert words in card
    buttons = elements(three, "button")
    assert [(each["action_id"], each["value"]) for each in buttons] == [
        ("accept", "1"), ("reject", "1"), ("why", "1"),
    ]  # fmt: skip
    assert three.card().text.startswith("3 people of Analytical Engines · Ada Lovelace, Bert Babbage, Cyd")
    assert notes(three)[0] == (
        "🆕 Bert Babbage, CTO · Analytical Engines came onto this card with 90 points. "
        "Accept takes everybody on the card."
    )


def test_accept_claims_all_and_undo_gives_all_back(three: World) -> None:
    three.press("U0ANN", "accept")
    card = three.card().plain()
    assert "✅ Accepted by @Ann" in card
    assert all(f"{name}@acme.example" in card for name in LEADS)
    assert [each["action_id"] for each in elements(three, "button")] == [
        "touch", "qualify", "recycle", "undo", "why",
    ]  # fmt: skip

    three.press("U0BOB", "undo")
    assert "only they can undo it" in three.whispered("U0BOB")[-1]
    three.press("U0ANN", "undo")
    assert "[Accept]" in three.card().plain()
    assert "@acme.example" not in three.card().plain()


def test_reject_asks_which_people_and_the_others_stay(three: World) -> None:
    three.press("U0ANN", "reject")
    assert ticked(three, "U0ANN") == (
        ["Ada Lovelace, VP Engineering", "Bert Babbage, CTO", "Cyd Clement, Head of Data"],
        [],
    )
    missing = three.submit("U0ANN", people=[], reason="not_fit.persona").errors
    assert missing == {"people": "Please complete this required field."}
    assert three.submit("U0ANN", people=["1", "3"], reason="not_fit.persona").errors == {}

    card = three.card().plain()
    assert "Bert Babbage of Analytical Engines" in card
    assert "Ada Lovelace, Analytical Engines · Disqualified" in card
    assert [(each["action_id"], each["value"]) for each in elements(three, "button")][:2] == [
        ("accept", "2"), ("reject", "2"),
    ]  # fmt: skip
    three.press("U0ANN", "undo", value="1")
    assert "3 people of Analytical Engines" in three.card().plain()


def test_the_wrong_person_is_refused_every_button_of_the_card(here: World) -> None:
    for told, action in enumerate(("accept", "reject"), start=1):
        here.press("U0CAT", action)
        assert "another team's pool" in here.whispered("U0CAT", told)[-1]
        assert here.slack.modal("U0CAT") is None
    here.press("U0ANN", "accept")
    for told, action in enumerate(("touch", "qualify", "recycle"), start=1):
        here.press("U0BOB", action)
        assert "belongs to @Ann" in here.whispered("U0BOB", told)[-1].replace("<@U0ANN>", "@Ann")


def test_a_touch_is_about_whom_the_nudge_was_about_unless_told_otherwise(here: World) -> None:
    here.press("U0ANN", "accept")
    here.press("U0ANN", "touch")
    assert ticked(here, "U0ANN")[1] == ["1"]
    here.slack.close("U0ANN")
    here.pass_time(timedelta(minutes=31))
    nudge = here.slack.dms("U0ANN")[-1].plain()
    assert "log the first touch of Ada Lovelace and 2 others on its card" in nudge
    here.press("U0ANN", "touch_call", channel=here.slack.dms("U0ANN")[-1].channel)
    assert here.submit("U0ANN", people=["2", "3"], kind="call", outcome="reached").errors == {}
    assert here.card().plain().count("touch logged") == 2


def test_whoever_is_qualified_has_a_row_of_their_own(three: World) -> None:
    three.press("U0ANN", "accept")
    three.press("U0ANN", "touch")
    three.submit("U0ANN", people=["1", "2"], kind="call", outcome="reached")
    three.press("U0ANN", "qualify")
    view = three.slack.modal("U0ANN")
    assert view is not None
    who = next(block["element"] for block in view["blocks"] if block.get("block_id") == "person")
    assert [option["value"] for option in who["options"]] == ["1", "2"]
    assert three.submit("U0ANN", **YES, person="2", ae="U0SUE").errors == {}

    card = three.card().plain()
    assert "2 people of Analytical Engines" in card
    assert "Bert Babbage, CTO · Analytical Engines · 90\n🏁 SQL · Handed to Sue" in card
    assert notes(three)[-1].startswith("Bert Babbage: 🎯 Qualified by Ann.")
    three.press("U0SUE", "ae_accept", channel="C0EMEA")
    assert "@Sue has taken it on" in three.card().plain()
    assert "2 people of Analytical Engines" in three.card().plain()


def test_why_shows_everybodys_receipt(here: World) -> None:
    here.press("U0BOB", "why")
    shown = str(here.slack.modal("U0BOB"))
    assert all(f"*{first} {last}*: *90*" in shown for first, last, _ in LEADS.values())


def test_facts_are_completed_of_one_person_in_the_menu_beside_the_name(here: World) -> None:
    menus = [block["accessory"] for block in here.card().blocks if "accessory" in block]
    assert [[option["value"] for option in menu["options"]] for menu in menus] == [
        ["facts:1"], ["facts:2"], ["facts:3"],
    ]  # fmt: skip
    shared = elements(here, "overflow")
    assert [option["value"] for option in shared[0]["options"]] == ["reassign:1"]


def test_the_form_to_put_off_is_about_one_who_can_still_be_put_off(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    world = worlds(sqlite_url, team=TEAM_WITH_AES)
    world.send(world.event("demo_request", person("ada")))
    world.press("U0ANN", "accept")
    for _ in range(2):
        world.press("U0ANN", "more", option="snooze:1")
        world.submit("U0ANN", length="30m")
    world.send(world.event("demo_request", person("bob")))
    world.press("U0ANN", "more", option="snooze:1")
    assert "You can do this 2 more times." in str(world.slack.modal("U0ANN"))
    assert world.submit("U0ANN", length="30m").errors == {}


def test_giving_the_card_away_gives_everybody(here: World) -> None:
    here.press("U0ANN", "accept")
    here.press("U0ANN", "more", option="reassign:1")
    assert "Ada Lovelace* and 2 others on its card" in str(here.slack.modal("U0ANN"))
    here.submit("U0ANN", person="U0BOB", note="")
    assert "👤 Yours, @Bob" in here.card().plain()
    assert [note for note in notes(here) if note.startswith("↪️")] == [
        "↪️ Ada Lovelace and 2 others on its card are with @Bob now: Ann gave it to them. "
        "Press Accept to say that you have it."
    ]


def test_a_lead_that_is_erased_leaves_the_others_on_the_card(here: World) -> None:
    privacy.erase(here.baton.desk, "bob@acme.example")
    here.deliver()
    card = here.card().plain()
    assert "2 people of Analytical Engines" in card
    assert "A lead whose data was erased on request." in card
    assert "Bert" not in str(here.card().blocks) + here.card().text


def test_the_home_of_the_owner_lists_each_person(here: World) -> None:
    here.press("U0ANN", "accept")
    here.slack.open_home("U0ANN")
    home = here.slack.wait_for(lambda: here.slack.home("U0ANN"), timeout=3)
    assert [first for first, _, _ in LEADS.values() if first in str(home)] == ["Ada", "Bert", "Cyd"]
