"""A message, as the reading side sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.people import App, Payload
from bot.playground.plain import lines_of, plain


@dataclass
class Message:
    """One message. `ts` is its id in its channel; `whisper_to` is set on an ephemeral one.

    `user` is the author's id, `edited` whether chat.update changed it, `files` what was shared with it.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Payload] = field(default_factory=list)
    metadata: Payload | None = None
    thread_ts: str | None = None
    edited: bool = False
    whisper_to: str | None = None
    files: list[Payload] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    redrawn: list[list[Payload]] = field(default_factory=list, repr=False, compare=False)
    filled: dict[tuple[str, str, str], Any] = field(default_factory=dict, repr=False, compare=False)

    def redraw(self, text: str, blocks: list[Payload]) -> None:
        """What chat.update leaves; the last few forms are kept, because a client may still show one."""
        self.redrawn = [self.blocks, *self.redrawn][:5]
        self.text, self.blocks, self.edited = text, blocks, True

    def plain(self, tz: str = "UTC") -> str:
        """Everything a person in zone *tz* reads, a line a block or more; the text if there are no blocks."""
        if not self.blocks:
            return plain(self.text, self.names, tz)
        return "\n".join(lines_of(self.blocks, self.names, tz))

    def wire(self, app: App, team: str, *, with_metadata: bool = False) -> Payload:
        """The message as the Web API and interaction payloads carry it.

        Metadata is left out unless asked for, as conversations.history does.
        """
        answer: Payload = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": team,
        }
        if self.user == app.user_id:
            answer |= {"bot_id": app.bot_id, "app_id": app.app_id}
        if self.blocks:
            answer["blocks"] = self.blocks
        if self.thread_ts:
            answer["thread_ts"] = self.thread_ts
        if self.edited:
            answer["edited"] = {"user": app.bot_id, "ts": self.ts}
        if self.files:
            answer["files"] = self.files
        if with_metadata and self.metadata:
            answer["metadata"] = self.metadata
        return answer
