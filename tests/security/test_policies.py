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

from bot.desk import govern, team, team_file
from bot.desk.govern import Files
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.floor import Policy
from bot.slack.listeners.presses import BUTTONS
from bot.slack.listeners.shortcuts import SHORTCUTS
from bot.slack.listeners.submissions import FORMS
from storage import contracts
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
from tests.world import ADA, DEFINITION, TEAM, World

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
TAKERS = {"ae", "manager"}
LEADERS = {"manager", "marketing"}
GIVERS = POOL | LEADERS | {"sdr outside"}

MAY: dict[str, tuple[str, str, set[str]]] = {
    "accept": ("new", "decides", POOL),
    "reject": ("new", "opens", POOL),
    "recycle": ("worked", "opens", OWNED),
    "touch": ("worked", "opens", OWNED),
    "touch_call": ("worked", "opens", OWNED),
    "touch_email": ("worked", "opens", OWNED),
    "touch_booked": ("worked", "decides", OWNED),
    "qualify": ("worked", "opens", OWNED),
    "ae_accept": ("sql", "decides", TAKERS),
    "send_back": ("sql", "opens", OWNED | TAKERS),
    "opportunity": ("sql", "opens", TAKERS),
    "won": ("deal", "decides", TAKERS),
    "lost": ("deal", "opens", TAKERS),
    "undo": ("worked", "decides", {"owner"}),
    "reopen": ("worked", "opens", {"manager"}),
    "why": ("new", "opens", MEMBERS),
    "facts": ("sparse", "opens", POOL | {"marketing"}),
    "go_live": ("shadow", "decides", {"admin"}),
    "more": ("new", "opens", POOL),
    "home_page": ("new", "nothing", MEMBERS),
    "home_previous": ("new", "nothing", MEMBERS),
    "merge": ("two", "decides", LEADERS),
}
"""Each button: on what, what it does, and for whom alone."""

INSTEAD = {("undo", "manager"): "opens"}
"""Who gets something else: a manager who presses Undo on another's press is asked why."""

MAY_SEND: dict[str, tuple[str, set[str]]] = {
    "reject_form": ("new", POOL),
    "touch_form": ("worked", OWNED),
    "qualify_form": ("worked", OWNED),
    "opportunity_form": ("sql", TAKERS),
    "lost_form": ("deal", TAKERS),
    "send_back_form": ("sql", OWNED | TAKERS),
    "reopen_form": ("worked", {"manager"}),
    "reassign_form": ("worked", OWNED),
    "snooze_form": ("worked", {"owner"}),
    "pause_form": ("worked", set()),
    "facts_form": ("sparse", POOL | {"marketing"}),
    "handoff_form": ("cold", GIVERS),
    "add_form": ("unheard", GIVERS),
}
EDITORS = {"manager", "admin"}
OF_THE_TEAM: dict[str, tuple[str, str, set[str]]] = {
    "away": ("U0ANN", "opens", {"owner", *EDITORS}),
    "back": ("U0ANN", "decides", {"owner", *EDITORS}),
    "edit_person": ("U0ANN", "opens", EDITORS),
    "edit_pool": ("1:0", "opens", EDITORS),
    "edit_hours": ("team", "opens", EDITORS),
    "take_team_file": ("", "decides", {"admin"}),
    "keep_team_file": ("", "decides", {"admin"}),
}
"""Each button of the team: its value, what it does, and for whom alone."""

FORMS_OF_THE_TEAM: dict[str, tuple[str, dict[str, str | None], set[str]]] = {
    "person_form": ("1:U0ANN", {"weight": "{n}"}, EDITORS),
    "pool_form": ("1:0", {"hours": "mon 09:00-{n}:00"}, EDITORS),
    "hours_form": ("1", {"hours": "mon 09:00-{n}:00"}, EDITORS),
    "away_form": ("U0ANN", {"until_date": "2026-11-25", "until_time": "10:{n}"}, {"owner", *EDITORS}),
}
"""Each form of the team: what it is about, what is filled in (another number for everybody), and who may send it."""

