"""Questions: what a card shows, who waits, why a lead scored what it did, how the funnel stands."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk, calendar_for, found, presser
from bot.desk.hand_over import past_of
from bot.desk.ladder import tier_named
from bot.desk.receive import listing_key, suppression_of
from scoring import roles
from scoring.contract import Definition, Tier
from scoring.emails import normalise
from scoring.funnel import Funnel
from scoring.handoff import Handoff
from scoring.lead import Activity
from scoring.qualify import Standing, Verdict, qualify
from scoring.receipt import Score
from scoring.routing import Route, route
from scoring.score import score
from scoring.stages import Refused
from scoring.team import Team
from scoring.worktime import WorkCalendar
from storage import cards, contracts, deadlines, funnel, handoffs, leads
from storage.cards import Card
from storage.leads import Known

MOST_SHOWN = 40
"""Leads of a list that a message or the Home tab shows; the others are counted, and cost no reading."""

T = TypeVar("T")

_MENTION = re.compile(r"<@([UW][A-Z0-9_]+)>")


@dataclass(frozen=True, slots=True)
class Several(Generic[T]):
    """The first of many in order, at most MOST_SHOWN, and how many there are in all."""

    first: tuple[T, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a view needs about one hand-off."""

    handoff: Handoff
    facts: Mapping[str, Any]
    email: str | None
    definition: Definition
    tier: Tier
    signed: bool
    team: Team
    calendar: WorkCalendar
    history: tuple[Handoff, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell a person: a step, and the hand-off it is about."""

    step: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class Explained:
    """A lead and why it stands where it stands, under the definition in force."""

    known: Known
    score: Score
    verdict: Verdict
    version: int
    definition: Definition
    team: Team
    history: tuple[Handoff, ...]
    route: Route


def shown_card(desk: Desk, card_id: int) -> tuple[Card, list[Shown]] | None:
    """The card and its hand-offs, the first one first, or None where either is gone."""
    with desk.database.reading() as session:
        card = cards.get(session, card_id)
        on_it = handoffs.of_card(session, card_id) if card else []
        if card is None or not on_it:
            return None
        return card, [_shown(session, desk, each) for each in on_it]


def shown(desk: Desk, handoff_id: int) -> Shown | None:
    """The hand-off, or None."""
    with desk.database.reading() as session:
        handoff = handoffs.get(session, handoff_id)
        return _shown(session, desk, handoff) if handoff else None


def shown_to(desk: Desk, handoff_id: int, user: str) -> Shown | None:
    """The hand-off, for somebody of the team file.

    Raises:
        Refused: *user* is not in the team file, or there is none, or its lead was erased.
    """
    with desk.database.reading() as session:
        roles.check_member(presser(desk.agreed(session).team, user))
        found(session, handoff_id)
    return shown(desk, handoff_id)


def named(desk: Desk, sentence: str) -> str:
    """A sentence with people's names where it has Slack's mentions, for places that cannot show those."""
    with desk.database.reading() as session:
        team = desk.agreed(session).team

    def name(match: re.Match[str]) -> str:
        person = team.person(match[1])
        return person.name if person else "a colleague"

    return _MENTION.sub(name, sentence)


def _shown(session: Session, desk: Desk, handoff: Handoff) -> Shown:
    agreed = desk.agreed(session)
    definition = desk.definition(session, handoff.version)
    stored = contracts.definition_version(session, handoff.version)
    known = leads.load(session, [handoff.lead_id])[handoff.lead_id]
    return Shown(
        handoff=handoff,
        facts=known.facts,
        email=known.email,
        definition=definition,
        tier=tier_named(definition, handoff.tier),
        signed=stored is not None and stored.signed,
        team=agreed.team,
        calendar=calendar_for(agreed.team, handoff.owner, handoff.segment),
        history=_before(session, handoff) if handoff.returning else (),
    )


def _before(session: Session, handoff: Handoff) -> tuple[Handoff, ...]:
    return tuple(each for each in handoffs.of_lead(session, handoff.lead_id) if each.id < handoff.id)


def told(desk: Desk, notices: Sequence[int]) -> Several[Told]:
    """What collected notices are about; those that are done already are left out."""
    with desk.database.reading() as session:
        asked = deadlines.notices(session, notices)
        about = handoffs.many(session, (notice.handoff_id for notice in asked))
        due = [
            (notice.step, about[notice.handoff_id])
            for notice in asked
            if notice.handoff_id in about and still_open(about[notice.handoff_id], notice.step)
        ]
        first = (Told(step, _shown(session, desk, handoff)) for step, handoff in due[:MOST_SHOWN])
        return Several(tuple(first), len(due))


def unclaimed(desk: Desk, ids: Sequence[int]) -> Several[Shown]:
    """Those of the hand-offs that still wait for somebody to take them, in the given order."""
    with desk.database.reading() as session:
        about = handoffs.many(session, ids)
        there = (about[id_] for id_ in ids if id_ in about and not about[id_].erased)
        return _several(session, desk, [each for each in there if each.owner is None and each.wants_touch])


def _several(session: Session, desk: Desk, found: Sequence[Handoff]) -> Several[Shown]:
    first = (_shown(session, desk, each) for each in found[:MOST_SHOWN])
    return Several(tuple(first), len(found))


def still_open(handoff: Handoff, step: str) -> bool:
    """Whether what *step* speaks of is still to be done."""
    if step.startswith(("nudge", "everyone", "breach")):
        return handoff.open and handoff.wants_touch
    return handoff.open


def activities(desk: Desk, handoff_id: int, events: list[str]) -> list[Activity]:
    """The activities of these event ids of a hand-off's lead, oldest first."""
    with desk.database.reading() as session:
        handoff = handoffs.get(session, handoff_id)
        if handoff is None:
            return []
        known = leads.load(session, [handoff.lead_id])[handoff.lead_id]
        return sorted((a for a in known.activities if a.event in set(events)), key=lambda a: a.occurred)


def card_of(desk: Desk, card_id: int) -> Card | None:
    """Where a card is, or None."""
    with desk.database.reading() as session:
        return cards.get(session, card_id)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for somebody: their own hand-offs, those to claim, and what marketing must find out."""

    mine: Several[Shown]
    unclaimed: Several[Shown]
    on_hold: Mapping[str, int]
    role: str
    now: datetime


def queue(desk: Desk, user: str) -> Queue:
    """What waits for *user*, soonest due first; managers see every unclaimed lead.

    Raises:
        Refused: *user* is not in the team file.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        who = presser(agreed.team, user)
        roles.check_member(who)
        everything = who.role in ("manager", "marketing", "admin")
        mine = handoffs.waiting(session, user, None)
        unclaimed = handoffs.waiting(session, None, None if everything else user)
        lacking = (
            Counter(name for names in leads.on_hold(session) for name in names) if everything else Counter()
        )
        return Queue(
            _several(session, desk, mine),
            _several(session, desk, unclaimed),
            lacking,
            who.role or "",
            desk.clock.business(),
        )


def explain(desk: Desk, email: str, user: str | None = None) -> Explained:
    """The arithmetic of a lead, row by row; *user* None is whoever runs the command line.

    Raises:
        Refused: not an address, a lead nobody knows, or *user* is not in the team file.
    """
    address = normalise(email)
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        if user is not None:
            roles.check_member(presser(agreed.team, user))
        if address is None:
            raise Refused("That is not an e-mail address. Write it as in ada@engines.example.")
        known = leads.by_email(session, address)
        if known is None:
            raise Refused(f"Nobody with the address {address} has been heard of. Check the spelling.")
        return _explained(session, desk, agreed, known)


def _explained(session: Session, desk: Desk, agreed: Agreed, known: Known) -> Explained:
    now = desk.clock.business()
    past = past_of(session, [known.id])[0].get(known.id)
    worth = score(known.lead, known.activities, agreed.definition, now, returning=past is not None)
    listed = suppression_of(session, [known], now, listing_key(desk, agreed))
    standing = Standing(listed.get(known.id), past)
    verdict = qualify(
        known.lead, known.activities, agreed.definition, standing, now, score=None if past else worth
    )
    path = route(
        known.lead, known.activities, agreed.team, agreed.definition, tier=verdict.tier, score=worth, now=now,
        returning=verdict.returning, fit_check=verdict.fit_check, gates_pass=verdict.gates_pass,
    )  # fmt: skip
    return Explained(
        known, worth, verdict, agreed.version, agreed.definition, agreed.team,
        tuple(handoffs.of_lead(session, known.id)), path,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """The funnel of the last *days* days, as of *now*."""

    funnel: Funnel
    days: int
    now: datetime
    definition: Definition
    version: int
    signed: bool


def figures(desk: Desk, days: int, user: str) -> Figures:
    """The funnel's figures.

    Raises:
        Refused: *user* is not in the team file, or *days* is not between 1 and 3,650.
    """
    if not 1 <= days <= 3_650:
        raise Refused("The number of days must lie between 1 and 3650. Try /mql funnel 30.")
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        roles.check_member(presser(agreed.team, user))
        now = desk.clock.business()
        found = funnel.funnel(session, now - timedelta(days=days), now + timedelta(seconds=1))
        return Figures(found, days, now, agreed.definition, agreed.version, agreed.signed)
