"""Who asks for a demo gets a personal reply at once: the outgoing webhook `reply.requested` asks for it.

"With the owner's booking link; never to who opted out; the reply does not stop the clock". A row names the activity
by its signal and time; everything about the person is read when it is sent.
"""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk
from bot.desk.post import Parcel
from scoring import consent
from scoring.handoff import Handoff
from scoring.lead import Activity
from scoring.qualify import asks_for_sales
from storage import handoffs, leads, outbox, people
from storage.leads import Known
from storage.outbox import Letter

REQUESTED = "reply.requested"
RANK = 55
"""Before the other webhooks: somebody is waiting for an answer."""


def ask(session: Session, desk: Desk, handoff: Handoff, known: Known) -> None:
    """Ask for a reply to each demo request that came in just now; nothing without BATON_WEBHOOK_URL."""
    if not desk.webhooks or known.email is None or consent.refused(known.facts):
        return
    definition = desk.definition(session, handoff.version)
    asked = (each for each in known.activities if each.event in known.arrived)
    outbox.put(
        session,
        [_letter(desk, handoff, each) for each in asked if asks_for_sales(each, definition)],
    )


def _letter(desk: Desk, handoff: Handoff, asked: Activity) -> Letter:
    body = {
        "type": REQUESTED,
        "at": desk.clock.business().isoformat(),
        "lead": handoff.lead_id,
        "signal": asked.signal,
        "occurred": asked.occurred,
    }
    key = f"webhook:{handoff.id}:reply:{asked.occurred}:{asked.signal}"
    return Letter(key, "webhook", "webhook", desk.clock.real(), RANK, handoff_id=handoff.id, body=body)


def may_mail(session: Session, desk: Desk, known: Known) -> bool:
    """Whether nothing forbids to mail the lead: not erased, consent not refused, not opted out."""
    if known.erased_at is not None or consent.refused(known.facts):
        return False
    if known.email is None:
        return True
    secret = desk.secret if desk.agreed(session).erasures else b""
    return not people.opted_out(session, known.email, desk.clock.business(), secret)


def details(session: Session, desk: Desk, parcel: Parcel) -> dict[str, Any] | None:
    """What to reply to whom, as of now; None where nobody is to be replied to any more."""
    handoff = handoffs.get(session, parcel.handoff_id or 0)
    if handoff is None or not handoff.open:
        return None
    lead = handoff.lead_id  # of the letter's body it may have been merged away since
    known = leads.load(session, [lead]).get(lead)
    if known is None:
        return None
    asked = next((each for each in known.activities if _is_it(each, parcel.body)), None)
    if asked is None or known.email is None or not may_mail(session, desk, known):
        return None
    owner = _owner(handoff, desk.agreed(session))
    segment = desk.agreed(session).team.segment(handoff.segment)
    named = {name: known.facts.get(name) for name in ("first_name", "last_name", "company")}
    at = datetime.fromtimestamp(asked.occurred, UTC).isoformat()
    return {
        "handoff": {"id": handoff.id},
        "lead": {"id": known.facts.get("id"), "email": known.email, **named},
        "owner": owner,
        "booking_url": (owner or {}).get("booking_url") or (segment.booking_url if segment else None),
        "activity": {"signal": asked.signal, "asset": asked.asset, "occurred_at": at},
    }


def _is_it(activity: Activity, body: dict[str, Any]) -> bool:
    return (activity.signal, activity.occurred) == (body["signal"], body["occurred"])


def _owner(handoff: Handoff, agreed: Agreed) -> dict[str, Any] | None:
    if handoff.owner is None:
        return None
    person = agreed.team.person(handoff.owner)
    return {
        "id": handoff.owner,
        "name": person.name if person else None,
        "booking_url": person.booking_url if person else None,
    }
