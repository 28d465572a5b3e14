"""One due row in the hands of whoever decides it, and how that can end."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk
from storage import deadlines
from storage.deadlines import Due


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
    readers: set[str] = field(default_factory=set)
    """Who of this batch has something new to read; see `notices.wake`."""

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
