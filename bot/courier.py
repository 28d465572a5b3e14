"""Claims outbox rows and hands each to the sender of its kind; writes down how it ended.

No network call is made inside a transaction: claim and commit, send, record and commit.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.clock import Clock
from bot.desk.post import Dead, Delivered, Doubtful, Dropped, Later, Outcome, Parcel
from storage import cards, outbox
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
    ) -> None:
        self._database = database
        self._clock = clock
        self._senders = senders
        self._gaps = dict(gaps)
        self._count = count
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
            log.exception("a letter's outcome could not be written down", extra={"send": letter.id})
        finally:
            free.release()
            self.wake()

    def _claim(self, most: int) -> list[Claimed]:
        now = self._clock.real()
        with self._database.reading() as session:
            if not outbox.anything_ready(session, now):
                return []
        with self._database.writing(IN_THE_BACKGROUND) as session:
            return outbox.claim(session, now, most, self._gaps)

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
        )
        try:
            outcome = self._senders[letter.kind](parcel)
        except Exception:  # the boundary of a sender: logged, and the letter is kept
            log.exception("a sender failed", extra={"send": letter.id, "kind": letter.kind})
            outcome = Later(BROKEN, "the sender failed; see the log")
        self._record(letter, outcome)

    def _record(self, letter: Claimed, outcome: Outcome) -> None:
        self._count(letter.kind, type(outcome).__name__.lower())
        now = self._clock.real()
        with self._database.writing(IN_THE_BACKGROUND) as session:
            if letter.pace in ONE_AT_A_TIME:
                outbox.hold(session, letter.pace, now)
            match outcome:
                case Delivered(ts, hash_, version) if letter.card_id is not None and version is not None:
                    cards.shown(session, letter, ts or "", version, hash_ or "")
                case Delivered():
                    outbox.settle(session, letter, "sent", sent_at=now, error=None)
                case Dropped(why):
                    outbox.settle(session, letter, "dropped", error=why)
                case Later(wait, why, whole_pace):
                    # A try that may have arrived is still to be looked for.
                    state = "unknown" if letter.doubtful else "new"
                    outbox.settle(session, letter, state, not_before=now + wait, error=why)
                    if whole_pace:
                        outbox.hold(session, letter.pace, now + wait)
                case Doubtful(why):
                    outbox.settle(session, letter, "unknown", not_before=now + GRACE, error=why)
                case Dead(why):
                    log.error(
                        "a letter was given up", extra={"send": letter.id, "kind": letter.kind, "why": why}
                    )
                    outbox.settle(session, letter, "dead", error=why)
