"""The day on which a lead may come back: with new intent it goes to sales again, else its last owner is reminded.

"Timing reasons ask for a date; on that date the lead wakes up".
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from bot.desk import report
from bot.desk.desk import NURTURE, Agreed, Desk
from bot.desk.due import Case
from bot.desk.hand_over import Crossing, hand_over, past_of
from bot.desk.nudges import DM_RANK
from bot.desk.receive import listing_key, suppression_of
from bot.desk.report import Shown
from scoring.handoff import Handoff
from scoring.lead import Activity
from scoring.qualify import Standing, Verdict, qualify
from scoring.receipt import Score
from scoring.score import score
from storage import handoffs, leads, outbox, people
from storage.leads import Known
from storage.outbox import Letter

log = logging.getLogger(__name__)

IN_A_MOMENT = timedelta(seconds=5)
"""A lead about which something comes in at this moment, or is pressed, is looked at again after this."""

MOST_TOLD = 5
"""Activities since the end that a reminder names; more are counted."""


def wake(case: Case) -> None:
    """Decide what becomes of the lead of a hand-off that waited for this day."""
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None:
        case.needless()
        return
    # Whoever holds the lead may be waiting for this very row (an Undo of the end): nobody waits for each other.
    if not leads.hold(case.session, handoff.lead_id, wait=False):
        case.postpone(case.now + IN_A_MOMENT)
        return
    asleep = _asleep(case.session, handoff.id)
    if asleep is None or _listed(case.session, case.desk, case.agreed, asleep[1]):
        case.needless()
        return
    handoff, known = asleep
    case.done()
    worth, verdict = _judged(case, known)
    if verdict.tier is None or verdict.tier.nurture:
        _remind(case, handoff)
        return
    for made in hand_over(
        case.session, case.desk, case.agreed, [Crossing(known, worth, verdict, verdict.tier)]
    ):
        log.info("a lead was handed over", extra={"handoff": made})


def _asleep(session: Session, handoff_id: int) -> tuple[Handoff, Known] | None:
    """The hand-off and its lead, where it still waits for its day: sales ended it last, and has nothing open of it."""
    handoff = handoffs.get(session, handoff_id)
    if handoff is None or handoff.open or handoff.again_on is None or handoff.stage == "won":
        return None
    known = leads.load(session, [handoff.lead_id])[handoff.lead_id]
    newest = handoffs.last_end_of(session, handoff.lead_id, NURTURE) == handoff.id
    with_sales = bool(handoffs.open_of(session, [handoff.lead_id]))
    return (handoff, known) if newest and not with_sales and known.erased_at is None else None


def _listed(session: Session, desk: Desk, agreed: Agreed, known: Known) -> bool:
    return bool(suppression_of(session, [known], desk.clock.business(), listing_key(desk, agreed)))


def _judged(case: Case, known: Known) -> tuple[Score, Verdict]:
    """As if something had come in just now: only this day comes without an event."""
    definition = case.agreed.definition
    past = past_of(case.session, [known.id])[0].get(known.id)
    worth = score(known.lead, known.activities, definition, case.now, returning=past is not None)
    return worth, qualify(known.lead, known.activities, definition, Standing(past=past), case.now)


def _remind(case: Case, handoff: Handoff) -> None:
    for reader in _readers(case, handoff):
        letter = Letter(
            f"{case.row.kind}:{handoff.id}:{case.row.step}:{reader}", "dm", f"post:{reader}",
            case.desk.clock.real(), DM_RANK, card_id=handoff.card_id, handoff_id=handoff.id,
            body={"reader": reader, "view": "wake"},
        )  # fmt: skip
        outbox.put(case.session, [letter])


def _readers(case: Case, handoff: Handoff) -> Sequence[str]:
    """Its last owner; where they have left, the managers decide who takes it up, or the admins where there are none."""
    team, owner = case.agreed.team, handoff.owner
    if owner is not None and team.person(owner) is not None:
        member = people.member(case.session, owner)
        if member is None or not member.deleted:
            return [owner]
    return team.managers or team.admins


@dataclass(frozen=True, slots=True)
class Reminder:
    """What a reminder says: the hand-off that waited, and what its lead did since, newest first.

    *more* activities are left out of *since*.
    """

    shown: Shown
    since: tuple[Activity, ...]
    more: int


def reminder(desk: Desk, handoff_id: int) -> Reminder | None:
    """What to remind somebody of now; None where the lead has come back, is erased or may not be contacted."""
    with desk.database.reading() as session:
        asleep = _asleep(session, handoff_id)
        if asleep is None or _listed(session, desk, desk.agreed(session), asleep[1]):
            return None
    shown = report.shown(desk, handoff_id)
    if shown is None:
        return None
    handoff, known = asleep
    ended = handoff.ended_at.timestamp() if handoff.ended_at else 0
    did = [each for each in known.activities if each.occurred > ended and _speaks(each, shown)]
    newest = sorted(did, key=lambda each: (-each.occurred, each.event))
    return Reminder(shown, tuple(newest[:MOST_TOLD]), len(newest[MOST_TOLD:]))


def _speaks(activity: Activity, shown: Shown) -> bool:
    row = shown.definition.intent.get(activity.signal)
    return row is not None and row.level != "passive"
