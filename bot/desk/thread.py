"""What a lead does while its hand-off is open, told in its card's thread: at once, then an hour's worth at a time.

"New activity of an open hand-off goes to its thread, at most one note per hour". What is to be told stands in
`notice`, under a reader of its own for each thread.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from bot.desk import ladder
from bot.desk.desk import Desk
from bot.desk.due import Case
from scoring.handoff import Handoff
from storage import deadlines, handoffs, outbox
from storage.deadlines import Due
from storage.outbox import Letter

AN_HOUR = timedelta(hours=1)
"""So long after a note nothing is told; what happens meanwhile is one note at its end."""

NOTE_RANK = 50


def tell(session: Session, desk: Desk, handoff: Handoff, events: Sequence[str]) -> None:
    """See that these activities (ids of events) go to the thread: now, or with others when the hour is over."""
    now, reader = desk.clock.business(), _reader(handoff)
    for event in sorted(events):
        deadlines.notify(session, reader, handoff.id, event, now)
    row = Due(ladder.ACTIVITY, str(handoff.id), "note", now)
    # Before anything is asked: a replica that writes a note at this moment holds the row, and this waits for it.
    deadlines.schedule(session, [row])
    last = deadlines.last_told(session, reader)
    if last is not None and now < last + AN_HOUR:
        deadlines.postpone(session, row, min(last, now) + AN_HOUR)
    else:
        _write(session, desk, handoff, row)


def collected(case: Case) -> None:
    """The hour is over; after the hand-off ended nothing is told."""
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.open:
        case.needless()
        return
    _write(case.session, case.desk, handoff, case.row)


def _reader(handoff: Handoff) -> str:
    return f"thread:{handoff.id}"


def _write(session: Session, desk: Desk, handoff: Handoff, row: Due) -> None:
    """One note about everything not told yet."""
    deadlines.forget(session, row)
    waiting = deadlines.untold(session, _reader(handoff))
    if not waiting:
        return
    ids = [notice.id for notice in waiting]
    deadlines.told(session, ids, desk.clock.business())
    body: dict[str, Any] = {"view": "activity", "events": [notice.step for notice in waiting]}
    outbox.put(session, [_letter(desk, handoff, f"activity:{handoff.id}:{ids[-1]}", body)])


def raised(session: Session, desk: Desk, handoff: Handoff, events: Sequence[str]) -> None:
    """A higher tier is told at once, with what raised it; *handoff* as it is after the raise.

    It is no activity note: the owner must know that the clock is shorter, whatever was told this hour.
    """
    body: dict[str, Any] = {"view": "raised", "events": sorted(events), "raised": handoff.tier}
    outbox.put(session, [_letter(desk, handoff, f"raised:{handoff.id}:{handoff.n}", body)])


def _letter(desk: Desk, handoff: Handoff, key: str, body: dict[str, Any]) -> Letter:
    return Letter(
        key, "note", f"post:{handoff.channel}", desk.clock.real(), NOTE_RANK,
        card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
