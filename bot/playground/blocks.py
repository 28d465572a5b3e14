"""Block Kit's blocks: which kinds where, which keys and sizes, and what must hold for all together."""

import json
from collections import Counter
from typing import Any

from bot.playground import limits
from bot.playground.checks import (
    Check,
    Faults,
    at_least_one,
    exactly_one,
    flag,
    many,
    one_of,
    picked,
    record,
    tagged,
    words,
)  # fmt: skip
from bot.playground.elements import BUTTON, ELEMENTS, IMAGE, NAME, SHOWN, plain, text
from bot.playground.rich_blocks import RICH_TEXT, TABLES, size_of
from bot.playground.settings import Refusal

MENUS = ("static_select", "users_select", "channels_select", "conversations_select")
MULTI = ("multi_static_select", "multi_users_select")
CHOSEN = ("checkboxes", "radio_buttons", "datepicker", "timepicker", *MENUS)
IN_SECTION = picked(ELEMENTS, ("button", "image", "overflow", *CHOSEN, *MULTI))
IN_ACTIONS = picked(ELEMENTS, ("button", "overflow", "datetimepicker", *CHOSEN))
IN_INPUT = picked(
    ELEMENTS,
    (
        "plain_text_input",
        "email_text_input",
        "url_text_input",
        "number_input",
        "datetimepicker",
        *CHOSEN,
        *MULTI,
    ),
)
IN_CONTEXT = tagged(
    {"image": IMAGE, "mrkdwn": text(limits.SECTION_TEXT), "plain_text": text(limits.SECTION_TEXT)}
)


def block(
    name: str, required: dict[str, Check], optional: dict[str, Check] | None = None, *rules: Check
) -> Check:
    """A block of that type; every block may have a block_id."""
    return record({"type": one_of(name), **required}, {"block_id": NAME, **(optional or {})}, *rules)


def actions_differ(value: Any, pointer: str, faults: Faults) -> None:
    """Two elements of one actions block with one action_id cannot be told apart."""
    names = Counter(one["action_id"] for one in value["elements"] if "action_id" in one)
    for name, times in names.items():
        if times > 1:
            faults.add(f"{pointer}/elements", f"action_id `{name}` already exists in this block")


EVERYWHERE: dict[str, Check] = {
    "section": block(
        "section", {},
        {"text": text(limits.SECTION_TEXT), "fields": many(text(limits.FIELD), limits.SECTION_FIELDS),
         "accessory": IN_SECTION, "expand": flag},
        at_least_one("text", "fields"),
    ),
    "header": block("header", {"text": plain(limits.HEADER)}),
    "divider": block("divider", {}),
    "context": block("context", {"elements": many(IN_CONTEXT, limits.CONTEXT_ELEMENTS)}),
    "actions": block("actions", {"elements": many(IN_ACTIONS, limits.ACTION_ELEMENTS)}, {}, actions_differ),
    "image": block(
        "image", {"alt_text": words(limits.ALT_TEXT)},
        {**SHOWN, "title": plain(limits.IMAGE_TITLE)},
        exactly_one("image_url", "slack_file"),
    ),
    "rich_text": block("rich_text", {"elements": RICH_TEXT}),
}  # fmt: skip
INPUT: dict[str, Check] = {
    "input": block(
        "input", {"label": plain(limits.INPUT_LABEL), "element": IN_INPUT},
        {"hint": plain(limits.HINT), "optional": flag, "dispatch_action": flag},
    )
}  # fmt: skip
ALERT: dict[str, Check] = {
    "alert": block(
        "alert", {"text": text(limits.SECTION_TEXT)},
        {"level": one_of("default", "info", "warning", "error", "success")},
    )
}  # fmt: skip
CARD: dict[str, Check] = {
    "card": block(
        "card", {},
        {"hero_image": IMAGE, "icon": IMAGE, "title": text(150), "subtitle": text(150), "body": text(200),
         "actions": many(tagged({"button": BUTTON}), 5)},
        at_least_one("hero_image", "title", "actions", "body"),
    )
}  # fmt: skip
MARKDOWN: dict[str, Check] = {"markdown": block("markdown", {"text": words(limits.MARKDOWN)})}
TABLE_BLOCKS: dict[str, Check] = {
    name: block(name, required, optional, *rules) for name, (required, optional, rules) in TABLES.items()
}

SURFACES: dict[str, dict[str, Check]] = {
    "message": {**EVERYWHERE, **CARD, **MARKDOWN, **TABLE_BLOCKS},
    "modal": {**EVERYWHERE, **INPUT, **ALERT},
    "home": {**EVERYWHERE, **INPUT},
}


def check_blocks(blocks: Any, surface: str, pointer: str, faults: Faults) -> None:
    """Write down everything that is wrong with *blocks* on a "message", "modal" or "home"."""
    most = limits.MESSAGE_BLOCKS if surface == "message" else limits.VIEW_BLOCKS
    before = len(faults)
    many(tagged(SURFACES[surface]), most, least=0)(blocks, pointer, faults)
    if len(faults) > before:
        return
    names = Counter(one["block_id"] for one in blocks if "block_id" in one)
    for index, one in enumerate(blocks):
        if names[one.get("block_id")] > 1:
            faults.add(f"{pointer}/{index}/block_id", "block_id already exists in this message or view")
    kinds = Counter(one["type"] for one in blocks)
    if kinds["table"] + kinds["data_table"] > limits.TABLES:
        faults.add(pointer, "only_one_table_allowed")
    if kinds["data_visualization"] > limits.CHARTS:
        faults.add(pointer, f"no more than {limits.CHARTS} data_visualization blocks allowed")
    if json.dumps(blocks).count('"focus_on_load": true') > 1:
        faults.add(pointer, "focus_on_load can only be set once")


def checked_blocks(blocks: Any) -> list[dict[str, Any]]:
    """The blocks of a message, if Slack takes them.

    Raises:
        Refusal: invalid_blocks_format, invalid_blocks (with the pointers) or msg_blocks_too_long.
    """
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    faults = Faults()
    check_blocks(blocks, "message", "/blocks", faults)
    if faults:
        raise Refusal("invalid_blocks", [f"[ERROR] {fault}" for fault in faults])
    if sum(weight(one) for one in blocks) > limits.BLOCKS_SIZE:
        raise Refusal("msg_blocks_too_long")
    return blocks


def weight(one: dict[str, Any]) -> int:
    """The characters a block counts for: its JSON, or of a table its cells, since a full one is allowed."""
    if one["type"] in TABLE_BLOCKS and "rows" in one:
        return sum(size_of(cell) for row in one["rows"] for cell in row)
    return len(json.dumps(one, ensure_ascii=False, separators=(",", ":")))
