"""Baton's replicas between their database, their Slack and one door, with the model beside them."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import httpx

from bot.playground import Message
from tests.state_machine.books import Books
from tests.state_machine.expected import Expected, State
from tests.state_machine.fate import Fate, Held, Killed, watching
from tests.state_machine.place import Place, Replica
from tests.state_machine.said import Ear, everything, needless, send_of
from tests.world import workspace

BEST_EFFORT = "a best-effort call to Slack failed"
"""What Baton logs where a whisper or a Home was lost; no fact depends on them."""


class Errors(logging.Handler):
    """Every traceback that Baton logged: it met something nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        ours = record.name.startswith(("bot.", "storage.", "scoring."))
        if ours and record.exc_info and record.getMessage() != BEST_EFFORT:
            self.seen.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


class Aside(threading.Thread):
    """Something done beside; `join` gives what it gave, or raises what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Do it."""
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (raised again, or judged, by who joins)
            self.error = error

    def until_held_or_done(self, held: Held) -> None:
        """Wait until it is asleep, or at its end."""
        while self.is_alive() and not held.asleep.wait(0.005):
            pass


class Ground:
    """One round: everything around a database, and the model beside it."""

    def __init__(self, place: Place, start: datetime) -> None:
        self._given_back = ExitStack()
        self.hands = place.hands(start)
        self.slack = workspace(clock=lambda: self.hands.real().timestamp()).start()
        self._given_back.callback(self.slack.stop)
        url = place.fresh()
        self.fate = Fate()
        self.replicas = [Replica.begin(url, self.slack.url, self.hands) for _ in range(place.replicas)]
        self.books = Books(url)
        self.door = place.door
        self.slack.events_url = f"{self.door.address}/slack/events"
        self.http = self._given_back.enter_context(
            httpx.Client(base_url=self.door.address, trust_env=False, verify=False)
        )
        self._given_back.enter_context(watching(self.fate))
        self.handoffs: dict[int, Expected] = {}
        self.ear = Ear(self.slack)
        self.deleted: dict[int, list[State]] = {}
        self.before: dict[int, State] = {}
        self.errors = Errors()
        self._sleeper: tuple[Replica, Aside, Held] | None = None
        logging.getLogger().addHandler(self.errors)
        self._given_back.callback(logging.getLogger().removeHandler, self.errors)

    def close(self) -> None:
        """Give everything back, whatever happened."""
        self.fate.off()
        self.wake()
        for replica in self.replicas:
            replica.end()
        self.books.close()
        self._given_back.close()

    @property
    def now(self) -> datetime:
        """The time."""
        return self.hands.business()

    @property
    def _in_trouble(self) -> bool:
        archived = any(self.slack.channel(each).archived for each in ("C0EMEA", "C0ALL"))
        return bool(self.slack.faults.waiting) or archived

    # -- who works ----------------------------------------------------------------------------

    def replica(self, number: int) -> Replica:
        """One that is awake."""
        awake = [each for each in self.replicas if self._sleeper is None or each is not self._sleeper[0]]
        return awake[number % len(awake)]

    def _through(
        self, replica: Replica, act: Callable[[], Any], edge: int, *, lose: bool = False
    ) -> tuple[Any, bool]:
        """*act* with *replica* behind the door; its result, and whether the replica lived to answer."""
        self.door.behind, self.door.lose_answer, self.door.died = replica.baton.web, lose, False
        with self.fate.kill_at(edge):
            result = act()
        replica.quiet()
        self.door.lose_answer = False
        if self.door.died:
            replica.revive()
        return result, not self.door.died

    def work(self, what: str, edge: int, number: int) -> None:
        """A replica ticks or drains, and perhaps dies of it; time brings no move of a hand-off."""
        self._remember()
        replica = self.replica(number)
        try:
            with self.fate.kill_at(edge):
                if what == "tick":
                    replica.baton.schedule.tick()
                else:
                    replica.baton.courier.drain()
        except Killed:
            replica.revive()
        self._nothing_moved()

    def doze(self, begin: int) -> None:
        """A replica falls asleep in the midst of sending, where there is another one; its leases run on."""
        if self._sleeper is not None or len(self.replicas) < 2:
            return
        self._remember()
        replica = self.replica(0)
        held = self.fate.hold_at(begin)
        thread = Aside(replica.baton.courier.drain)
        thread.start()
        thread.until_held_or_done(held)
        self.fate.off()
        if thread.is_alive():
            self._sleeper = replica, thread, held
        self._nothing_moved()

    def wake(self) -> None:
        """It goes on where it was, as if nothing had happened."""
        if self._sleeper is None:
            return
        self._remember()
        _, thread, held = self._sleeper
        held.let_go()
        thread.join(60)
        assert thread.error is None, f"the sleeper woke to {thread.error!r}"
        self._sleeper = None
        self._nothing_moved()

    # -- what must always hold ----------------------------------------------------------------

    def _remember(self) -> None:
        self.before = {id_: each.state for id_, each in self.handoffs.items()}

    def _nothing_moved(self) -> None:
        lines = self.books.new_lines()
        assert not lines, f"nobody asked for {lines}"

    def messages(self) -> list[Message]:
        """Everything Baton has said so far."""
        return [one for one in everything(self.slack) if one.user == self.slack.app.user_id]

    def check(self) -> None:
        """What must hold after every step."""
        assert not self.errors.seen, self.errors.seen
        self._check_rows()
        self._check_nudges()

    def _check_rows(self) -> None:
        to_do, rows = self.books.to_do(), self.books.handoffs()
        assert [row.id for row in rows] == sorted(self.handoffs)
        open_leads = [row.lead_id for row in rows if row.ended_at is None]
        assert len(open_leads) == len(set(open_leads)), "a lead has two open hand-offs"
        for row in rows:
            of = self.handoffs[row.id or 0]
            state = of.state
            found = (
                row.stage,
                row.owner,
                row.touched_at is not None,
                row.ended_at is None,
                row.reason,
                row.n,
            )
            wanted = (state.stage, state.owner, state.touches > 0, state.open, state.reason, of.n)
            assert found == wanted, f"hand-off {row.id} is {found}, and it should be {wanted}"
            kinds = to_do.get(of.id, set())
            assert bool(kinds) or not state.open, f"hand-off {row.id} is open, and nothing is due for it"
            assert not state.touches or "first_touch" not in kinds, f"hand-off {row.id} was touched"

    def _check_nudges(self) -> None:
        letters = self.books.letters()
        for message in self.ear.new():
            letter = letters.get(send_of(message))
            if letter is None or letter.handoff_id is None:
                continue
            now = self.handoffs[letter.handoff_id].state
            why = needless(letter, self.before.get(letter.handoff_id, now), now)
            assert why is None, f"a {letter.body} was sent for hand-off {letter.handoff_id} though {why}"
