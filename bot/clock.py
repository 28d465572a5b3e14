"""Two times: business time, which a demo may move, and real time for signatures, leases and pacing."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time as it is."""

    def business(self) -> datetime:
        """Aware UTC in whole seconds: activities, SLA and calendars."""
        return self.real().replace(microsecond=0)

    def real(self) -> datetime:
        """Aware UTC: signatures, triggers, leases and pacing."""
        return datetime.fromtimestamp(time.time(), tz=UTC)


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
