"""A `baton serve` of the tests with the playground as its Slack, driven through signed HTTP alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from bot.playground import Message, Slack
from bot.playground.delivery import Answer
from tests.program import Program, Running, free_port
from tests.world import ADA, BOT_TOKEN, DEFINITION, INTAKE_SECRET, SIGNING_SECRET, TEAM, signed

ALWAYS_OPEN = TEAM.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-24:00"').replace(
    "holidays: GB", "holidays: none"
)
"""The tests' team, at work whenever the tests are run."""

_numbers = count(1)


@dataclass
class Shop:
    """A Baton that serves, its Slack, and the senders' side."""

    slack: Slack
    program: Program
    database_url: str
    port: int = field(default_factory=free_port)
    running: Running | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def write(self, definition: str = DEFINITION, team: str = ALWAYS_OPEN) -> None:
        """The two files."""
        (self.program.folder / "definition.yaml").write_text(definition, "utf-8")
        (self.program.folder / "team.yaml").write_text(team, "utf-8")

    def settings(self, **more: str) -> dict[str, str]:
        """The environment `serve` needs."""
        return {
            "DATABASE_URL": self.database_url, "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": self.slack.url,
            "BATON_INTAKE_SECRET": INTAKE_SECRET, "BATON_SECRET": "a secret of the tests",
            "BATON_PORT": str(self.port), **more,
        }  # fmt: skip

    def begin(self, **more: str) -> Running:
        """Start serving, and wait until it is ready."""
        self.slack.events_url = f"{self.base}/slack/events"
        self.running = self.program.start("serve", **self.settings(**more))
        self.running.wait_ready(self.base)
        return self.running

    def send(self, signal: str = "demo_request", **changes: Any) -> dict[str, Any]:
        """One signed event of a person nobody knows yet; gives the person."""
        number = next(_numbers)
        lead = {
            **ADA,
            "email": f"lead{number}@engines{number}.example",
            "company": f"Engines {number} Ltd",
            **changes,
        }
        at = datetime.now(UTC).isoformat()
        answer = self.post({"events": [{"occurred_at": at, "signal": signal, "lead": lead}]})
        assert (answer.status_code, answer.json()) == (202, {"received": 1, "duplicates": 0}), answer.text
        return lead

    def post(self, body: Mapping[str, Any]) -> httpx.Response:
        """A signed request to the intake."""
        raw = json.dumps(body).encode()
        headers = signed(raw)
        return httpx.post(
            f"{self.base}/intake/events", content=raw, headers=headers, trust_env=False, verify=False
        )

    def card_of(self, lead: Mapping[str, Any], channel: str = "C0EMEA", seconds: float = 10) -> Message:
        """The newest card that names *lead*'s company, as soon as it is there."""

        def there() -> Message | None:
            said = reversed(self.slack.messages(channel))
            return next((each for each in said if lead["company"] in each.plain()), None)

        self.slack.wait_for(there, timeout=seconds)
        found = there()
        assert found is not None
        return found

    def value_of(self, card: Message) -> str:
        """The hand-off's id, as the card's buttons carry it."""
        assert card.metadata is not None
        return str(card.metadata["event_payload"]["handoff"])

    def press(self, user: str, action: str, card: Message) -> Answer:
        """Press a button of that card."""
        return self.slack.press(user, action, channel=card.channel, value=self.value_of(card))

    def ask(self, user: str, words: str = "") -> str:
        """The answer to `/mql WORDS`."""
        before = len(self.slack.whispers(user))
        self.slack.command(user, "/mql", words, "C0ALL")
        self.slack.wait_for(lambda: len(self.slack.whispers(user)) > before)
        return self.slack.whispers(user)[-1]

    def told(self, user: str, words: str) -> None:
        """Wait until *user* alone was told *words*."""
        self.slack.wait_for(lambda: any(words in said for said in self.slack.whispers(user)))
