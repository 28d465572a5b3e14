"""What the outside is told: outgoing webhooks, as outbox rows in the decision's transaction.

A row holds ids and what was true at that moment; the person's details are read when it is sent, so that an
erased person is not announced afterwards.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session

from bot.desk import replies
from bot.desk.desk import Desk
from bot.desk.post import Parcel
from scoring import dispositions
from scoring.handoff import Handoff
from storage import handoffs, leads, outbox
from storage.outbox import Letter

EVENTS = (
    "handoff.created", "handoff.accepted", "handoff.touched", "handoff.qualified", "handoff.recycled",
    "handoff.disqualified", "handoff.ae_accepted", "handoff.sent_back", "handoff.opportunity", "handoff.won",
    "handoff.lost", "handoff.undone", "handoff.reopened", "handoff.nurture", "handoff.overdue", "handoff.released",
    "handoff.assigned", "handoff.snoozed", "handoff.paused", "handoff.resumed",
    "lead.enrichment_wanted", "nurture.pause", "nurture.resume", replies.REQUESTED,
)  # fmt: skip
"""Every type a receiver may meet; documented in docs/webhooks.md."""

RANK = 60


def outgoing(
    session: Session, desk: Desk, handoff: Handoff, kind: str, more: Mapping[str, str | int] | None = None
) -> None:
    """Ask for one webhook about *handoff* as it is now; nothing without BATON_WEBHOOK_URL.

    *more*: `track`, where `nurture.resume` sends the lead; `address`, the place in the lead's addresses of the one it
    is about (not the address itself, which goes when the person is erased); `merged`, the lead that a merge took in.
    """
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
        "nurture": None if handoff.open else dispositions.nurture_track(handoff.stage, handoff.reason),
        **(more or {}),
        "ae": handoff.ae,
        "amount": handoff.amount,
        "currency": handoff.currency,
        "close_on": handoff.close_on.isoformat() if handoff.close_on else None,
    }
    mark = "".join(f":{more[name]}" for name in ("address", "merged") if more and name in more)
    letter = Letter(
        f"webhook:{handoff.id}:{handoff.n}:{kind}{mark}", "webhook", "webhook", desk.clock.real(), RANK,
        handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(session, [letter])


def created(session: Session, desk: Desk, handoff: Handoff) -> None:
    """A lead became a hand-off; one that somebody took for themselves is with sales from the start."""
    outgoing(session, desk, handoff, "handoff.created")
    nurture(session, desk, None, handoff)


def nurture(session: Session, desk: Desk, before: Handoff | None, after: Handoff) -> None:
    """ "While sales owns a lead, nurture pauses": told whenever that begins or ends; *before* as read, None for a new
    one. Nothing resumes for who is not to be mailed again."""
    had = before is not None and before.with_sales
    if after.with_sales and not had:
        _of_each_address(session, desk, after, "nurture.pause")
    elif had and not after.with_sales:
        track = "general" if after.open else dispositions.nurture_track(after.stage, after.reason)
        if track is not None:
            _of_each_address(session, desk, after, "nurture.resume", track)


def _of_each_address(
    session: Session, desk: Desk, handoff: Handoff, kind: str, track: str | None = None
) -> None:
    """Marketing knows addresses and not persons: somebody with several is named once by each."""
    several = len(leads.addresses(session, handoff.lead_id)) if desk.webhooks else 0
    for place in range(max(several, 1)):
        outgoing(session, desk, handoff, kind, _more(track) | ({"address": place} if place else {}))


def _more(track: str | None) -> dict[str, str | int]:
    return {"track": track} if track else {}


@dataclass(frozen=True, slots=True)
class Merged:
    """Two leads are one.

    Attributes:
        lead: which of them is gone.
        theirs: the addresses of the one that the hand-off that stays was not about.
        paused: their hand-off, which ended as a duplicate, was with sales.
    """

    lead: int
    theirs: Collection[str]
    paused: bool


def merged(session: Session, desk: Desk, stays: Handoff, of: Merged) -> None:
    """*stays* is the open hand-off of two leads that are one since.

    What was paused for the one that ended goes on, unless sales has the other one: then the person's other addresses
    pause too.
    """
    if not desk.webhooks or stays.with_sales == of.paused:
        return
    kind, track = ("nurture.pause", None) if stays.with_sales else ("nurture.resume", "general")
    for place, address in enumerate(leads.addresses(session, stays.lead_id)):
        if address in of.theirs:
            outgoing(session, desk, stays, kind, _more(track) | {"address": place, "merged": of.lead})


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
        lead = body["lead"]
        if parcel.handoff_id is not None:  # its lead may have been merged into another one since
            of_it = handoffs.get(session, parcel.handoff_id)
            lead = of_it.lead_id if of_it is not None else lead
        known = leads.load(session, [lead]).get(lead)
        if known is None:
            return None
        if body["type"] == replies.REQUESTED:
            details = replies.details(session, desk, parcel)
            return details and {"type": body["type"], "timestamp": body["at"], "data": details}
        if body.get("address"):
            of_it_all = leads.addresses(session, known.id)[body["address"] :]
            if not of_it_all:
                return None
            known = replace(known, email=of_it_all[0])
        if body["type"] == "nurture.resume" and not replies.may_mail(session, desk, known):
            return None
        person = {"id": known.facts.get("id"), "email": known.email}
        if parcel.handoff_id is None:
            data: dict[str, Any] = {"lead": person, "wanted": body["wanted"]}
        else:
            handoff = handoffs.get(session, parcel.handoff_id)
            if handoff is None:
                return None
            data = {"handoff": _about(handoff, body), "lead": person}
            data |= {"track": body["track"]} if "track" in body else {}
    return {"type": body["type"], "timestamp": body["at"], "data": data}


def _about(handoff: Handoff, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": handoff.id,
        "stage": body["stage"],
        "tier": handoff.tier,
        "owner": body["owner"],
        "reason": body["reason"],
        "again_on": body["again_on"],
        "nurture": body.get("nurture"),
        "note": handoff.note,
        "bant": handoff.bant,
        **{name: body.get(name) for name in ("ae", "amount", "currency", "close_on")},
        "score": handoff.score,
        "fit": handoff.fit,
        "intent": handoff.intent,
        "definition": handoff.version,
        "crossed_at": handoff.crossed_at.isoformat(),
    }
