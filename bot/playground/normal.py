"""Blocks in the form Slack keeps and returns them: ids made up, defaults written out."""

import secrets
from copy import deepcopy
from typing import Any

from bot.playground.inputs import elements_in
from bot.playground.people import Payload


def normal_blocks(blocks: list[Payload]) -> list[Payload]:
    """A copy of checked *blocks* with every block_id and action_id, `emoji` and `verbatim` filled in."""
    kept = deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
    for _, element in elements_in(kept):
        element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    spell_out(kept)
    return kept


def spell_out(value: Any) -> None:
    """Write Slack's defaults into every text object below *value*."""
    if isinstance(value, list):
        for one in value:
            spell_out(one)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for one in value.values():
            spell_out(one)
