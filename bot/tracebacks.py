"""Tracebacks for the log: where it went wrong and what kind of error, never what the error says.

A database quotes the row it refuses, Slack's SDK the answer, pydantic the value: all of them are people's.
"""

import traceback
from types import TracebackType

SAYS_ENOUGH = ("sqlstate", "errno", "sqlite_errorname", "status_code")
"""Codes that errors carry, which hold nothing of a lead."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def traceback_of(exc_info: ExcInfo) -> str:
    """The frames of an error and of those it came from, the first one first; of each its kind and its codes."""
    chain: list[BaseException] = []
    error: BaseException | None = exc_info[1]
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(_one(each) for each in reversed(chain))


def _one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    codes = [f"{name} {code}" for name in SAYS_ENOUGH if (code := getattr(error, name, None)) is not None]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    return "\n".join([*lines, " ".join([kind, *(f"({code})" for code in codes)])])
