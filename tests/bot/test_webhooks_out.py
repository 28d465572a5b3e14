"""Outgoing webhooks: signed, repeated with growing waits under the same id, given up in the end."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from bot.app import Baton, build
from bot.clock import MovableClock
from bot.desk import answer, deal, taking_back
from bot.desk.govern import Files
from scoring.dispositions import Disposition
from scoring.handoff import Touch
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, settings_for

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSByZWNlaXZlcg=="
SECOND = timedelta(seconds=1)
WAITS = [10, 20, 40, 80, 160, 320, 640]
HOLD = DEFINITION.replace(
    "  - {attribute: country, is_not: [KP], hard: true, unknown: pass}",
    "  - {attribute: country, is_not: [KP], hard: true, unknown: hold}\n"
    "  - {attribute: industry, is_not: gambling, hard: true, unknown: hold}",
)


class PatientClock(MovableClock):
    """Business time and real time stand still, however slow the machine; real time is put forward by hand."""

    def __init__(self) -> None:
        super().__init__(MONDAY_9, running=False)
        self.waited = timedelta(0)
        self.began = super().real()

    def real(self) -> datetime:
        return self.began + self.waited


@dataclass
class Receiver:
    """Somebody else's server: what it was sent, and the statuses it answers, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    @property
    def types(self) -> list[str]:
        return [payload["type"] for payload in self.payloads]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0])
            self.send_header("content-length", "0")
            self.send_header("location", made.url)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/baton"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Office:
    """A Baton that tells a receiver what happens, and reaches no Slack."""

    baton: Baton
    shift: Shift
    clock: PatientClock

    def lead(self) -> int:
        """A lead over the line who asked for nothing; gives its hand-off."""
        self.shift.arrive(self.shift.event("pricing_page"), self.shift.event("webinar"))
        return self.shift.newest()

    def deliver(self) -> None:
        self.baton.courier.drain()

    def wait(self, by: timedelta) -> None:
        self.clock.waited += by
        self.deliver()

    def state(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.error) for row in self.shift.letters("webhook")]


@pytest.fixture
def offices(sqlite_url: str) -> Iterator[Callable[..., Office]]:
    opened: list[Office] = []

    def open_office(url: str, definition: str = DEFINITION) -> Office:
        clock = PatientClock()
        settings = settings_for(
            sqlite_url,
            "http://127.0.0.1:9/api/",
            baton_webhook_url=url,
            baton_webhook_secret=SecretStr(SECRET),
        )
        baton = build(settings, Files(definition, TEAM), clock=clock, gaps={})
        opened.append(Office(baton, Shift(baton.desk, clock), clock))
        return opened[-1]

    yield open_office
    for office in opened:
        office.baton.stop()


@pytest.fixture
def office(offices: Callable[..., Office], receiver: Receiver) -> Office:
    return offices(receiver.url)


def test_a_webhook_is_signed_so_that_the_receiver_can_check_it(office: Office, receiver: Receiver) -> None:
    office.shift.demo(ADA | {"first_name": "Ádá", "id": "crm-17"})
    office.deliver()

    headers, body = receiver.got[0]
    Webhook(SECRET).verify(body, headers)
    with pytest.raises(Exception, match="signature"):
        Webhook(SECRET).verify(body.replace(b"crm-17", b"crm-18"), headers)
    assert headers["content-type"] == "application/json"


def test_a_webhook_says_what_happened_to_which_handoff_and_whose(office: Office, receiver: Receiver) -> None:
    office.shift.demo(ADA | {"id": "crm-17"})
    office.deliver()

    (payload,) = (each for each in receiver.payloads if each["type"] == "handoff.created")
    assert payload == {
        "type": "handoff.created",
        "timestamp": "2026-11-23T09:00:00+00:00",
        "data": {
            "handoff": {
                "id": 1,
                "stage": "mql",
                "tier": "demo",
                "owner": None,
                "reason": None,
                "again_on": None,
                "nurture": None,
                "note": None,
                "bant": None,
                "ae": None,
                "amount": None,
                "currency": None,
                "close_on": None,
                "score": 90,
                "fit": 40,
                "intent": 50,
                "definition": 1,
                "crossed_at": "2026-11-23T09:00:00+00:00",
            },
            "lead": {"id": "crm-17", "email": "ada@engines.example"},
        },
    }


