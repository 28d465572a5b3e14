"""Durations as both files write them: `10s`, `5m`, `2h`, `24h`, `3d`."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS = {
    "d": (timedelta(days=1), "day"),
    "h": (timedelta(hours=1), "hour"),
    "m": (timedelta(minutes=1), "minute"),
    "s": (timedelta(seconds=1), "second"),
}
# A signature lapses long before; and SQL's epoch seconds stay small.
LONGEST = timedelta(days=3650)


def duration(text: str) -> timedelta:
    """The duration written as a whole number and a unit: s, m, h or d.

    Raises:
        ValueError: not of that shape, zero, or more than ten years.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("a duration such as 10s, 5m, 2h or 3d")
    amount = int(found[1])
    unit = _UNITS[found[2]][0]
    if amount == 0 or amount > LONGEST / unit:
        raise ValueError("a duration of at least 1s and at most 3650d")
    return amount * unit


def spoken(length: timedelta) -> str:
    """*length* for people, in the largest unit that needs no remainder: "7 days", "90 minutes", "1 hour"."""
    for unit, word in _UNITS.values():
        if length % unit == timedelta(0):
            amount = length // unit
            return f"{amount} {word}" if amount == 1 else f"{amount:,} {word}s"
    return f"{length.total_seconds():g} seconds"
