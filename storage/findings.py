"""What the auditor asks of the database, in a few passes over everything open, and what it found before."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Text,
    and_,
    bindparam,
    case,
    cast,
    except_,
    exists,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage.outbox import IN_FLIGHT
from storage.statements import rows_of

_TABLES = SQLModel.metadata.tables
_FINDINGS = _TABLES["finding"]
_F = _FINDINGS.c
_H = _TABLES["handoff"].c
_CARD = _TABLES["card"].c
_D = _TABLES["deadline"].c
_O = _TABLES["outbox"].c
_MEMBER = _TABLES["member"].c

_MOST: BindParameter[Any] = bindparam("most")
_KINDS: BindParameter[Any] = bindparam("kinds", expanding=True)
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_OPEN = and_(_H.ended_at.is_(None), _H.lead_id > 0)
"""Every lead's id is; SQLite takes the index of the open hand-offs, which is by lead, and closed ones cost nothing."""
_POOL = cast(_H.pool, Text)


def _in_words(column: Any, values: Iterable[str]) -> Any:
    """The values written out, not bound: a partial index is found by what its condition says."""
    return column.in_([literal_column(f"'{value}'") for value in values])


# A card that Slack does not have, that no letter will bring, and that is no digest still gathering. The letter is
# looked up for those alone that are not posted: as a join it costs a pass over everything ever sent.
_LETTER = _TABLES["outbox"].alias("letter")
_STATE = (
    select(_LETTER.c.state)
    .where(_LETTER.c.key == "card:" + cast(_CARD.id, Text))
    .correlate(_TABLES["card"])
    .scalar_subquery()
)
_NOT_POSTED = and_(
    _CARD.ts.is_(None),
    not_(_in_words(func.coalesce(_STATE, ""), IN_FLIGHT)),
    ~exists().where(
        _D.kind == bindparam("gathering"),
        _D.subject == cast(_CARD.id, Text),
        _D.state == literal_column("'open'"),
    ),
)
_CARDLESS = (
    select(_H.id, _CARD.id.label("card"), _STATE.label("letter"))
    .outerjoin_from(_TABLES["handoff"], _TABLES["card"], _CARD.id == _H.card_id)
    .where(_OPEN, or_(_CARD.id.is_(None), _NOT_POSTED))
    .order_by(_H.lead_id)
    .limit(_MOST)
)
# EXCEPT, which hashes or sorts on any database: PostgreSQL plans an anti join of tables it has not analyzed yet as
# a loop in a loop, and a thousand new hand-offs then take a second.
_STEPLESS = (
    except_(
        select(cast(_H.id, Text).label("subject")).where(_OPEN),
        select(_D.subject).where(_D.kind.in_(_KINDS), _D.state == literal_column("'open'")),
    )
    .order_by("subject")
    .limit(_MOST)
)
_LEFT = (
    select(_H.id)
    .join_from(_TABLES["handoff"], _TABLES["member"], _MEMBER.id == _H.owner)
    .where(_OPEN, _MEMBER.deleted, _in_words(_H.stage, ("mql", "sal")))
    .order_by(_H.lead_id)
    .limit(_MOST)
)
_POOLS = select(_POOL).where(_OPEN, _H.owner.is_(None)).distinct()
_OF_POOLS = (
    select(_H.id).where(_OPEN, _H.owner.is_(None), _POOL.in_(_THESE)).order_by(_H.lead_id).limit(_MOST)
)
_LATE = (
    select(_D.kind, _D.subject)
    .where(_D.state == literal_column("'open'"), _D.due_at <= bindparam("before"))
    .order_by(_D.due_at)
    .limit(_MOST)
)
_DEPARTED = select(_MEMBER.id).where(_MEMBER.deleted)
# Who has yet to accept an SQL is named on it and does not own it.
_OWNERS = union(
    select(_H.owner).where(_OPEN, _H.owner.is_not(None)),
    select(_H.ae).where(_OPEN, _H.ae.is_not(None), _H.stage == "sql"),
)
_OWNED = (
    select(_H.id)
    .where(_OPEN, or_(_H.owner == bindparam("whose"), and_(_H.ae == bindparam("whose"), _H.stage == "sql")))
    .order_by(_H.id)
)
_STAGES = select(_H.stage, func.count()).where(_OPEN).group_by(_H.stage)

# What was given up counts while its hand-off is open, and for a day where it belongs to none.
_DEAD = (
    select(_O.kind, func.count())
    .outerjoin_from(_TABLES["outbox"], _TABLES["handoff"], and_(_H.id == _O.handoff_id, _OPEN))
    .where(_O.state == literal_column("'dead'"), or_(_O.created_at > bindparam("since"), _H.id.is_not(None)))
    .group_by(_O.kind)
)
_ON_PURPOSE: BindParameter[Any] = bindparam("on_purpose", expanding=True)
_DOUBTFUL = and_(_O.state == "unknown", func.coalesce(_O.sent_at, _O.created_at) <= bindparam("before"))
_STUCK = (
    select(_O.kind, func.sum(case((_DOUBTFUL, 1), else_=0)), func.count())
    .where(
        _in_words(_O.state, IN_FLIGHT),
        _O.created_at <= bindparam("before"),
        or_(_O.error.is_(None), _O.error.not_in(_ON_PURPOSE)),
    )
    .group_by(_O.kind)
)

