"""Who was given which hand-off and why: the fairness ledger, the credits of round robin, and how much everybody has."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage.statements import in_parts, on_postgres, rows_of

_T = SQLModel.metadata.tables
_ASSIGNMENTS, _CREDITS, _COMPANIES, _LOADED = _T["assignment"], _T["credit"], _T["company"], _T["load"]
_A, _H, _MEMBER, _LOG = _ASSIGNMENTS.c, _T["handoff"].c, _T["member"].c, _T["transition"].c

_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_OPEN = _H.ended_at.is_(None)

# Built once: every crossing asks these.
_LOADS = select(_H.owner, func.count()).where(_OPEN, _H.owner.in_(_THESE)).group_by(_H.owner)
_WORKED_ON = (
    select(_H.owner, func.count())
    .where(_OPEN, _H.owner.in_(_THESE), _H.stage.in_(("mql", "sal")))
    .group_by(_H.owner)
)
_DEPARTED = select(_MEMBER.id).where(_MEMBER.id.in_(_THESE), _MEMBER.deleted)
_CREDIT = select(_CREDITS.c.person, _CREDITS.c.credit).where(_CREDITS.c.segment == bindparam("whose"))
_CREDIT_HELD = _CREDIT.order_by(_CREDITS.c.person).with_for_update()
_SET_CREDIT = (
    update(_CREDITS)
    .where(_CREDITS.c.segment == bindparam("whose"), _CREDITS.c.person == bindparam("who"))
    .values(credit=bindparam("new_credit"))
)
_LOAD_HELD = (
    select(_LOADED.c.person).where(_LOADED.c.person.in_(_THESE)).order_by(_LOADED.c.person).with_for_update()
)
_HOLD_COMPANY = (
    select(_COMPANIES.c.domain, _COMPANIES.c.owner)
    .where(_COMPANIES.c.domain.in_(_THESE))
    .order_by(_COMPANIES.c.domain)
)
_HELD_COMPANY = _HOLD_COMPANY.with_for_update()
_OWNERS_OF = (
    select(_H.company, _H.owner, _H.sdr)
    .where(_OPEN, _H.company.in_(_THESE), _H.owner.is_not(None))
    .order_by(_H.crossed_at.desc(), _H.id.desc())
)
_ADD_LOAD = postgresql.insert(_LOADED).on_conflict_do_nothing(index_elements=["person"])
_NOTE = insert(_ASSIGNMENTS)
_OF_HANDOFF = select(*_A).where(_A.handoff_id == bindparam("handoff")).order_by(_A.id)
_UNDO = (
    update(_ASSIGNMENTS)
    .where(_A.handoff_id == bindparam("handoff"), _A.undone_at.is_(None), _A.at == bindparam("moment"))
    .where(_A.how.in_(("claim", "reassigned", "pool")), _A.by == bindparam("who"))
    .values(undone_at=bindparam("now"))
)
_STANDS = (_A.undone_at.is_(None), _A.at >= bindparam("since"))
_GIVEN = (
    select(_A.segment, _A.person, func.count())
    .where(*_STANDS, _A.person.is_not(None))
    .group_by(_A.segment, _A.person)
)
_TAKEN = (
    select(_A.segment, _A.taken_from, func.count())
    .where(*_STANDS, _A.taken_from.is_not(None))
    .group_by(_A.segment, _A.taken_from)
)
_UNDONE = _T["transition"].alias("undone")
_ACCEPTED = (
    select(_H.segment, _LOG.actor, func.count())
    .join_from(_T["transition"], _T["handoff"], _H.id == _LOG.handoff_id)
    .where(
        _LOG.action == "accept",
        _LOG.at >= bindparam("since"),
        ~select(_UNDONE.c.id)
        .where(_UNDONE.c.handoff_id == _LOG.handoff_id, _UNDONE.c.undoes == _LOG.n)
        .exists(),
    )
    .group_by(_H.segment, _LOG.actor)
)


@dataclass(frozen=True, slots=True)
class Given:
    """A line of the ledger. *person* None: to the pool. *skipped*: person, why, and until when or an empty text."""

    handoff_id: int
    segment: str
    person: str | None
    how: str
    at: datetime
    by: str | None = None
    taken_from: str | None = None
    skipped: Sequence[Sequence[str]] = ()
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What somebody got in a segment since a day: given, accepted by them, taken away from them again."""

    segment: str
    person: str
    given: int = 0
    accepted: int = 0
    reassigned: int = 0


def note(session: Session, rows: Sequence[Given]) -> None:
    """Add lines to the ledger."""
    if rows:
        session.connection().execute(_NOTE, [_row(each) for each in rows])


def _row(given: Given) -> dict[str, Any]:
    return {
        "handoff_id": given.handoff_id,
        "segment": given.segment,
        "person": given.person,
        "how": given.how,
        "at": given.at,
        "by": given.by,
        "taken_from": given.taken_from,
        "skipped": [list(each) for each in given.skipped],
    }


def of_handoff(session: Session, handoff_id: int) -> list[Given]:
    """The ledger's lines about a hand-off, the first one first."""
    return [
        Given(
            row.handoff_id, row.segment, row.person, row.how, row.at, row.by, row.taken_from, row.skipped,
            row.undone_at,
        )
        for row in rows_of(session, _OF_HANDOFF, handoff=handoff_id)
    ]  # fmt: skip


