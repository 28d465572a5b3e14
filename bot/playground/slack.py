"""The playground's Python side: start it, act as a person, read what they see, order trouble."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, TypeVar

from starlette.types import ASGIApp

from bot.playground.calls import Calls
from bot.playground.delivery import Answer, Delivery, InProcess
from bot.playground.doors import Control, Panel
from bot.playground.faults import KINDS, Fault, Faults
from bot.playground.gestures import Gestures, Where
from bot.playground.messages import Message
from bot.playground.modals import top, wire
from bot.playground.page import Page
from bot.playground.people import Channel, Payload
from bot.playground.server import Server
from bot.playground.settings import Call, Settings
from bot.playground.sockets import Sockets
from bot.playground.submissions import Submissions
from bot.playground.web import Web
from bot.playground.workspace import Workspace

Found = TypeVar("Found")


@dataclass(kw_only=True, eq=False)
class Slack(Settings):
    """One workspace with one app in it. Every method may be called from any thread.

    `controls`, `panels` and `caption` are drawn on the page; `events_url` is where the app listens (a URL, or a
    callable for tests that dispatch in process).
    """

    controls: list[Control] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    caption: str | Callable[[], str] = ""

    def __post_init__(self) -> None:
        self.workspace = Workspace(self)
        self.sockets = Sockets(self.app.app_id)
        self.faults = Faults(self.waits, self.rate_limit)
        self.delivery = Delivery(self, self.sockets, self.workspace.traffic)
        self.gestures = Gestures(self.workspace, self.delivery)
        self.submissions = Submissions(self.workspace, self.delivery)
        self._server: Server | None = None

    # -- life ---------------------------------------------------------------------------------

    def start(self, port: int = 0) -> "Slack":
        """Listen on 127.0.0.1; 0 takes any free port. Raises OSError when the port is taken."""
        self._server = Server(self.asgi(), port)
        self.workspace.base = f"http://127.0.0.1:{self._server.port}"
        self._server.start()
        return self

    def asgi(self) -> ASGIApp:
        """Everything that is served: the Web API, sockets, the page."""
        calls = Calls(self.workspace, self.sockets, self.faults)
        page = Page(
            self.gestures, self.submissions, lambda: self.controls, self.sentence_on_top, lambda: self.panels,
            self.faults, lambda: self.complaints,
        )  # fmt: skip
        return Web(calls).app(page.routes())

    def stop(self) -> None:
        """Stop listening; everything said stays readable."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        self.delivery.close()

    def __enter__(self) -> "Slack":
        return self if self._server else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What SLACK_API_URL and WebClient's base_url want."""
        return f"{self.workspace.base}/api/"

    @property
    def page(self) -> str:
        """The page to open in a browser."""
        return f"{self.workspace.base}/"

    @property
    def events_url(self) -> str | InProcess | None:
        return self.delivery.events_url

    @events_url.setter
    def events_url(self, target: str | InProcess | None) -> None:
        self.delivery.events_url = target

    def sentence_on_top(self) -> str:
        """The caption as it reads now."""
        return self.caption if isinstance(self.caption, str) else self.caption()

    # -- a person does something --------------------------------------------------------------

    def press(self, user: str, action_id: str, *, channel: str | None = None, ts: str | None = None,
              value: str | None = None, option: Any = None) -> Answer:  # fmt: skip
        """Press what *user* sees: their modal first, then messages newest first, then Home.

        *value* tells buttons of one action_id apart; *option* the value chosen in a menu, a list for several.

        Raises:
            NotThere: nothing of the kind is displayed to them.
        """
        return self.gestures.press(user, action_id, Where(channel, ts, value=value), option)

    def press_home(
        self, user: str, action_id: str, *, block: str | None = None, option: Any = None
    ) -> Answer:
        """Press what stands on *user*'s Home, in *block* where several are alike. Raises NotThere."""
        return self.gestures.press(user, action_id, Where(block=block, home=True), option)

    def submit(self, user: str, values: dict[str, str | list[str] | None] | None = None) -> Answer:
        """Fill in the top modal by block id and send it; `.errors` are the sentences under its inputs."""
        return self.submissions.submit(user, dict(values or {}))

    def close(self, user: str) -> Answer:
        """Close the top modal."""
        return self.submissions.close(user)

    def command(self, user: str, command: str, text: str = "", channel: str | None = None) -> Answer:
        """Write a slash command; its answer is among the whispers, or in the channel."""
        return self.gestures.command(user, command, text, channel)

    def shortcut(
        self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None
    ) -> Answer:
        """Choose a message shortcut, or without a message a global one."""
        return self.gestures.shortcut(user, callback_id, channel, ts)

    def open_home(self, user: str) -> Answer:
        """Open the app's Home tab."""
        return self.gestures.open_home(user)

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """A person writes a message, *text* as Slack keeps it; its ts. Raises NotThere."""
        return self.gestures.write(user, channel, text, thread_ts).ts

    # -- Slack does something -----------------------------------------------------------------

    def event(
        self, type: str, *, retry: tuple[int, str] | None = None, event_id: str = "", **fields: Any
    ) -> Answer:
        """Send an event. *retry* is (number, reason) of a repeated one, which keeps its *event_id*."""
        return self.gestures.event(type, fields, retry=retry, id=event_id)

    def change_user(self, user: str, **changes: Any) -> Answer:
        """Change a person (deleted, is_guest, tz, name …) and tell the app by user_change."""
        with self.workspace.lock:
            person = replace(self.workspace.users[user], **changes)
            self.workspace.users[user] = person
            self.workspace.names[user] = person.name
            self.workspace.touch()
        if "user_change" not in self.events:
            return Answer(200)
        return self.event("user_change", user=person.profile(self.team_id), cache_ts=int(self.clock()))

    def change_channel(self, channel: str, **changes: Any) -> None:
        """Change a channel (archived, shared, members, app_is_member …); the app is not told."""
        with self.workspace.lock:
            self.workspace.channels[channel] = replace(self.workspace.channels[channel], **changes)
            self.workspace.touch()

    def verify_url(self) -> Answer:
        """The url_verification request Slack sends when the request URL is entered."""
        payload = {
            "type": "url_verification",
            "token": "verification-token",
            "challenge": "playground-challenge",
        }
        return self.delivery.send("events_api", payload)

    def cut_sockets(self) -> None:
        """Close every Socket Mode connection from Slack's side; the app must connect anew."""
        self.sockets.cut()

    def fail(self, method: str, kind: str, times: int | None = 1, channel: str | None = None,
             seconds: float = 1.0) -> None:  # fmt: skip
        """Order trouble for the next *times* calls of *method* ("*" is any, None is until `heal`).

        *kind* is drop or 500_after (it happened, the answer is lost), 500_before, latency (*seconds* before
        anything happens), history_lag (messages younger than *seconds* are not in the history yet),
        ratelimited (429, Retry-After *seconds*), or any error name of Slack's, such as token_revoked.
        """
        if kind not in KINDS and not kind.replace("_", "").isalpha():
            raise ValueError(f"{kind!r} is neither one of {sorted(KINDS)} nor an error name of Slack's")
        with self.workspace.lock:
            self.faults.waiting.append(Fault(method, kind, times, channel, seconds))

    def heal(self) -> None:
        """Call off all trouble that has not struck yet."""
        with self.workspace.lock:
            self.faults.waiting.clear()

    # -- what people see ----------------------------------------------------------------------

    def messages(self, channel: str) -> list[Message]:
        """The top-level messages of a channel, oldest first."""
        kept = self.workspace.messages.get(channel, [])
        return self.workspace.copies([one for one in kept if one.thread_ts in (None, one.ts)])

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies under a message, oldest first, without the message itself."""
        kept = self.workspace.messages.get(channel, [])
        return self.workspace.copies([one for one in kept if one.thread_ts == ts and one.ts != ts])

    def dms(self, user: str) -> list[Message]:
        """The app's direct conversation with *user*, replies included, oldest first."""
        return self.workspace.copies(self.workspace.messages.get("D" + user[1:], []))

    def whispers(self, user: str) -> list[str]:
        """What only *user* was shown, oldest first: the text, or where there are blocks what they read as."""
        return [one.plain() if one.blocks else one.text for one in self.whispered(user)]

    def whispered(self, user: str) -> list[Message]:
        """The same with blocks, channel and ts."""
        return self.workspace.copies([one for one in self.workspace.whispers if one.whisper_to == user])

    def modal(self, user: str) -> Payload | None:
        """The modal in front of *user* as the app would get it, or None."""
        with self.workspace.lock:
            view = top(self.workspace, user)
            return wire(self.workspace, view) if view else None

    def modals(self, user: str) -> list[Payload]:
        """The whole stack, the one in front last."""
        with self.workspace.lock:
            return [wire(self.workspace, view) for view in self.workspace.modals.get(user, [])]

    def home(self, user: str) -> Payload | None:
        """The Home published for *user*, or None."""
        with self.workspace.lock:
            view = self.workspace.homes.get(user)
            return wire(self.workspace, view) if view else None

    def files(self) -> list[Payload]:
        """Every file the app uploaded: id, name, size in bytes, content."""
        with self.workspace.lock:
            return [dict(file) for file in self.workspace.files.values()]

    def channel(self, channel: str) -> Channel:
        """A channel as it is now. Raises KeyError."""
        return self.workspace.channels[channel]

    @property
    def calls(self) -> list[Call]:
        """Every Web API call and response_url answer so far, refused ones with their error."""
        with self.workspace.lock:
            return list(self.workspace.calls)

    @property
    def complaints(self) -> list[str]:
        """Everything the app did that real Slack would refuse, or that is bad manners."""
        with self.workspace.lock:
            return [*self.workspace.complaints, *self.sockets.faults]

    def wait_for(self, predicate: Callable[[], Found], timeout: float = 5.0) -> Found:
        """Wait until *predicate* says something true, and return that; *timeout* in seconds.

        Raises:
            TimeoutError: it did not; the message tells what was said and complained of last.
        """
        until = time.monotonic() + timeout
        while not (found := predicate()):
            if time.monotonic() > until:
                last = [(one.method, one.error) for one in self.calls[-5:]]
                raise TimeoutError(
                    f"not within {timeout} s; last calls {last}; complaints {self.complaints[-5:]}"
                )
            with self.workspace.changed:
                self.workspace.changed.wait(0.02)
        return found
