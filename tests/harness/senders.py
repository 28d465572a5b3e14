"""Marketing's side: events sent until they are acknowledged, at least once, as webhooks are."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.harness.balancer import Balancer
from tests.harness.ledger import Ledger
from tests.harness.plan import Planned, body_of
from tests.world import INTAKE_SECRET

AGAIN_SECONDS = 0.15
_KEY = base64.b64decode(INTAKE_SECRET.removeprefix("whsec_"))


def signed(body: bytes, message_id: str) -> dict[str, str]:
    """The headers of Standard Webhooks: one id for all tries, a signature of each."""
    at = str(int(time.time()))
    digest = hmac.new(_KEY, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


@dataclass
class Senders:
    """*many* senders share one stream of requests, *rate* leads a second between them."""

    balancer: Balancer
    ledger: Ledger
    stream: Iterator[list[Planned]]
    rate: float
    most: int
    many: int = 6
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    held: bool = False
    """While the outbox is crowded nothing new is begun: a slow machine makes a shorter leg, not a failed one."""
    _due: float = 0.0
    _taken: int = 0

    def start(self) -> None:
        """Send in the background until `stop`, or until *most* leads are in."""
        self._due = time.monotonic()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(self.many)]
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Whether everything was sent and acknowledged."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self, seconds: float = 60.0) -> None:
        """Begin nothing new, and finish what was begun within *seconds*."""
        self._stop.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._over.set()

    def _run(self) -> None:
        while (leads := self._take()) is not None:
            self._deliver(leads)

    def _take(self) -> list[Planned] | None:
        """The next request, when its time has come; None at the end."""
        with self._lock:
            while self.held and not self._stop.wait(0.1):
                pass
            self._stop.wait(max(0.0, self._due - time.monotonic()))
            if self._stop.is_set() or self._taken >= self.most:
                return None
            leads = next(self.stream)
            self._due = max(self._due, time.monotonic() - 1.0) + len(leads) / self.rate
            self._taken += len(leads)
        return leads

    def _deliver(self, leads: list[Planned]) -> None:
        body, message_id = body_of(leads), leads[0].event_id
        self.ledger.sent |= {lead.event_id: lead for lead in leads}
        if not self._acknowledged(body, message_id):
            return
        for lead in leads:
            self.ledger.acknowledged[lead.event_id] = lead
        if any(lead.again for lead in leads):
            self.ledger.count("redelivered")
            self._acknowledged(body, message_id)
        for lead in leads:
            if lead.follows:
                self._follow_up(lead)

    def _follow_up(self, lead: Planned) -> None:
        event = lead.event("pricing_page", "-next")
        self.ledger.sent[event["id"]] = lead
        if self._acknowledged(json.dumps({"events": [event]}).encode(), event["id"]):
            self.ledger.follow_ups[event["id"]] = lead

    def _acknowledged(self, body: bytes, message_id: str) -> bool:
        """At least once: again after anything but a 2xx. False where the leg is over first."""
        while not self._over.is_set():
            answer = self.balancer.intake(body, signed(body, message_id))
            self.ledger.count(f"intake answered {answer.status or 'nothing'}")
            if 200 <= answer.status < 300:
                return True
            self.ledger.count("sent again by a sender")
            time.sleep(AGAIN_SECONDS)
        return False
