"""Whatever stands in a body, signed or not: never a fault of ours, never more memory or time than it is worth."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.intake.native import MOST_BYTES, MOST_EVENTS
from tests.security.requests_of_slack import (
    FORM,
    Sent,
    event,
    facts,
    form_payload,
    interaction,
    press,
    press_payload,
    sealed,
    standard_signature,
)
from tests.world import ADA, World, signed

DEEP = 100_000
LEAD = {"email": "ada@engines.example"}


def raw_of(world: World, **changes: Any) -> dict[str, Any]:
    return {**world.event("ebook", LEAD), **changes}


def bodies(world: World) -> Iterator[tuple[str, bytes, int]]:
    """What is wrong with it, the bytes, and the answer."""
    good = json.dumps({"events": [raw_of(world)]})
    yield "nothing", b"", 400
    yield "blank", b"   ", 400
    yield "null", b"null", 400
    yield "a number", b"7", 400
    yield "a list", b"[]", 400
    yield "half", good[: len(good) // 2].encode(), 400
    yield "two", (good + good).encode(), 400
    yield "deep lists", b"[" * DEEP + b"]" * DEEP, 400
    yield "deep lists without an end", b"[" * DEEP, 400
    yield "deep mappings", b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    yield (
        "deep attributes",
        good.replace('"lead": {', '"lead": {"attributes": {"x": @}, ').encode().replace(b"@", deep),
        400,
    )
    yield (
        "a digit too many",
        good.replace('"lead": {', f'"lead": {{"employees": {"9" * 5_000}, ').encode(),
        400,
    )
    yield "a large exponent", good.replace('"lead": {', '"lead": {"employees": 1e999, ').encode(), 400
    yield "a large head count", good.replace('"lead": {', f'"lead": {{"employees": {10**30}, ').encode(), 400
    yield "minus infinity", good.replace('"lead": {', '"lead": {"employees": -Infinity, ').encode(), 400
    yield "not a number", good.replace('"lead": {', '"lead": {"employees": NaN, ').encode(), 400
    yield (
        "a huge attribute",
        good.replace('"lead": {', f'"lead": {{"attributes": {{"x": {"9" * 4_000}}}, ').encode(),
        202,
    )
    yield "NUL", good.replace('"lead": {', '"lead": {"first_name": "A\\u0000da", ').encode(), 202
    yield "a raw NUL", good.replace('"lead": {', '"lead": {"first_name": "A\0da", ').encode(), 400
    yield (
        "lone surrogates",
        good.replace('"lead": {', '"lead": {"first_name": "\\ud800 \\udfff", ').encode(),
        202,
    )
    yield (
        "swapped surrogates",
        good.replace('"lead": {', '"lead": {"first_name": "\\udc00\\ud800", ').encode(),
        202,
    )
    yield (
        "surrogates in a key",
        good.replace('"lead": {', '"lead": {"attributes": {"\\ud800": 1}, ').encode(),
        202,
    )
    yield "NUL in a key", good.replace('"lead": {', '"lead": {"attributes": {"a\\u0000": 1}, ').encode(), 202
    yield "no UTF-8", good.replace('"lead": {', '"lead": {"first_name": "\xff", ').encode("latin-1"), 400
    yield (
        "surrogates as bytes",
        good.replace('"lead": {', '"lead": {"first_name": "@", ').encode().replace(b"@", b"\xed\xa0\x80"),
        400,
    )
    yield (
        "overlong bytes",
        good.replace('"lead": {', '"lead": {"first_name": "@", ').encode().replace(b"@", b"\xc0\xaf"),
        400,
    )
    yield "UTF-16", good.encode("utf-16"), 400
    yield "a byte order mark", b"\xef\xbb\xbf" + good.encode(), 400
    yield "one event too many", json.dumps({"events": [raw_of(world)] * (MOST_EVENTS + 1)}).encode(), 400
    yield "a million nulls", b'{"events": [' + b"null," * 200_000 + b"null]}", 400
    yield "a long key", json.dumps({"events": [raw_of(world) | {"k" * 500_000: 1}]}).encode(), 400
    yield (
        "many keys",
        json.dumps({"events": [raw_of(world)]} | {f"k{n}": 1 for n in range(50_000)}).encode(),
        400,
    )
    yield "an event that is a text", b'{"events": ["x"]}', 400
    yield "a lead that is a list", json.dumps({"events": [raw_of(world, lead=[1])]}).encode(), 400
    yield (
        "a name that is a mapping",
        json.dumps({"events": [raw_of(world, lead={**LEAD, "first_name": {}})]}).encode(),
        400,
    )
    yield (
        "a date before all",
        json.dumps({"events": [raw_of(world, occurred_at="0001-01-01T00:00:00+23:59")]}).encode(),
        400,
    )
    yield (
        "a date after all",
        json.dumps({"events": [raw_of(world, occurred_at="9999-12-31T23:59:59-23:59")]}).encode(),
        400,
    )
    yield (
        "a leap second",
        json.dumps({"events": [raw_of(world, occurred_at="2016-12-31T23:59:60Z")]}).encode(),
        400,
    )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; the same on PostgreSQL takes its time."""
    return str(request.getfixturevalue(f"{request.param}_url"))


