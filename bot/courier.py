"""Claims outbox rows and hands each to the sender of its kind; writes down how it ended.

No network call is made inside a transaction: claim and commit, send, record and commit.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.clock import Clock
from bot.desk.post import Dead, Delivered, Doubtful, Dropped, Later, Outcome, Parcel
from storage import cards, outbox, paces
from storage.engine import IN_THE_BACKGROUND, Database
from storage.outbox import Claimed

log = logging.getLogger(__name__)

Sender = Callable[[Parcel], Outcome]

GAPS = {"post": timedelta(seconds=1), "edit": timedelta(milliseconds=300), "webhook": outbox.LEASE}
"""Time between two sends of one pace: Slack takes about one message a second per channel. Webhooks go one at a
time, or a receiver that hangs would hold every worker and the cards behind it."""

ONE_AT_A_TIME = frozenset({"webhook"})
"""Paces whose turn ends when the send does."""

GRACE = timedelta(seconds=12)
"""How long a doubtful send rests before it is looked for: longer than the client's time-out of 8 s and the
lag of Slack's history."""

BREATH = 0.01
"""Seconds between being woken and looking: who woke us is still answering a press, and must not wait for us."""

BROKEN = timedelta(seconds=30)
"""A sender that failed in a way nobody foresaw is tried again after this, and the failure is logged."""


class Courier:
    """Delivers in the background; `drain` does the same in the caller's thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        senders: Mapping[str, Sender],
        *,
        gaps: Mapping[str, timedelta] = GAPS,
        count: Callable[[str, str], None] = lambda _kind, _outcome: None,
        waited: Callable[[str, str, float], None] = lambda _until, _kind, _seconds: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._gaps = dict(gaps)
        self._count = count
        self._waited = waited
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._workers = 4

    def wake(self) -> None:
        """Something was written; look now rather than at the next tick."""
        self._woken.set()

    def start(self) -> None:
        """Deliver in the background until `stop`."""
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being sent, then stop."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def drain(self) -> int:
        """Send everything that is ready; gives how many letters were handled."""
        handled = 0
        while letters := self._claim(self._workers):
            for letter in letters:
                self._deliver(letter)
            handled += len(letters)
        return handled

    def _run(self) -> None:
        free = threading.Semaphore(self._workers)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="courier") as pool:
            while not self._stopping.is_set():
                if self._woken.wait(timeout=1.0):
                    self._stopping.wait(BREATH)
                self._woken.clear()
                try:
                    self._round(pool, free)
                except Exception:  # the boundary of the loop: the database may be away for a while
                    log.exception("the courier could not look for letters")
                    self._stopping.wait(1.0)

    def _round(self, pool: ThreadPoolExecutor, free: threading.Semaphore) -> None:
        while not self._stopping.is_set():
            free.acquire()
            letters: list[Claimed] = []
            try:
                letters = self._claim(1)
            finally:
                if not letters:  # also when the database is away: a worker that is not needed stays free
                    free.release()
            if not letters:
                return
            pool.submit(self._one, letters[0], free)

    def _one(self, letter: Claimed, free: threading.Semaphore) -> None:
        try:
            self._deliver(letter)
        except Exception:  # the boundary of one delivery: the lease runs out and the row is taken up again
            log.exception("a letter's outcome could not be written down", extra=_about(letter))
        finally:
            free.release()
            self.wake()

    def _claim(self, most: int) -> list[Claimed]:
        with self._database.reading() as session:
            if not outbox.anything_ready(session, self._clock.real()):
                return []
        now = self._clock.checked()
        with self._database.writing(IN_THE_BACKGROUND) as session:
            letters = outbox.claim(session, now, most, self._gaps)
        for letter in letters:
            self._waited("claim", letter.kind, (now - letter.ready_at).total_seconds())
        return letters

    def _deliver(self, letter: Claimed) -> None:
        parcel = Parcel(
            send=letter.id,
            kind=letter.kind,
            card_id=letter.card_id,
            handoff_id=letter.handoff_id,
            body=letter.body,
            attempts=letter.attempts,
            doubtful=letter.doubtful,
            leased_until=letter.leased_until,
            tried_at=letter.tried_at,
            probing=letter.probing,
        )
        try:
            outcome = self._senders[letter.kind](parcel)
        except Exception:  # the boundary of a sender: logged, and the letter is kept
            log.exception("a sender failed", extra=_about(letter))
            outcome = Later(BROKEN, "the sender failed; see the log")
        self._record(letter, outcome)

    def _record(self, letter: Claimed, outcome: Outcome) -> None:
        self._count(letter.kind, type(outcome).__name__.lower())
        now = self._clock.checked()
        if isinstance(outcome, Delivered):
            self._waited("arrival", letter.kind, (now - letter.created_at).total_seconds())
        with self._database.writing(IN_THE_BACKGROUND) as session:
            ours = _settled(session, letter, outcome, now)
            if outcome.idle or letter.pace in ONE_AT_A_TIME:
                paces.give_back(session, letter.turns, now)
            if isinstance(outcome, Later) and outcome.holds is not None:
                for pace in _held(letter.pace, outcome.holds):
                    paces.hold(session, pace, now + outcome.wait)
            if ours and outcome.also is not None:
                outcome.also(session, now)
        _log(letter, outcome)


def _held(own: str, said: str) -> set[str]:
    """The pace that a call was refused on, and the letter's own where it queues for the same kind of call: notes
    of a card that moved to the fallback channel still queue for the channel it was meant for."""
    return {said, own} if own.partition(":")[0] == said.partition(":")[0] else {said}


LOGGED = {
    Delivered: (logging.INFO, "a letter was delivered"),
    Dropped: (logging.INFO, "a letter was dropped"),
    Later: (logging.DEBUG, "a letter waits"),  # some are tried every second
    Doubtful: (logging.WARNING, "nobody knows whether a letter arrived"),
    Dead: (logging.ERROR, "a letter was given up"),
}


def _log(letter: Claimed, outcome: Outcome) -> None:
    level, event = LOGGED[type(outcome)]
    why = getattr(outcome, "why", None)
    log.log(level, event, extra=_about(letter) | ({"why": why} if why else {}))


def _about(letter: Claimed) -> dict[str, object]:
    """A letter in a line of log."""
    named = {"send": letter.id, "kind": letter.kind, "card": letter.card_id, "handoff": letter.handoff_id}
    return {name: value for name, value in named.items() if value is not None}


def _settled(session: Session, letter: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write down how it ended; False, and nothing written, where the letter is somebody else's by now."""
    match outcome:
        case Delivered() if letter.card_id is not None and outcome.version is not None:
            shown = (outcome.ts or "", outcome.version, outcome.hash or "", outcome.sent_to)
            return cards.shown(session, letter, *shown)
        case Delivered():
            there = {"sent_to": outcome.sent_to, "ts": outcome.ts}
            return outbox.settle(session, letter, "sent", sent_at=now, error=None, **there)
        case Dropped():
            return outbox.settle(session, letter, "dropped", error=outcome.why)
        case Later():
            # A try that may have arrived is still to be looked for.
            state = "unknown" if letter.doubtful else "new"
            kept = {"sent_at": letter.tried_at} if letter.doubtful else {}
            waits = {"not_before": now + outcome.wait, "error": outcome.why, **kept}
            return outbox.settle(session, letter, state, **waits)
        case Doubtful():
            tried = letter.tried_at or letter.claimed_at
            rests = {"not_before": now + GRACE, "error": outcome.why, "sent_at": tried}
            return outbox.settle(session, letter, "unknown", **rests)
        case Dead():
            return outbox.settle(session, letter, "dead", error=outcome.why)
