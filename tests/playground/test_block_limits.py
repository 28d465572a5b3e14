"""Every limit of Block Kit is refused one step beyond it, with the place named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground import Slack, limits

Refused = Callable[..., tuple[str, str]]
Block = dict[str, Any]


def plain(text: str, **more: Any) -> Block:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str, **more: Any) -> Block:
    return {"type": "mrkdwn", "text": text, **more}


def section(**parts: Any) -> Block:
    return {"type": "section", **({"text": mrkdwn("x")} if not parts else {}), **parts}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain("Go"), **more}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def option(value: str = "a", text: str = "A") -> Block:
    return {"text": plain(text), "value": value}


def options(count: int) -> list[Block]:
    return [option(f"v{number}") for number in range(count)]


def select(**more: Any) -> Block:
    return {"type": "static_select", "options": options(2), **more}


def confirm(**more: Any) -> Block:
    return {"title": plain("t"), "text": plain("x"), "confirm": plain("y"), "deny": plain("n"), **more}


def raw(text: str) -> Block:
    return {"type": "raw_text", "text": text}


def table(rows: int = 1, columns: int = 1) -> Block:
    return {"type": "table", "rows": [[raw("x")] * columns for _ in range(rows)]}


def chart(**more: Any) -> Block:
    return {
        "type": "data_visualization",
        "title": "t",
        "chart": {"type": "pie", "segments": slices(2)},
        **more,
    }


def slices(count: int) -> list[Block]:
    return [{"label": f"s{number}", "value": 1} for number in range(count)]


def bars(series: int = 1, points: int = 1, **axes: Any) -> Block:
    """A bar chart; the axes' names are its own unless told."""
    drawn = [{"name": f"n{number}", "data": slices(points)} for number in range(series)]
    categories = [point["label"] for point in slices(points)]
    return chart(chart={"type": "bar", "series": drawn, "axis_config": {"categories": categories, **axes}})


def image(url: str = "https://x.example/a.png", **more: Any) -> Block:
    return {"type": "image", "image_url": url, "alt_text": "a", **more}


def context(*elements: Block) -> Block:
    return {"type": "context", "elements": list(elements)}


def groups(count: int, label: str = "g") -> list[Block]:
    return [{"label": plain(label), "options": [option(f"v{number}")]} for number in range(count)]


def address(length: int) -> str:
    """A web address of that many characters."""
    return "https://x.example/".ljust(length, "x")


def cells(characters: int) -> Block:
    """A table of that many characters, each cell at its own limit but the last."""
    whole, rest = divmod(characters, 2000)
    sizes = [2000] * whole + [rest] * bool(rest)
    return {"type": "table", "rows": [[raw("x" * size)] for size in sizes]}


