"""The program in an empty folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program, program_in


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """`python -m bot` in a folder of its own."""
    with program_in(tmp_path / "program") as made:
        yield made
