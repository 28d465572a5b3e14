"""What must be said of a lead and when, counted minute by minute from the sentences of the semantics, "Clocks".

Independent of the product: it imports nothing of scoring.
"""

from dataclasses import dataclass, field

from tests.simulation.cast import DECIDE_DAYS, MOST_ON_A_CARD, TIERS, WINDOW, Tier
from tests.simulation.hours import calendar_of, next_open, shift

GRACE, AFTER_OPENING = 30, 60


@dataclass(eq=False)
class Card:
    """Who is, or was, on one card, the first one first; several are of one company. It has one way for all of them."""

    company: str | None
    segment: str
    began: int
    people: list["Lead"] = field(default_factory=list)
    called: bool = False

    @property
    def tried(self) -> bool:
        """Whether somebody tried to reach anybody on it."""
        return any(each.touched for each in self.people)

    def takes_in(self, owner: str | None, minute: int) -> bool:
        """Whether somebody whom *owner* gets comes onto it."""
        owners = {each.owner for each in self.people if each.open}
        room = len(self.people) < MOST_ON_A_CARD and minute - self.began < WINDOW
        return room and owners == {owner}

    def together(self, lead: "Lead") -> list["Lead"]:
        """Those whom the same person, or pool, works on."""
        return [each for each in self.people if each.open and each.owner == lead.owner]

    def speaks(self, lead: "Lead", minute: int) -> bool:
        """ "The tightest SLA rules": whether *lead* is the one whose first touch is due first."""
        waiting = [each for each in self.together(lead) if each.wants_touch]
        return len(waiting) == 1 or min(waiting, key=lambda each: each.due_by(minute)) is lead


@dataclass(eq=False)
class Lead:
    """One hand-off as everybody in Slack can know it, with its clock. Moments are minutes since the start."""

    name: str
    tier: str
    card: Card = field(repr=False)
    arrived: int
    owner: str | None
    open: bool = True
    touched: bool = False
    accepted: bool = False
    given_at: int | None = None
    snoozed_until: int = 0
    snoozes: int = 0
    taken: bool = False
    stuck: bool = False
    last_owner: str | None = None
    taken_from: str | None = None
    said: set[tuple[int, str]] = field(default_factory=set)
    used: int = 0
    begins: int = 0
    due_at: int | None = None
    touched_at: int | None = None
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.owner:
            self.given_at = self.arrived
        calendar = self.calendar
        self.begins = self._begin(calendar, self.arrived)
        if self.promise.clock == "calendar":
            self.due_at = self._calendar_due(calendar)

    @property
    def segment(self) -> str:
        return self.card.segment

    @property
    def promise(self) -> Tier:
        return TIERS[self.tier]

    @property
    def calendar(self) -> bytes:
        return calendar_of(self.owner, self.segment)

    @property
    def wants_touch(self) -> bool:
        return self.open and not self.touched

    def _begin(self, calendar: bytes, minute: int) -> int:
        """ "What arrives outside hours starts its clock at opening + opening_grace"."""
        return minute if calendar[minute] else next_open(calendar, minute) + GRACE

    def _calendar_due(self, calendar: bytes) -> int:
        """ "A due time outside working time moves to one hour after the next opening"."""
        end = self.arrived + self.promise.minutes
        return end if calendar[end] else next_open(calendar, end) + AFTER_OPENING

    def minute_passed(self, minute: int) -> None:
        """The minute that ended at *minute* counts, where its calendar was open."""
        if self.promise.clock != "business" or not self.wants_touch:
            return
        if minute - 1 >= self.begins and self.calendar[minute - 1]:
            self.used += 1
        if self.due_at is None and self.used >= self.promise.minutes:
            self.due_at = minute

    def due_by(self, minute: int) -> int:
        """When its first touch is due, as it looks at *minute*: the working minutes that are left, counted ahead."""
        if self.due_at is not None:
            return self.due_at
        used, calendar = self.used, self.calendar
        while used < self.promise.minutes:
            used += minute >= self.begins and bool(calendar[minute])
            minute += 1
        return minute

    def handed(self, owner: str | None, minute: int, *, given: bool) -> None:
        """ "The working time already used is carried over, the rest is computed anew"."""
        old = self.calendar
        self.last_owner, self.owner = self.owner or self.last_owner, owner
        self.given_at = minute if given and owner else None
        self.snoozed_until = 0
        self.accepted = False
        if not self.wants_touch or old == self.calendar:
            return
        if self.promise.clock == "business":
            if minute < self.begins:
                fresh = self._begin(self.calendar, self.arrived)
                self.begins = fresh if fresh > minute else self._begin(self.calendar, minute)
            return
        assert self.due_at is not None
        if self.due_at > minute:  # what is over stays over
            fresh = self._calendar_due(self.calendar)
            # An opening of the new owner's that is past would make it overdue as they get it.
            self.due_at = fresh if fresh >= minute else next_open(self.calendar, minute)

    def reached(self, share: int, minute: int) -> bool:
        """Whether so many percent of the promise are used."""
        if self.promise.clock == "business":
            return self.used * 100 >= share * self.promise.minutes
        assert self.due_at is not None
        if share == 100:
            return minute >= self.due_at
        at = self.arrived + share * self.promise.minutes // 100
        return minute >= (at if share < 100 else max(at, self.due_at))

    def step_to_say(self, minute: int) -> tuple[int, str] | None:
        """As due_step; it is said now."""
        step = self.due_step(minute)
        if step is not None:
            self.said.update(each for each in self.promise.steps if self.reached(each[0], minute))
        return step

    def anything_due(self, minute: int) -> bool:
        """Whether something is to happen at *minute*."""
        decision = self.open and self.due_decision(minute) is not None
        return decision or self.due_step(minute) is not None or self.to_be_taken(minute)

    def due_decision(self, minute: int) -> str | None:
        """ "Then `decide: 14d` (attempt reminders, owner, manager)": half of it or all of it is over, within hours."""
        since = self.arrived if self.touched_at is None else self.touched_at
        whole = DECIDE_DAYS * 1440
        passed = [step for step, at in (("half", since + whole // 2), ("all", since + whole)) if minute >= at]
        due = bool(passed) and passed[-1] not in self.asked and bool(self.calendar[minute])
        return passed[-1] if due else None

    def due_step(self, minute: int) -> tuple[int, str] | None:
        """The step that is said at *minute*: "a nudge waits for its reader's hours; if later steps have passed
        meanwhile, only the latest is sent"."""
        if not self.wants_touch:
            return None
        passed = [step for step in self.promise.steps if self.reached(step[0], minute)]
        if not passed or passed[-1] in self.said or not self._reader_is_there(passed[-1][1], minute):
            return None
        return passed[-1]

    def _reader_is_there(self, kind: str, minute: int) -> bool:
        if kind != "breach" and self.owner is not None:
            return bool(shift(self.owner)[minute]) and minute >= self.snoozed_until
        return bool(self.calendar[minute])

    def to_be_taken(self, minute: int) -> bool:
        """Whether the ladder's last rung is reached: "reassignment to the next who is there"; who was given it when
        it was overdue has the tier's time first. "With an attempt logged nothing is reassigned", on the whole card."""
        share = self.promise.reassign
        if share is None or self.stuck or not self.wants_touch or not self.calendar[minute]:
            return False
        if self.card.tried:
            return False
        if not self.reached(share, minute):
            return False
        late = self.given_at is not None and self.due_at is not None and self.given_at >= self.due_at
        return not late or self._worked_since(self.given_at or 0, minute) >= self.promise.minutes

    def _worked_since(self, since: int, minute: int) -> int:
        return sum(self.calendar[since:minute])
