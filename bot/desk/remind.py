"""Time passes: what is due is claimed, decided on the state of this moment, and what must be said is written.

A nudge waits for its reader's hours; of several steps that are due at once only the latest speaks; nothing is
said about what was done already. Decision and outbox row are one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.desk import announce, govern, ladder
from bot.desk.desk import Agreed, Desk
from scoring.handoff import Handoff
from storage import deadlines, handoffs, outbox
from storage.deadlines import Due
from storage.outbox import Letter

AT_ONCE = 200
"""Rows decided in one transaction: enough to drain 10,000 in seconds, few enough to hold locks briefly."""

COLLECT = timedelta(minutes=15)
"""A manager's first breach comes at once, later ones are collected. Source: SEMANTICS "Clocks"."""

NOTICES = "notices"
NOTE_RANK = 45
DM_RANK = 46


@dataclass(frozen=True, slots=True)
class Case:
    """One due row and what it is about."""

    session: Session
    desk: Desk
    agreed: Agreed
    row: Due
    now: datetime

    def postpone(self, to: datetime) -> None:
        """Not now: its reader is off."""
        deadlines.postpone(self.session, self.row, to)

    def done(self) -> None:
        """Decided; the same step never speaks again."""
        deadlines.done(self.session, self.row, self.now)


def remind(desk: Desk) -> int:
    """Decide what is due now; gives how many rows were looked at, 0 when nothing is due."""
    now = desk.clock.business()
    with desk.database.reading() as session:
        if not deadlines.anything_due(session, now):
            return 0
    with desk.database.writing() as session:
        rows = deadlines.claim(session, now, AT_ONCE)
        agreed = desk.agreed(session)
        for row in rows:
            CASES[row.kind](Case(session, desk, agreed, row, now))
    desk.wake()
    return len(rows)


def next_due(desk: Desk, handoff_id: int) -> tuple[str, datetime] | None:
    """The next step of a hand-off, by name and time; None where nothing is to come."""
    with desk.database.reading() as session:
        rows = [
            row
            for kind in (ladder.FIRST_TOUCH, ladder.DECIDE, ladder.FOLLOW_UP)
            for row in deadlines.open_steps(session, kind, str(handoff_id))
        ]
    first = min(rows, key=lambda row: row.due_at, default=None)
    return (first.step, first.due_at) if first else None


