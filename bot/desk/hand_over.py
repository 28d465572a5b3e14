"""A lead becomes a hand-off: routed, clocked, logged, its card and its deadlines asked for, in bulk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from bot.desk import announce, assign, bundle, ladder, opening, replies
from bot.desk.assign import Place
from bot.desk.bundle import Bundling
from bot.desk.desk import NURTURE, Agreed, Desk, calendar_for
from scoring import sla
from scoring.assigning import Choice, How
from scoring.bundling import Carded
from scoring.contract import Tier
from scoring.emails import company_domain
from scoring.handoff import Handoff
from scoring.past import Past
from scoring.qualify import Verdict
from scoring.receipt import Part, Score
from scoring.roster import Segment
from scoring.routing import Route, route
from scoring.sla import Promise
from storage import cards, funnel, handoffs, moves
from storage.cards import NewCard
from storage.funnel import WouldBe
from storage.leads import Known
from storage.moves import Move, Opening

Origin = Literal["scored", "by_hand", "spot_check"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A lead that goes to sales as of now.

    Attributes:
        origin: `scored`: it is an MQL; `by_hand`: *given_by* says so, because of *given_why*; `spot_check`.
        owner: who has it from the start, where that is not for routing to say.
        segment: the segment a person chose for it; None leaves that to routing.
    """

    known: Known
    score: Score
    verdict: Verdict
    tier: Tier
    origin: Origin = "scored"
    given_by: str | None = None
    given_why: str | None = None
    owner: str | None = None
    segment: Segment | None = None


def past_of(session: Session, leads: Iterable[int]) -> tuple[dict[int, Past], frozenset[int]]:
    """How sales last ended each of *leads* it had, by lead; and those who went to nurture since.

    Sales never saw a lead that went to nurture, so that end keeps nobody away.
    """
    newest = handoffs.last_ended(session, leads)
    nurtured = frozenset(lead for lead, end in newest.items() if end.reason == NURTURE)
    by_sales = handoffs.last_ended(session, nurtured, besides=NURTURE)
    return {lead: end for lead, end in newest.items() if lead not in nurtured} | by_sales, nurtured


