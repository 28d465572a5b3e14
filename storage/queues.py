"""Lists of open hand-offs, best first, a page at a time: the ids alone, so that long lists cost what a page does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlmodel import Session

from scoring.worth import BANDS, Worth
from storage.statements import rows_of
from storage.tables import HandoffRow
from storage.worth import BAND

_TABLES = HandoffRow.metadata.tables
_H = _TABLES["handoff"].c
_D = _TABLES["deadline"].c
_NOW: BindParameter[Any] = bindparam("now", type_=_H.due_at.type)

OPEN = and_(_H.ended_at.is_(None), _H.lead_id > 0)
"""Every lead's id is; SQLite takes the index of the open hand-offs, which is by lead, and closed ones cost nothing."""
WANTS_TOUCH = and_(_H.clock.is_not(None), _H.touched_at.is_(None), _H.stage.in_(("mql", "sal")))
"""scoring.handoff.Handoff.wants_touch."""
OVERDUE = and_(WANTS_TOUCH, _H.paused_at.is_(None), _H.due_at <= _NOW)
_WITH_AE = and_(_H.ae.is_not(None), _H.stage.in_(("sql", "opportunity")))
_POOL = cast(_H.pool, Text)
_POOLS = select(_POOL).where(OPEN, _H.owner.is_(None)).distinct()

_RANK = case({number: bindparam(f"rank_{number}", type_=Integer) for number in range(BANDS)}, value=BAND)
_DUE = case((WANTS_TOUCH, _H.due_at))
_BEST_FIRST = (_RANK.desc(), _DUE.is_(None), _DUE, (_H.fit + _H.intent).desc(), _H.id)
_BY_CLOSE = (_H.close_on.is_(None), _H.close_on, _H.id)

# The decision was promised by a time that the deadline's row has, in working hours; done or not, it has passed.
_UNDECIDED = and_(
    _H.stage.in_(("mql", "sal")),
    exists().where(
        _D.kind == bindparam("decision"),
        _D.subject == cast(_H.id, Text),
        _D.step.like("all%"),
        _D.state != "cancelled",
        _D.due_at <= _NOW,
    ),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to be asked for: how many there are, and the ids of one page."""

    count: Select[Any]
    ids: Select[Any]


def _listing(*where: Any, order: Sequence[Any] = _BEST_FIRST) -> Listing:
    on_it = (OPEN, *where)
    page = select(_H.id).where(*on_it).order_by(*order)
    return Listing(
        select(func.count()).select_from(_TABLES["handoff"]).where(*on_it),
        page.limit(bindparam("most")).offset(bindparam("skipped")),
    )


OWNED = _listing(
    _H.owner == bindparam("whose"),
    or_(_H.ae.is_(None), _H.ae != bindparam("whose"), _H.stage.in_(("mql", "sal"))),
)
"""What *whose* works on before it is an opportunity of theirs."""
IN_POOLS = _listing(_H.owner.is_(None), _POOL.in_(bindparam("pools", expanding=True)))
UNOWNED = _listing(_H.owner.is_(None))
FOR_AE = _listing(_WITH_AE, _H.ae == bindparam("whose"), _H.stage == "sql", _H.ae_accepted_at.is_(None))
DEALS = _listing(
    _WITH_AE, _H.ae == bindparam("whose"), or_(_H.stage == "opportunity", _H.ae_accepted_at.is_not(None)),
    order=_BY_CLOSE,
)  # fmt: skip
SPOT_CHECKS = _listing(_H.origin == "spot_check")
WANTS_DECISION = _listing(or_(_UNDECIDED, _H.flag.is_not(None), and_(_H.owner.is_(None), OVERDUE)))
"""Past `decide`, failing a hard gate, or overdue with nobody; `now` and `decision` (the deadlines' kind) are asked."""


def pools_with(session: Session, person: str) -> list[str]:
    """The pools of unowned open hand-offs that *person* is in, as the rows write them."""
    return [pool for (pool,) in rows_of(session, _POOLS) if person in json.loads(pool)]


def count(session: Session, listing: Listing, **about: Any) -> int:
    """How many hand-offs are on the list; *about* are its parameters."""
    return int(rows_of(session, listing.count, **about)[0][0])


def page(
    session: Session, listing: Listing, worth: Worth, *, most: int, skipped: int = 0, **about: Any
) -> list[int]:
    """The ids of *most* hand-offs after the first *skipped*, in the list's order."""
    ranks = {f"rank_{number}": rank for number, rank in enumerate(worth.ranks)}
    asked = {"most": most, "skipped": skipped, "line": worth.threshold, **ranks, **about}
    return [id_ for (id_,) in rows_of(session, listing.ids, **asked)]
