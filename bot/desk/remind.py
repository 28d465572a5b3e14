"""Time passes: what is due is claimed and decided on the state of this moment, and what follows is written.

Decision and outbox row are one transaction. Each kind of row has its case: what is said stands in `nudges`, the
regular jobs stand here.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from bot.desk import (
    alert,
    assign,
    audit,
    auditor,
    delivery,
    govern,
    ladder,
    later_clocks,
    notices,
    nudges,
    opening,
    replays,
    retention,
    team_change,
    thread,
    turns,
    waking,
)  # fmt: skip
from bot.desk.desk import Desk
from bot.desk.due import Case
from storage import cards, deadlines, outbox
from storage.deadlines import Due
from storage.engine import IN_THE_BACKGROUND
from storage.outbox import Letter

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Rows decided in one transaction: enough to drain 10,000 in seconds, few enough to hold locks briefly: a press on
one of these hand-offs waits for the commit."""

Decider = Callable[[Case], None]

SETBACK = timedelta(minutes=1)
"""A row that cannot be decided is looked at again after this; the others of its batch are decided."""


def remind(desk: Desk) -> int:
    """Decide what is due now; gives how many rows were decided, 0 when nothing is due.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot take it; everything stays due.
    """
    now = desk.clock.business()
    with desk.database.reading() as session:
        if not deadlines.anything_due(session, now):
            return 0
    # Lists and jobs apart from the steps: they may take a while, and nobody's press waits for them.
    cases = [each for kinds, most in KINDS for each in _together(desk, now, kinds, most)]
    for tier in (tier for case in cases for tier in case.breached):
        desk.breached(tier)
    desk.wake()
    return len(cases)


def _together(desk: Desk, now: datetime, kinds: Mapping[str, Decider], most: int) -> list[Case]:
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        return decide(session, desk, now, kinds, most)


def decide(
    session: Session, desk: Desk, now: datetime, kinds: Mapping[str, Decider], most: int
) -> list[Case]:
    """Claim up to *most* due rows and decide them in this transaction.

    A kind that is in none of KINDS was written by a newer replica, which will decide it.
    """
    agreed = desk.agreed(session)
    readers: set[str] = set()
    claimed = deadlines.claim(session, now, most, kinds)
    cases = [Case(session, desk, agreed, row, now, readers=readers) for row in claimed]
    for case in cases:
        _decided(case, kinds[case.row.kind])
    notices.wake(session, readers, now)
    return cases


def _decided(case: Case, decide: Decider) -> None:
    """One row that cannot be decided must not keep everybody else's from being said."""
    try:
        with case.session.begin_nested():
            decide(case)
    except DBAPIError as trouble:
        if not isinstance(trouble, IntegrityError):
            raise
        log.exception("a due row broke a rule of the database", extra=_about(case.row))
        _set_back(case)  # the row's own doing: others must not wait for it
    except Exception:  # the boundary of one row: logged, told once, and tried again
        log.exception("a due row could not be decided", extra=_about(case.row))
        _set_back(case)


def _set_back(case: Case) -> None:
    case.breached.clear()
    _tell_of_setback(case)
    case.postpone(case.now + SETBACK)


def _about(row: Due) -> dict[str, str]:
    return {"kind": row.kind, "step": row.step, "subject": row.subject} | _handoff(row)


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


ABOUT_A_HANDOFF = (*ladder.OF_A_HANDOFF, ladder.ACTIVITY, assign.ASSIGN)
"""Kinds whose subject is a hand-off."""


def _handoff(row: Due) -> dict[str, str]:
    return {"handoff": row.subject} if row.kind in ABOUT_A_HANDOFF else {}


def next_due(desk: Desk, handoff_id: int) -> tuple[str, datetime] | None:
    """The next step of a hand-off, by name and time; None where nothing is to come."""
    with desk.database.reading() as session:
        rows = deadlines.open_steps(session, ladder.OF_A_HANDOFF, str(handoff_id))
    first = min(rows, key=lambda row: row.due_at, default=None)
    return (first.step, first.due_at) if first else None


def to_come(desk: Desk, most: int) -> list[Due]:
    """The next *most* things that are due for a person or a lead, soonest first."""
    with desk.database.reading() as session:
        return deadlines.next_open(session, _TOLD, most)


def soonest(desk: Desk) -> datetime | None:
    """When something is due next that a person may read or a lead may feel; None where nothing is."""
    with desk.database.reading() as session:
        return deadlines.soonest(session, _TOLD)


def back_at(desk: Desk, reader: str) -> datetime:
    """From when on *reader* may be written to: now, or the opening after the hours or days they are off."""
    with desk.database.reading() as session:
        return ladder.next_on_shift(desk.agreed(session).team, reader, desk.clock.business())


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
    letter = Letter(
        f"members:{case.now:%Y-%m-%d}", "members", "members", case.desk.clock.real(), nudges.DM_RANK
    )
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


def _team_check(case: Case) -> None:
    team_change.check(case.session, case.desk, case.row)


STEPS: dict[str, Decider] = {
    ladder.FIRST_TOUCH: nudges.first_touch,
    ladder.DECIDE: nudges.decide,
    ladder.AE_ACCEPT: later_clocks.ae_accept,
    ladder.OPPORTUNITY: later_clocks.opportunity,
    ladder.CLOSE_DATE: later_clocks.close_date,
    ladder.FOLLOW_UP: nudges.decide,
    ladder.ACTIVITY: thread.collected,
    ladder.DIGEST: _digest,
}
"""What somebody is told of one hand-off, many of them in one transaction."""

LISTS: dict[str, Decider] = {
    notices.NOTICES: notices.collect,
    opening.OPENING: _opening,
}
"""What one person is told of many hand-offs."""

JOBS: dict[str, Decider] = {
    govern.SHADOW_DIGEST: _shadow_digest,
    govern.MEMBERS: _members,
    auditor.AUDIT: _audit,
    audit.ANCHOR: _anchor,
    retention.RETENTION: _retention,
    replays.SEEN_REQUESTS: _seen_requests,
    delivery.RELIEF: _relief,
    team_change.TEAM_CHECK: _team_check,
}
"""What Baton does for itself, one at a time."""

WAKE_UPS: dict[str, Decider] = {ladder.WAKE: waking.wake}
"""Each makes its lead a hand-off, perhaps: one at a time, since it holds the lead as intake does."""

KINDS: tuple[tuple[Mapping[str, Decider], int], ...] = (
    (STEPS, AT_ONCE), (turns.OWNERS, 1), (LISTS, 5), (WAKE_UPS, 1), (JOBS, 1),
)  # fmt: skip
"""In this order, each in transactions of its own, of at most so many rows."""

_TOLD = [kind for kinds, _ in KINDS if kinds is not JOBS for kind in kinds]
"""What a person may read or a lead may feel."""
