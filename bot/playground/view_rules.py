"""What Slack asks of a modal and of Home."""

import json
from typing import Any

from bot.playground import limits
from bot.playground.blocks import check_blocks
from bot.playground.checks import Check, Faults, flag, one_of, record, words
from bot.playground.elements import plain
from bot.playground.normal import normal_blocks
from bot.playground.people import Payload
from bot.playground.settings import Refusal


def parts(surface: str) -> dict[str, Check]:
    def blocks(value: Any, pointer: str, faults: Faults) -> None:
        check_blocks(value, surface, pointer, faults)

    return {"type": one_of(surface), "blocks": blocks}


COMMON: dict[str, Check] = {
    "private_metadata": words(limits.PRIVATE_METADATA, least=0),
    "callback_id": words(limits.IDENTIFIER, least=0), "external_id": words(limits.IDENTIFIER, least=0),
}  # fmt: skip


def inputs_need_submit(value: Any, pointer: str, faults: Faults) -> None:
    """A question that cannot be answered: https://docs.slack.dev/reference/views/modal-views."""
    if any(block["type"] == "input" for block in value["blocks"]) and "submit" not in value:
        faults.add(pointer, "`submit` is required when an `input` block is within blocks")


VIEWS: dict[str, Check] = {
    "modal": record(
        {**parts("modal"), "title": plain(limits.MODAL_TITLE)},
        {**COMMON, "submit": plain(limits.MODAL_TITLE), "close": plain(limits.MODAL_TITLE),
         "clear_on_close": flag, "notify_on_close": flag, "submit_disabled": flag},
        inputs_need_submit,
    ),
    "home": record(parts("home"), COMMON),
}  # fmt: skip


def view_faults(view: Any, kind: str) -> list[str]:
    """Everything wrong with a view, as sentences with JSON pointers; empty if Slack takes it."""
    faults = Faults()
    VIEWS[kind](view, "/view", faults)
    return list(faults)


def checked_view(view: Any, kind: str) -> Payload:
    """A view of *kind* ("modal" or "home") in the form Slack keeps it.

    Raises:
        Refusal: invalid_arguments with the pointers, or view_too_large.
    """
    if faults := view_faults(view, kind):
        raise Refusal("invalid_arguments", [f"[ERROR] {fault}" for fault in faults])
    if len(json.dumps(view).encode()) > limits.VIEW_SIZE:
        raise Refusal("view_too_large")
    return {**view, "blocks": normal_blocks(view["blocks"])}
