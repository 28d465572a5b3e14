"""Two leads that are one person: everything of one moves to the other, and its row goes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, exists, func, insert, select, update
from sqlmodel import Session, SQLModel

from scoring.lead import OF_THE_VISIT
from storage import leads
from storage.leads import Known
from storage.statements import rows_of

_T = SQLModel.metadata.tables
_LEAD, _SHADOW, _DRAWN, _LISTED = _T["lead"], _T["shadow"], _T["spot_check"], _T["suppression"]
_OUTBOX = _T["outbox"]
_KEEP: BindParameter[Any] = bindparam("keep")
_OTHER: BindParameter[Any] = bindparam("other")

# FOR UPDATE, before anything is written: who has just added an activity of one of them is waited for.
_HOLD = select(_LEAD.c.id).where(_LEAD.c.id.in_((_KEEP, _OTHER))).order_by(_LEAD.c.id).with_for_update()

_MINE = _DRAWN.alias("mine")
_MOVES = (
    *(
        update(_T[name]).where(_T[name].c.lead_id == _OTHER).values(lead_id=_KEEP)
        for name in ("identity", "activity", "handoff")
    ),
    delete(_DRAWN).where(
        _DRAWN.c.lead_id == _OTHER,
        exists().where(_MINE.c.lead_id == _KEEP, _MINE.c.quarter == _DRAWN.c.quarter),
    ),
    update(_DRAWN).where(_DRAWN.c.lead_id == _OTHER).values(lead_id=_KEEP),
    delete(_LEAD).where(_LEAD.c.id == _OTHER),
)
_SHADOWED = select(_SHADOW.c.lead_id).where(_SHADOW.c.lead_id.in_((_KEEP, _OTHER)))
_SHADOW_MOVES = update(_SHADOW).where(_SHADOW.c.lead_id == _OTHER).values(lead_id=_KEEP)
_SHADOW_GOES = delete(_SHADOW).where(_SHADOW.c.lead_id == _OTHER)
_WRITE = (
    update(_LEAD)
    .where(_LEAD.c.id == _KEEP)
    .values(
        email=bindparam("new_email"), facts=bindparam("new_facts"), fact_times=bindparam("new_times"),
        typed=bindparam("new_typed"), first_seen=bindparam("seen"), received=bindparam("heard"),
        changed_facts_at=bindparam("changed"),
    )
)  # fmt: skip
_TOLD = select(_OUTBOX.c.id, _OUTBOX.c.body).where(
    _OUTBOX.c.kind == "dm", _OUTBOX.c.handoff_id.is_(None), _OUTBOX.c.key.like("customer:%")
)
_TELL_OF = update(_OUTBOX).where(_OUTBOX.c.id == bindparam("letter")).values(body=bindparam("new_body"))
_TIMES = select(func.min(_LEAD.c.received)).where(_LEAD.c.id.in_((_KEEP, _OTHER)))
_OF_ADDRESS = select(
    _LISTED.c.kind, _LISTED.c.reason, _LISTED.c.handoff_id, _LISTED.c.listed_at, _LISTED.c.until,
    _LISTED.c.listed_by, _LISTED.c.note,
).where(_LISTED.c.kind == "address", _LISTED.c.value == bindparam("address"))  # fmt: skip
_LIST = insert(_LISTED)


def hold(session: Session, keep: int, other: int) -> dict[int, Known]:
    """Both leads, or as many as there are, kept from everybody else until the commit."""
    rows_of(session, _HOLD, keep=keep, other=other)
    return leads.load(session, [keep, other])


def merge(session: Session, keep: Known, other: Known) -> Known:
    """Everything of *other* is *keep*'s from now on; gives the one lead as it is then.

    Both must be held, and at most one of them may have an open hand-off. `facts_changed` says whether the facts of
    *keep* are not what they were. The row of the higher number stays, whichever lead is kept: SQLite gives the number
    of a last row that was removed to the next newcomer, and an old button or letter would be about a stranger.
    """
    stays, goes = max(keep.id, other.id), min(keep.id, other.id)
    both = {"keep": stays, "other": goes}
    facts, times, typed = _facts_of(keep, other)
    changed = [at for at in (keep.changed_facts_at, other.changed_facts_at) if at is not None]
    heard = rows_of(session, _TIMES, **both)[0][0]
    session.connection().execute(
        _WRITE,
        {
            "keep": stays, "new_email": keep.email or other.email, "new_facts": facts, "new_times": times,
            "new_typed": typed or None, "seen": min(keep.first_seen, other.first_seen), "heard": heard,
            "changed": max(changed, default=None),
        },
    )  # fmt: skip
    _share_listings(session, keep.email, other.email)
    shadowed = {lead for (lead,) in rows_of(session, _SHADOWED, **both)}
    session.connection().execute(_SHADOW_GOES if stays in shadowed else _SHADOW_MOVES, both)
    for statement in _MOVES:
        session.connection().execute(statement, both)
    one = leads.load(session, [stays])[stays]
    one.facts_changed = _who_they_are(keep.facts) != _who_they_are(one.facts)
    one.learned = True
    return one


def readdress(session: Session, goes: int, stays: int) -> None:
    """What an account's owner was told, or is about to be, of the lead *goes* is about *stays* from now on: it is still
    sent, and an erasure finds it. Letters come last, after everything else of the merge."""
    about = [(id_, body) for id_, body in rows_of(session, _TOLD) if body.get("lead") == goes]
    if about:
        rows = [{"letter": id_, "new_body": body | {"lead": stays}} for id_, body in about]
        session.connection().execute(_TELL_OF, rows)


def _who_they_are(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in OF_THE_VISIT}


def _facts_of(keep: Known, other: Known) -> tuple[dict[str, Any], dict[str, int], dict[str, Any]]:
    """What a person typed counts first, then what is newer, then the lead that is kept."""
    facts: dict[str, Any] = {}
    times: dict[str, int] = {}
    for name in {**keep.facts, **other.facts}:
        of = other if _weight(other, name) > _weight(keep, name) else keep
        facts[name] = of.facts[name]
        if name in of.fact_times:
            times[name] = of.fact_times[name]
    typed = {**(other.typed or {}), **(keep.typed or {})}
    for name, mark in (other.typed or {}).items():
        if _weight(other, name) > _weight(keep, name):
            typed[name] = mark
    return facts, times, typed


def _weight(lead: Known, name: str) -> tuple[bool, bool, int]:
    known = name in lead.facts
    return known, known and name in (lead.typed or {}), lead.fact_times.get(name, -1)


def _share_listings(session: Session, one: str | None, another: str | None) -> None:
    """An opt-out of either address stands for both: whoever is suppressed stays so."""
    if one is None or another is None or one == another:
        return
    for listed, also in ((one, another), (another, one)):
        rows = [dict(row._mapping) for row in rows_of(session, _OF_ADDRESS, address=listed)]
        there = {(row.reason, row.handoff_id) for row in rows_of(session, _OF_ADDRESS, address=also)}
        new = [{**row, "value": also} for row in rows if (row["reason"], row["handoff_id"]) not in there]
        if new:
            session.connection().execute(_LIST, new)
