"""Requests to the replicas in turn; one that broke before its answer came is sent again to another, as is."""

import http.client
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.harness.ledger import Ledger
from tests.harness.replicas import Fleet, Replica

SLACK_PATIENCE = 3.0
"""Seconds Slack waits for a click's answer. Source: SLACK.md."""
INTAKE_PATIENCE = 5.0
"""Seconds a sender of events waits before it tries again."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An HTTP answer, who gave it, and how often the request was sent; status 0 where none came in time."""

    status: int
    text: str
    replica: str
    sent: int


@dataclass
class Balancer:
    """What stands between the outside and the fleet. *after* hears of every success the moment it came."""

    fleet: Fleet
    ledger: Ledger
    after: Callable[[str, Replica], None]
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    def intake(self, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Events, once: trying again is the sender's business."""
        replica = self._next(INTAKE_PATIENCE)
        if replica is None:
            return Answered(0, "", "", 0)
        name = replica.name
        answer = _asked(replica, "/intake/events", body, headers, INTAKE_PATIENCE)
        if answer is None:
            return Answered(0, "", name, 1)
        if answer[0] == 202:
            self.after("intake", replica)
        return Answered(*answer, name, 1)

    def from_slack(self, body: bytes, headers: Mapping[str, str], first: int | None = None) -> Answered:
        """A request of Slack's; *first* names the place of the fleet to try first."""
        until, sent, name = time.monotonic() + SLACK_PATIENCE, 0, ""
        while (left := until - time.monotonic()) > 0:
            replica = self._next(left, None if sent else first)
            if replica is None:
                break
            name, sent = replica.name, sent + 1
            answer = _asked(replica, "/slack/events", body, headers, left)
            if answer is None:
                self.ledger.count("resent by the balancer")
                continue
            if answer[0] == 200:
                self.after("click", replica)
            return Answered(*answer, name, sent)
        return Answered(0, "", name, sent)

    def dispatch(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """The same for the playground's own gestures."""
        answer = self.from_slack(body, headers)
        return answer.status, answer.text

    def _next(self, seconds: float, first: int | None = None) -> Replica | None:
        """The next replica in turn that is up; waits for one up to *seconds*."""
        until = time.monotonic() + seconds
        while True:
            up = self.fleet.up()
            if up:
                return up[(next(self._turn) if first is None else first) % len(up)]
            if time.monotonic() > until:
                return None
            time.sleep(0.02)


def _asked(
    replica: Replica, path: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> tuple[int, str] | None:
    """Status and body, or None where the connection broke or took too long."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=seconds)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
