"""A lead becomes a card and the card an answer, on both databases."""

from bot.playground.gestures import Where
from tests.world import World


def test_a_demo_request_is_a_card_in_the_right_channel(either_world: World) -> None:
    either_world.send(either_world.event("demo_request", asset="Enterprise demo"))

    card = either_world.card("C0EMEA")
    assert "Ada Lovelace" in card.plain()
    assert "Demo request: Enterprise demo" in card.plain()
    assert "90 = fit 40 + intent 50" in card.plain()
    assert card.metadata == {"event_type": "baton_card", "event_payload": {"handoff": 1, "send": 1}}
    assert either_world.slack.messages("C0ALL") == []


def test_the_second_rep_to_press_accept_is_told_who_was_first(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    old = either_world.card()

    either_world.press("U0ANN", "accept")
    assert "Accepted by <@U0ANN>" in either_world.card().text
    either_world.slack.gestures.press("U0BOB", "accept", Where(None, old.ts, value="1", stale=True))
    assert either_world.whispered("U0BOB") == ["<@U0ANN> accepted this lead first."]
    assert "Accepted by <@U0ANN>" in either_world.card().text
