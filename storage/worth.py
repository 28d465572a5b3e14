"""How often sales made an SQL of hand-offs, by the band of their score."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, func, or_, select
from sqlmodel import Session

from scoring.worth import TOP, WIDTH, Tally
from storage.statements import rows_of
from storage.tables import HandoffRow

_H = HandoffRow.metadata.tables["handoff"].c
_LINE: Any = bindparam("line", type_=Integer)

BAND = case(
    (_H.fit + _H.intent < _LINE, 0),
    (_H.fit + _H.intent >= _LINE + WIDTH * (TOP - 1), TOP),
    else_=(_H.fit + _H.intent - _LINE) // WIDTH + 1,
)
"""scoring.worth.band in SQL, in whole numbers; `line` is the threshold."""

# Undo empties sql_at and ended_at again. An erased person's open hand-off ends without a reason: nobody decided it,
# and in SQL no reason is unequal to none.
_ENDED = and_(_H.ended_at.is_not(None), _H.reason != bindparam("besides"))
_DECIDED = (
    select(BAND.label("band"), func.count(), func.sum(case((_H.sql_at.is_not(None), 1), else_=0)))
    .where(
        _H.origin == "scored",
        func.coalesce(_H.sql_at, _H.ended_at) >= bindparam("since"),
        or_(_H.sql_at.is_not(None), _ENDED),
    )
    .group_by("band")
)


def decided(session: Session, threshold: int, since: datetime, besides: str) -> Mapping[int, Tally]:
    """The scored hand-offs that reached SQL or ended since *since*, by band; those of reason *besides* left out."""
    rows = rows_of(session, _DECIDED, line=threshold, since=since, besides=besides)
    return {int(number): Tally(int(count), int(sqls)) for number, count, sqls in rows}
