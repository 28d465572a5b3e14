"""A Baton and a Slack on this machine, driven as people and senders drive them."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from standardwebhooks import Webhook

from bot.app import Baton, build
from bot.clock import MovableClock
from bot.desk.govern import Files
from bot.playground import Channel, Message, Slack, User
from bot.playground.server import Server
from bot.settings import Settings

MONDAY_9 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, nine o'clock in London."""

INTAKE_SECRET = "whsec_" + base64.b64encode(b"an intake secret of 24 b").decode()
SIGNING_SECRET = "a-signing-secret-of-the-tests"
BOT_TOKEN = "xoxb-tests"

TEAM = """
timezone: Europe/London
hours: {mon-fri: "09:00-17:00"}
holidays: GB
channels: {fallback: C0ALL, digests: C0LEADERS, admin: C0OPS}
segments:
  - {name: EMEA, when: {country: [GB, DE, FR]}, channel: C0EMEA, pool: [U0ANN, U0BOB]}
  - {name: everyone else, channel: C0ALL, pool: [U0ANN, U0BOB, U0CAT]}
people:
  U0ANN: {name: Ann, role: sdr, timezone: Europe/Berlin}
  U0BOB: {name: Bob, role: sdr}
  U0CAT: {name: Cat, role: sdr}
  U0MAX: {name: Max, role: manager, signs: sales}
  U0MIA: {name: Mia, role: marketing, signs: marketing}
  U0ADA: {name: Ada, role: admin}
"""

DEFINITION = """
name: Tests
threshold: 50
require: {active_intent: 1}
target: {functions: [marketing, sales], industries: [software]}
gates:
  - {attribute: email_kind, is_not: disposable, hard: true}
  - {attribute: country, is_not: [KP], hard: true, unknown: pass}
  - {attribute: employees, between: [11, 5000]}
fit:
  seniority:
    - {is: [c_level, vp, director], points: 20}
  employees: [{between: [50, 500], points: 10}]
  industry: [{is: target, points: 10}]
intent:
  demo_request: {points: 50, level: high, fast_track: true}
  pricing_page: {points: [15, 10], level: high, within: 30d}
  ebook: {points: 5, level: low}
  webinar: {points: 20, level: medium}
  email_open: {points: 0, level: passive}
tiers:
  - {name: demo, when: {signal: demo_request}, first_touch: 60m, clock: business, play: call now}
  - {name: high, when: {score: 80}, first_touch: 2h, clock: business}
  - {name: returning, when: {returning: true}, first_touch: 48h, clock: calendar}
  - {name: standard, first_touch: 8h, clock: business}
"""

ADA = {
    "email": "ada@engines.example",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "title": "VP Marketing",
    "company": "Analytical Engines",
    "employees": 120,
    "industry": "software",
    "country": "GB",
    "phone": "+44 20 7946 0000",
}


def people() -> list[User]:
    """Everybody in the tests' workspace; Sue, Tom and Eve are not in the team file, Gus is a guest."""
    return [
        User("U0ANN", "Ann", tz="Europe/Berlin"),
        User("U0BOB", "Bob", tz="Europe/London"),
        User("U0CAT", "Cat", tz="Europe/London"),
        User("U0SUE", "Sue", tz="Europe/London"),
        User("U0TOM", "Tom", tz="Europe/London"),
        User("U0MAX", "Max", tz="Europe/London"),
        User("U0MIA", "Mia", tz="Europe/London"),
        User("U0ADA", "Ada", tz="Europe/London"),
        User("U0EVE", "Eve", tz="Europe/London"),
        User("U0GUS", "Gus", tz="Europe/London", is_guest=True),
    ]


def workspace(**options: Any) -> Slack:
    """The tests' Slack, not started; more patient than Slack, because two test processes share the machine."""
    names = {"C0ALL": "sales", "C0EMEA": "sales-emea", "C0LEADERS": "leaders", "C0OPS": "baton-ops"}
    return Slack(
        users=people(),
        channels=[Channel(id_, name) for id_, name in names.items()],
        bot_token=BOT_TOKEN,
        signing_secret=SIGNING_SECRET,
        **{"patience": 20.0, **options},
    )