def test_no_body_of_a_sender_is_a_fault_of_ours(either_world: World) -> None:
    before = facts(either_world)
    for what, raw, wanted in bodies(either_world):
        began = time.monotonic()
        answer = either_world.http.post("/intake/events", content=raw, headers=signed_bytes(raw))
        assert answer.status_code == wanted, (what, answer.status_code, answer.text[:200])
        assert time.monotonic() - began < 5, what
        assert len(answer.content) < 10 * MOST_BYTES, what
        if wanted == 400:
            assert all({"pointer", "problem"} == set(each) for each in answer.json()), what
    kept = facts(either_world)
    assert kept["handoff"] == before["handoff"] == []


def test_of_a_key_that_stands_twice_the_last_counts_and_nothing_slips_by(world: World) -> None:
    """The check and the use read the same bytes once, so no second reading can differ."""
    good = json.dumps({"events": [raw_of(world)]})
    twice = good.replace('"lead": {', '"lead": {"email": "eve@engines.example", ', 1)
    assert world.post(twice.encode()).status_code == 202
    assert "ada@engines.example" in world.ask("U0ANN", "lead ada@engines.example")
    assert "Nobody" in world.ask("U0ANN", "lead eve@engines.example")


@pytest.mark.parametrize(
    "taken",
    [
        "owner",
        "score",
        "stage",
        "fit",
        "intent",
        "tier",
        "segment",
        "channel",
        "points",
        "qualified",
        "version",
    ],
)
def test_a_sender_sets_neither_owner_nor_score_nor_stage(world: World, taken: str) -> None:
    for place in ("request", "event", "lead"):
        body: dict[str, Any] = {"events": [world.event("demo_request")]}
        target = {"request": body, "event": body["events"][0], "lead": body["events"][0]["lead"]}[place]
        target[taken] = "won"
        answer = world.post(body)
        assert answer.status_code == 400, (place, taken)
        assert answer.json()[0]["pointer"].endswith(f"/{taken}")
    assert world.slack.messages("C0EMEA") == []


def test_an_attribute_named_like_a_column_of_ours_decides_nothing(world: World) -> None:
    named = {
        "owner": "U0BOB",
        "score": 999,
        "stage": "won",
        "pool": ["U0EVE"],
        "channel": "C0OPS",
        "tier": "high",
    }
    world.send(world.event("demo_request", {**ADA, "attributes": named}))

    card = world.card("C0EMEA")
    assert "90 = fit 40 + intent 50" in card.plain()
    assert "[Accept] [Reject]" in card.plain()
    assert "U0BOB" not in str(card.blocks)


def test_a_content_type_is_not_believed_and_a_body_not_unpacked(world: World) -> None:
    raw = json.dumps({"events": [raw_of(world)]}).encode()
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "é",
    ):
        headers = httpx.Headers(signed(raw) | {"content-type": kind}, "latin-1")
        answer = world.http.post("/intake/events", content=raw, headers=headers)
        assert answer.status_code == 202, kind
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    assert len(bomb) < MOST_BYTES
    for coding in ("gzip", "deflate", "br", "gzip, gzip"):
        began = time.monotonic()
        packed = signed_bytes(bomb) | {"content-encoding": coding}
        assert world.http.post("/intake/events", content=bomb, headers=packed).status_code == 400
        assert world.http.post("/slack/events", content=bomb, headers=packed).status_code == 401
        assert time.monotonic() - began < 1


def signed_bytes(raw: bytes) -> dict[str, str]:
    """A sender's headers over bytes that are no text."""
    stamp = int(time.time())
    return {
        "webhook-id": "m",
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1,{standard_signature(raw, stamp)}",
    }


