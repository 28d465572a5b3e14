"""One leg: replicas, a Slack, senders and people; kills and faults; then quiet, and the three logs compared."""

import itertools
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.playground import Message
from tests.harness import plan
from tests.harness.balancer import Balancer
from tests.harness.clickers import Clickers
from tests.harness.compare import Comparison, Findings, said_in
from tests.harness.database import Books
from tests.harness.killer import Killer
from tests.harness.ledger import Ledger
from tests.harness.plan import Planned
from tests.harness.replicas import Fleet, Replica
from tests.harness.senders import Senders
from tests.harness.slackside import WatchedSlack
from tests.harness.takeover import Takeovers
from tests.harness.weather import Weather
from tests.program import ROOT
from tests.world import BOT_TOKEN, INTAKE_SECRET, SIGNING_SECRET

_WORKS = re.compile(r"Works (\d+) (\d+)")
_FIRST = re.compile(r"<@(\w+)> accepted this lead first")
QUIET_LOOKS = 3
"""Looks in a row, half a second apart, at which nothing was left to do."""
OURS = frozenset({"invalid_arguments", "invalid_blocks", "invalid_json", "unknown_method", "not_authed"})
"""Refusals that no weather and no kill explains."""
CROWDED = 10
"""Letters in flight a channel, above which senders wait."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a leg is asked for. *most* leads at *rate* a second for *load* seconds; then up to *settle* seconds.

    *kill_every*, *fault_every* and *pause_every* are seconds on average; None for none.
    """

    seed: int
    replicas: int
    lanes: int = 60
    most: int = 1_000_000
    rate: float = 25.0
    load: float = 480.0
    settle: float = 110.0
    kill_every: float | None = 1.7
    fault_every: float | None = 2.0
    pause_every: float | None = None
    late_answers: bool = True
    most_kills: int | None = None
    hot: float = plan.HOT


