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
        why: `fast_track`, `threshold`, `rule: NAME` or `by_hand`.
        allowance, due_at: the first-touch promise; None where there is no clock (stale event).
        receipt: the score's rows at the crossing (or at the last change while open), ready for the card.
        bant: what Qualify was answered: budget, authority, need, timeline.
        flag: a sentence about a hard gate that fails since the card was posted.
        n, head: the number of its newest move, and that move's hash.
        undo: what the newest press changed, as it was before.
        last: the newest press that Undo can take back.
        erased: the lead's data was erased on request.
        company: registrable domain of the lead's address; None for free mail.
        origin: `scored`; `by_hand`, then *given_by* handed it over because of *given_why*; `spot_check`.
        routed: the sentence that says how it came to its owner, where there is something to say.
        assigned_at: when its owner was given it; None where they took it themselves, or there is none.
        sent_back_at: when its account executive returned it, the last time; it is decided anew from then on.
        snoozed_until, snoozes: the owner put nudges off until then, and how often so far.
        paused_at, paused_until, pause_reason: the first-touch clock stands still; *paused* is how long it did before.
        sdr: who qualified it; ae: who takes the opportunity, since *ae_accepted_at* with a press of theirs.
        amount, currency, close_on: the opportunity, in whole units.
        bundled: others of its company are, or were, on its card.
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
    company: str | None = None
    origin: str = "scored"
    given_by: str | None = None
    given_why: str | None = None
    routed: str | None = None
    assigned_at: datetime | None = None
    sent_back_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozes: int = 0
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    paused: timedelta = timedelta(0)
    pause_reason: str | None = None
    sdr: str | None = None
    ae_accepted_at: datetime | None = None
    amount: int | None = None
    currency: str | None = None
    close_on: date | None = None
    bundled: bool = False

    @property
    def open(self) -> bool:
        """Neither won nor at an end."""
        return self.stage not in CLOSED

    @property
    def score(self) -> int:
        """Fit plus intent, in points."""
        return self.fit + self.intent

    @property
    def with_sales(self) -> bool:
        """Open, and somebody of sales has taken responsibility: marketing's nurture pauses meanwhile."""
        return self.open and (self.accepted_at is not None or self.stage in ("sql", "opportunity"))

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
