"""What managers and owners must know of hand-offs, by DM: the first at once, what follows collected for a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.desk import ladder
from bot.desk.due import Case
from storage import deadlines, outbox
from storage.deadlines import Due
from storage.outbox import Letter

COLLECT = timedelta(minutes=15)
"""A manager's first breach comes at once, later ones are collected. Source: SEMANTICS "Clocks"."""

NOTICES = "notices"
RANK = 46


def wake(session: Session, readers: Iterable[str], now: datetime) -> None:
    """See that what was remembered for *readers* goes out: at once, or with others of 15 minutes.

    Once a batch, and in one order everywhere: two replicas that wake the same people do not wait for each other.
    """
    for reader in sorted(readers):
        last = deadlines.last_told(session, reader)
        at = now if last is None else max(now, last + COLLECT)
        # Written even where a row is there: a replica that is just collecting holds that row, so this waits for
        # it rather than leave a notice that nothing wakes.
        deadlines.schedule(session, [Due(NOTICES, reader, "next", at)])


def collect(case: Case) -> None:
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
        f"notices:{reader}:{ids[-1]}", "dm", f"post:{reader}", case.desk.clock.real(), RANK,
        body={"reader": reader, "view": "notices", "notices": ids},
    )  # fmt: skip
    outbox.put(case.session, [letter])
