"""The doors: what each answers, and to whom none opens."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from bot.intake.native import MOST_BYTES
from tests.world import ADA, INTAKE_SECRET, SIGNING_SECRET, World, signed

OTHER_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="
COUNTED = ("lead", "activity", "handoff", "transition", "outbox")
PRESS = {
    "type": "block_actions",
    "team": {"id": "T0", "domain": "t"},
    "user": {"id": "U0ANN", "team_id": "T0"},
    "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0EMEA"},
    "trigger_id": "1.2.3",
    "actions": [{"type": "button", "action_id": "accept", "block_id": "b", "value": "1", "action_ts": "1"}],
}


def kept(folder: Path) -> dict[str, int]:
    """How much there is of everything."""
    with sqlite3.connect(folder / "baton.db") as reader:
        return {name: reader.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}


def slack_says(
    world: World, raw: bytes, at: int | str | None = None, secret: str = SIGNING_SECRET
) -> httpx.Response:
    """A request that claims to be Slack's; signed *at* an epoch second, now unless told."""
    stamp = str(int(time.time()) if at is None else at)
    seal = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={seal}",
    }
    return world.http.post("/slack/events", content=raw, headers=headers)


@pytest.fixture
def pressed() -> bytes:
    """Ann's press on Accept as Slack sends it."""
    return urlencode({"payload": json.dumps(PRESS)}).encode()


def test_a_running_baton_is_healthy_and_ready(world: World) -> None:
    world.baton.schedule.tick()

    assert world.http.get("/healthz").text == "ok"
    ready = world.http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "problems": [], "warnings": []})


def test_the_doors_for_senders_take_post_alone(world: World) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        for path in ("/intake/events", "/slack/events"):
            assert world.http.request(method, path).status_code == 405
        assert world.http.request(method, "/intake/other").status_code == 404
    assert world.http.post("/healthz").status_code == 405


def test_metrics_count_and_name_nobody(world: World) -> None:
    world.send(world.event("demo_request"), world.event("never_heard_of"))

    said = world.http.get("/metrics").text

    assert 'baton_events_total{outcome="stored"} 2.0' in said
    assert 'baton_events_total{outcome="unknown_signal"} 1.0' in said
    assert "engines.example" not in said
    assert "never_heard_of" not in said


def test_events_are_counted_with_their_duplicates(world: World) -> None:
    first, second = world.event("pricing_page"), world.event("ebook")

    assert world.send(first) == {"received": 1, "duplicates": 0}
    assert world.send(first, second, second) == {"received": 3, "duplicates": 2}


def test_of_two_bodies_under_one_id_the_first_stays(world: World) -> None:
    event = world.event("ebook")
    world.send(event)

    assert world.send(event | {"signal": "demo_request"}) == {"received": 1, "duplicates": 1}
    assert world.slack.messages("C0EMEA") == []


def test_a_request_with_a_wrong_signature_opens_nothing(world: World, tmp_path: Path) -> None:
    raw = json.dumps({"events": [world.event("demo_request")]}).encode()
    good = signed(raw)
    before = kept(tmp_path)
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (raw, {}),
        (raw, good | {"webhook-signature": "v1,AAAA"}),
        (raw, good | {"webhook-id": "another"}),
        (raw, good | {"webhook-timestamp": str(int(time.time()) - 302)}),
        (raw, good | {"webhook-timestamp": "1e400"}),
        (raw.replace(b"demo_request", b"demo_requesT"), good),
        (raw, signed(raw, OTHER_SECRET)),
        (b"\xff", good),
        (b"", {}),
    ]

    for content, headers in wrong:
        assert world.http.post("/intake/events", content=content, headers=headers).status_code == 401
    assert kept(tmp_path) == before


def test_while_secrets_rotate_both_are_good(worlds: Callable[..., World], sqlite_url: str) -> None:
    world = worlds(sqlite_url, baton_intake_secret=SecretStr(f"{OTHER_SECRET},{INTAKE_SECRET}"))
    raw = json.dumps({"events": [world.event("ebook")]}).encode()

    for secret in (INTAKE_SECRET, OTHER_SECRET):
        answer = world.http.post("/intake/events", content=raw, headers=signed(raw, secret))
        assert answer.status_code == 202


