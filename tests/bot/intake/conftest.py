"""A desk on a fresh database, and files to import into it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.clock import MovableClock
from bot.desk.desk import Desk
from bot.desk.govern import Files, first_start
from bot.intake.importing import Imported, Terms, import_file
from bot.intake.mapping import read_mapping
from storage.engine import Database
from tests.world import DEFINITION, MONDAY_9, TEAM

ImportText = Callable[..., Imported]
DeskOf = Callable[[str], Desk]


@pytest.fixture
def desk_of(sqlite_url: str) -> Iterator[DeskOf]:
    """Opens the desk on a definition; business time stands still on a Monday at nine."""
    database = Database(sqlite_url)

    def opened(definition: str) -> Desk:
        desk = Desk(database, MovableClock(MONDAY_9, running=False))
        first_start(desk, Files(definition, TEAM))
        return desk

    yield opened
    database.close()


@pytest.fixture
def desk(desk_of: DeskOf) -> Desk:
    """The desk on the tests' definition."""
    return desk_of(DEFINITION)


@pytest.fixture
def import_text(desk: Desk, tmp_path: Path) -> ImportText:
    """Imports a file of this content; mapping and live as in `baton import`."""

    def imported(
        content: str | bytes, mapping: str = "", *, live: bool = False, name: str = "leads.csv"
    ) -> Imported:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        terms = Terms(rejects_path=tmp_path / "rejects.csv", live=live)
        return import_file(desk, path, read_mapping(mapping) if mapping else None, terms)

    return imported
