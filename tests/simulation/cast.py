"""Who plays in the simulated fortnight: six reps in three time zones, two managers, four segments, four tiers."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 25, tzinfo=UTC)
"""A Wednesday. Europe's clocks change on Sunday 29 March; holidays follow in all three countries."""
DAYS = 14
DECIDE_DAYS = 8
"""Within which an owner is to decide; the first weekly look after that is beyond the fortnight."""

HOLIDAYS = {
    "DE": ["2026-04-03", "2026-04-06"],  # Good Friday, Easter Monday
    "US-CT": ["2026-04-03"],  # Good Friday, a holiday of Connecticut
    "IN": [
        "2026-03-26",
        "2026-03-31",
        "2026-04-03",
        "2026-04-14",
    ],  # Ram Navami, Mahavir Jayanti, Good Friday, Ambedkar
}
"""The public holidays of these weeks, read off the countries' calendars by hand."""

WINDOW = 7 * 1440
"""Minutes within which people of one company come onto one card."""
MOST_ON_A_CARD = 10


@dataclass(frozen=True)
class Place:
    """Whose wall clock, from when to when on weekdays, and whose holidays."""

    zone: str
    opens: str
    closes: str
    holidays: str


BERLIN = Place("Europe/Berlin", "09:00", "17:00", "DE")
HARTFORD = Place("America/New_York", "08:30", "17:30", "US-CT")
PUNE = Place("Asia/Kolkata", "10:00", "18:30", "IN")


@dataclass(frozen=True)
class Worker:
    """Somebody of the team; *away* as (from, until before) of their own wall clock, *written* as the file says it."""

    name: str
    place: Place
    role: str = "sdr"
    weight: int = 1
    capacity: int | None = None
    away: tuple[tuple[str, str], ...] = ()
    written: tuple[tuple[str, str], ...] = ()


TEAM = {
    "U0ANN": Worker("Ann", BERLIN, weight=3),
    "U0BEN": Worker(
        "Ben",
        BERLIN,
        weight=1,
        away=(("2026-03-26T13:00", "2026-03-26T15:30"), ("2026-03-30T00:00", "2026-04-01T00:00")),
        written=(("2026-03-26 13:00", "2026-03-26 15:30"), ("2026-03-30", "2026-03-31")),
    ),
    "U0CAL": Worker("Cal", HARTFORD, weight=2),
    "U0DOT": Worker("Dot", HARTFORD, weight=1, capacity=9),
    "U0DEV": Worker(
        "Dev",
        PUNE,
        weight=2,
        away=(("2026-04-01T10:00", "2026-04-01T14:00"),),
        written=(("2026-04-01 10:00", "2026-04-01 14:00"),),
    ),
    "U0EVA": Worker("Eva", PUNE, weight=1, capacity=25),
    "U0MAX": Worker(
        "Max",
        BERLIN,
        "manager",
        away=(("2026-04-02T11:00", "2026-04-02T16:00"),),
        written=(("2026-04-02 11:00", "2026-04-02 16:00"),),
    ),
    "U0MEG": Worker("Meg", HARTFORD, "manager"),
}
SDRS = [person for person, worker in TEAM.items() if worker.role == "sdr"]
MANAGERS = [person for person, worker in TEAM.items() if worker.role == "manager"]
LEAVES = ("U0DOT", timedelta(days=9, hours=15, minutes=7))
"""Whose account is deactivated, and when after the start."""


@dataclass(frozen=True)
class Segment:
    """A slice of the market."""

    channel: str
    pool: tuple[str, ...]
    assign: str
    place: Place
    countries: tuple[str, ...]


SEGMENTS = {
    "EMEA": Segment("C0EMEA", ("U0ANN", "U0BEN", "U0DEV"), "round_robin", BERLIN, ("DE", "FR")),
    "AMER": Segment("C0AMER", ("U0CAL", "U0DOT", "U0ANN"), "round_robin", HARTFORD, ("US", "CA")),
    "APAC": Segment("C0APAC", ("U0DEV", "U0EVA"), "named", PUNE, ("IN",)),
    "everyone": Segment("C0ALL", tuple(SDRS), "claim", BERLIN, ("GB", "BR")),
}
ACCOUNTS = {f"firm{number}.example": "U0EVA" for number in range(0, 500, 5)}
"""Named accounts; only leads of APAC go by them."""


@dataclass(frozen=True)
class Tier:
    """What a signal is promised: minutes of a business or calendar clock, and its ladder as (share in %, step)."""

    signal: str
    clock: str
    minutes: int
    steps: tuple[tuple[int, str], ...]
    reassign: int | None


TIERS = {
    "demo": Tier("demo_request", "business", 60, ((50, "everyone"), (80, "nudge"), (100, "breach")), 100),
    "trial": Tier("trial", "business", 240, ((50, "nudge"), (80, "nudge"), (100, "breach")), 150),
    "paper": Tier("paper", "calendar", 48 * 60, ((50, "nudge"), (80, "nudge"), (100, "breach")), None),
    "standard": Tier("contact", "calendar", 24 * 60, ((50, "nudge"), (80, "nudge"), (100, "breach")), 150),
}


def team_file() -> str:
    """The team file of this cast."""
    people = {
        person: {
            "name": worker.name,
            "role": worker.role,
            **_hours(worker.place),
            **({"weight": worker.weight} if worker.role == "sdr" else {}),
            **({"capacity": worker.capacity} if worker.capacity else {}),
            "away": [{"from": since, "until": until} for since, until in worker.written],
        }
        for person, worker in TEAM.items()
    }
    people["U0MIA"] = {"name": "Mia", "role": "marketing", "signs": "marketing"}
    people["U0ADA"] = {"name": "Ada", "role": "admin"}
    segments = [
        {
            "name": name,
            "channel": each.channel,
            "pool": list(each.pool),
            "assign": each.assign,
            **({"when": {"country": list(each.countries)}} if name != "everyone" else {}),
            **_hours(each.place),
        }
        for name, each in SEGMENTS.items()
    ]
    whole = {
        **_hours(BERLIN),
        "channels": {"fallback": "C0ALL", "digests": "C0LEADERS", "admin": "C0OPS"},
        "segments": segments,
        "people": people,
        "accounts": "accounts.csv",
    }
    return json.dumps(whole, indent=1)  # JSON is YAML


def _hours(place: Place) -> dict[str, object]:
    hours = {"mon-fri": f"{place.opens}-{place.closes}"}
    return {"timezone": place.zone, "hours": hours, "holidays": place.holidays}


def definition_file() -> str:
    """The definition of this cast: every signal qualifies by itself, and its tier is promised."""
    tiers = []
    for name, tier in TIERS.items():
        ladder: dict[str, object] = {"nudge": [], "everyone": [], "breach": [], "reassign": []}
        for kind in ("nudge", "everyone", "breach"):
            ladder[kind] = [f"{share}%" for share, step in tier.steps if step == kind]
        ladder["reassign"] = [f"{tier.reassign}%"] if tier.reassign else []
        when = {"when": {"signal": tier.signal}} if name != "standard" else {}
        promise = {"first_touch": f"{tier.minutes}m", "clock": tier.clock}
        tiers.append({"name": name, **when, **promise, "ladder": ladder})
    intent = {tier.signal: {"points": 50, "level": "high", "fast_track": True} for tier in TIERS.values()}
    whole = {
        "name": "Fortnight",
        "threshold": 50,
        "intent": intent,
        "decide": f"{DECIDE_DAYS}d",
        "tiers": tiers,
    }
    return json.dumps(whole, indent=1)