TOO_MUCH: dict[str, tuple[Block, str]] = {
    "a header of 151 characters": ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    "a header in mrkdwn": ({"type": "header", "text": mrkdwn("x")}, "/blocks/0/text/type"),
    "a section of 3001 characters": (section(text=mrkdwn("x" * 3001)), "/blocks/0/text/text"),
    "an empty section": ({"type": "section"}, "must define either"),
    "an empty text": (section(text=mrkdwn("")), "must be more than 0 characters"),
    "a text of spaces": (section(text=mrkdwn("  ")), "must be more than 0 characters"),
    "11 fields": (
        section(fields=[mrkdwn("x")] * 11),
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "a field of 2001 characters": (section(fields=[mrkdwn("x" * 2001)]), "/blocks/0/fields/0/text"),
    "verbatim on plain_text": (
        section(text=plain("x", verbatim=True)),
        "invalid additional property: verbatim",
    ),
    "emoji on mrkdwn": (section(text=mrkdwn("x", emoji=True)), "invalid additional property: emoji"),
    "an unknown key": (section(text=mrkdwn("x"), colour="red"), "invalid additional property: colour"),
    "an unknown block": ({"type": "marquee"}, "unsupported type: marquee"),
    "a block without type": ({"text": plain("x")}, "missing required field: type"),
    "an unknown element": (actions({"type": "slider"}), "unsupported type: slider"),
    "an input in a message": (
        {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}},
        "unsupported type: input",
    ),
    "a text input among actions": (
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input",
    ),
    "11 context elements": ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items"),
    "an empty context": ({"type": "context", "elements": []}, "no fewer than 1 items"),
    "26 actions": (
        actions(*[button()] * 26),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "no actions": (actions(), "no fewer than 1 items"),
    "a button label of 76 characters": (
        actions(button(text=plain("x" * 76))),
        "/blocks/0/elements/0/text/text",
    ),
    "a button label in mrkdwn": (actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn"),
    "a button value of 2001 characters": (actions(button(value="x" * 2001)), "/elements/0/value"),
    "a button's address of 3001 characters": (actions(button(url=address(3001))), "/elements/0/url"),
    "a button's label for screen readers of 76 characters": (
        actions(button(accessibility_label="x" * 76)),
        "/elements/0/accessibility_label",
    ),
    "a number as button value": (actions(button(value=17)), "must be a string"),
    "a button in yellow": (actions(button(style="yellow")), "must be one of primary, danger"),
    "an action_id of 256 characters": (actions(button(action_id="x" * 256)), "/elements/0/action_id"),
    "a block_id of 256 characters": (section(text=plain("x"), block_id="x" * 256), "/blocks/0/block_id"),
    "one action_id twice in a row": (
        actions(button(action_id="go"), button(action_id="go")),
        "action_id `go` already exists",
    ),
    "6 overflow options": (actions({"type": "overflow", "options": options(6)}), "no more than 5 items"),
    "101 options": (actions(select(options=options(101))), "no more than 100 items"),
    "an option text of 76 characters": (
        actions(select(options=[option(text="x" * 76)])),
        "/options/0/text/text",
    ),
    "an option value of 151 characters": (actions(select(options=[option("x" * 151)])), "/options/0/value"),
    "one option value twice": (
        actions(select(options=[option(), option(text="B")])),
        "values must be unique",
    ),
    "options and groups": (
        actions(select(option_groups=[{"label": plain("x"), "options": options(1)}])),
        "must define exactly one of",
    ),
    "101 groups of options": (
        actions({"type": "static_select", "option_groups": groups(101)}),
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/option_groups]",
    ),
    "a group's label of 76 characters": (
        actions({"type": "static_select", "option_groups": groups(1, label="x" * 76)}),
        "/option_groups/0/label/text",
    ),
    "a menu without options": (actions({"type": "static_select"}), "must define exactly one of"),
    "an initial option that is not offered": (
        actions(select(initial_option=option("z"))),
        "initial option must be one of the options",
    ),
    "a placeholder of 151 characters": (actions(select(placeholder=plain("x" * 151))), "/placeholder/text"),
    "11 checkboxes": (actions({"type": "checkboxes", "options": options(11)}), "no more than 10 items"),
    "11 radio buttons": (actions({"type": "radio_buttons", "options": options(11)}), "no more than 10 items"),
    "a date that is none": (actions({"type": "datepicker", "initial_date": "2026-02-30"}), "YYYY-MM-DD"),
    "a time that is none": (actions({"type": "timepicker", "initial_time": "25:00"}), "/initial_time"),
    "a confirm title of 101 characters": (
        actions(button(confirm=confirm(title=plain("x" * 101)))),
        "/confirm/title/text",
    ),
    "a confirm text of 301 characters": (
        actions(button(confirm=confirm(text=plain("x" * 301)))),
        "/confirm/text/text",
    ),
    "a confirm button of 31 characters": (
        actions(button(confirm=confirm(deny=plain("x" * 31)))),
        "/confirm/deny/text",
    ),
    "a confirm dialog without deny": (
        actions(button(confirm={"title": plain("t"), "text": plain("x"), "confirm": plain("y")})),
        "missing required field: deny",
    ),
    "an image without alt_text": (
        {"type": "image", "image_url": "https://x.example/a.png"},
        "missing required field: alt_text",
    ),
    "an image whose address has 3001 characters": (image(address(3001)), "/blocks/0/image_url"),
    "an image at an address of mail": (image("mailto:ann@x.example"), "/blocks/0/image_url"),
    "an image's description of 2001 characters": (image(alt_text="x" * 2001), "/blocks/0/alt_text"),
    "an image's title of 2001 characters": (image(title=plain("x" * 2001)), "/blocks/0/title/text"),
    "a small image whose address has 3001 characters": (
        context(image(address(3001))),
        "/blocks/0/elements/0/image_url",
    ),
    "a small image's description of 2001 characters": (
        section(text=mrkdwn("x"), accessory=image(alt_text="x" * 2001)),
        "/blocks/0/accessory/alt_text",
    ),
    "an image without source": ({"type": "image", "alt_text": "x"}, "must define exactly one of"),
    "a table of 101 rows": (table(rows=101), "no more than 100 items"),
    "a table of 21 columns": (table(columns=21), "no more than 20 items"),
    "a table of 10001 characters": (
        cells(10_001),
        "must be less than 10001 characters in all [json-pointer:/blocks/0/rows]",
    ),
    "a table's cell of 2001 characters": (
        {"type": "table", "rows": [[raw("x" * 2001)]]},
        "/blocks/0/rows/0/0/text",
    ),
    "a data table of 101 rows below its header": (
        {"type": "data_table", "caption": "c", "rows": [[raw("x")]] * 102},
        "no more than 101 items",
    ),
    "markdown of 12001 characters": ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
    "a ragged table": ({"type": "table", "rows": [[raw("a")], [raw("a"), raw("b")]]}, "same number of cells"),
    "a table cell in mrkdwn": ({"type": "table", "rows": [[mrkdwn("x")]]}, "unsupported type: mrkdwn"),
    "a data table without caption": ({"type": "data_table", "rows": [[raw("a")], [raw("b")]]}, "caption"),
    "a chart title of 51 characters": (chart(title="x" * 51), "/blocks/0/title"),
    "a chart of 7 slices": (chart(chart={"type": "pie", "segments": slices(7)}), "no more than 6 items"),
    "a slice's label of 21 characters": (
        chart(chart={"type": "pie", "segments": [{"label": "x" * 21, "value": 1}]}),
        "/chart/segments/0/label",
    ),
    "7 series of bars": (bars(7), "no more than 6 items allowed [json-pointer:/blocks/0/chart/series]"),
    "a series of 21 bars": (
        bars(points=21),
        "no more than 20 items allowed [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    "21 categories": (
        bars(categories=[f"s{number}" for number in range(21)]),
        "no more than 20 items allowed [json-pointer:/blocks/0/chart/axis_config/categories]",
    ),
    "a series named in 21 characters": (
        chart(
            chart={
                "type": "line",
                "series": [{"name": "x" * 21, "data": slices(1)}],
                "axis_config": {"categories": ["s0"]},
            }
        ),
        "/chart/series/0/name",
    ),
    "a category of 21 characters": (bars(categories=["x" * 21]), "/chart/axis_config/categories/0"),
    "an axis named in 51 characters": (bars(x_label="x" * 51), "/chart/axis_config/x_label"),
    "a bar without its category": (
        chart(
            chart={
                "type": "bar",
                "series": [{"name": "n", "data": slices(1)}],
                "axis_config": {"categories": ["s0", "s1"]},
            }
        ),
        "labels must match the categories",
    ),
    "a rich text of an unknown part": (
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "mrkdwn"}]}]},
        "unsupported type: mrkdwn",
    ),
    "an alert in a message": ({"type": "alert", "text": plain("x")}, "unsupported type: alert"),
    "a lone surrogate": (section(text=mrkdwn("x \ud83d y")), "lone surrogates"),
    "a control character": (section(text=mrkdwn("x \x07 y")), "control characters"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_card_beyond_slacks_limits_is_refused_and_the_place_is_named(
    name: str, refused: Refused, slack: Slack
) -> None:
    block, expected = TOO_MUCH[name]
    error, why = refused("chat.postMessage", channel="C0ALL", text="x", blocks=[block])
    assert error == "invalid_blocks"
    assert expected in why
    assert slack.messages("C0ALL") == []


ALLOWED: dict[str, Block] = {
    "a header of 150 characters": {"type": "header", "text": plain("x" * 150)},
    "a section of 3000 characters": section(text=mrkdwn("x" * 3000, verbatim=True)),
    "10 fields and an accessory": section(fields=[mrkdwn("x" * 900)] * 10, accessory=button()),
    "25 actions": actions(*[button() for _ in range(25)]),
    "a button at its limits": actions(
        button(value="x" * 2000, text=plain("x" * 75), confirm=confirm(style="danger"))
    ),
    "an overflow menu of 5": actions({"type": "overflow", "options": options(5)}),
    "10 context elements": {"type": "context", "elements": [mrkdwn("x")] * 10},
    "grouped options": actions(
        {"type": "static_select", "option_groups": [{"label": plain("x" * 75), "options": options(2)}]}
    ),
    "a date picker": actions({"type": "datepicker", "initial_date": "2026-02-28"}),
    "a divider": {"type": "divider"},
    "100 groups of options": actions({"type": "static_select", "option_groups": groups(100)}),
    "a button's address of 3000 characters": actions(button(url=address(3000), accessibility_label="x" * 75)),
    "an image at its limits": image(address(3000), alt_text="x" * 2000, title=plain("x" * 2000)),
    "a small image at its limits": context(image(address(3000), alt_text="x" * 2000)),
    "markdown of 12000 characters": {"type": "markdown", "text": "x" * 12_000},
    "a table of 10000 characters": cells(10_000),
    "a table": {
        **table(100, 20),
        "column_settings": [{"align": "right"}, None],
        "rows": [[raw("x")] * 20] * 90,
    },
    "a data table": {
        "type": "data_table",
        "caption": "c",
        "rows": [[raw("a")], [{"type": "raw_number", "value": 3, "text": "3"}]],
    },
    "a pie at its limits": chart(
        title="x" * 50,
        chart={"type": "pie", "segments": [{"label": f"{n}".ljust(20, "x"), "value": 1} for n in range(6)]},
    ),
    "6 series of 20 bars": bars(6, 20, x_label="x" * 50, y_label="y" * 50),
    "rich text": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": "x", "style": {"bold": True}}],
                    }
                ],
            }
        ],
    },
    "line feeds and emoji": section(text=mrkdwn("a\nb\t🔥")),
}