def _first_touch(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.open or not handoff.wants_touch:
        case.done()
        return
    calendar = ladder.reader_calendar(case.agreed, handoff)
    if not calendar.is_open(case.now):
        case.postpone(calendar.next_open(case.now))
        return
    case.done()
    if _later_step_is_due(case):
        return
    kind = case.row.step.partition(" ")[0]
    if kind == "breach":
        _breach(case, handoff)
    elif handoff.owner is not None:  # "first-touch nudges then go to the owner alone"
        _tell_owner(case, handoff)
    else:
        _tell_thread(case, handoff, everyone=kind == "everyone")


def _later_step_is_due(case: Case) -> bool:
    """ "If later steps have passed meanwhile, only the latest is sent"."""
    left = deadlines.open_steps(case.session, case.row.kind, case.row.subject)
    return any(step.due_at <= case.now for step in left)


def _tell_owner(case: Case, handoff: Handoff) -> None:
    _dm(case, handoff.owner or "", handoff, {"view": "nudge", "step": case.row.step})


def _dm(case: Case, reader: str, handoff: Handoff, body: dict[str, object]) -> None:
    letter = Letter(
        f"{case.row.kind}:{handoff.id}:{case.row.step}:{reader}", "dm", f"post:{reader}",
        case.desk.clock.real(), DM_RANK, card_id=handoff.card_id, handoff_id=handoff.id,
        body={"reader": reader, **body},
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _tell_thread(case: Case, handoff: Handoff, *, everyone: bool) -> None:
    """In the card's thread; people on shift are mentioned once a hand-off, or when everyone is called."""
    readers = _on_shift(case, handoff) if everyone or _first_to_call(case, handoff) else []
    if everyone:
        readers += [manager for manager in case.agreed.team.managers if manager not in readers]
    _note(case, handoff, {"view": "nudge", "step": case.row.step, "mention": readers})


def _note(case: Case, handoff: Handoff, body: dict[str, object]) -> None:
    letter = Letter(
        f"{case.row.kind}:{handoff.id}:{case.row.step}", "note", f"post:{handoff.channel}",
        case.desk.clock.real(), NOTE_RANK, card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _on_shift(case: Case, handoff: Handoff) -> list[str]:
    team = case.agreed.team
    people = (team.person(id_) for id_ in handoff.pool)
    return [person.id for person in people if person is not None and team.on_shift(person, case.now)]


def _first_to_call(case: Case, handoff: Handoff) -> bool:
    """ "Unowned ones mention on-shift pool members once"."""
    return not deadlines.any_done(case.session, case.row.kind, str(handoff.id), besides=case.row.step)


def _breach(case: Case, handoff: Handoff) -> None:
    """ "Noted in the card's thread at once; everyone with role manager gets the first by DM at once"."""
    _note(
        case,
        handoff,
        {"view": "breach", "step": case.row.step, "mention": [handoff.owner] if handoff.owner else []},
    )
    announce.outgoing(case.session, case.desk, handoff, "handoff.overdue")
    for manager in case.agreed.team.managers:
        if manager != handoff.owner:
            _notify(case, manager, handoff, case.row.step)


def _notify(case: Case, reader: str, handoff: Handoff, step: str) -> None:
    """Remember it for *reader*, and see that a message goes out within their hours."""
    deadlines.notify(case.session, reader, handoff.id, step, case.now)
    last = deadlines.last_told(case.session, reader)
    at = case.now if last is None else max(case.now, last + COLLECT)
    calendar = case.agreed.team.calendar_of(reader)
    deadlines.once(case.session, Due(NOTICES, reader, "next", calendar.next_open(at)))


def _notices(case: Case) -> None:
    reader = case.row.subject
    calendar = case.agreed.team.calendar_of(reader)
    if not calendar.is_open(case.now):
        case.postpone(calendar.next_open(case.now))
        return
    waiting = deadlines.untold(case.session, reader)
    deadlines.forget(case.session, case.row)
    if not waiting:
        return
    ids = [notice.id for notice in waiting]
    deadlines.told(case.session, ids, case.now)
    letter = Letter(
        f"notices:{reader}:{ids[-1]}", "dm", f"post:{reader}", case.desk.clock.real(), DM_RANK,
        body={"reader": reader, "view": "notices", "notices": ids},
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _decide(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.open:
        case.done()
        return
    calendar = ladder.reader_calendar(case.agreed, handoff)
    if not calendar.is_open(case.now):
        case.postpone(calendar.next_open(case.now))
        return
    if case.row.step == "weekly":
        case.postpone(calendar.next_open(case.now + ladder.WEEK))
    else:
        case.done()
        if _later_step_is_due(case):
            return
    _ask_for_decision(case, handoff)


def _ask_for_decision(case: Case, handoff: Handoff) -> None:
    """The owner first; from the full time on, and while nobody owns it, the managers too."""
    step = f"{case.row.kind} {case.row.step} {case.now:%Y-%m-%d}"
    if handoff.owner is not None:
        _notify(case, handoff.owner, handoff, step)
    if handoff.owner is None or case.row.step != "half":
        for manager in case.agreed.team.managers:
            if manager != handoff.owner:
                _notify(case, manager, handoff, step)


def _shadow_digest(case: Case) -> None:
    govern.shadow_digest(case.session, case.desk, case.agreed, case.row)


def _members(case: Case) -> None:
    """Once a day Slack is asked who is who; the courier asks, because no network call is made in here."""
    case.postpone(case.now + timedelta(days=1))
    letter = Letter(f"members:{case.now:%Y-%m-%d}", "members", "members", case.desk.clock.real(), DM_RANK)
    outbox.put(case.session, [letter])


CASES: dict[str, Callable[[Case], None]] = {
    ladder.FIRST_TOUCH: _first_touch,
    ladder.DECIDE: _decide,
    ladder.FOLLOW_UP: _decide,
    NOTICES: _notices,
    govern.SHADOW_DIGEST: _shadow_digest,
    govern.MEMBERS: _members,
}
