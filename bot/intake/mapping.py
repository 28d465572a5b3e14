"""The mapping file of `baton import`: which column says what, checked as a whole before a row is read.

`docs/importing.md` describes the keys. Nothing is guessed: a date has the format that is told here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.intake.facts import LEAD_FIELDS, LONGEST_NAME
from scoring.contractfile import ContractError, Notes, plant
from scoring.lead import Scalar
from scoring.place import Fields, Place

KEYS = (
    "source", "id", "email", "event", "date", "signal", "asset", "columns", "unknown", "leaks", "ignore",
    "delimiter", "encoding",
)  # fmt: skip
COLUMN_KEYS = ("to", "values", "number", "split", "lower", "unknown")
ELSEWHERE = ("id", "email", "event", "date", "signal", "asset")
"""What has a key of its own at the top of the file, so that it is no target of `columns`."""

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", ",": ",", ";": ";"}
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")

ALWAYS_UNKNOWN = frozenset(
    ("", "select", "-", "n/a", "#n/a", "#value!", "#ref!", "#name?", "#num!", "#null!", "#div/0!")
)
"""Cells that say nothing in any file: forms left alone, and the errors of spreadsheets. Lower case."""

ISO = "iso"
"""The format of dates such as 2026-11-22 or 2026-11-22T09:12:00Z (ISO 8601)."""

LONGEST_SOURCE = 60
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# A day that no two fields of a date share, and every field of which strftime writes differently.
_PROBE = datetime(2003, 11, 25, 14, 58, 37)  # noqa: DTZ001 (formats are tried on wall time)

NumberForm = Literal["point", "comma"]


class MappingError(ContractError):
    """The mapping file is wrong, or does not fit the file to import."""


@dataclass(frozen=True, slots=True)
class DateColumn:
    """The column that says when a row happened, in a `strptime` *format*; *zone* where it names none."""

    column: str
    format: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class SignalColumn:
    """The column that says what the lead did; cells beside *values* (lower case) are no activity.

    Without *values* the cell is the signal.
    """

    column: str
    values: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How one column becomes a fact.

    Attributes:
        to: the lead field or attribute.
        values: cells (lower case) to what they mean; None is unknown; cells beside it stay as they are.
        number: how numbers are written: point 1,234.5 or comma 1.234,5; None for words.
        split: what separates the items of a list; None for a single value.
        unknown: further cells (lower case) that say nothing.
    """

    to: str
    values: Mapping[str, Scalar | None] = field(default_factory=dict)
    number: NumberForm | None = None
    split: str | None = None
    lower: bool = False
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What the columns of a file mean.

    Attributes:
        source: the system the file comes from; files of one system share its ids.
        event: the column with the system's own id of an activity.
        signal: a constant, or the column that says it; None where rows are facts alone.
        unknown: cells (lower case) that say nothing in any column.
        not_imported: columns left out on purpose: those that leak the outcome, and the ignored ones.
    """

    source: str
    columns: Mapping[str, ColumnRule]
    id: str | None = None
    email: str | None = None
    event: str | None = None
    date: DateColumn | None = None
    signal: str | SignalColumn | None = None
    asset: str | None = None
    unknown: frozenset[str] = ALWAYS_UNKNOWN
    not_imported: tuple[str, ...] = ()
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that is read, in no particular order."""
        dated = self.date.column if self.date else None
        told = self.signal.column if isinstance(self.signal, SignalColumn) else None
        named = (self.id, self.email, self.event, dated, told, self.asset)
        return tuple(dict.fromkeys((*(name for name in named if name is not None), *self.columns)))


def read_mapping(text: str, file: str = "mapping") -> FileMapping:
    """The mapping written in *text*; *file* is its name in messages.

    Raises:
        MappingError: with every mistake, each naming its line and key and what would be right.
    """
    notes = Notes(file)
    root = plant(text, notes)
    mapping = _mapping(Place(root, "", notes)) if root is not None else None
    if notes.problems or mapping is None:
        raise MappingError(notes.problems)
    return mapping


def _mapping(place: Place) -> FileMapping:
    top = place.fields(KEYS, {"source": "the system's name, such as hubspot"})
    if not any(key in top for key in ("id", "email", "columns")):
        place.wrong("The file names no columns; write columns: {Job Title: title}.")
    mapping = FileMapping(
        source=top.get("source", _source, "?"),
        columns=_columns(top),
        id=top.get("id", Place.text, None),
        email=top.get("email", Place.text, None),
        event=top.get("event", Place.text, None),
        date=top.get("date", _date, None),
        signal=top.get("signal", _signal, None),
        asset=_asset(top),
        unknown=ALWAYS_UNKNOWN | top.get("unknown", _cells, frozenset()),
        not_imported=top.list_of("leaks", Place.text) + top.list_of("ignore", Place.text),
        delimiter=top.get("delimiter", lambda at: DELIMITERS[at.one_of(tuple(DELIMITERS))], None),
        encoding=top.get("encoding", lambda at: at.one_of(ENCODINGS), None),
    )
    for name in set(mapping.not_imported) & set(mapping.used):
        place.wrong(f'"{name}" is read, and leaks or ignore leaves it out; keep one of them.')
    return mapping


