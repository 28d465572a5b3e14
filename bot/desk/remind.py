"""Time passes: what is due is claimed, decided on the state of this moment, and what must be said is written.

A nudge waits for its reader's hours; of several steps that are due at once only the latest speaks; nothing is
said about what was done already. Decision and outbox row are one transaction.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.desk import alert, announce, audit, auditor, delivery, govern, ladder, opening, replays, retention
from bot.desk.desk import Agreed, Desk
from scoring.handoff import Handoff
from storage import cards, deadlines, handoffs, outbox
from storage.deadlines import Due
from storage.engine import IN_THE_BACKGROUND
from storage.outbox import Letter

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Rows decided in one transaction: enough to drain 10,000 in seconds, few enough to hold locks briefly."""

COLLECT = timedelta(minutes=15)
"""A manager's first breach comes at once, later ones are collected. Source: SEMANTICS "Clocks"."""

SETBACK = timedelta(minutes=1)
"""A row that cannot be decided is looked at again after this; the others of its batch are decided."""

NOTICES = "notices"
CALLED = "called"
"""A row of this kind says that the pool was mentioned for a hand-off; it is never due."""
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
    breached: list[str] = field(default_factory=list)
    """Tiers of the breaches that were decided; counted once they are committed."""

    def postpone(self, to: datetime) -> None:
        """Not now: its reader is off."""
        deadlines.postpone(self.session, self.row, to)

    def done(self) -> None:
        """Decided; the same step never speaks again."""
        deadlines.done(self.session, self.row, self.now)

    def needless(self) -> None:
        """Nobody waits for it any more, unless the press that made it needless is undone."""
        deadlines.cancel(self.session, [self.row.kind], self.row.subject)

    def waits(self, until: datetime) -> bool:
        """Whether its reader is off; then it is looked at again when they are back."""
        if until > self.now:
            self.postpone(until)
        return until > self.now


def remind(desk: Desk) -> int:
    """Decide what is due now; gives how many rows were decided, 0 when nothing is due.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot take it; everything stays due.
    """
    now = desk.clock.business()
    with desk.database.reading() as session:
        if not deadlines.anything_due(session, now):
            return 0
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        rows = deadlines.claim(session, now, AT_ONCE)
        agreed = desk.agreed(session)
        # A kind unknown here was written by a newer replica, which will decide it.
        ours = [Case(session, desk, agreed, row, now) for row in rows if row.kind in CASES]
        for case in ours:
            _decided(case)
    for tier in (tier for case in ours for tier in case.breached):
        desk.breached(tier)
    desk.wake()
    return len(ours)


def _decided(case: Case) -> None:
    """One row that cannot be decided must not keep everybody else's from being said."""
    try:
        with case.session.begin_nested():
            CASES[case.row.kind](case)
    except DBAPIError:
        raise
    except Exception:  # the boundary of one row: logged, told once, and tried again
        case.breached.clear()
        told = {"kind": case.row.kind, "step": case.row.step, "subject": case.row.subject}
        log.exception("a due row could not be decided", extra=told | _handoff(case.row))
        _tell_of_setback(case)
        case.postpone(case.now + SETBACK)


def _tell_of_setback(case: Case) -> None:
    """Postponed each minute it is never late, so the auditor would not see it."""
    row = case.row
    what = (
        f"the step {row.step} ({row.kind}) of hand-off {row.subject}"
        if _handoff(row)
        else f"the job {row.kind}"
    )
    sentence = (
        f"Baton cannot decide {what}: an error of its own. It is tried again every minute. "
        "Look for 'could not be decided' in the log, and report what stands there."
    )
    alert.admins(
        case.session, case.desk, case.agreed, f"setback:{row.kind}:{row.subject}:{row.step}", sentence
    )


ABOUT_A_HANDOFF = (ladder.FIRST_TOUCH, ladder.DECIDE, ladder.FOLLOW_UP)
"""Kinds whose subject is a hand-off."""


def _handoff(row: Due) -> dict[str, str]:
    return {"handoff": row.subject} if row.kind in ABOUT_A_HANDOFF else {}


