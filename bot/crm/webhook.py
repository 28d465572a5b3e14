"""Outgoing webhooks by Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

import json
import logging
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx
from standardwebhooks import Webhook

log = logging.getLogger(__name__)

SECONDS = 8.0
"""Time-out of a call; shorter than the courier's lease of 20 s."""


class Hook:
    """A receiver's URL and the secret we share with it."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret

    @cached_property
    def _http(self) -> httpx.Client:
        """Made at the first call: reading the machine's certificates takes a while, and most have no receiver."""
        return httpx.Client(timeout=SECONDS, follow_redirects=False)

    def send(self, message_id: str, at: datetime, payload: dict[str, Any]) -> int | None:
        """POST *payload*, signed; gives the status, or None where nobody answered.

        The same *message_id* means the same message, so that a receiver can drop a repeat.
        """
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self._secret).sign(message_id, at, body),
        }
        try:
            return self._http.post(self._url, content=body.encode(), headers=headers).status_code
        except httpx.HTTPError as broken:
            log.warning("an outgoing webhook did not arrive", extra={"why": type(broken).__name__})
            return None
