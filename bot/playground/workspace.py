"""What the workspace remembers: people, channels, messages, open views, and what the app did."""

import itertools
import secrets
import threading
from copy import deepcopy
from dataclasses import replace

from bot.playground.messages import Message
from bot.playground.people import Channel, Payload, User
from bot.playground.settings import Call, Refusal, Settings
from bot.playground.tickets import Tickets
from bot.playground.traffic import Traffic
from bot.playground.views import View

MOST_CALLS, MOST_COMPLAINTS = 100_000, 1_000
"""What a workspace that runs for weeks remembers of its app."""


class Workspace:
    """All state behind one lock. Readers get copies; `changed` is notified at every change."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.run = secrets.token_hex(4)  # tells a page that what it knows is of an earlier run
        self.version = 0
        self.users: dict[str, User] = {user.id: user for user in settings.users}
        self.channels: dict[str, Channel] = {
            channel.id: channel
            if channel.members is None
            else replace(channel, members=tuple(channel.members))
            for channel in settings.channels
        }
        self.names: dict[str, str] = {user.id: user.name for user in self.users.values()}
        self.names |= {channel.id: channel.name for channel in self.channels.values()}
        self.names[settings.app.user_id] = settings.app.name
        self.messages: dict[str, list[Message]] = {}
        self.whispers: list[Message] = []
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, Payload] = {}
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        self.traffic = Traffic(settings.clock)
        self.tickets = Tickets(settings.waits)
        self.base = ""  # http://127.0.0.1:PORT once the server runs
        self._stamps: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def touch(self) -> None:
        """Tell everybody who waits that something changed."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    def complain(self, sentence: str) -> None:
        """Write down something real Slack would refuse, or bad manners."""
        with self.lock:
            self.complaints.append(sentence)
            del self.complaints[:-MOST_COMPLAINTS]
            self.touch()

    def record(self, call: Call) -> None:
        """Remember a call of the app."""
        with self.lock:
            self.calls.append(call)
            if len(self.calls) > 2 * MOST_CALLS:
                del self.calls[:MOST_CALLS]

    def next_id(self, letter: str) -> str:
        """A new id such as V0000000A1; unique in the workspace, so that no two things share one."""
        return f"{letter}{next(self._numbers):04d}{secrets.token_hex(3).upper()}"

    def next_ts(self, channel: str) -> str:
        """A timestamp later than every other one of the channel, also when the clock stands still."""
        now = int(self.settings.clock() * 1_000_000)
        stamp = max(now, self._stamps.get(channel, 0) + 1)
        self._stamps[channel] = stamp
        return f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"

    # -- people and channels ------------------------------------------------------------------

    def person(self, user: str) -> User:
        """The user with that id. Raises Refusal user_not_found."""
        if user not in self.users:
            raise Refusal("user_not_found")
        return self.users[user]

    def channel(self, name: str) -> Channel:
        """The channel with that id (a `#name` is not enough here). Raises Refusal channel_not_found."""
        if name not in self.channels:
            raise Refusal("channel_not_found")
        return self.channels[name]

    def writable(self, name: str) -> Channel:
        """The channel the app may post to; a user's id means the DM with that user, opened if need be.

        Raises Refusal: channel_not_found, not_in_channel, is_archived, user_not_found, messages_tab_disabled.
        """
        if name[:1] in {"U", "W"}:
            return self.dm(name)
        channel = self.channel(name)
        if channel.archived:
            raise Refusal("is_archived")
        if not channel.app_is_member and (channel.private or "chat:write.public" not in self.settings.scopes):
            raise Refusal("channel_not_found" if channel.private else "not_in_channel")
        if channel.id.startswith("D") and self.users[next(iter(channel.members or ()))].deleted:
            raise Refusal("user_not_found")
        return channel

    def dm(self, user: str) -> Channel:
        """The app's conversation with *user*. Raises Refusal: channel_not_found, user_not_found."""
        if user not in self.users:
            raise Refusal("channel_not_found")
        person = self.users[user]
        if person.deleted:
            raise Refusal("user_not_found")
        name = "D" + user[1:]
        if name not in self.channels:
            self.channels[name] = Channel(name, person.name, members=(user,))
            self.touch()
        return self.channels[name]

    def members(self, channel: Channel) -> list[User]:
        """The people who read *channel*; nobody deactivated."""
        return [user for user in self.users.values() if channel.has(user.id) and not user.deleted]

    # -- messages -----------------------------------------------------------------------------

    def add(self, message: Message) -> Message:
        """Keep a message (or a whisper) whose `ts` is still empty; returns the stored one."""
        with self.lock:
            message.ts = self.next_ts(message.channel)
            message.names = self.names
            if message.whisper_to:
                self.whispers.append(message)
            else:
                self.messages.setdefault(message.channel, []).append(message)
            self.touch()
            return message

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with that ts, replies included, whispers not."""
        return next((message for message in self.messages.get(channel, []) if message.ts == ts), None)

    def parent(self, channel: str, ts: str) -> Message:
        """The message a reply belongs under. Raises Refusal thread_not_found."""
        found = self.find(channel, ts)
        if found is None:
            raise Refusal("thread_not_found")
        if found.thread_ts and found.thread_ts != ts:
            self.complain(f"thread_ts {ts} is a reply's; use its parent {found.thread_ts}")
            found = self.find(channel, found.thread_ts) or found
        return found

    def remove(self, message: Message) -> None:
        with self.lock:
            for kept in (self.messages.get(message.channel, []), self.whispers):
                if any(one is message for one in kept):
                    kept[:] = [one for one in kept if one is not message]
            self.touch()

    def copies(self, messages: list[Message]) -> list[Message]:
        """Snapshots, so that a reader never sees a message change under its hands."""
        with self.lock:
            return [
                replace(message, blocks=deepcopy(message.blocks), metadata=deepcopy(message.metadata))
                for message in messages
            ]
