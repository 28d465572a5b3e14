"""Presses and senders that do not give up, as people and webhook services do; and what they were answered."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.playground import Slack
from tests.world import ADA, signed

PATIENCE = 40.0
"""Seconds after which a sender gives up, and the test fails."""


@dataclass
class Told:
    """What senders were answered, in order: a status, or 0 where the connection broke."""

    statuses: list[int] = field(default_factory=list)
    without_retry_after: int = 0
    given_up: list[str] = field(default_factory=list)


def event(name: str, signal: str = "ebook", **lead: Any) -> dict[str, Any]:
    """An event of a person of its own."""
    person = {**ADA, "email": f"{name}@engines{name}.example", "company": f"Engines {name}", **lead}
    return {"id": name, "occurred_at": "2026-11-01T00:00:00Z", "signal": signal, "lead": person}


def fresh_event(name: str, at: str, signal: str = "demo_request") -> dict[str, Any]:
    """The same, but it happened *at*."""
    return {**event(name, signal), "occurred_at": at}


def send(base: str, *events: dict[str, Any], client: httpx.Client | None = None) -> httpx.Response:
    """One signed request."""
    raw = json.dumps({"events": list(events)}).encode()
    ask = client.post if client is not None else httpx.post
    return ask(f"{base}/intake/events", content=raw, headers=signed(raw), timeout=20)


def send_until_taken(base: str, told: Told, one: dict[str, Any]) -> None:
    """As a webhook service: again after anything but a 2xx."""

    def once() -> int:
        answer = send(base, one)
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            told.without_retry_after += 1
        return answer.status_code

    _until(202, once, told, str(one["id"]))


def press_until_taken(slack: Slack, base: str, told: Told, handoff: int, user: str = "U0BOB") -> None:
    """As a person who reads "Not saved, press again"; each press is a new request with a new signature."""
    _until(200, lambda: press(slack, base, handoff, user).status_code, told, f"press {handoff}")


def press(
    slack: Slack, base: str, handoff: int, user: str = "U0BOB", action: str = "accept"
) -> httpx.Response:
    """A press on a card that need not be displayed, signed as Slack signs."""
    payload = {
        "type": "block_actions", "team": {"id": "T0BATON"}, "user": {"id": user, "team_id": "T0BATON"},
        "trigger_id": f"1.2.{time.monotonic_ns()}",
        "container": {"channel_id": "C0EMEA", "message_ts": f"{time.monotonic_ns()}.1"},
        "channel": {"id": "C0EMEA"},
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": str(handoff)}],
    }  # fmt: skip
    body, headers = slack.delivery.signed("interactive", payload)
    return httpx.post(
        f"{base}/slack/events", content=body, headers=headers, timeout=20, trust_env=False, verify=False
    )


def _until(wanted: int, once: Callable[[], int], told: Told, what: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            told.statuses.append(once())
        except httpx.HTTPError:
            told.statuses.append(0)
        if told.statuses[-1] == wanted:
            return
        time.sleep(0.1)
    told.given_up.append(what)


def all_at_once(*jobs: Callable[[], None]) -> list[threading.Thread]:
    """Each job in a thread of its own, started."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    return threads
