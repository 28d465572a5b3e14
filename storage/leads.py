"""Leads, what is known of them, and what they did. Set-based: 1,000 events are a few statements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from scoring.arrival import Arrival
from scoring.lead import OF_THE_VISIT, Activity, Fact, Lead
from storage.statements import among, on_postgres, rows_among, rows_of
from storage.tables import LeadRow

_LEADS = LeadRow.metadata.tables["lead"]
_IDENTITIES = LeadRow.metadata.tables["identity"]
_ACTIVITIES = LeadRow.metadata.tables["activity"]


# Built once: intake runs these for every request, and building a statement costs more than running it.
_STORED = among(
    select(_ACTIVITIES.c.event).where(_ACTIVITIES.c.source == bindparam("source")), _ACTIVITIES.c.event
)
_KNOWN_AS = among(select(_IDENTITIES.c.key, _IDENTITIES.c.lead_id), _IDENTITIES.c.key)
_NAMED = (
    select(_IDENTITIES.c.key).where(_IDENTITIES.c.lead_id == bindparam("lead")).order_by(_IDENTITIES.c.key)
)
_ADDRESS = select(_LEADS.c.email).where(_LEADS.c.id == bindparam("lead"))
_COLUMNS = select(
    _LEADS.c.id, _LEADS.c.email, _LEADS.c.facts, _LEADS.c.fact_times, _LEADS.c.first_seen,
    _LEADS.c.changed_facts_at, _LEADS.c.erased_at, _LEADS.c.typed,
)  # fmt: skip
_WHO = among(_COLUMNS, _LEADS.c.id)
# FOR NO KEY UPDATE: two requests about one lead have both just added an activity that points at it (and so
# share-lock its key); FOR UPDATE would make each wait for the other until PostgreSQL kills one of them.
_WHO_LOCKED = among(_COLUMNS.order_by(_LEADS.c.id).with_for_update(key_share=True), _LEADS.c.id)
_HOLD = select(_LEADS.c.id).where(_LEADS.c.id == bindparam("lead")).with_for_update(key_share=True)
_HOLD_IF_FREE = (
    select(_LEADS.c.id)
    .where(_LEADS.c.id == bindparam("lead"))
    .with_for_update(key_share=True, skip_locked=True)
)
_DID = among(
    select(
        _ACTIVITIES.c.lead_id, _ACTIVITIES.c.event, _ACTIVITIES.c.signal, _ACTIVITIES.c.asset,
        _ACTIVITIES.c.occurred, _ACTIVITIES.c.received,
    ).where(_ACTIVITIES.c.signal.is_not(None)),
    _ACTIVITIES.c.lead_id,
)  # fmt: skip

_SCORED = ("fact_times", "email", "first_seen", "fit", "intent", "scored_at", "wanted")
_LEARNED = (*_SCORED, "facts", "changed_facts_at", "typed")
"""What is written back of every lead, and of one of whom a fact is new: the facts are by far the longest."""
_DEED = ("lead_id", "source", "event", "signal", "asset", "occurred", "received")


@dataclass(slots=True)
class Known:
    """A lead as stored, with what one request changed about it.

    *learned*: a fact is not as it was stored; *facts_changed*: one that says who they are. *typed*: the facts that
    a person typed, which no source overwrites: attribute to {"by": user, "at": epoch second}.
    """

    id: int
    email: str | None
    facts: dict[str, Any]
    fact_times: dict[str, int]
    first_seen: int
    changed_facts_at: int | None
    erased_at: int | None = None
    typed: dict[str, Any] | None = None
    activities: list[Activity] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    arrived_at: int = 0
    facts_changed: bool = False
    learned: bool = False

    @property
    def lead(self) -> Lead:
        """The facts as scoring reads them."""
        return Lead(
            {name: tuple(v) if isinstance(v, list) else v for name, v in self.facts.items()}, self.first_seen
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request changed: the events really stored, the leads they touch by id, how many are new."""

    stored: Sequence[Arrival]
    known: dict[int, Known]
    fresh: int


