"""The definition, the team and the mapping: what somebody writes to hurt the reader costs neither time nor memory."""

import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.intake.mapping import MappingError, read_mapping
from scoring.contractfile import LARGEST_FILE, ContractError
from scoring.definition import read_definition
from scoring.team import read_team

pytestmark = pytest.mark.slow  # files of many megabytes

Reader = Callable[[str], object]
READERS: tuple[Reader, ...] = (read_definition, read_team, read_mapping)
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
FULL = LARGEST_FILE - 200

BOMBS = {
    "a billion laughs": LAUGHS,
    "laughs of mappings": "a: &a {b: 1}\nc: &c {<<: *a, d: *a}\ne: {<<: [*c, *a]}\n",
    "an alias of itself": "a: &a [*a]\n",
    "deep lists": "a: " + "[" * FULL,
    "deep lists that end": "a: " + "[" * (FULL // 2) + "]" * (FULL // 2),
    "deep mappings": "a: " + "{a: " * (FULL // 4),
    "deep indents": "".join(" " * n + "a:\n" for n in range(350)),
    "deep dashes": "- " * (FULL // 2),
    "question marks": "? " * (FULL // 2),
    "many keys": "".join(f"k{n}: 1\n" for n in range(FULL // 9)),
    "many keys like ours": "".join(f"threshol{n}: 1\n" for n in range(FULL // 16)),
    "many signals": "intent:\n" + "".join(f"  s{n}: {{ponts: 1}}\n" for n in range(FULL // 20)),
    "the same key": "a: 1\n" * (FULL // 5),
    "a long scalar": "a: " + "x" * FULL,
    "a long number": "a: " + "9" * FULL,
    "many colons": "a: " + ": " * (FULL // 2),
    "many comments": "#\n" * (FULL // 2),
    "many documents": "---\n" * (FULL // 4),
    "many anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(FULL // 16)),
    "many tags": "a: [" + "!!int 1, " * (FULL // 9) + "]\n",
    "an object to make": "a: !!python/object/apply:os.system ['echo']\n",
    "escapes": 'a: "' + "\\x41" * (FULL // 4) + '"\n',
    "a folded text": "a: >\n" + "  x\n\n" * (FULL // 5),
    "sixty-five kilobytes": "a: " + "x" * LARGEST_FILE,
    "fifty megabytes": "a: 1\n" * 10_000_000,
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__name__))
@pytest.mark.parametrize("name", BOMBS)
def test_a_file_that_is_a_bomb_is_refused_in_sentences_and_soon(name: str, reader: Reader) -> None:
    began = time.process_time()
    with pytest.raises((ContractError, MappingError)) as refused:
        reader(BOMBS[name])

    assert time.process_time() - began < 6, "the worst of them, thousands of mistakes, takes 1.5 s"
    assert str(refused.value).strip()


@pytest.mark.parametrize("name", ["a billion laughs", "an alias of itself", "deep lists", "fifty megabytes"])
def test_a_file_that_is_a_bomb_is_refused_in_little_memory(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(ContractError):
        read_definition(BOMBS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < (3 * len(BOMBS[name]) if len(BOMBS[name]) > LARGEST_FILE else 32 * 1024 * 1024)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.__name__))
def test_aliases_and_anchors_are_refused_by_name(reader: Reader) -> None:
    with pytest.raises((ContractError, MappingError), match="alias"):
        reader("a: &x 1\nb: *x\n")
    with pytest.raises((ContractError, MappingError), match="anchor"):
        reader("a: &x 1\n")


PATTERN = re.compile(r"\bre\.(?:compile|match|search|sub|fullmatch|findall|split)\(\s*([^\s,)]+)")
OURS = ('"', "'", 'r"', "r'", 'f"', "rb", 'rf"', "_", "(")
"""How a pattern begins that stands in our own source: a literal, or a constant of the file."""


def test_nothing_that_somebody_writes_is_ever_a_pattern() -> None:
    """No user's regular expression is compiled, so none can backtrack for ever."""
    root = Path(__file__).parents[2]
    for room in ("scoring", "storage", "bot"):
        for path in (root / room).rglob("*.py"):
            if "playground" not in path.parts:
                for found in PATTERN.findall(path.read_text("utf-8")):
                    assert found.startswith(OURS) or found.isupper(), (path, found)
