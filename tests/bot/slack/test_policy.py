"""Who may press, fill in and ask what; and what comes of buttons nobody ever drew."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.desk import by_hand, typing_in
from bot.desk.bench import Mistaken
from bot.desk.team_file import Difference
from bot.playground import Answer
from bot.slack.client import SlackClient
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.floor import Chosen, Filled, Floor, Policy, Press
from bot.slack.listeners.presses import BUTTONS
from bot.slack.listeners.shortcuts import SHORTCUTS
from bot.slack.listeners.submissions import FORMS
from bot.slack.views import (
    answers,
    by_hand_forms,
    deal_forms,
    deal_notes,
    forms,
    home,
    notes,
    team,
    team_forms,
)  # fmt: skip
from bot.slack.views.card import card
from scoring.handoff import Pressed
from scoring.stages import Refused
from tests import shown as states
from tests.world import MONDAY_9, TEAM, World

FORGED = (
    "0",
    "abc",
    "",
    str(10**30),
    "-1",
    "1; drop table handoff",
    "٣",
    "999999999",
    "1.0",
    "\x00",
    "\ud800",
)
AWAY = TEAM.replace("Europe/Berlin}", "Europe/Berlin, away: [{from: 2026-11-23, until: 2026-11-24}]}")
FILLED_IN: dict[str, dict[str, Any]] = {
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
    "reassign_form": {"person": "U0BOB", "note": None},
    "snooze_form": {"length": "15m"},
    "pause_form": {"reason": "on holiday"},
    "opportunity_form": {"amount": "25000", "close_on": "2026-12-18", "note": None},
    "lost_form": {"reason": "no_budget", "note": "n", "date": None},
    "send_back_form": {"note": "Not the person who decides"},
    "reopen_form": {"note": "It was too early"},
}


ABOUT_LEADS = {
    "handoff_form": {"reason": "She leads the evaluation."},
    "add_form": {"email": "ada@engines.example", "reason": "She leads the evaluation."},
    "facts_form": {"employees": "120"},
}
"""Forms about a lead and no hand-off; Ada's is with sales, so that nobody can hand her over."""


ALL_FILLED_IN: dict[str, dict[str, Any]] = {**FILLED_IN, **ABOUT_LEADS}


def forged(world: World, kind: str, **fields: Any) -> Answer:
    """An interaction with Slack's signature and whatever content."""
    team = world.slack.team_id
    payload = {
        "type": kind,
        "team": {"id": team, "domain": "t"},
        "user": {"id": "U0ANN", "username": "ann", "team_id": team},
        "api_app_id": "A0APPBOT",
        "token": "t",
        **fields,
    }
    return world.slack.delivery.send("interactive", payload)


def press(world: World, action: str, value: str, user: str = "U0ANN") -> Answer:
    """A press on a button with any value, drawn or not."""
    made = {"type": "button", "action_id": action, "block_id": "b", "action_ts": "1.0", "value": value}
    return forged(
        world,
        "block_actions",
        user={"id": user, "username": "x", "team_id": world.slack.team_id},
        container={"type": "message", "message_ts": "1.0", "channel_id": "C0EMEA"},
        channel={"id": "C0EMEA", "name": "x"},
        trigger_id="1.2.3",
        actions=[made],
    )


def submit(world: World, form: str, private: str, values: dict[str, Any]) -> Answer:
    """A form with any metadata and any values, opened or not."""
    state = {block: {block: {"type": "plain_text_input", "value": value}} for block, value in values.items()}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": form,
        "private_metadata": private,
        "state": {"values": state},
        "blocks": [],
    }
    return forged(world, "view_submission", view=view)


def log_of(path: Path) -> list[tuple[Any, ...]]:
    """Every transition that was ever written."""
    with sqlite3.connect(path / "baton.db") as reader:
        rows = reader.execute("SELECT handoff_id, n, action, actor, to_stage FROM transition ORDER BY 1, 2")
        return rows.fetchall()


@pytest.fixture
def at_work(world: World) -> World:
    """Ann has Ada's lead and reached her once, so that every button leads somewhere."""
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.press("U0ANN", "touch")
    world.submit("U0ANN", kind="call", outcome="reached")
    return world


