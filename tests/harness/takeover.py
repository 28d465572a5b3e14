"""How long a dead replica's letters wait until another one takes them up."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.harness.database import Books
from tests.harness.ledger import Ledger

EVERY = 0.4
GIVEN_UP = 120.0


@dataclass
class Takeovers:
    """Looks at what was in somebody's hands right after each kill, and follows it.

    A letter that is settled under the claim it had belonged to a replica that lives; one that is claimed anew
    was the dead one's. *callers* tells which replica called Slack last for a letter. *waits* are the seconds by
    letter.
    """

    books: Books
    ledger: Ledger
    callers: Mapping[int, str]
    waits: list[tuple[int, float]] = field(default_factory=list)
    _watched: dict[tuple[int, int], float] = field(default_factory=dict)
    _seen: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Follow in the background until `stop`."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def open(self) -> int:
        """Letters still waiting to be taken up."""
        return len(self._watched)

    @property
    def p99(self) -> float:
        """The 99th percentile of the waits in seconds, 0 where there were none."""
        ordered = sorted(seconds for _, seconds in self.waits)
        return ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))] if ordered else 0.0

    def stop(self) -> None:
        """No more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            self._look()

    def _look(self) -> None:
        kills = self.ledger.kills[self._seen :]
        self._seen += len(kills)
        now = time.time()
        holders = {id_: self.callers.get(id_, "") for id_, _ in self._watched}
        if kills:
            for id_, fence in self.books.sending().items():
                self._watched.setdefault((id_, fence), kills[0].at)
        claims = self.books.claims([id_ for id_, _ in self._watched])
        for (id_, fence), since in list(self._watched.items()):
            held, state = claims.get(id_, (fence, "gone"))
            if held > fence:
                self.waits.append((id_, now - max(since, self._died(holders.get(id_, "")))))
            if held > fence or state != "sending" or now - since > GIVEN_UP:
                del self._watched[id_, fence]

    def _died(self, replica: str) -> float:
        """When that replica was killed, 0 where it was not: its letters were in its hands till then."""
        return next((kill.at for kill in self.ledger.kills if kill.replica == replica), 0.0)
