"""One value of a written file and where it stands: reads it as what is wanted, or notes what would be right.

Every reader returns a stand-in of the right type after a mistake, so that reading goes on and all mistakes
are told at once; the file as a whole is refused at the end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeVar

from scoring.contractfile import Node, Notes, Unusable, cut
from scoring.durations import duration
from scoring.lead import Scalar

T = TypeVar("T")
D = TypeVar("D")

# Points, counts and people: far above any sensible value, far below what SQL's integers hold.
LARGEST_COUNT = 1_000_000
LONGEST_TEXT = 500
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHARE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4})?) ?%")
# difflib's ratio from which a key is taken for a misspelt word of the language: "signl" for "signal" is 0.91.
RESEMBLES = 0.8


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a sentence lists them: "a, b or c"."""
    *before, end = [*words] or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def nearest(word: str, known: Collection[str], at_least: float = 0.0) -> str | None:
    """The known word most like *word*; None where none reaches the ratio *at_least*."""
    found = get_close_matches(cut(word, 60), sorted(known), n=1, cutoff=at_least)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """A value, its dotted key and where its mistakes are noted."""

    node: Node
    key: str
    notes: Notes

    @property
    def word(self) -> str:
        """The last word of the key: what one would write before the colon."""
        return re.sub(r"(\[[0-9]+\])+$", "", self.key).rsplit(".", 1)[-1]

    def wrong(self, sentence: str) -> None:
        """Note a mistake; *sentence* goes on after the key."""
        if not isinstance(self.node.value, Unusable):
            self.notes.mistake(self.node.line, f"{self.key} {sentence}".lstrip())

    def doubtful(self, sentence: str) -> None:
        """Note a doubt; *sentence* goes on after the key."""
        self.notes.doubt(self.node.line, f"{self.key} {sentence}")

    def expected(self, what: str, example: str) -> None:
        """Note that the value is not what is wanted, with an example of what would be right."""
        right = f"- {example}" if self.key.endswith("]") else f"{self.word}: {example}"
        self.wrong(f"must be {what}, not {self.node.shown}; write {right}.")

    def entries(self, example: str = "{…}") -> dict[str, Place]:
        """The keys of a mapping; empty after a mistake."""
        if not isinstance(self.node.value, Mapping):
            self.expected("a mapping", example)
            return {}
        above = f"{self.key}." if self.key else ""
        inside = self.node.value.items()
        return {name: Place(node, f"{above}{cut(name, 60)}", self.notes) for name, node in inside}

    def fields(self, known: Collection[str], required: Mapping[str, str] | None = None) -> Fields:
        """A mapping of *known* keys only; *required* maps those that must be there to an example."""
        entries = self.entries()
        for name, place in entries.items():
            if name not in known:
                place.wrong(f"is not a key known here; the nearest is {nearest(name, known)}.")
        if isinstance(self.node.value, Mapping):
            for name, example in (required or {}).items():
                if name not in entries:
                    self.wrong(
                        f"{'lacks' if self.key else 'The file lacks'} {name}; write {name}: {example}."
                    )
        return Fields(self, entries)

    def items(self, example: str = "[…]") -> list[Place]:
        """The items of a list; empty after a mistake."""
        if not isinstance(self.node.value, tuple):
            self.expected("a list", example)
            return []
        return [Place(node, f"{self.key}[{at}]", self.notes) for at, node in enumerate(self.node.value)]

    def one_or_more(self, example: str) -> list[Place]:
        """The items of a list that is not empty, or the value itself as the only one."""
        if not isinstance(self.node.value, tuple):
            return [self]
        if not self.node.value:
            self.expected("a value or a list of values", example)
        return self.items()

    def text(self) -> str:
        """A text of 1 to 500 characters."""
        value = self.node.value
        if isinstance(value, str) and value.strip() and len(value) <= LONGEST_TEXT:
            return value.strip()
        if isinstance(value, int | float):
            self.expected("a text", f'"{self.node.shown}"')
        else:
            self.expected(f"a text of 1 to {LONGEST_TEXT} characters", "some words")
        return "?"

    def whole(self, low: int = -LARGEST_COUNT, high: int = LARGEST_COUNT) -> int:
        """A whole number between the bounds."""
        value = self.node.value
        if isinstance(value, int) and not isinstance(value, bool):
            if low <= value <= high:
                return value
            self.expected(f"a whole number from {low:,} to {high:,}", str(min(max(value, low), high)))
        else:
            meant = round(value) if isinstance(value, float) else 10
            self.expected("a whole number", str(min(max(meant, low), high)))
        return min(max(0, low), high)

    def _as_number(self) -> float:
        value = self.node.value
        return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan

    def count(self) -> int:
        """A whole number of 0 or more."""
        return self.whole(0)

    def several(self) -> int:
        """A whole number of 1 or more."""
        return self.whole(1)

    def number(self) -> float:
        """A number."""
        value = self.node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.expected("a number", "10")
            return 0
        return value

    def yes_no(self) -> bool:
        """true or false."""
        if isinstance(self.node.value, bool):
            return self.node.value
        self.expected("true or false", "true")
        return False

    def one_of(self, words: tuple[T, ...]) -> T:
        """One of the given words."""
        for word in words:
            if self.node.value == word:
                return word
        like = nearest(self.node.written, [str(word) for word in words], 0.5)
        self.expected(listed(str(word) for word in words), like or str(words[0]))
        return words[0]

    def scalar(self) -> Scalar:
        """A text, a number, or true or false."""
        value = self.node.value
        if value is None or isinstance(value, Unusable | Mapping | tuple):
            self.expected("a value", "GB")
            return "?"
        if isinstance(value, str):
            return self.text()
        return value

    def length(self) -> timedelta:
        """A duration of 1s to 3650d."""
        try:
            return duration(self.node.written if isinstance(self.node.value, str) else "")
        except ValueError as reason:
            self.expected(str(reason), "24h")
            return timedelta(days=1)

    def share(self, most: int = 100, least: int = 0) -> Fraction:
        """A share in per cent, as a fraction; above *least* per cent (0 is allowed only for least < 0)."""
        found = _SHARE.fullmatch(self.node.value) if isinstance(self.node.value, str) else None
        per_cent = Fraction(found[1]) if found else Fraction(-1)
        if not least < per_cent <= most:
            meant = self.node.written if least < self._as_number() <= most else "50"
            bounds = f"above {least}% and up" if least >= 0 else "up"
            self.expected(f"a share {bounds} to {most}%", f"{meant}%")
            return Fraction(1)
        return per_cent / 100

    def day(self) -> date:
        """A date, YYYY-MM-DD."""
        written = self.node.written
        try:
            return date.fromisoformat(written if _DAY.fullmatch(written) else "")
        except ValueError:
            self.expected("a date (year-month-day)", "2027-02-22")
            return date.min


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys of one mapping, read one by one."""

    place: Place
    entries: Mapping[str, Place]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str, read: Callable[[Place], T], default: D) -> T | D:
        """The value of *key* as *read* takes it; *default* where the key is absent."""
        place = self.entries.get(key)
        return default if place is None else read(place)

    def list_of(self, key: str, read: Callable[[Place], T]) -> tuple[T, ...]:
        """The items of the list *key*; none where the key is absent."""
        place = self.entries.get(key)
        return () if place is None else tuple(read(item) for item in place.items())
