"""Prometheus figures, one registry a process; docs/operations.md names each."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.desk.health import Backlog
from bot.desk.receive import Received

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)
"""Seconds, for what Slack wants answered within 3."""
PATIENT = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600)
"""Seconds, for what waits its turn: up to an hour."""


class Metrics:
    """What Baton counts. Labels hold codes and kinds, never anything about a person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count_requests()
        self._count_sends()
        self._count_trouble()

    def _count_requests(self) -> None:
        self._intake = Histogram(
            "baton_intake_seconds", "Time of intake requests, by status.", ["status"], registry=self.registry
        )
        self._events = self._counter("baton_events", "Events received, by what became of them.", "outcome")
        self._handoffs = self._counter("baton_handoffs", "Hand-offs made by intake.")
        self._presses = Histogram(
            "baton_press_seconds",
            "Time of buttons and forms until they were decided, by how they ended.",
            ["action", "outcome"],
            buckets=QUICK,
            registry=self.registry,
        )
        self._open = self._gauge("baton_open_handoffs", "Open hand-offs, by stage.", "stage")
        self._breaches = self._counter("baton_sla_breaches", "First touches that became overdue.", "tier")

    def _count_sends(self) -> None:
        self._sends = self._counter(
            "baton_sends", "Deliveries, by kind and how they ended.", "kind", "outcome"
        )
        self._claims = self._wait("baton_claim_seconds", "From a letter being ready to its claim.", "kind")
        self._arrivals = self._wait(
            "baton_delivery_seconds", "From asking to arrival, retries included.", "kind"
        )
        self._letters = self._gauge("baton_outbox", "Letters, by kind and state.", "kind", "state")
        self._letter_age = self._gauge("baton_outbox_oldest_seconds", "Age of the oldest letter.")
        self._errors = self._counter(
            "baton_slack_errors", "Calls that Slack refused or did not answer.", "method", "code"
        )
        self._pauses = self._wait("baton_slack_retry_after_seconds", "Waits that Slack asked for.", "method")

    def _count_trouble(self) -> None:
        self._late = self._gauge("baton_deadlines_late", "Deadlines that are due and not decided.", "kind")
        self._late_age = self._gauge(
            "baton_deadlines_late_seconds", "How late the oldest undecided deadline is."
        )
        self._findings = self._gauge("baton_audit_findings", "What the auditor finds wrong now.", "kind")
        self._audit_age = self._gauge("baton_audit_age_seconds", "Time since the auditor last finished.")

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _wait(self, name: str, what: str, *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=PATIENT, registry=self.registry)

    def intake(self, status: int, seconds: float) -> None:
        """One intake request."""
        self._intake.labels(str(status)).observe(seconds)

    def received(self, done: Received) -> None:
        """What became of a request's events."""
        self._events.labels("stored").inc(done.received - done.duplicates)
        self._events.labels("duplicate").inc(done.duplicates)
        self._events.labels("unknown_signal").inc(sum(done.unknown.values()))
        self._handoffs.inc(done.handoffs)

    def pressed(self, action: str, outcome: str, seconds: float) -> None:
        """One button or form, and how it ended: done, refused, mistaken or failed."""
        self._presses.labels(action, outcome).observe(seconds)

    def breached(self, tier: str) -> None:
        """One first touch is overdue."""
        self._breaches.labels(tier).inc()

    def sent(self, kind: str, outcome: str) -> None:
        """One delivery."""
        self._sends.labels(kind, outcome).inc()

    def waited(self, until: str, kind: str, seconds: float) -> None:
        """How long one letter waited: ready *until* its "claim", or asked for until its "arrival".

        A wait for its channel's turn counts too.
        """
        found = self._claims if until == "claim" else self._arrivals
        found.labels(kind).observe(max(0.0, seconds))

    def slack_error(self, method: str, code: str) -> None:
        """Slack refused a call, or nobody knows; *code* is Slack's own, or what kept it from answering."""
        self._errors.labels(method, code).inc()

    def slack_pause(self, method: str, seconds: float) -> None:
        """Slack answered 429 with Retry-After."""
        self._pauses.labels(method).observe(seconds)

    def backlog(self, state: Backlog, now: datetime) -> None:
        """What waits and what is wrong as of *now*."""
        self._letters.clear()
        for (kind, letter_state), count in state.letters.items():
            self._letters.labels(kind, letter_state).set(count)
        self._letter_age.set(_age(state.oldest_letter, now))
        for gauge, counts in (
            (self._late, state.late),
            (self._open, state.open),
            (self._findings, state.findings),
        ):
            gauge.clear()
            for label, count in counts.items():
                gauge.labels(label).set(count)
        self._late_age.set(_age(state.oldest_deadline, now))
        self._audit_age.set(_age(state.audited_at, now) if state.audited_at else float("inf"))


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds since then, 0 where there is nothing."""
    return (now - since).total_seconds() if since else 0.0