def test_every_limit_is_read_where_something_is_checked() -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(limits.__file__).parent.glob("*.py"))
    read = set(re.findall(r"\blimits\.([A-Z_]+)", source))
    assert {name for name in vars(limits) if name.isupper()} == read


@pytest.mark.parametrize("name", ALLOWED)
def test_a_card_at_slacks_limits_is_posted(name: str, client: WebClient, slack: Slack) -> None:
    client.chat_postMessage(channel="C0ALL", text="x", blocks=[ALLOWED[name]])
    assert len(slack.messages("C0ALL")) == 1
    assert slack.complaints == []


def test_51_blocks_are_one_too_many(refused: Refused, client: WebClient) -> None:
    client.chat_postMessage(channel="C0ALL", text="x", blocks=[{"type": "divider"}] * 50)
    error, why = refused("chat.postMessage", channel="C0ALL", text="x", blocks=[{"type": "divider"}] * 51)
    assert (error, "no more than 50 items" in why) == ("invalid_blocks", True)


def test_blocks_of_more_than_13200_characters_in_all_are_too_long(
    refused: Refused, client: WebClient
) -> None:
    bare = len(json.dumps(section(text=mrkdwn("")), separators=(",", ":")))
    full = [section(text=mrkdwn("x" * (2_640 - bare))) for _ in range(5)]
    client.chat_postMessage(channel="C0ALL", text="x", blocks=full)
    over = [*full[1:], section(text=mrkdwn("x" * (2_641 - bare)))]
    assert refused("chat.postMessage", channel="C0ALL", text="x", blocks=over)[0] == "msg_blocks_too_long"


