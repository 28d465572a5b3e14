"""A random share of the leads below the line goes to sales on purpose, so that the definition learns.

"Drawn with a recorded probability": once a lead and quarter, by a hash under a secret, so that all replicas agree and
nobody can foresee it.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk
from bot.desk.hand_over import Crossing
from scoring import spot
from scoring.contract import Tier
from scoring.qualify import Verdict
from scoring.receipt import Score
from scoring.routing import route
from scoring.spot import Week
from storage import contracts, people, spot_checks
from storage.keyed import keyed
from storage.leads import Known
from storage.spot_checks import Draw

SECRET = "spot_check_secret"
"""Setting: what lots are drawn with where BATON_SECRET is not set."""
_TURN = "spot_check_turn"
"""Setting that is written by whoever hands one over: two replicas do so one after the other, and see each other's."""


@dataclass(frozen=True, slots=True)
class Below:
    """A lead below the line, as it was judged."""

    known: Known
    score: Score
    verdict: Verdict


def pick(
    session: Session,
    desk: Desk,
    agreed: Agreed,
    judged: Sequence[Below],
    *,
    stopped: Callable[[Sequence[Known]], Mapping[int, object]],
) -> list[Crossing]:
    """Draw for those of *judged* that have not had their draw, and say who of them goes to whom.

    *stopped*: those that the suppression list stops; they take no part.
    """
    fresh = _undrawn(session, desk, agreed, judged)
    listed = stopped([each.known for each in fresh])
    return _draw(session, desk, agreed, [each for each in fresh if each.known.id not in listed])


def _undrawn(session: Session, desk: Desk, agreed: Agreed, judged: Sequence[Below]) -> list[Below]:
    """Those that take part in this quarter's draw and have not had theirs; none where spot checks are off."""
    if not agreed.live or not desk.draws or not agreed.definition.spot_check_share:
        return []
    below = [each for each in judged if _takes_part(each)]
    if not below:
        return []
    quarter = spot.quarter(desk.clock.business(), agreed.team)
    had = spot_checks.drawn(session, [each.known.id for each in below], quarter)
    return [each for each in below if each.known.id not in had]


def _takes_part(each: Below) -> bool:
    known = each.known
    return (
        bool(known.arrived)
        and spot.below_the_line(each.verdict)
        and spot.contactable(known.email, known.facts)
    )


def _draw(session: Session, desk: Desk, agreed: Agreed, below: Sequence[Below]) -> list[Crossing]:
    """Draw for each of *below*, and give those that win to somebody; the draws are kept, whoever wins."""
    tier = spot.tier_of_spot_checks(agreed.definition)
    if not below or tier is None:
        return []
    now, share = desk.clock.business(), agreed.definition.spot_check_share
    lots = _lots(session, desk, below, spot.quarter(now, agreed.team))
    if any(spot.is_drawn(lot, share) for lot in lots):
        contracts.remember(session, _TURN, now.isoformat())
    week = _week(session, agreed, now)
    draws: list[Draw] = []
    crossings: list[Crossing] = []
    for each, lot in zip(below, lots, strict=True):
        who = spot.takers(_pool(each, tier, agreed, now), agreed.team, week, now)
        draws.append(Draw(each.known.id, float(share) if who else 0.0))
        if who and spot.is_drawn(lot, share):
            week = replace(week, given={**week.given, who[0]: week.given.get(who[0], 0) + 1})
            crossings.append(_crossing(each, tier, who[0]))
    spot_checks.record(session, draws, spot.quarter(now, agreed.team), now)
    return crossings


def handed_over(session: Session, desk: Desk, agreed: Agreed, made: Mapping[int, int]) -> None:
    """Remember which hand-off each drawn lead became, by lead."""
    spot_checks.handed(session, made, spot.quarter(desk.clock.business(), agreed.team))


def _lots(session: Session, desk: Desk, below: Sequence[Below], quarter: str) -> list[str]:
    secret = desk.secret or contracts.remember_once(session, SECRET, secrets.token_hex(32)).encode()
    return [keyed(secret, "spot_check", f"{each.known.id}:{quarter}") for each in below]


def _week(session: Session, agreed: Agreed, now: datetime) -> Week:
    """What everybody has had this week; who has as many open leads as they take, or has left, takes none."""
    team = agreed.team
    room = {person.id: person.capacity for person in team.people.values() if person.capacity is not None}
    open_ = spot_checks.open_by_owner(session) if room else {}
    gone = {id_ for id_, capacity in room.items() if open_.get(id_, 0) >= capacity}
    gone |= people.departed(session, team.people)
    given = spot_checks.given(session, spot.week_began(now, team))
    return Week(given, agreed.definition.spot_check_at_most, gone)


def _pool(each: Below, tier: Tier, agreed: Agreed, now: datetime) -> Sequence[str]:
    known = each.known
    return route(
        known.lead, known.activities, agreed.team, agreed.definition, tier=tier, score=each.score, now=now,
        returning=each.verdict.returning, gates_pass=each.verdict.gates_pass,
    ).pool  # fmt: skip


def _crossing(each: Below, tier: Tier, owner: str) -> Crossing:
    verdict = replace(each.verdict, why="spot_check", tier=tier)
    return Crossing(each.known, each.score, verdict, tier, origin="spot_check", owner=owner)
