"""The only file that names Slack's Web API methods. It sends once: retrying is the outbox's business.

Errors are told apart by what they mean for us: not sent and when to try again (`Busy`), not sent and why
(`Declined`), not sent because nobody was there (`Unreachable`), or nobody knows (`Uncertain`).
"""

import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
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
HISTORY_PAGES, PAGE = 50, 200
"""How far back a doubtful message is looked for at most: 10,000 messages are hours of a busy channel."""
SLACK_LAG = timedelta(minutes=10)
"""A message is looked for this much further back than it was sent: its ts is Slack's, our clock may have jumped."""
LONGEST_WAIT = 3_600.0
"""Seconds of Retry-After that are believed; Slack's own are minutes at most."""

_NOBODY_THERE = frozenset({errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})


class SlackTrouble(Exception):
    """A call did not do what was asked. *method* as the SDK spells it, *channel* what it was about."""

    method: str = ""
    channel: str | None = None


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


class Unreachable(SlackTrouble):
    """Not sent: the connection was refused, or the name or the certificate is wrong."""


class Hidden(SlackTrouble):
    """The history cannot be read, or not far enough back: nobody can say whether a message is there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message stands: Slack's id of the channel (of a person, the DM's) and its ts."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user as users.list tells."""

    id: str
    team_id: str | None
    deleted: bool
    guest: bool
    bot: bool


@dataclass(frozen=True, slots=True)
class Introduction:
    """What auth.test tells of the token, and its headers of Slack: *scopes* and *at* None where they are missing."""

    team: str
    user_id: str
    scopes: frozenset[str] | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Room:
    """A channel as conversations.info tells. *strangers*: another company reads it, or was invited to."""

    id: str
    name: str
    archived: bool
    joined: bool
    strangers: bool


@dataclass(frozen=True, slots=True)
class Posting:
    """A message to post: blocks, fallback text, and the metadata by which we find it again."""

    channel: str
    blocks: list[dict[str, Any]]
    text: str
    metadata: dict[str, Any]
    thread_ts: str | None = None


def _nobody_counts(_method: str, _what: object) -> None:
    """A command that asks Slack something has no metrics; serve has."""


@dataclass(frozen=True, slots=True)
class Ear:
    """Who hears how calls end: a method and the code of a refusal, a method and the seconds of a Retry-After."""

    on_error: Callable[[str, str], None] = _nobody_counts
    on_pause: Callable[[str, float], None] = _nobody_counts


class _Line(WebClient):
    """The SDK's client, all of whose methods go through `api_call`: the one place where calls can be counted."""

    def __init__(self, token: str, base_url: str, seconds: int, ear: Ear) -> None:
        super().__init__(token=token, base_url=base_url, timeout=seconds, retry_handlers=[])
        self._ear = ear

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        try:
            return super().api_call(api_method, **given)
        except SlackApiError as refused:
            meaning = _meaning(refused)
            self._ear.on_error(api_method, _code(meaning))
            if isinstance(meaning, Busy):
                self._ear.on_pause(api_method, meaning.seconds)
            raise
        except (OSError, HTTPException):
            self._ear.on_error(api_method, "unreachable")
            raise


def _code(meaning: SlackTrouble) -> str:
    """A refusal in a word of Slack's or of ours; what a proxy wrote is none."""
    if isinstance(meaning, Declined):
        return meaning.code
    return "ratelimited" if isinstance(meaning, Busy) else "uncertain"


