"""What a person reads: blocks and mrkdwn as plain lines of text."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.playground.people import Payload

ANGLE = re.compile(r"<([^<>]+)>")
FORMAT = re.compile(r"\{(\w+)\}")
MARKS = [re.compile(rf"(?<![\w{m}]){m}(\S|\S[^\n]*?\S){m}(?![\w{m}])") for m in (r"\*", "_", "~", "`")]
SUFFIXES = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}

# The tokens of <!date>: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
DATES: Mapping[str, Callable[[datetime], str]] = {
    "date_num": lambda at: at.strftime("%Y-%m-%d"),
    "date": lambda at: f"{at:%B} {at.day}{SUFFIXES.get(at.day, 'th')}, {at.year}",
    "date_short": lambda at: f"{at:%b} {at.day}, {at.year}",
    "date_long": lambda at: f"{at:%A}, {at:%B} {at.day}{SUFFIXES.get(at.day, 'th')}, {at.year}",
    "time": lambda at: at.strftime("%H:%M"),
    "time_secs": lambda at: at.strftime("%H:%M:%S"),
}


def rendered_date(token: str, tz: str) -> str:
    """`!date^UNIX^format^link|fallback` as read in *tz*; "pretty" forms say the date, never "today"."""
    body, _, fallback = token.partition("|")
    parts = body.split("^")
    if len(parts) < 3 or not parts[1].isdigit():
        return fallback
    at = datetime.fromtimestamp(int(parts[1]), UTC).astimezone(ZoneInfo(tz))

    def one(match: re.Match[str]) -> str:
        form = DATES.get(match[1].removesuffix("_pretty"))
        return form(at) if form else match[0]

    return FORMAT.sub(one, parts[2])


def plain(text: str, names: Mapping[str, str], tz: str = "UTC") -> str:
    """mrkdwn as it is read: mentions by name, dates in *tz*, links by their label, marks taken off."""

    def one(match: re.Match[str]) -> str:
        token = match[1]
        target, _, label = token.partition("|")
        if token.startswith("!date"):
            return rendered_date(token, tz)
        if token[0] in "@#":
            return token[0] + (names.get(target[1:]) or label or target[1:])
        return f"@{target[1:].split('^')[0]}" if token[0] == "!" else label or target.removeprefix("mailto:")

    # Marks first: a name or a date that is put in may itself hold an underscore or a star.
    for mark in MARKS:
        text = mark.sub(r"\1", text)
    return unescaped(ANGLE.sub(one, text))


def unescaped(text: str) -> str:
    """The three escapes Slack knows, undone; `&amp;` last, or `&amp;lt;` would turn into `<`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def lines_of(blocks: list[Payload], names: Mapping[str, str], tz: str = "UTC") -> list[str]:
    """Every text in *blocks* from top to bottom, buttons in [brackets], one line or more each."""

    def read(text: Payload | None) -> str:
        if not text:
            return ""
        written = str(text.get("text", ""))
        return plain(written, names, tz) if text.get("type") == "mrkdwn" else unescaped(written)

    lines: list[str] = []
    for block in blocks:
        lines += [line for line in READERS.get(block["type"], nothing)(block, read) if line]
    return lines


Read = Callable[[Payload | None], str]


def control(element: Payload, read: Read) -> str:
    """A pressable thing as [its label]; menus list their options."""
    kind = element.get("type")
    if kind == "image":
        return f"({element.get('alt_text', '')})"
    if kind in {"mrkdwn", "plain_text"}:
        return read(element)
    if kind == "overflow":
        return "[⋯ " + ", ".join(read(option["text"]) for option in element["options"]) + "]"
    return f"[{read(element.get('text') or element.get('placeholder')) or element.get('initial_value', '')}]"


def section(block: Payload, read: Read) -> list[str]:
    fields = [read(field) for field in block.get("fields", [])]
    extra = [control(block["accessory"], read)] if block.get("accessory") else []
    return [read(block.get("text")), *fields, *extra]


def row(block: Payload, read: Read) -> list[str]:
    gap = "  " if block["type"] == "context" else " "
    return [gap.join(control(element, read) for element in block.get("elements", []))]


def cell(value: Payload, read: Read) -> str:
    if value.get("type") == "rich_text":
        return " ".join(rich(value, read))
    return unescaped(str(value.get("text", value.get("value", ""))))


def table(block: Payload, read: Read) -> list[str]:
    rows = [" | ".join(cell(value, read) for value in cells) for cells in block.get("rows", [])]
    return [unescaped(str(block.get("caption", ""))), *rows]


def inline(element: Payload) -> str:
    kind = element.get("type")
    if kind in {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}:
        return "".join(inline(part) for part in element["elements"])
    return str(
        element.get("text") or element.get("user_id") or element.get("url") or element.get("name") or ""
    )


def rich(block: Payload, _read: Read) -> list[str]:
    lines: list[str] = []
    for element in block.get("elements", []):
        if element["type"] == "rich_text_list":
            lines += [f"• {inline(item)}" for item in element["elements"]]
        else:
            lines.append(inline(element))
    return lines


def chart(block: Payload, _read: Read) -> list[str]:
    points: list[Payload] = list(block["chart"].get("segments", []))
    for series in block["chart"].get("series", []):
        points += series["data"]
    return [block["title"], *(f"{point['label']}: {point['value']}" for point in points)]


def question(block: Payload, read: Read) -> list[str]:
    return [read(block.get("label")), read(block.get("hint"))]


def card(block: Payload, read: Read) -> list[str]:
    return [
        *(read(block.get(part)) for part in ("title", "subtitle", "body")),
        " ".join(control(element, read) for element in block.get("actions", [])),
    ]


def nothing(_block: Payload, _read: Read) -> list[str]:
    return []


READERS: Mapping[str, Callable[[Any, Read], list[str]]] = {
    "section": section, "context": row, "actions": row, "table": table, "data_table": table,
    "rich_text": rich, "data_visualization": chart, "input": question, "card": card,
    "header": lambda block, read: [read(block["text"])],
    "alert": lambda block, read: [read(block["text"])],
    "markdown": lambda block, _read: [block["text"]],
    "image": lambda block, read: [read(block.get("title")), f"({block['alt_text']})"],
}  # fmt: skip
