"""`baton manifest`, and that every command can be asked how it is used."""

import json
import re
from typing import Any

import pytest

from bot.slack.listeners.shortcuts import SHORTCUTS
from tests.program import ROOT, Program

SCOPES = {
    "auth_test": None, "chat_postMessage": "chat:write", "chat_update": "chat:write",
    "chat_delete": "chat:write",
    "chat_postEphemeral": "chat:write", "views_open": None, "views_publish": None, "chat_getPermalink": None,
    "users_list": "users:read", "users_info": "users:read", "apps_connections_open": None,
    "conversations_info": "channels:read groups:read", "conversations_open": "im:write",
    "conversations_history": "channels:history groups:history im:history",
    "conversations_replies": "channels:history groups:history im:history",
}  # fmt: skip
"""The bot scope each method needs. Source: https://docs.slack.dev/reference/methods, "Bot token"."""

COMMANDS = [
    ["init"], ["check"], ["serve"], ["import"], ["score"], ["route"], ["manifest"], ["demo"], ["playground"],
    ["db"], ["db", "upgrade"], ["export"], ["erase"], ["audit"], ["audit", "verify"],
]  # fmt: skip


def made(program: Program, *words: str, **environment: str) -> dict[str, Any]:
    done = program.call("manifest", *words, **environment)
    assert done.returncode == 0, done.stderr
    manifest: dict[str, Any] = json.loads(done.stdout)
    return manifest


def test_every_method_the_client_uses_has_its_scope_and_no_scope_is_asked_for_nothing(
    program: Program,
) -> None:
    used = set(re.findall(r"self\._(?:sender|opener)\.(\w+_\w+)", (ROOT / "bot/slack/client.py").read_text()))
    used.discard("base_url")
    assert used <= set(SCOPES), "a new method: say in this test which scope it needs"
    needed = {scope for method in used for scope in (SCOPES[method] or "").split()} | {"commands"}
    assert set(made(program)["oauth_config"]["scopes"]["bot"]) == needed


def test_the_events_the_command_and_the_buttons_come_to_one_url(program: Program) -> None:
    manifest = made(program, BATON_PUBLIC_URL="https://baton.acme.example/")
    url = "https://baton.acme.example/slack/events"
    command = manifest["features"]["slash_commands"][0]
    assert (command["command"], command["url"]) == ("/mql", url)
    settings = manifest["settings"]
    assert settings["interactivity"] == {"is_enabled": True, "request_url": url}
    assert settings["event_subscriptions"]["request_url"] == url
    listened = set(re.findall(r'bolt\.event\("(\w+)"\)', (ROOT / "bot/slack/bolt.py").read_text()))
    assert set(settings["event_subscriptions"]["bot_events"]) == listened
    assert settings["socket_mode_enabled"] is False
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True


def test_the_message_shortcuts_that_are_listened_to_are_in_the_manifest_and_no_others(
    program: Program,
) -> None:
    offered = {each["callback_id"]: each for each in made(program)["features"]["shortcuts"]}
    assert set(offered) == set(SHORTCUTS)
    for each in offered.values():
        assert each["type"] == "message"
        assert len(each["name"]) <= 24
        assert len(each["description"]) <= 150


def test_for_socket_mode_no_url_is_named(program: Program) -> None:
    by_option, by_setting = made(program, "--socket"), made(program, SLACK_APP_TOKEN="xapp-1")
    assert by_option == by_setting
    assert by_option["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(by_option)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_can_be_asked_how_it_is_used(words: list[str], program: Program) -> None:
    done = program.call(*words, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout
    assert program.files() == set()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_option_that_does_not_exist_is_wrong_use(words: list[str], program: Program) -> None:
    refused = program.call(*words, "--faster")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--faster" in refused.stderr
    assert program.files() == set()


def test_the_list_above_holds_every_command(program: Program) -> None:
    known = program.call("--help").stdout
    top = {words[0] for words in COMMANDS}
    assert set(re.findall(r"^│ (\w+) {2,}\S", known.partition("Commands")[2], re.MULTILINE)) == top


@pytest.mark.parametrize("words", [[], ["db"], ["sell"], ["init", "now"]], ids=" ".join)
def test_wrong_use_exits_2(words: list[str], program: Program) -> None:
    assert program.call(*words).returncode == 2


def test_the_module_and_the_script_are_the_same_program(program: Program) -> None:
    done = program.run("--help")
    assert done.returncode == 0
    assert "written definition" in done.stdout


def test_a_url_that_slack_cannot_reach_is_told(program: Program) -> None:
    assert "Slack cannot reach http://127.0.0.1:8000." in program.call("manifest").stderr
    assert program.call("manifest", "--socket").stderr == ""
    assert program.call("manifest", BATON_PUBLIC_URL="https://baton.example.com").stderr == ""
