"""A person hands a lead to sales: SDRs to themselves, marketing and managers to pools.

"Threshold and soft gates skipped, suppression never; marked 'by Mia', counted apart, no calibration label."
A waiting time after an end binds Baton, not a person.
"""

from dataclasses import dataclass, replace

from sqlmodel import Session

from bot.desk import announce, ladder
from bot.desk.bench import Mistaken
from bot.desk.desk import Agreed, Desk, presser
from bot.desk.hand_over import Crossing, hand_over, past_of
from bot.desk.receive import entries_of, listing_key, spared, suppression_words
from scoring import roles, stages
from scoring.arrival import Arrival
from scoring.dispositions import NOTE_LIMIT
from scoring.emails import normalise
from scoring.handoff import Handoff
from scoring.qualify import Standing, qualify, tier_of
from scoring.roster import Segment, Team
from scoring.routing import route
from scoring.score import score
from scoring.stages import Refused
from storage import cards, handoffs, leads, moves, requests
from storage.leads import Judged, Known
from storage.moves import Move

ME = "me"
"""The choice of a pool that means: for myself."""
MOST_POOLS = 99
"""Segments that a form offers beside oneself: Slack's selects hold a hundred options."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for: which lead, why, and for whom (ME, or a choice of `pools`).

    *lead* is the id of one that is known; else *told* is what they typed of somebody, as an arrival.
    """

    why: str
    pool: str
    lead: int = 0
    told: Arrival | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form asks: for whom (choice to words; empty where there is no choice), and what is likely.

    *email* and *lead* are of a lead that is known, else empty and 0.
    """

    pools: dict[str, str]
    likely: str | None = None
    email: str = ""
    lead: int = 0


def pools(team: Team, user: str) -> dict[str, str]:
    """For whom *user* may hand over: choice to words. SDRs for themselves, marketing for pools, managers for both."""
    role = presser(team, user).role
    mine = {ME: "Me"} if role in ("sdr", "manager") else {}
    segments = {choice: segment.name for choice, segment in _segments(team).items()}
    return mine | (segments if role in ("marketing", "manager") else {})


def _segments(team: Team) -> dict[str, Segment]:
    """Choice to segment: its name, or its place where the name would not do as a value."""
    return {
        each.name if each.name != ME and len(each.name) <= 75 else f"segment {place}": each
        for place, each in enumerate(team.segments[:MOST_POOLS], 1)
    }


def choices(desk: Desk, user: str, email: str | None = None) -> Choices:
    """What to ask *user*, about the lead with that address where one is named.

    Raises:
        Refused: *user* may not hand over by hand, Baton is in shadow, the lead is unknown, or sales has it.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        _check_user(agreed, user)
        offered = pools(agreed.team, user)
        if email is None:
            return Choices(offered)
        address = normalise(email)
        known = leads.by_email(session, address) if address else None
        if known is None:
            raise Refused(
                f"Nobody with the address {address or email} has been heard of. Check the spelling, or type "
                "them in with /mql add."
            )
        _crossing(session, desk, agreed, known, user=user)
        now = desk.clock.business()
        path = route(
            known.lead, known.activities, agreed.team, agreed.definition, tier=None, score=None, now=now
        )
        likely = next((c for c, each in _segments(agreed.team).items() if each == path.segment), None)
        return Choices(offered, likely if likely in offered else None, address or "", known.id)


def _check_user(agreed: Agreed, user: str) -> None:
    roles.check_hand_over(presser(agreed.team, user))
    if not agreed.live:
        raise Refused(
            "Baton runs in shadow and sends no cards, so nothing was handed over. An admin can go live."
        )


def hand_over_by_hand(desk: Desk, user: str, request: Request, *, seal: str | None = None) -> int | None:
    """Hand a lead over because *user* says so; gives the new hand-off, None where the request was decided before.

    What was typed of the lead is stored in the same transaction, and no source overwrites it.

    Raises:
        Refused: *user* may not, a hard gate fails, the suppression list says no, or sales has the lead.
        Mistaken: the reason is missing or too long, or the pool is none that *user* may choose.
    """
    for look in range(leads.LOOKS, 0, -1):
        try:
            with desk.database.writing() as session:
                made = _handed_over(session, desk, user, request, seal)
        except leads.GoneMeanwhile as gone:
            if look == 1:
                raise gone.refusal from gone
            continue  # looked up again
        desk.wake()
        return made
    raise AssertionError("the last look returns or raises")