def test_one_block_id_twice_in_a_message_is_refused(refused: Refused) -> None:
    blocks = [section(text=plain("x"), block_id="a"), section(text=plain("y"), block_id="a")]
    error, why = refused("chat.postMessage", channel="C0ALL", text="x", blocks=blocks)
    assert (error, "/blocks/1/block_id" in why) == ("invalid_blocks", True)


def test_a_second_table_and_a_third_chart_are_refused(refused: Refused) -> None:
    assert (
        "only_one_table"
        in refused("chat.postMessage", channel="C0ALL", text="x", blocks=[table(), table()])[1]
    )
    assert "no more than 2" in refused("chat.postMessage", channel="C0ALL", text="x", blocks=[chart()] * 3)[1]


def test_blocks_that_are_no_list_are_refused(refused: Refused) -> None:
    assert (
        refused("chat.postMessage", channel="C0ALL", text="x", blocks={"type": "divider"})[0]
        == "invalid_blocks_format"
    )
    assert (
        refused("chat.postMessage", channel="C0ALL", text="x", blocks="[nonsense")[0]
        == "invalid_blocks_format"
    )


def test_the_notification_text_has_at_most_4000_characters(refused: Refused, client: WebClient) -> None:
    client.chat_postMessage(channel="C0ALL", text="x" * 4000)
    assert refused("chat.postMessage", channel="C0ALL", text="x" * 4001)[0] == "msg_too_long"


