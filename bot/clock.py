"""Two times: business time, which a demo may move, and real time for signatures, leases and pacing."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)


class Clock:
    """The time as it is."""

    def business(self) -> datetime:
        """Aware UTC in whole seconds: activities, SLA and calendars."""
        return self.real().replace(microsecond=0)

    def real(self) -> datetime:
        """Aware UTC: signatures, triggers, leases and pacing."""
        return datetime.fromtimestamp(time.time(), tz=UTC)

    def checked(self) -> datetime:
        """Real time as it is decided by: what `real` reckons, asked anew where it is somebody else's."""
        return self.real()


REASKED = 10.0
"""Seconds for which the database's time is reckoned on from its last answer: two crystals drift by less than a
millisecond in that."""


class SharedClock(Clock):
    """Real time as replicas share it: the database's. *ask* gives it; between its answers a steady count goes on.

    The clock of this machine may be wrong, or be put right in the midst, and nothing here notices.
    """

    def __init__(self, ask: Callable[[], datetime]) -> None:
        self._ask = ask
        self._known: tuple[float, datetime] | None = None

    def real(self) -> datetime:
        """Aware UTC, at most a few milliseconds off; asked anew every ten seconds, while there is an answer."""
        known = self._known
        if known is None:
            return self.checked()
        if time.monotonic() - known[0] > REASKED:
            try:
                return self.checked()
            except Exception:
                # The database is away: what it said last is still the best there is, and every job that writes
                # meets the same trouble. The next call after ten seconds asks again.
                log.exception("the database does not tell the time; it is reckoned on from its last answer")
                self._known = (time.monotonic(), self._reckoned(known))
                return self._known[1]
        return self._reckoned(known)

    def checked(self) -> datetime:
        """The database's word, just now.

        Raises:
            whatever *ask* raises where the database does not answer.
        """
        before = time.monotonic()
        said = self._ask()
        # Counted from before the question: whoever holds a lease must not believe that it lasts longer.
        self._known = (before, said)
        return said

    def _reckoned(self, known: tuple[float, datetime]) -> datetime:
        return known[1] + timedelta(seconds=time.monotonic() - known[0])


class MovableClock(Clock):
    """A business time that starts where it is told and can be put forward; never back."""

    def __init__(self, start: datetime, *, running: bool = True) -> None:
        self._start = start
        self._running = running
        self._began = time.monotonic()
        self._ahead = timedelta(0)

    def business(self) -> datetime:
        """The story's time."""
        passed = timedelta(seconds=time.monotonic() - self._began) if self._running else timedelta(0)
        return (self._start + self._ahead + passed).replace(microsecond=0)

    def advance(self, by: timedelta) -> datetime:
        """Put business time forward by *by*, 0 or more; gives the new time."""
        self._ahead += max(by, timedelta(0))
        return self.business()

    def advance_to(self, moment: datetime) -> datetime:
        """Put business time forward to *moment*; a moment in the past changes nothing."""
        return self.advance(moment - self.business())
