"""Prometheus figures, one registry a process; docs/operations.md names each."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.desk.health import Backlog
from bot.desk.receive import Received


class Metrics:
    """What Baton counts. Labels hold codes and kinds, never anything about a person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._intake = Histogram(
            "baton_intake_seconds", "Time of intake requests, by status.", ["status"], registry=self.registry
        )
        self._events = Counter(
            "baton_events", "Events received, by what became of them.", ["outcome"], registry=self.registry
        )
        self._handoffs = Counter("baton_handoffs", "Hand-offs made by intake.", registry=self.registry)
        self._sends = Counter(
            "baton_sends",
            "Deliveries, by kind and how they ended.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._letters = Gauge(
            "baton_outbox", "Letters, by kind and state.", ["kind", "state"], registry=self.registry
        )
        self._letter_age = Gauge(
            "baton_outbox_oldest_seconds", "Age of the oldest letter.", registry=self.registry
        )
        self._late = Gauge(
            "baton_deadlines_late", "Deadlines that are due and not decided.", registry=self.registry
        )
        self._late_age = Gauge(
            "baton_deadlines_late_seconds",
            "How late the oldest undecided deadline is.",
            registry=self.registry,
        )

    def intake(self, status: int, seconds: float) -> None:
        """One intake request."""
        self._intake.labels(str(status)).observe(seconds)

    def received(self, done: Received) -> None:
        """What became of a request's events."""
        self._events.labels("stored").inc(done.received - done.duplicates)
        self._events.labels("duplicate").inc(done.duplicates)
        self._events.labels("unknown_signal").inc(sum(done.unknown.values()))
        self._handoffs.inc(done.handoffs)

    def sent(self, kind: str, outcome: str) -> None:
        """One delivery."""
        self._sends.labels(kind, outcome).inc()

    def backlog(self, state: Backlog, now: datetime) -> None:
        """What waits as of *now*."""
        self._letters.clear()
        for (kind, letter_state), count in state.letters.items():
            self._letters.labels(kind, letter_state).set(count)
        self._letter_age.set((now - state.oldest_letter).total_seconds() if state.oldest_letter else 0)
        self._late.set(state.late_deadlines)
        self._late_age.set((now - state.oldest_deadline).total_seconds() if state.oldest_deadline else 0)