@dataclass
class Outcome:
    """What a leg came to; `result` is what is reported of it."""

    terms: Terms
    database: str
    ledger: Ledger
    findings: Findings
    figures: dict[str, object] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Everything that was promised and is not there."""
        return self.findings.total("lost") + self.findings.total("unsettled")

    @property
    def duplicated(self) -> int:
        """Everything that is there twice."""
        return self.findings.total("duplicated")

    @property
    def held(self) -> bool:
        """Whether every promise held."""
        wrong = sum(n for kind, n in self.findings.counts.items() if not kind.startswith("excused"))
        return not wrong and not self.ledger.crashes

    def result(self) -> dict[str, object]:
        """One JSON object."""
        return {
            "seed": self.terms.seed, "database": self.database, "replicas": self.terms.replicas,
            **self.figures, "lost": self.lost, "duplicated": self.duplicated,
            "findings": dict(self.findings.counts), "crashes": len(self.ledger.crashes),
            "verdict": "held" if self.held else "FAILED",
        }  # fmt: skip


@dataclass
class Leg:
    """A leg on the database at *url*, its files in *folder*. Leaves no process behind, however it ends."""

    terms: Terms
    url: str
    folder: Path
    say: Callable[[str], None]

    def run(self) -> Outcome:
        """Load, settle, compare."""
        self.ledger = Ledger()
        with ExitStack() as stack:
            self._build(stack)
            began = time.monotonic()
            self._load()
            loaded = time.monotonic() - began
            quiet = self._settle()
            self.say(f"settled after {time.monotonic() - began - loaded:.0f} s, quiet: {quiet}")
            told, audited = self._funnel(), self._audit()
            rows = self.books.read()
            late = self.fleet.stop()
            seen = Comparison(self.ledger, rows, said_in(self.slack), self.slack.posts, self._told_first())
            findings = seen.run()
            for name in late:
                findings.add("stuck: replica did not stop", name)
            for call in self.slack.calls:
                if call.error is not None and call.error in OURS:
                    findings.add(
                        "refused: a call that Slack cannot read", f"{call.method} {call.arguments}"[:600]
                    )
            if audited is False:
                findings.add("audit: the log's chain does not verify", "baton audit verify")
            for each in rows.findings:
                findings.add("auditor: open finding", each)
            _judge_funnel(findings, told, seen)
            kind = "SQLite" if self.url.startswith("sqlite") else "PostgreSQL"
            return Outcome(self.terms, kind, self.ledger, findings, self._figures(seen, loaded, audited))

    def _told_first(self) -> Counter[tuple[str, str]]:
        """How often each person read that another one was first."""
        said = ((one, _FIRST.search(one.text or str(one.blocks))) for one in self.slack.workspace.whispers)
        return Counter((one.whisper_to or "", found[1]) for one, found in said if found)

    def _build(self, stack: ExitStack) -> None:
        terms = self.terms
        (self.folder / "definition.yaml").write_text(plan.DEFINITION, "utf-8")
        (self.folder / "team.yaml").write_text(plan.team(terms.lanes), "utf-8")
        self.slack = WatchedSlack(
            users=plan.users(), channels=plan.channels(terms.lanes), bot_token=BOT_TOKEN,
            signing_secret=SIGNING_SECRET, rate_limit=1.0,
        )  # fmt: skip
        self.slack.start()
        stack.callback(self.slack.stop)
        self.books = Books(self.url, self.folder)
        stack.callback(self.books.close)
        self.fleet = Fleet(self.folder, terms.replicas, self._environment, self.ledger)
        stack.callback(self.fleet.end)
        self.fleet.start()
        self.killer = Killer(
            self.fleet, terms.seed, terms.kill_every or 1e9, terms.pause_every, terms.most_kills
        )
        self.balancer = Balancer(self.fleet, self.ledger, self.killer.answered)
        self.slack.events_url = self.balancer.dispatch
        self.clickers = Clickers(self.slack, self.balancer, self.ledger, self._lead_of, terms.seed)
        self.slack.accepted, self.slack.shown = self.killer.accepted, self.clickers.shown
        self.weather = Weather(self.slack, terms.seed, terms.fault_every or 1e9, terms.late_answers)
        self.takeovers = Takeovers(self.books, self.ledger, self.slack.callers)
        stream = plan.requests(terms.seed, terms.lanes, terms.hot)
        self.senders = Senders(self.balancer, self.ledger, stream, terms.rate, terms.most)

    def _environment(self, replica: Replica) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8", "NO_COLOR": "1",
            "TMPDIR": str(self.folder), "DATABASE_URL": self.url, "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": self.slack.door(replica.name),
            "BATON_INTAKE_SECRET": INTAKE_SECRET, "BATON_SECRET": "a secret of the harness",
            "BATON_PORT": str(replica.port),
        }  # fmt: skip

    def _lead_of(self, message: Message) -> Planned | None:
        found = _WORKS.search(message.text) or _WORKS.search(str(message.blocks))
        if found is None:
            return None
        return plan.planned(int(found[1]), int(found[2]), self.terms.lanes, self.terms.hot)

    def _load(self) -> None:
        """Everything at once, until the time is over or all leads are in; then people finish what they began."""
        with _running(self.takeovers, self.clickers):
            with _running(self.senders, self.killer, self.weather):
                until = time.monotonic() + self.terms.load
                while time.monotonic() < until and not (self.senders.done and self.clickers.idle):
                    time.sleep(0.5)
                    self.fleet.watch()
                    self.senders.held = self.books.in_flight() > CROWDED * self.terms.lanes
            self._end = time.monotonic() + self.terms.settle
            self._until(lambda: self.clickers.idle and not self.takeovers.open)

    def _settle(self) -> bool:
        """Wait until nothing is left to do; False where that takes too long."""
        looks = itertools.count()

        def quiet() -> bool:
            nonlocal looks
            nothing = not (self.books.in_flight() or self.books.hot_steps() or self.books.findings())
            if not nothing or len(self.fleet.up()) < self.terms.replicas:
                looks = itertools.count()
            return next(looks) >= QUIET_LOOKS

        return self._until(quiet)

    def _until(self, done: Callable[[], bool]) -> bool:
        """Wait for *done* until the leg's end; whether it came."""
        while not (came := done()) and time.monotonic() < self._end:
            time.sleep(0.4)
            self.fleet.watch()
        return came

    def _funnel(self) -> dict[str, int]:
        """The figures a manager reads under `/mql funnel`, by stage; empty where there was no answer."""
        for _ in range(3):
            before = len(self.slack.whispers(plan.MANAGER))
            self.slack.command(plan.MANAGER, "/mql", "funnel", "C0ALL")
            try:
                self.slack.wait_for(lambda: len(self.slack.whispers(plan.MANAGER)) > before, timeout=10)  # noqa: B023
            except TimeoutError:
                continue
            said = self.slack.whispers(plan.MANAGER)[-1]
            line = next((line for line in said.splitlines() if "Volume:" in line), "")
            return {name: int(n.replace(",", "")) for n, name in re.findall(r"([\d,]+) (\w+)", line)}
        return {}

    def _audit(self) -> bool | None:
        """Whether `baton audit verify` is content; None where there is no such command."""
        replica = Replica(0, 0)
        command = [sys.executable, "-m", "bot", "audit", "verify"]
        environment = self._environment(replica) | {"PYTHONPATH": str(ROOT)}

        def ran(*more: str) -> int:
            done = subprocess.run(
                [*command, *more],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                timeout=120,
                check=False,
            )
            return done.returncode

        return ran() == 0 if ran("--help") == 0 else None

    def _figures(self, seen: Comparison, loaded: float, audited: bool | None) -> dict[str, object]:
        ledger, counts = self.ledger, self.ledger.counts
        reconciled = {s for s in seen.ambiguous if len(seen.by_send.get(s, [])) == 1}
        taken_over = {send for send, _ in self.takeovers.waits}
        causes = Counter(kill.cause for kill in ledger.kills)
        races = _contested(ledger) if self.terms.replicas > 1 else 0
        return {
            "intakes": len(ledger.acknowledged) + len(ledger.follow_ups),
            "handoffs": len(seen.rows.handoffs), "cards": sum(one.card for one in seen.said),
            "messages": len(seen.said), "clicks": sum(click.confirmed for click in ledger.clicks),
            "kills": len(ledger.kills), "kills_by_cause": dict(causes), "pauses": len(ledger.pauses),
            "ambiguous": len(seen.ambiguous), "recovered": len(reconciled | taken_over),
            "reconciled": len(reconciled), "taken_over": len(taken_over),
            "takeover_p99_s": round(self.takeovers.p99, 1), "races": races,
            "sent_again": counts["sent again by a sender"], "faults": sum(self.weather.ordered.values()),
            "complaints": self.slack.complaints[:10], "load_s": round(loaded),
            "audit": audited, "counts": dict(counts),
        }  # fmt: skip


