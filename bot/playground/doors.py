"""The doors an embedding program opens beside the page: buttons, forms, and tables one can watch.

The page draws them and knows nothing of what is behind them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Control:
    """A button beside the page; pressing it calls `press`, whose sentence is shown."""

    label: str
    press: Callable[[], str]
    group: str = ""
    """The heading it stands under."""


@dataclass(frozen=True)
class Field:
    """One thing a form asks for. `options` are (value, label) of a select, or what a text is completed with."""

    name: str
    label: str
    kind: Literal["text", "select", "lines", "file"] = "text"
    options: Sequence[tuple[str, str]] = ()
    value: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text under a caption; `empty` is said where there are none."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str = "Nothing at the moment."


@dataclass(frozen=True)
class Told:
    """What came of a form: sentences, tables, or what is wrong with which field."""

    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """Fields and a button. A file arrives as its text; `send` gets every field by name, "" where it is empty."""

    title: str
    fields: Sequence[Field]
    submit: str
    send: Callable[[Mapping[str, str]], Told]


@dataclass(frozen=True)
class Panel:
    """One sheet of the page's tools: forms, and below them what `watch` says now, asked for once a second."""

    name: str
    about: str
    forms: Sequence[Form] = ()
    watch: Callable[[], Sequence[Table]] | None = None