def take_back(session: Session, handoff_id: int, by: str, at: datetime, now: datetime) -> None:
    """What *by* pressed at *at*, an Accept or to give the lead to somebody, was undone: nobody was given anything."""
    values = {"handoff": handoff_id, "who": by, "moment": at, "now": now}
    session.connection().execute(_UNDO, values)


def loads(session: Session, people: Iterable[str]) -> dict[str, int]:
    """Open hand-offs of each of *people*; nobody missing has any."""
    return dict(rows_of(session, _LOADS, these=sorted(set(people))))


def hold_loads(session: Session, people: Collection[str]) -> None:
    """Keep everybody else from counting what *people* have open until the commit, in one order everywhere.

    SQLite has one writer at a time, so there nobody does anyway.
    """
    if people and on_postgres(session):
        rows = [{"person": person} for person in sorted(people)]
        session.connection().execute(_ADD_LOAD, rows)
        rows_of(session, _LOAD_HELD, these=sorted(people))


def worked_on(session: Session, people: Iterable[str]) -> dict[str, int]:
    """Those of them that are no SQL yet, and so may be passed on."""
    return dict(rows_of(session, _WORKED_ON, these=sorted(set(people))))


def departed(session: Session, people: Iterable[str]) -> frozenset[str]:
    """Those of *people* whose accounts are deactivated."""
    return frozenset(id_ for (id_,) in rows_of(session, _DEPARTED, these=sorted(set(people))))


def credits_of(
    session: Session, segment: str, people: Collection[str] = (), *, lock: bool = False
) -> dict[str, int]:
    """What round robin owes each in *segment*, in parts of scoring.assigning.A_LEAD.

    *lock* holds the rows of *people* (added where they are missing) until the commit: of two replicas that
    share out leads at the same moment, the second counts from what the first left.
    """
    if lock and people:
        rows = [{"segment": segment, "person": person, "credit": 0} for person in sorted(people)]
        session.connection().execute(_add_credit(session.get_bind().dialect.name), rows)
    return dict(rows_of(session, _CREDIT_HELD if lock else _CREDIT, whose=segment))


@cache
def _add_credit(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_CREDITS)
    return statement.on_conflict_do_nothing(index_elements=["segment", "person"])


def keep_credits(session: Session, segment: str, credits: Mapping[str, int]) -> None:
    """Write back the credits that changed; their rows are held."""
    if not credits:
        return
    rows = [{"segment": segment, "person": person, "credit": 0} for person in sorted(credits)]
    session.connection().execute(_add_credit(session.get_bind().dialect.name), rows)
    session.connection().execute(
        _SET_CREDIT,
        [{"whose": segment, "who": person, "new_credit": credits[person]} for person in sorted(credits)],
    )


def hold_companies(session: Session, domains: Collection[str]) -> dict[str, str]:
    """Hold the rows of these companies until the commit, in one order everywhere; gives their accounts' owners."""
    if not domains:
        return {}
    rows = [{"domain": domain} for domain in sorted(domains)]
    session.connection().execute(_hold_statement(session.get_bind().dialect.name), rows)
    return account_owners(session, domains)


def hold_known_companies(session: Session, domains: Collection[str | None]) -> None:
    """Hold the rows of those of *domains* that have one: nothing is written where no lead of theirs was ever given."""
    for part in in_parts(sorted(domain for domain in domains if domain)):
        rows_of(session, _HELD_COMPANY, these=part)


@cache
def _hold_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_COMPANIES)
    same = {"domain": statement.excluded.domain}  # an update that changes nothing, and locks
    return statement.on_conflict_do_update(index_elements=["domain"], set_=same)


def account_owners(session: Session, domains: Collection[str]) -> dict[str, str]:
    """Whom the accounts file names for these companies, by domain."""
    return {
        domain: owner
        for part in in_parts(sorted(domains))
        for domain, owner in rows_of(session, _HOLD_COMPANY, these=part)
        if owner is not None
    }


def keep_accounts(session: Session, owners: Mapping[str, str]) -> None:
    """Make *owners* (domain to Slack user id) the accounts' owners, and nobody else's."""
    session.connection().execute(update(_COMPANIES).values(owner=None))
    for part in in_parts(sorted(owners)):
        rows = [{"domain": domain, "owner": owners[domain]} for domain in part]
        session.connection().execute(_account_statement(session.get_bind().dialect.name), rows)


@cache
def _account_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_COMPANIES)
    return statement.on_conflict_do_update(
        index_elements=["domain"], set_={"owner": statement.excluded.owner}
    )


def company_owners(session: Session, domains: Collection[str]) -> dict[str, list[str]]:
    """Who has open hand-offs of these companies, by domain, the newest hand-off's owner (or its SDR) first."""
    found: dict[str, list[str]] = {}
    for part in in_parts(sorted(domains)):
        for company, owner, sdr in rows_of(session, _OWNERS_OF, these=part):
            found.setdefault(company, []).extend(each for each in (owner, sdr) if each is not None)
    return found


def tallies(session: Session, since: datetime) -> list[Tally]:
    """The ledger since *since*, by segment and person."""
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for name, query in (("given", _GIVEN), ("accepted", _ACCEPTED), ("reassigned", _TAKEN)):
        for segment, person, count in rows_of(session, query, since=since):
            counted.setdefault((segment, person), {})[name] = count
    return [Tally(segment, person, **counts) for (segment, person), counts in sorted(counted.items())]
