"""Somebody's account is deactivated: what they had accepted goes back to its pool, in the same transaction.

What was used of the first-touch time stays used, and a first touch stays logged. From SQL on a lead has no pool to
go back to: it keeps its owner in the log, and the managers are told to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from bot.desk import alert, announce, ladder
from bot.desk.desk import Agreed, Desk, where
from scoring import stages
from scoring.handoff import Handoff
from storage import cards, findings, handoffs, moves, outbox, people
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
    """Somebody deactivated who owns open hand-offs; *news* where Baton hears of it for the first time."""

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
    for each in left:
        owned = findings.owned_by(session, each.person)
        freed = release(session, desk, owned)
        kept = [id_ for id_ in owned if id_ not in freed]
        if freed or each.news:
            _tell(session, desk, each.person, freed, kept)


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


def release(session: Session, desk: Desk, ids: Sequence[int]) -> list[int]:
    """Give those of *ids* that somebody has and that are not yet SQL back to their pools; gives which those were."""
    agreed = desk.agreed(session)
    read = handoffs.many(session, ids)
    freed = [
        changed for id_ in ids if id_ in read and (changed := _released(session, desk, agreed, read[id_]))
    ]
    for handoff in freed:
        ladder.schedule(session, handoff, desk.definition(session, handoff.version), agreed.team)
        announce.outgoing(session, desk, handoff, "handoff.released")
        _say(session, desk, handoff)
    cards.changed(session, [handoff.card_id for handoff in freed], desk.clock.real())
    return [handoff.id for handoff in freed]


def _released(session: Session, desk: Desk, agreed: Agreed, handoff: Handoff) -> Handoff | None:
    now = desk.clock.business()
    for _ in range(TRIES):
        if not stages.legal("release", where(handoff, desk.definition(session, handoff.version))):
            return None
        values = {
            "stage": "mql",
            "owner": None,
            "accepted_at": None,
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


def _say(session: Session, desk: Desk, handoff: Handoff) -> None:
    """One note in the card's thread, which waits for the pool's hours and then calls who is there."""
    letter = Letter(
        f"released:{handoff.id}:{handoff.n}", "note", f"post:{handoff.channel}", desk.clock.real(), RANK,
        card_id=handoff.card_id, handoff_id=handoff.id, body={"view": "released", "step": "released"},
    )  # fmt: skip
    outbox.put(session, [letter])
