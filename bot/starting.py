"""`baton init`: working samples of the two files, and a .env with secrets of its own."""

import base64
import re
import secrets
from importlib import resources
from pathlib import Path

from scoring.presets import preset_text

DEFINITION, TEAM, ENV = "definition.yaml", "team.yaml", ".env"


class InTheWay(Exception):
    """Files of ours are there already; the message names them."""


def team_text(*, live: bool) -> str:
    """The sample team file."""
    text = resources.files("bot.samples").joinpath(TEAM).read_text("utf-8")
    return re.sub(r"^live: \w+", f"live: {'true' if live else 'false'}", text, flags=re.MULTILINE)


def env_text() -> str:
    """A .env with fresh secrets and the Slack settings still empty."""
    return (
        "# Slack: paste these from your app's pages (baton manifest prints the app to create).\n"
        "SLACK_BOT_TOKEN=\n"
        "SLACK_SIGNING_SECRET=\n"
        "# If set, Socket Mode is used and Slack needs no URL of yours.\n"
        "SLACK_APP_TOKEN=\n"
        "# Else Slack sends to Baton's address on the internet, with TLS before it:\n"
        "# BATON_PUBLIC_URL=https://baton.example.com\n"
        "\n"
        "# Senders sign their events with this (Standard Webhooks).\n"
        f"BATON_INTAKE_SECRET={webhook_secret()}\n"
        "# The key of Baton's own hashes. Keep it: without it, erased people could come back.\n"
        f"BATON_SECRET={secrets.token_urlsafe(32)}\n"
        "\n"
        "DATABASE_URL=sqlite:///baton.db\n"
        f"BATON_DEFINITION={DEFINITION}\n"
        f"BATON_TEAM={TEAM}\n"
    )


def webhook_secret() -> str:
    """A new Standard Webhooks secret of 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def write_samples(folder: Path, *, preset: str, live: bool) -> list[Path]:
    """Write the three files into *folder*; gives their paths.

    Raises:
        InTheWay: one of them is there already; nothing is written.
        LookupError: no such preset.
    """
    texts = {DEFINITION: preset_text(preset), TEAM: team_text(live=live), ENV: env_text()}
    there = [name for name in texts if (folder / name).exists()]
    if there:
        raise InTheWay(
            f"{', '.join(there)} already there, so nothing was written. Move it away, or use another folder."
        )
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600 if name == ENV else 0o644)
        path.write_text(text, "utf-8")
    return [folder / name for name in texts]
