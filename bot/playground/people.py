"""Who and what a workspace has: its people, its channels, and the app itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Payload = dict[str, Any]
"""A JSON object on its way in or out; the only place where types end."""


@dataclass(frozen=True)
class User:
    """A person. `tz` is an IANA zone; `team_id` is another workspace's, or None for this one."""

    id: str
    name: str
    tz: str = "UTC"
    is_guest: bool = False
    deleted: bool = False
    team_id: str | None = None

    def profile(self, home_team: str) -> Payload:
        """The user as users.info and user_change show it; `tz_offset` in seconds east of UTC."""
        offset = datetime.now(UTC).astimezone(ZoneInfo(self.tz)).utcoffset()
        team = self.team_id or home_team
        return {
            "id": self.id, "team_id": team, "name": self.name.lower().replace(" ", "."),
            "deleted": self.deleted, "real_name": self.name, "tz": self.tz, "tz_label": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "profile": {"real_name": self.name, "display_name": self.name, "team": team},
            "is_admin": False, "is_owner": False, "is_primary_owner": False,
            "is_restricted": self.is_guest, "is_ultra_restricted": False, "is_bot": False,
            "is_app_user": False, "is_stranger": team != home_team, "updated": 0,
        }  # fmt: skip


@dataclass(frozen=True)
class Shortcut:
    """A message shortcut of the app: what the menu of a message says, and what the app is told."""

    callback_id: str
    name: str


@dataclass(frozen=True)
class Command:
    """A slash command of the app. `words` are what may follow it, each with what it does: the page completes them."""

    name: str
    hint: str = ""
    about: str = ""
    words: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Channel:
    """A conversation. `members` None means everybody; `app_is_member` False: nobody invited the app."""

    id: str
    name: str
    members: Iterable[str] | None = None
    archived: bool = False
    shared: bool = False
    private: bool = False
    app_is_member: bool = True

    def has(self, user: str) -> bool:
        """Whether *user* (an id) reads this channel."""
        return self.members is None or user in self.members

    def description(self, team: str, people: int) -> Payload:
        """The channel as conversations.info shows it to the app; *people* is the number of its members."""
        is_dm = self.id.startswith("D")
        common: Payload = {
            "id": self.id, "created": 1, "is_archived": self.archived, "is_im": is_dm,
            "is_org_shared": False, "context_team_id": team, "updated": 1,
        }  # fmt: skip
        if is_dm:
            return {**common, "user": next(iter(self.members or ())), "is_user_deleted": False}
        return {
            **common, "name": self.name, "name_normalized": self.name, "is_channel": not self.private,
            "is_group": self.private, "is_mpim": False, "is_private": self.private, "is_general": False,
            "is_shared": self.shared, "is_ext_shared": self.shared, "is_pending_ext_shared": False,
            "shared_team_ids": [team, "T0PARTNER"] if self.shared else [team],
            "is_member": self.app_is_member, "num_members": people,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }  # fmt: skip


@dataclass(frozen=True)
class App:
    """The one app of the workspace, and its ids as Slack would give them."""

    name: str = "Baton"
    user_id: str = "U0APPBOT"
    bot_id: str = "B0APPBOT"
    app_id: str = "A0APPBOT"
