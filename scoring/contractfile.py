"""The two written files as text: YAML read into nodes that remember their line, and the list of mistakes.

The reader takes YAML's events, not its objects: no aliases to expand, no tags to construct, and a depth it
can refuse. What a plain scalar means is decided here (YAML 1.2: `NO` is Norway, `010` is ten).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from scoring.lead import Scalar

# DESIGN.md, "The definition": 64 KiB at most (350 bytes of aliases once made 254 MB).
LARGEST_FILE = 64 * 1024
# The deepest legal key, a condition nested in a rule, needs about 8; 20 leaves room and bounds recursion.
DEEPEST = 20
# Whole numbers up to 15 digits are exact in a float too, so that Python, SQL and JSON agree.
LONGEST_NUMBER = 15

# Control and bidi characters, line separators and lone surrogates: nothing a signed page should hide.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LOOK = "check indentation, brackets and quotes."
_WHOLE = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Scalar | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class ContractError(Exception):
    """A written file is wrong.

    Attributes:
        problems: every mistake found, a sentence each: file, line, dotted key, and what would be right.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DefinitionError(ContractError):
    """The definition file is wrong."""


class TeamError(ContractError):
    """The team file is wrong."""


@dataclass(slots=True)
class Notes:
    """The mistakes and doubts found so far in *file*, so that all of them can be told at once."""

    file: str
    _mistakes: list[tuple[int, str]] = field(default_factory=list)
    _doubts: list[tuple[int, str]] = field(default_factory=list)

    def mistake(self, line: int, sentence: str) -> None:
        """Note a mistake of *line* (1 is the first; 0 is the file as a whole)."""
        self._mistakes.append((line, one_line(sentence)))

    def doubt(self, line: int, sentence: str) -> None:
        """Note something that is allowed and probably not meant."""
        self._doubts.append((line, one_line(sentence)))

    @property
    def problems(self) -> tuple[str, ...]:
        """The mistakes as sentences, in the order of the file, each once."""
        return self._told(self._mistakes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The doubts as sentences, in the order of the file, each once."""
        return self._told(self._doubts)

    def _told(self, noted: list[tuple[int, str]]) -> tuple[str, ...]:
        ordered = sorted(dict.fromkeys(noted), key=lambda entry: entry[0])
        places = ((f"{self.file}:{line}" if line else self.file, text) for line, text in ordered)
        return tuple(f"{place}: {text}" for place, text in places)


class Unusable:
    """A value already reported as a mistake: whoever wanted it keeps silent about it."""


UNUSABLE = Unusable()


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the file. *line* is that of its key, or of the list item; *written* is a scalar's text."""

    line: int
    value: Scalar | tuple[Node, ...] | Mapping[str, Node] | Unusable | None
    written: str = ""

    @property
    def shown(self) -> str:
        """The value as a sentence may quote it, cut to 40 characters."""
        if isinstance(self.value, str):
            return f'"{cut(self.value)}"'
        if isinstance(self.value, Mapping):
            return "a mapping"
        if isinstance(self.value, tuple):
            return "a list" if self.value else "an empty list"
        return "nothing" if self.value is None else cut(self.written)


def cut(text: str, longest: int = 40) -> str:
    """*text* in at most *longest* characters, the loss marked by three dots."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def one_line(text: str) -> str:
    """*text* without line breaks and unprintable characters: one mistake is one line."""
    return _UNPRINTABLE.sub("?", text.replace("\r", " ").replace("\n", " ").replace("\t", " "))


def has_unprintable(text: str) -> bool:
    """Whether *text* holds control or bidi characters, or halves of a surrogate pair."""
    return _UNPRINTABLE.search(text) is not None


def plant(text: str, notes: Notes) -> Node | None:
    """The file as a tree of nodes; None where it is no YAML mapping at all. Mistakes go to *notes*."""
    text = text.removeprefix("\ufeff")
    if not _readable(text, notes):
        return None
    planter = _Planter(notes)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            planter.take(event)
    except MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        notes.mistake(
            mark.line + 1 if mark else 0,
            f"is not valid YAML: {broken.problem or broken.context}; {_LOOK}",
        )
        return None
    except _TooDeep as deep:
        notes.mistake(deep.line, f"is nested more than {DEEPEST} levels deep; write it flatter.")
        return None
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError):
        # The scanner answers some junk with Python's own errors; to whoever reads it is all the same.
        notes.mistake(planter.line, f"is not valid YAML at or after this line; {_LOOK}")
        return None
    return _mapping_only(planter.root, notes)


def _readable(text: str, notes: Notes) -> bool:
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
        notes.mistake(0, f"is larger than {LARGEST_FILE // 1024} KiB; a page to sign is shorter.")
        return False
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if has_unprintable(line):
            notes.mistake(number, "holds a control character; remove it.")
        if "\t" in line:
            notes.mistake(number, "holds a tab; write spaces.")
    return not notes.problems


def _mapping_only(root: Node | None, notes: Notes) -> Node | None:
    if root is None or root.value is None:
        notes.mistake(0, "is empty; run baton init for a sample.")
        return None
    if not isinstance(root.value, Mapping):
        notes.mistake(root.line, "must be a mapping (lines of key: value), not " + root.shown + ".")
        return None
    return root


class _TooDeep(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    line: int
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key: Node | None = None


class _Planter:
    """Builds nodes from events with a list as its stack: depth costs no recursion."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.root: Node | None = None
        self.line = 0
        self._open: list[_Open] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._start(event)
        elif isinstance(event, AliasEvent):
            self._mistake(f"uses the alias *{event.anchor}; write the value out.")
            self._add(Node(self.line, UNUSABLE))
        elif isinstance(event, ScalarEvent):
            self._refuse_decoration(event)
            self._add(self._scalar(event))
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            self._refuse_decoration(event)
            if len(self._open) >= DEEPEST:
                raise _TooDeep(self.line)
            self._open.append(_Open(self.line, isinstance(event, MappingStartEvent)))
        elif isinstance(event, CollectionEndEvent):
            done = self._open.pop()
            self._add(Node(done.line, done.entries if done.is_mapping else tuple(done.items)))

    def _start(self, event: DocumentStartEvent) -> None:
        if self.root is not None:
            self.notes.mistake(self.line, "starts a second document; keep everything in one.")
        if event.version or event.tags:
            self.notes.mistake(self.line, "follows a % directive; remove that line.")

    def _refuse_decoration(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor:
            self._mistake(f"names the anchor &{event.anchor}; write the value out instead.")
        if event.tag:
            self._mistake(f"carries the tag {event.tag}; remove it.")

    def _scalar(self, event: ScalarEvent) -> Node:
        text = str(event.value)
        if has_unprintable(text):
            self._mistake("holds a control character; remove it.")
            return Node(self.line, UNUSABLE)
        if event.style:
            return Node(self.line, text, text)
        too_long = _WHOLE.fullmatch(text) and len(text.lstrip("+-0")) > LONGEST_NUMBER
        if too_long or _NOT_FINITE.fullmatch(text):
            return self._no_number(text)
        value = plain(text)
        if isinstance(value, float) and not math.isfinite(value):
            return self._no_number(text)
        return Node(self.line, value, text)

    def _no_number(self, text: str) -> Node:
        self._mistake(
            f"is {cut(text)}, no usable number; write at most {LONGEST_NUMBER} digits, or quote a text."
        )
        return Node(self.line, UNUSABLE)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = self.root or node
            return
        top = self._open[-1]
        if not top.is_mapping:
            top.items.append(node)
        elif top.key is None:
            top.key = node
        else:
            self._enter(top, top.key, node)
            top.key = None

    def _enter(self, top: _Open, key: Node, node: Node) -> None:
        if isinstance(key.value, Mapping | tuple):
            self._mistake("has a list or a mapping for a key; a key is a word.")
        elif isinstance(key.value, Unusable):
            return
        elif key.written in top.entries:
            first = top.entries[key.written].line
            self.notes.mistake(
                key.line, f"{self._path()} stands here a second time (first in line {first}); keep one."
            )
        else:
            top.entries[key.written] = Node(key.line, node.value, node.written)

    def _mistake(self, sentence: str) -> None:
        self.notes.mistake(self.line, f"{self._path()} {sentence}".lstrip())

    def _path(self) -> str:
        """The dotted key of what is being read."""
        path = ""
        for level in self._open:
            if not level.is_mapping:
                path += f"[{len(level.items)}]"
            elif level.key is not None:
                path += f".{cut(level.key.written, 60)}" if path else cut(level.key.written, 60)
        return path


def plain(text: str) -> Scalar | None:
    """What an unquoted scalar means: nothing, yes or no, a whole number, a decimal, or text."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def paths(node: Node, above: str = "") -> Iterator[str]:
    """Dotted paths of the keys in the file; the items of a list share the path of the list."""
    if isinstance(node.value, tuple):
        for item in node.value:
            yield from paths(item, above)
    elif isinstance(node.value, Mapping):
        for key, inner in node.value.items():
            path = f"{above}.{key}" if above else key
            yield path
            yield from paths(inner, path)