@pytest.fixture
def locked(at_work: World, tmp_path: Path) -> Iterator[World]:
    """Somebody else holds the database."""
    other = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield at_work
    other.close()


def floor_of(world: World) -> Floor:
    """The floor as the listeners have it."""
    return Floor(world.baton.desk, SlackClient("xoxb-tests", world.slack.url), world.baton.aside)


@pytest.mark.parametrize("registry", [BUTTONS, FORMS, SUBCOMMANDS, SHORTCUTS])
def test_everything_people_can_do_stands_under_a_policy(registry: dict[str, Any]) -> None:
    assert registry
    for name, entry in registry.items():
        assert entry.policy in get_args(Policy), name


def test_only_help_is_for_anybody() -> None:
    everything: dict[str, Any] = {**BUTTONS, **FORMS, **SUBCOMMANDS, **SHORTCUTS}

    assert [name for name, entry in everything.items() if entry.policy == "anybody"] == ["help"]


def test_every_button_and_form_that_is_drawn_is_listened_to() -> None:
    drawn: set[str] = set()
    stages = ("mql", "sal", "sql", "opportunity", "won", "lost", "recycled", "disqualified")
    pressed = Pressed(2, "accept", "U0ANN", MONDAY_9)
    surfaces: list[Any] = [
        card(states.shown(stage=s, owner=o, last=pressed)).blocks for s in stages for o in (None, "U0ANN")
    ]
    surfaces.append(notes.nudge_owner(states.accepted(), "nudge 50%", None).blocks)
    surfaces.append(card(states.shown(stage="sql", owner="U0ANN", ae="U0MAX")).blocks)
    surfaces.append(deal_notes.to_ae(states.shown(stage="sql", owner="U0ANN"), None).blocks)
    surfaces.append(deal_notes.close_date(states.shown(stage="opportunity", owner="U0ANN"), None).blocks)
    over = states.explained(history=(states.ended(last=pressed),))
    surfaces.append(answers.lead(over, "U0MAX").blocks)
    leads = [
        states.shown(id=n, stage=stage, owner=owner, last=pressed)
        for n, (stage, owner) in enumerate([(s, o) for s in stages[:4] for o in (None, "U0ANN")] * 4, start=1)
    ]
    surfaces += [home.home(states.home(leads, everything=True, number=n))["blocks"] for n in (1, 2)]
    surfaces += [team.team(states.team(who)).blocks for who in ("U0MAX", "U0ANN")]
    surfaces.append(team.team(states.team("U0ANN", AWAY)).blocks)
    surfaces.append(team.changed_file(Difference("0123456789ab", 1, ("+a",), 1, 0)).blocks)
    for blocks in surfaces:
        for block in blocks:
            found = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
            drawn |= {element["action_id"] for element in found if "action_id" in element}
    plain = (
        forms.snooze_form, forms.pause_form,
        deal_forms.opportunity_form, deal_forms.lost_form, deal_forms.send_back_form, deal_forms.reopen_form,
    )  # fmt: skip
    views: list[Any] = [view(states.accepted()) for view in plain]
    views += [form([states.accepted()]) for form in (forms.reject_form, forms.touch_form, forms.qualify_form)]
    views.append(forms.reassign_form(states.accepted(), [("U0BOB", "Bob")]))
    shown = states.team("U0MAX")
    views += [team_forms.person_form(shown, "U0ANN"), team_forms.pool_form(shown, 0)]
    views += [team_forms.hours_form(shown), team_forms.away_form(shown, shown.asker)]
    choices = by_hand.Choices({by_hand.ME: "Me", "EMEA": "EMEA"})
    views += [by_hand_forms.handoff_form(choices), by_hand_forms.add_form(choices)]
    views.append(by_hand_forms.facts_form(typing_in.Wanted(1, "Ada", ("employees",), {})))

    assert {
        "accept",
        "reject",
        "why",
        "touch",
        "qualify",
        "recycle",
        "undo",
        "away",
        "back",
        "reopen",
    } <= drawn
    assert {"ae_accept", "send_back", "opportunity", "won", "lost", "home_page", "home_previous"} <= drawn
    assert drawn <= set(BUTTONS)
    assert {view["callback_id"] for view in views} == set(FORMS)