def _source(place: Place) -> str:
    name = place.text()
    if name != "?" and (len(name) > LONGEST_SOURCE or not _SOURCE.fullmatch(name)):
        place.expected(f"a name of 1 to {LONGEST_SOURCE} letters, digits, - _ or .", "hubspot")
    return name


def _asset(top: Fields) -> str | None:
    if "asset" in top and "signal" not in top:
        top.entries["asset"].wrong("stands without a signal; add signal: NAME.")
    return top.get("asset", Place.text, None)


def _date(place: Place) -> DateColumn:
    at = place.fields(("column", "format", "timezone"), {"column": "Created", "format": '"%Y-%m-%d"'})
    return DateColumn(
        at.get("column", Place.text, "?"),
        at.get("format", _format, "?"),
        at.get("timezone", _zone, ZoneInfo("UTC")),
    )


def _format(place: Place) -> str:
    """ISO, or a `strptime` format that gives back year, month and day of what it wrote."""
    text = place.text()
    if text == ISO:
        return text
    try:
        read = datetime.strptime(_PROBE.strftime(text), text)  # noqa: DTZ007 (the zone is told beside it)
        fits = read.date() == _PROBE.date()
    except (ValueError, re.error):
        fits = False
    if not fits and text != "?":
        place.expected("a format with year, month and day", '"%Y-%m-%d" (or "%d-%m-%Y %H:%M")')
    return text


def _zone(place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(place.text())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place.expected("a time zone", "Europe/London")
        return ZoneInfo("UTC")


def _signal(place: Place) -> str | SignalColumn:
    if not isinstance(place.node.value, Mapping):
        return place.text()
    at = place.fields(("column", "values"), {"column": "Last Activity"})
    return SignalColumn(
        at.get("column", Place.text, "?"),
        at.get("values", _signals, None),
    )


def _signals(place: Place) -> dict[str, str | None]:
    entries = place.entries("{Form submitted: contact_form}")
    return {cell(name): None if at.node.value is None else at.text() for name, at in entries.items()}


def _columns(top: Fields) -> dict[str, ColumnRule]:
    place = top.entries.get("columns")
    if place is None:
        return {}
    taken: dict[str, str] = {}
    rules: dict[str, ColumnRule] = {}
    for name, at in place.entries("{Job Title: title}").items():
        rule = _rule(at)
        if rule.to in taken:
            at.wrong(f'goes to {rule.to}, where "{taken[rule.to]}" goes already; keep one of them.')
        taken.setdefault(rule.to, name)
        rules[name] = rule
    return rules


def _rule(place: Place) -> ColumnRule:
    if not isinstance(place.node.value, Mapping):
        return ColumnRule(_target(place))
    at = place.fields(COLUMN_KEYS, {"to": "title"})
    if "number" in at and "split" in at:
        place.wrong("is both a number and a list; keep number or split.")
    return ColumnRule(
        to=at.get("to", _target, "?"),
        values=at.get("values", _values, {}),
        number=at.get("number", _number_form, None),
        split=at.get("split", Place.text, None),
        lower=at.get("lower", Place.yes_no, False),
        unknown=at.get("unknown", _cells, frozenset()),
    )


def _target(place: Place) -> str:
    name = place.text()
    if name in ELSEWHERE:
        place.wrong(f"cannot go to {name} here; write {name}: … at the top of the file.")
    elif len(name) > LONGEST_NAME:
        place.expected(f"a name of 1 to {LONGEST_NAME} characters", LEAD_FIELDS[1])
    return name


def _number_form(place: Place) -> NumberForm:
    return place.one_of(("point", "comma"))


def _values(place: Place) -> dict[str, Scalar | None]:
    entries = place.entries("{Yes: true, No: false}")
    return {cell(name): None if at.node.value is None else at.scalar() for name, at in entries.items()}


def _cells(place: Place) -> frozenset[str]:
    """Cells as they are compared: numbers and true or false as they are written."""
    items = place.one_or_more("[unknown]")
    for item in items:
        if isinstance(item.node.value, Mapping | tuple):
            item.expected("a cell as the file writes it", "unknown")
    return frozenset(cell(item.node.written) for item in items)


def cell(written: str) -> str:
    """*written* as cells are compared: without blanks around it, in lower case."""
    return written.strip().casefold()