MAY_ASK = {
    "queue": MEMBERS, "lead": MEMBERS, "why": MEMBERS, "funnel": MEMBERS, "team": MEMBERS,
    "help": MEMBERS | {"unknown"},
    "add": GIVERS, "handoff": GIVERS, "suppression": LEADERS, "merge": LEADERS,
}  # fmt: skip
MAY_CHOOSE = {"hand_to_sales": GIVERS, "why_this_lead": MEMBERS}
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
    "opportunity_form": {"amount": "25000", "close_on": "2026-12-18", "note": None},
    "lost_form": {"reason": "no_budget", "note": None, "date": None},
    "send_back_form": {"note": "No authority"},
    "reopen_form": {"note": "A slip"},
    "reassign_form": {"person": "pool", "note": None},
    "snooze_form": {"length": "15m"},
    "pause_form": {"reason": "on holiday"},
    "facts_form": {"employees": "120"},
    "handoff_form": {"reason": "She asked us."},
    "add_form": {"reason": "She asked us."},
}
ABOUT_LEADS = ("facts_form", "handoff_form", "add_form")
"""Forms whose metadata names a lead; each lead here has its number, too."""


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
        """A hand-off that is new, worked (accepted and touched by the owner), an SQL handed to the account
        executive, or a deal of theirs; gives its id.

        sparse: of a lead whose company's size is unknown; cold: a lead alone, that nobody handed over; unheard: not
        even that.
        """
        self.leads += 1
        lead = {
            **ADA,
            "email": f"lead{self.leads}@engines{self.leads}.example",
            "company": f"Engines {self.leads}",
        }
        if state == "sparse":
            del lead["employees"]
        signal = "email_open" if state in ("cold", "unheard") else "demo_request"
        answer = self.world.post({"events": [self.world.event(signal, lead)]})
        assert answer.status_code == 202
        if state in ("worked", "sql", "deal"):
            owner = KINDS["owner"]
            assert press(self.world, owner, "accept", self.leads).to(self.world).status_code == 200
            self._sends(owner, "touch_form", {})
        if state in ("sql", "deal"):
            self._sends(owner, "qualify_form", {"ae": KINDS["ae"]})
        if state == "deal":
            self._sends(KINDS["ae"], "opportunity_form", {})
        return self.leads

    def _sends(self, user: str, form: str, given: dict[str, str | None]) -> None:
        made = form_payload(self.world, user, form, FILLED[form] | given, str(self.leads))
        answer = interaction(made).to(self.world)
        assert (answer.status_code, answer.text) == (200, "")

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
    registries: tuple[dict[str, Any], ...] = (BUTTONS, FORMS, SUBCOMMANDS, SHORTCUTS)
    tables: tuple[dict[str, Any], ...] = (
        MAY | OF_THE_TEAM, MAY_SEND | FORMS_OF_THE_TEAM, MAY_ASK, MAY_CHOOSE,
    )  # fmt: skip
    for registry, table in zip(registries, tables, strict=True):
        assert set(registry) == set(table)
        for name, entry in registry.items():
            assert entry.policy in get_args(Policy), name