def test_people_without_a_role_are_refused_by_every_button(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)
    for who in ("U0EVE", "U0NOBODY", "", "<!channel>"):
        for action, button in BUTTONS.items():
            with pytest.raises(Refused):
                button.pressed(floor_of(at_work), Press(who, None, "C0EMEA", "1.0", "1", "t"))
            assert log_of(tmp_path) == before, action


def test_people_without_a_role_are_refused_by_every_form(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    for name, form in FORMS.items():
        with pytest.raises((Refused, Mistaken)):
            form.submitted(floor_of(at_work), Filled("U0EVE", None, "1", ALL_FILLED_IN.get(name, {})))
        assert log_of(tmp_path) == before, name


@pytest.mark.parametrize("change", [{"is_guest": True}, {"deleted": True}, {"team_id": "T0PARTNER"}])
def test_guests_leavers_and_other_workspaces_press_nothing(
    at_work: World, tmp_path: Path, change: dict[str, Any]
) -> None:
    at_work.baton.schedule.tick()
    at_work.deliver()
    at_work.slack.change_user("U0ANN", **change)
    before = log_of(tmp_path)

    for action in BUTTONS:
        assert press(at_work, action, "1").status == 200
    for form, values in ALL_FILLED_IN.items():
        refusal = json.loads(submit(at_work, form, "1", values).text)
        assert refusal["response_action"] == "errors"

    assert log_of(tmp_path) == before
    assert at_work.slack.modal("U0ANN") is None


def test_a_colleague_of_the_pool_cannot_work_on_somebody_elses_lead(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    actions = [action for action, button in BUTTONS.items() if button.policy in ("decide", "manager")]
    for action in actions:
        press(at_work, action, "1", "U0BOB")

    assert log_of(tmp_path) == before
    assert len(at_work.whispered("U0BOB", len(actions))) == len(actions)


def test_only_an_admin_goes_live(world: World) -> None:
    for user in ("U0ANN", "U0MAX", "U0MIA"):
        press(world, "go_live", "team", user)
        assert "admin" in world.whispered(user)[-1].lower()


def test_a_forged_button_changes_nothing_and_is_answered(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    for value in FORGED:
        for action in BUTTONS:
            assert press(at_work, action, value).status == 200, (action, value)

    assert log_of(tmp_path) == before


@pytest.mark.slow
def test_a_form_about_no_lead_is_refused_in_the_form(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    for private in (*FORGED, *(f"lead:{each}" for each in FORGED), "lead:1:1", "lead"):
        for form, values in ALL_FILLED_IN.items():
            answer = submit(at_work, form, private, values)
            assert answer.status == 200, (form, private)
            assert json.loads(answer.text)["response_action"] == "errors"

    assert log_of(tmp_path) == before


def test_a_form_filled_with_nonsense_is_sent_back(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    for value in (None, "", "not_fit.bogus", "x" * 5_000, "'; --", "9999-99-99"):
        for form, values in FILLED_IN.items():
            answer = submit(at_work, form, "1", dict.fromkeys(values, value))
            errors = json.loads(answer.text)["errors"]
            assert errors, (form, value)
            assert set(errors) <= set(values)

    assert log_of(tmp_path) == before


def test_a_note_with_characters_no_database_stores_is_kept_without_them(at_work: World) -> None:
    answer = submit(at_work, "reject_form", "1", {"reason": "other", "note": "a\x00b\ud800c", "date": None})

    assert answer.status == 200
    assert "errors" not in answer.text
    assert "Recycled" in at_work.ask("U0ANN", "lead ada@engines.example")


def test_a_lead_that_is_handed_over_by_hand_with_nonsense_is_sent_back(
    at_work: World, tmp_path: Path
) -> None:
    before = log_of(tmp_path)

    for value in (None, "", "x" * 5_000):
        for form in ("handoff_form", "add_form"):
            values = dict.fromkeys(ABOUT_LEADS[form], value)
            assert json.loads(submit(at_work, form, "lead:1", values).text)["errors"], (form, value)
    answer = json.loads(submit(at_work, "facts_form", "lead:1", {"employees": "many"}).text)
    assert answer["errors"] == {"employees": "Write a number, such as 120."}

    assert log_of(tmp_path) == before


def choose(world: World, shortcut: str, user: str = "U0ANN", **message: Any) -> Answer:
    """A message shortcut of any message, shown or not."""
    return forged(
        world,
        "message_action",
        user={"id": user, "username": "x", "team_id": world.slack.team_id},
        callback_id=shortcut,
        message_ts="1.0",
        channel={"id": "C0EMEA", "name": "x"},
        trigger_id="1.2.3",
        message={"type": "message", "ts": "1.0", **message},
    )


def test_people_without_a_role_choose_no_shortcut(at_work: World) -> None:
    for shortcut in SHORTCUTS.values():
        for who in ("U0EVE", "U0NOBODY"):
            chosen = Chosen(who, None, "C0EMEA", "1.0", None, "ada@engines.example", 1, "t")
            with pytest.raises(Refused):
                shortcut.chosen(floor_of(at_work), chosen)


def test_a_forged_shortcut_is_answered_and_opens_nothing(at_work: World) -> None:
    odd: list[Any] = [0, -1, "1", None, True, 10**30, [], {"a": 1}]
    for meant in odd:
        for name in SHORTCUTS:
            metadata = {"event_type": "baton_card", "event_payload": {"handoff": meant}}
            assert choose(at_work, name, metadata=metadata, text=None).status == 200, (name, meant)

    assert at_work.slack.modal("U0ANN") is None


def test_an_action_nobody_knows_changes_nothing(at_work: World, tmp_path: Path) -> None:
    before = log_of(tmp_path)

    assert press(at_work, "delete_everything", "1").status == 404
    assert submit(at_work, "unknown_form", "1", {}).status == 404
    assert log_of(tmp_path) == before


def test_a_press_that_cannot_be_saved_is_not_confirmed_and_the_rep_reads_so(
    locked: World, tmp_path: Path
) -> None:
    before = log_of(tmp_path)

    answer = locked.slack.press("U0ANN", "undo")

    assert answer.status != 200
    assert locked.whispered("U0ANN")[-1].startswith("Not saved")
    assert log_of(tmp_path) == before


def test_a_form_that_cannot_be_saved_stays_open_and_the_rep_reads_so(at_work: World, tmp_path: Path) -> None:
    at_work.press("U0ANN", "recycle")
    other = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answer = at_work.slack.submit("U0ANN", {"reason": "no_budget"})

    assert answer.status != 200
    assert at_work.whispered("U0ANN")[-1].startswith("Not saved")
    other.close()
    assert at_work.submit("U0ANN", reason="no_budget").errors == {}
    assert at_work.card().plain().startswith("Ada Lovelace, Analytical Engines · Recycled · No budget")


def test_a_form_that_slack_opens_too_late_is_asked_for_again(world: World, tmp_path: Path) -> None:
    world.send(world.event("demo_request"))
    before = log_of(tmp_path)

    for count, action in ((1, "reject"), (2, "why")):
        world.slack.fail("views.open", "expired_trigger_id")
        assert world.press("U0ANN", action).status == 200
        assert "Press again." in world.whispered("U0ANN", count)[-1]
        assert log_of(tmp_path) == before
        world.press("U0ANN", action)
        assert world.slack.modal("U0ANN") is not None
        world.slack.close("U0ANN")


def test_a_form_that_slack_does_not_open_within_two_seconds_does_not_hold_up_the_answer(world: World) -> None:
    world.send(world.event("demo_request"))
    world.slack.fail("views.open", "latency", seconds=2.6)
    began = time.monotonic()

    assert world.press("U0ANN", "reject").status == 200

    assert time.monotonic() - began < 3
    assert "Press again." in world.whispered("U0ANN")[-1]
