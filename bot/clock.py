"""Two times: business time, which a demo may move, and real time for signatures, leases and pacing."""

import logging
import threading
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
    """A business time that starts where it is told, may stand still, and can be put forward; never back."""

    def __init__(self, start: datetime, *, running: bool = True) -> None:
        self._turning = threading.Lock()
        # Where it was when it was last turned, and since when it has been running: replaced as one, because others
        # read it meanwhile.
        self._at: tuple[datetime, float | None] = (start, time.monotonic() if running else None)

    @property
    def running(self) -> bool:
        """Whether it goes on by itself."""
        return self._at[1] is not None

    def business(self) -> datetime:
        """The story's time."""
        return self._reading(*self._at).replace(microsecond=0)

    @staticmethod
    def _reading(at: datetime, since: float | None) -> datetime:
        return at if since is None else at + timedelta(seconds=time.monotonic() - since)

    def advance(self, by: timedelta) -> datetime:
        """Put business time forward by *by*, 0 or more; gives the new time."""
        with self._turning:
            at, since = self._at
            self._at = (at + max(by, timedelta(0)), since)
        return self.business()

    def pause(self) -> None:
        """Let business time stand still; real time goes on."""
        with self._turning:
            self._at = (self._reading(*self._at), None)

    def go_on(self) -> None:
        """Let it run again, from where it stands."""
        with self._turning:
            at, since = self._at
            self._at = (at, time.monotonic() if since is None else since)

    def advance_to(self, moment: datetime) -> datetime:
        """Put business time forward to *moment*; a moment in the past changes nothing."""
        return self.advance(moment - self.business())
