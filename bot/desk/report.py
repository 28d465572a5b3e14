"""Questions: what a card shows, who waits, why a lead scored what it did, how the funnel stands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlmodel import Session

from bot.desk import assign, later_clocks, people
from bot.desk.desk import NURTURE, Agreed, Desk, calendar_for, found, presser
from bot.desk.hand_over import past_of
from bot.desk.ladder import tier_named
from bot.desk.receive import listing_key, suppression_of
from scoring import bundling, roles
from scoring.assigning import Choice
from scoring.contract import Definition, Tier
from scoring.emails import company_domain, normalise
from scoring.funnel import Funnel
from scoring.handoff import Handoff
from scoring.lead import Activity
from scoring.next_tier import Missing, next_tier
from scoring.past import Past
from scoring.qualify import Standing, Verdict, qualify, tier_of
from scoring.receipt import Score
from scoring.routing import Route, route
from scoring.score import score
from scoring.stages import Refused
from scoring.team import Team
from scoring.worktime import WorkCalendar
from scoring.worth import Worth
from storage import bundles, cards, contracts, deadlines, funnel, handoffs, leads
from storage.cards import Card
from storage.leads import Known

COMPANY = bundles.COMPANY
"""What a card says that it collects where it is about several people of one company."""

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
    """Everything a view needs about one hand-off. *beside*: how many others on its card somebody works on with it."""

    handoff: Handoff
    facts: Mapping[str, Any]
    email: str | None
    definition: Definition
    tier: Tier
    signed: bool
    team: Team
    calendar: WorkCalendar
    history: tuple[Handoff, ...] = ()
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell a person: a step, and the hand-off it is about."""

    step: str
    shown: Shown


@dataclass(frozen=True, slots=True)
class Explained:
    """A lead and why it stands where it stands, under the definition in force.

    *choice*: who would be given it if it were handed over now, and who would be passed over.
    """

    known: Known
    score: Score
    verdict: Verdict
    version: int
    definition: Definition
    team: Team
    history: tuple[Handoff, ...]
    route: Route
    choice: Choice
    worth: Worth
    standing: Tier | None = None
    """The tier of its open hand-off, or the one it would have."""
    next_tier: Missing | None = None
    to_threshold: int = 0
    """Points that are missing to the threshold; 0 where there are enough, or where it is with sales."""
    links: Mapping[int, str] = field(default_factory=dict)
    now: datetime | None = None


def manages(desk: Desk, user: str) -> bool:
    """Whether *user* is a manager of the team file."""
    with desk.database.reading() as session:
        return presser(desk.agreed(session).team, user).role == "manager"


def shown_card(desk: Desk, card_id: int) -> tuple[Card, list[Shown]] | None:
    """The card and its hand-offs, the first one first (a digest's: the best), or None where either is gone."""
    with desk.database.reading() as session:
        card = cards.get(session, card_id)
        on_it = handoffs.of_card(session, card_id) if card else []
        if card is None or not on_it:
            return None
        if card.collects not in (None, COMPANY):  # people of one company keep their order
            on_it.sort(key=desk.worth(session).order)
        return card, all_shown(session, desk, on_it)


def shown(desk: Desk, handoff_id: int) -> Shown | None:
    """The hand-off, or None."""
    with desk.database.reading() as session:
        handoff = handoffs.get(session, handoff_id)
        return _shown(session, desk, handoff) if handoff else None


def several(desk: Desk, wanted: Sequence[Handoff]) -> list[Shown]:
    """These hand-offs, as they were just read."""
    with desk.database.reading() as session:
        return all_shown(session, desk, wanted)


def with_colleagues(desk: Desk, pressed: Shown) -> list[Shown]:
    """Those whom somebody works on together with it, the first of the card first; itself alone where there are none."""
    handoff = pressed.handoff
    if not pressed.beside or handoff.card_id is None:
        return [pressed]
    with desk.database.reading() as session:
        there = bundling.together(handoff, handoffs.of_card(session, handoff.card_id))
        return all_shown(session, desk, there)


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
    return all_shown(session, desk, [handoff])[0]


def all_shown(session: Session, desk: Desk, wanted: Sequence[Handoff]) -> list[Shown]:
    """These hand-offs as views need them, in order; their leads are read in one go."""
    agreed = desk.agreed(session)
    known = leads.load(session, [handoff.lead_id for handoff in wanted])
    stored = {each.version: contracts.definition_version(session, each.version) for each in wanted}
    made = []
    for handoff in wanted:
        definition, version = desk.definition(session, handoff.version), stored[handoff.version]
        made.append(
            Shown(
                handoff=handoff,
                facts=known[handoff.lead_id].facts,
                email=known[handoff.lead_id].email,
                definition=definition,
                tier=tier_named(definition, handoff.tier),
                signed=version is not None and version.signed,
                team=agreed.team,
                calendar=calendar_for(agreed.team, handoff.owner, handoff.segment),
                history=_before(session, handoff) if handoff.returning else (),
                beside=_beside(session, handoff),
            )
        )
    return made


def _beside(session: Session, handoff: Handoff) -> int:
    if not handoff.bundled or handoff.card_id is None:
        return 0
    there = bundling.together(handoff, handoffs.of_card(session, handoff.card_id))
    return sum(each.id != handoff.id for each in there)


