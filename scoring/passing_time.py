"""Time alone never raises a score (SEMANTICS "Points"): which rows' conditions could make it do so.

A `within` ends by time; inside `not` the end is a beginning. A bonus needs no such look: its windows are read
so that they only ever lose points (`scoring.evaluate.LOSES_ONLY`).
"""

from collections.abc import Collection

from scoring.conditions import Condition, windows_in

_ENDS = (
    "asks with `within`, so it ceases to hold by time and the score would rise; time alone never raises a "
    "score: leave out within, or let the row give no less than 0 and than the rows below it."
)
_BEGINS = (
    "asks with `within` inside `not`, so it begins to hold by time and the score would rise; time alone never "
    "raises a score: leave out within, or let the row give no more than 0 and than the rows below it."
)


def raised_by_time(when: Condition, points: Collection[int], otherwise: Collection[int]) -> str | None:
    """Why a row of *points* asking *when* could let time alone raise a score; None where it could not.

    *otherwise*: the points that may count where the row does not match.
    """
    windows = set(windows_in(when))
    if False in windows and min(points) < max(otherwise):
        return _ENDS
    if True in windows and max(points) > min(otherwise):
        return _BEGINS
    return None
