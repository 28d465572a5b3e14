"""What Slack asks of a message as a whole: text, blocks, metadata."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.playground import limits
from bot.playground.blocks import checked_blocks
from bot.playground.checks import UNWRITABLE
from bot.playground.normal import normal_blocks
from bot.playground.people import Payload
from bot.playground.settings import Refusal

EVENT_TYPE = re.compile(r"\w+")


def checked_message(arguments: Payload) -> Payload:
    """`text`, `blocks` and `metadata` of a message in the form Slack keeps them.

    Raises:
        Refusal: invalid_blocks, invalid_blocks_format, msg_blocks_too_long, msg_too_long, no_text,
            invalid_attachments, invalid_arguments, invalid_metadata_format, metadata_too_large.
    """
    text = arguments.get("text") or ""
    if not isinstance(text, str) or UNWRITABLE.search(text):
        raise Refusal(
            "invalid_arguments", ["[ERROR] must be a string without control characters [json-pointer:/text]"]
        )
    if len(text) > limits.FALLBACK:
        raise Refusal("msg_too_long")
    if arguments.get("attachments"):
        raise Refusal(
            "invalid_attachments", ["[ERROR] this Slack takes blocks only [json-pointer:/attachments]"]
        )
    blocks = checked_blocks(arguments.get("blocks"))
    if not blocks and not text.strip():
        raise Refusal("no_text")
    return {
        "text": text,
        "blocks": normal_blocks(blocks),
        "metadata": checked_metadata(arguments.get("metadata")),
    }


def checked_metadata(metadata: Any) -> Payload | None:
    """Message metadata, or None; `{}` takes it away (chat.update).

    Raises:
        Refusal: invalid_metadata_format, invalid_metadata_schema, metadata_too_large
            (https://docs.slack.dev/reference/methods/chat.update#errors).
    """
    if metadata is None or metadata == {}:
        return None
    if not isinstance(metadata, dict) or set(metadata) - {"event_type", "event_payload", "entities"}:
        raise Refusal("invalid_metadata_format")
    name, content = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(name, str) or not EVENT_TYPE.fullmatch(name) or len(name) > limits.EVENT_TYPE:
        raise Refusal("invalid_metadata_format")
    if not isinstance(content, dict):
        raise Refusal("invalid_metadata_format")
    if any(UNWRITABLE.search(one) for one in strings_in(content)):
        raise Refusal("invalid_metadata_schema")
    if len(json.dumps(metadata, ensure_ascii=False)) > limits.METADATA_SIZE:
        raise Refusal("metadata_too_large")
    return metadata


def strings_in(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from strings_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)
