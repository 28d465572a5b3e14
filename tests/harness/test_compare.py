"""The comparison of the three logs finds each kind of broken promise, and nothing where all was kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness.compare import Comparison, Said
from tests.harness.database import Letter, Rows
from tests.harness.ledger import Click, Kill, Ledger
from tests.harness.plan import Planned
from tests.harness.slackside import Post

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SEND, HANDOFF = 7, 3
LEAD = Planned(1, 5, "demo", 0, "single", again=False, follows=False)
ANN, BOB = LEAD.pool[0], LEAD.pool[1]
CARD = Said(SEND, HANDOFF, True, "C0LANE0", "10.1", None, "", frozenset({ANN}))


def move(n: int, action: str, before: str | None, after: str, owner: str | None) -> Any:
    """A line of the log; the owner is who pressed."""
    return SimpleNamespace(
        handoff_id=HANDOFF, n=n, action=action, from_stage=before, to_stage=after, owner=owner, actor=owner,
        undoes=None, at=AT,
    )  # fmt: skip


def press(user: str, *, alone: bool = True) -> Click:
    """A confirmed press on Accept by a replica that lived on."""
    return Click(HANDOFF, user, "accept", True, 1, False, "r0-1", AT.timestamp(), alone)


def handoff() -> Any:
    """The hand-off as the database has it."""
    return SimpleNamespace(
        id=HANDOFF, email=LEAD.email, tier="demo", stage="sal", owner=ANN, n=2, ended_at=None, collects=None,
        channel="C0LANE0", ts="10.1", wanted=2, shown=2,
    )  # fmt: skip


@dataclass
class Logs:
    """A lead that was sent, carded, and accepted by Ann: three logs that agree."""

    ledger: Ledger = field(default_factory=Ledger)
    handoffs: list[Any] = field(default_factory=lambda: [handoff()])
    moves: list[Any] = field(
        default_factory=lambda: [move(1, "create", None, "mql", None), move(2, "accept", "mql", "sal", ANN)]
    )
    letters: list[Letter] = field(
        default_factory=lambda: [Letter(SEND, "card:1", "card", "sent", HANDOFF, 1, None, {})]
    )
    events: dict[str, str | None] = field(default_factory=lambda: {LEAD.event_id: LEAD.email})
    said: list[Said] = field(default_factory=lambda: [CARD])
    posts: list[Post] = field(default_factory=lambda: [Post(SEND, "r0-1", 10.1, False)])
    whispers: Counter[tuple[str, str]] = field(default_factory=Counter)
    late: int = 0

    def __post_init__(self) -> None:
        self.ledger.sent[LEAD.event_id] = self.ledger.acknowledged[LEAD.event_id] = LEAD
        self.ledger.clicks.append(press(ANN))

    def found(self) -> set[str]:
        """The kinds of findings."""
        rows = Rows(self.events, self.handoffs, self.moves, self.letters, {}, self.late, [])
        return set(Comparison(self.ledger, rows, self.said, self.posts, self.whispers).run().counts)


def test_three_logs_that_agree_are_no_finding() -> None:
    assert Logs().found() == set()


def nothing_kept(logs: Logs) -> None:
    logs.events.clear()
    logs.handoffs.clear()
    logs.moves.clear()
    logs.said.clear()
    logs.ledger.clicks.clear()


def overdue(logs: Logs) -> None:
    logs.handoffs[0].tier = "hot"


def second_nudge(logs: Logs) -> None:
    body = {"view": "nudge", "step": "nudge 50%"}
    logs.letters += [Letter(n, f"n{n}", "note", "dropped", HANDOFF, 1, None, body) for n in (8, 9)]


def nudge_after_acceptance(logs: Logs) -> None:
    late = f"{AT.timestamp() + 60:.6f}"
    logs.letters.append(Letter(8, "n8", "note", "sent", HANDOFF, 1, None, {"view": "nudge", "step": "50%"}))
    logs.said.append(replace(CARD, send=8, card=False, ts=late, thread_ts=CARD.ts))


def another_hand_off(logs: Logs) -> None:
    twin = handoff()
    twin.id, twin.ts, twin.n, twin.stage, twin.owner = 4, "11.1", 1, "mql", None
    logs.handoffs.append(twin)
    first = move(1, "create", None, "mql", None)
    first.handoff_id = 4
    logs.moves.append(first)
    logs.said.append(replace(CARD, handoff=4, send=8, ts="11.1", mentions=frozenset()))


def owned_twice(logs: Logs) -> None:
    logs.moves.append(move(3, "accept", "sal", "sal", BOB))
    logs.handoffs[0].n, logs.handoffs[0].owner = 3, BOB
    logs.said[0] = replace(CARD, mentions=frozenset({BOB}))
    logs.ledger.clicks[:] = [press(ANN, alone=False), press(BOB, alone=False)]


def not_accepted(logs: Logs) -> None:
    del logs.moves[1:]
    logs.handoffs[0].n, logs.handoffs[0].stage, logs.handoffs[0].owner = 1, "mql", None
    logs.said[0] = replace(CARD, mentions=frozenset())


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (nothing_kept, "lost: acknowledged event"),
        (nothing_kept, "lost: MQL without a hand-off"),
        (lambda logs: logs.said.clear(), "lost: hand-off without a card"),
        (lambda logs: logs.said.append(replace(CARD, ts="10.2")), "duplicated: card"),
        (another_hand_off, "duplicated: hand-offs of one lead"),
        (not_accepted, "lost: confirmed click"),
        (not_accepted, "lost: confirmed accept"),
        (lambda logs: logs.ledger.clicks.clear(), "unexpected: move nobody pressed"),
        (owned_twice, "owners: accepted while owned"),
        (lambda logs: logs.ledger.clicks.append(press(BOB, alone=False)), "untold: who was first"),
        (overdue, "lost: breach not said"),
        (second_nudge, "duplicated: nudge"),
        (nudge_after_acceptance, "unexpected: claim nudge after acceptance"),
        (lambda logs: setattr(logs, "late", 1), "lost: deadline not decided"),
        (lambda logs: setattr(logs.handoffs[0], "shown", 1), "stale: card not redrawn"),
        (lambda logs: setattr(logs.handoffs[0], "owner", BOB), "stale: card names others"),
        (lambda logs: setattr(logs.handoffs[0], "stage", "mql"), "replay: hand-off is not its log"),
        (lambda logs: logs.moves.pop(0), "replay: gaps in the log"),
        (lambda logs: logs.ledger.sent.clear(), "unexpected: event nobody sent"),
        (
            lambda logs: logs.letters.append(Letter(8, "n", "note", "sent", HANDOFF, 1, None, {})),
            "lost: note marked sent",
        ),
        (
            lambda logs: logs.letters.append(Letter(8, "n", "note", "unknown", HANDOFF, 1, None, {})),
            "unsettled: letter",
        ),
    ],
)
def test_a_broken_promise_is_found(broken: Callable[[Logs], object], kind: str) -> None:
    logs = Logs()
    broken(logs)
    assert kind in logs.found()


def test_who_was_told_who_came_first_is_no_finding() -> None:
    logs = Logs(whispers=Counter({(BOB, ANN): 1}))
    logs.ledger.clicks.append(press(BOB, alone=False))
    assert logs.found() == set()


def test_a_second_card_by_a_replica_that_was_paused_is_told_apart() -> None:
    logs = Logs()
    logs.said.append(replace(CARD, ts="10.2"))
    logs.ledger.pauses.append(Kill("r0-1", "pause", 0.0, 10.0))
    assert logs.found() == {"excused: card of a paused replica"}
