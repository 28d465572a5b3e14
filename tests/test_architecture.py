"""The rules of the house, checked on the source: directions, clocks, purity, size, who names Slack's methods."""

import ast
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import slack_sdk

ROOT = Path(__file__).parent.parent
PRODUCT = sorted(path for room in ("scoring", "storage", "bot") for path in (ROOT / room).rglob("*.py"))
MOST_LINES = 300

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
MAY_READ_THE_CLOCK = {
    "bot/clock.py": "it is the clock",
    "bot/intake/native.py": "a signature's time is compared with real time, at the edge",
    "bot/demo/theatre.py": "the demo signs with real time and begins on this week's Monday",
    "bot/playground/settings.py": "the workspace's own clock, as a default that callers replace",
    "bot/playground/delivery.py": "Slack signs with real time",
    "bot/playground/people.py": "a person's offset from UTC today",
}

IMPURE_NAMES = {"open", "input", "print", "exec", "eval"}
IMPURE_MODULES = {
    "os", "socket", "random", "secrets", "time", "subprocess", "threading", "asyncio", "sqlite3", "urllib",
    "http", "logging", "tempfile", "shutil", "uuid",
}  # fmt: skip

MAY_BE_LONGER = {
    "storage/migrations/versions/0001_first_tables.py": "a table of tables, written once and never edited",
}
"""Files over 300 lines of code, each with its reason; data tables and tables.py may be."""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.expr) -> str:
    """`datetime.now` for that expression; the last two parts, "" for what has no name."""
    if isinstance(node, ast.Attribute):
        base = node.value
        head = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
        return f"{head}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports_of(tree: ast.Module) -> Iterator[str]:
    """The modules that are imported, by full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def clocks_in(tree: ast.Module) -> list[str]:
    """Where *tree* reads the time itself: calls, and functions that are passed on."""
    found = [f"{dotted(node)} at line {node.lineno}" for node in ast.walk(tree)
             if isinstance(node, ast.Attribute) and dotted(node) in CLOCKS]  # fmt: skip
    found += [f"from time import time at line {node.lineno}" for node in ast.walk(tree)
              if isinstance(node, ast.ImportFrom) and node.module == "time"
              and {"time", "time_ns"} & {alias.name for alias in node.names}]  # fmt: skip
    return found


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    found = clocks_in(tree_of(path))
    if name_of(path) in MAY_READ_THE_CLOCK:
        assert found, "it reads no clock any more: take it off the list"
    else:
        assert found == []


def test_a_clock_would_be_seen() -> None:
    for text in ("import time\nx = time.time()", "x = datetime.datetime.now(UTC)", "f(clock=time.time)",
                 "from time import time", "x = date.today()"):  # fmt: skip
        assert clocks_in(ast.parse(text)), text


@pytest.mark.parametrize(
    "path", [path for path in PRODUCT if name_of(path).startswith("scoring/")], ids=name_of
)
def test_scoring_does_nothing_but_decide(path: Path) -> None:
    tree = tree_of(path)
    assert {name.partition(".")[0] for name in imports_of(tree)} & IMPURE_MODULES == set()
    called = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert called & IMPURE_NAMES == set()


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_nothing_is_imported_inside_a_function(path: Path) -> None:
    inside = [
        f"line {node.lineno}"
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def broad_handlers(path: Path) -> list[ast.ExceptHandler]:
    """Handlers that take everything."""
    return [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in ("Exception", "BaseException"))
    ]


def explained(path: Path, handler: ast.ExceptHandler) -> bool:
    """Whether the handler says why, on its line or on the first one below."""
    lines = path.read_text("utf-8").splitlines()[handler.lineno - 1 : handler.lineno + 1]
    return any("#" in line for line in lines)


def logs_or_raises(handler: ast.ExceptHandler) -> bool:
    """Whether it is logged, or goes on to whoever logs."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and dotted(node.func) in ("log.exception", "log.error", "log.warning"):
            return True
    return False


@pytest.mark.parametrize("path", [path for path in PRODUCT if broad_handlers(path)], ids=name_of)
def test_nothing_is_swallowed(path: Path) -> None:
    """A failure nobody foresaw is logged, or raised again; one that is kept says why it may be."""
    for handler in broad_handlers(path):
        assert logs_or_raises(handler), f"{name_of(path)}:{handler.lineno} keeps a failure to itself"
        reraised = any(isinstance(node, ast.Raise) for node in ast.walk(handler))
        assert reraised or explained(path, handler), f"{name_of(path)}:{handler.lineno} does not say why"


def lines_of_code(path: Path) -> int:
    """Lines with code on them; blank lines, comments and docstrings apart."""
    docstrings = {
        line
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    nothing = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    with path.open("rb") as file:
        coded = {
            line
            for token in tokenize.tokenize(file.readline)
            if token.type not in nothing and token.type != tokenize.ENCODING
            for line in range(token.start[0], token.end[0] + 1)
        }
    return len(coded - docstrings)


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    if name_of(path) in MAY_BE_LONGER or path.name == "tables.py":
        return
    assert lines_of_code(path) <= MOST_LINES


def test_slacks_methods_are_named_in_one_file() -> None:
    methods = {name for name in method_names() if "_" in name}
    assert len(methods) > 200
    for path in PRODUCT:
        if name_of(path) == "bot/slack/client.py" or name_of(path).startswith("bot/playground/"):
            continue
        named = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
        assert named & methods == set(), name_of(path)


def method_names() -> Iterator[str]:
    """The Web API's methods as slack_sdk's client spells them, `chat_postMessage` and the like."""
    source = Path(slack_sdk.__file__).parent / "web" / "client.py"
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name


@pytest.mark.parametrize("path", [path for path in PRODUCT if name_of(path).startswith("bot/")], ids=name_of)
def test_only_the_desk_and_the_courier_know_storage(path: Path) -> None:
    if name_of(path).startswith("bot/desk/") or name_of(path) == "bot/courier.py":
        return
    assert "storage" not in {name.partition(".")[0] for name in imports_of(tree_of(path))}


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text("utf-8")
    for word in ("TODO", "FIXME", "XXX", "NotImplementedError"):
        assert word not in text
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Name | ast.Attribute):
            assert dotted(node) not in ("NotImplementedError", "unittest.mock")


def test_no_test_uses_mocks() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        tree = tree_of(path)
        assert "unittest.mock" not in set(imports_of(tree)), path
        asked = {
            arg.arg for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for arg in node.args.args
        }
        assert asked & {"monkeypatch", "mocker"} == set(), path
