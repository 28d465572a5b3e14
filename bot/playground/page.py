"""The page and the JSON it talks to; for this machine's browser only."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.playground import page_tools as tools
from bot.playground.delivery import Answer
from bot.playground.doors import Control, Panel
from bot.playground.faults import Faults
from bot.playground.gestures import Gestures, NoCommand, NotThere, Where
from bot.playground.messages import Message
from bot.playground.modals import top, wire
from bot.playground.people import Channel, Payload
from bot.playground.submissions import Submissions, fill
from bot.playground.workspace import Workspace

log = logging.getLogger(__name__)

KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def is_local(request: Request) -> bool:
    """Whether the request comes from this machine's own page, by Host and, where sent, Origin.

    Otherwise any web site could press buttons here through the visitor's browser, or read by DNS rebinding.
    """
    host = urlsplit(f"//{request.headers.get('host', '')}")
    origin = request.headers.get("origin")
    if host.hostname not in LOOPBACK:
        return False
    if origin is not None and urlsplit(origin).netloc != host.netloc:
        return False
    return request.method == "GET" or request.headers.get("content-type", "").startswith("application/json")


@dataclass
class Page:
    """What the browser asks for; `controls` and `caption` come from the embedding program."""

    gestures: Gestures
    submissions: Submissions
    controls: Callable[[], Sequence[Control]]
    caption: Callable[[], str]
    panels: Callable[[], Sequence[Panel]]
    faults: Faults
    complaints: Callable[[], Sequence[str]]

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.index),
            Route("/archives/{channel}/{stamp}", self.permalink),
            Route("/page/state", self.state),
            Route("/page/panel", self.panel),
            Route("/page/traffic", self.traffic),
            Route("/page/file/{id}", self.uploaded),
            Route("/page/{action}", self.act, methods=["POST"]),
            Route("/{name}.{kind}", self.file),
        ]

    @property
    def workspace(self) -> Workspace:
        return self.gestures.workspace

    async def index(self, request: Request) -> Response:
        return shipped("index", "html") if is_local(request) else forbidden()

    async def permalink(self, request: Request) -> Response:
        """A message's address, as chat.getPermalink gives it: the page, with that message in view."""
        if not is_local(request):
            return forbidden()
        wanted = {"room": request.path_params["channel"], "message": request.path_params["stamp"]}
        return RedirectResponse(f"/?{urlencode(wanted)}")

    async def file(self, request: Request) -> Response:
        """The page's own files, by name; nothing else of the package."""
        name, kind = request.path_params["name"], request.path_params["kind"]
        if kind not in KINDS or not name.isalpha():
            return PlainTextResponse("not found", 404)
        return shipped(name, kind) if is_local(request) else forbidden()

    async def state(self, request: Request) -> Response:
        """All that `user` sees; without the messages where nothing changed since version `since`."""
        if not is_local(request):
            return forbidden()
        user = request.query_params.get("user", "")
        since = request.query_params.get("since", "")
        return JSONResponse(await run_in_threadpool(self.seen_by, user, since), headers=HEADERS)

    async def act(self, request: Request) -> Response:
        """A gesture of the person acted as: the app's answer, or 409 and why it is not possible."""
        if not is_local(request):
            return forbidden()
        action = ACTIONS.get(request.path_params["action"])
        if action is None:
            return PlainTextResponse("not found", 404)
        try:
            body = await request.json()
            # On a thread: the app answers by calling this very server.
            answer = await run_in_threadpool(action, self, body)
        except NoCommand as unknown:
            return JSONResponse({"refused": str(unknown)})
        except NotThere:
            return JSONResponse({"refused": "This is not there any more. Look again."}, 409)
        except (ValueError, KeyError, TypeError, IndexError) as wrong:
            log.warning("the page sent what cannot be done", exc_info=wrong)
            return JSONResponse({"refused": "That could not be done; the program's log says why."}, 400)
        except Exception:  # the boundary of the page: whoever sits before it reads that it failed
            log.exception("something behind the page failed")
            return JSONResponse({"refused": "Something went wrong; the program's log says what."}, 500)
        return JSONResponse(answer if isinstance(answer, dict) else asdict(answer))

    async def panel(self, request: Request) -> Response:
        """What the panel `name` shows now."""
        if not is_local(request):
            return forbidden()
        tables = await run_in_threadpool(tools.watched, self.panels(), request.query_params.get("name", ""))
        return JSONResponse({"tables": [asdict(each) for each in tables]}, headers=HEADERS)

    async def traffic(self, request: Request) -> Response:
        """The exchanges after number `after`, the complaints, and the trouble that is still to strike."""
        if not is_local(request):
            return forbidden()
        after = request.query_params.get("after", "")
        run, _, number = after.partition(":")
        known = int(number) if run == self.workspace.run and number.isdigit() else 0
        said = tools.traffic(self.workspace, self.faults, known, self.complaints())
        return JSONResponse(said, headers=HEADERS)

    async def uploaded(self, request: Request) -> Response:
        """A file the app uploaded: a picture is shown, anything else is saved."""
        if not is_local(request):
            return forbidden()
        return tools.file(self.workspace, request.path_params["id"]) or PlainTextResponse("not found", 404)

    def seen_by(self, user: str, since: str) -> Payload:
        workspace = self.workspace
        # The embedding program's callables first: they may wait for locks of their own.
        caption, controls = (
            self.caption(),
            [{"label": one.label, "group": one.group} for one in self.controls()],
        )
        with workspace.lock:
            person = workspace.users.get(user) or next(iter(workspace.users.values()), None)
            version = f"{workspace.run}:{workspace.version}:{person.id if person else ''}"
            brief: Payload = {"version": version, "caption": caption}
            if since == version or person is None:
                return brief
            view, home = top(workspace, person.id), workspace.homes.get(person.id)
            rooms = [room for room in workspace.channels.values() if room.has(person.id)]
            return {
                **brief,
                "me": person.id,
                "now": workspace.settings.clock(),
                "app": {"id": workspace.settings.app.user_id, "name": workspace.settings.app.name},
                "names": dict(workspace.names),
                "users": [asdict(one) for one in workspace.users.values() if not one.deleted],
                "controls": controls,
                "panels": [tools.described(panel) for panel in self.panels()],
                "commands": [asdict(one) for one in workspace.settings.commands],
                "shortcuts": [asdict(one) for one in workspace.settings.shortcuts],
                "rooms": [described(room) for room in rooms],
                "messages": [written(one) for one in reversed(self.gestures.visible(person.id))],
                "modal": {**wire(workspace, view), "errors": view.errors} if view else None,
                "home": wire(workspace, home) if home else None,
            }


