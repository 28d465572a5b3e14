"""Leads, what is known of them, and what they did. Set-based: 1,000 events are a few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from scoring.arrival import Arrival
from scoring.lead import OF_THE_VISIT, Activity, Lead
from storage.statements import in_parts, upsert
from storage.tables import IdentityRow, LeadRow

_LEADS = SQLModel.metadata.tables["lead"]
_IDENTITIES = SQLModel.metadata.tables["identity"]
_ACTIVITIES = SQLModel.metadata.tables["activity"]

# Built once: intake runs these for every request, and building a statement costs more than running it.
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_STORED = select(_ACTIVITIES.c.source, _ACTIVITIES.c.event).where(_ACTIVITIES.c.event.in_(_THESE))
_KNOWN_AS = select(_IDENTITIES.c.key, _IDENTITIES.c.lead_id).where(_IDENTITIES.c.key.in_(_THESE))
_WHO = select(
    _LEADS.c.id, _LEADS.c.email, _LEADS.c.facts, _LEADS.c.fact_times, _LEADS.c.first_seen, _LEADS.c.changed_facts_at
).where(_LEADS.c.id.in_(_THESE))  # fmt: skip
# FOR NO KEY UPDATE: two requests about one lead have both just added an activity that points at it (and so
# share-lock its key); FOR UPDATE would make each wait for the other until PostgreSQL kills one of them.
_WHO_LOCKED = _WHO.order_by(_LEADS.c.id).with_for_update(key_share=True)
_DID = select(
    _ACTIVITIES.c.lead_id, _ACTIVITIES.c.event, _ACTIVITIES.c.signal, _ACTIVITIES.c.asset, _ACTIVITIES.c.occurred,
    _ACTIVITIES.c.received,
).where(_ACTIVITIES.c.lead_id.in_(_THESE), _ACTIVITIES.c.signal.is_not(None))  # fmt: skip

_JUDGED = (
    "email", "facts", "fact_times", "first_seen", "fit", "intent", "scored_at", "changed_facts_at",
    "wanted",
)  # fmt: skip


_KEEP = (
    update(_LEADS)
    .where(_LEADS.c.id == bindparam("lead"))
    .values(**{name: bindparam(name) for name in _JUDGED})
)


@dataclass(slots=True)
class Known:
    """A lead as stored, with what one request changed about it."""

    id: int
    email: str | None
    facts: dict[str, Any]
    fact_times: dict[str, int]
    first_seen: int
    changed_facts_at: int | None
    activities: list[Activity] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    arrived_at: int = 0
    facts_changed: bool = False

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


def take_in(session: Session, arrivals: Sequence[Arrival]) -> Taken:
    """Store what is new and give the leads it touches, their rows locked.

    Events already stored (or twice in one request) change nothing; the first body stays.
    """
    fresh = list({(arrival.source, arrival.event): arrival for arrival in reversed(arrivals)}.values())[::-1]
    before = identities(session, {key for arrival in fresh for key in arrival.keys})
    if any(before.keys().isdisjoint(arrival.keys) for arrival in fresh):
        fresh = _not_yet_stored(session, fresh)  # or a repeated event would add somebody who did nothing
    lead_of = _resolve(session, fresh, dict(before))
    stored = _append(session, [(arrival, lead_of[arrival.keys]) for arrival in fresh])
    kept = [arrival for arrival in fresh if (arrival.source, arrival.event) in stored]
    known = load(session, {lead_of[arrival.keys] for arrival in kept}, lock=True)
    for arrival in sorted(kept, key=lambda a: a.facts_at):
        _learn(known[lead_of[arrival.keys]], arrival)
    return Taken(kept, known, len(known.keys() - before.values()))


def _not_yet_stored(session: Session, arrivals: Sequence[Arrival]) -> list[Arrival]:
    seen: set[tuple[str, str]] = set()
    for part in in_parts({arrival.event for arrival in arrivals}):
        seen.update(_rows(session, _STORED, part))
    return [arrival for arrival in arrivals if (arrival.source, arrival.event) not in seen]


def _rows(session: Session, statement: Any, these: Sequence[Any]) -> Sequence[Any]:
    """The rows of one of the statements above, as plain tuples."""
    return session.connection().execute(statement, {"these": these}).all()


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
    for part in in_parts(sorted(set(keys))):
        found.update(_rows(session, _KNOWN_AS, part))
    return found


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
    ids = session.scalars(
        insert(LeadRow).returning(col(LeadRow.id), sort_by_parameter_order=True), rows
    ).all()
    wanted = {
        key: lead for (keys, _), lead in zip(newcomers, ids, strict=True) for key in keys if lead is not None
    }
    _name(session, wanted)
    actual = identities(session, wanted)
    orphans = set(ids) - set(actual.values())
    if orphans:
        session.execute(delete(LeadRow).where(col(LeadRow.id).in_(orphans)))
    return actual


def _name(session: Session, lead_of: Mapping[str, int]) -> None:
    rows = [{"key": key, "lead_id": lead} for key, lead in sorted(lead_of.items())]
    session.execute(upsert(session, IdentityRow).on_conflict_do_nothing(index_elements=["key"]), rows)


def _append(session: Session, rows: Sequence[tuple[Arrival, int]]) -> set[tuple[str, str]]:
    """Add to the log; gives the (source, event) pairs that were really new."""
    if not rows:
        return set()
    found = session.connection().execute(
        _append_statement(session.get_bind().dialect.name),
        [
            {
                "lead_id": lead,
                "source": arrival.source,
                "event": arrival.event,
                "signal": arrival.signal,
                "asset": arrival.asset,
                "occurred": arrival.occurred,
                "received": arrival.received,
            }
            for arrival, lead in sorted(rows, key=lambda row: (row[0].source, row[0].event))
        ],
    )
    return {(source, event) for source, event in found}


@cache
def _append_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_ACTIVITIES)
    ignored = statement.on_conflict_do_nothing(index_elements=["source", "event"])
    return ignored.returning(_ACTIVITIES.c.source, _ACTIVITIES.c.event)


def load(session: Session, ids: Iterable[int], *, lock: bool = False) -> dict[int, Known]:
    """The leads of *ids* with all their activities; *lock* holds their rows until the commit."""
    found: dict[int, Known] = {}
    for part in in_parts(sorted(set(ids))):
        for row in _rows(session, _WHO_LOCKED if lock else _WHO, part):
            found[row[0]] = Known(*row)
        for lead, *activity in _rows(session, _DID, part):
            found[lead].activities.append(Activity(*activity))
    return found


def _learn(known: Known, arrival: Arrival) -> None:
    """Newer facts win by the source's time; an older one never overwrites."""
    for name, value in arrival.facts.items():
        if arrival.facts_at < known.fact_times.get(name, -1):
            continue
        stored: Any = list(value) if isinstance(value, tuple) else value
        if known.facts.get(name) != stored and name not in OF_THE_VISIT:
            known.facts_changed = True
        known.facts[name] = stored
        known.fact_times[name] = arrival.facts_at
    known.first_seen = min(known.first_seen, arrival.occurred)
    known.email = known.email or arrival.email
    known.arrived_at = max(known.arrived_at, arrival.received)
    if arrival.signal is not None:
        known.arrived.add(arrival.event)


