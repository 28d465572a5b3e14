"""`baton import` below the command line: rows go to the desk in batches; what is wrong is set aside."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.desk.desk import Desk
from bot.desk.receive import receive
from bot.intake.csvfile import FileRefused, Rejects, Table, open_table
from bot.intake.header import by_names, fit_to_header
from bot.intake.mapping import FileMapping
from bot.intake.rows import Reading
from scoring.arrival import Arrival

ROWS_AT_ONCE = 500
"""Rows a transaction takes in: short enough that a sender beside it hardly waits, long enough to be fast."""


def _unwatched(done: int, total: int) -> None:
    """Nobody looks at the progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How to import.

    Attributes:
        live: rows are news and may become hand-offs; else they are history, recorded and scored alone.
        rejects_path: where rows that are wrong are written; made only when there is one, then replaced.
        progress: called after every batch with the bytes read and the bytes in the file.
    """

    rejects_path: Path
    live: bool = False
    progress: Callable[[int, int], None] = _unwatched


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file.

    Attributes:
        read: rows with content, wrong ones included.
        added: leads nobody knew before.
        updated: known leads of whom a batch of 500 rows said something new. A lead whose rows lie far apart
            counts in each batch: remembering everybody would take memory that grows with the file.
        rejected: rows set aside in *rejects_path*, which is None where there is none.
        duplicates: facts and activities that were known already.
        unknown: signals the definition does not name, with their number; kept, and worth nothing.
        ignored_columns: columns nothing was taken from, those left out on purpose apart.
        notes: what was assumed about the file, a sentence each.
    """

    read: int
    added: int
    updated: int
    rejected: int
    duplicates: int
    handoffs: int
    unknown: dict[str, int]
    ignored_columns: tuple[str, ...]
    rejects_path: Path | None
    notes: tuple[str, ...]


def import_file(desk: Desk, path: Path, mapping: FileMapping | None, terms: Terms) -> Imported:
    """Take in the rows of the CSV file at *path*, read by *mapping* or, without one, by the columns' names.

    Rows without a date happened now. Batches before a failure are kept; running it again adds nothing twice.

    Raises:
        FileRefused: the file cannot be read, or its rejects cannot be written.
        MappingError: the mapping does not fit the file's header.
        Refused: there is no definition yet.
        sqlalchemy.exc.OperationalError: the database cannot take it.
    """
    if _same(path, terms.rejects_path):
        raise FileRefused(f"The rejects would replace {path.name} itself; name another file for them.")
    told = mapping or FileMapping("", {})
    with open_table(path, delimiter=told.delimiter, encoding=told.encoding) as table:
        reading = (
            by_names(table.columns, path.name, path.stem)
            if mapping is None
            else fit_to_header(mapping, table.columns, path.name)
        )
        tally = _Tally(Rejects(terms.rejects_path, table.columns))
        try:
            for batch in _batches(table, reading, tally, desk.clock.business()):
                tally.take(desk, batch, terms)
                terms.progress(table.done, table.size)
        finally:
            tally.rejects.close()
        return tally.summary(table, reading)


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


@dataclass(slots=True)
class _Tally:
    rejects: Rejects
    read: int = 0
    added: int = 0
    updated: int = 0
    duplicates: int = 0
    handoffs: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def take(self, desk: Desk, batch: list[Arrival], terms: Terms) -> None:
        if not batch:
            return
        received = receive(desk, batch, live=terms.live)
        self.added += received.fresh
        self.updated += received.updated
        self.duplicates += received.duplicates
        self.handoffs += received.handoffs
        self.unknown.update(received.unknown)

    def summary(self, table: Table, reading: Reading) -> Imported:
        return Imported(
            read=self.read,
            added=self.added,
            updated=self.updated,
            rejected=self.rejects.count,
            duplicates=self.duplicates,
            handoffs=self.handoffs,
            unknown=dict(self.unknown),
            ignored_columns=reading.ignored,
            rejects_path=self.rejects.path if self.rejects.count else None,
            notes=table.notes,
        )


def _batches(table: Table, reading: Reading, tally: _Tally, now: datetime) -> Iterator[list[Arrival]]:
    batch: list[Arrival] = []
    for row in table.rows():
        tally.read += 1
        try:
            if row.problem is not None:
                tally.rejects.add(row, row.problem)
            else:
                batch.extend(reading.arrivals(row.cells, now))
        except ValueError as wrong:
            tally.rejects.add(row, str(wrong))
        if tally.read % ROWS_AT_ONCE == 0:
            yield batch
            batch = []
    yield batch
