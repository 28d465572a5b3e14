"""The leads of the state machine, what they do, and what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.state_machine.expected import ENDED, Expected
from tests.world import ADA

NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm")
DOMAINS = ("first.example", "fifth.example", "second.example", "third.example", "fourth.example")
COLD = 4
"""The lead that does not fit: it reaches no threshold, only a demo request brings it to sales."""
ABROAD = 3
STALE = timedelta(days=3)

Signal = Literal["demo_request", "pricing_page", "ebook", "email_open", "mystery"]
Forecast = Literal["must", "may", "never"]


def email_of(lead: int) -> str:
    """The lead's address."""
    return f"{NAMES[lead].lower()}@{DOMAINS[lead]}"


def name_of(email: str) -> str:
    """The name that stands on the card."""
    return next(NAMES[lead] for lead in range(len(NAMES)) if email_of(lead) == email)


def channel_of(email: str) -> str:
    """Where the lead's cards go."""
    return "C0ALL" if email == email_of(ABROAD) else "C0EMEA"


def facts_of(lead: int) -> dict[str, Any]:
    """What a source says of the lead."""
    facts = ADA | {"email": email_of(lead), "first_name": NAMES[lead], "company": f"{DOMAINS[lead]} Ltd"}
    if lead == ABROAD:
        facts |= {"country": "US"}
    if lead == COLD:
        facts |= {"title": "Intern", "employees": 8, "industry": "farming"}
    return facts


@dataclass
class Sent:
    """An event that was sent: *taken* once it was answered 202."""

    body: dict[str, Any]
    email: str
    signal: str | None
    occurred: datetime
    taken: bool = False


@dataclass
class Senders:
    """Everything that was sent, and what is true of each lead by its sources' times."""

    sent: list[Sent] = field(default_factory=list)
    phones: dict[str, tuple[int, str]] = field(default_factory=dict)

    def event(self, lead: int, signal: Signal | None, occurred: datetime) -> Sent:
        """A new event, which says something new about the lead too."""
        number = len(self.sent) + 1
        facts = facts_of(lead) | {"phone": f"+44 20 7946 {number:04d}"}
        body = {"id": f"evt-{number}", "occurred_at": occurred.isoformat(), "lead": facts}
        made = Sent(body | ({"signal": signal} if signal else {}), email_of(lead), signal, occurred)
        self.sent.append(made)
        return made

    def arrived(self, event: Sent) -> None:
        """It is kept: the newest fact by its source's time counts, of equal ones the last that came."""
        event.taken = True
        at, phone = int(event.occurred.timestamp()), event.body["lead"]["phone"]
        if at >= self.phones.get(event.email, (-1, ""))[0]:
            self.phones[event.email] = at, phone


def forecast(event: Sent, handoffs: list[Expected], suppressed: set[str], now: datetime) -> Forecast:
    """Whether *event*, new to Baton, makes a hand-off. "may" where only scoring can tell."""
    mine = [each for each in handoffs if each.lead == event.email]
    if any(each.state.open for each in mine) or _suppressed(event.email, suppressed):
        return "never"
    fresh_demo = event.signal == "demo_request" and now - event.occurred < STALE
    if mine:
        last = max(mine, key=lambda each: (each.ended_at or now, each.id))
        return _after(last, event, fresh_demo=fresh_demo)
    if event.email == email_of(COLD):
        return "must" if fresh_demo else "never"
    return "must" if fresh_demo else "may"


def _after(last: Expected, event: Sent, *, fresh_demo: bool) -> Forecast:
    assert last.ended_at is not None
    newer = event.occurred > last.ended_at
    waits = last.state.reason in ("timing.no_project", "no_budget")
    return "must" if fresh_demo and newer and waits else "may"


def _suppressed(email: str, entries: set[str]) -> bool:
    return email in entries or email.partition("@")[2] in entries


def suppressed_by(handoffs: list[Expected]) -> set[str]:
    """The addresses and domains that some hand-off's end keeps from sales."""
    found = set()
    for each in handoffs:
        if each.state.stage in ENDED and each.state.reason == "customer":
            found.add(each.lead.partition("@")[2])
        if each.state.stage in ENDED and each.state.reason == "opted_out":
            found.add(each.lead)
    return found


def whole_seconds(moment: datetime) -> datetime:
    """As intake keeps it."""
    return moment.astimezone(UTC).replace(microsecond=0)


def request(*events: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an intake request."""
    return {"events": [dict(event) for event in events]}
