"""docs/reliability.md names a test for every fault; each of them exists and runs."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| (\d+) \|.*\| (`tests/.*`) \|$", PAGE, re.MULTILINE))
NOT_BUILT = {11: "file uploads", 40: "the reload of a definition"}
FAULTS = range(1, 45)


def test_every_fault_has_its_row() -> None:
    assert {int(number) for number in ROWS} | set(NOT_BUILT) == set(FAULTS)
    for number, feature in NOT_BUILT.items():
        assert f"{number} ({feature})" in PAGE


@pytest.mark.parametrize("number", ROWS)
def test_the_tests_of_a_fault_exist_and_are_not_skipped(number: str) -> None:
    for file, name in re.findall(r"`(tests/[\w/.]+)::(\w+)`", ROWS[number]):
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
        assert found, f"{file} has no test {name}"
        marks = " ".join(ast.unparse(each) for each in found[0].decorator_list)
        assert "skip" not in marks, f"{name} is skipped"
        assert "xfail" not in marks, f"{name} may fail"
