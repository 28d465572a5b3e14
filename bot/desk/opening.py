"""The morning's list: what came outside hours, one message a person at opening, best first.

"One list per person at opening, best first, instead of thirty cards breaching at 09:05".
"""

from collections.abc import Sequence

from sqlmodel import Session

from bot.desk import ladder
from bot.desk.desk import Agreed, Desk
from scoring.handoff import Handoff
from storage import deadlines, handoffs, outbox
from storage.deadlines import Due
from storage.outbox import Letter

OPENING = "opening"
RANK = 44


def expect(session: Session, agreed: Agreed, made: Sequence[Handoff]) -> None:
    """Ask for a list at their next opening for everybody who has, or may claim, one of *made* that came off hours."""
    off_hours = [handoff for handoff in made if _came_off_hours(handoff)]
    first = {
        person: ladder.next_on_shift(agreed.team, person, handoff.crossed_at)
        for handoff in off_hours
        for person in ([handoff.owner] if handoff.owner else handoff.pool)
    }
    deadlines.once(session, *(Due(OPENING, person, "next", at) for person, at in sorted(first.items())))


def _came_off_hours(handoff: Handoff) -> bool:
    return handoff.started_at is not None and handoff.started_at > handoff.crossed_at


def write_list(session: Session, desk: Desk, row: Due) -> None:
    """Put the list of *row*'s reader into the outbox, and make room for the next morning's."""
    deadlines.forget(session, row)
    there = [*handoffs.waiting(session, row.subject, None), *handoffs.waiting(session, None, row.subject)]
    waiting = [each for each in there if _waits(each)]
    if not waiting:
        return
    best_first = sorted(waiting, key=desk.worth(session).order)
    letter = Letter(
        f"opening:{row.subject}:{desk.clock.business():%Y-%m-%d %H:%M}", "dm", f"post:{row.subject}",
        desk.clock.real(), RANK,
        body={"reader": row.subject, "view": "opening", "handoffs": [each.id for each in best_first]},
    )  # fmt: skip
    outbox.put(session, [letter])


def _waits(handoff: Handoff) -> bool:
    return handoff.wants_touch and _came_off_hours(handoff)
