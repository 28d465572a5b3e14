"""What the app says back without the Web API: bodies of slash commands, and response_url."""

import json

from bot.playground.delivery import Answer
from bot.playground.letters import checked_message
from bot.playground.messages import Message
from bot.playground.people import Payload
from bot.playground.settings import Call, Refusal
from bot.playground.tickets import Link, LinkSpent
from bot.playground.workspace import Workspace

KNOWN = {
    "text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts",
    "unfurl_links", "unfurl_media", "metadata", "mrkdwn", "headers",
}  # fmt: skip
SLACKBOT = "USLACKBOT"


def show_answer(workspace: Workspace, answer: Answer, asked: tuple[str, str, str]) -> None:
    """Show the body of the answer to a slash command, or Slack's own sentence when it failed.

    *asked* is (command, user, channel).
    """
    command, user, channel = asked
    if answer.error:
        sentence = f'{command} failed with the error "{answer.error}"'
        workspace.add(Message(channel, "", SLACKBOT, sentence, whisper_to=user))
        return
    if not answer.text.strip():
        return
    try:
        said = json.loads(answer.text) if answer.text.lstrip().startswith("{") else {"text": answer.text}
        if said:
            respond(workspace, Link("", user, channel, 0.0), said)
    except (ValueError, Refusal) as refusal:
        workspace.complain(f"the body that answers {command} is not a message: {refusal}")


def use_link(workspace: Workspace, name: str, said: object) -> None:
    """A POST to a response_url. Raises LinkSpent, or Refusal for a message Slack would not take."""
    error: str | None = None
    try:
        with workspace.lock:
            link = workspace.tickets.answer(name)
            respond(workspace, link, said)
    except (LinkSpent, Refusal) as refusal:
        error = refusal.error
        workspace.complain(f"response_url: {error} {getattr(refusal, 'messages', '')}".strip())
        raise
    finally:
        arguments = said if isinstance(said, dict) else {}
        workspace.record(Call("response_url", arguments, error, workspace.settings.clock()))


def respond(workspace: Workspace, link: Link, said: object) -> None:
    """Delete or replace what was pressed, or say something new: to all (in_channel) or to one (ephemeral)."""
    if not isinstance(said, dict):
        raise Refusal("invalid_payload")
    if unknown := sorted(set(said) - KNOWN):
        workspace.complain(f"response_url: unknown arguments {unknown}")
    original = original_of(workspace, link)
    if said.get("delete_original") is True:
        if original is None:
            raise Refusal("message_not_found")
        workspace.remove(original)
        return
    message = checked_message(said)
    if said.get("replace_original") is True and original is not None:
        original.redraw(message["text"], message["blocks"])
        workspace.touch()
        return
    kind = said.get("response_type", "ephemeral")
    if kind not in {"ephemeral", "in_channel"}:
        raise Refusal("invalid_response_type")
    app = workspace.settings.app.user_id
    letter = Message(link.channel, "", app, message["text"], message["blocks"], message["metadata"])
    letter.thread_ts = thread_of(said, link)
    letter.whisper_to = link.user if kind == "ephemeral" else None
    workspace.add(letter)


def thread_of(said: Payload, link: Link) -> str | None:
    thread = said.get("thread_ts")
    return thread if isinstance(thread, str) else link.thread_ts


def original_of(workspace: Workspace, link: Link) -> Message | None:
    """The message, or whisper, the person pressed; None for a slash command or when it is gone."""
    if link.ts is None:
        return None
    whispers = (one for one in workspace.whispers if (one.channel, one.ts) == (link.channel, link.ts))
    return next(whispers, None) or workspace.find(link.channel, link.ts)
