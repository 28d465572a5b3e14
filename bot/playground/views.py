"""Modals and Home: a view's life, and what a person has filled in."""

import secrets
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.playground.inputs import INPUTS, Filled, elements_in, state_values
from bot.playground.people import Payload

STACK = 3
"""A modal and two pushed on it: https://docs.slack.dev/surfaces/modals."""


@dataclass
class View:
    """A view in front of one person. `errors` are the app's last, by block id; `filled` what was typed."""

    id: str
    user: str
    asked: Payload
    hash: str = ""
    root: str = ""
    previous: str | None = None
    filled: Filled = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Payload]:
        blocks: list[Payload] = self.asked["blocks"]
        return blocks

    def replace(self, asked: Payload, now: float) -> None:
        """Show *asked* instead. What was typed stays where both ids stay, as in Slack's client."""
        self.asked = asked
        self.hash = f"{int(now)}.{secrets.token_hex(4)}"
        self.errors = {}
        known = {
            (block["block_id"], element["action_id"])
            for block, element in elements_in(asked["blocks"])
            if element["type"] in INPUTS
        }
        self.filled = {key: value for key, value in self.filled.items() if key in known}

    def values(self) -> Payload:
        """`state.values`: block id -> action id -> what stands there now."""
        return state_values(self.blocks, self.filled)

    def fill(self, block: str, action: str, value: Any) -> None:
        self.filled[block, action] = value

    def wire(self, app_id: str, bot_id: str, team: str) -> Payload:
        """The view as Slack sends it; with state, hash and its place on the stack."""
        asked = deepcopy(self.asked)
        return {
            "id": self.id, "team_id": team, "type": asked["type"], "blocks": asked["blocks"],
            "private_metadata": asked.get("private_metadata", ""),
            "callback_id": asked.get("callback_id", ""),
            "state": {"values": self.values()}, "hash": self.hash,
            "title": asked.get("title", {"type": "plain_text", "text": "View Title", "emoji": True}),
            "clear_on_close": asked.get("clear_on_close", False),
            "notify_on_close": asked.get("notify_on_close", False),
            "close": asked.get("close"), "submit": asked.get("submit"),
            "previous_view_id": self.previous, "root_view_id": self.root or self.id,
            "app_id": app_id, "external_id": asked.get("external_id", ""),
            "app_installed_team_id": team, "bot_id": bot_id,
        }  # fmt: skip