def test_a_message_without_any_words_is_refused(refused: Refused) -> None:
    assert refused("chat.postMessage", channel="C0ALL")[0] == "no_text"
    assert refused("chat.postMessage", channel="C0ALL", text="a \x00 b")[0] == "invalid_arguments"


def test_blocks_without_a_notification_text_are_bad_manners(client: WebClient, slack: Slack) -> None:
    client.api_call("chat.postMessage", json={"channel": "C0ALL", "blocks": [{"type": "divider"}]})
    assert slack.complaints == ["a message with blocks has no fallback text"]


METADATA: dict[str, tuple[Any, str]] = {
    "no event_type": ({"event_payload": {}}, "invalid_metadata_format"),
    "an event_type with spaces": ({"event_type": "a b", "event_payload": {}}, "invalid_metadata_format"),
    "an event_type of 256 characters": (
        {"event_type": "a" * 256, "event_payload": {}},
        "invalid_metadata_format",
    ),
    "a payload that is a list": ({"event_type": "a", "event_payload": []}, "invalid_metadata_format"),
    "8001 characters": ({"event_type": "a", "event_payload": {"x": "y" * 7_954}}, "metadata_too_large"),
    "a lone surrogate": ({"event_type": "a", "event_payload": {"x": "\ud800"}}, "invalid_metadata_schema"),
}


@pytest.mark.parametrize("name", METADATA)
def test_metadata_slack_would_not_keep_is_refused(name: str, refused: Refused) -> None:
    metadata, expected = METADATA[name]
    assert refused("chat.postMessage", channel="C0ALL", text="x", metadata=metadata)[0] == expected


def test_blocks_can_be_checked_without_posting_them(
    client: WebClient, refused: Refused, slack: Slack
) -> None:
    assert client.blocks_validate(blocks=[{"type": "divider"}])["ok"]
    error, why = refused("blocks.validate", blocks=[{"type": "header", "text": plain("x" * 151)}])
    assert (error, "/blocks/0/text/text" in why) == ("invalid_blocks", True)
    assert refused("blocks.validate", view={"type": "modal", "blocks": []})[0] == "invalid_view"
    assert refused("blocks.validate", message={"text": ""})[0] == "invalid_message"
    assert not any("invalid_blocks" in complaint for complaint in slack.complaints)
