"""Job title to seniority and function, by the keyword table titles.toml (several languages).

A title is read, never guessed: words the table does not hold leave the answer unknown. Classified once at
intake and stored as facts, so that scoring only compares.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple
from unicodedata import combining, normalize

# Longer titles exist only by mistake or malice; the first words decide anyway. This bounds the work too.
LONGEST_TITLE = 200

# Titles repeat: a year of leads of one market holds a few thousand different ones.
REMEMBERED_TITLES = 8192

# "(m/w/d)", "h/f" and the endings of "Leiter:in", "Chargé(e)", "Directeur(trice)" say nothing about the job.
GENDER_MARK = re.compile(
    r"\(?\b[mwfdxhn](?:\s?/\s?[mwfdxhn]){1,3}\b\)?"
    r"|[*:_/]in(?:nen)?\b|\((?:in|e|ne|se|euse|trice|rice)\)|(?<=[^\W\d_]{3})[·.]e\b"
)
INITIALS = re.compile(r"(?<![^\W_])([a-z])\.(?=[a-z](?![^\W_]))")
WORD_OR_BREAK = re.compile(r"[^\W_]+|[^\w\s.'’‐‑-]")
CO_PREFIX = re.compile(r"\bco[-‐‑ ]+(?=chair|ceo|direct|fond|found|fund|gr[uü]nd|head|lead|own|presid)")


class Title(NamedTuple):
    """What a job title says. None where it does not say.

    Attributes:
        seniority: c_level, vp, director, manager, individual, student, intern or freelancer.
        function: marketing, sales, revenue operations, engineering, it, finance, hr, … as in titles.toml.
    """

    seniority: str | None
    function: str | None


@lru_cache(maxsize=REMEMBERED_TITLES)
def classify_title(title: str) -> Title:
    """Seniority and function of *title* in any of the table's languages.

    Whatever lowers a title beats what raises it ("Marketing Intern", "Assistant to the CEO"); otherwise the
    highest rank named counts. Any text is accepted, an empty or unreadable one is unknown. Never raises.
    """
    table = _table()
    words = _words(title[:LONGEST_TITLE])
    seniority: str | None = None
    aside = next(table.asides.found_in(words), None)
    if aside:
        words = words[: aside.start]
        seniority = "individual" if aside.meaning == RIGHT_HAND else None
    return Title(seniority or _seniority(words, table), _function(words, table))


RIGHT_HAND = "right hand"


class Found(NamedTuple):
    """A phrase found: the place of its first word, the place after its last, its meaning ("" for nothing)."""

    start: int
    end: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases and their meanings, found from left to right, the longest at each place.

    Attributes:
        exact: whole phrases, words separated by one space.
        reach: first word of an exact phrase to the number of words in the longest one that begins so.
        beginnings, endings: parts of compound words; at least one letter stands on the other side.
    """

    exact: Mapping[str, str]
    reach: Mapping[str, int]
    beginnings: Mapping[str, str]
    endings: Mapping[str, str]

    def found_in(self, words: Sequence[str]) -> Iterator[Found]:
        """Every phrase in *words*; a word belongs to one phrase at most."""
        place = 0
        while place < len(words):
            found = self._at(place, words)
            if found:
                yield found
            place = found.end if found else place + 1

    def _at(self, place: int, words: Sequence[str]) -> Found | None:
        word = words[place]
        for length in range(min(self.reach.get(word, 0), len(words) - place), 0, -1):
            meaning = self.exact.get(" ".join(words[place : place + length]))
            if meaning is not None:
                return Found(place, place + length, meaning)
        if word.startswith(tuple(self.beginnings)) or word.endswith(tuple(self.endings)):
            meaning = self._compound(word)
            return None if meaning is None else Found(place, place + 1, meaning)
        return None

    def _compound(self, word: str) -> str | None:
        for size in range(len(word) - 1, 1, -1):
            meaning = self.beginnings.get(word[:size], self.endings.get(word[-size:]))
            if meaning is not None:
                return meaning
        return None


@dataclass(frozen=True, slots=True)
class Table:
    """titles.toml, ready to look things up. *ranks* lists the seniorities, the deciding one first."""

    asides: Phrases
    seniorities: Phrases
    ranks: tuple[str, ...]
    spans: tuple[tuple[str, str, str], ...]
    functions: Phrases


def _seniority(words: Sequence[str], table: Table) -> str | None:
    said = {found.meaning for found in table.seniorities.found_in(words)}
    said |= {
        rank for first, last, rank in table.spans if first in words and last in words[words.index(first) :]
    }
    return next((rank for rank in table.ranks if rank in said), None)


def _function(words: Sequence[str], table: Table) -> str | None:
    latest: Found | None = None
    for found in table.functions.found_in(words):
        if not found.meaning:
            continue
        if latest and found.start > latest.end:
            break
        latest = found
    return latest.meaning if latest else None


def _words(title: str) -> list[str]:
    """Words in one spelling; punctuation that separates stays as a word of its own."""
    plain = GENDER_MARK.sub("", _plain(title))
    return WORD_OR_BREAK.findall(CO_PREFIX.sub("co", INITIALS.sub(r"\1", plain)))


def _plain(text: str) -> str:
    """Lower case without accents: "Geschäftsführer" and "GESCHAFTSFUHRER" are one word."""
    # ł has no accent to take off in Unicode's eyes; keyboards without it write l.
    decomposed = normalize("NFKD", text.casefold()).casefold().replace("ł", "l")
    return "".join(letter for letter in decomposed if not combining(letter))


@cache
def _table() -> Table:
    source = tomllib.loads(resources.files("scoring").joinpath("titles.toml").read_text(encoding="utf-8"))
    ranks = [entry for entry in source["seniority"] if "name" in entry]
    return Table(
        asides=_phrases([("stop", source["stop"]), (RIGHT_HAND, source["right_hand"])]),
        seniorities=_phrases([(entry.get("name", ""), entry["words"]) for entry in source["seniority"]]),
        ranks=tuple(entry["name"] for entry in ranks),
        spans=tuple((*span, entry["name"]) for entry in ranks for span in entry.get("spans", ())),
        functions=_phrases([(entry.get("name", ""), entry["words"]) for entry in source["function"]]),
    )


def _phrases(meanings: Sequence[tuple[str, Sequence[str]]]) -> Phrases:
    exact: dict[str, str] = {}
    reach: dict[str, int] = {}
    beginnings: dict[str, str] = {}
    endings: dict[str, str] = {}
    for meaning, phrases in meanings:
        for phrase in phrases:
            words = _words(phrase.strip("*"))
            kept = endings if phrase.startswith("*") else beginnings if phrase.endswith("*") else exact
            kept.setdefault(" ".join(words), meaning)
            if kept is exact:
                reach[words[0]] = max(len(words), reach.get(words[0], 0))
    return Phrases(exact, reach, beginnings, endings)
