"""What an operator reads: one line an event, with the hand-off's number, and nothing about a person."""

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.operations.pressing import fresh_event, press, send
from tests.program import ROOT
from tests.shop import Shop
from tests.world import ADA, World

CANARY = {
    "email": "canary@secret.example", "first_name": "Canaria", "last_name": "Yellowbird", "company": "Canary Cages",
    "phone": "+44 20 7946 1234", "message": "Sing for me", "title": "VP Birdsong",
}  # fmt: skip
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


def lines(said: str) -> list[dict[str, str]]:
    """The lines of the log, each as its keys and values."""
    return [
        {name: value.strip('"') for name, value in PAIR.findall(line)}
        for line in said.splitlines()
        if line.startswith("timestamp=")
    ]


def test_every_line_about_a_hand_off_has_its_number_and_none_a_name(shop: Shop) -> None:
    running = shop.begin()
    one = fresh_event("mql", datetime.now(UTC).isoformat())
    assert send(shop.base, {**one, "lead": {**one["lead"], **CANARY}}).status_code == 202
    shop.card_of(CANARY)
    assert press(shop.slack, shop.base, 1).status_code == 200
    assert press(shop.slack, shop.base, 1, "U0EVE").status_code == 200
    shop.slack.wait_for(lambda: "Accepted by" in shop.slack.messages("C0EMEA")[0].text)
    assert running.stop() == 0
    told = lines(running.err)
    by_event: dict[str, list[dict[str, str]]] = {}
    for line in told:
        by_event.setdefault(line["event"], []).append(line)
    assert by_event["a lead was handed over"][0]["handoff"] == "1"
    cards = [line for line in by_event["a letter was delivered"] if line["kind"] == "card"]
    assert len(cards) >= 2, "posted, and edited after Accept"
    assert {line["handoff"] for line in cards} == {"1"}
    assert [
        (line["action"], line["handoff"], line["actor"], line["outcome"])
        for line in by_event["a button was pressed"]
    ] == [("accept", "1", "U0BOB", "done"), ("accept", "1", "U0EVE", "refused")]
    assert all(line["ms"].isdigit() for line in by_event["a button was pressed"])
    for value in CANARY.values():
        assert value.lower() not in running.err.lower()
    assert all({"timestamp", "level", "event", "logger"} <= set(line) for line in told)


def test_a_form_is_one_line_and_what_was_typed_is_not_in_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.send(world.event("demo_request"))
    world.press("U0BOB", "reject")
    world.submit("U0BOB", reason="timing.no_project", note="Canary sang in spring")
    world.submit("U0BOB", reason="not_fit.size", note="Canary sang in spring")
    forms = [vars(record) for record in caplog.records if record.getMessage() == "a form was sent"]
    assert [(form["action"], form["handoff"], form["actor"], form["outcome"]) for form in forms] == [
        ("reject_form", 1, "U0BOB", "mistaken"), ("reject_form", 1, "U0BOB", "done"),
    ]  # fmt: skip
    assert "Canary" not in "".join(str(vars(record)) for record in caplog.records)


def test_an_address_in_an_errors_text_does_not_reach_the_log() -> None:
    program = (
        "import logging; from bot.serving import log_to_stderr; log_to_stderr()\n"
        "try: raise ValueError('Key (key)=(email:canary@secret.example) already exists.')\n"
        "except ValueError: logging.getLogger('x').exception('it failed', extra={'why': 'for canary@secret.example'})"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stderr
    assert "canary" not in said
    assert "…@…" in said
    assert "ValueError" in said


# -- the same event id with another body ----------------------------------------------------------------

Change = Callable[[dict[str, Any]], dict[str, Any]]


def altered(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        str(vars(record)["event_id"])
        for record in caplog.records
        if record.getMessage() == "an event came again with another body; the first stays"
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda event: {**event, "signal": "pricing_page"},
        lambda event: {**event, "asset": "Another demo"},
        lambda event: {**event, "occurred_at": "2026-11-20T09:00:00Z"},
        lambda event: {**event, "lead": {**ADA, "email": "eve@engines.example"}},
        lambda event: {key: value for key, value in event.items() if key != "signal"},
    ],
    ids=["signal", "asset", "time", "person", "no signal"],
)
def test_the_same_event_id_with_another_body_is_a_duplicate_and_logged(
    either_world: World, caplog: pytest.LogCaptureFixture, change: Change
) -> None:
    world = either_world
    first = world.event("demo_request", asset="Demo")
    world.send(first)
    assert world.send(change(first)) == {"received": 1, "duplicates": 1}
    assert altered(caplog) == [first["id"]]
    assert len(world.slack.messages("C0EMEA")) == 1
    assert "Ada Lovelace" in world.card().plain()
    assert "@" not in "".join(str(vars(record).get("event_id")) for record in caplog.records)


def test_a_mere_repetition_is_not_logged(either_world: World, caplog: pytest.LogCaptureFixture) -> None:
    first = either_world.event("demo_request")
    either_world.send(first)
    for _ in range(3):
        assert either_world.send(first, first) == {"received": 2, "duplicates": 2}
    assert altered(caplog) == []


def test_two_bodies_under_one_id_in_one_request_are_seen_too(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first = world.event("demo_request")
    assert world.send(first, {**first, "signal": "webinar"}) == {"received": 2, "duplicates": 1}
    assert altered(caplog) == [first["id"]]