_KNOWN = select(_F.id, _F.kind, _F.subject, _F.since).where(_F.cleared_at.is_(None)).order_by(_F.id)
_BY_KIND = select(_F.kind, func.count()).where(_F.cleared_at.is_(None)).group_by(_F.kind)
_CLEAR = update(_FINDINGS).where(_F.id == bindparam("gone")).values(cleared_at=bindparam("at"))
_NOTE = insert(_TABLES["occurrence"])


@dataclass(frozen=True, slots=True)
class Cardless:
    """An open hand-off without a card. *card* is None where it is on none; *letter* is the state of its card's."""

    handoff: int
    card: int | None
    letter: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found wrong and not yet gone. *subject* is a hand-off's id, or what else it is about."""

    id: int
    kind: str
    subject: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something done beside the hand-offs' log. *detail* holds ids and codes, nothing about a lead."""

    at: datetime
    action: str
    handoff_id: int | None = None
    actor: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def cardless(session: Session, most: int, gathering: str) -> list[Cardless]:
    """Open hand-offs whose card Slack does not have and no letter brings.

    *gathering* is the kind of deadline at which a digest is posted: its leads have their line there.
    """
    return [Cardless(*row) for row in rows_of(session, _CARDLESS, most=most, gathering=gathering)]


def stepless(session: Session, most: int, kinds: Sequence[str]) -> list[int]:
    """Open hand-offs without an open deadline of *kinds*."""
    return [int(subject) for (subject,) in rows_of(session, _STEPLESS, most=most, kinds=list(kinds))]


def left_behind(session: Session, most: int) -> list[int]:
    """Hand-offs that a deactivated person still owns, before SQL."""
    return [id_ for (id_,) in rows_of(session, _LEFT, most=most)]


def nobodys(session: Session, most: int, team: Collection[str]) -> list[int]:
    """Unowned open hand-offs that nobody may accept: no one of their pool is in *team* and active in Slack.

    There are as many different pools as segments, so the pools are judged and not the hand-offs.
    """
    active = set(team) - {id_ for (id_,) in rows_of(session, _DEPARTED)}
    empty = [pool for (pool,) in rows_of(session, _POOLS) if not active & set(json.loads(pool))]
    return [id_ for (id_,) in rows_of(session, _OF_POOLS, these=empty, most=most)] if empty else []


def late(session: Session, before: datetime, most: int) -> list[tuple[str, str]]:
    """Kind and subject of each deadline that was due at *before* or earlier and is not decided, the latest first."""
    return [(kind, subject) for kind, subject in rows_of(session, _LATE, before=before, most=most)]


def dead_letters(session: Session, since: datetime) -> Mapping[str, int]:
    """Letters that were given up, by kind: those of open hand-offs, and others written after *since*."""
    return dict(map(tuple, rows_of(session, _DEAD, since=since)))


def old_letters(
    session: Session, before: datetime, on_purpose: Sequence[str]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Letters in flight that were asked for at *before* or earlier, by kind: the doubtful ones, and all.

    Those whose last answer is one of *on_purpose* wait because they should.
    """
    rows = rows_of(session, _STUCK, before=before, on_purpose=list(on_purpose))
    return {kind: int(doubtful) for kind, doubtful, _ in rows if doubtful}, {kind: n for kind, _, n in rows}


def known(session: Session) -> list[Finding]:
    """The findings that are open, the oldest first."""
    return [Finding(*row) for row in rows_of(session, _KNOWN)]


def counts(session: Session) -> Mapping[str, int]:
    """Open findings by kind."""
    return dict(map(tuple, rows_of(session, _BY_KIND)))


def add(session: Session, found: Sequence[tuple[str, str]], at: datetime) -> None:
    """Open findings of these kinds and subjects; one that is open already stays as it is."""
    if found:
        session.connection().execute(
            _add_statement(session.get_bind().dialect.name),
            [{"kind": kind, "subject": subject, "since": at} for kind, subject in found],
        )


@cache
def _add_statement(dialect: str) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(_FINDINGS).on_conflict_do_nothing()


def clear(session: Session, ids: Sequence[int], at: datetime) -> None:
    """These are gone."""
    if ids:
        session.connection().execute(_CLEAR, [{"gone": id_, "at": at} for id_ in ids])


def note(session: Session, occurrences: Sequence[Occurrence]) -> None:
    """Write down what must be answered for."""
    if occurrences:
        session.connection().execute(
            _NOTE,
            [
                {
                    "at": o.at,
                    "action": o.action,
                    "actor": o.actor,
                    "handoff_id": o.handoff_id,
                    "detail": o.detail,
                }
                for o in occurrences
            ],
        )


def open_by_stage(session: Session) -> Mapping[str, int]:
    """Open hand-offs by stage."""
    return dict(map(tuple, rows_of(session, _STAGES)))


def owners(session: Session) -> set[str]:
    """Everybody who owns an open hand-off, or has yet to accept one as its account executive."""
    return {owner for (owner,) in rows_of(session, _OWNERS)}


def owned_by(session: Session, person: str) -> list[int]:
    """The open hand-offs *person* owns or has yet to accept as account executive, oldest first."""
    return [id_ for (id_,) in rows_of(session, _OWNED, whose=person)]