@dataclass(frozen=True, slots=True)
class Judged:
    """A lead's score as of a moment (epoch second)."""

    known: Known
    fit: int
    intent: int
    at: int
    wanted: tuple[str, ...] = ()


def keep(session: Session, judged: Sequence[Judged]) -> None:
    """Write back facts and scores of many leads in one statement."""
    if not judged:
        return
    session.connection().execute(
        _KEEP,
        [
            {
                "lead": j.known.id,
                "email": j.known.email,
                "facts": j.known.facts,
                "fact_times": j.known.fact_times,
                "first_seen": j.known.first_seen,
                "fit": j.fit,
                "intent": j.intent,
                "scored_at": j.at,
                "wanted": list(j.wanted) or None,
                "changed_facts_at": j.at if j.known.facts_changed else j.known.changed_facts_at,
            }
            for j in judged
        ],
    )  # fmt: skip


def by_email(session: Session, email: str) -> Known | None:
    """The lead with this normalised address, or None."""
    found = identities(session, [f"email:{email}"])
    if not found:
        return None
    lead = next(iter(found.values()))
    return load(session, [lead])[lead]


def on_hold(session: Session) -> list[list[str]]:
    """What each lead that a gate holds still lacks, one list of attributes a lead."""
    rows = session.scalars(select(col(LeadRow.wanted)).where(col(LeadRow.wanted).is_not(None))).all()
    return [row for row in rows if row]