def next_due(desk: Desk, handoff_id: int) -> tuple[str, datetime] | None:
    """The next step of a hand-off, by name and time; None where nothing is to come."""
    with desk.database.reading() as session:
        rows = [
            row for kind in ABOUT_A_HANDOFF for row in deadlines.open_steps(session, [kind], str(handoff_id))
        ]
    first = min(rows, key=lambda row: row.due_at, default=None)
    return (first.step, first.due_at) if first else None


def back_at(desk: Desk, reader: str) -> datetime:
    """From when on *reader* may be written to: now, or the opening after the hours or days they are off."""
    with desk.database.reading() as session:
        return ladder.next_on_shift(desk.agreed(session).team, reader, desk.clock.business())


def _first_touch(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.wants_touch:
        case.needless()
        return
    kind = case.row.step.partition(" ")[0]
    if case.waits(_opens(case, handoff, alone=kind != "breach")):
        return
    case.done()
    if _later_step_is_due(case) or _overtaken(case, handoff):
        return
    if kind == "breach":
        _breach(case, handoff)
    elif handoff.owner is not None:  # "first-touch nudges then go to the owner alone"
        _tell_owner(case, handoff)
    else:
        _tell_thread(case, handoff, everyone=kind == "everyone")


def _opens(case: Case, handoff: Handoff, *, alone: bool) -> datetime:
    """When what is due may be said. An absence delays what the owner *alone* reads, and never a breach."""
    if alone and handoff.owner is not None:
        return ladder.next_on_shift(case.agreed.team, handoff.owner, case.now)
    return ladder.reader_calendar(case.agreed, handoff).next_open(case.now)


def _overtaken(case: Case, handoff: Handoff) -> bool:
    definition = case.desk.definition(case.session, handoff.version)
    return ladder.overtaken(case.row.step, handoff, definition, case.agreed.team, case.now)


def _later_step_is_due(case: Case) -> bool:
    """ "If later steps have passed meanwhile, only the latest is sent"."""
    return deadlines.later_due(case.session, case.row, case.now)


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
    if everyone:
        readers = _on_shift(case, [*handoff.pool, *case.agreed.team.managers])
        _remember_call(case, handoff)
    else:
        readers = _pool_to_call(case, handoff)
    _note(case, handoff, {"view": "nudge", "step": case.row.step, "mention": readers})


def _note(case: Case, handoff: Handoff, body: dict[str, object]) -> None:
    letter = Letter(
        f"{case.row.kind}:{handoff.id}:{case.row.step}", "note", f"post:{handoff.channel}",
        case.desk.clock.real(), NOTE_RANK, card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _on_shift(case: Case, ids: Sequence[str]) -> list[str]:
    team = case.agreed.team
    people = (team.person(id_) for id_ in dict.fromkeys(ids))
    return [person.id for person in people if person is not None and team.on_shift(person, case.now)]


def _pool_to_call(case: Case, handoff: Handoff) -> list[str]:
    """ "Unowned ones mention on-shift pool members once": those to mention now, nobody the second time."""
    if deadlines.any_done(case.session, CALLED, str(handoff.id), besides=""):
        return []
    readers = _on_shift(case, handoff.pool)
    if readers:
        _remember_call(case, handoff)
    return readers


def _remember_call(case: Case, handoff: Handoff) -> None:
    row = Due(CALLED, str(handoff.id), "pool", case.now)
    deadlines.once(case.session, row)
    deadlines.done(case.session, row, case.now)


def _breach(case: Case, handoff: Handoff) -> None:
    """ "Noted in the card's thread at once; everyone with role manager gets the first by DM at once"."""
    readers = _on_shift(case, [handoff.owner]) if handoff.owner else _pool_to_call(case, handoff)
    _note(case, handoff, {"view": "breach", "step": case.row.step, "mention": readers})
    announce.outgoing(case.session, case.desk, handoff, "handoff.overdue")
    case.breached.append(handoff.tier)
    for manager in case.agreed.team.managers:
        _notify(case, manager, handoff, case.row.step)


def _notify(case: Case, reader: str, handoff: Handoff, step: str) -> None:
    """Remember it for *reader*, and see that a message goes out: at once, or with others of 15 minutes."""
    deadlines.notify(case.session, reader, handoff.id, step, case.now)
    last = deadlines.last_told(case.session, reader)
    at = case.now if last is None else max(case.now, last + COLLECT)
    # Written even where a row is there: a replica that is just collecting holds that row, so this waits for
    # it rather than leave a notice that nothing wakes.
    deadlines.schedule(case.session, [Due(NOTICES, reader, "next", at)])


def _notices(case: Case) -> None:
    reader = case.row.subject
    if case.waits(ladder.next_on_shift(case.agreed.team, reader, case.now)):
        return
    deadlines.forget(case.session, case.row)
    waiting = deadlines.untold(case.session, reader)
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
        case.needless()
        return
    calendar = ladder.reader_calendar(case.agreed, handoff)
    if case.waits(calendar.next_open(case.now)):
        return
    if case.row.step == ladder.WEEKLY:
        case.postpone(calendar.next_open(case.now + ladder.WEEK))
    else:
        case.done()
        if _later_step_is_due(case):
            return
    _ask_for_decision(case, handoff)


def _ask_for_decision(case: Case, handoff: Handoff) -> None:
    """The owner first; from the full time on, and while nobody owns it, the managers too."""
    step = f"{case.row.kind} {case.row.step}"
    if case.row.step == ladder.WEEKLY:
        step += f" {case.now:%G-W%V}"  # the ISO week: a press that moves the row asks nobody twice
    if handoff.owner is not None:
        _notify(case, handoff.owner, handoff, step)
    if handoff.owner is None or case.row.step != "half":
        for manager in case.agreed.team.managers:
            if manager != handoff.owner:
                _notify(case, manager, handoff, step)


def _digest(case: Case) -> None:
    case.done()
    cards.post(case.session, int(case.row.subject), case.desk.clock.real())


def _opening(case: Case) -> None:
    if not case.waits(ladder.next_on_shift(case.agreed.team, case.row.subject, case.now)):
        opening.write_list(case.session, case.desk, case.row)


def _shadow_digest(case: Case) -> None:
    govern.shadow_digest(case.session, case.desk, case.agreed, case.row)


def _members(case: Case) -> None:
    """Once a day Slack is asked who is who; the courier asks, because no network call is made in here."""
    case.postpone(case.now + timedelta(days=1))
    letter = Letter(f"members:{case.now:%Y-%m-%d}", "members", "members", case.desk.clock.real(), DM_RANK)
    outbox.put(case.session, [letter])


def _seen_requests(case: Case) -> None:
    case.postpone(case.now + replays.KEPT)
    replays.forget(case.session, case.desk)


def _anchor(case: Case) -> None:
    more = audit.anchor(case.session, case.desk)
    case.postpone(case.now if more else case.now + audit.EVERY)


def _audit(case: Case) -> None:
    case.postpone(case.now + auditor.EVERY)
    auditor.audit(case.session, case.desk, case.agreed)


def _retention(case: Case) -> None:
    """Once a day; the courier does it, because it takes many transactions and this is one."""
    case.postpone(case.now + retention.EVERY)
    retention.ask(case.session, case.desk, case.now)


def _relief(case: Case) -> None:
    more = delivery.relieve(case.session, case.desk)
    case.postpone(case.now if more else case.now + delivery.A_MINUTE)


CASES: dict[str, Callable[[Case], None]] = {
    ladder.FIRST_TOUCH: _first_touch,
    ladder.DECIDE: _decide,
    ladder.FOLLOW_UP: _decide,
    ladder.DIGEST: _digest,
    NOTICES: _notices,
    opening.OPENING: _opening,
    govern.SHADOW_DIGEST: _shadow_digest,
    govern.MEMBERS: _members,
    auditor.AUDIT: _audit,
    audit.ANCHOR: _anchor,
    retention.RETENTION: _retention,
    replays.SEEN_REQUESTS: _seen_requests,
    delivery.RELIEF: _relief,
}
