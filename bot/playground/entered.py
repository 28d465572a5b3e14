"""What an app's manifest enters into a workspace: its name, commands, message shortcuts, scopes, events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.people import App, Command, Shortcut


class NoManifest(ValueError):
    """What was given is no app manifest; the message says what is wrong and where."""


@dataclass(frozen=True)
class Entered:
    """The app as its manifest describes it."""

    app: App
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    scopes: tuple[str, ...]
    events: tuple[str, ...]


def entered(manifest: object) -> Entered:
    """Read a manifest. Source: https://docs.slack.dev/reference/app-manifest.

    Raises:
        NoManifest: it is not the object Slack would take.
    """
    about = _object(manifest, "the manifest")
    information = _object(about.get("display_information"), "display_information")
    features = _object(about.get("features", {}), "features")
    commands = [
        Command(_word(each, "command", at), str(each.get("usage_hint", "")), str(each.get("description", "")))
        for at, each in _items(features, "slash_commands")
    ]
    shortcuts = [
        Shortcut(_word(each, "callback_id", at), _word(each, "name", at))
        for at, each in _items(features, "shortcuts")
        if each.get("type") == "message"
    ]
    name = App(_word(information, "name", "display_information"))
    granted = _words(about, "oauth_config", "scopes", "bot")
    heard = _words(about, "settings", "event_subscriptions", "bot_events")
    return Entered(name, tuple(commands), tuple(shortcuts), granted, heard)


def _words(about: Mapping[str, Any], *path: str) -> tuple[str, ...]:
    """The list of words at *path*; none where it is not there."""
    found: object = about
    for at, key in enumerate(path):
        found = _object(found, ".".join(path[:at]) or "the manifest").get(key, [] if key == path[-1] else {})
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise NoManifest(f"{'.'.join(path)} is not a list of words.")
    return tuple(found)


def _items(features: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    listed = features.get(name, [])
    if not isinstance(listed, list):
        raise NoManifest(f"features.{name} is not a list.")
    places = [f"features.{name}[{index}]" for index in range(len(listed))]
    return [(at, _object(each, at)) for at, each in zip(places, listed, strict=True)]


def _object(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NoManifest(f"{at} is not an object.")
    return value


def _word(value: Mapping[str, Any], key: str, at: str) -> str:
    if not isinstance(value.get(key), str) or not value[key].strip():
        raise NoManifest(f"{at} has no {key}.")
    return str(value[key])
