"""The native format: what it takes, what it sends back, and where it points."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.native import Malformed, Unsigned, arrivals_of, check_signature
from scoring.arrival import Arrival
from tests.world import ADA, INTAKE_SECRET, MONDAY_9, signed

NOW = MONDAY_9
OTHER_SECRET = "whsec_" + "b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="


def body(*events: dict[str, Any], **more: Any) -> bytes:
    """A request."""
    return json.dumps({"events": list(events), **more}).encode()


def event(**changes: Any) -> dict[str, Any]:
    """Ada's demo request of just now."""
    made = {"id": "evt-1", "occurred_at": NOW.isoformat(), "signal": "demo_request", "lead": dict(ADA)}
    return {name: value for name, value in {**made, **changes}.items() if value is not ...}


def taken(*events: dict[str, Any]) -> list[Arrival]:
    """What is stored of them."""
    return arrivals_of(body(*events), NOW)


def problems(raw: bytes) -> list[tuple[str, str]]:
    """(pointer, problem) of a request that is sent back."""
    with pytest.raises(Malformed) as refused:
        arrivals_of(raw, NOW)
    return [(each["pointer"], each["problem"]) for each in refused.value.problems]


def pointers(raw: bytes) -> list[str]:
    """Where a request is wrong."""
    return [pointer for pointer, _ in problems(raw)]


# -- signatures


@pytest.mark.parametrize(
    "secrets", [[INTAKE_SECRET], [OTHER_SECRET, INTAKE_SECRET], [INTAKE_SECRET, OTHER_SECRET]]
)
def test_a_request_signed_with_either_secret_is_taken_while_they_rotate(secrets: list[str]) -> None:
    check_signature(b"{}", signed(b"{}"), secrets)