def described(room: Channel) -> Payload:
    return {
        "id": room.id, "name": room.name, "dm": room.id.startswith("D"), "archived": room.archived,
        "shared": room.shared, "private": room.private,
    }  # fmt: skip


def written(message: Message) -> Payload:
    return {
        "channel": message.channel, "ts": message.ts, "user": message.user, "text": message.text,
        "blocks": message.blocks, "thread_ts": message.thread_ts, "edited": message.edited,
        "whisper": bool(message.whisper_to), "files": message.files,
    }  # fmt: skip


def shipped(name: str, kind: str) -> Response:
    """One of the files beside this one."""
    file = files("bot.playground").joinpath(f"{name}.{kind}")
    if not file.is_file():
        return PlainTextResponse("not found", 404)
    return Response(file.read_bytes(), media_type=KINDS[kind], headers=HEADERS)


def forbidden() -> Response:
    return PlainTextResponse("only from this machine's own page", 403)


# -- what the page may ask for --------------------------------------------------------------------


def press(page: Page, body: Payload) -> Answer:
    """A press; what is typed in an open modal goes along, so that `state.values` is what stands there."""
    user = body["user"]
    with page.workspace.lock:
        view = top(page.workspace, user)
        if view and body.get("values"):
            fill(view, body["values"])
    where = Where(body.get("channel"), body.get("ts"), body.get("block_id"), body.get("value"), stale=True)
    return page.gestures.press(user, body["action_id"], where, body.get("option"))


def shortcut(page: Page, body: Payload) -> Answer:
    return page.gestures.shortcut(body["user"], body["callback_id"], body["channel"], body["ts"])


def submit(page: Page, body: Payload) -> Answer:
    return page.submissions.submit(body["user"], body["values"])


def close(page: Page, body: Payload) -> Answer:
    return page.submissions.close(body["user"])


def home(page: Page, body: Payload) -> Answer:
    return page.gestures.open_home(body["user"])


def write(page: Page, body: Payload) -> Answer:
    """A line from the box below: a slash command, or a message, kept as Slack's client would send it."""
    user, channel, line = body["user"], body["channel"], str(body["line"]).strip()
    if line.startswith("/"):
        command, _, text = line.partition(" ")
        return page.gestures.command(user, command, text.strip(), channel)
    if not line:
        raise NotThere("nothing was written")
    page.gestures.write(user, channel, typed(line, page.workspace.names), body.get("thread_ts"))
    return Answer(200)


def typed(line: str, names: Mapping[str, str]) -> str:
    """What somebody typed, with its three characters escaped and each @Name a mention."""
    text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for id_, name in sorted(names.items(), key=lambda one: -len(one[1])):
        if id_.startswith("U"):
            text = re.sub(rf"(?<!\w)@{re.escape(name)}\b", f"<@{id_}>", text)
    return text


def control(page: Page, body: Payload) -> Payload:
    return {"said": page.controls()[int(body["index"])].press()}


def form(page: Page, body: Payload) -> Payload:
    """A form of a panel, filled in."""
    return tools.filled(page.panels(), body["panel"], body["form"], body["values"])


def trouble(page: Page, body: Payload) -> Payload:
    with page.workspace.lock:
        return tools.order(page.faults, body)


def heal(page: Page, _body: Payload) -> Payload:
    with page.workspace.lock:
        page.faults.waiting.clear()
    return {}


ACTIONS: Mapping[str, Callable[[Page, Payload], Answer | Payload]] = {
    "press": press, "shortcut": shortcut, "submit": submit, "close": close, "home": home,
    "write": write, "control": control, "form": form, "trouble": trouble, "heal": heal,
}  # fmt: skip
