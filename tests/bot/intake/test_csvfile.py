"""CSV files as people really have them."""

import csv
from pathlib import Path

import pytest

from bot.intake.csvfile import SCANNED_AT_ONCE, FileRefused, Rejects, Row, Table, open_table


def rows_of(path: Path, content: bytes | str, **told: str) -> tuple[Table, list[Row]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_table(path, delimiter=told.get("delimiter"), encoding=told.get("encoding")) as table:
        return table, list(table.rows())


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    return tmp_path / "leads.csv"


ENCODED = [
    ("UTF-8", "utf-8", 0),
    ("UTF-8 with a byte order mark", "utf-8-sig", 0),
    ("UTF-16 as Excel's Unicode text", "utf-16", 0),
    ("Windows", "cp1252", 1),
]


@pytest.mark.parametrize(("name", "encoding", "notes"), ENCODED, ids=[name for name, _, _ in ENCODED])
def test_a_name_with_an_umlaut_survives_every_usual_encoding(
    leads: Path, name: str, encoding: str, notes: int
) -> None:
    table, rows = rows_of(leads, "name,city\r\nJürgen,Köln\r\n".encode(encoding))

    assert table.columns == ("name", "city")
    assert rows == [Row(2, ("Jürgen", "Köln"))]
    assert len(table.notes) == notes, "an encoding that is assumed is told"


def test_a_letter_on_the_border_of_what_is_read_at_once_does_not_make_a_file_windows(leads: Path) -> None:
    before = "name\n" + ("x" * 99 + "\n") * 10_485 + "x" * 70
    assert len(before) == SCANNED_AT_ONCE - 1, "the letter's two bytes are on either side of the border"

    table, rows = rows_of(leads, before + "ü\n")

    assert table.encoding == "utf-8"
    assert rows[-1].cells[0].endswith("xü")


def test_an_encoding_that_is_told_and_does_not_fit_is_refused_with_the_place(leads: Path) -> None:
    with pytest.raises(FileRefused, match=r"leads\.csv is not in utf-8: byte 6 does not fit"):
        rows_of(leads, b"name\n\xfc\n", encoding="utf-8")


def test_utf_16_without_its_mark_is_refused_unless_told(leads: Path) -> None:
    content = "name,city\nAda,London\n".encode("utf-16-le")

    with pytest.raises(FileRefused, match="UTF-16 without a byte order mark"):
        rows_of(leads, content)
    assert rows_of(leads, content, encoding="utf-16-le")[1] == [Row(2, ("Ada", "London"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_the_delimiter_is_seen_in_the_header(leads: Path, delimiter: str) -> None:
    header = delimiter.join(('"Company, city; or both"', "name", "title"))

    table, rows = rows_of(leads, f"{header}\n" + delimiter.join(('"a,b;c"', "Ada", "VP")))

    assert table.delimiter == delimiter
    assert rows == [Row(2, ("a,b;c", "Ada", "VP"))]


def test_a_delimiter_that_is_told_wins_over_what_the_header_looks_like(leads: Path) -> None:
    table, rows = rows_of(leads, "last, first, and title;email\nLovelace;a@b.example\n", delimiter=";")

    assert table.columns == ("last, first, and title", "email")
    assert rows[0].cells == ("Lovelace", "a@b.example")


def test_excels_own_line_about_the_delimiter_is_no_header(leads: Path) -> None:
    table, rows = rows_of(leads, "sep=;\nname;city\nAda;London\n")

    assert table.columns == ("name", "city")
    assert rows == [Row(3, ("Ada", "London"))]


REFUSED = [
    (b"PK\x03\x04\x14\x00", "is an Excel workbook named .csv; open it and save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel workbook named .csv; open it and save it as CSV UTF-8"),
    (b"\x1f\x8b\x08", "is compressed"),
    (b"%PDF-1.7", "is a PDF"),
    (b"", "is empty"),
    (b"\xef\xbb\xbf\r\n\r\n", "is empty"),
    (b'"name\n', "The header of leads.csv cannot be read"),
]


@pytest.mark.parametrize(("content", "words"), REFUSED, ids=[words[:24] for _, words in REFUSED])
def test_a_file_that_is_no_csv_is_refused_with_what_to_do(leads: Path, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        rows_of(leads, content)


def test_a_file_that_is_not_there_is_refused_with_its_name(leads: Path) -> None:
    with pytest.raises(FileRefused, match=r"leads\.csv cannot be read: No such file"), open_table(leads):
        pass


def test_a_line_break_inside_quotes_belongs_to_the_cell_and_lines_are_counted_on(leads: Path) -> None:
    _, rows = rows_of(leads, 'name,message\nAda,"We want\nto talk"\nBob,Hello\n')

    assert rows == [Row(2, ("Ada", "We want\nto talk")), Row(4, ("Bob", "Hello"))]


def test_blank_rows_and_the_empty_columns_behind_a_row_are_passed_over(leads: Path) -> None:
    _, rows = rows_of(leads, "name,city\n\n,\nAda,London,,\n , \n")

    assert rows == [Row(4, ("Ada", "London"))]


def test_a_row_with_too_many_or_too_few_columns_is_set_aside_and_the_next_is_read(leads: Path) -> None:
    _, rows = rows_of(leads, "name,city\nAda\nBob,Paris,FR\nCat,Rome\n")

    assert [row.problem for row in rows] == [
        "It has too few columns: 1 instead of 2.",
        "It has too many columns: 3 instead of 2.",
        None,
    ]


def test_a_stray_quote_spoils_its_own_row_alone(leads: Path) -> None:
    _, rows = rows_of(leads, 'name,city\n"Acme "Best" Inc",Rome\nCat,Rome\n')

    assert rows[0].problem == 'A quote stands inside a quoted cell; double it ("").'
    assert rows[0].cells == ('"Acme "Best" Inc",Rome',)
    assert rows[1] == Row(3, ("Cat", "Rome"))


def test_a_quote_that_is_never_closed_does_not_swallow_the_whole_file(leads: Path) -> None:
    people = "".join(f"Person {n},Rome\n" for n in range(20_000))

    _, rows = rows_of(leads, f'name,city\n"Ada,London\n{people}')

    assert rows[0].problem is not None
    assert rows[0].problem.startswith("A quote is never closed: lines 2 to ")
    assert len(rows[0].cells[0]) <= 2_000
    assert len(rows) > 5_000, "what stands after the first 131,072 characters is read"
    assert rows[-1].cells == ("Person 19999", "Rome")


def test_a_quote_left_open_in_the_last_row_is_told(leads: Path) -> None:
    _, rows = rows_of(leads, 'name,city\nAda,"London\n')

    assert rows[0].problem == "A quote is never closed: lines 2 to 2 were read as one row."


def test_null_bytes_are_dropped(leads: Path) -> None:
    assert rows_of(leads, b"na\0me,city\nA\0da,London\n")[1] == [Row(2, ("Ada", "London"))]


def test_old_macintosh_line_ends_are_line_ends(leads: Path) -> None:
    assert [row.cells for row in rows_of(leads, "name\rAda\rBob\r")[1]] == [("Ada",), ("Bob",)]


def test_progress_is_told_in_bytes_up_to_the_whole_file(leads: Path) -> None:
    leads.write_text("name\n" + "Ada\n" * 20_000)
    with open_table(leads) as table:
        rows = table.rows()
        next(rows)
        begun = table.done
        for _ in rows:
            pass

        assert 0 < begun < table.size
        assert table.done == table.size == leads.stat().st_size


def test_rejects_are_written_with_line_and_reason_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    rejects = Rejects(path, ("name", "city"))
    rejects.add(Row(7, ("Jürgen", 'He said "no",\nthen left')), "It is wrong.")
    rejects.close()

    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["line", "reason", "name", "city"],
            ["7", "It is wrong.", "Jürgen", 'He said "no",\nthen left'],
        ]
    with open_table(path) as table:
        assert [row.cells[2] for row in table.rows()] == ["Jürgen"]


def test_without_rejects_there_is_no_rejects_file(tmp_path: Path) -> None:
    Rejects(tmp_path / "rejects.csv", ("name",)).close()

    assert list(tmp_path.iterdir()) == []


def test_a_rejects_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "missing" / "rejects.csv", ("name",))

    with pytest.raises(FileRefused, match="cannot be written: No such file"):
        rejects.add(Row(2, ("Ada",)), "It is wrong.")
