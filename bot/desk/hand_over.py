"""A lead becomes a hand-off: routed, clocked, logged, its card and its deadlines asked for, in bulk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.desk import announce, ladder, opening
from bot.desk.desk import Agreed, Desk
from scoring import sla
from scoring.contract import Tier
from scoring.handoff import Handoff
from scoring.past import Past
from scoring.qualify import Verdict
from scoring.receipt import Part, Score
from scoring.routing import Route, route
from scoring.sla import Promise
from storage import cards, funnel, handoffs, moves
from storage.cards import NewCard
from storage.funnel import WouldBe
from storage.leads import Known
from storage.moves import Move, Opening

NURTURE = "nurture"
"""Why a hand-off of a nurture tier ends at once; no rep gives it, so it is no row of the reasons."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A lead that is an MQL as of now."""

    known: Known
    score: Score
    verdict: Verdict
    tier: Tier


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
    ids = moves.create(session, [_opening(c, path, agreed, now) for c, path in routed])
    sales = [(id_, c, path) for id_, (c, path) in zip(ids, routed, strict=True) if not c.tier.nurture]
    _put_on_cards(session, desk, sales)
    made = handoffs.many(session, ids)
    ladder.schedule_new(session, [made[id_] for id_, _, _ in sales], agreed.definition, agreed.team)
    opening.expect(session, agreed, [made[id_] for id_, _, _ in sales])
    for id_, crossing in zip(ids, crossings, strict=True):
        announce.created(session, desk, made[id_])
        if crossing.tier.nurture:
            _to_nurture(session, desk, made[id_], now)
    return ids


def _put_on_cards(session: Session, desk: Desk, sales: Sequence[tuple[int, Crossing, Route]]) -> None:
    """A card each; a tier with `card: digest 1h` gathers its leads on one message instead."""
    single = [
        (id_, NewCard(id_, path.channel, c.tier.rank)) for id_, c, path in sales if c.tier.digest is None
    ]
    made = cards.create(session, [card for _, card in single], desk.clock.real())
    on = {id_: card for (id_, _), card in zip(single, made, strict=True)}
    moves.set_card(session, on)
    # In one order everywhere: two requests that lock the same digests do not wait for each other.
    for id_, crossing, path in sorted(sales, key=lambda each: (each[2].channel, each[1].tier.rank, each[0])):
        if crossing.tier.digest is None:
            continue
        card, begun = cards.collect(
            session, NewCard(id_, path.channel, crossing.tier.rank), crossing.tier.name
        )
        moves.set_card(session, {id_: card})
        if begun:
            ladder.schedule_digest(session, card, desk.clock.business() + crossing.tier.digest)


def _route(crossing: Crossing, agreed: Agreed, now: datetime) -> Route:
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


def _opening(crossing: Crossing, path: Route, agreed: Agreed, now: datetime) -> Opening:
    verdict, tier = crossing.verdict, crossing.tier
    calendar = agreed.team.calendar_of_segment(path.segment.name)
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
        "fit": crossing.score.fit,
        "intent": crossing.score.intent,
        "receipt": receipt(crossing.score.parts),
        "fit_check": verdict.fit_check,
        "came_back": verdict.returning,
        "stale": verdict.stale,
        "crossed_at": now,
        **ladder.clock_columns(clock, calendar),
    }
    return Opening(values, now, source="scoring")


def _to_nurture(session: Session, desk: Desk, handoff: Handoff, now: datetime) -> None:
    """ "An MQL that goes to nurture: an outgoing `handoff.nurture`, no card, owner or SLA"."""
    values = {"stage": "recycled", "ended_at": now, "reason": NURTURE}
    ended = moves.move(session, handoff, Move("nurture", None, now, values, source="scoring"))
    if ended is not None:
        announce.outgoing(session, desk, ended, "handoff.nurture")
