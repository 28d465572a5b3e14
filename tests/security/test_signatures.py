"""Only what Slack or a sender signed, just now and byte by byte, opens a door."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from tests.security.requests_of_slack import (
    Sent,
    facts,
    interaction,
    press,
    press_payload,
    sealed,
    standard_signature,
)
from tests.world import INTAKE_SECRET, SIGNING_SECRET, World

SECRETS = [INTAKE_SECRET, *("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))]


@pytest.fixture
def asked(world: World) -> World:
    """A demo request that nobody has accepted."""
    world.send(world.event("demo_request"))
    return world


def refused(world: World, *requests: Sent) -> None:
    """None of them is let in, and nothing changes."""
    before = facts(world)
    for number, request in enumerate(requests):
        assert request.to(world).status_code == 401, (number, request)
    assert facts(world) == before


# -- Slack ------------------------------------------------------------------------------------------


def test_slacks_signature_is_good_for_five_minutes_either_way_and_no_second_more(asked: World) -> None:
    now = int(time.time())
    refused(asked, *(press(asked, "U0ANN", "accept", at=now + off) for off in (-302, -301, 303, 3_600)))

    for off in (-297, 297):
        assert press(asked, "U0ANN", "why", at=now + off).to(asked).status_code == 200


@pytest.mark.slow
def test_one_bit_in_body_signature_or_timestamp_shuts_slacks_door(asked: World) -> None:
    good = press(asked, "U0ANN", "accept")
    seal, stamp = good.headers["x-slack-signature"], good.headers["x-slack-request-timestamp"]
    bodies = [flipped(good.body, at) for at in range(0, len(good.body), 7)]
    seals = [seal[:at] + ("0" if seal[at] != "0" else "1") + seal[at + 1 :] for at in range(3, len(seal))]
    stamps = [str(int(stamp) + off) for off in (-2, -1, 1, 2)] + ["0" + stamp, stamp + ".0", f"+{stamp}"]
    refused(
        asked,
        *(good.but(body) for body in bodies),
        *(good.but(x_slack_signature=each) for each in seals),
        *(good.but(x_slack_request_timestamp=each) for each in stamps),
        good.but(good.body + b"&x=1"),
        good.but(good.body[:-1]),
        good.but(b""),
    )
    assert good.to(asked).status_code == 200


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def test_slacks_door_is_shut_without_its_headers_and_to_what_only_looks_like_them(asked: World) -> None:
    good = press(asked, "U0ANN", "accept")
    seal = good.headers["x-slack-signature"]
    odd = (
        "",
        "v0=",
        "v1=" + seal[3:],
        seal[3:],
        seal.upper(),
        "V0=" + seal[3:],
        f"v0={seal}",
        f"{seal},{seal}",
    )
    stamps = ("", "0", "-1", "abc", "nan", "inf", "1e9", "9" * 12, "9" * 400, "\u0661" * 10, "0x5f5e100", "²")
    refused(
        asked,
        good.but(x_slack_signature=None),
        good.but(x_slack_request_timestamp=None),
        good.but(x_slack_signature=None, x_slack_request_timestamp=None),
        *(good.but(x_slack_signature=each) for each in odd),
        press(asked, "U0BOB", "accept").but(x_slack_signature=seal),
        *(sealed(good.body, at=each) for each in stamps if each.isascii()),
    )
    with pytest.raises(UnicodeEncodeError):  # no client of ours can even send these
        good.but(x_slack_request_timestamp="\u0661").to(asked)


def test_bytes_that_are_read_alike_are_not_taken_for_those_that_were_signed(asked: World) -> None:
    """Read leniently, a broken byte becomes U+FFFD, and a body that holds one could be changed at will."""
    payload = press_payload(asked, "U0ANN", "accept", "1") | {"note": "\ufffd"}
    raw = b"payload=" + json.dumps(payload, ensure_ascii=False).encode()
    good = sealed(raw)
    refused(asked, good.but(raw.replace("\ufffd".encode(), b"\xff")))

    assert good.to(asked).status_code == 200


def test_a_signing_secret_that_was_replaced_opens_nothing_any_more(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    world = worlds(sqlite_url, slack_signing_secret=SecretStr("the-new-one"))
    world.send(world.event("demo_request"))
    refused(world, press(world, "U0ANN", "accept", secret=SIGNING_SECRET))

    assert press(world, "U0ANN", "accept", secret="the-new-one").to(world).status_code == 200


def test_headers_that_no_signature_covers_change_nothing(asked: World) -> None:
    """Bolt would skip the decision, or run a function of the caller's choice, where these headers ask for it."""
    told: dict[str, Any] = {"x_slack_bolt_lazy_only": "1", "x_slack_bolt_lazy_function_name": "on_command"}
    request = press(asked, "U0ANN", "accept").but(**told)
    assert request.to(asked).status_code == 200

    assert "Accepted by" in delivered(asked)


def delivered(world: World) -> str:
    world.deliver()
    return world.card().plain()


# -- senders ----------------------------------------------------------------------------------------