def receipt(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The score's rows as they are stored with a hand-off."""
    return [
        {
            "points": part.points,
            "label": part.label,
            "side": part.side,
            "kind": part.kind,
            "level": part.level,
            "occurred": part.occurred,
        }
        for part in parts
    ]


def hand_over(session: Session, desk: Desk, agreed: Agreed, crossings: Sequence[Crossing]) -> list[int]:
    """Create the hand-offs of *crossings*; in shadow only count them. Gives the new ids."""
    now = desk.clock.business()
    routed = [(crossing, _route(crossing, agreed, now)) for crossing in crossings]
    if not agreed.live:
        funnel.would_be(
            session,
            [WouldBe(c.known.id, now, c.score.total, c.tier.name, path.segment.name) for c, path in routed],
        )
        return []
    seats = _seat(session, agreed, routed, now)
    ids = moves.create(session, [_opening(seat, agreed, now) for seat in seats])
    sales = {id_: seat for id_, seat in zip(ids, seats, strict=True) if seat.given is not None}
    beside = _put_on_cards(session, desk, sales)
    made = bundle.join(session, desk, handoffs.many(session, ids), beside.together, beside.later)
    to_sales = [made[id_] for id_ in sales]
    ladder.schedule_new(session, to_sales, agreed.definition, agreed.team)
    chosen = [(made[id_], seat.given.choice) for id_, seat in sales.items() if seat.given is not None]
    assign.write_down(session, desk, agreed, chosen, beside=(*beside.together, *beside.later))
    opening.expect(session, agreed, to_sales)
    for id_, crossing in zip(ids, crossings, strict=True):
        announce.created(session, desk, made[id_])
        if crossing.tier.nurture:
            _to_nurture(session, desk, made[id_], now)
        elif crossing.origin == "scored":
            replies.ask(session, desk, made[id_], crossing.known)
    return ids


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a crossing goes: its way, to whom (None: to nobody of sales), and the card that it may share."""

    crossing: Crossing
    path: Route
    given: assign.Verdict | None
    card: Carded | None = None


def _seat(
    session: Session, agreed: Agreed, routed: Sequence[tuple[Crossing, Route]], now: datetime
) -> list[Seat]:
    """Who gets each, and on which card."""
    wanted = [(crossing, path, _place(crossing, path, agreed)) for crossing, path in routed]
    given_out = [place for c, _, place in wanted if not c.tier.nurture and c.owner is None]
    sharing, together = assign.Sharing(session, agreed, now), Bundling(session, agreed, now)
    sharing.hold_companies(place.company for place in given_out)
    together.hold({place.company for c, _, place in wanted if place.company and _shares_a_card(c)})
    sharing.hold_shares([*given_out, *together.places()])
    found = []
    for crossing, path, place in wanted:
        if crossing.tier.nurture:
            found.append(Seat(crossing, path, None))
        elif crossing.owner is not None:
            how: How = "spot_check" if crossing.origin == "spot_check" else "by_hand"
            theirs = assign.Verdict(Choice(crossing.owner, how), None)
            found.append(_alone(together, crossing, path, theirs))
        else:
            found.append(_share_out(sharing, together, crossing, path, place))
    sharing.keep()
    return found


def _shares_a_card(crossing: Crossing) -> bool:
    """Whether colleagues may be on its card: what a person handed over is looked at alone, and so is a spot check."""
    tier = crossing.tier
    return crossing.origin == "scored" and not tier.nurture and tier.digest is None and crossing.owner is None


def _share_out(
    sharing: assign.Sharing, together: Bundling, crossing: Crossing, path: Route, place: Place
) -> Seat:
    company = place.company if _shares_a_card(crossing) else None
    waiting = together.to_claim(company) if company and not sharing.owned(place) else None
    if waiting is not None:
        waiting.people += 1
        return Seat(crossing, together.path(waiting), assign.Verdict(Choice(None, "claim"), None), waiting)
    found = sharing.look(place)
    card = together.of(company, found.choice.person) if company else None
    if card is None:
        sharing.give_too(place, found.choice)
        return _alone(together, crossing, path, found, company)
    card.people += 1
    return Seat(crossing, together.path(card), sharing.give_on(together.place(card), found), card)


def _alone(
    together: Bundling, crossing: Crossing, path: Route, given: assign.Verdict, company: str | None = None
) -> Seat:
    """On a card of its own, which others of *company* may join; on its tier's digest where it has one."""
    if crossing.tier.digest is not None:
        return Seat(crossing, path, given)
    return Seat(crossing, path, given, together.begin(company, path, given.choice.person))


def _place(crossing: Crossing, path: Route, agreed: Agreed) -> Place:
    company = company_domain(crossing.known.email) if crossing.known.email else None
    return Place.of(agreed.team, path.segment.name, path.pool, company)


@dataclass(frozen=True, slots=True)
class Beside:
    """New hand-offs on a card with others: *together* with new ones alone, or *later*, on one that stands there."""

    together: tuple[int, ...] = ()
    later: tuple[int, ...] = ()


def _put_on_cards(session: Session, desk: Desk, sales: Mapping[int, Seat]) -> Beside:
    """A card each, or one for several of a company; a tier with `card: digest 1h` gathers its leads on one message."""
    later = [id_ for id_, seat in sales.items() if seat.card is not None and seat.card.card is not None]
    members: dict[int, list[int]] = {}
    for id_, seat in sales.items():
        if seat.card is not None and seat.card.card is None:
            members.setdefault(id(seat.card), []).append(id_)
    _new_cards(session, desk, sales, members.values())
    _on_digests(session, desk, sales)
    here = {id_: seat.card.card for id_, seat in sales.items() if seat.card is not None}
    moves.set_card(session, {id_: card for id_, card in here.items() if card is not None})
    return Beside(tuple(id_ for each in members.values() for id_ in each[1:]), tuple(later))


def _new_cards(
    session: Session, desk: Desk, sales: Mapping[int, Seat], members: Collection[Sequence[int]]
) -> None:
    """A card for each list of *members*, as hot as the hottest of them."""
    wanted = [
        NewCard(ids[0], sales[ids[0]].path.channel, min(sales[id_].crossing.tier.rank for id_ in ids))
        for ids in members
    ]
    for ids, card in zip(members, cards.create(session, wanted, desk.clock.real()), strict=True):
        shared = sales[ids[0]].card
        if shared is not None:
            shared.card = card


def _on_digests(session: Session, desk: Desk, sales: Mapping[int, Seat]) -> None:
    """In one order everywhere: two requests that lock the same digests do not wait for each other."""
    gathered = [(id_, seat) for id_, seat in sales.items() if seat.crossing.tier.digest is not None]
    for id_, seat in sorted(
        gathered, key=lambda each: (each[1].path.channel, each[1].crossing.tier.rank, each[0])
    ):
        tier = seat.crossing.tier
        card, begun = cards.collect(session, NewCard(id_, seat.path.channel, tier.rank), tier.name)
        moves.set_card(session, {id_: card})
        if begun and tier.digest is not None:
            ladder.schedule_digest(session, card, desk.clock.business() + tier.digest)


def _route(crossing: Crossing, agreed: Agreed, now: datetime) -> Route:
    if (chosen := crossing.segment) is not None:
        return Route(chosen, chosen.channel, chosen.pool, ())
    return route(
        crossing.known.lead,
        crossing.known.activities,
        agreed.team,
        agreed.definition,
        tier=crossing.tier,
        score=crossing.score,
        now=now,
        returning=crossing.verdict.returning,
        fit_check=crossing.verdict.fit_check,
        gates_pass=crossing.verdict.gates_pass,
    )


def _opening(seat: Seat, agreed: Agreed, now: datetime) -> Opening:
    crossing, path, given = seat.crossing, seat.path, seat.given
    verdict, tier = crossing.verdict, crossing.tier
    owner = given.choice.person if given else None
    calendar = calendar_for(agreed.team, owner, path.segment.name)
    clock = None
    if not verdict.stale and not tier.nurture:
        clock = sla.start(Promise(tier.clock, tier.first_touch), now, calendar, agreed.team.opening_grace)
    values = {
        "lead_id": crossing.known.id,
        "version": agreed.version,
        "tier": tier.name,
        "tier_rank": tier.rank,
        "why": verdict.why or "",
        "segment": path.segment.name,
        "channel": path.channel,
        "pool": list(path.pool),
        "stage": "mql",
        "owner": owner,
        "assigned_at": now if owner else None,
        "routed": given.said if given else None,
        "fit": crossing.score.fit,
        "intent": crossing.score.intent,
        "receipt": receipt(crossing.score.parts),
        "fit_check": verdict.fit_check,
        "came_back": verdict.returning,
        "stale": verdict.stale,
        "crossed_at": now,
        "company": company_domain(crossing.known.email) if crossing.known.email else None,
        "origin": crossing.origin,
        "given_by": crossing.given_by,
        "given_why": crossing.given_why,
        **ladder.clock_columns(clock, calendar),
    }
    return Opening(values, now, source="scoring")


def _to_nurture(session: Session, desk: Desk, handoff: Handoff, now: datetime) -> None:
    """ "An MQL that goes to nurture: an outgoing `handoff.nurture`, no card, owner or SLA"."""
    values = {"stage": "recycled", "ended_at": now, "reason": NURTURE}
    ended = moves.move(session, handoff, Move("nurture", None, now, values, source="scoring"))
    if ended is not None:
        announce.outgoing(session, desk, ended, "handoff.nurture")
