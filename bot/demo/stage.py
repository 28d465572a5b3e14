"""`baton demo`: the page, with sample leads on it, until Ctrl-C. `baton playground`: the page alone."""

import random
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

from bot.demo import leads
from bot.demo.theatre import Theatre, open_theatre, slack_for
from bot.files import files_of
from bot.playground import Channel, Control, Slack, User
from bot.settings import Settings
from scoring.team import Team, read_team

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
    with open_theatre(settings, live=True) as theatre:
        theatre.slack.caption = lambda: f"The demo's clock: {theatre.clock.business():%A %d %B, %H:%M} UTC"
        theatre.slack.controls.extend(_controls(theatre))
        _play_samples(theatre)
        say(f"Open {theatre.slack.page} and act as {_names(theatre.team)}.")
        say(f"Send events of your own, signed, to {theatre.intake}/intake/events. Ctrl-C ends the demo.")
        _wait()


def _names(team: Team) -> str:
    names = [person.name for person in team.people.values()]
    return ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else names[0]


def _play_samples(theatre: Theatre) -> None:
    """A few leads with different histories, over the last days and just now."""
    first = next((row for row in theatre.definition.intent.values() if row.fast_track), None)
    ranked = sorted(theatre.definition.intent.values(), key=lambda row: -_most(row.points))
    theatre.send(*[theatre.event(row.signal, leads.TIM, leads.ASSETS.get(row.signal)) for row in ranked[-3:]])
    theatre.send(
        *[theatre.event(row.signal, leads.GRACE, leads.ASSETS.get(row.signal)) for row in ranked[1:5]]
    )
    theatre.send(
        *[theatre.event(row.signal, leads.ALAN, leads.ASSETS.get(row.signal)) for row in ranked[1:4]]
    )
    strongest = first or ranked[0]
    theatre.send(theatre.event(strongest.signal, leads.ADA, leads.ASSETS.get(strongest.signal)))


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
        ranked = sorted(
            theatre.definition.intent.values(), key=lambda row: (not row.fast_track, -_most(row.points))
        )
        theatre.send(theatre.event(ranked[0].signal, person, leads.ASSETS.get(ranked[0].signal)))
        return f"{first} {last}: {ranked[0].signal.replace('_', ' ')}."

    def later(by: timedelta, words: str) -> Control:
        def press() -> str:
            theatre.forward(by)
            return f"It is {theatre.clock.business():%A %H:%M} UTC now."

        return Control(words, press)

    return [
        Control("A lead asks for a demo", another),
        later(timedelta(minutes=5), "5 minutes later"),
        later(timedelta(hours=1), "1 hour later"),
        later(timedelta(days=1), "1 day later"),
    ]


def playground(settings: Settings, say: Say) -> None:
    """Serve the small Slack alone, with the team's people, delivering to BATON_PUBLIC_URL."""
    slack = _lone_slack(settings).start(settings.baton_playground_port)
    slack.events_url = f"{settings.public_url}/slack/events"
    try:
        say(f"Open {slack.page}. Run baton serve with SLACK_API_URL={slack.url}.")
        _wait()
    finally:
        slack.stop()


def _lone_slack(settings: Settings) -> Slack:
    team = slack_for(read_team(files_of(settings).team))
    users: list[User] = list(team.users)
    channels: list[Channel] = list(team.channels)
    return Slack(
        users=users,
        channels=channels,
        bot_token=settings.slack_bot_token.get_secret_value() or team.bot_token,
        signing_secret=settings.slack_signing_secret.get_secret_value() or team.signing_secret,
        app_token=settings.slack_app_token.get_secret_value() or None,
    )


def _wait() -> None:
    """Until SIGINT or SIGTERM."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    told.wait()
