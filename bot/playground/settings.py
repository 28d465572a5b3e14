"""What a playground is started with, and what it can write down about the app."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.playground.people import App, Channel, Command, Payload, Shortcut, User

SCOPES = (
    "channels:history", "channels:read", "chat:write", "commands", "files:write", "groups:history", "groups:read",
    "im:history", "im:read", "im:write", "users:read",
)  # fmt: skip
"""What the app was granted, unless a workspace says otherwise."""


@dataclass(kw_only=True)
class Settings:
    """A workspace before its first day.

    `rate_limit` is in messages a second and channel, None for no limit. `clock` gives seconds since 1970: timestamps
    and the Date header follow it. `real` is what triggers, response_urls, rates and waits go by, the same clock
    unless told. Signatures and time-outs use the machine's time. `scopes` are what the bot token was granted, `events`
    those the app hears of, `shortcuts` what a message's menu offers on the page, `commands` the slash commands there
    are; where none are named any is taken. Without an `app_token` there is no Socket Mode. `patience` is how many
    seconds the app has to answer: Slack gives 3, a loaded machine of tests may give more.
    """

    users: Iterable[User] = ()
    channels: Iterable[Channel] = ()
    team_id: str = "T0BATON"
    bot_token: str = "xoxb-playground"
    signing_secret: str = "playground-signing-secret"
    app_token: str | None = None
    rate_limit: float | None = None
    clock: Callable[[], float] = time.time
    real: Callable[[], float] | None = None
    app: App = field(default_factory=App)
    patience: float = 3.0
    scopes: Iterable[str] = SCOPES
    shortcuts: Iterable[Shortcut] = ()
    commands: Sequence[Command] = ()
    events: Iterable[str] = ("app_home_opened", "user_change")

    @property
    def waits(self) -> Callable[[], float]:
        """The clock of what lasts some seconds."""
        return self.real or self.clock


@dataclass(frozen=True)
class Call:
    """One Web API call as it came in; `error` is Slack's word for no. Unpacks as (method, arguments)."""

    method: str
    arguments: Payload
    error: str | None = None
    at: float = 0.0

    def __iter__(self) -> Iterator[str | Payload]:
        return iter((self.method, self.arguments))


class Refusal(Exception):
    """A Web API call Slack would answer with `ok: false`.

    `messages` go to response_metadata, `status` is the HTTP status, `retry_after` is in whole seconds;
    `expected` is set
    where the test or the app asked for it; `details` replace `errors` in the body (blocks.validate); `more` are
    further fields of the body (missing_scope).
    """

    def __init__(
        self,
        error: str,
        messages: list[str] | None = None,
        *,
        status: int = 200,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(error, messages or [])
        self.error = error
        self.messages = messages or []
        self.status = status
        self.retry_after = retry_after
        self.details: list[Payload] = []
        self.more: Payload = {}
        self.expected = False
