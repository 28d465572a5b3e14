"""Small grey lines on a message that say how it came to stand where it stands."""

from bot.slack.views import blocks
from bot.slack.views.card import Message


def remarked(message: Message, meant_for: str | None, again: bool) -> Message:
    """The message with what must be said about its delivery: its wrong channel, its possible double."""
    lines = []
    if meant_for is not None:
        lines.append(f"📭 Meant for <#{meant_for}>, which Baton cannot post to. The admins know.")
    if again:
        lines.append("♊ This may be a duplicate: Slack did not say whether the first message arrived.")
    if not lines:
        return message
    return Message([*message.blocks, *map(blocks.context, lines)], message.text)
