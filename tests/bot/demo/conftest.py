"""A demo whose clock stands still until it is turned."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo.theatre import Theatre, open_theatre
from bot.settings import Settings
from tests.world import DEFINITION, TEAM


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    for name, text in (("definition.yaml", DEFINITION), ("team.yaml", TEAM)):
        (tmp_path / name).write_text(text, "utf-8")
    files = {
        "baton_definition": tmp_path / "definition.yaml",
        "baton_team": tmp_path / "team.yaml",
        "_env_file": None,
    }
    with open_theatre(Settings(**files), live=False) as made:  # type: ignore[arg-type]
        yield made


@pytest.fixture
def default_theatre() -> Iterator[Theatre]:
    """The default definition and the sample team, as `make demo` has them."""
    with open_theatre(Settings(_env_file=None), live=False) as made:  # type: ignore[call-arg]
        yield made
