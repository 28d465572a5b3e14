"""Things that work for a while and then no longer: trigger ids and response_urls."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.playground.settings import Refusal

TRIGGER_SECONDS = 3.0
"""https://docs.slack.dev/interactivity/handling-user-interaction: 3 seconds after it is sent."""
LINK_SECONDS = 30 * 60.0
LINK_USES = 5
"""https://docs.slack.dev/interactivity/handling-user-interaction: up to 5 times within 30 minutes."""


@dataclass
class Trigger:
    """One person's gesture; `view` is the id of the modal or Home it was made in, if any."""

    id: str
    user: str
    made_at: float
    view: str | None = None
    used: bool = False


@dataclass
class Link:
    """A response_url: where the gesture was made, by whom, and how often it has been answered."""

    id: str
    user: str
    channel: str
    made_at: float
    ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


class LinkSpent(Exception):
    """A response_url that no longer works; `error` is Slack's word for it, answered with 404."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


MOST = 20_000
"""Tickets that are remembered, spent ones included; the oldest ended long ago."""


def forget_oldest(kept: dict[str, Any]) -> None:
    """Keep MOST."""
    while len(kept) > MOST:
        del kept[next(iter(kept))]


@dataclass
class Tickets:
    """Every trigger and response_url that was ever handed out, so that a spent one is known as spent."""

    clock: Callable[[], float]
    triggers: dict[str, Trigger] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)

    def trigger(self, user: str, view: str | None = None) -> str:
        """A new trigger_id for a gesture of *user*."""
        name = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(name, user, self.clock(), view)
        forget_oldest(self.triggers)
        return name

    def exchange(self, name: object) -> Trigger:
        """Use a trigger, once, within 3 seconds.

        Raises:
            Refusal: invalid_trigger_id, expired_trigger_id or exchanged_trigger_id
                (https://docs.slack.dev/reference/methods/views.open#errors).
        """
        trigger = self.triggers.get(name) if isinstance(name, str) else None
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self.clock() - trigger.made_at > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger

    def link(self, link: Link) -> str:
        """Keep a response_url and return its id."""
        self.links[link.id] = link
        forget_oldest(self.links)
        return link.id

    def answer(self, name: str) -> Link:
        """Use a response_url once.

        Raises:
            LinkSpent: used_url after 5 answers, expired_url after 30 minutes, not_found for one never given.
        """
        link = self.links.get(name)
        if link is None:
            raise LinkSpent("not_found")
        if link.uses >= LINK_USES:
            raise LinkSpent("used_url")
        if self.clock() - link.made_at > LINK_SECONDS:
            raise LinkSpent("expired_url")
        link.uses += 1
        return link
