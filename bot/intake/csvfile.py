"""A CSV file as people really have it: found out about, read row by row, and what was refused written down.

Memory stays the same however long the file is; the file is read twice, once to learn its encoding.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import IO, BinaryIO

from bot.intake.formulas import armed, defused
from scoring.contractfile import cut

# First bytes of what people rename to .csv, and what to do about each (sources: PKWARE's APPNOTE 4.3.7,
# [MS-CFB] 2.2, RFC 1952 2.3.1, PDF 32000-1 7.5.2).
NOT_TEXT = {
    b"PK\x03\x04": "is an Excel workbook named .csv; open it and save it as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook named .csv; open it and save it as CSV UTF-8",
    b"\x1f\x8b": "is compressed; unpack it first",
    b"%PDF": "is a PDF; export the list as CSV UTF-8",
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FALLBACK = "cp1252"
"""What Excel on Windows writes when it is asked for "CSV" alone."""

CANDIDATES = (",", ";", "\t")
SCANNED_AT_ONCE = 1 << 20
REJECTED = ("line", "reason")
"""The first two columns of a file of rejects; its cells are defused, and armed again when it is imported."""
LONGEST_QUOTED_RAW = 2_000
"""Characters of an unreadable row that the rejects file repeats."""


class FileRefused(Exception):
    """The file cannot be imported at all; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its first line (the header's is 1), and its cells, as many as there are columns.

    Where *problem* is set, the cells are what could be read, and the row is not to be imported.
    """

    line: int
    cells: tuple[str, ...]
    problem: str | None = None


@dataclass(slots=True)
class Table:
    """An open CSV file.

    Attributes:
        columns: the header's names, trimmed; a column without a name is "".
        notes: what was assumed about the file, a sentence each.
        size: bytes in the file.
    """

    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    size: int
    notes: tuple[str, ...]
    _bytes: BinaryIO
    _lines: "_Lines"
    _cells: Iterator[list[str]]

    @property
    def done(self) -> int:
        """Bytes read so far, 0 to *size*."""
        return min(self._bytes.tell(), self.size)

    def rows(self) -> Iterator[Row]:
        """The rows in their order; those without any content are passed over."""
        while True:
            self._lines.begin()
            try:
                cells = next(self._cells)
            except StopIteration:
                return
            except csv.Error as broken:
                yield Row(self._lines.first, (self._lines.raw,), self._unreadable(str(broken)))
                continue
            if any(each.strip() for each in cells):
                yield self._row(cells)

    def _unreadable(self, reason: str) -> str:
        if "expected after" in reason:
            return 'A quote stands inside a quoted cell; double it ("").'
        if "field larger" in reason or "unexpected end" in reason:
            # The csv module gives up at 131,072 characters, so that one quote does not swallow the file.
            first, last = self._lines.first, self._lines.number
            return f"A quote is never closed: lines {first} to {last} were read as one row."
        return f"The row cannot be read: {reason}."

    def _row(self, cells: list[str]) -> Row:
        wanted, line = len(self.columns), self._lines.first
        while len(cells) > wanted and not cells[-1].strip():
            cells.pop()
        if len(cells) == wanted:
            return Row(line, tuple(cells))
        which = "too many" if len(cells) > wanted else "too few"
        return Row(line, tuple(cells), f"It has {which} columns: {len(cells)} instead of {wanted}.")


@dataclass(slots=True)
class _Lines:
    """The file's lines, counted, with the text of the row being read kept in case it is unreadable."""

    stream: TextIOWrapper
    number: int = 0
    first: int = 1
    _kept: list[str] = field(default_factory=list)
    _room: int = LONGEST_QUOTED_RAW

    def begin(self) -> None:
        """A new row starts at the next line."""
        self.first = self.number + 1
        self._kept.clear()
        self._room = LONGEST_QUOTED_RAW

    @property
    def raw(self) -> str:
        """The row as it stands in the file, at most 2,000 characters."""
        return "".join(self._kept).rstrip("\r\n")

    def __iter__(self) -> Iterator[str]:
        for line in self.stream:
            self.number += 1
            if self._room > 0:
                self._kept.append(line[: self._room])
                self._room -= len(line)
            yield line.replace("\0", "")


@contextmanager
def open_table(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Iterator[Table]:
    """Open the CSV file at *path*. What is not told is found out: a byte order mark, UTF-8, else cp1252;
    the delimiter from the header.

    Raises:
        FileRefused: it cannot be read, is empty, is no text, or is not in the *encoding* told.
    """
    try:
        found, notes = _encoding(path, encoding)
        raw = path.open("rb")
    except OSError as denied:
        raise FileRefused(f"{path} cannot be read: {denied.strerror}.") from denied
    with raw, TextIOWrapper(raw, found, errors="replace", newline="") as stream:
        yield _table(stream, raw, _Told(path, delimiter, notes))


@dataclass(frozen=True, slots=True)
class _Told:
    path: Path
    delimiter: str | None
    notes: tuple[str, ...]


def _table(stream: TextIOWrapper, raw: BinaryIO, told: _Told) -> Table:
    path, delimiter = told.path, told.delimiter
    lines = _Lines(stream)
    source = iter(lines)
    header = next((line for line in source if line.strip()), None)
    if header is None:
        raise FileRefused(f"{path.name} is empty.")
    if header.startswith("sep=") and len(header.strip()) == 5:
        # Excel's own way of telling the delimiter; a tab would have been stripped, and is never written so.
        delimiter = delimiter or header[4]
        header = next(source, "")
    used = delimiter or _delimiter(header)
    # strict: a stray quote makes one row unreadable instead of quietly swallowing the rows after it.
    cells = csv.reader(_before(header, source), delimiter=used, strict=True)
    try:
        columns = tuple(name.strip() for name in next(cells))
    except csv.Error as broken:
        raise FileRefused(f"The header of {path.name} cannot be read: {broken}.") from broken
    rejects = columns[:2] == REJECTED
    return Table(
        columns=tuple(map(armed, columns)) if rejects else columns,
        encoding=stream.encoding,
        delimiter=used,
        size=path.stat().st_size,
        notes=told.notes,
        _bytes=raw,
        _lines=lines,
        _cells=map(_armed, cells) if rejects else cells,
    )


def _armed(cells: list[str]) -> list[str]:
    return [armed(each) for each in cells]


def _before(header: str, rest: Iterator[str]) -> Iterator[str]:
    yield header
    yield from rest


def _delimiter(header: str) -> str:
    """The candidate that stands most often outside quotes; a comma where none does."""
    bare = "".join(header.split('"')[::2])
    return max(CANDIDATES, key=bare.count)


def _encoding(path: Path, told: str | None) -> tuple[str, tuple[str, ...]]:
    """The encoding to read *path* in, and what was assumed."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    for magic, words in NOT_TEXT.items():
        if head.startswith(magic):
            raise FileRefused(f"{path.name} {words}. Then import the new file.")
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if head.startswith(mark)), None)
    if marked is not None:
        return marked, ()
    if told is None and head.count(0) > len(head) // 4:
        raise FileRefused(
            f"{path.name} looks like UTF-16 without a byte order mark. "
            "Save it as CSV UTF-8, or write encoding: utf-16-le in the mapping file."
        )
    wrong = _first_wrong_byte(path, told or "utf-8")
    if wrong is None:
        return told or "utf-8", ()
    if told is not None:
        raise FileRefused(
            f"{path.name} is not in {told}: byte {wrong:,} does not fit. Correct encoding in the mapping."
        )
    return FALLBACK, (
        f"{path.name} is not UTF-8, so it was read as {FALLBACK} (Windows). "
        "If names look wrong, save it as CSV UTF-8 or write encoding: … in a mapping file.",
    )


def _first_wrong_byte(path: Path, encoding: str) -> int | None:
    """The place of the first byte that is not in *encoding*, from 1; None where all fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    with path.open("rb") as stream:
        while chunk := stream.read(SCANNED_AT_ONCE):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as wrong:
                return before - held + wrong.start + 1
            before += len(chunk)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return before
    return None


@dataclass(slots=True)
class Rejects:
    """The rows that were not imported, with the reason, in a CSV that Excel opens and Baton can read again.

    The file is made at the first such row; an older one of that name is replaced.
    """

    path: Path
    columns: Sequence[str]
    count: int = 0
    _stream: IO[str] | None = None

    def add(self, row: Row, reason: str) -> None:
        """Write down that *row* was not imported.

        Raises:
            FileRefused: the file cannot be written.
        """
        try:
            stream = self._stream or self._begun()
            csv.writer(stream).writerow((row.line, *map(defused, (cut(reason, 300), *row.cells))))
        except OSError as denied:
            raise FileRefused(
                f"The rejects file {self.path} cannot be written: {denied.strerror}."
            ) from denied
        self.count += 1

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _begun(self) -> IO[str]:
        self._stream = self.path.open("w", encoding="utf-8-sig", errors="replace", newline="")
        csv.writer(self._stream).writerow((*REJECTED, *map(defused, self.columns)))
        return self._stream
