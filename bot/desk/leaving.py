"""Somebody's account is deactivated: what they had accepted goes back to its pool, in the same transaction.

What was used of the first-touch time stays used, and a first touch stays logged. From SQL on a lead has no pool to
go back to: it keeps its owner, and the managers are told at once to give it to another account executive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.desk import alert, announce, assign, deal_hands, ladder, notices, steps
from bot.desk.desk import Agreed, Desk, where
from scoring import closing, stages
from scoring.handoff import Handoff
from scoring.team import Team
from storage import assignments, cards, deadlines, findings, handoffs, moves, outbox, people
from storage.assignments import Given
from storage.findings import Occurrence
from storage.moves import Move
from storage.outbox import Letter

TRIES = 5
"""How often a release is decided again when others keep changing the hand-off."""

RANK = 45
"""As nudges: after the cards."""

MOST_NAMED = 20
"""Hand-offs an alert names; more are counted."""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody deactivated who has open hand-offs; *news* where Baton hears of it for the first time."""

    person: str
    news: bool


def who_left(session: Session, gone: Sequence[str]) -> list[Left]:
    """Those of the *gone* who own something; to be asked before what Slack says of them is stored."""
    if not gone:
        return []
    owners = findings.owners(session).intersection(gone)
    known = {person: people.member(session, person) for person in sorted(owners)}
    return [Left(person, member is None or not member.deleted) for person, member in known.items()]


def depart(session: Session, desk: Desk, left: Sequence[Left]) -> None:
    """Take care of the open hand-offs of people whose accounts are deactivated."""
    if not left:
        return
    agreed = desk.agreed(session)
    owned = {each.person: findings.owned_by(session, each.person) for each in left}
    freed = let_go(session, desk, agreed, [id_ for ids in owned.values() for id_ in ids])
    follow_up(session, desk, agreed, freed)
    free = {each.after.id for each in freed}
    for each in left:
        back = [id_ for id_ in owned[each.person] if id_ in free]
        kept = [id_ for id_ in owned[each.person] if id_ not in free]
        if back or each.news:
            _tell(session, desk, each.person, back, kept)
    now = desk.clock.business()
    told = [tell_managers(session, agreed.team, person, ids, now) for person, ids in owned.items()]
    notices.wake(session, {reader for readers in told for reader in readers}, now)


def tell_managers(
    session: Session, team: Team, person: str, owned: Sequence[int], now: datetime
) -> Sequence[str]:
    """Remember to tell the managers at once of each SQL and opportunity of *owned* that is still with *person*, who has
    left; gives whom to wake."""
    deals = [
        each
        for each in handoffs.many(session, owned).values()
        if deal_hands.is_deal(each) and closing.holder(each, team.ae) == person
    ]
    for deal in deals:
        for manager in team.managers:
            deadlines.notify(session, manager, deal.id, f"{steps.LEFT} {person} {deal.n}", now)
    return team.managers if deals else ()


def _tell(session: Session, desk: Desk, person: str, freed: Sequence[int], kept: Sequence[int]) -> None:
    told = [f"{_leads(freed)} went back to the pool."] if freed else []
    if kept:
        told.append(
            f"{_leads(kept)} stayed in this name, because the pool is behind it: a manager decides what becomes of it."
        )
        at = desk.clock.business()
        findings.note(session, [Occurrence(at, "owner_left", id_, detail={"owner": person}) for id_ in kept])
    key = f"left:{person}:{desk.clock.real():%Y-%m-%d %H:%M:%S}"
    sentence = f"The account of <@{person}> was deactivated. {' '.join(told)}"
    alert.admins(session, desk, desk.agreed(session), key, sentence)


def _leads(ids: Sequence[int]) -> str:
    named = ", ".join(f"#{id_}" for id_ in ids[:MOST_NAMED])
    left = len(ids) - MOST_NAMED
    return (
        f"Hand-offs {named}{f' and {left} more' if left > 0 else ''}" if len(ids) > 1 else f"Hand-off {named}"
    )


@dataclass(frozen=True, slots=True)
class Freed:
    """A hand-off that went back to its pool, *before* and *after*."""

    before: Handoff
    after: Handoff


def release(session: Session, desk: Desk, ids: Sequence[int]) -> list[int]:
    """Give those of *ids* that somebody has and that are not yet SQL back to their pools; gives which those were."""
    agreed = desk.agreed(session)
    freed = let_go(session, desk, agreed, ids)
    follow_up(session, desk, agreed, freed)
    return [each.after.id for each in freed]


def let_go(session: Session, desk: Desk, agreed: Agreed, ids: Sequence[int]) -> list[Freed]:
    """The first half of `release`: hand-offs alone change, and `follow_up` has to come.

    Who changes more hand-offs than these does that in between: a press that holds one of them waits for its
    deadlines and its card, so whoever holds those must not wait for a hand-off.
    """
    read = handoffs.many(session, ids)
    return [
        Freed(read[id_], changed)
        for id_ in sorted(read)
        if (changed := _released(session, desk, agreed, read[id_]))
    ]


def follow_up(session: Session, desk: Desk, agreed: Agreed, freed: Sequence[Freed]) -> None:
    """The second half of `release`: deadlines, cards, and what is told of it."""
    for each in freed:
        ladder.schedule(session, each.after, desk.definition(session, each.after.version), agreed.team)
    now = desk.clock.business()
    assign.find_somebody(session, agreed.team, [each.after for each in freed], now)
    cards.changed(session, [each.after.card_id for each in freed], desk.clock.real())
    for each in freed:
        announce.outgoing(session, desk, each.after, "handoff.released")
        announce.nurture(session, desk, each.before, each.after)
    for handoff in _one_a_card([each.after for each in freed]):
        _say(session, desk, handoff)
    assignments.note(session, [_line(each, now) for each in freed])


def _line(freed: Freed, now: datetime) -> Given:
    after = freed.after
    return Given(after.id, after.segment, None, "pool", now, taken_from=freed.before.owner)


def _released(session: Session, desk: Desk, agreed: Agreed, handoff: Handoff) -> Handoff | None:
    now = desk.clock.business()
    for _ in range(TRIES):
        if not stages.legal("release", where(handoff, desk.definition(session, handoff.version))):
            return None
        values = {
            "stage": "mql",
            "owner": None,
            "accepted_at": None,
            "assigned_at": None,
            "routed": None,
            **ladder.handed_to(handoff, None, agreed.team, now),
        }
        changed = moves.move(session, handoff, Move("release", None, now, values, source="slack"))
        if changed is not None:
            return changed
        again = handoffs.get(session, handoff.id)
        if again is None or again.owner != handoff.owner:
            return None
        handoff = again
    return None


def _one_a_card(freed: Sequence[Handoff]) -> list[Handoff]:
    """Of several on a bundle's card the first: its thread is told once."""
    first = {each.card_id: each.id for each in reversed(freed) if each.bundled}
    return [each for each in freed if not each.bundled or first[each.card_id] == each.id]


def _say(session: Session, desk: Desk, handoff: Handoff) -> None:
    """One note in the card's thread, which waits for the pool's hours and then calls who is there."""
    letter = Letter(
        f"released:{handoff.id}:{handoff.n}", "note", f"post:{handoff.channel}", desk.clock.real(), RANK,
        card_id=handoff.card_id, handoff_id=handoff.id, body={"view": "released", "step": "released"},
    )  # fmt: skip
    outbox.put(session, [letter])
