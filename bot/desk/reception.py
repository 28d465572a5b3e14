"""Requests that come at the same moment share a transaction: one commit, one look at the agreements for all.

Databases call it group commit. Whoever finds the desk free takes in everything that waits; the others sleep until
theirs is committed. Only requests about different people are taken together, so that each still gives the
score and the card it would have given alone.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.desk.desk import Desk, StorageError
from bot.desk.receive import Received, Together, receive_together
from scoring.arrival import Arrival

log = logging.getLogger(__name__)

MOST = 500
"""Events taken in together: more would keep the presses that wait for the database's one writer."""

TakeIn = Callable[[Desk, Sequence[Sequence[Arrival]]], Together]


@dataclass(eq=False, slots=True)
class _Turn:
    """A request that waits; *mine* counts its duplicates once it is done."""

    arrivals: Sequence[Arrival]
    called: threading.Event = field(default_factory=threading.Event)
    mine: int | None = None
    all: Received | None = None
    trouble: Exception | None = None

    @property
    def done(self) -> bool:
        return self.mine is not None or self.trouble is not None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sender is told of its request; *all* is what became of everybody's, for whoever led, else None."""

    received: int
    duplicates: int
    all: Received | None


class Reception:
    """Where requests of senders are taken in; *take_in* commits several of them at once."""

    def __init__(self, desk: Desk, take_in: TakeIn = receive_together) -> None:
        self._desk = desk
        self._commit = take_in
        self._lock = threading.Lock()
        self._waiting: list[_Turn] = []
        self._busy = False

    @property
    def waiting(self) -> int:
        """How many requests wait or are being taken in."""
        with self._lock:
            return len(self._waiting)

    def receive(self, arrivals: Sequence[Arrival]) -> Taken:
        """Take in *arrivals*, perhaps together with others; returns once they are committed.

        Raises:
            sqlalchemy.exc.OperationalError: the database cannot take it; nothing of it was kept.
            StorageError: the database was busy for too long; nothing of it was kept.
        """
        turn = _Turn(arrivals)
        with self._lock:
            self._waiting.append(turn)
            if self._busy:
                leads = False
            else:
                self._busy = leads = True
        if not leads:
            turn.called.wait()
        if not turn.done:
            self._lead()
        if turn.trouble is not None:
            raise turn.trouble
        return Taken(len(arrivals), turn.mine or 0, turn.all)

    def _lead(self) -> None:
        """Take in what waits, the oldest among it, and call the next one to lead."""
        with self._lock:
            group = _together(self._waiting)
        try:
            self._take_in(group)
        finally:
            with self._lock:
                self._waiting = [turn for turn in self._waiting if turn not in group]
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            for turn in group[1:]:
                turn.called.set()
            if following is not None:
                following.called.set()

    def _take_in(self, group: Sequence[_Turn]) -> None:
        try:
            _told(group, self._commit(self._desk, [turn.arrivals for turn in group]))
        except Exception as trouble:  # noqa: BLE001  # each of the group raises it in its own thread
            told = {"requests": len(group), "why": type(trouble).__name__}
            log.warning("requests could not be stored", extra=told)
            if len(group) == 1 or isinstance(trouble, OperationalError | PoolTimeout | StorageError):
                for turn in group:
                    turn.trouble = trouble
                return
            for turn in group:  # one of them is the cause: the others must not answer for it
                self._take_in([turn])


def _told(group: Sequence[_Turn], together: Together) -> None:
    for turn, duplicates in zip(group, together.each, strict=True):
        turn.mine = duplicates
    group[0].all = together.all


def _together(waiting: Sequence[_Turn]) -> list[_Turn]:
    """The oldest request and those after it that are about other people, as many as go together."""
    group: list[_Turn] = []
    keys: set[str] = set()
    events = 0
    for turn in waiting:
        about = {key for arrival in turn.arrivals for key in arrival.keys}
        if group and (events + len(turn.arrivals) > MOST or not keys.isdisjoint(about)):
            break
        group.append(turn)
        keys |= about
        events += len(turn.arrivals)
    return group
