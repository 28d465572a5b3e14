"""What a lead brings and a rep types is on cards and in the database: never in logs, metrics, health or alerts."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from bot.playground import Slack
from tests import postgres
from tests.program import ROOT, program_in
from tests.shop import Shop
from tests.world import DEFINITION, signed

CANARY = "qzcanary"
LEAD = {
    "id": f"{CANARY}-id", "email": f"{CANARY}.mail@{CANARY}.example", "first_name": f"{CANARY}first",
    "last_name": f"{CANARY}last", "title": f"VP Marketing {CANARY}title", "company": f"{CANARY}company",
    "phone": f"+44{CANARY}phone", "url": f"https://{CANARY}.example/url", "campaign": f"{CANARY}campaign",
    "message": f"{CANARY} message", "source": f"{CANARY}source", "attributes": {f"{CANARY}name": f"{CANARY}value"},
    "industry": "software", "country": "GB", "employees": 120,
}  # fmt: skip
QUICK = DEFINITION.replace("first_touch: 60m, clock: business", "first_touch: 6s, clock: calendar")
EVERYTHING_LOGGED = """
import functools, logging
import bot.serving
bot.serving.log_to_stderr = functools.partial(bot.serving.log_to_stderr, logging.DEBUG)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, slack: Slack, tmp_path: Path) -> Iterator[Shop]:
    """One that logs everything there is to log, and announces to a receiver that is not there."""
    url, name = "sqlite:///baton.db", None
    if request.param == "postgres":
        postgres.needed()
        name = postgres.fresh(empty=True)
        url = postgres.url_of(name)
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "sitecustomize.py").write_text(EVERYTHING_LOGGED, "utf-8")
    with program_in(tmp_path / "program", PYTHONPATH=f"{beside}:{ROOT}") as program:
        made = Shop(slack, program, url)
        made.write(QUICK)
        secret = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
        made.begin(BATON_WEBHOOK_URL="http://127.0.0.1:9/nobody", BATON_WEBHOOK_SECRET=secret)
        yield made
    if name is not None:
        postgres.drop(name)


def said_of(shop: Shop) -> str:
    """Everything an operator can read: both streams, the metrics, the health, the alerts."""
    assert shop.running is not None
    pages = [
        httpx.get(f"{shop.base}/{page}", trust_env=False, verify=False).text
        for page in ("metrics", "readyz", "healthz")
    ]
    alerts = [str(message.blocks) + message.text for message in shop.slack.messages("C0OPS")]
    return "\n".join((shop.running.out, shop.running.err, *pages, *alerts))


def clean(shop: Shop, occasion: str) -> None:
    """Fails where a canary sings."""
    lines = [line[:1_500] for line in said_of(shop).splitlines() if CANARY in line.lower()]
    assert lines == [], occasion


def demo(shop: Shop, number: int = 0, **more: Any) -> httpx.Response:
    """A demo request with a canary in every field."""
    lead = {
        **LEAD,
        "email": f"{CANARY}{number}@{CANARY}{number}.example",
        "company": f"{CANARY}company{number}",
    }
    lead["id"] = f"{CANARY}-{number}"
    at = datetime.now(UTC).isoformat()
    one = {"occurred_at": at, "signal": "demo_request", "asset": f"{CANARY}asset", "lead": lead | more}
    return shop.post({"events": [one]})


def pressed(shop: Shop, rep: str, action: str, value: str, **more: Any) -> httpx.Response:
    """A press, drawn or not, signed by Slack."""
    payload = {
        "type": "block_actions", "team": {"id": "T0BATON"}, "user": {"id": rep, "team_id": "T0BATON"},
        "trigger_id": f"1.{time.monotonic_ns()}", "container": {"channel_id": "C0EMEA", "message_ts": "1.0"},
        "channel": {"id": "C0EMEA"},
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }  # fmt: skip
    body, headers = shop.slack.delivery.signed("interactive", payload | more)
    return httpx.post(
        f"{shop.base}/slack/events", content=body, headers=headers, trust_env=False, verify=False
    )


def filled(shop: Shop, form: str, handoff: str, **values: str | None) -> httpx.Response:
    """A form, opened or not, signed by Slack."""
    state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": form,
        "private_metadata": handoff,
        "state": {"values": state},
        "blocks": [],
    }
    payload = {
        "type": "view_submission", "team": {"id": "T0BATON"}, "user": {"id": "U0ANN", "team_id": "T0BATON"},
        "trigger_id": f"1.{time.monotonic_ns()}", "view": view,
    }  # fmt: skip
    body, headers = shop.slack.delivery.signed("interactive", payload)
    return httpx.post(
        f"{shop.base}/slack/events", content=body, headers=headers, trust_env=False, verify=False
    )


