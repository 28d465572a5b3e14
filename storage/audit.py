"""The audit of the log: anchors, and the streams that its verification reads.

An anchor keeps the heads of the hand-offs that moved since the one before it, under a hash keyed by
BATON_SECRET that covers the anchor before it too (DESIGN, rule 7).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, tuple_, update
from sqlmodel import Session, SQLModel

from storage import chain
from storage.engine import Database
from storage.handoffs import HANDOFFS
from storage.keyed import keyed
from storage.statements import in_parts, rows_of

HEADS_AT_ONCE = 1_000
"""Heads in one anchor: a few hundred kilobytes at most, and a short hold on the hand-offs' rows."""

ROWS_AT_ONCE = 2_000
"""Rows of a stream that are in memory at once."""

_ANCHORS = SQLModel.metadata.tables["anchor"]
_LOG = SQLModel.metadata.tables["transition"]
_H = HANDOFFS.c
_L = _LOG.c

# A hand-off that somebody is changing at this moment is left to the next anchor.
_MOVED = (
    select(_H.id, _H.n, _H.head)
    .where(_H.anchored_n < _H.n)
    .order_by(_H.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
_NEWEST = select(_ANCHORS.c.id, _ANCHORS.c.digest).order_by(_ANCHORS.c.id.desc()).limit(1)
_ADD = insert(_ANCHORS)
_ANCHORED = update(HANDOFFS).where(_H.id == bindparam("handoff")).values(anchored_n=bindparam("number"))
_LINES = (
    select(
        _H.id.label("handoff"), _H.n.label("newest"), _H.head, _H.anchored_n, _H.stage, _H.owner.label("owned_by"),
        _L.id.label("line"), _L.salt, _L.link, _L.at, *(_L[name] for name in chain.FIELDS),
    )
    .outerjoin_from(HANDOFFS, _LOG, _L.handoff_id == _H.id)
    .order_by(_H.id, _L.n)
)  # fmt: skip
_IN_ORDER = select(*_ANCHORS.c).order_by(_ANCHORS.c.id)
_STRAYS = (
    select(_L.handoff_id, func.count())
    .outerjoin_from(_LOG, HANDOFFS, _H.id == _L.handoff_id)
    .where(_H.id.is_(None))
    .group_by(_L.handoff_id)
    .order_by(_L.handoff_id)
)
_LINKS = select(_L.handoff_id, _L.n, _L.link).where(
    tuple_(_L.handoff_id, _L.n).in_(bindparam("these", expanding=True))
)

Head = tuple[int, int, str | None]
"""A hand-off's id, the number of a line of its log, and that line's link; None before there were links."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor as stored; *heads* as JSON gave them, which may be anything where somebody wrote there."""

    id: int
    at: datetime
    heads: list[Any]
    digest: str


def digest(secret: bytes, before: str | None, anchor: Anchor) -> str:
    """What *anchor*'s digest must be after the anchor whose digest is *before*; 64 hex digits."""
    told = [before or "", anchor.id, anchor.at.astimezone(UTC).isoformat(), anchor.heads]
    return keyed(secret, "anchor", json.dumps(told, separators=(",", ":")))


def drop_anchor(session: Session, secret: bytes, at: datetime) -> int:
    """Anchor the heads that no anchor has seen; gives how many, 0 and no anchor where nothing moved.

    At most `HEADS_AT_ONCE`: with that many there may be more. Only one replica may do this at a time; a second
    one at the same moment fails at the anchor's id.
    """
    heads = [list(row) for row in rows_of(session, _MOVED, most=HEADS_AT_ONCE)]
    if not heads:
        return 0
    newest = session.connection().execute(_NEWEST).one_or_none()
    # Numbered here: a database's own numbers have gaps where a transaction was rolled back.
    row = Anchor(1 if newest is None else newest.id + 1, at, heads, "")
    sealed = digest(secret, None if newest is None else newest.digest, row)
    session.connection().execute(_ADD, {"id": row.id, "at": at, "heads": heads, "digest": sealed})
    session.connection().execute(_ANCHORED, [{"handoff": id_, "number": n} for id_, n, _ in heads])
    return len(heads)


@contextmanager
def snapshot(database: Database) -> Iterator[Session]:
    """A reading session that sees one moment, whatever is committed meanwhile."""
    with database.reading() as session:
        if not database.sqlite:  # SQLite's readers have one snapshot anyway
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def lines(session: Session) -> Iterator[Any]:
    """Every hand-off with its log, by hand-off and number, a row a line; a hand-off without any has one row."""
    return _streamed(session, _LINES)


def anchors(session: Session) -> Iterator[Anchor]:
    """The anchors, oldest first."""
    return (Anchor(row.id, row.at, row.heads, row.digest) for row in _streamed(session, _IN_ORDER))


def _streamed(session: Session, statement: Any) -> Iterator[Any]:
    """The rows, a few thousand in memory at a time: a million lines take no more than a thousand."""
    options = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
    return iter(session.connection().execute(statement, execution_options=options))


def links(session: Session, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], str | None]:
    """The links of these lines, by hand-off and number; those the log does not have are left out."""
    found: dict[tuple[int, int], str | None] = {}
    for part in in_parts(set(wanted)):
        found.update({(row.handoff_id, row.n): row.link for row in rows_of(session, _LINKS, these=part)})
    return found


def strays(session: Session) -> list[tuple[int, int]]:
    """Lines of hand-offs that are not there any more: the hand-off's id and how many."""
    return [(row[0], row[1]) for row in session.connection().execute(_STRAYS)]
