"""An app's manifest as a workspace reads it."""

from typing import Any

import pytest

from bot.manifest import SCOPES, manifest
from bot.playground.entered import NoManifest, entered
from bot.slack.listeners.shortcuts import SHORTCUTS

SMALL: dict[str, Any] = {"display_information": {"name": "Hello"}}


def test_the_commands_and_message_shortcuts_are_entered() -> None:
    features = {
        "slash_commands": [{"command": "/hello", "description": "Greets", "usage_hint": "NAME"}],
        "shortcuts": [
            {"name": "Greet", "type": "message", "callback_id": "greet", "description": "x"},
            {"name": "Everywhere", "type": "global", "callback_id": "all", "description": "x"},
        ],
    }
    found = entered({**SMALL, "features": features})
    assert found.app.name == "Hello"
    assert [(one.name, one.hint, one.about) for one in found.commands] == [("/hello", "NAME", "Greets")]
    assert [(one.callback_id, one.name) for one in found.shortcuts] == [("greet", "Greet")]


def test_its_scopes_and_events_are_those_it_asks_for() -> None:
    asked = {
        "oauth_config": {"scopes": {"bot": ["chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    found = entered({**SMALL, **asked})
    assert (found.scopes, found.events) == (("chat:write",), ("app_mention",))
    assert (entered(SMALL).scopes, entered(SMALL).events) == ((), ())
    with pytest.raises(NoManifest, match=r"oauth_config\.scopes\.bot is not a list of words"):
        entered({**SMALL, "oauth_config": {"scopes": {"bot": "chat:write"}}})


def test_batons_own_manifest_is_one() -> None:
    found = entered(manifest("https://baton.example", socket_mode=False))
    assert (found.app.name, [one.name for one in found.commands]) == ("Baton", ["/mql"])
    assert {one.callback_id for one in found.shortcuts} == set(SHORTCUTS)
    assert (found.scopes, found.events) == (tuple(SCOPES), ("app_home_opened", "user_change"))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ([], "the manifest is not an object"),
        ({}, "display_information is not an object"),
        ({"display_information": {}}, "display_information has no name"),
        ({**SMALL, "features": {"slash_commands": {}}}, "features.slash_commands is not a list"),
        (
            {**SMALL, "features": {"slash_commands": [{"description": "x"}]}},
            r"slash_commands\[0\] has no command",
        ),
        ({**SMALL, "features": {"shortcuts": [7]}}, r"shortcuts\[0\] is not an object"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(wrong: object, why: str) -> None:
    with pytest.raises(NoManifest, match=why):
        entered(wrong)
