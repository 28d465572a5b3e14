"""The three steps of a file: ask where to, send it there, say whom it is for."""

from bot.playground.api.table import Request, method
from bot.playground.messages import Message
from bot.playground.people import Payload
from bot.playground.settings import Refusal
from bot.playground.workspace import Workspace

LARGEST = 1024**3
"""Bytes: https://docs.slack.dev/messaging/working-with-files."""


@method(
    "files.getUploadURLExternal",
    required=("filename", "length"),
    optional=("alt_txt", "snippet_type", "alt_text"),
    scope="files:write",
)
def upload_url(request: Request) -> Payload:
    """Where to send the file. Raises Refusal: missing_argument, file_upload_size_restricted."""
    length = request.number("length", 0)
    if length < 1 or not request.text("filename"):
        raise Refusal("missing_argument")
    if length > LARGEST:
        raise Refusal("file_upload_size_restricted")
    name = request.workspace.next_id("F")
    request.workspace.files[name] = {
        "id": name,
        "name": request.text("filename"),
        "size": length,
        "content": None,
        "alt_txt": request.text("alt_txt"),
    }
    return {"file_id": name, "upload_url": f"{request.workspace.base}/upload/{name}"}


def receive(workspace: Workspace, name: str, content: bytes) -> str | None:
    """Keep what was sent to an upload URL; an error word, or None."""
    with workspace.lock:
        file = workspace.files.get(name)
        if file is None or file["content"] is not None:
            return "not_found"
        if len(content) != file["size"]:
            workspace.complain(f"{file['name']}: {file['size']} bytes announced, {len(content)} sent")
            return "length_mismatch"
        file["content"] = content
    return None


@method(
    "files.completeUploadExternal",
    required=("files",),
    optional=("channel_id", "channels", "initial_comment", "thread_ts", "blocks", "highlight_type"),
    scope="files:write",
)
def complete(request: Request) -> Payload:
    """Share uploaded files. Raises Refusal: file_not_found, channel_not_found and the like."""
    workspace = request.workspace
    given = request.arguments["files"]
    if not isinstance(given, list) or not given:
        raise Refusal("invalid_arguments", ["[ERROR] must be an array [json-pointer:/files]"])
    shared = [uploaded(workspace, one) for one in given]
    if place := request.text("channel_id") or request.text("channels"):
        if place[:1] in {"U", "W"}:  # files go to a conversation's id only
            raise Refusal("channel_not_found")
        channel = workspace.writable(place)
        text = request.text("initial_comment")
        message = Message(channel.id, "", request.settings.app.user_id, text, files=shared)
        if thread := request.text("thread_ts"):
            message.thread_ts = workspace.parent(channel.id, thread).ts
        workspace.add(message)
    return {"files": shared}


def uploaded(workspace: Workspace, asked: object) -> Payload:
    file = workspace.files.get(str(asked.get("id"))) if isinstance(asked, dict) else None
    if file is None or file["content"] is None or not isinstance(asked, dict):
        raise Refusal("file_not_found")
    return {
        "id": file["id"],
        "name": file["name"],
        "title": asked.get("title", file["name"]),
        "size": file["size"],
        "alt_txt": file["alt_txt"],
    }
