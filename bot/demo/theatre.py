"""A real Baton, a strict Slack with the team's people in it, and a clock that can be put forward."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr
from standardwebhooks import Webhook

from bot.app import Baton, build
from bot.clock import Clock, MovableClock
from bot.desk import health
from bot.desk.govern import Files
from bot.files import check, text_of
from bot.manifest import manifest
from bot.playground import Channel, Slack, User
from bot.playground.entered import Entered, entered
from bot.playground.server import Server
from bot.settings import Settings
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.starting import team_text, webhook_secret
from scoring.contract import Definition
from scoring.definition import read_definition
from scoring.presets import preset_text
from scoring.team import Team, read_team

_LIVE = re.compile(r"^live:.*", re.MULTILINE)

BOT_TOKEN = "xoxb-playground"
SIGNING_SECRET = "playground"
OPENING = time(10, 0)
"""The story begins on a Monday at ten, so that working hours lie ahead whenever it is played."""

FINE_STEP, FINE_FOR, COARSE_STEP = timedelta(seconds=30), timedelta(hours=1), timedelta(minutes=10)
"""A ladder of five minutes has rungs a minute apart; after an hour only long ones are still running."""

SENDING_SECONDS = 3.0
"""How long a step of the clock waits for what it made due; the story goes on even if something is stuck."""


@dataclass(frozen=True, slots=True)
class Theatre:
    """What the page and the story play with."""

    slack: Slack
    baton: Baton
    clock: MovableClock
    definition: Definition
    team: Team
    intake: str
    secret: str

    def send(self, *events: Mapping[str, object]) -> None:
        """A sender posts events, signed, over HTTP, as any sender would."""
        body = json.dumps({"events": list(events)})
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": "demo",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign("demo", at, body),
        }
        httpx.post(
            f"{self.intake}/intake/events", content=body, headers=headers, timeout=10
        ).raise_for_status()

    def event(self, signal: str, lead: Mapping[str, object], asset: str | None = None) -> dict[str, object]:
        """Something *lead* did just now."""
        made: dict[str, object] = {
            "id": str(uuid4()),  # twice the same within a second is twice
            "occurred_at": self.clock.business().isoformat(),
            "signal": signal,
            "lead": dict(lead),
        }
        return made | ({"asset": asset} if asset else {})

    def facts(self, lead: Mapping[str, object]) -> dict[str, object]:
        """What is known of *lead*, who did nothing."""
        return {"id": str(uuid4()), "occurred_at": self.clock.business().isoformat(), "lead": dict(lead)}

    def forward(self, by: timedelta) -> None:
        """Put the clock forward in steps, so that every rung of a ladder speaks in its turn."""
        until, waiting = self.clock.business() + by, True
        while (left := until - self.clock.business()) > timedelta(0):
            self.clock.advance(min(left, FINE_STEP if by - left < FINE_FOR else COARSE_STEP))
            self.baton.schedule.tick()
            waiting = waiting and self._sent()

    def _sent(self) -> bool:
        """A nudge that a later rung has overtaken is not sent any more, so each is sent before the next step.

        False where something is stuck: then the rest of the way is not waited for either.
        """
        given_up_at = monotonic() + SENDING_SECONDS
        while health.backlog(self.baton.desk).oldest_letter is not None:
            if monotonic() > given_up_at:
                return False
            self.baton.courier.drain()
            sleep(0.01)
        return True


def files_given(settings: Settings) -> Files:
    """The files the settings name; the default preset and the sample team where they name none.

    The team is live whatever its file says: "the playground starts live" (SEMANTICS, "Shadow start").

    Raises:
        FilesUnreadable: a file that is named is missing or no text.
        ContractError: with every mistake of both.
    """
    definition, team = preset_text("default"), team_text(live=True)
    if "baton_definition" in settings.model_fields_set:
        definition = text_of(settings.baton_definition, "BATON_DEFINITION")
    if "baton_team" in settings.model_fields_set:
        team = _LIVE.sub("live: true", text_of(settings.baton_team, "BATON_TEAM"))
    files = Files(definition, team)
    check(files, settings)
    return files


def monday_at_ten(zone: ZoneInfo) -> datetime:
    """The Monday of this week, ten o'clock in *zone*."""
    today = datetime.now(zone).date()
    return datetime.combine(today - timedelta(days=today.weekday()), OPENING, tzinfo=zone).astimezone(UTC)


