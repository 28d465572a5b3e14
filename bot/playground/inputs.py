"""Elements a person fills in or presses: where they stand, what they hold, what a value may be."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.playground.people import Payload

Filled = dict[tuple[str, str], Any]
"""(block id, action id) -> a string, a list of strings, or None."""

# type -> (key in state.values and in actions, key of the initial value)
INPUTS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "multi_static_select": ("selected_options", "initial_options"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
PRESSED = {"button", "overflow"}
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def elements_in(blocks: list[Payload]) -> Iterator[tuple[Payload, Payload]]:
    """Every interactive element with its block, from top to bottom."""
    for block in blocks:
        candidates = [block.get("accessory"), block.get("element")]
        if block["type"] == "actions":
            candidates += block["elements"]
        if block["type"] == "card":
            candidates += block.get("actions", [])
        for element in candidates:
            if element and (element["type"] in INPUTS or element["type"] in PRESSED):
                yield block, element


def options_of(element: Payload) -> list[Payload]:
    """The options of a menu, groups unfolded."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def chosen(element: Payload, value: Any) -> Any:
    """What stands in state.values for *value*; options are looked up.

    Raises:
        LookupError: no such option is displayed.
    """
    key = INPUTS[element["type"]][0]
    if key == "selected_option":
        return None if value is None else option_with(element, value)
    if key == "selected_options":
        return [option_with(element, one) for one in value or []]
    if key == "selected_users":
        return list(value or [])
    if key == "selected_date_time":
        return None if value is None else int(value)
    return None if value == "" else value


def option_with(element: Payload, value: object) -> Payload:
    """The displayed option with that value. Raises LookupError."""
    for option in options_of(element):
        if option["value"] == value:
            return {key: option[key] for key in ("text", "value") if key in option}
    raise LookupError(f"{element['action_id']} has no option {value!r}")


def initial(element: Payload) -> Any:
    """The value an element starts with, in the form `chosen` takes."""
    start = element.get(INPUTS[element["type"]][1])
    if isinstance(start, dict):
        return start["value"]
    if isinstance(start, list):
        return [one["value"] if isinstance(one, dict) else one for one in start]
    return start


def state_values(blocks: list[Payload], filled: Filled) -> Payload:
    """`state.values` of a message or view: what was filled in, else the initial values."""
    values: Payload = {}
    for block, element in elements_in(blocks):
        if element["type"] not in INPUTS:
            continue
        key = (block["block_id"], element["action_id"])
        try:
            value = chosen(element, filled[key] if key in filled else initial(element))
        except LookupError:  # the app has changed the options since
            value = chosen(element, initial(element))
        stands = {"type": element["type"], INPUTS[element["type"]][0]: value}
        values.setdefault(block["block_id"], {})[element["action_id"]] = stands
    return values


def unmet(blocks: list[Payload], filled: Filled) -> dict[str, str]:
    """Block id -> why Slack's client would not send the form yet; empty when it would."""
    refused: dict[str, str] = {}
    for block, element in elements_in(blocks):
        if block["type"] != "input":
            continue
        key = (block["block_id"], element["action_id"])
        value = filled[key] if key in filled else initial(element)
        if value in (None, "", []):
            if not block.get("optional"):
                refused[block["block_id"]] = "Please complete this required field."
        elif why := unfit(element, value):
            refused[block["block_id"]] = why
    return refused


def unfit(element: Payload, value: Any) -> str | None:
    """Why the client refuses a filled value, or None."""
    kind = element["type"]
    if kind == "plain_text_input":
        return misfit_length(element, str(value))
    if kind == "number_input":
        return misfit_number(element, str(value))
    if kind == "email_text_input" and not EMAIL.fullmatch(str(value)):
        return "Please enter a valid email address."
    if kind == "datepicker" and not is_date(value):
        return "Please enter a valid date."
    if len(value) > element.get("max_selected_items", 1000) if isinstance(value, list) else False:
        return f"Please select at most {element['max_selected_items']} items."
    return None


def misfit_length(element: Payload, value: str) -> str | None:
    longest, least = element.get("max_length", 3000), element.get("min_length", 0)
    if len(value) > longest:
        return f"This entry must be no more than {longest} characters."
    return f"This entry must be at least {least} characters." if len(value) < least else None


def misfit_number(element: Payload, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and number != int(number):
        return "Please enter a whole number."
    low, high = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return None if low <= number <= high else f"Please enter a number between {low:g} and {high:g}."


def is_date(value: object) -> bool:
    """Whether *value* is a calendar day written YYYY-MM-DD."""
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
