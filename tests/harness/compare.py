"""Three logs side by side: what was sent in and confirmed, what the database holds, what Slack was given."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.harness.database import Letter, Rows, moment_of
from tests.harness.ledger import Click, Ledger
from tests.harness.slackside import Post, WatchedSlack, send_of

IN_FLIGHT_SECONDS = 11.0
"""How long after an acceptance a nudge that was already being sent may still arrive: Slack's time-out of 8 s, a
second of the database's rounding, and what a loaded machine adds."""
RECORDING = 0.15
"""Seconds from Slack's acceptance to the note of it in the database: who dies meanwhile leaves it in doubt."""
ALIVE_SECONDS = 5.0
"""A replica that lived this long after its 200 has whispered what it had to."""
SHOWN = 25
"""Examples kept of each kind of finding."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of ours in Slack."""

    send: int
    handoff: int
    card: bool
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    mentions: frozenset[str]


@dataclass
class Findings:
    """What does not fit, by kind: how many, and examples."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, kind: str, example: str) -> None:
        """One more of *kind*."""
        self.counts[kind] += 1
        if len(self.examples[kind]) < SHOWN:
            self.examples[kind].append(example)

    def total(self, beginning: str) -> int:
        """How many of the kinds that begin so."""
        return sum(count for kind, count in self.counts.items() if kind.startswith(beginning))


def said_in(slack: WatchedSlack) -> list[Said]:
    """Every message of ours that stands in Slack now."""
    found: list[Said] = []
    with slack.workspace.lock:
        for channel, messages in slack.workspace.messages.items():
            for one in messages:
                send = send_of(one.metadata)
                if send is None or one.metadata is None:
                    continue
                written = str(one.blocks)
                people = frozenset(user for user in slack.workspace.users if f"<@{user}>" in written)
                number = int(one.metadata["event_payload"].get("handoff") or 0)
                card = one.metadata["event_type"] == "baton_card" and one.thread_ts is None
                found.append(Said(send, number, card, channel, one.ts, one.thread_ts, one.text, people))
    return found


@dataclass
class Comparison:
    """The three logs; every method of CHECKS looks at one promise."""

    ledger: Ledger
    rows: Rows
    said: list[Said]
    posts: list[Post]
    whispers: Counter[tuple[str, str]]
    found: Findings = field(default_factory=Findings)

    @cached_property
    def by_send(self) -> dict[int, list[Said]]:
        """Messages by the outbox row they name."""
        grouped: dict[int, list[Said]] = defaultdict(list)
        for one in self.said:
            grouped[one.send].append(one)
        return grouped

    @cached_property
    def ambiguous(self) -> set[int]:
        """Sends Slack accepted while their sender could not know: the answer was lost, or the sender died."""
        return {p.send for p in self.posts if p.lost or self.ledger.killed_soon(p.replica, p.at, RECORDING)}

    def run(self) -> Findings:
        """Look at everything."""
        for check in CHECKS:
            check(self)
        return self.found

    def intakes(self) -> None:
        """Everything acknowledged is there, and every MQL has exactly one hand-off."""
        known = {**self.ledger.acknowledged, **self.ledger.follow_ups}
        of_lead: dict[str, list[int]] = defaultdict(list)
        for row in self.rows.handoffs:
            of_lead[row.email].append(row.id)
        for event, lead in known.items():
            if self.rows.events.get(event) != lead.email:
                self.found.add("lost: acknowledged event", event)
        for lead in self.ledger.acknowledged.values():
            made = of_lead.pop(lead.email, [])
            if lead.becomes_mql and not made:
                self.found.add("lost: MQL without a hand-off", lead.email)
            if not lead.becomes_mql and made:
                self.found.add("unexpected: hand-off of no MQL", f"{lead.email} {made}")
            if len(made) > 1:
                self.found.add("duplicated: hand-offs of one lead", f"{lead.email} {made}")
        begun = {lead.email for lead in self.ledger.sent.values()}
        for email, made in of_lead.items():
            if email not in begun:
                self.found.add("unexpected: hand-off nobody sent", f"{email} {made}")
        for event in self.rows.events.keys() - self.ledger.sent.keys():
            self.found.add("unexpected: event nobody sent", event)

    def cards(self) -> None:
        """Every hand-off stands on one message, and no other message of ours is a card."""
        there = {(one.channel, one.ts): one for one in self.said if one.card}
        used: set[tuple[str, str]] = set()
        for row in self.rows.handoffs:
            place = (row.channel, row.ts)
            if place not in there:
                self.found.add("lost: hand-off without a card", f"{row.id} {place}")
                continue
            if place in used and row.collects is None:
                self.found.add("unexpected: two hand-offs on one card", f"{row.id} {place}")
            used.add(place)
        copies = Counter(one.handoff for one in there.values())
        for place, one in there.items():
            if place in used:
                continue
            paused = any(p.send == one.send and self._was_paused(p) for p in self.posts)
            kind = "excused: card of a paused replica" if paused else "duplicated: card"
            if copies[one.handoff] == 1:
                kind = "lost: card that no row knows"
            self.found.add(kind, f"hand-off {one.handoff} send {one.send} {place}")

    def _was_paused(self, post: Post) -> bool:
        return any(pause.replica == post.replica for pause in self.ledger.pauses)

    def renderings(self) -> None:
        """What a card shows is what the database holds."""
        there = {(one.channel, one.ts): one for one in self.said if one.card}
        for row in self.rows.handoffs:
            shown = there.get((row.channel, row.ts))
            if shown is None or row.collects is not None:
                continue
            if row.wanted != row.shown:
                self.found.add("stale: card not redrawn", f"{row.id} wanted {row.wanted} shown {row.shown}")
            elif row.ended_at is None and shown.mentions != ({row.owner} if row.owner else set()):
                mentioned = sorted(shown.mentions)
                self.found.add("stale: card names others", f"{row.id} owner {row.owner} shows {mentioned}")

    def sends(self) -> None:
        """Each letter became at most one message, and what is marked sent is there."""
        for letter in self.rows.letters:
            copies = self.by_send.get(letter.id, [])
            if letter.kind != "card" and len(copies) > 1:
                kind = "excused: note of a paused replica" if any(
                    self._was_paused(p) for p in self.posts if p.send == letter.id) else "duplicated: note"  # fmt: skip
                self.found.add(kind, f"send {letter.id} {letter.key} {[c.ts for c in copies]}")
            if letter.state == "sent" and letter.kind in ("note", "dm", "notice") and not copies:
                self.found.add("lost: note marked sent", f"send {letter.id} {letter.key}")
            if letter.state == "dead":
                self.found.add("lost: letter given up", f"send {letter.id} {letter.key}: {letter.error}")
            if letter.state in ("new", "sending", "unknown"):
                words = f"send {letter.id} {letter.key} {letter.state} {letter.attempts} {letter.error}"
                self.found.add("unsettled: letter", words)

    def nudges(self) -> None:
        """Every overdue lead's breach was said once, no step twice, and none to claim what is taken."""
        steps: Counter[tuple[int | None, str, str]] = Counter()
        breached: set[int | None] = set()
        for letter in self.rows.letters:
            if letter.kind not in ("note", "dm") or letter.view not in ("nudge", "breach"):
                continue
            steps[letter.handoff_id, str(letter.body.get("step")), str(letter.body.get("reader"))] += 1
            if letter.view == "breach" and self.by_send.get(letter.id):
                breached.add(letter.handoff_id)
            if letter.view == "nudge" and letter.kind == "note":
                self._claim_nudge(letter)
        for step, times in steps.items():
            if times > 1:
                self.found.add("duplicated: nudge", f"{step} {times} times")
        for row in self.rows.handoffs:
            if row.tier == "hot" and row.id not in breached:
                self.found.add("lost: breach not said", self._story(row))
        if self.rows.late:
            self.found.add("lost: deadline not decided", f"{self.rows.late} steps")

    def _story(self, row: Any) -> str:
        """What is known of an overdue hand-off of which nobody was told."""
        letters = [f"{x.key} {x.state} {x.error}" for x in self.rows.letters if x.handoff_id == row.id]
        moves = [f"{move.action} {move.at}" for move in self.moves_of.get(row.id, [])]
        return f"hand-off {row.id} {moves} {self.rows.steps.get(str(row.id))} {letters}"

    def _claim_nudge(self, letter: Letter) -> None:
        taken = self.accepted_at.get(letter.handoff_id)
        for one in self.by_send.get(letter.id, []):
            if taken is not None and float(one.ts) > taken + IN_FLIGHT_SECONDS:
                self.found.add("unexpected: claim nudge after acceptance", f"{letter.key} at {one.ts}")

    @cached_property
    def accepted_at(self) -> dict[int | None, float]:
        """When hand-offs were first accepted, in epoch seconds."""
        first: dict[int | None, float] = {}
        for move in self.rows.moves:
            if move.action == "accept":
                first.setdefault(move.handoff_id, moment_of(move.at).timestamp())
        return first

    def clicks(self) -> None:
        """A confirmed click is in the log; nothing is in the log that nobody pressed; one owner at a time."""
        logged: Counter[tuple[int, str, str]] = Counter()
        for move in self.rows.moves:
            if move.actor is not None:
                logged[move.handoff_id, move.actor, move.action] += 1
        pressed: dict[tuple[int, str, str], list[Click]] = defaultdict(list)
        for click in self.ledger.clicks:
            pressed[click.handoff, click.user, click.action].append(click)
        for key, times in logged.items():
            if times > sum(click.attempts for click in pressed.get(key, [])):
                self.found.add("unexpected: move nobody pressed", f"{key} {times} times")
        for key, clicks in pressed.items():
            sure = [click for click in clicks if click.confirmed and click.alone]
            if sure and not logged[key]:
                self.found.add("lost: confirmed click", f"{key}")
        takers = Counter(move.handoff_id for move in self.rows.moves if move.action == "accept")
        for click in self.ledger.clicks:
            if click.confirmed and click.action == "accept" and not takers[click.handoff]:
                self.found.add("lost: confirmed accept", f"{click}")

    def races(self) -> None:
        """Of several who pressed at once one has it, and the others were told who."""
        owner: dict[int, str] = {}
        winners: dict[int, str] = {}
        for move in self.rows.moves:
            if move.action == "accept":
                if owner.get(move.handoff_id):
                    self.found.add("owners: accepted while owned", f"hand-off {move.handoff_id} n {move.n}")
                winners[move.handoff_id] = move.owner
            owner[move.handoff_id] = move.owner
        expected: Counter[tuple[str, str]] = Counter()
        for click in self.ledger.clicks:
            winner = winners.get(click.handoff)
            if click.alone or not click.confirmed or winner is None or click.user == winner or click.resent:
                continue
            if click.attempts == 1 and not self.ledger.killed_soon(click.replica, click.at, ALIVE_SECONDS):
                expected[click.user, winner] += 1
        for (loser, winner), times in (expected - self.whispers).items():
            self.found.add("untold: who was first", f"{loser} was not told of {winner} {times} times")

    def replay(self) -> None:
        """Each hand-off is what its log says."""
        for row in self.rows.handoffs:
            moves = self.moves_of.get(row.id, [])
            if [move.n for move in moves] != list(range(1, row.n + 1)):
                self.found.add(
                    "replay: gaps in the log", f"hand-off {row.id} {[m.n for m in moves]} of {row.n}"
                )
            elif (moves[-1].to_stage, moves[-1].owner) != (row.stage, row.owner):
                self.found.add("replay: hand-off is not its log", f"hand-off {row.id}")
            for before, after in itertools.pairwise(moves):
                if after.from_stage != before.to_stage:
                    self.found.add("replay: stages do not follow", f"hand-off {row.id} n {after.n}")

    @cached_property
    def moves_of(self) -> dict[int, list[Any]]:
        """The log by hand-off, in order."""
        grouped: dict[int, list[Any]] = defaultdict(list)
        for move in self.rows.moves:
            grouped[move.handoff_id].append(move)
        return grouped


CHECKS: tuple[Callable[[Comparison], None], ...] = (
    Comparison.intakes, Comparison.cards, Comparison.renderings, Comparison.sends, Comparison.nudges,
    Comparison.clicks, Comparison.races, Comparison.replay,
)  # fmt: skip
