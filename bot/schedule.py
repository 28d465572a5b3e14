"""The ticks: one job a replica, in memory. What is due is in the database, so a missed tick loses nothing."""

import logging
import time
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from bot.courier import Courier
from bot.desk import remind
from bot.desk.desk import Desk

log = logging.getLogger(__name__)
_ticking = logging.getLogger(f"{__name__}.ticks")
_ticking.setLevel(
    logging.ERROR
)  # it warns of each tick that outlasts its second: no news, the next one does it all

EVERY_SECONDS = 1
MOST_ROUNDS = 100
"""Rounds of one tick: what a round decides may make something else due at once, and 10,000 may be due."""

SILENT_AFTER = 15.0
"""Seconds without a completed tick after which /readyz says so."""


class Schedule:
    """Looks once a second for what is due."""

    def __init__(self, desk: Desk, courier: Courier, seconds: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._courier = courier
        self._seconds = seconds
        self._ticks = BackgroundScheduler(timezone="UTC", logger=_ticking)
        self._last_tick = seconds()

    def start(self) -> None:
        """Tick in the background until `stop`."""
        self._last_tick = self._seconds()
        self._ticks.add_job(
            self.tick,
            "interval",
            seconds=EVERY_SECONDS,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._ticks.start()

    def stop(self) -> None:
        """Finish the tick at hand, then stop."""
        if self._ticks.running:
            self._ticks.shutdown(wait=True)

    def tick(self) -> None:
        """Decide everything that is due now, and let the courier look."""
        try:
            for _ in range(MOST_ROUNDS):
                left = remind.remind(self._desk)
                self._last_tick = self._seconds()  # after each round: a long queue is no silence
                if not left:
                    break
        except Exception:  # the boundary of a tick: the rows stay due
            log.exception("a tick failed; it is tried again in a second")
        self._courier.wake()

    @property
    def alive(self) -> bool:
        """Whether a tick was completed lately."""
        return self._seconds() - self._last_tick < SILENT_AFTER
