"""The table of methods: what each takes, and the function that answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bot.playground.people import Payload
from bot.playground.settings import Refusal, Settings
from bot.playground.sockets import Sockets
from bot.playground.workspace import Workspace


@dataclass(frozen=True)
class Request:
    """One call: the arguments as JSON values, and what it may touch; `lag` (seconds) hides young messages."""

    arguments: Payload
    workspace: Workspace
    sockets: Sockets
    lag: float = 0.0

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    def need(self, scope: str) -> None:
        """Raises Refusal missing_scope, with what was needed and what was granted."""
        if scope not in self.settings.scopes:
            refusal = Refusal("missing_scope")
            refusal.more = {"needed": scope, "provided": ",".join(self.settings.scopes)}
            raise refusal

    def text(self, name: str) -> str:
        """An argument as a string; empty where it is missing."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def yes(self, name: str) -> bool:
        """An argument as a boolean, however it was encoded."""
        return self.arguments.get(name) in (True, 1, "true", "1", "True")

    def number(self, name: str, default: int) -> int:
        """An argument as a whole number."""
        value: Any = self.arguments.get(name)
        return int(value) if str(value or "").isdigit() else default


Answering = Callable[[Request], Payload]


@dataclass(frozen=True)
class Method:
    """One Web API method; `token` is the kind it wants: bot or app. `scope` "" is none, or one that depends on the
    conversation."""

    answer: Answering
    required: frozenset[str]
    optional: frozenset[str]
    token: str = "bot"
    scope: str = ""


METHODS: dict[str, Method] = {}


def method(
    name: str,
    required: Iterable[str] = (),
    optional: Iterable[str] = (),
    token: str = "bot",
    scope: str = "",
) -> Callable[[Answering], Answering]:
    """Enter a function in the table under Slack's *name*."""

    def enter(answer: Answering) -> Answering:
        METHODS[name] = Method(answer, frozenset(required), frozenset(optional), token, scope)
        return answer

    return enter
