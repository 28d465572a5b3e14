"""Whatever stands in the two files: it is read, or it is refused in sentences; nothing else happens."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.contractfile import ContractError
from scoring.definition import read_definition
from scoring.team import read_team

HERE = Path(__file__)
SAMPLES: dict[Callable[[str], object], str] = {
    read_definition: HERE.with_name("sample_definition.yaml").read_text(),
    read_team: HERE.with_name("sample_team.yaml").read_text(),
}
TOKENS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    ", ",
    "\n",
    "  ",
    "#",
    "|",
    ">",
    "'",
    '"',
    "&a ",
    "*a",
    "!x ",
    "%",
    "@",
    "`",
    "? ",
    "\\",
    "\x00",
    "\t",
    "é",
    "\ud83d",
    "null",
    "~",
    "true",
    "-1",
    ".nan",
    "1e999",
    "9" * 30,
    "1e309",
    "0x1F",
    "5m",
    "0d",
    "99999999d",
    "50%",
    "is",
    "between",
    "signal",
    "target",
    "any",
    "all",
    "not",
    "when",
    "2027-02-30",
    "9999-12-31",
    "<<: ",
    "---\n",
    "...\n",
    "\u2028",
    "\ufeff",
    "name: ",
    "points: ",
    "U0ANN",
    "C0ALL",
    "mon-fri",
]
Reader = Callable[[str], object]


def refusal(reader: Reader, text: str) -> tuple[str, ...]:
    """What is wrong with the file; nothing for a sound one. Any other exception fails the test."""
    try:
        reader(text)
    except ContractError as refused:
        return refused.problems or ("an empty refusal",)
    return ()


def read_or_refuse(reader: Reader, text: str) -> None:
    """Fails unless the file is read, or refused in one-line sentences that name it."""
    for problem in refusal(reader, text):
        assert problem.startswith(("definition.yaml:", "team.yaml:"))
        assert problem.endswith(".")
        assert "\n" not in problem


readers = st.sampled_from([read_definition, read_team])
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(TOKENS)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(TOKENS) | st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(readers, st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=30))
@settings(max_examples=300, deadline=None)
def test_random_text_is_refused_in_sentences(reader: Reader, tokens: list[str]) -> None:
    read_or_refuse(reader, "".join(tokens))


@given(readers, st.data())
@settings(max_examples=400, deadline=None)
def test_a_sound_file_with_a_few_slips_is_read_or_refused_in_sentences(
    reader: Reader, data: st.DataObject
) -> None:
    text = SAMPLES[reader]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = text[:start] + data.draw(st.sampled_from(TOKENS) | st.text(max_size=4)) + text[end:]
    read_or_refuse(reader, text)


@given(readers, st.data())
@settings(max_examples=400, deadline=None)
def test_any_value_in_the_place_of_a_right_one_is_read_or_refused_in_sentences(
    reader: Reader, data: st.DataObject
) -> None:
    lines = SAMPLES[reader].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon} {data.draw(values)!r}".replace("None", "null").replace("True", "true")
    read_or_refuse(reader, "\n".join(lines))


@pytest.mark.parametrize("reader", [read_definition, read_team])
def test_files_with_swapped_words_are_read_or_refused_in_sentences(reader: Reader) -> None:
    words = SAMPLES[reader].split(" ")
    dice = random.Random(20261122)
    for _ in range(400):
        shuffled = list(words)
        for _ in range(dice.randint(1, 5)):
            shuffled[dice.randrange(len(words))] = dice.choice((*words, *TOKENS))
        read_or_refuse(reader, " ".join(shuffled))


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "a:\n ", "? ", "{", "'", "!", "&a [", "%"])
def test_endless_nesting_is_refused_without_running_out_of_stack(unit: str) -> None:
    read_or_refuse(read_definition, "a: " + unit * 10_000)