def settings_for(database_url: str, slack_url: str, **changes: Any) -> Settings:
    """Settings that read neither the environment nor a .env file."""
    return Settings.model_construct(
        **{
            **{name: field.default for name, field in Settings.model_fields.items()},
            "database_url": database_url,
            "slack_api_url": slack_url,
            "slack_bot_token": SecretStr(BOT_TOKEN),
            "slack_signing_secret": SecretStr(SIGNING_SECRET),
            "baton_intake_secret": SecretStr(INTAKE_SECRET),
            "baton_secret": SecretStr("a secret of the tests"),
            **changes,
        }
    )


def signed(body: bytes, secret: str = INTAKE_SECRET, message_id: str = "msg-1") -> dict[str, str]:
    """The headers of a signed intake request."""
    at = datetime.fromtimestamp(time.time(), tz=UTC)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body.decode()),
    }


@dataclass
class World:
    """A Baton whose clock stands still until it is told, and the Slack around it."""

    slack: Slack
    baton: Baton
    clock: MovableClock
    server: Server
    http: httpx.Client
    _events: list[int] = field(default_factory=lambda: [0])

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.clock.business()

    def event(self, signal: str | None = None, lead: Mapping[str, Any] = ADA, **more: Any) -> dict[str, Any]:
        """An event as a sender writes it; it happened just now unless told."""
        self._events[0] += 1
        made = {
            "id": f"evt-{self._events[0]}",
            "occurred_at": self.now.isoformat(),
            "lead": dict(lead),
            **more,
        }
        return made | ({"signal": signal} if signal else {})

    def post(self, body: object) -> Any:
        """A signed intake request, sent as is."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post("/intake/events", content=raw, headers=signed(raw))

    def send(self, *events: dict[str, Any]) -> Any:
        """Events in one request; cards and notes are in Slack afterwards."""
        answer = self.post({"events": list(events)})
        assert answer.status_code == 202, answer.text
        self.deliver()
        return answer.json()

    def deliver(self) -> None:
        """Let the courier send everything that is ready."""
        self.baton.courier.drain()

    def pass_time(self, by: timedelta) -> None:
        """Business time passes, and what became due is decided and sent."""
        self.clock.advance(by)
        self.baton.schedule.tick()
        self.deliver()

    def until(self, moment: datetime) -> None:
        """Business time passes until *moment*."""
        self.pass_time(moment - self.now)

    def card(self, channel: str = "C0EMEA", place: int = -1) -> Message:
        """A card of a channel, the newest one unless told."""
        return self.slack.messages(channel)[place]

    def press(self, user: str, action: str, **where: Any) -> Any:
        """Press a button and let what follows arrive."""
        answer = self.slack.press(user, action, **where)
        self.deliver()
        return answer

    def submit(self, user: str, **values: str | list[str] | None) -> Any:
        """Fill in the form that is open and let what follows arrive."""
        answer = self.slack.submit(user, dict(values))
        self.deliver()
        return answer

    def whispered(self, user: str, count: int = 1) -> list[str]:
        """What only *user* was told, once there are *count* of them."""
        self.slack.wait_for(lambda: len(self.slack.whispers(user)) >= count, timeout=3)
        return self.slack.whispers(user)

    def ask(self, user: str, text: str = "") -> str:
        """The answer to `/mql TEXT`."""
        before = len(self.slack.whispers(user))
        self.slack.command(user, "/mql", text, "C0ALL")
        return self.whispered(user, before + 1)[-1]

    def accept(self, user: str = "U0ANN") -> None:
        """A lead is in and *user* has it."""
        self.press(user, "accept")


def line_to(base: str) -> httpx.Client:
    """A sender's line to *base*: a connection for each request, for the server closes one that was idle for 5 s in the
    very moment in which a busy machine writes on it; and as patient as the tests' Slack."""
    return httpx.Client(
        base_url=base, verify=False, timeout=30, limits=httpx.Limits(max_keepalive_connections=0)
    )


def raise_world(
    slack: Slack, database_url: str, *, team: str = TEAM, definition: str = DEFINITION, **changes: Any
) -> World:
    """A Baton on *database_url*, its clock at Monday nine o'clock, delivering when told."""
    clock = MovableClock(MONDAY_9, running=False)
    settings = settings_for(database_url, slack.url, **changes)
    baton = build(settings, Files(definition, team), clock=clock, gaps={})
    server = Server(baton.web, 0)
    server.start()
    base = f"http://127.0.0.1:{server.port}"
    slack.events_url = f"{base}/slack/events"
    return World(slack, baton, clock, server, line_to(base))


def raze(world: World) -> None:
    """Stop it and give everything back."""
    world.http.close()
    world.server.stop()
    world.baton.stop()