class GoneMeanwhile(Exception):
    """A lead was erased, or merged into another, between our looking for it and our holding it.

    The request is to be taken in anew, LOOKS times at most: the database may refuse the row for another reason, which
    is the cause of this then.
    """

    @property
    def refusal(self) -> BaseException:
        """What the database said; this itself where it said nothing."""
        return self.__cause__ or self


LOOKS = 5
"""How often a lead is looked up again; more than are ever erased or merged in the midst of one request."""


Spared = Callable[[Session, Sequence[Arrival]], list[Arrival]]
"""Leaves out what is about erased people."""


def take_in(session: Session, arrivals: Sequence[Arrival], spared: Spared | None = None) -> Taken:
    """Store what is new and give the leads it touches, their rows locked.

    Events already stored (or twice in one request) change nothing; the first body stays.

    Raises:
        GoneMeanwhile: on PostgreSQL, where another session erases or merges a lead at this moment.
    """
    fresh = list({(arrival.source, arrival.event): arrival for arrival in reversed(arrivals)}.values())[::-1]
    before = identities(session, {key for arrival in fresh for key in arrival.keys})
    if spared is not None:  # after the identities: who is erased from here on is found out when it is held
        fresh = spared(session, fresh)
    doubtful = [arrival for arrival in fresh if not before.keys() >= set(arrival.keys)]
    if any(before.keys().isdisjoint(arrival.keys) for arrival in doubtful):
        repeated = _already_stored(session, doubtful)  # each would add somebody who did nothing
        fresh = [arrival for arrival in fresh if (arrival.source, arrival.event) not in repeated]
    try:
        lead_of = _resolve(session, fresh, dict(before))
        stored = _append(session, [(arrival, lead_of[arrival.keys]) for arrival in fresh])
    except IntegrityError as gone:  # the row they point at: everything else they may run into is let pass
        raise GoneMeanwhile from gone
    kept = [arrival for arrival in fresh if (arrival.source, arrival.event) in stored]
    known = load(session, {lead_of[arrival.keys] for arrival in kept}, lock=True)
    if any(one.erased_at is not None for one in known.values()):
        raise GoneMeanwhile
    for arrival in sorted(kept, key=lambda a: a.facts_at):
        _learn(known[lead_of[arrival.keys]], arrival)
    return Taken(kept, known, len(known.keys() - before.values()))


