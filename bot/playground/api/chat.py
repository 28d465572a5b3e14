"""chat.*: post, change, delete, whisper, link."""

from bot.playground.api.table import Request, method
from bot.playground.letters import checked_message, checked_metadata
from bot.playground.messages import Message
from bot.playground.people import Payload
from bot.playground.settings import Refusal

CONTENT = ("text", "blocks", "attachments", "metadata")
MANNERS = (
    "unfurl_links", "unfurl_media", "link_names", "parse", "mrkdwn", "as_user", "username", "icon_emoji",
    "icon_url", "reply_broadcast",
)  # fmt: skip


@method(
    "chat.postMessage", required=("channel",), optional=(*CONTENT, *MANNERS, "thread_ts"), scope="chat:write"
)
def post(request: Request) -> Payload:
    """Post to a channel, or to a user's DM. Refused as `Workspace.writable` and `checked_message` say."""
    workspace = request.workspace
    channel = workspace.writable(request.text("channel"))
    letter = checked_message(request.arguments)
    remind_of_fallback(request, letter)
    message = Message(channel.id, "", request.settings.app.user_id, letter["text"], letter["blocks"])
    message.metadata = letter["metadata"]
    if thread := request.text("thread_ts"):
        message.thread_ts = workspace.parent(channel.id, thread).ts
    workspace.add(message)
    return {"channel": channel.id, "ts": message.ts, "message": wired(request, message, with_metadata=True)}


@method(
    "chat.update", required=("channel", "ts"), optional=(*CONTENT, *MANNERS, "file_ids"), scope="chat:write"
)
def update(request: Request) -> Payload:
    """Change one of the app's own messages; metadata stays unless given, and goes with `{}`."""
    message = own(request, "cant_update_message")
    letter = checked_message(request.arguments)
    remind_of_fallback(request, letter)
    message.redraw(letter["text"], letter["blocks"])
    if "metadata" in request.arguments:
        message.metadata = checked_metadata(request.arguments["metadata"])
    request.workspace.touch()
    shown = wired(request, message, with_metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", required=("channel", "ts"), optional=("as_user",), scope="chat:write")
def delete(request: Request) -> Payload:
    """Delete one of the app's own messages."""
    message = own(request, "cant_delete_message")
    request.workspace.remove(message)
    return {"channel": message.channel, "ts": message.ts}


@method(
    "chat.postEphemeral",
    required=("channel", "user"),
    optional=(*CONTENT, *MANNERS, "thread_ts"),
    scope="chat:write",
)
def whisper(request: Request) -> Payload:
    """Show a message to one member of the channel, for a while."""
    workspace = request.workspace
    if request.text("channel")[:1] in {"U", "W"}:  # unlike postMessage, which opens the DM
        raise Refusal("channel_not_found")
    channel = workspace.writable(request.text("channel"))
    letter = checked_message(request.arguments)
    user = request.text("user")
    reader = workspace.users.get(user)
    if reader is None or reader.deleted or not channel.has(user):
        raise Refusal("user_not_in_channel")
    remind_of_fallback(request, letter)
    message = Message(channel.id, "", request.settings.app.user_id, letter["text"], letter["blocks"])
    message.whisper_to = user
    if thread := request.text("thread_ts"):
        message.thread_ts = workspace.parent(channel.id, thread).ts
    return {"message_ts": workspace.add(message).ts}


@method("chat.getPermalink", required=("channel", "message_ts"))
def permalink(request: Request) -> Payload:
    channel = request.workspace.channel(request.text("channel"))
    message = request.workspace.find(channel.id, request.text("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    link = f"{request.workspace.base}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def own(request: Request, otherwise: str) -> Message:
    """The app's message named by channel and ts.

    Raises:
        Refusal: channel_not_found (also for a user's id), is_inactive, message_not_found, or *otherwise*
            where somebody else wrote it.
    """
    channel = request.workspace.channel(request.text("channel"))
    if channel.archived:
        raise Refusal("is_inactive")
    message = request.workspace.find(channel.id, request.text("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.user != request.settings.app.user_id:
        raise Refusal(otherwise)
    return message


def remind_of_fallback(request: Request, letter: Payload) -> None:
    """Blocks without text: notifications and screen readers have nothing to say."""
    if not letter["text"].strip():
        request.workspace.complain("a message with blocks has no fallback text")


def wired(request: Request, message: Message, *, with_metadata: bool) -> Payload:
    return message.wire(request.settings.app, request.settings.team_id, with_metadata=with_metadata)
