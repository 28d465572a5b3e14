"""The larger blocks: rich text, tables, charts."""

from typing import Any

from bot.playground import limits
from bot.playground.checks import Check, Faults, flag, many, number, one_of, record, tagged, whole, words
from bot.playground.elements import NAME, URL, USER

STYLE = record(
    {},
    dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"), flag),
)


def part(name: str, required: dict[str, Check], **optional: Check) -> Check:
    return record({"type": one_of(name), **required}, {"style": STYLE, **optional})


INLINE = tagged(
    {
        "text": part("text", {"text": words(limits.SECTION_TEXT)}),
        "link": part("link", {"url": URL}, text=words(limits.SECTION_TEXT), unsafe=flag),
        "user": part("user", {"user_id": USER}),
        "channel": part("channel", {"channel_id": NAME}),
        "emoji": part("emoji", {"name": NAME}, unicode=NAME, skin_tone=whole(1, 6)),
        "date": part("date", {"timestamp": whole(0, 10**11), "format": NAME}, url=URL, fallback=NAME),
        "broadcast": part("broadcast", {"range": one_of("here", "channel", "everyone")}),
    }
)
PARTS = many(INLINE, 1000)
RICH_SECTION = record({"type": one_of("rich_text_section"), "elements": PARTS})
RICH_TEXT = many(
    tagged(
        {
            "rich_text_section": RICH_SECTION,
            "rich_text_quote": record(
                {"type": one_of("rich_text_quote"), "elements": PARTS}, {"border": whole(0, 1)}
            ),
            "rich_text_preformatted": record(
                {"type": one_of("rich_text_preformatted"), "elements": PARTS}, {"border": whole(0, 1)}
            ),
            "rich_text_list": record(
                {"type": one_of("rich_text_list"), "style": one_of("bullet", "ordered"),
                 "elements": many(tagged({"rich_text_section": RICH_SECTION}), 1000)},
                {"indent": whole(0, 8), "offset": whole(0, 1000), "border": whole(0, 1)},
            ),
        }
    ),
    1000,
)  # fmt: skip

RAW_TEXT = record({"type": one_of("raw_text"), "text": words(limits.FIELD)})
RAW_NUMBER = record({"type": one_of("raw_number"), "value": number}, {"text": words(limits.FIELD)})
RICH_CELL = record({"type": one_of("rich_text"), "elements": RICH_TEXT}, {"block_id": NAME})
CELL = tagged({"raw_text": RAW_TEXT, "raw_number": RAW_NUMBER, "rich_text": RICH_CELL})
COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})


def maybe_column(value: Any, pointer: str, faults: Faults) -> None:
    """A column's settings; null skips a column."""
    if value is not None:
        COLUMN(value, pointer, faults)


def size_of(cell: Any) -> int:
    if isinstance(cell, dict):
        own = len(str(cell.get("text", cell.get("value", ""))))
        return own + sum(size_of(one) for one in cell.get("elements", []))
    return 0


def rows_fit(value: Any, pointer: str, faults: Faults) -> None:
    """Every row as long as the first, and all cells together within the limit."""
    if len({len(row) for row in value["rows"]}) > 1:
        faults.add(f"{pointer}/rows", "all rows must have the same number of cells")
    if sum(size_of(cell) for row in value["rows"] for cell in row) > limits.TABLE_CHARACTERS:
        faults.add(f"{pointer}/rows", f"must be less than {limits.TABLE_CHARACTERS + 1} characters in all")


def header_is_plain(value: Any, pointer: str, faults: Faults) -> None:
    if any(cell["type"] == "rich_text" for cell in value["rows"][0]):
        faults.add(f"{pointer}/rows/0", "rich_text cannot be used for header cells")


LABEL = words(limits.CHART_LABEL)
SEGMENT = record({"label": LABEL, "value": number})
SERIES = record({"name": LABEL, "data": many(SEGMENT, limits.CHART_POINTS)})
AXES = record(
    {"categories": many(LABEL, limits.CHART_POINTS)},
    {"x_label": words(limits.CHART_TITLE), "y_label": words(limits.CHART_TITLE)},
)


def series_fit(value: Any, pointer: str, faults: Faults) -> None:
    """One number for each category, in every series, and no two series of one name."""
    categories = value["axis_config"]["categories"]
    for index, series in enumerate(value["series"]):
        if [point["label"] for point in series["data"]] != categories:
            faults.add(f"{pointer}/series/{index}/data", "labels must match the categories")
    if len({series["name"] for series in value["series"]}) < len(value["series"]):
        faults.add(f"{pointer}/series", "names must be unique")


def positive_slices(value: Any, pointer: str, faults: Faults) -> None:
    for index, segment in enumerate(value["segments"]):
        if segment["value"] <= 0:
            faults.add(f"{pointer}/segments/{index}/value", "must be more than 0")


def drawn(name: str) -> Check:
    series = {"type": one_of(name), "series": many(SERIES, limits.CHART_SERIES), "axis_config": AXES}
    return record(series, {}, series_fit)


PIE = record({"type": one_of("pie"), "segments": many(SEGMENT, limits.CHART_SERIES)}, {}, positive_slices)
CHART = tagged({"pie": PIE, **{name: drawn(name) for name in ("bar", "area", "line")}})

# name -> (required, optional, rules)
TABLES: dict[str, tuple[dict[str, Check], dict[str, Check], tuple[Check, ...]]] = {
    "table": (
        {"rows": many(many(CELL, limits.TABLE_COLUMNS), limits.TABLE_ROWS)},
        {"column_settings": many(maybe_column, limits.TABLE_COLUMNS)},
        (rows_fit,),
    ),
    "data_table": (
        {"rows": many(many(CELL, limits.TABLE_COLUMNS), limits.TABLE_ROWS + 1, least=2),
         "caption": words(limits.FIELD)},
        {"page_size": whole(1, 100), "row_header_column_index": whole(0, limits.TABLE_COLUMNS - 1)},
        (rows_fit, header_is_plain),
    ),
    "data_visualization": ({"title": words(limits.CHART_TITLE), "chart": CHART}, {}, ()),
}  # fmt: skip