def sealed(raw: bytes, at: int, secret: str = INTAKE_SECRET) -> dict[str, str]:
    """The headers of raw bytes, text or not, signed at epoch second *at*."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    seal = base64.b64encode(hmac.new(key, f"m.{at}.".encode() + raw, hashlib.sha256).digest()).decode()
    return {"webhook-id": "m", "webhook-timestamp": str(at), "webhook-signature": f"v1a,x v1,{seal}"}


@pytest.mark.parametrize("raw", [b"{}", "ünï".encode(), b"\xff\xfe\x00", b""])
def test_the_signature_covers_the_raw_bytes(raw: bytes) -> None:
    headers = sealed(raw, int(time.time()))

    check_signature(raw, headers, [INTAKE_SECRET])
    with pytest.raises(Unsigned):
        check_signature(raw + b" ", headers, [INTAKE_SECRET])


@pytest.mark.parametrize(("off", "fresh"), [(-310, False), (-290, True), (290, True), (310, False)])
def test_a_signature_is_good_for_five_minutes_either_way(off: int, fresh: bool) -> None:
    headers = sealed(b"{}", int(time.time()) + off)

    if fresh:
        check_signature(b"{}", headers, [INTAKE_SECRET])
    else:
        with pytest.raises(Unsigned):
            check_signature(b"{}", headers, [INTAKE_SECRET])


def broken(**changes: str | None) -> dict[str, str]:
    """The headers of a good request with some changed or left out."""
    return {name: value for name, value in {**signed(b"{}"), **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        broken(**{"webhook-id": None}),
        broken(**{"webhook-timestamp": None}),
        broken(**{"webhook-signature": None}),
        broken(**{"webhook-id": "another"}),
        broken(**{"webhook-signature": ""}),
        broken(**{"webhook-signature": "v1"}),
        broken(**{"webhook-signature": "v1,"}),
        broken(**{"webhook-signature": "v1,AAAA"}),
        broken(**{"webhook-signature": "v1,é"}),
        broken(**{"webhook-signature": ", , ,"}),
        *(
            broken(**{"webhook-timestamp": at})
            for at in ("abc", "nan", "inf", "1e400", "9" * 500, "-1", "٣", "")
        ),
    ],
)
def test_a_request_without_a_right_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unsigned):
        check_signature(b"{}", headers, [INTAKE_SECRET])


def test_a_request_signed_with_a_secret_of_yesterday_is_refused() -> None:
    with pytest.raises(Unsigned):
        check_signature(b"{}", signed(b"{}", OTHER_SECRET), [INTAKE_SECRET])


@given(st.integers(0, 60), st.integers(1, 255))
def test_one_changed_byte_breaks_the_signature(at: int, change: int) -> None:
    raw = body(event())
    headers = signed(raw)
    flipped = bytearray(raw)
    flipped[at] ^= change

    with pytest.raises(Unsigned):
        check_signature(bytes(flipped), headers, [INTAKE_SECRET])


# -- what is taken


def test_an_event_becomes_what_the_lead_did_and_what_is_known_of_them() -> None:
    (arrival,) = taken(event(asset="Enterprise demo"))

    assert arrival.keys[0] == "email:ada@engines.example"
    assert (arrival.source, arrival.event, arrival.signal) == ("native", "evt-1", "demo_request")
    assert arrival.asset == "Enterprise demo"
    assert arrival.occurred == arrival.received == int(NOW.timestamp())
    assert arrival.facts["seniority"] == "vp"
    assert arrival.facts["employees"] == 120


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(minutes=5)])
def test_a_clock_up_to_five_minutes_ahead_is_stored_as_the_arrival(ahead: timedelta) -> None:
    (arrival,) = taken(event(occurred_at=(NOW + ahead).isoformat()))

    assert arrival.occurred == arrival.received == int(NOW.timestamp())


def test_another_zone_is_the_same_moment() -> None:
    (arrival,) = taken(event(occurred_at="2026-11-23T14:00:00+05:30"))

    assert datetime.fromtimestamp(arrival.occurred, UTC) == NOW - timedelta(minutes=30)


def test_facts_alone_are_no_activity() -> None:
    (arrival,) = taken(event(signal=...))

    assert arrival.signal is None
    assert arrival.facts["company"] == "Analytical Engines"


def test_an_event_without_an_id_is_known_by_its_content() -> None:
    first, again, other = taken(event(id=...), event(id=...), event(id=..., asset="another"))

    assert first.event == again.event != other.event
    assert first.event.startswith("sha256:")


def test_people_without_an_address_are_kept_apart() -> None:
    nobody = {"first_name": "Ada", "company": "Analytical Engines"}
    one, other = taken(event(id="a", lead=nobody), event(id="b", lead=nobody))

    assert set(one.keys).isdisjoint(other.keys)


def test_one_id_of_the_source_is_one_person() -> None:
    one, other = taken(event(id="a", lead={"id": "c-7"}), event(id="b", lead={"id": "c-7", "phone": "1"}))

    assert one.keys == other.keys


def test_attributes_may_be_scalars_or_lists() -> None:
    lead = {**ADA, "attributes": {"tech": ["Rust", "SQL"], "budget": 5.5, "trial": True, "seats": 10**14}}
    (arrival,) = taken(event(lead=lead))

    assert arrival.facts["tech"] == ("Rust", "SQL")
    assert (arrival.facts["budget"], arrival.facts["trial"], arrival.facts["seats"]) == (5.5, True, 10**14)


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_null_and_nothing_are_unknown(nothing: str | None) -> None:
    (arrival,) = taken(event(lead={**ADA, "title": nothing, "phone": nothing, "industry": nothing}))

    assert {"title", "phone", "industry", "seniority"}.isdisjoint(arrival.facts)


@pytest.mark.parametrize("employees", [120, 120.0, "120", "1,200"])
def test_a_head_count_may_be_written_as_people_write_it(employees: object) -> None:
    (arrival,) = taken(event(lead={**ADA, "employees": employees}))

    assert arrival.facts["employees"] == int(str(employees).replace(",", "").removesuffix(".0"))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (rb'"A\u0000da"', "Ada"),
        (rb'"\ud800Ada"', "�Ada"),
        (rb'"Ada\udfff"', "Ada�"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d\ud83d\ude00"', "�😀"),
        (rb'"\\ud800"', r"\ud800"),
        (rb'"\u202eAda"', "\u202eAda"),
        (b'"' + b"x" * 300 + b'"', "x" * 300),
    ],
)
def test_odd_characters_are_stored_as_far_as_they_are_characters(written: bytes, stored: str) -> None:
    raw = body(event(lead={"email": ADA["email"], "first_name": "PLACE"})).replace(b'"PLACE"', written)
    (arrival,) = arrivals_of(raw, NOW)

    assert arrival.facts["first_name"] == stored


def test_of_a_key_written_twice_the_last_counts() -> None:
    raw = body(event(lead={"email": "PLACE"})).replace(
        b'"PLACE"', b'"a@b.example", "email": "ada@engines.example"'
    )

    assert arrivals_of(raw, NOW)[0].email == "ada@engines.example"


# -- what is sent back


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"nope", b"[" * 300 + b"]" * 300, b'{"events": NaN}', b'{"events": [1e]}', b"\xff\xfe",
        b"\xef\xbb\xbf{}", b'{"a": "\xed\xa0\x80"}', b'{"a": "\x00"}', b"1" * 5_000, b'{"events": [' + b"{" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_json_is_said_to_be_none(raw: bytes) -> None:
    ((pointer, problem),) = problems(raw)

    assert pointer == ""
    assert problem.startswith("This is not JSON: ")


@pytest.mark.parametrize("raw", [b"[]", b"1", b"null", b'"x"', b"true", b"1e999"])
def test_what_is_not_an_object_is_sent_back(raw: bytes) -> None:
    assert pointers(raw) == [""]


@pytest.mark.parametrize("given", [None, {}, "x", 1, []])
def test_events_must_be_a_list_with_something_in_it(given: object) -> None:
    assert pointers(json.dumps({"events": given}).encode()) == ["/events"]


def test_a_thousand_events_are_taken_and_one_more_is_not() -> None:
    small = {"occurred_at": NOW.isoformat(), "lead": {"id": "1"}}

    assert len(taken(*[small] * 1_000)) == 1_000
    assert pointers(body(*[small] * 1_001)) == ["/events"]


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (body(event(), extra=1), "/extra"),
        (body(event(nmae="x")), "/events/0/nmae"),
        (body(event(), event(lead={**ADA, "emial": "x"})), "/events/1/lead/emial"),
        (body(event(**{"a/b": 1})), "/events/0/a~1b"),
        (body(event(**{"a~b": 1})), "/events/0/a~0b"),
        (body(event(**{"~1": 1})), "/events/0/~01"),
        (body(event(**{"": 1})), "/events/0/"),
        (body(event(lead={**ADA, "owner": "U0ANN"})), "/events/0/lead/owner"),
        (body(event(lead={**ADA, "score": 100})), "/events/0/lead/score"),
        (body(event(lead={**ADA, "stage": "won"})), "/events/0/lead/stage"),
    ],
)
def test_an_unknown_key_is_pointed_at(raw: bytes, pointer: str) -> None:
    ((found, problem),) = problems(raw)

    assert found == pointer
    assert "not part of the format" in problem


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-23T09:00:00", "2026-11-23", "tomorrow", "", 1764000000, "1764000000", 1.5, True, None, [], {},
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T09:00:00+99:00",
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
        "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
        (NOW + timedelta(minutes=5, seconds=1)).isoformat(),
    ],
)  # fmt: skip
def test_a_moment_that_cannot_be_is_pointed_at(moment: object) -> None:
    assert pointers(body(event(occurred_at=moment))) == ["/events/0/occurred_at"]


@pytest.mark.parametrize(
    ("lead", "pointer"),
    [
        ({}, "/events/0/lead"),
        ({"email": "", "first_name": " "}, "/events/0/lead"),
        (None, "/events/0/lead"),
        ("ada@engines.example", "/events/0/lead"),
        ({"email": "ada"}, "/events/0/lead/email"),
        ({"email": "ada@"}, "/events/0/lead/email"),
        ({"email": "a@b.c, d@e.f"}, "/events/0/lead/email"),
        ({"email": ["ada@engines.example"]}, "/events/0/lead/email"),
        ({"email": "<!channel>@engines.example"}, "/events/0/lead/email"),
        ({"id": "1", "employees": "many"}, "/events/0/lead/employees"),
        ({"id": "1", "employees": -1}, "/events/0/lead/employees"),
        ({"id": "1", "employees": 10**30}, "/events/0/lead/employees"),
        ({"id": "1", "employees": 1.5}, "/events/0/lead/employees"),
        ({"id": "1", "employees": True}, "/events/0/lead/employees"),
        ({"id": "x" * 501}, "/events/0/lead/id"),
        ({"id": "1", "title": {"a": 1}}, "/events/0/lead/title"),
        ({"id": "1", "attributes": []}, "/events/0/lead/attributes"),
        ({"id": "1", "attributes": {"email": "x@y.example"}}, "/events/0/lead/attributes"),
        ({"id": "1", "attributes": {"attributes": {"email": "x"}}}, "/events/0/lead/attributes"),
    ],
)
def test_a_person_who_cannot_be_is_pointed_at(lead: object, pointer: str) -> None:
    assert pointers(body(event(lead=lead))) == [pointer]


@pytest.mark.parametrize(
    "attributes",
    [{"a": {"b": 1}}, {"a": [[1]]}, {"": 1}, {f"n{n}": n for n in range(51)}, {"a": list(range(200))}],
)
def test_attributes_that_cannot_be_kept_are_pointed_at(attributes: dict[str, Any]) -> None:
    (pointer,) = pointers(body(event(lead={**ADA, "attributes": attributes})))

    assert pointer.startswith("/events/0/lead")


def test_every_problem_of_a_request_is_told_at_once() -> None:
    raw = body(event(occurred_at="x"), event(), event(lead={"emial": 1}))

    assert pointers(raw) == ["/events/0/occurred_at", "/events/2/lead/emial"]


@pytest.mark.parametrize("number", [b"1" * 4_000, b"1e308", b"-1e308", b"1e999", b"0." + b"0" * 4_000 + b"1"])
@pytest.mark.parametrize("place", ["first_name", "attributes", "id", "consent"])
def test_a_huge_number_anywhere_is_taken_or_sent_back(number: bytes, place: str) -> None:
    lead = {**ADA, place: {"n": "PLACE"} if place == "attributes" else "PLACE"}
    raw = body(event(id=..., lead=lead)).replace(b'"PLACE"', number)

    found, wrong = outcome(raw)

    assert len(found) == 1 or all(each["pointer"].startswith("/events/0/lead") for each in wrong)


def outcome(raw: bytes) -> tuple[list[Arrival], list[dict[str, str]]]:
    """What a request is to Baton: its events, or its problems."""
    try:
        return arrivals_of(raw, NOW), []
    except Malformed as refused:
        return [], refused.problems


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A good request with something else in one or two places."""
    made, lead = event(), dict(ADA)
    for _ in range(draw(st.integers(1, 2))):
        holder = draw(st.sampled_from((made, lead)))
        holder[draw(st.sampled_from((*holder, "attributes", "x")))] = draw(JSON)
    return json.dumps({"events": [made | ({"lead": lead} if made.get("lead") == ADA else {})]}).encode()


@settings(max_examples=300)
@given(st.one_of(nearly_right(), JSON.map(lambda value: json.dumps(value).encode()), st.binary(max_size=60)))
def test_any_request_is_taken_or_sent_back_with_pointers(raw: bytes) -> None:
    found, wrong = outcome(raw)

    assert bool(found) != bool(wrong)
    assert all(each["pointer"] == "" or each["pointer"].startswith("/") for each in wrong)
    json.dumps(wrong, ensure_ascii=False).encode()
    for arrival in found:
        "".join([*arrival.keys, arrival.event, str(arrival.signal), str(arrival.asset)]).encode()
        assert "\\u0000" not in json.dumps(arrival.facts, allow_nan=False)