def odd_payloads(world: World) -> Iterator[tuple[str, Sent]]:
    """Requests with Slack's own signature and a content Slack never sends."""
    whole = press_payload(world, "U0ANN", "accept", "1")
    for name in whole:
        yield f"no {name}", interaction({key: value for key, value in whole.items() if key != name})
        for odd in ODD_VALUES:
            yield f"{name} is {odd!r}", interaction(whole | {name: odd})
    filled = form_payload(
        world, "U0ANN", "reject_form", {"reason": "no_budget", "note": None, "date": None}, "1"
    )
    for name in filled["view"]:
        for odd in ODD_PARTS:
            yield f"view.{name} is {odd!r}", interaction(filled | {"view": filled["view"] | {name: odd}})
    for user in (
        "U\0",
        "\ud800",
        "<!channel>",
        "",
        "x" * 10_000,
        "U0ANN' OR 1=1 --",
        None,
        5,
        ["U0ANN"],
        {"id": "U0ANN"},
    ):
        yield (
            f"user {user!r}"[:60],
            interaction(whole | {"user": {"id": user, "team_id": world.slack.team_id}}),
        )
        yield f"home of {user!r}"[:60], event(world, "app_home_opened", user=user, tab="home")
        yield f"change of {user!r}"[:60], event(world, "user_change", user={"id": user})
        yield f"change {user!r}"[:60], event(world, "user_change", user=user)
    for odd in ("\0", "\ud800", "1" * 5_000, "-1", "1e5", "٣", "9" * 9):
        yield f"value {odd!r}"[:60], press(world, "U0ANN", "accept", odd)
        note: dict[str, str | None] = {"reason": odd, "note": odd, "date": odd}
        yield f"reason {odd!r}"[:60], interaction(form_payload(world, "U0ANN", "reject_form", note, "1"))
    for raw in ODD_FORMS:
        yield repr(raw[:40]), sealed(raw, FORM)
        yield repr(raw[:40]), sealed(raw, "application/json")
    for raw in ODD_EVENTS:
        yield repr(raw), sealed(raw, "application/json")


ODD_VALUES: tuple[Any, ...] = (None, [], {}, "x", 7, True, [None])
ODD_PARTS: tuple[Any, ...] = (
    None, [], {}, "x", 7, {"values": None}, {"values": {"reason": []}}, {"values": {"reason": {"r": 3}}},
)  # fmt: skip
ODD_FORMS = (
    b"payload=null", b"payload=7", b"payload=", b"payload=[]", b'payload="x"', b"payload={}", b"", b"a=b",
    b"payload=" + b"[" * DEEP, b"payload=" + b'{"a":' * DEEP, b"payload={}&" + b"a=1&" * 90,
    b"payload=%7B%22type%22%3A" + b"9" * 5_000 + b"%7D", b"command=/mql",
    b"command=/mql&text=\0&user_id=U0ANN", b"command=/mql&text=lead+%00&user_id=U0ANN&team_id=%00",
)  # fmt: skip
ODD_EVENTS = (
    b"null", b"7", b"[]", b"{}", b'"x"', b'{"type": "event_callback"}', b'{"type": "url_verification"}',
    b'{"type": "event_callback", "event": 7}', b'{"type": "event_callback", "event": {"type": "user_change"}}',
)  # fmt: skip


def test_no_body_under_slacks_signature_is_a_fault_of_ours(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    before = facts(either_world)["transition"]
    for what, request in odd_payloads(either_world):
        began = time.monotonic()
        answer = request.to(either_world)
        assert answer.status_code < 500, (what, answer.status_code)
        assert time.monotonic() - began < 3, what
        if facts(either_world)["transition"] != before:  # what was left of it was a whole press
            assert press(either_world, "U0ANN", "undo").to(either_world).status_code == 200
            before = facts(either_world)["transition"]


def test_a_form_of_a_million_fields_is_not_read_before_its_signature_is(world: World) -> None:
    raw = b"a&" * (MOST_BYTES // 2)
    began = time.monotonic()
    answers = {
        world.http.post("/slack/events", content=raw, headers={**sealed(b"x").headers}).status_code
        for _ in range(5)
    }

    assert answers == {401}
    assert time.monotonic() - began < 1


def test_paths_and_methods_nobody_knows_are_refused_without_a_fault(world: World) -> None:
    odd = (
        "/", "/intake", "/intake/", "/intake/events/", "/intake/hubspot", "/slack/events/x", "/%00", "/%ff",
        "/../etc/passwd", "//intake/events", "/intake/events%2f", "/" + "a" * 5_000, "/metrics/x", "/.env",
        "/baton.db", "/docs",
    )  # fmt: skip
    for path in odd:
        for method in ("GET", "POST", "PUT"):
            assert world.http.request(method, path).status_code in (404, 405, 307), (method, path)
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        for path in ("/intake/events", "/slack/events"):
            assert world.http.request(method, path).status_code in (400, 405), (method, path)
    for method in ("POST", "PUT", "DELETE"):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert world.http.request(method, path).status_code == 405