def _handed_over(session: Session, desk: Desk, user: str, request: Request, seal: str | None) -> int | None:
    agreed = desk.agreed(session)
    if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
        return None
    _check_user(agreed, user)
    chosen = _checked(agreed.team, user, request)
    known = _lead(session, desk, agreed, request, user)
    crossing = _crossing(session, desk, agreed, known, user=user)
    crossing = replace(
        crossing,
        given_why=request.why.strip(),
        owner=user if chosen is None else None,
        segment=chosen,
    )
    worth = crossing.score
    at = int(desk.clock.business().timestamp())
    leads.keep(session, [Judged(known, worth.fit, worth.intent, at, crossing.verdict.wanted)])
    (id_,) = hand_over(session, desk, agreed, [crossing])
    if chosen is None:
        _accept(session, desk, agreed, handoffs.many(session, [id_])[id_])
    return id_


def _checked(team: Team, user: str, request: Request) -> Segment | None:
    """The segment that was chosen; None where *user* takes it."""
    wrong = {}
    if not request.why.strip():
        wrong["reason"] = "Say why sales should have this lead: whoever takes it reads this."
    elif len(request.why) > NOTE_LIMIT:
        wrong["reason"] = f"The reason is longer than {NOTE_LIMIT:,} characters; shorten it."
    if request.pool not in pools(team, user):
        wrong["pool"] = "Choose who shall have it."
    if wrong:
        raise Mistaken(wrong)
    return None if request.pool == ME else _segments(team)[request.pool]


def _lead(session: Session, desk: Desk, agreed: Agreed, request: Request, user: str) -> Known:
    """The lead, its row held; what *user* typed of it is in it."""
    if request.told is None:
        known = leads.load(session, [request.lead], lock=True).get(request.lead)
        if known is None or known.erased_at is not None:
            raise Refused("Baton does not know this lead any more, so nothing was handed over.")
        return known
    told = request.told
    taken = leads.take_in(session, [told], spared(desk, agreed, live=True))
    if not taken.known:
        raise Refused("This was handed over already.")
    (known,) = taken.known.values()
    leads.type_in(known, told.facts, user, told.facts_at)
    return known


def _crossing(session: Session, desk: Desk, agreed: Agreed, known: Known, *, user: str) -> Crossing:
    """The lead as it goes to sales, after everything that may forbid it.

    Raises:
        Refused: sales has it, it is suppressed, or it fails a hard gate.
    """
    now = desk.clock.business()
    having = handoffs.open_of(session, [known.id]).get(known.id)
    if having is not None:
        raise Refused(_had(having, known))
    past = past_of(session, [known.id])[0].get(known.id)
    entry = entries_of(session, [known], now, listing_key(desk, agreed)).get(known.id)
    standing = Standing(suppression_words(entry) if entry else None, past)
    verdict = qualify(known.lead, known.activities, agreed.definition, standing, now)
    if verdict.blocked == "suppressed":
        raise Refused(" ".join(verdict.sentences))
    if verdict.blocked == "hard_gate":  # not the gate's own words: they hold what somebody said of themselves
        raise Refused(
            "A hard gate of the definition stops this lead, so nothing was changed. /mql why with its address tells "
            "which one."
        )
    since = past.ended_at if past else None
    worth = score(known.lead, known.activities, agreed.definition, now, returning=past is not None)
    fresh = (
        worth if past is None else score(known.lead, known.activities, agreed.definition, now, since=since)
    )
    tier = tier_of(
        known.lead, known.activities, agreed.definition, fresh,
        now=now, since=since, returning=past is not None, fit_check=False,
    )  # fmt: skip
    if tier.nurture:
        hot = [each for each in agreed.definition.tiers if not each.nurture]
        if not hot:
            raise Refused("Every tier of your definition goes to nurture, so sales gets no lead.")
        tier = hot[-1]
    verdict = replace(
        verdict, mql=True, why="by_hand", tier=tier, fit_check=False, stale=False, blocked=None, sentences=()
    )
    return Crossing(known, worth, verdict, tier, origin="by_hand", given_by=user)


def _had(having: Handoff, known: Known) -> str:
    where = f"Look at it with /mql lead {known.email}." if known.email else "Look at its card."
    if having.owner is not None:
        return f"Sales has this lead already: <@{having.owner}> works on it. {where}"
    return f"Sales has this lead already: it waits in the pool of {having.segment} to be accepted. {where}"


def _accept(session: Session, desk: Desk, agreed: Agreed, handoff: Handoff) -> None:
    """Who asks for a lead themselves has accepted it; the clock runs by the tier."""
    now = desk.clock.business()
    values = {"stage": stages.accepted_stage(agreed.definition.sal), "accepted_at": now}
    accepted = moves.move(session, handoff, Move("accept", handoff.owner, now, values, undoable=True))
    if accepted is None:
        return
    ladder.schedule(session, accepted, agreed.definition, agreed.team)
    cards.changed(session, [accepted.card_id], desk.clock.real())
    announce.outgoing(session, desk, accepted, "handoff.accepted")
    announce.nurture(session, desk, handoff, accepted)
