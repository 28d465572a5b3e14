"""A lead with a trap in every field goes through everything Baton says; nothing of it acts anywhere."""

import json
import random
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import SQLModel

from bot.desk import announce
from bot.desk.post import Parcel
from bot.playground import Message
from bot.slack.views import answers
from tests import shown as states
from tests.security.hostile import TRAPS, examine, hunted
from tests.security.requests_of_slack import facts
from tests.world import ADA, DEFINITION, World

FIELDS = (
    "first_name", "last_name", "title", "company", "industry", "source", "phone", "url", "campaign", "message",
    "id",
)  # fmt: skip
MAILS = (
    "*b*_i_~s~@engines.example", "`c`+x@engines.example", "a'b@engines.example", "a&b@engines.example",
    "=cmd|x@engines.example",
)  # fmt: skip
OUR_LINK = re.compile(r"<http://127\.0\.0\.1:\d+/archives/[A-Z0-9]+/p\d+\|Open the card>")
SAYING = {"chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "views.publish"}


LONGEST = 500
"""Characters of a sender's id and of an asset; longer ones are a 400."""


def trapped(trap: str, number: int) -> dict[str, Any]:
    """A lead whose every field holds the trap, and whose address is odd as far as addresses may be."""
    lead: dict[str, Any] = {**ADA, **dict.fromkeys(FIELDS, trap)}
    mail = MAILS[number % len(MAILS)]
    attributes = {trap[:60] or "a": [trap, trap], "timezone": trap, "seniority": "vp"}
    return lead | {
        "id": f"{number} {trap}"[:LONGEST],
        "email": f"{number}{mail}",
        "country": "GB",
        "attributes": attributes,
    }


def said(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that went to Slack: method and arguments."""
    for call in world.slack.workspace.calls:
        if call.method in SAYING:
            yield call.method, dict(call.arguments)


def harmless(world: World) -> None:
    """Fails where anything that was said to Slack holds a token, a link or a format that is not ours."""
    heard = 0
    for method, given in said(world):
        heard += 1
        arguments = json.loads(OUR_LINK.sub(f"<{states.LINK}|Open the card>", json.dumps(given)))
        view = arguments.get("view")
        blocks = view["blocks"] if isinstance(view, dict) else arguments.get("blocks") or []
        text = str(arguments.get("text") or "") if method != "chat.postEphemeral" else ""
        assert hunted(blocks, text, "*`") == [], (method, arguments)
        assert_no_pictures(arguments)
        if method == "chat.postMessage":
            assert arguments["unfurl_links"] in (False, "0", "false", "False", 0)
            assert arguments["unfurl_media"] in (False, "0", "false", "False", 0)
        assert "link_names" not in arguments
        assert "parse" not in arguments
    assert heard
    for user in states.PEOPLE:
        for message in world.slack.whispered(user):
            assert hunted(message.blocks or [], "", "*`") == []


def assert_no_pictures(value: object) -> None:
    """Nothing that Slack would fetch, or that a press would open."""
    if isinstance(value, dict):
        assert not {"image_url", "thumb_url", "slack_file", "video_url", "title_url"} & set(value)
        assert value.get("type") not in ("image", "video", "file", "rich_text", "markdown")
        assert "url" not in value or "action_id" not in value
        for one in value.values():
            assert_no_pictures(one)
    elif isinstance(value, list):
        for one in value:
            assert_no_pictures(one)


def whole_round(world: World, lead: dict[str, Any], trap: str) -> None:
    """Card, note, DM, modals, thread, Home, answers; what a rep types holds the trap too."""
    world.send(world.event("demo_request", lead, asset=trap[:LONGEST]))
    for action in ("why", "reject"):
        world.press("U0ANN", action)
        world.slack.close("U0ANN")
    world.press("U0ANN", "accept")
    world.send(
        world.event("ebook", lead, asset=trap[:LONGEST]),
        world.event(f"new {trap}"[:100], lead, asset=trap[:LONGEST]),
    )
    for action in ("touch", "recycle"):
        world.press("U0ANN", action)
        world.slack.close("U0ANN")
    world.ask("U0ANN", "queue")
    world.ask("U0ANN", f"lead {lead['email']}")
    world.ask("U0ANN", f"why {lead['email']}")
    world.ask("U0ANN", "funnel")
    world.slack.open_home("U0ANN")
    world.pass_time(timedelta(minutes=35))
    world.pass_time(timedelta(minutes=40))
    world.press("U0ANN", "touch", channel="C0EMEA")
    world.submit("U0ANN", kind="call", outcome="reached", note=typed(trap))
    world.press("U0ANN", "qualify", channel="C0EMEA")
    world.slack.close("U0ANN")
    world.press("U0ANN", "recycle", channel="C0EMEA")
    world.submit("U0ANN", reason="no_budget", note=typed(trap))


def typed(trap: str) -> str:
    return trap.replace("\0", "")[:900]


FEW = 10
"""Traps that are tried at every run; the others in the slow one."""


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[pytest.mark.slow] if n >= FEW else []) for n in range(len(TRAPS))]
)
def test_a_trap_in_every_field_is_harmless_wherever_it_is_shown(
    worlds: Callable[..., World], sqlite_url: str, number: int
) -> None:
    trap = TRAPS[number]
    world = worlds(sqlite_url, baton_webhook_url="http://127.0.0.1:9/x", baton_webhook_secret=_secret())
    whole_round(world, trapped(trap, number), trap)
    back = world.event("demo_request", trapped(trap, number))
    world.pass_time(timedelta(days=200))
    world.send(back | {"id": "back", "occurred_at": world.now.isoformat()})
    harmless(world)
    assert world.slack.complaints == []
    outgoing(world)


def _secret() -> Any:
    return SecretStr("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")


def outgoing(world: World) -> None:
    """What goes to other programs is JSON whose shape no lead changes."""
    letters = SQLModel.metadata.tables["outbox"]
    with world.baton.desk.database.reading() as session:
        rows = session.execute(select(letters).where(letters.c.kind == "webhook")).mappings().all()
    assert rows
    for row in rows:
        parcel = _parcel(row)
        made = announce.payload(world.baton.desk, parcel)
        if made is None:  # a reply to somebody whose hand-off has ended meanwhile
            assert parcel.body["type"] == "reply.requested"
            continue
        read = json.loads(json.dumps(made, ensure_ascii=False))
        assert set(read) == {"type", "timestamp", "data"}
        assert set(read["data"]) <= {
            "handoff", "lead", "wanted", "track", "owner", "booking_url", "activity",
        }  # fmt: skip
        assert read["type"] in announce.EVENTS


def _parcel(row: Any) -> Parcel:
    given = {"send": row["id"], "attempts": 1, "doubtful": False, **row}
    wanted: dict[str, Any] = {field.name: given.get(field.name) for field in fields(Parcel)}
    return Parcel(**wanted)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_thousand_leads_of_pranksters_leave_every_message_harmless() -> None:
    assert examine(random.Random(20261123), 2_000) == []


def test_a_text_that_begins_a_line_of_ours_does_not_quote_it() -> None:
    shown = answers.lead(states.explained({**ADA, "> quoted": ">>> more"}))

    assert hunted(shown.blocks, shown.text) == []


def test_the_hunter_finds_what_it_hunts() -> None:
    """Without the escapes each trap that is meant for Slack is found, so that finding none means something."""
    for trap in ("<!channel>", "<@U9>", "<#C1>", "<!subteam^S1>", "<https://x.example|y>", "a & b", "_a_", "~a~", "`a`",
                 ":smile:", "\u202eevil", "\x07", "<!date^1^{date}|x>"):  # fmt: skip
        assert hunted([{"type": "mrkdwn", "text": trap, "verbatim": True}], "", "*"), trap
    assert hunted([{"type": "mrkdwn", "text": "fine"}], "", "*"), "not verbatim"


def test_a_definitions_own_words_are_harmless_too(worlds: Callable[..., World], sqlite_url: str) -> None:
    words = "<!channel> *x* :smile:"
    definition = DEFINITION.replace("play: call now", f'play: "{words}"')
    world = worlds(sqlite_url, definition=definition)
    world.send(world.event("demo_request"))

    harmless(world)


def test_no_address_a_lead_gave_is_asked_for_anything(worlds: Callable[..., World], sqlite_url: str) -> None:
    """Whoever fetched what a lead names would be told what is behind our firewall."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    line, _ = listener.accept()
                except TimeoutError:
                    continue
                with line:
                    asked.append(line.recv(100))

        thread = threading.Thread(target=listen)
        thread.start()
        trap = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        whole_round(
            worlds(sqlite_url),
            {**trapped(trap, 0), "email": f"a@{re.sub('[^0-9a-z]', '', trap)}.example"},
            trap,
        )
        stop.set()
        thread.join()
    assert asked == []


def test_what_a_lead_is_called_stays_data_in_the_database(either_world: World) -> None:
    for number, trap in enumerate(("'; DROP TABLE lead; --", "$1", "%s", ":x", "\\'", '"', "{0}", "?")):
        either_world.send(either_world.event("demo_request", trapped(trap, number), asset=trap[:LONGEST]))
    assert len(facts(either_world)["lead"]) == 8
    assert all(isinstance(each, Message) for each in either_world.slack.messages("C0EMEA"))