def _before(session: Session, handoff: Handoff) -> tuple[Handoff, ...]:
    """Those sales had before, newest first."""
    mine = handoffs.of_lead(session, handoff.lead_id)
    return tuple(each for each in mine if each.id < handoff.id and each.reason != NURTURE)


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


def to_open(desk: Desk, ids: Sequence[int], reader: str) -> Several[Shown]:
    """Those of the hand-offs that still wait for their first touch, by *reader* or by anybody, best first."""
    with desk.database.reading() as session:
        about = handoffs.many(session, ids).values()
        free = (None, reader)
        there = [each for each in about if each.owner in free and each.wants_touch and not each.erased]
        there.sort(key=desk.worth(session).order)
        return Several(tuple(all_shown(session, desk, there[:MOST_SHOWN])), len(there))


def worth_now(desk: Desk) -> Worth:
    """What leads are worth now."""
    with desk.database.reading() as session:
        return desk.worth(session)


def links(desk: Desk, wanted: Iterable[Handoff]) -> dict[int, str]:
    """Links to the cards of these hand-offs, by hand-off; those without a card in Slack have none.

    Empty, too, until Slack has told where the workspace is.
    """
    people.app(desk)
    with desk.database.reading() as session:
        return links_of(session, desk, wanted)


def links_of(session: Session, desk: Desk, wanted: Iterable[Handoff]) -> dict[int, str]:
    """The same, within a transaction."""
    on = {each.id: each.card_id for each in wanted if each.card_id is not None}
    places = cards.places(session, on.values())
    found = {id_: people.permalink(desk, *places[card]) for id_, card in on.items() if card in places}
    return {id_: link for id_, link in found.items() if link is not None}


def still_open(handoff: Handoff, step: str) -> bool:
    """Whether what *step* speaks of is still to be done."""
    if step.startswith(("nudge", "everyone", "breach")):
        return handoff.open and handoff.wants_touch
    if step.startswith("nobody"):
        return handoff.open and handoff.owner is None
    if step.startswith("reassign"):
        return handoff.wants_touch
    return later_clocks.waits(handoff, step)


def taken_back(desk: Desk, handoff_id: int, n: int) -> bool:
    """Whether move *n* of a hand-off was taken back since."""
    with desk.database.reading() as session:
        return handoffs.taken_back(session, handoff_id, n)


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


def check_member(desk: Desk, user: str) -> None:
    """Raises Refused for somebody whom the team file does not name."""
    with desk.database.reading() as session:
        roles.check_member(presser(desk.agreed(session).team, user))


def knows(desk: Desk, address: str) -> bool:
    """Whether a lead is known by this normalised address."""
    with desk.database.reading() as session:
        return bool(leads.identities(session, [f"email:{address}"]))


def on_message(desk: Desk, channel: str, ts: str) -> int:
    """The first hand-off of the card that stands there; 0, which there is never, where none does."""
    with desk.database.reading() as session:
        card = cards.standing(session, channel, ts)
        on_it = handoffs.of_card(session, card) if card is not None else []
        return on_it[0].id if on_it else 0


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
    history = tuple(handoffs.of_lead(session, known.id))
    found = Explained(
        known, worth, verdict, agreed.version, agreed.definition, agreed.team, history, path,
        _choice(session, agreed, known, path, now), desk.worth(session),
        links=links_of(session, desk, history), now=now,
    )  # fmt: skip
    return _with_next_steps(found, past, now)


def _with_next_steps(found: Explained, past: Past | None, now: datetime) -> Explained:
    """What is missing to the threshold and to the next tier; after an end only what came later counts."""
    lead, activities, definition = found.known.lead, found.known.activities, found.definition
    since = past.ended_at if past else None
    counted = found.score if since is None else score(lead, activities, definition, now, since=since)
    open_one = next((each for each in found.history if each.open), None)
    returning = found.verdict.returning if open_one is None else open_one.returning
    fit_check = found.verdict.fit_check if open_one is None else open_one.fit_check
    missing = max(0, definition.threshold - counted.total)
    reached = counted if open_one or found.verdict.mql else replace(counted, intent=counted.intent + missing)
    current = tier_of(
        lead, activities, definition, reached, now=now, since=since, returning=returning, fit_check=fit_check
    )
    if open_one is not None:  # a tier is raised and never lowered
        current = min(current, tier_named(definition, open_one.tier), key=lambda tier: tier.rank)
    following = next_tier(
        lead, activities, definition, counted,
        now=now, current=current, since=since, returning=returning, fit_check=fit_check,
    )  # fmt: skip
    waits = open_one is None and not found.verdict.mql
    return replace(found, standing=current, next_tier=following, to_threshold=missing if waits else 0)


def _choice(session: Session, agreed: Agreed, known: Known, path: Route, now: datetime) -> Choice:
    """Who would be given the lead if it were handed over now; nothing is written."""
    company = company_domain(known.email) if known.email else None
    place = assign.Place.of(agreed.team, path.segment.name, path.pool, company)
    sharing = assign.Sharing(session, agreed, now, dry=True)
    sharing.hold([place])
    return sharing.give(place).choice


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
