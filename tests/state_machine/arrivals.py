"""What senders do: each event is kept once, and makes a hand-off where it must."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx

from tests.state_machine.expected import Expected
from tests.state_machine.ground import Ground
from tests.state_machine.senders import Senders, Sent, Signal, channel_of, forecast, request, suppressed_by
from tests.world import signed


class Arrivals(Ground):
    """The intake."""

    senders: Senders

    def event(
        self,
        lead: int,
        signal: Signal | None,
        age: timedelta,
        edge: int = 0,
        replica: int = 0,
        lose: bool = False,
    ) -> None:
        """Something new about a lead."""
        self._remember()
        self.hands.advance(timedelta(seconds=1))
        sent = self.senders.event(lead, signal, self.now - age)
        self._deliver(sent, sent.body, edge, replica, lose)

    def event_again(self, which: int, changed: bool, replica: int) -> None:
        """A sender repeats itself, or uses an id again for something else."""
        if not self.senders.sent:
            return
        self._remember()
        sent = self.senders.sent[-1 - which % len(self.senders.sent)]
        known = sent.taken
        body = dict(sent.body)
        if changed and known:
            body |= {"signal": "demo_request", "lead": body["lead"] | {"phone": "+44 20 0000 0000"}}
        self._deliver(sent, body, 0, replica, lose=False)

    def _deliver(self, sent: Sent, body: Mapping[str, Any], edge: int, number: int, lose: bool) -> None:
        handoffs = list(self.handoffs.values())
        foreseen = "never" if sent.taken else forecast(sent, handoffs, suppressed_by(handoffs), self.now)
        raw = json.dumps(request(body)).encode()
        answer, lived = self._through(self.replica(number), lambda: self._posted(raw), edge, lose=lose)
        if lived and not lose:
            assert answer is not None
            assert answer.status_code == 202, f"the intake answered {answer.text}"
            assert answer.json() == {"received": 1, "duplicates": int(sent.taken)}
        kept = self.books.events()[sent.body["id"]]
        assert kept == 1 or (kept == 0 and not lived), f"{sent.body['id']} is kept {kept} times"
        new = bool(kept) and not sent.taken
        self._came_of(sent, foreseen if new else "never", may_raise=new)
        if new:
            self.senders.arrived(sent)

    def _posted(self, raw: bytes) -> httpx.Response | None:
        try:
            return self.http.post("/intake/events", content=raw, headers=signed(raw))
        except httpx.TransportError:
            return None

    def _came_of(self, sent: Sent, foreseen: str, *, may_raise: bool) -> None:
        lines = self.books.new_lines()
        made = [line for line in lines if line.action == "create"]
        for line in made:
            assert line.n == 1
            assert self.books.email_of(line.handoff) == sent.email
            self.handoffs[line.handoff] = Expected(line.handoff, sent.email, channel_of(sent.email))
        assert foreseen != "must" or made, f"{sent.body['id']} should have made a hand-off"
        assert foreseen != "never" or not made, f"{sent.body['id']} made a hand-off"
        for line in (line for line in lines if line.action != "create"):
            of = self.handoffs[line.handoff]
            raised = of.lead == sent.email and line.action in ("raise", "flag")
            assert may_raise, line
            assert raised, line
            of.n, of.undo = of.n + 1, None