def test_a_request_that_is_malformed_is_sent_back_with_pointers_and_keeps_nothing(
    world: World, tmp_path: Path
) -> None:
    before = kept(tmp_path)

    answer = world.post({"events": [world.event("ebook"), world.event("ebook", {**ADA, "emial": "x"})]})

    assert answer.status_code == 400
    assert [problem["pointer"] for problem in answer.json()] == ["/events/1/lead/emial"]
    assert kept(tmp_path) == before


def test_bytes_that_are_no_text_are_sent_back_when_rightly_signed(world: World) -> None:
    raw = b'{"events": "\xff\xfe"}'
    stamp = str(int(time.time()))
    from_sender = httpx.Headers({"webhook-id": "m", "webhook-timestamp": stamp})
    from_sender["webhook-signature"] = sealed(raw, stamp)

    answer = world.http.post("/intake/events", content=raw, headers=from_sender)

    assert answer.status_code == 400
    assert answer.json()[0]["pointer"] == ""


def sealed(raw: bytes, stamp: str) -> str:
    """Standard Webhooks' signature of raw bytes, by hand: the library signs text alone."""
    key = base64.b64decode(INTAKE_SECRET.removeprefix("whsec_"))
    return (
        "v1,"
        + base64.b64encode(hmac.new(key, f"m.{stamp}.".encode() + raw, hashlib.sha256).digest()).decode()
    )


def test_a_body_over_a_mebibyte_is_too_large(world: World, tmp_path: Path) -> None:
    before = kept(tmp_path)

    for path in ("/intake/events", "/slack/events"):
        assert world.http.post(path, content=b"x" * (MOST_BYTES + 1)).status_code == 413
    assert kept(tmp_path) == before


def test_a_body_of_a_mebibyte_is_read(world: World) -> None:
    assert world.http.post("/intake/events", content=b"x" * MOST_BYTES).status_code == 401


def test_a_body_without_a_length_is_stopped_at_a_mebibyte(world: World) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    assert world.http.post("/intake/events", content=pieces()).status_code == 413
    assert world.http.get("/healthz").text == "ok"


def test_a_packed_bomb_stays_packed(world: World) -> None:
    headers = signed(b"{}") | {"content-encoding": "gzip"}

    assert world.http.post("/intake/events", content=b"{}", headers=headers).status_code == 400


def test_a_locked_database_asks_the_sender_to_come_back_and_keeps_nothing(
    world: World, tmp_path: Path
) -> None:
    event = world.event("demo_request")
    before = kept(tmp_path)
    other = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answer = world.post({"events": [event]})

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert kept(tmp_path) == before
    other.close()
    assert world.send(event) == {"received": 1, "duplicates": 0}
    assert "Ada Lovelace" in world.card().plain()


def test_slack_verifies_the_address_it_was_given(world: World) -> None:
    assert json.loads(world.slack.verify_url().text) == {"challenge": "playground-challenge"}


def test_a_press_with_a_wrong_signature_changes_nothing(world: World, tmp_path: Path, pressed: bytes) -> None:
    world.send(world.event("demo_request"))
    before = kept(tmp_path)
    now = int(time.time())

    assert slack_says(world, pressed, secret="another").status_code == 401
    for stamp in (now - 310, now + 310, "abc", "", "9" * 400, "-1", "1e9", "nan"):
        assert slack_says(world, pressed, stamp).status_code == 401, stamp

    assert kept(tmp_path) == before
    assert slack_says(world, pressed).status_code == 200
    assert kept(tmp_path)["transition"] == before["transition"] + 1


def test_junk_at_slacks_door_is_refused_without_a_fault(world: World) -> None:
    deep = b"[" * 9_000
    stamp = str(int(time.time()))
    for kind in ("application/json", "application/x-www-form-urlencoded", ""):
        for raw in (b"payload=nope", b"payload=[1]", b"{", b"[1]", b"\xff", b"", deep, b"payload=" + deep):
            for seal in ("v0=1", "", "v0=é"):
                headers = {
                    "content-type": kind,
                    "x-slack-request-timestamp": stamp,
                    "x-slack-signature": seal,
                }
                answer = world.http.post(
                    "/slack/events", content=raw, headers=httpx.Headers(headers, "latin-1")
                )
                assert answer.status_code == 401, (kind, raw[:20], seal)


def test_slacks_door_without_any_signature_is_shut(world: World, pressed: bytes) -> None:
    assert world.http.post("/slack/events", content=pressed).status_code == 401
