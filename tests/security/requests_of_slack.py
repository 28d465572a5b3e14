"""Slack's requests as an attacker has them: bytes and headers, to be sent again, changed, or made up."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import select
from sqlmodel import SQLModel

from tests.world import INTAKE_SECRET, SIGNING_SECRET, World

_numbers = count(1)

FORM = "application/x-www-form-urlencoded"
NOT_FACTS = {
    "seen_request",
    "deadline",
    "setting",
    "occurrence",
    "finding",
    "anchor",
    "card",
    "pace",
    "outbox",
}
"""Tables that may change without a decision: bookkeeping, what time alone writes, and what is shown of it all."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: what goes over the wire."""

    body: bytes
    headers: dict[str, str]

    def to(self, world: World) -> httpx.Response:
        """Send it; nothing is delivered to Slack by that."""
        return world.http.post("/slack/events", content=self.body, headers=self.headers)

    def but(self, body: bytes | None = None, **headers: str | None) -> "Sent":
        """The same with another body, or headers (`_` for `-`); None leaves one out."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if value is not None}
        return replace(self, body=self.body if body is None else body, headers=kept)


def sealed(body: bytes, kind: str = FORM, *, at: object = None, secret: str = SIGNING_SECRET) -> Sent:
    """A body under Slack's signature, of now unless told. Source: docs.slack.dev, "Verifying requests"."""
    stamp = str(int(time.time()) if at is None else at)
    seal = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": kind,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={seal}",
    }
    return Sent(body, headers)


def standard_signature(raw: bytes, stamp: object, secret: str = INTAKE_SECRET, id_: str = "m") -> str:
    """A sender's signature by Standard Webhooks, by hand: the library signs text alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, f"{id_}.{stamp}.".encode() + raw, hashlib.sha256).digest()).decode()


def interaction(payload: dict[str, Any], **how: Any) -> Sent:
    """A press or a form."""
    return sealed(urlencode({"payload": json.dumps(payload)}).encode(), **how)


def press(world: World, user: str, action: str, value: str | int = 1, **how: Any) -> Sent:
    """A press on a button, whether it is displayed or not; no two are the same request."""
    return interaction(press_payload(world, user, action, str(value)), **how)


def press_payload(world: World, user: str, action: str, value: str) -> dict[str, Any]:
    """What Slack says of a press."""
    number = next(_numbers)
    made = {
        "type": "button",
        "action_id": action,
        "block_id": "b",
        "action_ts": f"{number}.0",
        "value": value,
    }
    return {
        **_from(world, user, "block_actions"),
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0EMEA"},
        "channel": {"id": "C0EMEA", "name": "sales-emea"},
        "trigger_id": f"{number}.2.3",
        "actions": [made],
    }


def form(
    world: World, user: str, callback_id: str, values: dict[str, str | None], handoff: str | int = 1
) -> Sent:
    """A form that was filled in."""
    return interaction(form_payload(world, user, callback_id, values, str(handoff)))


def form_payload(
    world: World, user: str, callback_id: str, values: dict[str, str | None], private: str
) -> dict[str, Any]:
    """What Slack says of a form."""
    state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    view = {
        "id": f"V{next(_numbers)}", "type": "modal", "callback_id": callback_id, "private_metadata": private,
        "state": {"values": state}, "blocks": [],
    }  # fmt: skip
    return {**_from(world, user, "view_submission"), "view": view}


def _from(world: World, user: str, kind: str) -> dict[str, Any]:
    known = world.slack.workspace.users.get(user)
    team = world.slack.team_id
    return {
        "type": kind,
        "team": {"id": team, "domain": "t"},
        "user": {"id": user, "username": "x", "team_id": (known.team_id if known else None) or team},
        "api_app_id": "A0APPBOT",
        "token": "t",
    }


def event(world: World, kind: str, event_id: str | None = None, **fields: Any) -> Sent:
    """An event; with *event_id* it is one that is sent again."""
    body = {
        "type": "event_callback", "team_id": world.slack.team_id, "api_app_id": "A0APPBOT", "token": "t",
        "event_id": event_id or f"Ev{next(_numbers)}", "event_time": int(time.time()),
        "event": {"type": kind, **fields},
    }  # fmt: skip
    return sealed(json.dumps(body).encode(), "application/json")


def facts(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that holds what was decided, and every letter but a card's refreshing."""
    tables = SQLModel.metadata.tables
    letters = tables["outbox"]
    with world.baton.desk.database.reading() as session:
        found = {
            name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
            for name, table in tables.items()
            if name not in NOT_FACTS
        }
        said = select(letters.c.id, letters.c.kind).where(letters.c.kind != "card").order_by(letters.c.id)
        return found | {"letters": list(map(tuple, session.execute(said).all()))}
