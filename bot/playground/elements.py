"""Block Kit's elements and composition objects: which keys, which sizes."""

from typing import Any

from bot.playground import limits
from bot.playground.checks import Check, Faults, exactly_one, flag, many, one_of, record, tagged, whole, words
from bot.playground.inputs import is_date, options_of

DATE, TIME = words(10), words(5, pattern=r"([01]\d|2[0-3]):[0-5]\d")
NAME = words(limits.IDENTIFIER)
URL = words(limits.BUTTON_URL, pattern=r"(https?|mailto|slack|tel):\S+")
IMAGE_URL = words(limits.IMAGE_URL, pattern=r"https?://\S+")
USER, ROOM = words(limits.IDENTIFIER, pattern=r"[UW]\w+"), words(limits.IDENTIFIER, pattern=r"[CDG]\w+")


def text(longest: int, *kinds: str) -> Check:
    """A text object of at most *longest* characters; `emoji` belongs to plain_text, `verbatim` to mrkdwn."""
    parts = {"type": one_of("plain_text", "mrkdwn"), "text": words(longest)}
    objects = {"plain_text": record(parts, {"emoji": flag}), "mrkdwn": record(parts, {"verbatim": flag})}
    return tagged({kind: objects[kind] for kind in kinds or objects})


def plain(longest: int) -> Check:
    """A text object that must be plain_text."""
    return text(longest, "plain_text")


CONFIRM = record(
    {"title": plain(limits.CONFIRM_TITLE), "text": text(limits.CONFIRM_TEXT),
     "confirm": plain(limits.CONFIRM_BUTTON), "deny": plain(limits.CONFIRM_BUTTON)},
    {"style": one_of("primary", "danger")},
)  # fmt: skip


def option(label: Check, **more: Check) -> Check:
    """An option object."""
    return record({"text": label, "value": words(limits.OPTION_VALUE)}, {"description": label, **more})


