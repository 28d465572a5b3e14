"""Small checks that together describe Block Kit: each looks at one JSON value and notes what is wrong."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Check = Callable[[Any, str, "Faults"], None]
"""(value, its JSON pointer, where faults are written)."""

# People type line feeds and tabs, nothing else below the space; lone surrogates are no characters.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Faults(list[str]):
    """Sentences in Slack's form, each with the JSON pointer of what it is about."""

    def add(self, pointer: str, sentence: str) -> None:
        self.append(f"{sentence} [json-pointer:{pointer}]")


def words(longest: int, least: int = 1, pattern: str | None = None) -> Check:
    """A string of *least* to *longest* characters."""
    form = re.compile(pattern) if pattern else None

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, str):
            faults.add(pointer, "must be a string")
        elif UNWRITABLE.search(value):
            faults.add(pointer, "must not contain control characters or lone surrogates")
        elif len(value) > longest:
            faults.add(pointer, f"must be less than {longest + 1} characters")
        elif len(value) < least or (least and not value.strip()):
            faults.add(pointer, f"must be more than {max(least, 1) - 1} characters")
        elif form and not form.fullmatch(value):
            faults.add(pointer, "failed to match the format")

    return check


def flag(value: Any, pointer: str, faults: Faults) -> None:
    """True or false."""
    if not isinstance(value, bool):
        faults.add(pointer, "must be a boolean")


def whole(low: int, high: int) -> Check:
    """A whole number from *low* to *high*."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            faults.add(pointer, f"must be a whole number from {low} to {high}")

    return check


def number(value: Any, pointer: str, faults: Faults) -> None:
    """A finite number."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != value
        or abs(value) == float("inf")
    ):
        faults.add(pointer, "must be a number")


def one_of(*allowed: str) -> Check:
    """One of the given strings."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if value not in allowed:
            faults.add(pointer, f"must be one of {', '.join(allowed)}")

    return check


def many(check_one: Check, most: int, least: int = 1) -> Check:
    """A list of *least* to *most* things."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, list):
            faults.add(pointer, "must be an array")
            return
        if len(value) > most:
            faults.add(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            faults.add(pointer, f"no fewer than {least} items allowed")
        for index, one in enumerate(value):
            check_one(one, f"{pointer}/{index}", faults)

    return check


def record(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Check
) -> Check:
    """An object with those keys and no others; *rules* look at it as a whole once its parts are right."""
    fields = {**required, **(optional or {})}

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            faults.add(pointer, "must be an object")
            return
        before = len(faults)
        for key in required:
            if key not in value:
                faults.add(pointer, f"missing required field: {key}")
        for key, part in value.items():
            if key in fields:
                fields[key](part, f"{pointer}/{key}", faults)
            else:
                faults.add(pointer, f"invalid additional property: {key}")
        if len(faults) == before:
            for rule in rules:
                rule(value, pointer, faults)

    return check


def tagged(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of *kinds* it must be."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not isinstance(value, dict):
            faults.add(pointer, "must be an object")
        elif not isinstance(value.get("type"), str):
            faults.add(pointer, "missing required field: type")
        elif value["type"] not in kinds:
            faults.add(f"{pointer}/type", f"unsupported type: {value['type']}")
        else:
            kinds[value["type"]](value, pointer, faults)

    return check


def picked(kinds: Mapping[str, Check], names: Iterable[str]) -> Check:
    """`tagged`, for those *names* only."""
    return tagged({name: kinds[name] for name in names})


def at_least_one(*keys: str) -> Check:
    """A rule: one of *keys* must be there."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if not any(key in value for key in keys):
            faults.add(pointer, f"must define either `{'` or `'.join(keys)}`")

    return check


def exactly_one(*keys: str) -> Check:
    """A rule: one of *keys*, and not two."""

    def check(value: Any, pointer: str, faults: Faults) -> None:
        if sum(key in value for key in keys) != 1:
            faults.add(pointer, f"must define exactly one of `{'`, `'.join(keys)}`")

    return check
