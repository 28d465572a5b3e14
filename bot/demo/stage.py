"""`baton demo`: the page, with sample leads on it, until Ctrl-C."""

import random
from collections.abc import Callable

from bot.demo import dial, hood, leads
from bot.demo.lead_desk import LeadDesk
from bot.demo.theatre import Theatre, open_theatre
from bot.demo.waiting import told_to_stop
from bot.playground import Control
from bot.settings import Settings
from scoring.contract import IntentRow
from scoring.team import Team

Say = Callable[[str], None]

FIRST_NAMES = (
    "Emmy",
    "Sofia",
    "Rosalind",
    "Lise",
    "Katherine",
    "Dorothy",
    "Edsger",
    "Donald",
    "Barbara",
    "Niklaus",
)
LAST_NAMES = (
    "Noether",
    "Kowalewska",
    "Franklin",
    "Meitner",
    "Johnson",
    "Vaughan",
    "Okafor",
    "Silva",
    "Berg",
    "Rossi",
)


def stage(settings: Settings, say: Say) -> None:
    """Serve Baton and the page with sample leads until SIGINT or SIGTERM."""
    told = told_to_stop()
    with open_theatre(settings, live=True) as theatre:
        theatre.slack.caption = lambda: dial.reading(theatre)
        theatre.slack.controls.extend(_controls(theatre))
        theatre.slack.panels.extend((LeadDesk(theatre).panel(), hood.panel(theatre)))
        _play_samples(theatre)
        theatre.baton.desk.draws = True
        say(f"Open {theatre.slack.page} and act as {_names(theatre.team)}.")
        say(f"Send events of your own, signed, to {theatre.intake}/intake/events. Ctrl-C ends the demo.")
        told.wait()


def _names(team: Team) -> str:
    names = [person.name for person in team.people.values()]
    return ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else names[0]


def _play_samples(theatre: Theatre) -> None:
    """A reader who is no MQL, two leads that came step by step, and one that asked for sales."""
    ranked = _ranked(theatre)
    steps = [row for row in ranked if not row.fast_track and _most(row.points) < theatre.definition.threshold]
    _did(theatre, leads.TIM, steps[-3:])
    _did(theatre, leads.GRACE, steps[:3])
    _did(theatre, leads.ALAN, steps[1:4])
    _did(theatre, leads.ADA, ranked[:1])


def _did(theatre: Theatre, person: leads.Person, rows: list[IntentRow]) -> None:
    if rows:
        theatre.send(*[theatre.event(row.signal, person, leads.ASSETS.get(row.signal)) for row in rows])


def _ranked(theatre: Theatre) -> list[IntentRow]:
    """What goes straight to sales first, then by points."""
    return sorted(
        theatre.definition.intent.values(), key=lambda row: (not row.fast_track, -_most(row.points))
    )


def _most(points: int | tuple[int, ...]) -> int:
    return points if isinstance(points, int) else max(points, default=0)


def _controls(theatre: Theatre) -> list[Control]:
    def another() -> str:
        chance = random.Random()
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        person = {
            **chance.choice(leads.CAST),
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}.{chance.randrange(10_000)}@{last}.example".lower(),
        }
        strongest = _ranked(theatre)[:1]
        _did(theatre, person, strongest)
        return f"{first} {last}: {strongest[0].signal.replace('_', ' ')}."

    return [Control("A lead asks for a demo", another, "Make something happen"), *dial.controls(theatre)]
