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


MESSAGE = 13_000
"""Characters of JSON of a whole message, by the same measure."""


def size(parts: Sequence[Block]) -> int:
    """The characters blocks count for in a message."""
    return sum(len(json.dumps(part, ensure_ascii=False, separators=(",", ":"))) for part in parts)


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


def divider() -> Block:
    """A line between two parts."""
    return {"type": "divider"}


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


def asking_first(made: Block, title: str, text: str, yes: str) -> Block:
    """The button with a dialog that asks before it is pressed: 100, 300 and 30 characters."""
    dialog = {
        "title": {"type": "plain_text", "text": plain(title, 100)},
        "text": {"type": "plain_text", "text": plain(text, 300)},
        "confirm": {"type": "plain_text", "text": plain(yes, 30)},
        "deny": {"type": "plain_text", "text": "Cancel"},
    }
    return made | {"confirm": dialog}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements)} | ({"block_id": block_id} if block_id else {})


def option(label: str, value: str) -> Block:
    """A choice of a select; a label of which nothing can be shown is its value, because Slack takes no empty one."""
    words = plain(label, OPTION) or plain(value, OPTION)
    return {"text": {"type": "plain_text", "text": words, "emoji": False}, "value": value}


def link(label: str, value: str, url: str) -> Block:
    """A choice of a menu that opens an address."""
    return option(label, value) | {"url": url}


def menu(action_id: str, options: Sequence[Block]) -> Block:
    """The ⋯ menu: one to five choices."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


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


def note(name: str, label: str, most: int, *, optional: bool = True) -> Block:
    """A text of several lines, which may be left empty unless *optional* is False."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": True, "max_length": most}
    return _input(name, label, element) | ({"optional": True} if optional else {})


def number(name: str, label: str, low: int, high: int, initial: str | None = None) -> Block:
    """A required whole number from *low* to *high*."""
    element: Block = {
        "type": "number_input",
        "action_id": name,
        "is_decimal_allowed": False,
        "min_value": str(low),
        "max_value": str(high),
    }
    return _input(name, label, element | ({"initial_value": initial} if initial else {}))


def due_date(name: str, label: str, initial: str | None = None) -> Block:
    """A required date; *initial* as YYYY-MM-DD."""
    element: Block = {"type": "datepicker", "action_id": name}
    return _input(name, label, element | ({"initial_date": initial} if initial else {}))


def words(
    name: str, label: str, initial: str = "", *, required: bool = False, most: int = 200, lines: bool = False
) -> Block:
    """A text of at most *most* characters, filled in with *initial*; of several lines where told."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": lines, "max_length": most}
    if initial:
        element["initial_value"] = plain(initial, most)
    return _input(name, label, element) | ({} if required else {"optional": True})


def date(name: str, label: str) -> Block:
    """An optional date."""
    return _input(name, label, {"type": "datepicker", "action_id": name}) | {"optional": True}


def person(name: str, label: str) -> Block:
    """An optional person of the workspace."""
    return _input(name, label, {"type": "users_select", "action_id": name}) | {"optional": True}


def choice(action_id: str, placeholder: str, options: Sequence[Block]) -> Block:
    """A menu for a row of buttons; choosing is pressing."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": {"type": "plain_text", "text": plain(placeholder, 150), "emoji": False},
        "options": list(options),
    }


def choice_of_person(action_id: str, placeholder: str) -> Block:
    """A menu of everybody in the workspace for a row of buttons; choosing is pressing."""
    words = {"type": "plain_text", "text": plain(placeholder, 150), "emoji": False}
    return {"type": "users_select", "action_id": action_id, "placeholder": words}


def typed(name: str, label: str, initial: str, *, optional: bool = True, lines: bool = False) -> Block:
    """A short text, or one of several *lines*, with what stands there now."""
    most = 3_000 if lines else 500
    element: Block = {"type": "plain_text_input", "action_id": name, "max_length": most}
    element |= {"multiline": True} if lines else {}
    element |= {"initial_value": initial[:most]} if initial else {}
    return _input(name, label, element) | {"optional": optional}


def several_people(name: str, label: str, initial: Sequence[str]) -> Block:
    """A required choice of people, at most 100."""
    element: Block = {"type": "multi_users_select", "action_id": name}
    return _input(name, label, element | ({"initial_users": list(initial)} if initial else {}))


def last_day(name: str, label: str) -> Block:
    """A required date."""
    return _input(name, label, {"type": "datepicker", "action_id": name})


def hour(name: str, label: str) -> Block:
    """An optional time of day."""
    return _input(name, label, {"type": "timepicker", "action_id": name}) | {"optional": True}


def ticks(
    name: str, label: str, options: Sequence[Block], initial: Sequence[Block] = (), *, required: bool = False
) -> Block:
    """At most ten boxes to tick, those of *initial* to begin with; none of them must be unless *required*."""
    element: Block = {"type": "checkboxes", "action_id": name, "options": list(options)}
    element |= {"initial_options": list(initial)} if initial else {}
    return _input(name, label, element) | ({} if required else {"optional": True})


def preformatted(lines: Sequence[str]) -> Block:
    """Lines shown letter by letter, each cut to 500 characters; nothing in them is read as Slack's own."""
    pieces = [""]
    for line in lines:
        if len(pieces[-1]) + 502 > SECTION:
            pieces.append("")
        pieces[-1] += (line if len(line) <= 500 else f"{line[:499]}…") + "\n"
    texts = [{"type": "text", "text": piece} for piece in pieces if piece]
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": texts}]}


def hint(block: Block, words: str) -> Block:
    """An input with a grey line below it."""
    return block | {"hint": {"type": "plain_text", "text": plain(words, LABEL), "emoji": False}}


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