def sent(world: World, raw: bytes, given: str, *, at: object = None, id_: str = "m") -> httpx.Response:
    """A request of a sender's under the signature header *given*."""
    stamp = str(int(time.time()) if at is None else at)
    headers = {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": given}
    return world.http.post("/intake/events", content=raw, headers=httpx.Headers(headers, "latin-1"))


def body_of(world: World) -> bytes:
    return json.dumps({"events": [world.event("ebook")]}).encode()


def test_the_senders_signature_is_over_the_bytes_and_not_over_what_they_mean(world: World) -> None:
    raw, now = body_of(world), int(time.time())
    good = f"v1,{standard_signature(raw, now)}"
    before = facts(world)
    same_meaning = (
        raw + b" ",
        b" " + raw,
        raw.replace(b": ", b":"),
        json.dumps(json.loads(raw)).encode() + b"\n",
    )
    for changed in (*same_meaning, *(flipped(raw, at) for at in range(0, len(raw), 5))):
        assert sent(world, changed, good, at=now).status_code == 401

    assert facts(world) == before
    assert sent(world, raw, good, at=now).status_code == 202


def test_a_senders_signature_is_good_for_five_minutes_either_way(world: World) -> None:
    raw, now = body_of(world), int(time.time())
    for off, answer in ((-302, 401), (303, 401), (-297, 202), (297, 202)):
        assert (
            sent(world, raw, f"v1,{standard_signature(raw, now + off)}", at=now + off).status_code == answer
        )
    for stamp in ("", "abc", "-1", "1e9", "nan", "9" * 12, "9" * 400, f"{now}.0", f"+{now}", f"0x{now:x}"):
        assert sent(world, raw, f"v1,{standard_signature(raw, stamp)}", at=stamp).status_code == 401


def test_of_many_signatures_one_right_one_of_the_right_kind_is_enough(world: World) -> None:
    raw, now = body_of(world), int(time.time())
    right, wrong = standard_signature(raw, now), base64.b64encode(b"x" * 32).decode()
    for given in (
        f"v1,{right}",
        f"v1,{wrong} v1,{right}",
        f"v1a,{wrong} v1,{right}",
        f"{'v1,x ' * 500}v1,{right}",
    ):
        assert sent(world, raw, given, at=now).status_code == 202, given[:60]
    wrong_ones = (
        "", "v1,", right, f"v2,{right}", f"v1a,{right}", f"V1,{right}", f"v1,{right[:-1]}", f"v1,v1,{right}",
        f"v1 {right}", f"v1,{right}x", "v1,é", "é" * 50, "v1,x " * 2_000 + "v1,",
    )  # fmt: skip
    for given in wrong_ones:
        assert sent(world, raw, given, at=now).status_code == 401, given[:60]


def test_an_id_that_is_not_the_signed_one_or_no_text_is_refused(world: World) -> None:
    raw, now = body_of(world), int(time.time())
    given = f"v1,{standard_signature(raw, now)}"
    for id_ in ("", "other", "m.", "é", "m é"):
        assert sent(world, raw, given, at=now, id_=id_).status_code == 401
    # Not even by moving the dot between id and timestamp.
    assert sent(world, raw, f"v1,{standard_signature(raw, now, id_='m.1')}", at=f"1.{now}").status_code == 401


def test_two_secrets_are_good_while_they_rotate_and_the_old_one_not_after(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    old, new, foreign = SECRETS
    rotating = worlds(postgres_url, baton_intake_secret=SecretStr(f"{new}, {old}"))
    after = worlds(postgres_url, baton_intake_secret=SecretStr(new))
    raw, now = body_of(rotating), int(time.time())

    def answers(world: World) -> list[int]:
        return [
            sent(world, raw, f"v1,{standard_signature(raw, now, key)}", at=now).status_code for key in SECRETS
        ]

    assert answers(rotating) == [202, 202, 401]
    assert answers(after) == [401, 202, 401]
    assert foreign not in (old, new)


def test_an_answer_to_a_wrong_signature_does_not_tell_what_the_right_one_is(world: World) -> None:
    raw, now = body_of(world), int(time.time())
    right = standard_signature(raw, now)
    said = {sent(world, raw, given, at=now).text for given in ("v1,AAAA", f"v1,{right[:-2]}", "", "v1,é")}

    assert len(said) == 1
    assert right[:10] not in said.pop()


def test_the_two_doors_do_not_take_each_others_signatures(world: World) -> None:
    raw = body_of(world)
    assert replace(sealed(raw, "application/json")).to(world).status_code != 202
    stamp = int(time.time())
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1,{standard_signature(raw, stamp)}",
    }
    assert world.http.post("/slack/events", content=raw, headers=headers).status_code == 401
    slack = sealed(raw, "application/json")
    assert world.http.post("/intake/events", content=raw, headers=slack.headers).status_code == 401


def test_what_slack_asks_without_a_signature_learns_nothing(asked: World) -> None:
    before = facts(asked)
    for body in (b"ssl_check=1&token=x", urlencode({"ssl_check": "1", "payload": "{}"}).encode()):
        answer = asked.http.post(
            "/slack/events", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 401
    assert facts(asked) == before
    assert interaction({"type": "nothing known"}).to(asked).status_code == 404
