"""What a preset puts in quotation marks is what its source document says."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from scoring.presets import preset_text

SOURCES = Path(__file__).parents[2].parent / "shared" / "seeds"
DOCUMENTS = {
    "s0": "000_8db03b0bc32ec61c.txt",
    "s1": "001_54d34a18bbbbc1e2.txt",
    "s2": "002_304b0b866c777602.txt",
    "s3": "003_05f0814be3e28f4d.txt",
    "s4": "004_e1db7111079f4b3f.txt",
    "default": "003_05f0814be3e28f4d.txt",
    "b2c": "003_05f0814be3e28f4d.txt",
}
COMMENT = re.compile(r"(?:^|\s)# ?(.*)$")


def plain(text: str) -> str:
    """One space between words, straight quotation marks, lower case."""
    return " ".join(text.translate(str.maketrans("“”‘’", "\"\"''")).lower().split())


def quotes(name: str) -> list[str]:
    """Quoted words of the comments; a comment may run over several lines."""
    found = []
    for whole_line, lines in groupby(
        preset_text(name).splitlines(), lambda line: line.lstrip().startswith("#")
    ):
        comments = [match[1] for match in map(COMMENT.search, lines) if match]
        for comment in [" ".join(comments)] if whole_line else comments:
            found += [plain(quote) for quote in re.findall(r'"([^"]+)"', comment)]
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_quotation_stands_in_the_source_document(name: str) -> None:
    source = SOURCES / DOCUMENTS[name]
    if not source.exists():
        pytest.skip(f"{DOCUMENTS[name]} is not beside the repository; quotations cannot be compared")
    text = plain(source.read_text(encoding="utf-8"))

    # A table's row has no colon between its columns, and a sentence's full stop may be left out.
    spellings = {quote: (quote, quote.replace(": ", " "), quote.rstrip(".")) for quote in quotes(name)}
    missing = [quote for quote, spelt in spellings.items() if not any(one in text for one in spelt)]

    assert spellings
    assert missing == []