def _already_stored(session: Session, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """The (source, event) pairs of those of *arrivals* that are in the log."""
    events: dict[str, list[str]] = {}
    for arrival in arrivals:
        events.setdefault(arrival.source, []).append(arrival.event)
    return {
        (source, event)
        for source, named in events.items()  # a source at a time, because the index begins with it
        for (event,) in rows_among(session, _STORED, named, source=source)
    }


def _resolve(
    session: Session, arrivals: Sequence[Arrival], known: dict[str, int]
) -> dict[tuple[str, ...], int]:
    """The lead's id for each arrival's keys, of which some are *known*; people nobody knew yet are added."""
    newcomers: list[tuple[list[str], Arrival]] = []
    seat: dict[str, int] = {}
    for arrival in arrivals:
        if any(key in known for key in arrival.keys):
            continue
        place = next((seat[key] for key in arrival.keys if key in seat), None)
        if place is None:
            place = len(newcomers)
            newcomers.append(([], arrival))
        for key in arrival.keys:
            seat.setdefault(key, place)
            newcomers[place][0].append(key)
    if newcomers:
        known |= _add(session, newcomers)
    lead_of = {a.keys: next(known[key] for key in a.keys if key in known) for a in arrivals}
    missing = {key: lead_of[a.keys] for a in arrivals for key in a.keys if key not in known}
    if missing:
        _name(session, missing)
    return lead_of


def identities(session: Session, keys: Iterable[str]) -> dict[str, int]:
    """The lead's id for each of *keys* that is known."""
    found: dict[str, int] = {}
    found.update(rows_among(session, _KNOWN_AS, sorted(set(keys))))
    return found


_NEWCOMERS = insert(_LEADS).returning(_LEADS.c.id, sort_by_parameter_order=True)


def _add(session: Session, newcomers: Sequence[tuple[list[str], Arrival]]) -> dict[str, int]:
    """Insert people; where another replica was first, its row counts and ours is removed."""
    rows: list[dict[str, Any]] = [
        {
            "email": arrival.email,
            "facts": {},
            "fact_times": {},
            "first_seen": arrival.occurred,
            "received": arrival.received,
            "fit": 0,
            "intent": 0,
        }
        for _, arrival in newcomers
    ]
    ids = session.connection().execute(_NEWCOMERS, rows).scalars().all()
    wanted = {key: lead for (keys, _), lead in zip(newcomers, ids, strict=True) for key in keys}
    _name(session, wanted)
    actual = identities(session, wanted)
    orphans = set(ids) - set(actual.values())
    if orphans:
        session.connection().execute(delete(_LEADS).where(_LEADS.c.id.in_(orphans)))
    return actual


def _name(session: Session, lead_of: Mapping[str, int]) -> None:
    rows = [{"key": key, "lead_id": lead} for key, lead in sorted(lead_of.items())]
    session.connection().execute(_name_statement(on_postgres(session)), rows)


@cache
def _name_statement(on_postgres: bool) -> Any:
    statement = (postgresql if on_postgres else sqlite).insert(_IDENTITIES)
    return statement.on_conflict_do_nothing(index_elements=["key"])


def _append(session: Session, rows: Sequence[tuple[Arrival, int]]) -> set[tuple[str, str]]:
    """Add to the log; gives the (source, event) pairs that were really new."""
    if not rows:
        return set()
    deeds = [
        (
            lead,
            arrival.source,
            arrival.event,
            arrival.signal,
            arrival.asset,
            arrival.occurred,
            arrival.received,
        )
        for arrival, lead in sorted(rows, key=lambda row: (row[0].source, row[0].event))
    ]
    arrays = on_postgres(session)
    at_once = arrays and len(deeds) > 1
    found = session.connection().execute(
        _append_statement(arrays, at_once),
        _as_arrays(_DEED, deeds) if at_once else [dict(zip(_DEED, deed, strict=True)) for deed in deeds],
    )
    return {(source, event) for source, event in found}


@cache
def _append_statement(on_postgres: bool, at_once: bool) -> Any:
    statement = (postgresql if on_postgres else sqlite).insert(_ACTIVITIES)
    if at_once:
        statement = statement.from_select(_DEED, select(*(_unnested(_ACTIVITIES.c[name]) for name in _DEED)))
    ignored = statement.on_conflict_do_nothing(index_elements=["source", "event"])
    return ignored.returning(_ACTIVITIES.c.source, _ACTIVITIES.c.event)


def _as_arrays(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Rows as one list a column, which PostgreSQL reads far faster than a parameter for each value."""
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _unnested(column: Column[Any]) -> ColumnElement[Any]:
    """The values for *column* out of the list of its name."""
    return func.unnest(bindparam(column.name, type_=ARRAY(column.type))).label(column.name)


def load(session: Session, ids: Iterable[int], *, lock: bool = False) -> dict[int, Known]:
    """The leads of *ids* with all their activities; *lock* holds their rows until the commit."""
    found: dict[int, Known] = {}
    wanted = sorted(set(ids))
    for row in rows_among(session, _WHO_LOCKED if lock else _WHO, wanted):
        found[row[0]] = Known(*row)
    for row in rows_among(session, _DID, wanted):
        found[row[0]].activities.append(Activity._make(row[1:]))
    return found


def hold(session: Session, lead_id: int, *, wait: bool = True) -> bool:
    """Keep everybody else from deciding about the lead until the commit, as intake does.

    Without *wait*: False where somebody has it at this moment.
    """
    return bool(rows_of(session, _HOLD if wait else _HOLD_IF_FREE, lead=lead_id))


def _learn(known: Known, arrival: Arrival) -> None:
    """Newer facts win by the source's time; an older one never overwrites, nor any one what a person typed."""
    times, at = known.fact_times, arrival.facts_at
    typed = known.typed or ()
    for name, value in arrival.facts.items():
        if at < times.get(name, -1) or name in typed:
            continue
        times[name] = at
        _set_fact(known, name, value)
    known.first_seen = min(known.first_seen, arrival.occurred)
    known.email = known.email or arrival.email
    known.arrived_at = max(known.arrived_at, arrival.received)
    if arrival.signal is not None:
        known.arrived.add(arrival.event)


def _set_fact(known: Known, name: str, value: Fact) -> None:
    stored: Any = list(value) if isinstance(value, tuple) else value
    before = known.facts.get(name)
    if _written_alike(before, stored):
        return
    known.learned = True
    known.facts[name] = stored
    if before != stored and name not in OF_THE_VISIT:
        known.facts_changed = True


def type_in(known: Known, facts: Mapping[str, Fact], by: str, at: int) -> None:
    """A person says so, and what follows from it: from now on no source overwrites these. `keep` writes it."""
    for name, value in facts.items():
        known.fact_times[name] = at
        _set_fact(known, name, value)
    known.typed = {**(known.typed or {}), **{name: {"by": by, "at": at} for name in facts}}
    known.learned = True


def _written_alike(before: object, now: object) -> bool:
    """Whether two facts are surely the same JSON: 1, 1.0 and True are equal, and are written differently."""
    return before == now and type(before) is type(now) and isinstance(now, str | int)


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead's score as of a moment (epoch second)."""

    known: Known
    fit: int
    intent: int
    at: int
    wanted: tuple[str, ...] = ()


def keep(session: Session, judged: Sequence[Judged]) -> None:
    """Write back scores, and facts where one is new: many leads are a statement or two."""
    for names, these in (
        (_LEARNED, [each for each in judged if each.known.learned]),
        (_SCORED, [each for each in judged if not each.known.learned]),
    ):
        if these:
            session.connection().execute(_keep_statement(names), [_columns(each, names) for each in these])


def _columns(judged: Judged, names: tuple[str, ...]) -> dict[str, Any]:
    known = judged.known
    row = {
        "email": known.email,
        "facts": known.facts,
        "fact_times": known.fact_times,
        "first_seen": known.first_seen,
        "fit": judged.fit,
        "intent": judged.intent,
        "scored_at": judged.at,
        "wanted": list(judged.wanted) or None,
        "typed": known.typed,
        "changed_facts_at": judged.at if known.facts_changed else known.changed_facts_at,
    }
    return {"lead": known.id, **{name: row[name] for name in names}}


@cache
def _keep_statement(names: tuple[str, ...]) -> Any:
    changes: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
    return update(_LEADS).where(_LEADS.c.id == bindparam("lead")).values(**changes)


def by_email(session: Session, email: str) -> Known | None:
    """The lead with this normalised address, or None."""
    found = identities(session, [f"email:{email}"])
    if not found:
        return None
    lead = next(iter(found.values()))
    return load(session, [lead])[lead]


def addresses(session: Session, lead: int) -> list[str]:
    """Every address of a lead, the one it is known by first: after a merge a person has several."""
    keys = [key for (key,) in rows_of(session, _NAMED, lead=lead)]
    main = [email for (email,) in rows_of(session, _ADDRESS, lead=lead) if email is not None]
    return list(
        dict.fromkeys([*main, *(key.removeprefix("email:") for key in keys if key.startswith("email:"))])
    )


def on_hold(session: Session, most: int) -> list[tuple[str | None, list[str]]]:
    """The newest *most* leads that a gate holds, the newest first: address, and the attributes they still lack."""
    rows = session.execute(
        select(col(LeadRow.email), col(LeadRow.wanted))
        .where(col(LeadRow.wanted).is_not(None))
        .order_by(col(LeadRow.id).desc())
        .limit(most)
    )
    return [(email, wanted) for email, wanted in rows if wanted]
