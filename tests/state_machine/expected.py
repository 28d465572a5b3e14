"""What a hand-off must be after each press, in as few words as possible: the machine compares Baton with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

POOLS = {"C0EMEA": ("U0ANN", "U0BOB"), "C0ALL": ("U0ANN", "U0BOB", "U0CAT")}
ROLES = {
    "U0ANN": "sdr",
    "U0BOB": "sdr",
    "U0CAT": "sdr",
    "U0MAX": "manager",
    "U0MIA": "marketing",
    "U0ADA": "admin",
}
ENDED = ("recycled", "disqualified")
UNDO_WITHIN = timedelta(minutes=10)
REASONS = {
    "not_fit.size": "disqualified",
    "timing.no_project": "recycled",
    "no_budget": "recycled",
    "customer": "disqualified",
    "opted_out": "disqualified",
}
"""The reasons the machine gives, and where each leads."""
TALKED = ("reached", "replied", "held")
FORWARD = ("mql", "sal", "sql")

Verdict = Literal["saved", "nothing", "refused"]


@dataclass(frozen=True)
class State:
    """Where a hand-off stands."""

    stage: str = "mql"
    owner: str | None = None
    touches: int = 0
    talked: bool = False
    reason: str | None = None

    @property
    def open(self) -> bool:
        return self.stage not in ENDED


@dataclass(frozen=True)
class Undoable:
    """The newest press: whose, when, and what was before."""

    by: str
    at: datetime
    before: State


@dataclass
class Expected:
    """One hand-off; *n* is its number of moves, *stages* where it has been (an undone stay left out)."""

    id: int
    lead: str
    channel: str
    state: State = State()
    n: int = 1
    undo: Undoable | None = None
    stages: list[str] = field(default_factory=lambda: ["mql"])
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Wish:
    """Something a person asks for: *action* is accept, end, touch, qualify or undo."""

    user: str
    action: str
    handoff: int
    given: Mapping[str, str | None] = field(default_factory=dict)


def verdict(wish: Wish, of: Expected, others: list[Expected], now: datetime) -> tuple[Verdict, str, State]:
    """What becomes of *wish*: the verdict, the word in the log, and the state afterwards."""
    state = of.state
    if wish.user not in ROLES:
        return "refused", "", state
    if wish.action == "undo":
        return _undone(wish, of, others, now)
    if wish.action == "accept" and state.stage == "sal" and state.owner == wish.user:
        return "nothing", "", state
    if not state.open or not _may(wish.user, of):
        return "refused", "", state
    match wish.action:
        case "accept":
            new = replace(state, stage="sal", owner=wish.user) if state.stage == "mql" else None
            return _answer(new, "accept", state)
        case "end":
            word = "reject" if state.stage == "mql" else "recycle"
            return _answer(_ended(wish, state, now.date()), word, state)
        case "touch":
            talked = state.talked or wish.given["outcome"] in TALKED
            new = replace(state, touches=state.touches + 1, talked=talked) if state.owner else None
            return _answer(new, "touch", state)
        case "qualify":
            new = replace(state, stage="sql") if state.stage == "sal" and state.talked else None
            return _answer(new, "qualify", state)
    raise ValueError(wish.action)


def _answer(new: State | None, word: str, old: State) -> tuple[Verdict, str, State]:
    return ("refused", "", old) if new is None else ("saved", word, new)


def _may(user: str, of: Expected) -> bool:
    if ROLES[user] == "manager":
        return True
    return user == of.state.owner if of.state.owner else user in POOLS[of.channel]


def _ended(wish: Wish, state: State, today: date) -> State | None:
    code = wish.given["reason"] or ""
    if code.startswith("timing"):
        back = wish.given.get("date")
        if back is None or date.fromisoformat(back) <= today:
            return None
    return replace(state, stage=REASONS[code], owner=state.owner or wish.user, reason=code)


def _undone(wish: Wish, of: Expected, others: list[Expected], now: datetime) -> tuple[Verdict, str, State]:
    last = of.undo
    came_back = any(each.state.open for each in others if each.lead == of.lead and each.id != of.id)
    if last is None or last.by != wish.user or now - last.at > UNDO_WITHIN or came_back:
        return "refused", "", of.state
    return "saved", "undo", last.before


def apply(wish: Wish, of: Expected, word: str, new: State, now: datetime) -> None:
    """The wish was saved."""
    if word == "undo":
        of.undo = None
        of.stages.pop()
    else:
        of.undo = Undoable(wish.user, now, of.state)
        of.stages.append(new.stage)
    of.state, of.n = new, of.n + 1
    of.ended_at = None if new.open else now


def reached(handoffs: list[Expected]) -> dict[str, int]:
    """How many hand-offs came as far as each stage."""
    far = [max(FORWARD.index(stage) for stage in each.stages if stage in FORWARD) for each in handoffs]
    return {stage: sum(way >= i for way in far) for i, stage in enumerate(FORWARD)}