class SlackClient:
    """Slack's methods that Baton uses."""

    def __init__(self, token: str, base_url: str, ear: Ear | None = None) -> None:
        base = base_url if base_url.endswith("/") else base_url + "/"
        self._sender = _Line(token, base, SEND_SECONDS, ear or Ear())
        self._opener = _Line(token, base, OPEN_SECONDS, ear or Ear())

    @property
    def web(self) -> WebClient:
        """The client Bolt is given, without a token: `authorize` says which. Listeners do not use it."""
        return WebClient(base_url=self._sender.base_url, timeout=SEND_SECONDS, retry_handlers=[])

    def who_am_i(self) -> dict[str, str]:
        """auth.test: team_id, user_id (the bot user), bot_id, team, url."""
        answer = _asked(self._sender.auth_test)
        return {name: str(answer.get(name) or "") for name in ("team_id", "user_id", "bot_id", "team", "url")}

    def introduced(self) -> Introduction:
        """auth.test with what its headers say: the token's scopes, and Slack's time."""
        answer = _asked(self._sender.auth_test)
        scopes, date = (_header(answer.headers, name) for name in ("x-oauth-scopes", "date"))
        return Introduction(
            team=str(answer.get("team") or answer.get("team_id") or ""),
            user_id=str(answer.get("user_id") or ""),
            scopes=frozenset(part.strip() for part in scopes.split(",")) if scopes is not None else None,
            at=_moment(date),
        )

    def room(self, channel: str) -> Room:
        """conversations.info."""
        found = _asked(self._sender.conversations_info, channel=channel)["channel"]
        strangers = bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))
        return Room(
            id=str(found["id"]),
            name=str(found.get("name") or found["id"]),
            archived=bool(found.get("is_archived")),
            joined=bool(found.get("is_member")),
            strangers=strangers,
        )

    def person(self, user: str) -> Person:
        """users.info."""
        return person_of(_asked(self._sender.users_info, user=user)["user"])

    def try_app_token(self, app_token: str) -> None:
        """apps.connections.open; the address it gives is not used."""
        _asked(self._sender.apps_connections_open, app_token=app_token)

    def post(self, posting: Posting) -> Sent:
        """chat.postMessage; gives where the message stands."""
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
        return Sent(str(answer["channel"]), str(answer["ts"]))

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

    def delete(self, channel: str, ts: str) -> None:
        """chat.delete of a message of ours; *channel* may be a person, whose conversation with us is meant."""
        _asked(self._sender.chat_delete, channel=self._conversation(channel), ts=ts)

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

    def find(
        self, channel: str, send: int, thread_ts: str | None = None, age: timedelta | None = None
    ) -> Sent | None:
        """Where the message stands whose metadata names outbox row *send*; None where it is not there.

        *age* is how long ago it was first sent, if it was; None is any time.

        Raises:
            Hidden: the history does not reach back that far.
        """
        where = self._conversation(channel)
        for message in self._recent(where, thread_ts, age):
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("send") == send:
                return Sent(where, str(message["ts"]))
        return None

    def _conversation(self, channel: str) -> str:
        """The channel itself, or where *channel* is a person, their conversation with us."""
        if not channel.startswith(("U", "W")):
            return channel
        return str(_asked(self._sender.conversations_open, users=channel)["channel"]["id"])

    def _recent(self, where: str, thread_ts: str | None, age: timedelta | None) -> Iterator[dict[str, Any]]:
        """A thread, or a channel's messages, the newest first, down to *age* by Slack's clock."""
        ask: dict[str, Any] = {"channel": where, "include_all_metadata": True, "limit": PAGE}
        oldest: float | None = None
        for _ in range(HISTORY_PAGES):
            if thread_ts is not None:
                answer = _asked(self._sender.conversations_replies, ts=thread_ts, **ask)
            else:
                answer = _asked(self._sender.conversations_history, **ask)
            messages = answer.get("messages") or []
            yield from messages
            if thread_ts is None and age is not None and messages:
                oldest = _bound(answer, messages[0], age) if oldest is None else oldest
                if float(messages[-1]["ts"]) < oldest:
                    return
            ask["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not ask["cursor"]:
                if answer.get("is_limited"):  # a plan that hides what is older
                    break
                return
        raise Hidden("the history does not reach back far enough")

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
    cause: Exception
    try:
        return method(**arguments)
    except SlackApiError as refused:
        cause, trouble = refused, _meaning(refused)
    except (OSError, HTTPException) as broken:
        cause, trouble = broken, _broken(broken)
    trouble.method, trouble.channel = method.__name__, arguments.get("channel")
    raise trouble from cause


def _broken(broken: Exception) -> SlackTrouble:
    reason = getattr(broken, "reason", broken)
    nobody = isinstance(reason, socket.gaierror | ssl.SSLCertVerificationError)
    if nobody or getattr(reason, "errno", None) in _NOBODY_THERE:
        return Unreachable(type(reason).__name__)
    return Uncertain(type(broken).__name__)


def _bound(answer: SlackResponse, newest: dict[str, Any], age: timedelta) -> float:
    """The ts before which a message of *age* cannot lie; by Slack's clock, which its answer tells."""
    now = _moment(_header(answer.headers, "date"))
    by = now.timestamp() if now is not None else float(newest["ts"])
    return by - (age + SLACK_LAG).total_seconds()


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
    try:
        return min(max(1.0, float(_header(headers, "retry-after") or 1)), LONGEST_WAIT)
    except ValueError:
        return 1.0


def _header(headers: dict[str, Any], wanted: str) -> str | None:
    found = next((value for name, value in headers.items() if name.lower() == wanted), None)
    first = found[0] if isinstance(found, list) and found else found
    return str(first) if first else None


def _moment(date: str | None) -> datetime | None:
    """A Date header's time in UTC; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None
