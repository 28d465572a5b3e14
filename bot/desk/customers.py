"""A customer asks for a demo: nothing is handed over, and whoever looks after the account is told.

Source: SEMANTICS "A customer's demo request becomes a notice to its account owner".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk
from scoring.contract import Definition
from scoring.emails import company_domain
from scoring.lead import Activity
from scoring.qualify import DEMOS, is_stale
from storage import accounts, leads, outbox, people
from storage.leads import Known
from storage.outbox import Letter
from storage.people import Suppressed

CUSTOMER = "customer"
"""The reason for which a company is listed that buys already."""

RANK = 20
"""After cards of the hottest tiers, before digests."""


def requests_of(known: Known, definition: Definition) -> list[Activity]:
    """What came just now, is news, and asks for sales: a demo, or a signal that goes straight there."""
    return [
        each
        for each in known.activities
        if each.event in known.arrived and _asks(each.signal, definition) and not is_stale(each)
    ]


def _asks(signal: str, definition: Definition) -> bool:
    row = definition.intent.get(signal)
    return signal in DEMOS or (row is not None and row.fast_track)


def tell(session: Session, desk: Desk, agreed: Agreed, known: Known, entry: Suppressed) -> int:
    """Ask for a direct message to the account's owner for each request of a customer; gives how many."""
    asked = requests_of(known, agreed.definition) if entry.reason == CUSTOMER and agreed.live else []
    if not asked:
        return 0
    readers = _who_looks_after(session, agreed, known)
    letters = [_letter(desk, known.id, each, reader) for each in asked for reader in readers]
    outbox.put(session, letters)
    return len(letters)


def _letter(desk: Desk, lead: int, asked: Activity, reader: str) -> Letter:
    event = sha256(asked.event.encode()).hexdigest()[:16]  # a sender's id of an event may say anything
    body = {"reader": reader, "view": "customer", "lead": lead, "signal": asked.signal}
    return Letter(
        f"customer:{lead}:{event}:{reader}", "dm", f"post:{reader}", desk.clock.real(), RANK, body=body
    )


def _who_looks_after(session: Session, agreed: Agreed, known: Known) -> Sequence[str]:
    """The owner on the list of accounts, else of the newest deal won there, else the managers."""
    domain = company_domain(known.email) if known.email else None
    for owner in accounts.owners(session, domain) if domain else ():
        member = people.member(session, owner)
        if agreed.team.person(owner) is not None and not (member is not None and member.deleted):
            return [owner]
    return agreed.team.managers


@dataclass(frozen=True, slots=True)
class Request:
    """A customer who asked for sales: who they are now, and the words for what they did."""

    known: Known
    demo: bool
    words: str


def request(desk: Desk, lead: int, signal: str) -> Request | None:
    """What to tell of it; None where the lead is gone or its data was erased."""
    with desk.database.reading() as session:
        known = leads.load(session, [lead]).get(lead)
        if known is None or known.erased_at is not None:
            return None
        row = desk.agreed(session).definition.intent.get(signal)
    words = row.label if row is not None and row.label else signal.replace("_", " ")
    return Request(known, signal in DEMOS, words)