@pytest.mark.slow
def test_a_whole_round_and_every_trouble_on_its_way_name_nobody(shop: Shop) -> None:
    assert demo(shop).status_code == 202
    card = shop.card_of({"company": f"{CANARY}company0"})
    value = shop.value_of(card)
    clean(shop, "a card")

    assert pressed(shop, "U0ANN", "accept", value).status_code == 200
    assert (
        filled(shop, "touch_form", value, kind="call", outcome="reached", note=f"{CANARY}note").status_code
        == 200
    )
    assert filled(shop, "reject_form", value, reason="other", note=f"{CANARY}note", date=None).text == ""
    shop.ask("U0ANN", f"lead {LEAD['email']}")
    shop.ask("U0ANN", f"why {CANARY}0@{CANARY}0.example")
    shop.ask("U0ANN", f"lead {CANARY}nobody@{CANARY}.example")
    shop.ask("U0ANN", f"{CANARY} {CANARY}")
    shop.slack.open_home("U0ANN")
    clean(shop, "accepted, touched, recycled with a note, asked about")

    assert demo(shop, 1).status_code == 202  # nobody takes it: nudged, and late after 6 s
    shop.slack.wait_for(
        lambda: any(f"{CANARY}" in said.plain() for said in shop.slack.dms("U0MAX")), timeout=20
    )
    clean(shop, "nudged and late")

    strange(shop)
    clean(shop, "malformed requests")

    refusing_slack(shop)
    clean(shop, "a Slack that refuses")

    refusing_database(shop)
    clean(shop, "a database that refuses")


def strange(shop: Shop) -> None:
    """Requests that are wrong, with canaries in what is wrong about them."""
    for raw in (
        f'{{"{CANARY}": ',
        f'{{"events": [{{"{CANARY}": 1}}]}}',
        f'["{CANARY}"]',
        f'{{"events": "{CANARY}"}}',
    ):
        answer = httpx.post(
            f"{shop.base}/intake/events", content=raw, headers=signed(raw.encode()), trust_env=False
        )
        assert answer.status_code == 400
    assert demo(shop, 2, email=f"{CANARY} no address").status_code == 400
    assert demo(shop, 2, owner=CANARY).status_code == 400
    assert demo(shop, 2, attributes={CANARY: {CANARY: CANARY}}).status_code == 400
    for path in ("/intake/events", "/slack/events"):
        body = json.dumps({"type": CANARY, "user": CANARY})
        assert (
            httpx.post(f"{shop.base}{path}", content=body, trust_env=False, verify=False).status_code == 401
        )
    assert pressed(shop, "U0ANN", "accept", CANARY).status_code == 200
    assert pressed(shop, "U0ANN", CANARY, CANARY).status_code == 404
    assert pressed(shop, CANARY + " ", "accept", "1").status_code == 400
    assert pressed(shop, "U0ANN", "accept", "1", user={"name": CANARY}).status_code == 400
    assert pressed(shop, "U0ANN", "accept", "1", actions=[], message={"text": CANARY}).status_code in (
        400,
        404,
    )
    assert filled(shop, CANARY, CANARY, note=CANARY).status_code == 404
    assert "errors" in filled(shop, "reject_form", "1", reason=CANARY, note=CANARY, date=CANARY).text
    raw_event, headers = shop.slack.delivery.signed(
        "events_api", {"type": "event_callback", "event": {"type": CANARY, "text": CANARY}}
    )
    assert (
        httpx.post(
            f"{shop.base}/slack/events", content=raw_event, headers=headers, trust_env=False
        ).status_code
        == 404
    )
    headers["X-Slack-Signature"] = "v0=0"
    assert (
        httpx.post(
            f"{shop.base}/slack/events", content=raw_event, headers=headers, trust_env=False
        ).status_code
        == 401
    )


def refusing_slack(shop: Shop) -> None:
    """Slack refuses, fails and forgets, in every method a lead's text goes through."""
    number = 10
    for method in ("chat.postMessage", "chat.update", "views.open", "views.publish", "chat.postEphemeral"):
        for kind in ("invalid_blocks", "500_after", "drop", "msg_too_long"):
            number += 1
            shop.slack.fail(method, kind)
            assert demo(shop, number).status_code == 202
            pressed(shop, "U0ANN", "why", "2")
            pressed(shop, "U0EVE", "accept", "2")
            with suppress(AssertionError):
                shop.slack.open_home("U0ANN")
    time.sleep(1)
    shop.slack.heal()


def refusing_database(shop: Shop) -> None:
    """The database refuses a row and, where it is PostgreSQL, quotes the whole of it."""
    url = make_url(shop.database_url)
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(shop.program.folder / "baton.db", timeout=10) as other:
            for table in ("lead", "handoff", "transition", "touch"):
                other.execute(
                    f"CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
                other.execute(
                    f"CREATE TRIGGER nor_{table} BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
    else:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            for table in ("lead", "handoff", "activity", "touch", "outbox", "identity"):
                connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (false) NOT VALID".encode())
    assert demo(shop, 99).status_code == 503
    assert demo(shop, 0, title=f"{CANARY} new").status_code == 503
    assert pressed(shop, "U0ANN", "accept", "2").status_code >= 500
    assert (
        filled(shop, "reject_form", "2", reason="other", note=f"{CANARY}note", date=None).status_code >= 500
    )
    shop.ask("U0ANN", f"lead {CANARY}1@{CANARY}1.example")
    time.sleep(1.5)