def slack_for(team: Team, clock: Clock) -> Slack:
    """A Slack with the team's people and channels in it; not started.

    Its messages are dated by *clock*'s business time; what Slack allows for some seconds is real time.
    """
    app = baton_app()
    return Slack(
        users=users_of(team),
        channels=channels_of(team),
        bot_token=BOT_TOKEN,
        signing_secret=SIGNING_SECRET,
        clock=lambda: clock.business().timestamp(),
        real=lambda: clock.real().timestamp(),
        scopes=app.scopes,
        app=app.app,
        commands=app.commands,
        shortcuts=app.shortcuts,
    )


def users_of(team: Team) -> list[User]:
    """The team's people as Slack's users."""
    return [
        User(person.id, person.name, tz=person.timezone or team.timezone) for person in team.people.values()
    ]


def channels_of(team: Team) -> list[Channel]:
    """The channels the team file names."""
    channels = {segment.channel: segment.name for segment in team.segments}
    channels |= {team.channels.fallback: channels.get(team.channels.fallback, "sales")}
    channels |= {
        id_: name
        for id_, name in ((team.channels.digests, "leaders"), (team.channels.admin, "baton-ops"))
        if id_ not in channels
    }
    return [Channel(id_, name.lower().replace(" ", "-")) for id_, name in channels.items()]


def baton_app() -> Entered:
    """Baton as its manifest enters it, and what may follow its command."""
    words = [(each.usage, each.help_line) for each in SUBCOMMANDS.values()]
    app = entered(manifest("", socket_mode=True))
    return replace(app, commands=tuple(replace(command, words=words) for command in app.commands))


@contextmanager
def open_theatre(settings: Settings, *, live: bool) -> Iterator[Theatre]:
    """Everything wired and listening on loopback, on a fresh SQLite file that is gone afterwards.

    *live*: on the settings' ports, the clock running, delivering in the background. Otherwise on free ports,
    the clock standing still, delivering when told. Nothing is paced: this Slack has no rate limit.

    Raises:
        ContractError: the files named by the settings hold mistakes.
        FilesUnreadable: one of them cannot be read.
        OSError: a port is taken.
    """
    files = files_given(settings)
    definition, team = read_definition(files.definition), read_team(files.team)
    clock = MovableClock(monday_at_ten(ZoneInfo(team.timezone)), running=live)
    with (
        tempfile.TemporaryDirectory(prefix="baton-demo-") as folder,
        slack_for(team, clock).start(settings.baton_playground_port if live else 0) as slack,
    ):
        secret = webhook_secret()
        arranged = settings.model_copy(
            update={
                "database_url": f"sqlite:///{Path(folder) / 'baton.db'}",
                "slack_api_url": slack.url,
                "slack_bot_token": SecretStr(BOT_TOKEN),
                "slack_signing_secret": SecretStr(SIGNING_SECRET),
                "slack_app_token": SecretStr(""),
                "baton_intake_secret": SecretStr(secret),
                "baton_webhook_url": "",
            }
        )
        baton = build(arranged, files, clock=clock, gaps={})
        baton.desk.draws = False  # a story is the same each time it is told
        server = Server(baton.web, settings.baton_port if live else 0)
        server.start()
        base = f"http://127.0.0.1:{server.port}"
        slack.events_url = f"{base}/slack/events"
        try:
            if live:
                baton.start()
            yield Theatre(slack, baton, clock, definition, team, base, secret)
        finally:
            server.stop()
            baton.stop()
