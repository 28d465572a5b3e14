"""Block Kit's pieces, each within Slack's limits. Source: docs.slack.dev, "Reference: blocks"."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from bot.slack.views.text import SECTION, cut, escaped, plain

Block = dict[str, Any]

BUTTON = 75
TITLE = 24
OPTION = 75
LABEL = 2_000
ROOM = 11_500
"""Characters of JSON that the lines of a message may take: Slack refuses a message of about 13,200 in all."""


def section(text: str, block_id: str | None = None) -> Block:
    """A paragraph of mrkdwn that Slack does not link by itself; cut to 3,000 characters."""
    block: Block = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True},
    }
    return block | ({"block_id": block_id} if block_id else {})


def quote(text: str, most: int = 500) -> Block:
    """What a lead wrote, word by word, in a text that Slack does not interpret but for its entities."""
    words = escaped(plain(text, most))
    return {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}}


def context(text: str) -> Block:
    """A small grey line of mrkdwn."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, 2_000), "verbatim": True}]}


def header(text: str) -> Block:
    """A headline, at most 150 characters."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(text, 150), "emoji": True}}


def button(
    label: str, action_id: str, value: str, style: Literal["primary", "danger"] | None = None
) -> Block:
    """A button; *value* is the hand-off's id wherever one is meant."""
    made: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": plain(label, BUTTON), "emoji": True},
        "action_id": action_id,
        "value": value,
    }
    return made | ({"style": style} if style else {})


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)} | ({"block_id": block_id} if block_id else {})


def option(label: str, value: str) -> Block:
    """A choice of a select."""
    return {"text": {"type": "plain_text", "text": plain(label, OPTION), "emoji": False}, "value": value}


def select(name: str, label: str, options: Sequence[Block], initial: Block | None = None) -> Block:
    """A required choice; block id and action id are *name*."""
    element: Block = {"type": "static_select", "action_id": name, "options": list(options)}
    if initial is not None:
        element["initial_option"] = initial
    return _input(name, label, element)


def grouped_select(name: str, label: str, groups: Sequence[tuple[str, Sequence[Block]]]) -> Block:
    """A required choice under headings."""
    element: Block = {
        "type": "static_select",
        "action_id": name,
        "option_groups": [
            {
                "label": {"type": "plain_text", "text": plain(heading, OPTION), "emoji": False},
                "options": list(rows),
            }
            for heading, rows in groups
        ],
    }
    return _input(name, label, element)


def note(name: str, label: str, most: int) -> Block:
    """An optional text of several lines."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": True, "max_length": most}
    return _input(name, label, element) | {"optional": True}


def date(name: str, label: str) -> Block:
    """An optional date."""
    return _input(name, label, {"type": "datepicker", "action_id": name}) | {"optional": True}


def person(name: str, label: str) -> Block:
    """An optional person of the workspace."""
    return _input(name, label, {"type": "users_select", "action_id": name}) | {"optional": True}


def _input(name: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": plain(label, LABEL), "emoji": False},
        "element": element,
    }


def modal(
    callback_id: str, title: str, blocks: list[Block], *, submit: str | None, private: str = ""
) -> Block:
    """A modal; without *submit* it only shows."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": {"type": "plain_text", "text": plain(title, TITLE), "emoji": False},
        "close": {"type": "plain_text", "text": "Cancel" if submit else "Close", "emoji": False},
        "private_metadata": private,
        "blocks": blocks,
    }
    if submit:
        view["submit"] = {"type": "plain_text", "text": plain(submit, TITLE), "emoji": False}
    return view


def paragraphs(lines: Sequence[str], room: int = ROOM) -> list[Block]:
    """Lines packed into few sections, within Slack's limits; those beyond *room* are counted, not shown."""
    packed: list[str] = []
    for line in fitting([cut(line, SECTION) for line in lines], room):
        if packed and len(packed[-1]) + len(line) + 1 <= SECTION:
            packed[-1] += "\n" + line
        else:
            packed.append(line)
    return [section(text) for text in packed]


def fitting(lines: Sequence[str], room: int, *, ascii_json: bool = False) -> list[str]:
    """The first lines whose JSON fits into *room* characters, and how many are left out.

    *ascii_json*: as it is sent, where an emoji takes twelve characters; Slack measures views so.
    """
    kept: list[str] = []
    for line in lines:
        room -= len(json.dumps(line, ensure_ascii=ascii_json))
        if room < 0:
            return [*kept, f" … {len(lines) - len(kept)} more lines do not fit here"]
        kept.append(line)
    return kept
