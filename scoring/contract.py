"""What both departments sign, as frozen models; `scoring.definition` reads them from the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from scoring.conditions import Condition, signals_in
from scoring.dispositions import DEFAULT_WAITS

Level = Literal["high", "medium", "low", "passive"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition a lead must pass; *hard* binds even the fast track, *unknown* rules on a missing fact."""

    when: Condition
    hard: bool = False
    unknown: Literal["pass", "hold", "fail"] = "pass"
    label: str = ""


@dataclass(frozen=True, slots=True)
class FitRow:
    """One row of a fit group: points for leads of which *when* holds."""

    when: Condition
    points: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class FitGroup:
    """Rows of which the first that matches counts, towards *counts_as*."""

    name: str
    rows: tuple[FitRow, ...]
    counts_as: Literal["fit", "intent"] = "fit"


@dataclass(frozen=True, slots=True)
class IntentRow:
    """What one signal is worth.

    Attributes:
        points: one number (each distinct *every* counts once) or the worth of the newest, second newest, …
        cap: most points this row may give; None for no cap.
        every: what counts once for a scalar; a list numbers events unless told otherwise.
        when: the condition under which the row counts at all; None for none.
    """

    signal: str
    points: int | tuple[int, ...]
    level: Level = "low"
    within: timedelta | None = None
    half_life: timedelta | None = None
    cap: int | None = None
    every: Literal["event", "asset", "day"] = "asset"
    fast_track: bool = False
    when: Condition | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points for a pattern, such as several visits in a week. Without a level it is no active intent."""

    name: str
    when: Condition
    points: int
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Inactivity:
    """Points (negative) for silence of *signal* (None: of any known signal) for *none_for* or longer."""

    none_for: timedelta
    points: int
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """Most points: of all intent, of all fit, and of each level of intent; None for no cap."""

    intent: int | None = None
    fit: int | None = None
    high: int | None = None
    medium: int | None = None
    low: int | None = None
    passive: int | None = None


@dataclass(frozen=True, slots=True)
class Require:
    """Minimums beside the threshold: active intents counted, points of fit, points of intent."""

    active_intent: int = 0
    fit: int | None = None
    intent: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule beside the points that qualifies by itself; *waived*: it said `require: none`."""

    name: str
    when: Condition
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """Shares of the first-touch time: owner's nudges, a call to everyone, the breach, the reassignment."""

    nudge: tuple[Fraction, ...] = (Fraction(1, 2), Fraction(4, 5))
    everyone: tuple[Fraction, ...] = ()
    breach: tuple[Fraction, ...] = (Fraction(1),)
    reassign: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """A class of hand-off with its own promise.

    Attributes:
        rank: its place in the file, 0 the highest.
        first_touch: time allowed until the first touch; zero for a nurture tier, which has no SLA.
        digest: cards of this tier are collected for this long; None posts each at once.
        nurture: an MQL that goes to nurture: no card, no owner, no SLA.
    """

    name: str
    rank: int
    first_touch: timedelta
    clock: Literal["business", "calendar"]
    when: Condition | None = None
    play: str | None = None
    ladder: Ladder = field(default_factory=Ladder)
    digest: timedelta | None = None
    nurture: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """What each side promises. Shares are fractions between 0 and 1."""

    mqls_a_month: int | None = None
    within_sla: Fraction = Fraction(9, 10)
    expected_mql_to_sql: Fraction | None = None
    check_on: date | None = None
    hypothesis: str | None = None


@dataclass(frozen=True, slots=True)
class Bands:
    """Healthy ranges in per cent (MISSION.md, C1)."""

    mql_to_sal: tuple[int, int] = (40, 70)
    mql_to_sql: tuple[int, int] = (15, 30)
    alarm_below: int = 10
    recalibrate_below: int = 5


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Definition:
    """One written definition of a marketing qualified lead; equal only to itself, so it can key a cache.

    Attributes:
        keys: dotted paths of the keys present in the file, for `baton check`.
        warnings: sentences about things that are allowed and probably mistaken.
    """

    name: str
    threshold: int
    intent: dict[str, IntentRow]
    tiers: tuple[Tier, ...]
    fit: tuple[FitGroup, ...] = ()
    gates: tuple[Gate, ...] = ()
    target: dict[str, tuple[str, ...]] = field(default_factory=dict)
    require: Require = Require()
    bonus: tuple[Bonus, ...] = ()
    inactivity: tuple[Inactivity, ...] = ()
    caps: Caps = Caps()
    qualify_when: tuple[Rule, ...] = ()
    required_bant: tuple[str, ...] = ("need", "timeline")
    unreachable_attempts: int = 5
    unreachable_over: timedelta = timedelta(days=10)
    decide: timedelta = timedelta(days=14)
    ae_accept: timedelta = timedelta(days=1)
    pause_reasons: tuple[str, ...] = ()
    pause_limit: timedelta = timedelta(days=5)
    again: dict[str, timedelta] = field(default_factory=lambda: dict(DEFAULT_WAITS))
    contract: Contract = Contract()
    bands: Bands = Bands()
    sal: bool = True
    labels: dict[str, str] = field(default_factory=dict)
    objective: Literal["expected_sql", "expected_value", "max_rate"] = "expected_sql"
    spot_check_share: Fraction = Fraction(0)
    spot_check_at_most: int = 0
    keys: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    @property
    def known_signals(self) -> frozenset[str]:
        """Signals with a row or named in a condition; every other one is kept, worth 0 and reported."""
        silences = {row.signal for row in self.inactivity if row.signal is not None}
        return frozenset(self.intent) | silences | self.signals_in_conditions

    @property
    def signals_in_conditions(self) -> frozenset[str]:
        """Signals that a row, gate, bonus, rule or tier asks about in its condition."""
        return frozenset(signal for when in self.conditions for signal in signals_in(when))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the definition, in the order of the file's sections."""
        rows: list[Condition | None] = [row.when for group in self.fit for row in group.rows]
        rows += [gate.when for gate in self.gates]
        rows += [row.when for row in self.intent.values()]
        rows += [row.when for row in self.bonus]
        rows += [rule.when for rule in self.qualify_when]
        rows += [tier.when for tier in self.tiers]
        return tuple(when for when in rows if when is not None)