def test_bolt_listens_to_nothing_beside_the_registries(world: World) -> None:
    bolt = world.baton.bolt
    names = [listener.ack_function.__name__ for listener in bolt._listeners]
    assert sorted(names) == sorted(
        ["on_press"] * len(BUTTONS)
        + ["on_submit"] * len(FORMS)
        + ["on_shortcut"] * len(SHORTCUTS)
        + ["_at_once", "on_home", "on_user_change"]
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


@pytest.mark.slow
@pytest.mark.parametrize("action", [name for name in MAY if name not in ("go_live", "merge")])
def test_each_button_does_its_work_for_those_who_may_and_nothing_for_all_others(
    floor: Floor, action: str
) -> None:
    state, effect, allowed = MAY[action]
    for kind in KINDS:
        number = floor.lead(state)
        value = f"reassign:{number}" if action == "more" else str(number)
        request = interaction(floor.payload(kind, action, value))
        expected = effect if kind in allowed else INSTEAD.get((action, kind), "nothing")
        assert floor.outcome(request) == expected, kind


def test_only_an_admin_ends_the_shadow_start(worlds: Callable[..., World], sqlite_url: str) -> None:
    shadow = known(worlds(sqlite_url, team="live: false\n" + TEAM_OF_ALL))
    for kind in sorted(KINDS, key=lambda each: each == "admin"):
        request = interaction(shadow.payload(kind, "go_live", "team"))
        assert shadow.outcome(request) == ("decides" if kind in MAY["go_live"][2] else "nothing"), kind


def test_only_marketing_and_managers_merge_leads(floor: Floor) -> None:
    for kind in KINDS:
        keep, other = floor.lead("new"), floor.lead("new")
        request = interaction(floor.payload(kind, "merge", f"{keep}:{other}"))
        assert floor.outcome(request) == ("decides" if kind in LEADERS else "nothing"), kind


@pytest.mark.slow
@pytest.mark.parametrize("name", MAY_CHOOSE)
def test_each_shortcut_opens_for_those_who_may_and_for_nobody_else(floor: Floor, name: str) -> None:
    number = floor.lead("new")
    for kind in KINDS:
        made = floor.payload(kind, "accept", "0") | {"type": "message_action", "callback_id": name}
        text = f"lead{number}@engines{number}.example"
        made |= {"message_ts": "1.0", "message": {"type": "message", "ts": "1.0", "text": text}}
        request = interaction(made)
        assert floor.outcome(request) == ("opens" if kind in MAY_CHOOSE[name] else "nothing"), kind


@pytest.mark.slow
@pytest.mark.parametrize("name", MAY_SEND)
def test_each_form_is_taken_from_those_who_may_and_sent_back_to_all_others(floor: Floor, name: str) -> None:
    state, allowed = MAY_SEND[name]
    for kind in KINDS:
        number = floor.lead(state)
        filled = FILLED[name] | ({"pool": "EMEA"} if kind == "marketing" and allowed == GIVERS else {})
        filled |= {"email": f"new{number}@engines.example"} if name == "add_form" else {}
        private = f"lead:{number}" if name in ABOUT_LEADS else str(number)
        made = form_payload(floor.world, KINDS[kind], name, filled, private)
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


def test_a_deal_is_given_on_by_who_holds_it_and_managers_and_by_nobody_else(floor: Floor) -> None:
    for kind in KINDS:
        number = floor.lead("deal")
        menu = interaction(floor.payload(kind, "more", f"reassign:{number}"))
        assert floor.outcome(menu) == ("opens" if kind in TAKERS else "nothing"), kind
        before = facts(floor.world)
        made = form_payload(
            floor.world, KINDS[kind], "reassign_form", {"person": "U0MAX", "note": None}, str(number)
        )
        if "team_id" in SAID_OF.get(kind, {}):
            made["user"]["team_id"] = PARTNER
        answer = interaction(made).to(floor.world)
        assert (facts(floor.world) != before) == (kind in TAKERS), kind
        assert (answer.text == "") == (kind in TAKERS), kind


@pytest.mark.slow
@pytest.mark.parametrize("action", OF_THE_TEAM)
def test_each_button_of_the_team_does_its_work_for_those_who_may_and_nothing_for_all_others(
    floor: Floor, action: str
) -> None:
    value, effect, allowed = OF_THE_TEAM[action]
    desk = floor.world.baton.desk
    if action.endswith("team_file"):
        file = TEAM_OF_ALL.replace("name: Cat", "name: Cathy")
        govern.first_start(desk, Files(DEFINITION, file))
        value = contracts.digest(file)[: team_file.SHORT]
    for kind in sorted(KINDS, key=lambda each: each == "admin"):
        if action == "back":
            team.go_away(desk, "U0ANN", "U0ANN", ("2026-11-25", ""))
        request = interaction(floor.payload(kind, action, value))
        assert floor.outcome(request) == (effect if kind in allowed else "nothing"), kind


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS_OF_THE_TEAM)
def test_each_form_of_the_team_is_taken_from_those_who_may_and_sent_back_to_all_others(
    floor: Floor, name: str
) -> None:
    private, values, allowed = FORMS_OF_THE_TEAM[name]
    for number, kind in enumerate(KINDS, start=10):
        filled = {field: (value or "").format(n=number) for field, value in values.items()}
        made = form_payload(floor.world, KINDS[kind], name, {**filled}, private)
        if "team_id" in SAID_OF.get(kind, {}):
            made["user"]["team_id"] = PARTNER
        before = facts(floor.world)
        answer = interaction(made).to(floor.world)
        assert answer.status_code == 200
        assert (facts(floor.world) != before) == (kind in allowed), kind
        assert ("errors" in answer.text) != (kind in allowed), kind


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


REFUSALS = (
    "not in Baton's team file", "SDRs, marketing and managers hand", "Marketing and managers do", "Guests cannot",
    "This account cannot", "people of this workspace",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", MAY_ASK)
def test_each_question_is_answered_to_those_who_may_ask_and_to_nobody_else(
    floor: Floor, answers: tuple[str, list[dict[str, Any]]], name: str
) -> None:
    url, said = answers
    number = floor.lead("new")
    address = f"lead{number}@engines{number}.example"
    words = {name: f"{name} {address}" for name in ("lead", "why", "handoff", "merge")}
    words["merge"] += f" {address}"
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
        _check_home(str(calls[-1].arguments["view"]), kind)


def _check_home(view: str, kind: str) -> None:
    assert ("tells what else Baton answers" in view) == (kind in MEMBERS), kind
    assert ("Engines" in view) <= (kind in MEMBERS), kind


@pytest.mark.parametrize("action", ["home_page", "home_previous", "accept"])
def test_a_press_on_home_shows_leads_to_members_alone(floor: Floor, action: str) -> None:
    number = floor.lead("worked")
    for _ in range(8):
        floor.lead("new")
    calls = floor.world.slack.workspace.calls
    for kind in KINDS:
        before = len(calls)
        made = floor.payload(kind, action, str(number) if action == "accept" else "pools:2")
        made |= {
            "container": {"type": "view", "view_id": "V1"},
            "view": {"type": "home", "private_metadata": ""},
        }
        made.pop("channel")
        assert interaction(made).to(floor.world).status_code == 200
        floor.world.slack.wait_for(partial(_more_than, calls, before))
        assert calls[-1].method == "views.publish"
        _check_home(str(calls[-1].arguments["view"]), kind)
