"""A message's own menu: hand to sales whom it is about, or see why a lead scored what it did."""

from typing import Any

import pytest

from bot.slack.listeners.shortcuts import addresses_in
from tests.world import ADA, World

NOTE = "Just met <mailto:grace@navy.example|grace@navy.example> at the fair, she *loves* it. Cc bob@x."


def choose(world: World, user: str, shortcut: str, channel: str, ts: str) -> Any:
    """The modal that opened for *user*, or None."""
    assert world.slack.shortcut(user, shortcut, channel, ts).status == 200
    world.deliver()
    return world.slack.modal(user)


def inputs(view: Any) -> dict[str, str]:
    """What is filled in of a form."""
    found = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    return {name: element.get("initial_value", "") for name, element in found.items()}


def test_a_message_about_somebody_becomes_a_lead_with_it_as_the_reason(world: World) -> None:
    ts = world.slack.say("U0ANN", "C0ALL", NOTE)

    form = choose(world, "U0ANN", "hand_to_sales", "C0ALL", ts)

    assert form["callback_id"] == "add_form"
    assert inputs(form)["email"] == "grace@navy.example"
    assert "at the fair" in inputs(form)["reason"]
    assert world.submit("U0ANN", first_name="Grace").errors == {}
    assert "✋ by Ann: Just met" in world.card("C0ALL").plain()


def test_a_message_without_an_address_opens_the_form_all_the_same(world: World) -> None:
    ts = world.slack.say("U0MIA", "C0ALL", "Call the navy!")

    assert inputs(choose(world, "U0MIA", "hand_to_sales", "C0ALL", ts))["email"] == ""


@pytest.mark.parametrize(
    ("user", "words"), [("U0ADA", "SDRs, marketing and managers"), ("U0EVE", "team file")]
)
def test_who_may_not_hand_over_is_told_so(world: World, user: str, words: str) -> None:
    ts = world.slack.say("U0ANN", "C0ALL", NOTE)

    assert choose(world, user, "hand_to_sales", "C0ALL", ts) is None
    assert words in world.whispered(user)[-1]


@pytest.mark.parametrize("thread", [False, True])
def test_why_this_lead_on_a_card_and_in_its_thread_shows_the_receipt(world: World, thread: bool) -> None:
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page"))
    card = world.card()
    ts = world.slack.thread("C0EMEA", card.ts)[0].ts if thread else card.ts

    view = choose(world, "U0CAT", "why_this_lead", "C0EMEA", ts)

    assert view["title"]["text"] == "Why this lead?"
    assert "+50" in str(view["blocks"])


def test_why_this_lead_on_a_message_with_a_leads_address_explains_that_lead(world: World) -> None:
    world.send(world.event("email_open"))
    ts = world.slack.say("U0ANN", "C0ALL", f"nobody@there.example or {ADA['email']}?")

    view = choose(world, "U0MAX", "why_this_lead", "C0ALL", ts)

    assert "It is no MQL now" in str(view["blocks"])


@pytest.mark.parametrize("text", ["Lunch?", "grace@navy.example"])
def test_why_this_lead_on_any_other_message_says_what_to_do(world: World, text: str) -> None:
    ts = world.slack.say("U0ANN", "C0ALL", text)

    assert choose(world, "U0ANN", "why_this_lead", "C0ALL", ts) is None
    assert "about no lead that Baton knows" in world.whispered("U0ANN")[-1]


def test_somebody_who_is_not_in_the_team_learns_nothing_by_a_shortcut(world: World) -> None:
    world.send(world.event("demo_request"))
    ts = world.slack.say("U0ANN", "C0ALL", f"{ADA['email']} and {NOTE}")

    for channel, about in (("C0EMEA", world.card().ts), ("C0ALL", ts)):
        assert choose(world, "U0EVE", "why_this_lead", channel, about) is None
    assert all("team file" in said for said in world.whispered("U0EVE", 2))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.example, A@B.example; <mailto:c@d.example|c@d.example>!", ["a@b.example", "c@d.example"]),
        ("(ada@engines.example).", ["ada@engines.example"]),
        ("@channel a@b a@@b.example mailto:", []),
        ("x" * 100_000 + "@", []),
    ],
)
def test_addresses_are_read_out_of_what_people_write(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found
