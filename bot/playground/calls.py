"""One Web API call from the raw request to the answer: arguments, token, trouble, method, record."""

import asyncio
import json
import time
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.requests import Request as Incoming
from starlette.responses import JSONResponse, Response

from bot.playground.api import METHODS, Method
from bot.playground.api.table import Request
from bot.playground.faults import KINDS, Fault, Faults
from bot.playground.people import Payload
from bot.playground.settings import Call, Refusal
from bot.playground.sockets import Sockets
from bot.playground.workspace import Workspace

JSON_ARGUMENTS = {"blocks", "view", "metadata", "attachments", "files", "message"}

ANYWHERE = {"team_id"}
"""Bolt puts the workspace into every call, and Slack takes it."""


LOST = ("drop", "500_before", "500_after")
"""Trouble after which the app does not see the answer."""


class HungUp(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Calls:
    """The Web API's front door."""

    workspace: Workspace
    sockets: Sockets
    faults: Faults

    async def answer(self, incoming: Incoming) -> Response:
        """Answer one call. Raises HungUp where the answer is to be lost."""
        name = incoming.path_params["method"]
        struck: list[Fault] = []
        arguments: Payload = {}
        refusal: Refusal | None = None
        began = time.monotonic()
        try:
            arguments, token = await arguments_of(incoming)
            with self.workspace.lock:
                struck = self.faults.take(name, place_of(arguments))
            await asyncio.sleep(sum(fault.seconds for fault in struck if fault.kind == "latency"))
            body = self._answered(name, arguments, token, struck)
        except Refusal as caught:
            refusal, body = caught, refused(caught)
        self._record(name, arguments, refusal)
        kinds = {fault.kind for fault in struck}
        lost = next((word for word in LOST if word in kinds), None)
        wrong = lost or (refusal.error if refusal else None)
        self.workspace.traffic.note("call", name, arguments, body, wrong, time.monotonic() - began)
        if "drop" in kinds:
            raise HungUp
        if kinds & {"500_before", "500_after"}:
            return Response("Internal Server Error", 500)
        headers = self._headers(name)
        if refusal is None:
            return JSONResponse(body, headers=headers)
        if refusal.retry_after:
            headers["Retry-After"] = str(refusal.retry_after)
        return JSONResponse(body, refusal.status, headers)

    def _headers(self, name: str) -> dict[str, str]:
        """The workspace's time, and what the bot token was granted."""
        settings = self.workspace.settings
        headers = {"Date": formatdate(settings.clock(), usegmt=True)}
        method = METHODS.get(name)
        if method is not None and method.token == "bot":
            headers["x-oauth-scopes"] = ",".join(settings.scopes)
        return headers

    def _answered(self, name: str, arguments: Payload, token: str | None, struck: list[Fault]) -> Payload:
        method = METHODS.get(name)
        if method is None:
            raise Refusal("unknown_method")
        self._admit(method, token)
        channel = place_of(arguments)
        with self.workspace.lock:
            if (early := self.faults.too_early(name, channel)) > 0:
                self.workspace.complain(
                    f"{name} {channel}: called {early:.1f} s before Retry-After had passed"
                )
            self._strike(name, channel, struck)
            self._complete(name, method, arguments)
            if name == "chat.postMessage":
                self.faults.paced(channel)
            lag = max((fault.seconds for fault in struck if fault.kind == "history_lag"), default=0.0)
            request = Request(arguments, self.workspace, self.sockets, lag)
            if method.scope:
                request.need(method.scope)
            return {"ok": True, **method.answer(request)}

    def _admit(self, method: Method, token: str | None) -> None:
        """Raises Refusal: not_authed, invalid_auth, not_allowed_token_type."""
        settings = self.workspace.settings
        known = {settings.bot_token: "bot", settings.app_token: "app"}
        if not token:
            raise Refusal("not_authed")
        if token not in known:
            raise Refusal("invalid_auth")
        if known[token] != method.token:
            raise Refusal("not_allowed_token_type")

    def _strike(self, name: str, channel: str, struck: list[Fault]) -> None:
        for fault in struck:
            if fault.kind == "ratelimited":
                raise on_order(self.faults.told_to_wait(name, channel, fault.seconds))
            if fault.kind == "500_before" or fault.kind not in KINDS:
                raise on_order(Refusal(fault.kind))

    def _complete(self, name: str, method: Method, arguments: Payload) -> None:
        missing = sorted(key for key in method.required if arguments.get(key) in (None, ""))
        if missing:
            sentences = [f"[ERROR] missing required field: {key} [json-pointer:/{key}]" for key in missing]
            raise Refusal("invalid_arguments", sentences)
        if unknown := sorted(set(arguments) - method.required - method.optional - ANYWHERE):
            self.workspace.complain(f"{name}: unknown arguments {unknown}")

    def _record(self, name: str, arguments: Payload, refusal: Refusal | None) -> None:
        with self.workspace.lock:
            error = refusal.error if refusal else None
            self.workspace.record(Call(name, arguments, error, self.workspace.settings.clock()))
            if refusal and not refusal.expected:
                self.workspace.complain(f"{name}: {' '.join([refusal.error, *refusal.messages])}")


def place_of(arguments: Payload) -> str:
    """The channel a call is about, "" for none."""
    return str(arguments.get("channel") or arguments.get("channel_id") or "")


def on_order(refusal: Refusal) -> Refusal:
    """Mark a refusal the test asked for: it is no fault of the app."""
    refusal.expected = True
    return refusal


def refused(refusal: Refusal) -> Payload:
    """The body Slack sends with a refusal."""
    body: Payload = {"ok": False, "error": refusal.error, **refusal.more}
    if refusal.messages:
        plain = [message.removeprefix("[ERROR] ") for message in refusal.messages]
        body |= {
            "errors": refusal.details or plain,
            "response_metadata": {"messages": [f"[ERROR] {one}" for one in plain]},
        }
    return body


async def arguments_of(incoming: Incoming) -> tuple[Payload, str | None]:
    """Arguments of a JSON, form or query call, and its token.

    Raises:
        Refusal: invalid_json, invalid_arguments, invalid_blocks_format.
    """
    arguments: Payload = dict(incoming.query_params)
    kind = incoming.headers.get("content-type", "").split(";")[0]
    if kind == "application/json":
        try:
            arguments |= json.loads(await incoming.body() or b"{}")
        except (ValueError, TypeError) as wrong:
            raise Refusal("invalid_json") from wrong
    elif incoming.method == "POST":
        # Starlette's forms need python-multipart; slack_sdk sends urlencoded ones.
        arguments |= dict(parse_qsl((await incoming.body()).decode(), keep_blank_values=True))
    token = arguments.pop("token", None)
    scheme, _, bearer = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        token = bearer.strip()
    for key in JSON_ARGUMENTS & set(arguments):
        if isinstance(arguments[key], str) and arguments[key]:
            try:
                arguments[key] = json.loads(arguments[key])
            except ValueError as wrong:
                raise Refusal("invalid_blocks_format" if key == "blocks" else "invalid_arguments") from wrong
    return arguments, token if isinstance(token, str) else None