PLAIN_OPTION = option(plain(limits.OPTION_TEXT))
RICH_OPTION = option(text(limits.OPTION_TEXT))
LINK_OPTION = option(plain(limits.OPTION_TEXT), url=URL)
GROUP = record({"label": plain(limits.GROUP_LABEL), "options": many(PLAIN_OPTION, limits.OPTIONS)})
DISPATCH = record(
    {"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 2)},
)
FILTER = record(
    {},
    {"include": many(one_of("im", "mpim", "private", "public"), 4), "exclude_bot_users": flag,
     "exclude_external_shared_channels": flag},
)  # fmt: skip


def values_differ(value: Any, pointer: str, faults: Faults) -> None:
    """No two options of one menu may send the same value, or nobody knows which was meant."""
    seen = [one["value"] for one in options_of(value)]
    if len(seen) != len(set(seen)):
        faults.add(pointer, "option values must be unique")


def initial_is_offered(value: Any, pointer: str, faults: Faults) -> None:
    """What is chosen at first must be one of the options, and the same to the last key."""
    first = value.get("initial_options", [])
    first = [*first, value["initial_option"]] if "initial_option" in value else first
    offered = [(one["value"], one["text"]["text"]) for one in options_of(value)]
    if any((one["value"], one["text"]["text"]) not in offered for one in first):
        faults.add(pointer, "initial option must be one of the options")


def a_real_date(value: Any, pointer: str, faults: Faults) -> None:
    if "initial_date" in value and not is_date(value["initial_date"]):
        faults.add(f"{pointer}/initial_date", "must be a date written YYYY-MM-DD")


def lengths_fit(value: Any, pointer: str, faults: Faults) -> None:
    if value.get("min_length", 0) > value.get("max_length", limits.INPUT_VALUE):
        faults.add(pointer, "min_length must not be above max_length")
    if len(value.get("initial_value", "")) > value.get("max_length", limits.INPUT_VALUE):
        faults.add(f"{pointer}/initial_value", "must not be longer than max_length")


def element(name: str, required: dict[str, Check], optional: dict[str, Check], *rules: Check) -> Check:
    """An interactive element; action_id is optional, Slack makes one up."""
    common: dict[str, Check] = {"action_id": NAME}
    return record({"type": one_of(name), **required}, {**common, **optional}, *rules)


HELD: dict[str, Check] = {"placeholder": plain(limits.PLACEHOLDER), "focus_on_load": flag}
ASKED: dict[str, Check] = {**HELD, "confirm": CONFIRM}
MENU: dict[str, Check] = {
    "options": many(PLAIN_OPTION, limits.OPTIONS), "option_groups": many(GROUP, limits.OPTION_GROUPS),
}  # fmt: skip
MENU_RULES = (exactly_one("options", "option_groups"), values_differ, initial_is_offered)
SEVERAL: dict[str, Check] = {"max_selected_items": whole(1, limits.OPTIONS)}
TYPED: dict[str, Check] = {**HELD, "dispatch_action_config": DISPATCH}
WHOLE_TEXT = words(limits.INPUT_VALUE, least=0)
NUMERAL = words(40, pattern=r"-?\d+(\.\d+)?")

SHOWN: dict[str, Check] = {
    "image_url": IMAGE_URL, "slack_file": record({}, {"id": NAME, "url": URL}, exactly_one("id", "url")),
}  # fmt: skip
IMAGE = record(
    {"type": one_of("image"), "alt_text": words(limits.ALT_TEXT)},
    SHOWN,
    exactly_one("image_url", "slack_file"),
)

BUTTON = element(
    "button",
    {"text": plain(limits.BUTTON_TEXT)},
    {"url": URL, "value": words(limits.BUTTON_VALUE), "style": one_of("primary", "danger"),
     "confirm": CONFIRM, "accessibility_label": words(limits.ACCESSIBILITY_LABEL)},
)  # fmt: skip


def choices(name: str, several: bool) -> Check:
    """Checkboxes or radio buttons."""
    first: dict[str, Check] = (
        {"initial_options": many(RICH_OPTION, limits.CHOICES)} if several else {"initial_option": RICH_OPTION}
    )
    return element(
        name, {"options": many(RICH_OPTION, limits.CHOICES)},
        {**first, "confirm": CONFIRM, "focus_on_load": flag}, values_differ, initial_is_offered,
    )  # fmt: skip


ELEMENTS: dict[str, Check] = {
    "image": IMAGE,
    "button": BUTTON,
    "overflow": element(
        "overflow", {"options": many(LINK_OPTION, limits.OVERFLOW_OPTIONS)},
        {"confirm": CONFIRM}, values_differ,
    ),
    "checkboxes": choices("checkboxes", several=True),
    "radio_buttons": choices("radio_buttons", several=False),
    "static_select": element(
        "static_select", {}, {**ASKED, **MENU, "initial_option": PLAIN_OPTION}, *MENU_RULES
    ),
    "multi_static_select": element(
        "multi_static_select", {},
        {**ASKED, **MENU, **SEVERAL, "initial_options": many(PLAIN_OPTION, limits.OPTIONS)}, *MENU_RULES,
    ),
    "users_select": element("users_select", {}, {**ASKED, "initial_user": USER}),
    "multi_users_select": element(
        "multi_users_select", {}, {**ASKED, **SEVERAL, "initial_users": many(USER, limits.OPTIONS)}
    ),
    "channels_select": element(
        "channels_select", {}, {**ASKED, "initial_channel": ROOM, "response_url_enabled": flag}
    ),
    "conversations_select": element(
        "conversations_select", {},
        {**ASKED, "initial_conversation": ROOM, "default_to_current_conversation": flag,
         "response_url_enabled": flag, "filter": FILTER},
    ),
    "datepicker": element("datepicker", {}, {**ASKED, "initial_date": DATE}, a_real_date),
    "timepicker": element("timepicker", {}, {**ASKED, "initial_time": TIME, "timezone": NAME}),
    "datetimepicker": element(
        "datetimepicker", {},
        {"confirm": CONFIRM, "focus_on_load": flag, "initial_date_time": whole(10**9, 10**10 - 1)},
    ),
    "plain_text_input": element(
        "plain_text_input", {},
        {**TYPED, "initial_value": WHOLE_TEXT, "multiline": flag, "min_length": whole(0, limits.INPUT_VALUE),
         "max_length": whole(1, limits.INPUT_VALUE)},
        lengths_fit,
    ),
    "email_text_input": element("email_text_input", {}, {**TYPED, "initial_value": WHOLE_TEXT}),
    "url_text_input": element("url_text_input", {}, {**TYPED, "initial_value": WHOLE_TEXT}),
    "number_input": element(
        "number_input", {"is_decimal_allowed": flag},
        {**TYPED, "initial_value": NUMERAL, "min_value": NUMERAL, "max_value": NUMERAL},
    ),
}  # fmt: skip
