"""The card, line by line."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.slack import views
from bot.slack.views.card import Message, card
from scoring.definition import read_definition
from scoring.dispositions import REASONS
from scoring.handoff import Pressed, Touch
from tests import shown as states
from tests.world import ADA, DEFINITION, MONDAY_9, World

JUST_PRESSED = Pressed(2, "accept", "U0ANN", MONDAY_9)
RELATIVE = ("today", "tomorrow", "yesterday", " ago", " left", "remaining", "soon")


def lines(message: Message) -> list[str]:
    """Every line of text, from top to bottom."""
    return [line for each in states.texts(message.blocks) for line in each["text"].split("\n")]


def buttons(message: Message) -> dict[str, tuple[str, str]]:
    """Action id to label and value."""
    found = [element for block in message.blocks for element in block.get("elements", [])]
    found += [block["accessory"] for block in message.blocks if "accessory" in block]
    return {
        each["action_id"]: (each["text"]["text"], each["value"]) for each in found if each["type"] == "button"
    }


def test_a_fresh_card_reads_as_it_was_drawn() -> None:
    facts = {
        **states.ADA,
        "timezone": "Europe/Berlin",
        "message": "We want to replace our scoring by spring.",
    }

    assert lines(card(states.shown(facts)))[:-5] == [
        "*Ada Lovelace*, VP Marketing · Analytical Engines",
        "⏱ First touch by <!date^1795424700^{date_short_pretty} {time}|Mon 23 Nov 09:05> (5 working minutes)"
        " · their time 10:05",
        "🔥 High intent · demo · ▶ call now · EMEA · 120 staff, software, GB",
        "“We want to replace our scoring by spring.” (what they wrote)",
        "*90* = fit 40 + intent 50   · MQL at 50 · definition v1, unsigned",
        " +50  Demo request: Enterprise demo · <!date^1795424400^{date_short_pretty} {time}|Mon 23 Nov 09:00>",
        " +20  VP",
        " +10  50–500 employees",
        " …    1 more row under Why?",
    ]


def test_a_phone_shows_who_it_is_and_until_when() -> None:
    first = card(states.shown()).blocks[0]

    assert first["block_id"] == "who"
    assert len(first["text"]["text"].split("\n")) == 2


def test_the_notification_says_tier_name_company_points_and_time() -> None:
    assert card(states.shown()).text == "Demo · Ada Lovelace, Analytical Engines · 90 · call by 09:05"


def test_the_notification_of_an_old_lead_promises_no_time() -> None:
    stale = states.shown(clock=None, allowance=None, due_at=None, stale=True)

    assert card(stale).text == "Demo · Ada Lovelace, Analytical Engines · 90"
    assert "Decide by" in lines(card(stale))[1]


@pytest.mark.parametrize(("signed", "words"), [(True, "definition v1"), (False, "definition v1, unsigned")])
def test_a_definition_that_nobody_signed_is_marked(signed: bool, words: str) -> None:
    (head,) = [line for line in lines(card(states.shown(signed=signed))) if "MQL at" in line]

    assert head.endswith(words)


def test_the_three_weightiest_rows_are_shown_whether_they_add_or_take_away() -> None:
    receipt = tuple({**states.FIT, "points": n, "label": f"row {n}"} for n in (1, -30, 5, 20, 2))

    shown = [line for line in lines(card(states.shown(receipt=receipt))) if "row" in line]

    assert shown == [" −30  row -30", " +20  row 20", " +5  row 5", " …    2 more rows under Why?"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_short_receipt_has_no_more_rows(count: int) -> None:
    assert "more row" not in "\n".join(lines(card(states.shown(receipt=states.RECEIPT[:count]))))


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        (("low", "high"), "🔥 High intent"),
        (("low", "medium"), "✨ Medium intent"),
        (("low",), "🌱 Low intent"),
    ],
)
def test_the_strongest_intent_is_named(levels: tuple[str, ...], words: str) -> None:
    receipt = tuple({**states.DEMO, "level": level} for level in levels)

    assert words in lines(card(states.shown(receipt=receipt)))[2]


def test_a_fresh_card_offers_accept_reject_and_why() -> None:
    assert buttons(card(states.shown(id=17))) == {
        "accept": ("Accept", "17"),
        "reject": ("Reject", "17"),
        "why": ("Why?", "17"),
    }


def test_after_accept_the_card_says_who_how_fast_and_how_to_reach_them() -> None:
    message = card(states.accepted(id=17, last=JUST_PRESSED))

    assert "✅ Accepted by <@U0ANN> in 2 minutes" in lines(message)
    assert "✉️ ada@engines.example · +44 20 7946 0000" in lines(message)
    assert buttons(message) == {
        "touch": ("Log first touch", "17"),
        "qualify": ("Qualify", "17"),
        "recycle": ("Recycle or disqualify", "17"),
        "undo": ("Undo", "17"),
        "why": ("Why?", "17"),
    }
    assert message.text.endswith("call by 09:05 · Accepted by <@U0ANN>")


def test_a_touch_stops_the_promise_and_counts() -> None:
    at = MONDAY_9 + timedelta(minutes=4)
    message = card(states.accepted(touched_at=at, touches=(Touch("call", "voicemail", "U0ANN", at),)))

    assert lines(message)[1].startswith("☎️ First touch <!date^")
    assert "☎️ Call: left a voicemail · 1 touch logged" in lines(message)
    assert buttons(message)["touch"][0] == "Log a touch"
    assert "call by" not in message.text


def test_an_assigned_lead_is_not_called_accepted() -> None:
    message = card(states.shown(owner="U0ANN"))

    assert "👤 Yours, <@U0ANN>." in lines(message)
    assert "Accepted" not in message.text
    assert "accept" in buttons(message)


def test_how_a_lead_came_to_its_owner_is_said_where_there_is_something_to_say() -> None:
    said = "Ann has this company and is away, so it went to Bob by turns."
    assert f"👤 Yours, <@U0BOB>. {said}" in lines(card(states.shown(owner="U0BOB", routed=said)))
    assert said in lines(card(states.shown(routed=said)))


def menu(message: Message) -> dict[str, str]:
    (row,) = [block for block in message.blocks if block["type"] == "actions"]
    found = [each for each in row["elements"] if each["type"] == "overflow"]
    return {one["value"]: one["text"]["text"] for each in found for one in each["options"]}


def test_the_menu_holds_what_is_possible_now() -> None:
    facts = {"facts:17": "Complete facts"}
    assert menu(card(states.shown(id=17))) == {"reassign:17": "Give it to somebody"} | facts
    owned = {"reassign:17": "Give it to somebody else", "snooze:17": "Put nudges off"} | facts
    assert menu(card(states.accepted(id=17))) == owned
    pauses = replace(states.DEFINITION_READ, pause_reasons=("on holiday",))
    assert menu(card(states.accepted(None, definition=pauses, id=17))) == owned | {
        "pause:17": "Pause the clock"
    }
    until = MONDAY_9 + timedelta(days=1)
    paused = states.accepted(None, definition=pauses, id=17, paused_until=until, pause_reason="on *holiday*")
    assert menu(card(paused)) == owned | {"resume:17": "Let the clock run again"}
    assert "⏸ Paused until" in lines(card(paused))[1]
    assert "on ∗holiday∗" in lines(card(paused))[1]
    assert (
        menu(card(states.accepted(id=17, stage="sql"))) == {"reassign:17": "Give it to somebody else"} | facts
    )


def test_a_lead_is_opened_in_the_crm_where_the_team_file_says_where() -> None:
    state = states.accepted(id=17)
    linked = replace(state, team=replace(state.team, crm_url="https://crm.example/contacts/{email}"))
    (option,) = [
        one for block in card(linked).blocks if block["type"] == "actions"
        for each in block["elements"] if each["type"] == "overflow"
        for one in each["options"] if one["value"] == "crm:17"
    ]  # fmt: skip
    assert option["url"] == "https://crm.example/contacts/ada%40engines.example"
    unknown = replace(state, team=replace(state.team, crm_url="https://crm.example/{id}"))
    assert "crm:17" not in menu(card(unknown)), "a lead without an id of the CRM has no page there"


def test_without_undo_to_offer_there_is_no_button_for_it() -> None:
    assert "undo" not in buttons(card(states.accepted()))


@pytest.mark.parametrize("last", [None, JUST_PRESSED])
def test_an_ended_card_is_one_line_and_undo(last: Pressed | None) -> None:
    made = states.shown(
        stage="recycled", owner="U0ANN", reason="timing.no_project", again_on=MONDAY_9.date(), last=last
    )
    message = card(made)

    assert len(message.blocks) == 1
    assert message.blocks[0]["text"]["text"] == (
        "*Ada Lovelace*, Analytical Engines · Recycled · No active project · back on 2026-11-23 · <@U0ANN>"
    )
    assert buttons(message) == ({"undo": ("Undo", "1")} if last else {})
    assert message.text == "Recycled · Ada Lovelace, Analytical Engines"


@pytest.mark.parametrize("stage", ["won", "lost", "recycled", "disqualified"])
def test_every_end_shrinks_the_card(stage: str) -> None:
    assert len(card(states.shown(stage=stage)).blocks) == 1


def test_a_lead_that_is_back_shows_why_it_went() -> None:
    before = (
        states.ended(reason="timing.budget_cycle", note="Call in *March*"),
        states.ended(reason="no_budget", note="older"),
    )
    whole = "\n".join(lines(card(states.shown(returning=True, history=before))))

    assert "↩ Back again; recycled on 2026-11-23: budget cycle does not match. “Call in ∗March∗”" in whole
    assert "older" not in whole


def test_nobody_but_the_owner_is_mentioned() -> None:
    history = (states.ended(owner="U0BOB"),)
    touches = (Touch("call", "reached", "U0MAX", MONDAY_9),)
    owned = card(
        states.accepted(touches=touches, last=Pressed(2, "touch", "U0MAX", MONDAY_9), history=history)
    )
    unowned = card(states.shown(history=history))

    for message, mentioned in ((owned, {"U0ANN"}), (unowned, set())):
        whole = "\n".join([*lines(message), message.text])
        assert {user for user in states.PEOPLE if f"<@{user}>" in whole} == mentioned


@pytest.mark.parametrize("stage", ["mql", "sal", "sql", "opportunity", "won", "recycled"])
def test_no_word_on_a_card_grows_old(stage: str) -> None:
    owner = None if stage == "mql" else "U0ANN"
    made = states.shown(stage=stage, owner=owner, accepted_at=MONDAY_9 if owner else None)
    message = card(made)
    whole = "\n".join([*lines(message), message.text]).lower()

    assert [word for word in RELATIVE if word in whole] == []


def test_rendering_asks_no_clock() -> None:
    folder = Path(views.__file__).parent
    for file in sorted(folder.glob("*.py")):
        called = {
            node.func.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not called & {"now", "today", "utcnow", "time", "monotonic"}, file.name


def test_sal_switched_off_makes_accept_a_claim() -> None:
    definition = read_definition(DEFINITION + "stages: {sal: false}\n")

    assert buttons(card(states.shown(definition=definition)))["accept"][0] == "Claim"
    claimed = states.shown(definition=definition, owner="U0ANN", accepted_at=MONDAY_9)
    assert {"touch", "qualify", "recycle"} <= set(buttons(card(claimed)))


@pytest.mark.parametrize("code", [*REASONS, None, "a reason of an older version"])
def test_every_reason_can_stand_on_an_ended_card(code: str | None) -> None:
    message = card(states.shown(stage="recycled", reason=code))

    assert states.refused(message) == []
    assert code not in REASONS or REASONS[code or ""].words in lines(message)[0]


def test_a_company_with_an_ampersand_is_read_as_it_is_spelled(world: World) -> None:
    lead: dict[str, Any] = {**states.ADA, "company": "Pots & <Pans>", "message": "A < B & C"}
    world.send(world.event("demo_request", lead))

    assert "VP Marketing · Pots & <Pans>" in world.card().plain()
    assert "“A < B & C” (what they wrote)" in world.card().plain()
    assert "Pots &amp; &lt;Pans&gt;" in world.card().text


def test_the_card_in_slack_has_all_its_lines_and_mentions_nobody(world: World) -> None:
    world.send(world.event("demo_request", asset="Enterprise demo"))

    read = world.card().plain()
    assert "🔥 High intent · demo · ▶ call now · EMEA · 120 staff, software, GB" in read
    assert "definition v1, unsigned" in read
    assert "<@" not in str(world.card().blocks) + world.card().text


def test_a_card_is_not_edited_because_time_passes(world: World) -> None:
    world.send(world.event("demo_request"))
    before = world.card()

    world.pass_time(timedelta(minutes=20))

    assert world.card().blocks == before.blocks
    assert not [call for call in world.slack.calls if call.method == "chat.update"]


def test_a_lead_that_comes_back_shows_the_reason_of_its_last_end(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.press("U0ANN", "recycle")
    assert (
        world.submit("U0ANN", reason="timing.no_project", date="2026-12-01", note="After the move").errors
        == {}
    )
    world.clock.advance(timedelta(days=10))

    world.send(world.event("demo_request"))

    assert len(world.slack.messages("C0EMEA")) == 2
    assert "Back again; recycled on 2026-11-23: no active project. “After the move”" in world.card().plain()


def test_an_sql_that_waits_names_its_account_executive_and_until_when() -> None:
    at = MONDAY_9 + timedelta(hours=1)
    made = states.accepted(stage="sql", sql_at=at, ae="U0MAX", bant={"budget": "can_get", "need": "yes"})
    message = card(made)

    assert lines(message)[1].startswith("🏁 SQL · Handed to Max, accept by <!date^")
    assert "|Tue 24 Nov 10:00>" in lines(message)[1]
    assert "📋 budget can get it · authority unknown · need yes · timeline unknown" in lines(message)
    assert list(buttons(message)) == ["ae_accept", "opportunity", "send_back", "recycle", "why"]
    assert "<@U0MAX>" not in str(message.blocks) + message.text


def test_an_sql_of_a_team_without_account_executives_waits_for_nobody() -> None:
    message = card(states.accepted(stage="sql", sql_at=MONDAY_9))

    assert lines(message)[1] == "🏁 SQL"
    assert list(buttons(message)) == ["opportunity", "recycle", "why"]


def test_an_account_executives_sql_says_who_has_it_and_who_qualified_it() -> None:
    made = states.accepted(stage="sql", owner="U0MAX", ae="U0MAX", ae_accepted_at=MONDAY_9, sdr="U0ANN")
    message = card(made)

    assert "🤝 <@U0MAX> has taken it on; qualified by Ann" in lines(message)
    assert list(buttons(message)) == ["opportunity", "send_back", "recycle", "why"]


def test_an_opportunity_shows_its_worth_and_its_day() -> None:
    deal: dict[str, Any] = {"amount": 1_250_000, "currency": "EUR", "close_on": MONDAY_9.date()}
    message = card(states.accepted(stage="opportunity", last=JUST_PRESSED, **deal))

    assert lines(message)[1] == "🏁 Opportunity · 1,250,000 EUR · close by 2026-11-23"
    assert list(buttons(message)) == ["won", "lost", "opportunity", "undo", "why"]
    won = lines(card(states.shown(stage="won", owner="U0ANN", **deal)))
    assert won == ["*Ada Lovelace*, Analytical Engines · Won · 1,250,000 EUR · <@U0ANN>"]


@pytest.mark.parametrize(
    "address", ["mary_ann@engines.example", "_a_*b*@x.example", "no__de@a&amp;b.example"]
)
def test_an_address_is_shown_as_it_is_written_so_that_it_can_be_copied(address: str) -> None:
    message = card(states.accepted({**ADA, "email": address.replace("&amp;", "&")}))
    assert any(f"✉️ `{address}`" in line for line in lines(message))
