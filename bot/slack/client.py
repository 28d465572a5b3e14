"""The only file that names Slack's Web API methods. It sends once: retrying is the outbox's business.

Errors are told apart by what they mean for us: not sent and when to try again (`Busy`), not sent and why
(`Declined`), or nobody knows (`Uncertain`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

SEND_SECONDS = 8
"""Time-out of a send; shorter than the courier's lease of 20 s."""
OPEN_SECONDS = 2
"""Time-out of views.open: it stands between a press and its answer, which Slack wants within 3 s."""

AMBIGUOUS_CODES = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_CODE = re.compile("[a-z0-9_]+")
"""A refusal of Slack's own; anything else is a proxy's page, which the SDK puts into the same place."""
HISTORY_PAGES = 5
"""How far back a doubtful message is looked for: 5 pages of 100 are minutes in a busy channel."""


class SlackTrouble(Exception):
    """A call did not do what was asked."""


class Busy(SlackTrouble):
    """Not sent: 429. *seconds* is Retry-After, 1 where Slack gave none."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"rate limited for {seconds:g} s")
        self.seconds = seconds


class Declined(SlackTrouble):
    """Not sent: Slack answered `ok: false` with *code*."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}{': ' + detail if detail else ''}")
        self.code = code


class Uncertain(SlackTrouble):
    """Time-out, reset or 5xx: it may have been done."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user as users.list tells."""

    id: str
    team_id: str | None
    deleted: bool
    guest: bool
    bot: bool


@dataclass(frozen=True, slots=True)
class Posting:
    """A message to post: blocks, fallback text, and the metadata by which we find it again."""

    channel: str
    blocks: list[dict[str, Any]]
    text: str
    metadata: dict[str, Any]
    thread_ts: str | None = None


class SlackClient:
    """Slack's methods that Baton uses."""

    def __init__(self, token: str, base_url: str) -> None:
        base = base_url if base_url.endswith("/") else base_url + "/"
        self._sender = WebClient(token=token, base_url=base, timeout=SEND_SECONDS, retry_handlers=[])
        self._opener = WebClient(token=token, base_url=base, timeout=OPEN_SECONDS, retry_handlers=[])

    @property
    def web(self) -> WebClient:
        """The client Bolt is given, without a token: `authorize` says which. Listeners do not use it."""
        return WebClient(base_url=self._sender.base_url, timeout=SEND_SECONDS, retry_handlers=[])

    def who_am_i(self) -> dict[str, str]:
        """auth.test: team_id, user_id (the bot user), bot_id, team, url."""
        answer = _asked(self._sender.auth_test)
        return {name: str(answer.get(name) or "") for name in ("team_id", "user_id", "bot_id", "team", "url")}

    def post(self, posting: Posting) -> str:
        """chat.postMessage; gives the message's ts."""
        answer = _asked(
            self._sender.chat_postMessage,
            channel=posting.channel,
            blocks=posting.blocks,
            text=posting.text,
            metadata=posting.metadata,
            thread_ts=posting.thread_ts,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    def edit(self, posting: Posting, ts: str) -> None:
        """chat.update of a message of ours."""
        _asked(
            self._sender.chat_update,
            channel=posting.channel,
            ts=ts,
            blocks=posting.blocks,
            text=posting.text,
            metadata=posting.metadata,
        )

    def whisper(self, channel: str, user: str, text: str) -> None:
        """chat.postEphemeral: one sentence for one person."""
        _asked(self._sender.chat_postEphemeral, channel=channel, user=user, text=text)

    def open_view(self, trigger_id: str, view: dict[str, Any]) -> None:
        """views.open; the trigger lives 3 s and works once."""
        _asked(self._opener.views_open, trigger_id=trigger_id, view=view)

    def publish_home(self, user: str, view: dict[str, Any]) -> None:
        """views.publish of somebody's Home tab."""
        _asked(self._sender.views_publish, user_id=user, view=view)

    def permalink(self, channel: str, ts: str) -> str | None:
        """chat.getPermalink, or None where Slack gives none: a link is a comfort."""
        try:
            return str(_asked(self._sender.chat_getPermalink, channel=channel, message_ts=ts)["permalink"])
        except SlackTrouble:
            return None

    def find(self, channel: str, send: int, thread_ts: str | None = None) -> str | None:
        """The ts of the message whose metadata names outbox row *send*, or None where it is not there."""
        for message in self._recent(channel, thread_ts):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("send") == send:
                return str(message["ts"])
        return None

    def _recent(self, channel: str, thread_ts: str | None) -> Iterator[dict[str, Any]]:
        where = channel
        if channel.startswith(("U", "W")):
            where = str(_asked(self._sender.conversations_open, users=channel)["channel"]["id"])
        cursor = None
        for _ in range(HISTORY_PAGES):
            ask: dict[str, Any] = {
                "channel": where,
                "include_all_metadata": True,
                "limit": 100,
                "cursor": cursor,
            }
            if thread_ts is not None:
                answer = _asked(self._sender.conversations_replies, ts=thread_ts, **ask)
            else:
                answer = _asked(self._sender.conversations_history, **ask)
            yield from answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def people(self) -> Iterator[Person]:
        """users.list, page by page."""
        cursor = None
        while True:
            answer = _asked(self._sender.users_list, limit=200, cursor=cursor)
            for user in answer.get("members") or []:
                yield person_of(user)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def person_of(user: dict[str, Any]) -> Person:
    """A Slack user object, from users.list or a `user_change` event."""
    return Person(
        id=str(user["id"]),
        team_id=user.get("team_id"),
        deleted=bool(user.get("deleted")),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")),
        bot=bool(user.get("is_bot")),
    )


def _asked(method: Callable[..., SlackResponse], **arguments: Any) -> SlackResponse:
    try:
        return method(**arguments)
    except SlackApiError as refused:
        raise _meaning(refused) from refused
    except (OSError, HTTPException) as broken:
        raise Uncertain(type(broken).__name__) from broken


def _meaning(refused: SlackApiError) -> SlackTrouble:
    answer = refused.response
    status = getattr(answer, "status_code", 200)
    if status == 429:
        return Busy(_seconds(getattr(answer, "headers", {})))
    body = getattr(answer, "data", None)
    code = str(body.get("error") or "") if isinstance(body, dict) else ""
    if status >= 500 or code in AMBIGUOUS_CODES or not _CODE.fullmatch(code):
        return Uncertain(f"HTTP {status} {code[:80]}".rstrip())
    if code == "ratelimited":
        return Busy(_seconds(getattr(answer, "headers", {})))
    messages = (body.get("response_metadata") or {}).get("messages") if isinstance(body, dict) else None
    return Declined(code, "; ".join(str(each) for each in messages or ()))


def _seconds(headers: dict[str, Any]) -> float:
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    first = found[0] if isinstance(found, list) else found
    try:
        return max(1.0, float(first))
    except (TypeError, ValueError):
        return 1.0
