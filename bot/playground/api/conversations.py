"""conversations.*: who talks where, and what was said."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.playground.api.table import Request, method
from bot.playground.messages import Message
from bot.playground.people import Channel, Payload
from bot.playground.settings import Refusal

Item = TypeVar("Item")
PAGE = ("cursor", "limit")
SPAN = (*PAGE, "oldest", "latest", "inclusive", "include_all_metadata")


@dataclass(frozen=True)
class Span:
    """The time a reader asked for; open where a bound is empty."""

    oldest: float
    latest: float
    inclusive: bool

    def holds(self, message: Message) -> bool:
        at = float(message.ts)
        if self.inclusive and at in (self.oldest, self.latest):
            return True
        return self.oldest < at < self.latest


def page(request: Request, items: Sequence[Item], default: int) -> tuple[list[Item], str]:
    """One page of *items* and the cursor of the next, "" at the end.

    Raises:
        Refusal: invalid_cursor, invalid_limit.
    """
    start = 0
    if cursor := request.text("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError as wrong:
            raise Refusal("invalid_cursor") from wrong
    size = request.number("limit", default)
    if not 1 <= size <= 1000:
        raise Refusal("invalid_limit")
    rest = start + size < len(items)
    return list(items[start : start + size]), base64.b64encode(
        f"next:{start + size}".encode()
    ).decode() if rest else ""


def span(request: Request) -> Span:
    """Raises Refusal: invalid_ts_oldest, invalid_ts_latest."""
    bounds: dict[str, float] = {"oldest": 0.0, "latest": float("inf")}
    for name in bounds:
        if given := request.text(name):
            try:
                bounds[name] = float(given) or bounds[name]
            except ValueError as wrong:
                raise Refusal(f"invalid_ts_{name}") from wrong
    return Span(bounds["oldest"], bounds["latest"], request.yes("inclusive"))


def readable(request: Request, verb: str = "history") -> Channel:
    """The channel the app may read. Raises Refusal: channel_not_found, missing_scope, not_in_channel."""
    channel = request.workspace.channel(request.text("channel"))
    request.need(f"{family(channel)}:{verb}")
    if not channel.app_is_member:
        raise Refusal("channel_not_found" if channel.private else "not_in_channel")
    return channel


def told(request: Request, messages: list[Message]) -> list[Payload]:
    settings = request.settings
    with_metadata = request.yes("include_all_metadata")
    return [one.wire(settings.app, settings.team_id, with_metadata=with_metadata) for one in messages]


@method("conversations.history", required=("channel",), optional=SPAN)
def history(request: Request) -> Payload:
    """Top-level messages, newest first; those younger than the scripted lag are not there yet."""
    channel = readable(request)
    wanted, newest = span(request), request.settings.clock() - request.lag
    kept = [
        message
        for message in reversed(request.workspace.messages.get(channel.id, []))
        if message.thread_ts in (None, message.ts) and wanted.holds(message)
        if not request.lag or float(message.ts) <= newest
    ]
    shown, cursor = page(request, kept, 100)
    answer: Payload = {"messages": told(request, shown), "has_more": bool(cursor), "pin_count": 0}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@method("conversations.replies", required=("channel", "ts"), optional=SPAN)
def replies(request: Request) -> Payload:
    """A thread, its parent first. Raises Refusal thread_not_found."""
    channel = readable(request)
    parent = request.workspace.find(channel.id, request.text("ts"))
    if parent is None:
        raise Refusal("thread_not_found")
    wanted = span(request)
    below = [
        one
        for one in request.workspace.messages[channel.id]
        if one.thread_ts == parent.ts and one is not parent
    ]
    shown, cursor = page(request, [parent, *(one for one in below if wanted.holds(one))], 1000)
    answer: Payload = {"messages": told(request, shown), "has_more": bool(cursor)}
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@method("conversations.info", required=("channel",), optional=("include_num_members", "include_locale"))
def info(request: Request) -> Payload:
    channel = request.workspace.channel(request.text("channel"))
    request.need(f"{family(channel)}:read")
    if channel.private and not channel.app_is_member:
        raise Refusal("channel_not_found")
    return {"channel": described(request, channel)}


@method("conversations.list", optional=(*PAGE, "types", "exclude_archived", "team_id"), scope="channels:read")
def list_all(request: Request) -> Payload:
    """The channels of the wanted types; private ones only where the app is a member."""
    kinds = (request.text("types") or "public_channel").split(",")
    wanted = {"public_channel": "C", "private_channel": "C", "im": "D", "mpim": "G"}
    if any(kind not in wanted for kind in kinds):
        raise Refusal("invalid_types")
    found = [
        channel
        for channel in request.workspace.channels.values()
        if kind_of(channel) in kinds and not (channel.archived and request.yes("exclude_archived"))
        if not channel.private or channel.app_is_member
    ]
    shown, cursor = page(request, found, 100)
    channels = [described(request, channel) for channel in shown]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


@method("conversations.members", required=("channel",), optional=PAGE)
def members(request: Request) -> Payload:
    everyone = [user.id for user in request.workspace.members(readable(request, "read"))]
    shown, cursor = page(request, everyone, 100)
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


@method("conversations.open", optional=("users", "channel", "return_im", "prevent_creation"))
def open_dm(request: Request) -> Payload:
    """Open the DM with one user. Raises Refusal: user_not_found, users_list_not_supplied, missing_scope."""
    request.need("im:write")
    given = request.arguments.get("users")
    users = given if isinstance(given, list) else [one for one in str(given or "").split(",") if one]
    if len(users) != 1:
        raise Refusal("users_list_not_supplied" if not users else "method_not_supported_for_channel_type")
    known = request.workspace.person(users[0])
    if known.deleted:
        raise Refusal("user_disabled")
    before = len(request.workspace.channels)
    channel = request.workspace.dm(known.id)
    opened = len(request.workspace.channels) == before
    return {"no_op": opened, "already_open": opened, "channel": described(request, channel)}


def family(channel: Channel) -> str:
    """The word its scopes begin with."""
    if channel.id.startswith("D"):
        return "im"
    return "groups" if channel.private else "channels"


def kind_of(channel: Channel) -> str:
    if channel.id.startswith("D"):
        return "im"
    return "private_channel" if channel.private else "public_channel"


def described(request: Request, channel: Channel) -> Payload:
    return channel.description(request.settings.team_id, len(request.workspace.members(channel)))