def _contested(ledger: Ledger) -> int:
    """Hand-offs that several people pressed at once."""
    return len({click.handoff for click in ledger.clicks if not click.alone})


def _judge_funnel(findings: Findings, told: dict[str, int], seen: Comparison) -> None:
    """What the manager reads must be what the log says: hand-offs at MQL or beyond, at SAL or beyond."""
    undone = {(move.handoff_id, move.undoes) for move in seen.rows.moves if move.undoes is not None}
    reached: dict[str, set[int]] = {"MQL": set(), "SAL": set()}
    for move in seen.rows.moves:
        if move.undoes is not None or (move.handoff_id, move.n) in undone:
            continue
        reached["MQL"].add(move.handoff_id)
        if move.to_stage in ("sal", "sql", "opportunity", "won"):
            reached["SAL"].add(move.handoff_id)
    for stage, ids in reached.items():
        if told.get(stage) != len(ids):
            findings.add(
                "funnel: differs from the replay", f"{stage}: told {told.get(stage)}, replay {len(ids)}"
            )


@contextmanager
def _running(*jobs: "Senders | Killer | Weather | Clickers | Takeovers") -> Iterator[None]:
    """Start them in order, stop them in the opposite one: no more kills before nobody sends any more."""
    with ExitStack() as stack:
        for job in jobs:
            stack.callback(job.stop)
            job.start()
        yield


def seed_of(given: int | None) -> int:
    """The seed asked for, or a new one."""
    return given if given is not None else random.SystemRandom().randrange(1_000_000)
