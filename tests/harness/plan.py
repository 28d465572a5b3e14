"""What a leg sends in: its two files, and leads that depend on the seed and their number alone."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.playground import Channel, User

Kind = Literal["demo", "hot", "cold"]
Flow = Literal["none", "single", "double", "contested", "undo", "touch", "reject"]

MQL_KINDS = frozenset({"demo", "hot"})
REPS = tuple(f"U0REP{n:02}" for n in range(12))
POOL = 3
"""People who may press for one segment."""
MANAGER = "U0BOSS"
SIGNALS: dict[Kind, str] = {"demo": "demo_request", "hot": "hot_request", "cold": "newsletter"}
HOT, COLD = 0.04, 0.1
"""Shares of the leads whose ladder runs out within the leg, and of those that never become an MQL."""
BATCHED = 0.04
"""Share of the requests that carry several events."""
BATCH = 8

DEFINITION = """
name: Harness
threshold: 50
require: {active_intent: 1}
gates:
  - {attribute: country, is_not: [KP], hard: true, unknown: pass}
fit:
  seniority:
    - {is: [c_level, vp, director], points: 10}
intent:
  hot_request: {points: 60, level: high, fast_track: true}
  demo_request: {points: 50, level: high, fast_track: true}
  pricing_page: {points: 15, level: high, within: 30d}
  newsletter: {points: 5, level: low}
tiers:
  - {name: hot, when: {signal: hot_request}, first_touch: 20s, clock: calendar}
  - {name: demo, when: {signal: demo_request}, first_touch: 8h, clock: calendar}
  - {name: standard, first_touch: 24h, clock: calendar}
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A lead to come: what it does first, where it goes, and what people will do with its card."""

    number: int
    seed: int
    kind: Kind
    lane: int
    flow: Flow
    again: bool
    follows: bool

    @property
    def event_id(self) -> str:
        """The id its sender gives the event."""
        return f"s{self.seed}-{self.number}"

    @property
    def email(self) -> str:
        """An address of a company of its own, so that nobody shares a card."""
        return f"p{self.number}@s{self.seed}n{self.number}.example"

    @property
    def becomes_mql(self) -> bool:
        """Whether its event alone crosses the threshold."""
        return self.kind in MQL_KINDS

    @property
    def pool(self) -> tuple[str, ...]:
        """Who may press for it."""
        return pool_of(self.lane)

    def event(self, signal: str | None = None, mark: str = "") -> dict[str, Any]:
        """The event as its sender writes it; *mark* makes it another one of the same person."""
        return {
            "id": self.event_id + mark,
            "occurred_at": datetime.now(UTC).isoformat(),
            "signal": signal or SIGNALS[self.kind],
            "lead": {
                "email": self.email,
                "first_name": "Pat",
                "last_name": f"Number {self.number}",
                "title": "VP Marketing",
                "company": f"Works {self.seed} {self.number}",
                "industry": f"lane {self.lane}",
                "country": "GB",
            },
        }


def pool_of(lane: int) -> tuple[str, ...]:
    """The people of a segment."""
    return tuple(REPS[(lane + step) % len(REPS)] for step in range(POOL))


def planned(seed: int, number: int, lanes: int, hot: float = HOT) -> Planned:
    """Lead *number* of the run *seed*; the same for the same arguments."""
    dice = random.Random(f"{seed}:{number}")
    kind: Kind = dice.choices(("demo", "hot", "cold"), (1 - COLD - hot, hot, COLD))[0]
    flow: Flow = "none"
    if kind == "demo":
        flow = dice.choices(
            ("none", "single", "double", "contested", "undo", "touch", "reject"), (48, 14, 6, 18, 4, 5, 5)
        )[0]
    elif kind == "hot":
        flow = dice.choices(("none", "single"), (50, 50))[0]
    follows = kind == "demo" and flow != "reject" and dice.random() < 0.06
    return Planned(number, seed, kind, dice.randrange(lanes), flow, dice.random() < 0.04, follows)


def requests(seed: int, lanes: int, hot: float = HOT) -> Iterator[list[Planned]]:
    """The leads of one request after the other, without end."""
    dice = random.Random(f"{seed}:requests")
    number = 0
    while True:
        size = BATCH if dice.random() < BATCHED else 1
        yield [planned(seed, number + step, lanes, hot) for step in range(size)]
        number += size


def channel_of(lane: int) -> str:
    """The channel of a segment."""
    return f"C0LANE{lane}"


def team(lanes: int) -> str:
    """A team file with *lanes* segments, each with its channel, at work around the clock."""
    segments = [
        f"  - {{name: lane {lane}, when: {{industry: lane {lane}}}, channel: {channel_of(lane)}, "
        f"pool: [{', '.join(pool_of(lane))}]}}"
        for lane in range(lanes)
    ]
    people = [f"  {rep}: {{name: Rep {rep[-2:]}, role: sdr}}" for rep in REPS]
    return "\n".join(
        [
            "live: true",
            "timezone: Europe/London",
            'hours: {mon-sun: "00:00-24:00"}',
            "holidays: none",
            "channels: {fallback: C0ALL, digests: C0LEADERS, admin: C0OPS}",
            "segments:",
            *segments,
            f"  - {{name: everyone else, channel: C0ALL, pool: [{', '.join(REPS[:POOL])}]}}",
            "people:",
            *people,
            f"  {MANAGER}: {{name: Boss, role: manager, signs: sales}}",
            "  U0MIA: {name: Mia, role: marketing, signs: marketing}",
            "  U0ADA: {name: Ada, role: admin}",
            "",
        ]
    )


def users() -> list[User]:
    """Everybody of the team file, as Slack knows them."""
    return [User(id_, id_.title()) for id_ in (*REPS, MANAGER, "U0MIA", "U0ADA")]


def channels(lanes: int) -> list[Channel]:
    """Every channel of the team file."""
    names = {"C0ALL": "sales", "C0LEADERS": "leaders", "C0OPS": "baton-ops"}
    names |= {channel_of(lane): f"lane-{lane}" for lane in range(lanes)}
    return [Channel(id_, name) for id_, name in names.items()]


def body_of(leads: list[Planned]) -> bytes:
    """The request that brings these leads."""
    return json.dumps({"events": [lead.event() for lead in leads]}).encode()