def test_every_step_of_a_handoffs_life_is_told_once_and_as_it_was_then(
    office: Office, receiver: Receiver
) -> None:
    desk, id_ = office.baton.desk, office.lead()
    answer.accept(desk, id_, "U0BOB")
    answer.accept(desk, id_, "U0BOB")
    answer.touch(desk, id_, "U0BOB", Touch("call", "reached", "U0BOB", office.shift.now))
    answer.end(desk, id_, "U0BOB", Disposition("not_fit.size", "too small"))
    taking_back.undo(desk, id_, "U0BOB")
    deal.qualify(desk, id_, "U0BOB", deal.Bant(dict.fromkeys(deal.BANT, "yes")))
    for _ in range(3):
        office.deliver()

    assert receiver.types == [
        "handoff.created", "handoff.accepted", "nurture.pause", "handoff.touched", "handoff.disqualified",
        "nurture.resume", "handoff.undone", "nurture.pause", "handoff.qualified",
    ]  # fmt: skip
    stages = [payload["data"]["handoff"]["stage"] for payload in receiver.payloads]
    assert stages == ["mql", *["sal"] * 3, *["disqualified"] * 2, *["sal"] * 2, "sql"]
    assert receiver.payloads[4]["data"]["handoff"]["reason"] == "not_fit.size"
    assert [receiver.payloads[5]["data"]["track"], receiver.payloads[6]["data"]["handoff"]["reason"]] == [
        "general",
        None,
    ]
    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(set(ids)) == len(ids)


def test_an_overdue_lead_is_told_once(office: Office, receiver: Receiver) -> None:
    office.shift.demo()
    for _ in range(3):
        office.clock.advance(timedelta(hours=1))
        office.baton.schedule.tick()
        office.deliver()

    assert receiver.types == ["reply.requested", "handoff.created", "handoff.overdue"]


def test_a_receiver_in_trouble_is_tried_again_with_growing_waits_under_the_same_id(
    office: Office, receiver: Receiver
) -> None:
    receiver.statuses = [500, 503, 429, 200]
    office.lead()
    office.deliver()
    for tries, wait in enumerate(WAITS[:3], start=1):
        office.wait((wait - 1) * SECOND)
        assert len(receiver.got) == tries, "tried too early"
        office.wait(SECOND)
        assert len(receiver.got) == tries + 1

    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert office.state() == [("sent", None)]


def test_after_eight_tries_a_webhook_is_given_up_and_the_next_one_goes_out(
    office: Office, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.statuses = [*[500] * 8, 200]
    office.lead()
    office.deliver()
    for wait in WAITS:
        office.wait(wait * SECOND)
    assert len(receiver.got) == 8
    assert office.state() == [("dead", "the receiver answered 500 8 times")]
    assert "a letter was given up" in caplog.messages

    office.wait(timedelta(days=1))
    assert len(receiver.got) == 8
    answer.accept(office.baton.desk, 1, "U0BOB")
    office.deliver()
    assert receiver.types[-2:] == ["handoff.accepted", "nurture.pause"]


def test_a_receiver_that_is_gone_for_good_is_not_asked_again(office: Office, receiver: Receiver) -> None:
    receiver.statuses = [410]
    office.lead()
    office.deliver()
    office.wait(timedelta(days=1))

    assert len(receiver.got) == 1
    assert office.state() == [("dead", "the receiver answered 410 Gone")]


def test_a_redirect_is_no_delivery_and_is_not_followed(office: Office, receiver: Receiver) -> None:
    receiver.statuses = [302]
    office.lead()
    office.deliver()

    assert len(receiver.got) == 1
    assert office.state() == [("new", "the receiver answered 302")]


def test_a_receiver_nobody_can_reach_is_tried_again(offices: Callable[..., Office]) -> None:
    office = offices("http://127.0.0.1:9/hooks")
    office.lead()
    office.deliver()
    assert office.state() == [("new", "the receiver answered nothing")]


def test_without_a_webhook_url_nothing_is_written_for_anybody(offices: Callable[..., Office]) -> None:
    office = offices("", HOLD)
    office.shift.demo()
    office.shift.arrive(office.shift.event("demo_request", {"email": "kim@nowhere.example"}))
    answer.accept(office.baton.desk, 1, "U0BOB")

    assert office.state() == []


def test_a_lead_that_lacks_a_fact_asks_for_it_once_for_each_set_of_missing_facts(
    offices: Callable[..., Office], receiver: Receiver
) -> None:
    office = offices(receiver.url, HOLD)
    kim = {"email": "kim@nowhere.example", "first_name": "Kim"}
    for _ in range(3):
        office.shift.arrive(office.shift.event("demo_request", kim))
        office.deliver()
    assert receiver.types == ["lead.enrichment_wanted"]
    assert receiver.payloads[0]["data"] == {
        "lead": {"id": None, "email": "kim@nowhere.example"},
        "wanted": ["country", "industry"],
    }

    office.shift.arrive(office.shift.event("demo_request", kim | {"country": "GB"}))
    office.shift.arrive(office.shift.event("ebook", kim | {"country": "GB"}))
    office.deliver()
    assert [payload["data"]["wanted"] for payload in receiver.payloads[1:]] == [["industry"]]


def test_history_asks_for_nothing(offices: Callable[..., Office], receiver: Receiver) -> None:
    office = offices(receiver.url, HOLD)
    office.shift.arrive(office.shift.event("demo_request", {"email": "kim@nowhere.example"}), live=False)
    office.deliver()
    assert receiver.got == []
