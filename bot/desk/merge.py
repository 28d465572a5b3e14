"""Two leads turn out to be one person. Source: SEMANTICS "Merging two leads keeps the older open hand-off; the other
ends as duplicate"."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from bot.desk import announce, ladder
from bot.desk.desk import Agreed, Desk, presser
from bot.desk.receive import judge
from scoring import dispositions, roles
from scoring.emails import normalise
from scoring.handoff import Handoff
from scoring.stages import Refused
from storage import cards, findings, handoffs, leads, merging, moves, requests
from storage.findings import Occurrence
from storage.handoffs import MERGE
from storage.leads import Known
from storage.moves import Move

DUPLICATE = "duplicate"
TRIES = 5
"""How often it is tried when somebody keeps pressing on the hand-off that ends."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two leads, as a person recognises them."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Merging:
    """What a merge would do: *other* becomes part of *keep*.

    *stays* and *ends* are the older and the newer open hand-off, where both have one; *moves* counts the hand-offs
    that get another lead.
    """

    keep: Side
    other: Side
    stays: Handoff | None
    ends: Handoff | None
    moves: int


def asked(desk: Desk, user: str, keep: str, other: str) -> Merging:
    """What would happen if the lead of the address *other* became part of that of *keep*.

    Raises:
        Refused: *user* may not, one of them is unknown, or they are one lead already.
    """
    with desk.database.reading() as session:
        roles.check_leader(presser(desk.agreed(session).team, user))
        kept, gone = (_by_address(session, each) for each in (keep, other))
        if kept.id == gone.id:
            raise Refused("These two addresses are one lead already, so there is nothing to merge.")
        stays, ends = _by_age(session, (kept.id, gone.id))
        return Merging(_side(kept), _side(gone), stays, ends, len(handoffs.of_lead(session, gone.id)))


def _side(known: Known) -> Side:
    name = " ".join(str(known.facts[key]) for key in ("first_name", "last_name") if known.facts.get(key))
    return Side(known.id, name, known.email or "no address")


def _by_address(session: Session, email: str) -> Known:
    address = normalise(email)
    known = leads.by_email(session, address) if address else None
    if known is None:
        raise Refused(f"Nobody with the address {address or email} has been heard of. Check the spelling.")
    return known


def _by_age(
    session: Session, both: Sequence[int], *, lock: bool = False
) -> tuple[Handoff | None, Handoff | None]:
    """The older and the newer open hand-off of the two leads."""
    found = sorted(
        handoffs.open_of(session, both, lock=lock).values(), key=lambda each: (each.crossed_at, each.id)
    )
    return next(iter(found), None), found[1] if len(found) > 1 else None


def merge(desk: Desk, user: str, keep: int, other: int, *, seal: str | None = None) -> Known | None:
    """Make *other* (a lead's id) part of *keep*, in one transaction; gives the one lead.

    None where the request was decided before.

    Raises:
        Refused: *user* may not, one of them is gone or erased, or others keep changing them.
    """
    for _ in range(TRIES):
        with desk.database.writing() as session:
            agreed = desk.agreed(session)
            roles.check_leader(presser(agreed.team, user))
            if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
                return None
            merged = _merged(session, desk, agreed, user=user, both=(keep, other))
            if merged is None:
                session.rollback()
        if merged is not None:
            desk.wake()
            return merged
    raise Refused("Others are changing these leads right now, so nothing was merged. Press again.")


def _merged(
    session: Session, desk: Desk, agreed: Agreed, *, user: str, both: tuple[int, int]
) -> Known | None:
    """None where somebody pressed meanwhile on the hand-off that ends."""
    found = merging.hold(session, *both)
    living = {id_: known for id_, known in found.items() if known.erased_at is None}
    if len(living) < 2:
        raise Refused(
            "One of these leads is gone, merged or erased, so nothing was merged. Ask /mql merge again."
        )
    stays, ends = _by_age(session, both, lock=True)
    if ends is not None and not _ended(session, desk, agreed, user, ends):
        return None
    gone = min(both)
    about = _about(session, both, stays, ends)
    moved = [each.id for each in handoffs.of_lead(session, gone)]
    one = merging.merge(session, living[both[0]], living[both[1]])
    judge(session, desk, agreed, [one], live=True)
    cards.changed(session, [each.card_id for each in (stays, ends) if each is not None], desk.clock.real())
    now = handoffs.get(session, stays.id) if stays is not None else None
    if now is not None:
        announce.merged(session, desk, now, about)
    merging.readdress(session, gone, one.id)
    detail = {"kept": one.id, "merged": gone, "handoffs": moved, "ended": ends.id if ends else None}
    findings.note(session, [Occurrence(desk.clock.real(), "merged", None, user, detail)])
    return one


def _about(
    session: Session, both: Sequence[int], stays: Handoff | None, ends: Handoff | None
) -> announce.Merged:
    """What the outside must know of the two leads once they are one; to be asked before."""
    theirs = [each for each in both if stays is not None and each != stays.lead_id]
    addresses = [address for lead in theirs for address in leads.addresses(session, lead)]
    return announce.Merged(min(both), addresses, ends is not None and ends.with_sales)


def _ended(session: Session, desk: Desk, agreed: Agreed, user: str, ends: Handoff) -> bool:
    """The newer hand-off ends as a duplicate; False where somebody was faster."""
    now = desk.clock.business()
    values = {"stage": dispositions.reason(DUPLICATE).stage, "ended_at": now, "reason": DUPLICATE}
    ended = moves.move(session, ends, Move(MERGE, user, now, values, reason=DUPLICATE))
    if ended is None:
        return False
    ladder.schedule(session, ended, desk.definition(session, ended.version), agreed.team)
    announce.outgoing(session, desk, ended, f"handoff.{ended.stage}")
    return True
