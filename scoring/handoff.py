"""One passage of a lead from marketing to sales, as decisions see it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from scoring.sla import OPENING_GRACE, Clock
from scoring.stages import CLOSED

TouchKind = Literal["call", "email", "meeting"]
Outcome = Literal["reached", "voicemail", "no_answer", "replied", "held", "booked"]

KINDS: dict[str, str] = {"call": "Call", "email": "E-mail", "meeting": "Meeting"}
OUTCOMES: dict[str, str] = {
    "reached": "Reached them",
    "voicemail": "Left a voicemail",
    "no_answer": "No answer yet",
    "replied": "They replied",
    "held": "Meeting held",
    "booked": "Meeting booked",
}
TWO_WAY = ("reached", "replied", "held")
"""Outcomes that are a conversation: Qualify asks for one of them. Source: S1 "after an initial discovery
conversation or qualification call"."""

UNDO_WITHIN = timedelta(minutes=10)
"""How long the presser may take a press back. Source: SEMANTICS "Undo"."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A logged try to reach the lead by a person."""

    kind: str
    outcome: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pressed:
    """The press that Undo would take back: who, when, what, and its number in the log."""

    n: int
    action: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Handoff:
    """The state of one hand-off. Times are aware UTC; shares and durations as named.

    Attributes:
        why: `fast_track`, `threshold` or `rule: NAME`.
        allowance, due_at: the first-touch promise; None where there is no clock (stale event).
        receipt: the score's rows at the crossing (or at the last change while open), ready for the card.
        bant: what Qualify was answered: budget, authority, need, timeline.
        flag: a sentence about a hard gate that fails since the card was posted.
        n, head: the number of its newest move, and that move's hash.
        undo: what the newest press changed, as it was before.
        last: the newest press that Undo can take back.
        erased: the lead's data was erased on request.
    """

    id: int
    lead_id: int
    version: int
    tier: str
    tier_rank: int
    why: str
    segment: str
    channel: str
    pool: tuple[str, ...]
    stage: str
    owner: str | None
    fit: int
    intent: int
    receipt: tuple[dict[str, Any], ...]
    fit_check: bool
    returning: bool
    stale: bool
    flag: str | None
    crossed_at: datetime
    clock: str | None
    allowance: timedelta | None
    started_at: datetime | None
    used: timedelta
    since: datetime | None
    due_at: datetime | None
    accepted_at: datetime | None
    touched_at: datetime | None
    sql_at: datetime | None
    ae: str | None
    bant: dict[str, str] | None
    ended_at: datetime | None
    reason: str | None
    note: str | None
    again_on: date | None
    n: int
    card_id: int | None
    head: str | None = None
    undo: dict[str, Any] | None = None
    touches: tuple[Touch, ...] = ()
    last: Pressed | None = None
    erased: bool = False

    @property
    def open(self) -> bool:
        """Neither won nor at an end."""
        return self.stage not in CLOSED

    @property
    def score(self) -> int:
        """Fit plus intent, in points."""
        return self.fit + self.intent

    @property
    def wants_touch(self) -> bool:
        """Open, promised a first touch by a certain time, and nobody has logged one."""
        return self.clock is not None and self.touched_at is None and self.stage in ("mql", "sal")

    def running(self, opening_grace: timedelta = OPENING_GRACE) -> Clock | None:
        """The first-touch clock as it was last rebased, or None where there is none."""
        if self.clock is None or self.allowance is None or self.started_at is None or self.since is None:
            return None
        kind: Literal["business", "calendar"] = "business" if self.clock == "business" else "calendar"
        return Clock(
            kind, self.allowance, self.started_at, self.used, self.since, self.crossed_at, opening_grace
        )
