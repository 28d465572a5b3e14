"""What the outside is told: outgoing webhooks, as outbox rows in the decision's transaction.

A row holds ids and what was true at that moment; the person's details are read when it is sent, so that an
erased person is not announced afterwards.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from bot.desk.desk import Desk
from bot.desk.post import Parcel
from scoring.handoff import Handoff
from storage import handoffs, leads, outbox
from storage.outbox import Letter

EVENTS = (
    "handoff.created", "handoff.accepted", "handoff.touched", "handoff.qualified", "handoff.recycled",
    "handoff.disqualified", "handoff.undone", "handoff.nurture", "handoff.overdue", "handoff.released",
    "lead.enrichment_wanted",
)  # fmt: skip
"""Every type a receiver may meet; documented in docs/webhooks.md."""

RANK = 60


def outgoing(session: Session, desk: Desk, handoff: Handoff, kind: str) -> None:
    """Ask for one webhook about *handoff* as it is now; nothing without BATON_WEBHOOK_URL."""
    if not desk.webhooks:
        return
    at = desk.clock.business()
    body = {
        "type": kind,
        "at": at.isoformat(),
        "lead": handoff.lead_id,
        "stage": handoff.stage,
        "owner": handoff.owner,
        "reason": handoff.reason,
        "again_on": handoff.again_on.isoformat() if handoff.again_on else None,
    }
    letter = Letter(
        f"webhook:{handoff.id}:{handoff.n}:{kind}", "webhook", "webhook", desk.clock.real(), RANK,
        handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(session, [letter])


def created(session: Session, desk: Desk, handoff: Handoff) -> None:
    """A lead became a hand-off."""
    outgoing(session, desk, handoff, "handoff.created")


def enrichment_wanted(session: Session, desk: Desk, wanted: dict[int, Sequence[str]]) -> None:
    """Ask the outside for unknown facts that a gate holds leads for; once a lead and set of attributes."""
    if not desk.webhooks:
        return
    at = desk.clock.business().isoformat()
    outbox.put(
        session,
        [
            Letter(
                f"webhook:lead:{lead}:wanted:{','.join(sorted(names))}", "webhook", "webhook",
                desk.clock.real(), RANK,
                body={"type": "lead.enrichment_wanted", "at": at, "lead": lead, "wanted": sorted(names)},
            )
            for lead, names in wanted.items()
        ],
    )  # fmt: skip


def payload(desk: Desk, parcel: Parcel) -> dict[str, Any] | None:
    """The webhook's JSON: what was true then, and the person's details as of now; None once they are gone."""
    body = dict(parcel.body)
    with desk.database.reading() as session:
        known = leads.load(session, [body["lead"]]).get(body["lead"])
        if known is None:
            return None
        person = {"id": known.facts.get("id"), "email": known.email}
        if parcel.handoff_id is None:
            data: dict[str, Any] = {"lead": person, "wanted": body["wanted"]}
        else:
            handoff = handoffs.get(session, parcel.handoff_id)
            if handoff is None:
                return None
            data = {"handoff": _about(handoff, body), "lead": person}
    return {"type": body["type"], "timestamp": body["at"], "data": data}


def _about(handoff: Handoff, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": handoff.id,
        "stage": body["stage"],
        "tier": handoff.tier,
        "owner": body["owner"],
        "reason": body["reason"],
        "again_on": body["again_on"],
        "note": handoff.note,
        "score": handoff.score,
        "fit": handoff.fit,
        "intent": handoff.intent,
        "definition": handoff.version,
        "crossed_at": handoff.crossed_at.isoformat(),
    }
