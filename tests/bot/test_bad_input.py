"""What senders get wrong, on purpose or not: stored where it can be, and harmless on the card."""

import json
import logging
import random

import pytest

from storage import funnel, leads
from tests import shown as states
from tests.world import ADA, World

NAMES = {
    "a null character": "A\x00da",
    "half a surrogate pair": "Ada\ud800",
    "right to left": "\u202eadA\u202c עדה",
    "emoji": "Ada 👩\u200d💻🎉",
    "zero-width characters": "A\u200bd\u2060a",
    "three hundred characters": "A" * 300,
    "stacked marks": "A\u0301\u0302" * 60,
    "a mention": "<!channel> <@U0BOB>",
    "a link": "<https://evil.example|Ada> https://evil.example",
    "formatting": "*Ada* _Ada_ ~Ada~ `Ada`",
    "escapes": "&lt;!here&gt; &amp;",
    "emoji codes": ":smile: :rotating_light:",
    "lines": "Ada\n> quote\n• item",
    "a formula": '=HYPERLINK("https://evil.example")',
    "a statement": "'; DROP TABLE lead; --",
}


def test_whatever_a_lead_is_called_there_is_a_card_and_it_does_nothing(either_world: World) -> None:
    for number, (what, name) in enumerate(NAMES.items()):
        facts = dict.fromkeys(("last_name", "title", "company", "phone", "message", "source"), name)
        lead = {
            **ADA,
            **facts,
            "email": f"ada{number}@engines{number}.example",
            "attributes": {name[:40]: [name]},
        }
        either_world.send(either_world.event("demo_request", lead, asset=name))

        card = either_world.card()
        assert len(either_world.slack.messages("C0EMEA")) == number + 1, what
        assert states.smuggled(card.blocks, card.text) == [], what
    assert either_world.slack.complaints == []


def test_an_unknown_signal_is_kept_worth_nothing_and_reported(
    either_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    odd = "new\x00_signal <!here>"
    with caplog.at_level(logging.WARNING):
        answer = either_world.post({"events": [either_world.event(odd), either_world.event(odd)]})

    assert answer.status_code == 202
    assert answer.json() == {"received": 2, "duplicates": 0}
    with either_world.baton.desk.database.reading() as session:
        assert funnel.unknown_signals(session) == [("new_signal <!here>", 2)]
        known = leads.by_email(session, "ada@engines.example")
    assert known is not None
    assert len(known.activities) == 2
    assert "*40* = fit 40 + intent 0" in str(explained_rows(either_world))
    assert any("unknown signals" in record.message for record in caplog.records)


def explained_rows(world: World) -> list[str]:
    """The texts of /mql why about Ada."""
    world.ask("U0ANN", "why ada@engines.example")
    return [each["text"] for each in states.texts(world.slack.whispered("U0ANN")[-1].blocks)]


def test_two_strangers_without_an_address_stay_two(world: World) -> None:
    nobody = {"first_name": "Ada", "company": "Analytical Engines", "country": "GB", "employees": 120}
    world.send(world.event("demo_request", nobody))
    world.send(world.event("demo_request", nobody))

    cards = world.slack.messages("C0EMEA")
    assert len(cards) == 2
    assert all("Ada, Analytical Engines" in card.text for card in cards)


def test_a_lead_of_whom_only_an_id_is_known_has_a_card(world: World) -> None:
    lead = {"id": "<@U1> *7*", "country": "GB", "employees": 120}
    world.send(world.event("demo_request", lead))

    card = world.card()
    assert card.blocks[0]["text"]["text"].startswith("*&lt;@U1&gt; ∗7∗*")
    assert states.smuggled(card.blocks, card.text) == []


def test_facts_that_come_alone_are_scored_with_what_was_done_before(world: World) -> None:
    world.send(world.event("pricing_page", {"email": ADA["email"]}))
    assert world.slack.messages("C0EMEA") == []

    world.send(world.event(None, ADA))

    assert "55 = fit 40 + intent 15" in world.card().plain()


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """A request with a few bytes changed, taken out or doubled."""
    made = bytearray(raw)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(made))
        match dice.randrange(4):
            case 0:
                made[at] = dice.randrange(256)
            case 1:
                del made[at : at + dice.randrange(1, 20)]
            case 2:
                made[at:at] = made[at : at + dice.randrange(1, 20)]
            case _:
                made[at:at] = dice.choice(
                    (b"\\u0000", b"\\ud800", b'"', b"{", b"[", b"1e999", b"NaN", b"\xff", b",", b"-")
                )
    return bytes(made)


def test_no_damaged_request_is_ever_a_fault_of_ours(world: World) -> None:
    dice = random.Random(38)
    seen = set()
    for number in range(80):
        event = world.event("demo_request", {**ADA, "attributes": {"tech": ["Rust"], "n": 1}}, asset="A")
        raw = mutated(json.dumps({"events": [event]}).encode(), dice)
        answer = world.post(raw) if is_text(raw) else None
        if answer is not None:
            seen.add(answer.status_code)
            assert answer.status_code in (202, 400), (number, raw)
            assert answer.status_code == 202 or well_pointed(answer.json())
    assert seen == {202, 400}


def is_text(raw: bytes) -> bool:
    """Whether the tests' signer, which signs text, can sign it."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def well_pointed(said: list[dict[str, str]]) -> bool:
    """Every problem has a pointer and a sentence."""
    return bool(said) and all(
        (each["pointer"] == "" or each["pointer"].startswith("/")) and each["problem"].endswith(".")
        for each in said
    )
