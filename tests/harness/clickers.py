"""The sales floor: people who press the buttons of new cards as Slack's client does, several at once."""

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.playground import Message
from bot.playground.gestures import NotThere
from tests.harness.balancer import Balancer
from tests.harness.ledger import Click, Ledger
from tests.harness.plan import REPS, Planned
from tests.harness.slackside import WatchedSlack

TRIES = 6
"""How often a person presses again when Slack shows an error."""
LOOKING_SECONDS = 2.5
"""Longest time between a card and the first press on it."""
FORM_SECONDS = 20.0
"""How long a person waits for a button or a form to appear."""


@dataclass
class Clickers:
    """*many* people act at a time; *lead_of* tells whom a card is about, from its text."""

    slack: WatchedSlack
    balancer: Balancer
    ledger: Ledger
    lead_of: Callable[[Message], Planned | None]
    seed: int
    many: int = 8
    _queue: list[tuple[float, int, Message, Planned]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _stop: threading.Event = field(default_factory=threading.Event)
    _busy: int = 0

    def start(self) -> None:
        """Act in the background until `stop`."""
        self._desks = {rep: threading.Lock() for rep in REPS}
        self._at_once = ThreadPoolExecutor(4 * self.many, thread_name_prefix="press")
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self.many)]
        for thread in self._threads:
            thread.start()

    def shown(self, message: Message) -> None:
        """A card has appeared; somebody may press on it in a moment."""
        lead = self.lead_of(message)
        if lead is None or lead.flow == "none" or self._stop.is_set():
            return
        dice = random.Random(f"{self.seed}:look:{lead.number}")
        wait = dice.uniform(8.0, 19.0) if lead.kind == "hot" else dice.uniform(0.0, LOOKING_SECONDS)
        with self._changed:
            heapq.heappush(self._queue, (time.monotonic() + wait, next(self._numbers), message, lead))
            self._changed.notify()

    @property
    def idle(self) -> bool:
        """Whether nobody presses and nobody is about to."""
        with self._changed:
            return not self._queue and not self._busy

    def stop(self) -> None:
        """Finish what was begun; cards nobody has looked at yet stay as they are."""
        self._stop.set()
        with self._changed:
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._at_once.shutdown(wait=True)

    def _run(self) -> None:
        while (found := self._next()) is not None:
            try:
                self._act(*found)
            finally:
                with self._changed:
                    self._busy -= 1

    def _next(self) -> tuple[Message, Planned] | None:
        with self._changed:
            while not self._stop.is_set():
                wait = self._queue[0][0] - time.monotonic() if self._queue else 1.0
                if wait <= 0:
                    self._busy += 1
                    _, _, message, lead = heapq.heappop(self._queue)
                    return message, lead
                self._changed.wait(wait)
        return None

    def _act(self, message: Message, lead: Planned) -> None:
        one, *others = lead.pool
        if lead.flow == "contested":
            self._together(message, [one, *others][: 2 + lead.number % 2])
        elif lead.flow == "double":
            self._together(message, [one, one])
        elif lead.flow == "reject":
            self._form(message, one, "reject", {"reason": "not_fit.size"})
        elif self._press(message, one, "accept", alone=True):
            if lead.flow == "undo" and self._press(message, one, "undo", alone=True):
                self._press(message, one, "accept", alone=True)
            elif lead.flow == "touch":
                self._form(message, one, "touch", {"kind": "call", "outcome": "reached"})

    def _together(self, message: Message, people: list[str]) -> None:
        """All of them press Accept in the same moment, each on another replica."""
        start = threading.Barrier(len(people))
        alone = len(set(people)) == 1

        def press(place: int, user: str) -> None:
            with suppress(threading.BrokenBarrierError):
                start.wait(5)
            self._press(message, user, "accept", alone=alone, first=place)

        for job in [self._at_once.submit(press, place, user) for place, user in enumerate(people)]:
            job.result()

    def _press(
        self, message: Message, user: str, action: str, *, alone: bool, first: int | None = None
    ) -> bool:
        """Press until Slack got its 200, as somebody does whose client shows an error."""
        sent, resent = 0, False
        for attempt in range(1, TRIES + 1):
            payload = self._payload(message, user, action)
            body, headers = self.slack.delivery.signed("interactive", payload)
            answer = self.balancer.from_slack(body, headers, first)
            sent += 1
            resent = resent or answer.sent > 1
            self.ledger.count(f"click answered {answer.status or 'nothing'}")
            if answer.status == 200:
                self._note(message, user, action, True, attempt, resent, answer.replica, alone)
                return True
            time.sleep(0.3 * attempt)
        self._note(message, user, action, False, sent, resent, "", alone)
        return False

    def _note(self, message: Message, user: str, action: str, confirmed: bool, attempts: int, resent: bool,
              replica: str, alone: bool) -> None:  # fmt: skip
        number = handoff_of(message)
        made = Click(number, user, action, confirmed, attempts, resent, replica, time.time(), alone)
        self.ledger.clicks.append(made)

    def _payload(self, message: Message, user: str, action: str) -> dict[str, Any]:
        """A press on a button of this card, as Slack sends it."""
        with self.slack.workspace.lock:
            trigger = self.slack.workspace.tickets.trigger(user)
            shown = message.wire(self.slack.app, self.slack.team_id)
        now = f"{time.time():.6f}"
        return {
            "type": "block_actions", "team": {"id": self.slack.team_id, "domain": "baton"},
            "user": {"id": user, "username": user.lower(), "team_id": self.slack.team_id},
            "api_app_id": self.slack.app.app_id, "token": "verification-token", "trigger_id": trigger,
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "channel": {"id": message.channel, "name": "lane"}, "message": shown,
            "state": {"values": {}},
            "actions": [{"type": "button", "action_id": action, "block_id": "actions", "action_ts": now,
                         "value": str(handoff_of(message))}],
        }  # fmt: skip

    def _form(
        self, message: Message, user: str, action: str, values: dict[str, str | list[str] | None]
    ) -> None:
        """Press, fill in the form that opens, and send it until it is gone; one form a person at a time."""
        if not self._displayed(message, action):
            self.ledger.count(f"button {action} never appeared")
            return
        with self._desks[user]:
            if not self._opened(message, user, action):
                self.ledger.count("forms that did not open")
                return
            self._submitted(message, user, action, values)
            while self.slack.modal(user) is not None:
                self.slack.close(user)

    def _displayed(self, message: Message, action: str) -> bool:
        until = time.monotonic() + FORM_SECONDS
        while time.monotonic() < until and not self._stop.is_set():
            if any(each.get("action_id") == action for b in message.blocks for each in b.get("elements", ())):
                return True
            time.sleep(0.1)
        return False

    def _opened(self, message: Message, user: str, action: str) -> bool:
        for _ in range(TRIES):
            body, headers = self.slack.delivery.signed("interactive", self._payload(message, user, action))
            self.balancer.from_slack(body, headers)
            if self.slack.modal(user) is not None:
                return True
            time.sleep(0.3)
        return False

    def _submitted(
        self, message: Message, user: str, action: str, values: dict[str, str | list[str] | None]
    ) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                answer = self.slack.submit(user, values)
            except NotThere:
                self.ledger.count("forms that went away")
                break
            self.ledger.count(f"form answered {answer.status or 'nothing'}")
            if answer.status == 200:
                if answer.errors:  # as where an earlier try was saved, and its answer lost
                    self.ledger.count("forms refused")
                    self._note(message, user, action, False, attempt, attempt > 1, "", True)
                else:
                    self._note(message, user, action, True, attempt, attempt > 1, "", True)
                return
            time.sleep(0.3 * attempt)
        self._note(message, user, action, False, TRIES, True, "", True)


def handoff_of(message: Message) -> int:
    """The hand-off a card is about, by its metadata."""
    return int((message.metadata or {})["event_payload"]["handoff"])
