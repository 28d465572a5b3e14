"""Everything that is held about a person, as plain dictionaries: what they may ask to see."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlmodel import Session, SQLModel

from storage.statements import rows_of

_T = SQLModel.metadata.tables
_THESE: BindParameter[Any] = bindparam("these", expanding=True)
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)

_LEAD = select(*_T["lead"].c).where(_T["lead"].c.id == bindparam("lead"))
_IDENTITIES = (
    select(_T["identity"].c.key)
    .where(_T["identity"].c.lead_id == bindparam("lead"))
    .order_by(_T["identity"].c.key)
)
_ACTIVITIES = (
    select(*_T["activity"].c)
    .where(_T["activity"].c.lead_id == bindparam("lead"))
    .order_by(_T["activity"].c.occurred, _T["activity"].c.id)
)
_HANDOFFS = (
    select(*_T["handoff"].c).where(_T["handoff"].c.lead_id == bindparam("lead")).order_by(_T["handoff"].c.id)
)
_SHADOW = select(*_T["shadow"].c).where(_T["shadow"].c.lead_id == bindparam("lead"))
_DRAWN = (
    select(*_T["spot_check"].c)
    .where(_T["spot_check"].c.lead_id == bindparam("lead"))
    .order_by(_T["spot_check"].c.quarter)
)
_CARD = select(_T["card"].c.channel, _T["card"].c.ts).where(_T["card"].c.id == bindparam("card"))
_BESIDE = {
    name: select(*_T[name].c).where(_T[name].c.handoff_id.in_(_THESE)).order_by(_T[name].c.id)
    for name in ("transition", "touch", "notice", "outbox", "assignment")
}
_SUPPRESSED = select(*_T["suppression"].c).where(
    or_(_T["suppression"].c.value.in_(_VALUES), _T["suppression"].c.handoff_id.in_(_THESE))
)

SECONDS = ("first_seen", "received", "occurred", "scored_at", "changed_facts_at", "erased_at")
"""Columns that are epoch seconds."""


def of(session: Session, lead_id: int, suppressed_as: list[str]) -> dict[str, Any]:
    """Everything about a lead; times as ISO 8601 in UTC. *suppressed_as*: their address and company's domain."""
    row = _plain(rows_of(session, _LEAD, lead=lead_id)[0])
    facts, times = row.pop("facts"), row.pop("fact_times")
    handoffs = [_plain(each) for each in rows_of(session, _HANDOFFS, lead=lead_id)]
    ids = [each["id"] for each in handoffs]
    beside = {name: [_plain(each) for each in rows_of(session, _BESIDE[name], these=ids)] for name in _BESIDE}
    return {
        "lead": row,
        "facts": {
            name: {"value": value, "known_at": _at(times[name]) if name in times else None}
            for name, value in sorted(facts.items())
        },
        "identities": [key for (key,) in rows_of(session, _IDENTITIES, lead=lead_id)],
        "activities": [_plain(each) for each in rows_of(session, _ACTIVITIES, lead=lead_id)],
        "handoffs": [_handoff(session, each, beside) for each in handoffs],
        "suppression": [
            _plain(each) for each in rows_of(session, _SUPPRESSED, values=suppressed_as, these=ids)
        ],
        "spot_checks": [_plain(each) for each in rows_of(session, _DRAWN, lead=lead_id)],
        "shadow": [_plain(each) for each in rows_of(session, _SHADOW, lead=lead_id)],
    }


def _handoff(
    session: Session, handoff: dict[str, Any], beside: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    mine = {
        name: [each for each in rows if each["handoff_id"] == handoff["id"]] for name, rows in beside.items()
    }
    card = rows_of(session, _CARD, card=handoff["card_id"])
    return {
        **handoff,
        "card": next(({"channel": row.channel, "ts": row.ts} for row in card), None),
        "log": mine["transition"],
        "touches": mine["touch"],
        "notices": mine["notice"],
        "messages": mine["outbox"],
        "assignments": mine["assignment"],
    }


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: _at(value) if name in SECONDS and value is not None else _told(value)
        for name, value in row._mapping.items()
    }


def _at(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat()


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
