"""Who dies when: a third right after a 2xx, a third right after a click's 200, a third at random or at the
moment Slack has accepted a post and not answered yet."""

import random
import threading
import time
from dataclasses import dataclass, field

from tests.harness.replicas import Fleet, Replica

WITHIN = 0.03
"""Seconds after an answer within which its giver dies. Source: FAULTS, "within 30 ms of a 2xx"."""
ROUND = ("intake", "click", "random", "intake", "click", "accepted")
PATIENCE = 4.0
"""Seconds an armed kill waits for its moment before it happens anyway, as one at random."""
PAUSED_SECONDS = 23.0
"""Longer than the lease of 20 s: what wakes then is a zombie."""


@dataclass
class Killer:
    """Arms one kill after the other, *every* seconds on average, up to *most*; pauses a replica *every_pause*."""

    fleet: Fleet
    seed: int
    every: float
    every_pause: float | None = None
    most: int | None = None
    _armed: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"{self.seed}:killer")

    def start(self) -> None:
        """Kill in the background until `stop`."""
        jobs = [self._run, *([self._pauses] if self.every_pause else [])]
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more kills."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._armed = None

    def answered(self, what: str, replica: Replica) -> None:
        """A replica has just given a success; called by whoever got it, in whose thread it may die."""
        if self._armed != what or not self._disarm(what):
            return
        began = time.perf_counter()
        time.sleep(self._dice.random() * (WITHIN - 0.005))
        self.fleet.kill(replica, what, 1000 * (time.perf_counter() - began))

    def accepted(self, name: str) -> bool:
        """Slack has accepted a post of the replica *name* and not answered; whether the replica is dead now."""
        if self._armed != "accepted":
            return False
        replica = next((each for each in self.fleet.up() if each.name == name), None)
        return replica is not None and self._disarm("accepted") and self.fleet.kill(replica, "accepted")

    def _disarm(self, what: str) -> bool:
        with self._lock:
            if self._armed != what:
                return False
            self._armed = None
            return True

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(self._dice.uniform(0.4, 1.6) * self.every):
            if number == self.most:
                return
            cause = ROUND[number % len(ROUND)]
            number += 1
            if cause != "random":
                self._armed = cause
                until = time.monotonic() + PATIENCE
                while self._armed and time.monotonic() < until and not self._stop.wait(0.02):
                    pass
                if not self._disarm(cause):
                    continue
            self._at_random()

    def _at_random(self) -> None:
        up = self.fleet.up()
        if up and not self._stop.is_set():
            self.fleet.kill(self._dice.choice(up), "random")

    def _pauses(self) -> None:
        while not self._stop.wait(self._dice.uniform(0.5, 1.5) * (self.every_pause or 0.0)):
            up = [each for each in self.fleet.up() if not each.paused]
            if len(up) > 1:
                self.fleet.pause(self._dice.choice(up), PAUSED_SECONDS)
                self._stop.wait(PAUSED_SECONDS)
