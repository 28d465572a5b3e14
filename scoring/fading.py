"""How points fade: whole days, whole points, the same steps for Python and for SQL."""

from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from functools import lru_cache
from math import log2

DAY = 86_400
"""Seconds in a day. Source: SEMANTICS "Age", `age_days = floor((as_of − occurred_at) / 86,400)`."""

DIGITS = 40
"""Decimal digits carried: far more than needed to tell on which day a half point is passed."""

_HALF = Decimal("0.5")


def faded(points: int, age_days: int, half_life: timedelta) -> int:
    """Whole points left after *age_days* whole days: `floor(points · 2^(−age_days/h) + ½)`.

    *points* above 0 (only positive rows fade), *age_days* 0 or more, *half_life* above 0 and in days of
    86,400 seconds, fractions allowed.

    Source: "interest will be lower tomorrow and much lower next week", S3; the formula is SEMANTICS "Age".
    """
    with localcontext() as context:
        context.prec = DIGITS
        halvings = Decimal(age_days) * DAY / Decimal(int(half_life.total_seconds()))
        left = Decimal(points) * Decimal(2) ** -halvings
        return int((left + _HALF).to_integral_value(rounding=ROUND_FLOOR))


@lru_cache(maxsize=1024)
def fading_steps(points: int, half_life: timedelta) -> tuple[tuple[int, int], ...]:
    """The whole course of fading as (first age in days, points from that day on), ages rising from 0.

    The last step is (day, 0). At most *points* + 1 steps; SQL prints them as one CASE.
    """
    steps = [(0, points)]
    day = 0
    for left in range(points - 1, -1, -1):
        day = _first_day_at_most(left, points, half_life, not_before=day)
        now_left = faded(points, day, half_life)
        if now_left < steps[-1][1]:
            if steps[-1][0] == day:
                steps.pop()
            steps.append((day, now_left))
    return tuple(steps)


def _first_day_at_most(left: int, points: int, half_life: timedelta, not_before: int) -> int:
    """The first day with *left* points or fewer: guessed by logarithm, settled by the exact formula."""
    guess = half_life.total_seconds() / DAY * log2(points / (left + 0.5))
    day = max(not_before, int(guess) - 1)
    while faded(points, day, half_life) > left:
        day += 1
    while day > not_before and faded(points, day - 1, half_life) <= left:
        day -= 1
    return day
