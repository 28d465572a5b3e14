"""Who may cause what: every listener, pressed over HTTP by every kind of user, against a table written here."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.floor import Policy
from bot.slack.listeners.presses import BUTTONS
from bot.slack.listeners.submissions import FORMS
from tests.security.requests_of_slack import (
    Sent,
    event,
    facts,
    form_payload,
    interaction,
    press,
    press_payload,
    sealed,
)
from tests.world import ADA, TEAM, World

KINDS = {
    "owner": "U0ANN", "sdr in the pool": "U0BOB", "sdr outside": "U0CAT", "ae": "U0AEX", "manager": "U0MAX",
    "marketing": "U0MIA", "admin": "U0ADA", "unknown": "U0EVE", "guest": "U0GUEST", "deactivated": "U0LEFT",
    "bot": "U0ROBOT", "other workspace": "U0ELSE", "shared channel": "U0SHARED",
}  # fmt: skip
"""Each kind of user; those from guest on stand in the team file as reps of the pool."""

OUTSIDERS = ("guest", "deactivated", "bot", "other workspace", "shared channel")
STAFF = ", ".join(KINDS[kind] for kind in OUTSIDERS)
TEAM_OF_ALL = TEAM.replace("pool: [U0ANN, U0BOB]", f"pool: [U0ANN, U0BOB, {STAFF}]") + (
    "  U0AEX: {name: Axel, role: ae}\n"
    + "".join(f"  {KINDS[kind]}: {{name: {KINDS[kind]}, role: sdr}}\n" for kind in OUTSIDERS)
)
PARTNER = "T0PARTNER"
SAID_OF: dict[str, dict[str, Any]] = {
    "guest": {"is_restricted": True},
    "deactivated": {"deleted": True},
    "bot": {"is_bot": True},
    "other workspace": {"team_id": PARTNER},
    "shared channel": {"team_id": PARTNER, "is_stranger": True},
}

POOL = {"owner", "sdr in the pool", "manager"}
MEMBERS = POOL | {"sdr outside", "ae", "marketing", "admin"}
OWNED = {"owner", "manager"}

MAY: dict[str, tuple[str, str, set[str]]] = {
    "accept": ("new", "decides", POOL),
    "reject": ("new", "opens", POOL),
    "recycle": ("worked", "opens", OWNED),
    "touch": ("worked", "opens", OWNED),
    "touch_call": ("worked", "opens", OWNED),
    "touch_email": ("worked", "opens", OWNED),
    "touch_booked": ("worked", "decides", OWNED),
    "qualify": ("worked", "opens", OWNED),
    "undo": ("worked", "decides", {"owner"}),
    "why": ("new", "opens", MEMBERS),
    "go_live": ("shadow", "decides", {"admin"}),
}
"""Each button: on what, what it does, and for whom alone."""

MAY_SEND: dict[str, tuple[str, set[str]]] = {
    "reject_form": ("new", POOL),
    "touch_form": ("worked", OWNED),
    "qualify_form": ("worked", OWNED),
}
MAY_ASK = {
    "queue": MEMBERS, "lead": MEMBERS, "why": MEMBERS, "funnel": MEMBERS, "help": MEMBERS | {"unknown"},
}  # fmt: skip
EVENTS = {
    "app_home_opened": "each reader's own Home, by the role they have",
    "user_change": "Slack's word, caused by nobody",
}
FILLED: dict[str, dict[str, str | None]] = {
    "reject_form": {"reason": "no_budget", "note": "n", "date": None},
    "touch_form": {"kind": "call", "outcome": "reached", "note": None},
    "qualify_form": {
        "budget": "yes",
        "authority": "yes",
        "need": "yes",
        "timeline": "yes",
        "ae": None,
        "note": None,
    },
}


def person(world: World, kind: str) -> Sent:
    """What Slack tells of somebody who is no colleague."""
    said = {"id": KINDS[kind], "team_id": world.slack.team_id, **SAID_OF[kind]}
    return event(world, "user_change", user=said)


@dataclass
class Floor:
    """A Baton that knows who is who, and makes a fresh lead for each press."""

    world: World
    leads: int = 0

    def lead(self, state: str) -> int:
        """A hand-off that is new, or accepted and touched by the owner; gives its id."""
        self.leads += 1
        lead = {**ADA, "email": f"lead{self.leads}@engines.example", "company": f"Engines {self.leads}"}
        answer = self.world.post({"events": [self.world.event("demo_request", lead)]})
        assert answer.status_code == 202
        if state == "worked":
            owner = KINDS["owner"]
            assert press(self.world, owner, "accept", self.leads).to(self.world).status_code == 200
            touched = form_payload(self.world, owner, "touch_form", FILLED["touch_form"], str(self.leads))
            assert interaction(touched).to(self.world).status_code == 200
        return self.leads

    def outcome(self, request: Sent) -> str:
        """What a press or a form did: decides, opens, or nothing. Anything but 200 fails."""
        before, opened = facts(self.world), self.opened()
        answer = request.to(self.world)
        assert answer.status_code == 200, answer.text
        if facts(self.world) != before:
            return "decides"
        return "opens" if self.opened() > opened else "nothing"

    def opened(self) -> int:
        return sum(call.method == "views.open" for call in self.world.slack.workspace.calls)

    def payload(self, kind: str, action: str, value: str) -> dict[str, Any]:
        """A press as this kind of user makes it."""
        made = press_payload(self.world, KINDS[kind], action, value)
        if "team_id" in SAID_OF.get(kind, {}):
            made["user"]["team_id"] = PARTNER
        return made


@pytest.fixture
def floor(worlds: Callable[..., World], sqlite_url: str) -> Floor:
    """Everybody is known: colleagues from users.list, outsiders from user_change."""
    return known(worlds(sqlite_url, team=TEAM_OF_ALL))


def known(world: World) -> Floor:
    world.baton.schedule.tick()
    world.deliver()
    for kind in OUTSIDERS:
        assert person(world, kind).to(world).status_code == 200
    return Floor(world)


# -- the registries -----------------------------------------------------------------------------------


def test_every_listener_stands_in_a_registry_under_a_policy_and_in_the_tables_here() -> None:
    registries: tuple[dict[str, Any], ...] = (BUTTONS, FORMS, SUBCOMMANDS)
    tables: tuple[dict[str, Any], ...] = (MAY, MAY_SEND, MAY_ASK)
    for registry, table in zip(registries, tables, strict=True):
        assert set(registry) == set(table)
        for name, entry in registry.items():
            assert entry.policy in get_args(Policy), name


def test_bolt_listens_to_nothing_beside_the_registries(world: World) -> None:
    bolt = world.baton.bolt
    names = [listener.ack_function.__name__ for listener in bolt._listeners]
    assert sorted(names) == sorted(
        ["on_press"] * len(BUTTONS) + ["on_submit"] * len(FORMS) + ["_at_once", "on_home", "on_user_change"]
    )
    assert len(EVENTS) == 2


def test_kinds_of_requests_nobody_listens_to_do_nothing(floor: Floor) -> None:
    world, number = floor.world, floor.lead("new")
    before = facts(world)
    whole = press_payload(world, "U0ANN", "accept", str(number))
    for kind in ("shortcut", "message_action", "block_suggestion", "view_closed", "interactive_message",
                 "dialog_submission", "workflow_step_edit", "function_executed"):  # fmt: skip
        made = whole | {"type": kind, "callback_id": "accept", "view": {"callback_id": "reject_form"}}
        assert interaction(made).to(world).status_code in (400, 404), kind
    for kind in (
        "message",
        "app_mention",
        "reaction_added",
        "team_join",
        "channel_archive",
        "tokens_revoked",
    ):
        assert (
            event(world, kind, user="U0ANN", channel="C0EMEA", text="accept 1").to(world).status_code == 404
        )
    assert facts(world) == before


# -- each of them, by everybody -------------------------------------------------------------------------


@pytest.mark.parametrize("action", [name for name in MAY if name != "go_live"])
def test_each_button_does_its_work_for_those_who_may_and_nothing_for_all_others(
    floor: Floor, action: str
) -> None:
    state, effect, allowed = MAY[action]
    for kind in KINDS:
        number = floor.lead(state)
        request = interaction(floor.payload(kind, action, str(number)))
        assert floor.outcome(request) == (effect if kind in allowed else "nothing"), kind


def test_only_an_admin_ends_the_shadow_start(worlds: Callable[..., World], sqlite_url: str) -> None:
    shadow = known(worlds(sqlite_url, team="live: false\n" + TEAM_OF_ALL))
    for kind in sorted(KINDS, key=lambda each: each == "admin"):
        request = interaction(shadow.payload(kind, "go_live", "team"))
        assert shadow.outcome(request) == ("decides" if kind in MAY["go_live"][2] else "nothing"), kind


@pytest.mark.parametrize("name", MAY_SEND)
def test_each_form_is_taken_from_those_who_may_and_sent_back_to_all_others(floor: Floor, name: str) -> None:
    state, allowed = MAY_SEND[name]
    for kind in KINDS:
        number = floor.lead(state)
        made = form_payload(floor.world, KINDS[kind], name, FILLED[name], str(number))
        if "team_id" in SAID_OF.get(kind, {}):
            made["user"]["team_id"] = PARTNER
        before = facts(floor.world)
        answer = interaction(made).to(floor.world)
        assert answer.status_code == 200
        if kind in allowed:
            assert (answer.text, facts(floor.world) != before) == ("", True), kind
        else:
            assert json.loads(answer.text)["response_action"] == "errors", kind
            assert facts(floor.world) == before, kind


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A response_url, and what was sent there."""
    said: list[dict[str, Any]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", said
    server.shutdown()
    server.server_close()
    thread.join()


REFUSALS = ("not in Baton's team file", "Guests cannot", "This account cannot", "people of this workspace")


@pytest.mark.parametrize("name", MAY_ASK)
def test_each_question_is_answered_to_those_who_may_ask_and_to_nobody_else(
    floor: Floor, answers: tuple[str, list[dict[str, Any]]], name: str
) -> None:
    url, said = answers
    number = floor.lead("new")
    words = {"lead": f"lead lead{number}@engines.example", "why": f"why lead{number}@engines.example"}
    for count, (kind, user) in enumerate(KINDS.items(), start=1):
        asked = {
            "command": "/mql", "text": words.get(name, name), "user_id": user, "response_url": url,
            "team_id": SAID_OF.get(kind, {}).get("team_id", floor.world.slack.team_id), "channel_id": "C0ALL",
        }  # fmt: skip
        assert sealed(urlencode(asked).encode()).to(floor.world).status_code == 200
        until = time.monotonic() + 5
        while len(said) < count and time.monotonic() < until:
            time.sleep(0.01)
        answer = said[count - 1]
        refused = any(words in answer["text"] for words in REFUSALS)
        assert refused != (kind in MAY_ASK[name]), (kind, answer["text"])
        assert answer["response_type"] == "ephemeral"
        if refused:
            assert "blocks" not in answer
            assert "Engines" not in str(answer)


def _more_than(calls: list[Any], count: int) -> bool:
    return len(calls) > count


def test_home_shows_leads_to_members_alone(floor: Floor) -> None:
    floor.lead("new")
    calls = floor.world.slack.workspace.calls
    for kind, user in KINDS.items():
        before = len(calls)
        assert event(floor.world, "app_home_opened", user=user, tab="home").to(floor.world).status_code == 200
        floor.world.slack.wait_for(partial(_more_than, calls, before))
        view = str(calls[-1].arguments["view"])
        assert ("To be claimed" in view) == (kind in MEMBERS), kind
        assert ("Engines" in view) <= (kind in MEMBERS), kind
