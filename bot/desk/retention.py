"""What is kept for a while only. Once a day a letter asks for it, because it takes many small transactions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.desk import privacy
from bot.desk.desk import Desk
from bot.desk.post import Delivered, Later, Outcome, Parcel
from storage import outbox, retention
from storage import privacy as erasure
from storage.engine import IN_THE_BACKGROUND
from storage.outbox import Letter

RETENTION = "retention"
EVERY = timedelta(days=1)
RANK = 90

AT_ONCE = 500
"""Rows a transaction removes: milliseconds, so that presses hardly wait."""

AT_A_TIME = timedelta(seconds=8)
"""How long one go may take; shorter than the courier's lease of 20 s. What is left is taken up at once."""

BREATH = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long things are kept; None is for ever.

    Attributes:
        leads: after this long without a word from or about a lead it is erased.
        sent: after this long what was sent is removed, or shortened to where it stands.
    """

    leads: timedelta | None
    sent: timedelta | None


def ask(session: Session, desk: Desk, now: datetime) -> None:
    """Ask for the day's look."""
    letter = Letter(f"{RETENTION}:{now:%Y-%m-%d %H:%M}", RETENTION, RETENTION, desk.clock.real(), RANK)
    outbox.put(session, [letter])


@dataclass(frozen=True, slots=True)
class Retention:
    """The sender of those letters: it sends nothing, and removes what was kept long enough."""

    desk: Desk
    keep: Keep

    def __call__(self, _parcel: Parcel) -> Outcome:
        until = self.desk.clock.real() + AT_A_TIME

        def in_time() -> bool:
            return self.desk.clock.real() < until

        done = tidy(self.desk, self.keep, in_time)
        return Delivered(idle=True) if done else Later(BREATH, "there is more to remove", idle=True)


def tidy(desk: Desk, keep: Keep, in_time: Callable[[], bool] = lambda: True) -> bool:
    """Remove what was kept long enough, while *in_time*; gives whether nothing is left to be removed."""
    if keep.sent is not None and not _tidy_letters(desk, keep.sent, in_time):
        return False
    return keep.leads is None or not desk.secret or _erase_idle(desk, keep.leads, in_time)


def _tidy_letters(desk: Desk, kept: timedelta, in_time: Callable[[], bool]) -> bool:
    before = desk.clock.real() - kept
    after: int | None = 0
    while after is not None and in_time():
        with desk.database.writing(IN_THE_BACKGROUND) as session:
            after = retention.shorten_letters(session, before, after, AT_ONCE)
    # A day later than its letter, which is shortened by then and names the hand-offs itself.
    told_before = desk.clock.business() - kept - EVERY
    if after is not None:
        return False
    return _emptied(desk, lambda s: retention.forget_notices(s, told_before, AT_ONCE), in_time) and _emptied(
        desk, lambda s: retention.remove_letters(s, before, AT_ONCE), in_time
    )


def _emptied(desk: Desk, remove: Callable[[Session], int], in_time: Callable[[], bool]) -> bool:
    while in_time():
        with desk.database.writing(IN_THE_BACKGROUND) as session:
            if remove(session) < AT_ONCE:
                return True
    return False


def _erase_idle(desk: Desk, kept: timedelta, in_time: Callable[[], bool]) -> bool:
    since = desk.clock.business() - kept
    with desk.database.reading() as session:
        found = erasure.idle(session, since, AT_ONCE)
    looked_at = 0
    for lead in found:
        if not in_time():
            break
        privacy.erase_idle(desk, lead, since)
        looked_at += 1
    if looked_at:  # a whole file is not written anew beside people who press; its log of changes is emptied
        erasure.wipe(desk.database, rewrite=False)
        desk.wake()
    return looked_at == len(found) < AT_ONCE
