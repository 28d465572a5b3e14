"""Every URL of the playground: the Web API, response_urls, uploads, sockets, the page."""

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.playground.answers import use_link
from bot.playground.api.files import receive
from bot.playground.calls import LOST, Calls, HungUp
from bot.playground.faults import OF_LINKS
from bot.playground.settings import Refusal
from bot.playground.tickets import LinkSpent


@dataclass
class Web:
    """The routes apps talk to."""

    calls: Calls

    def app(self, more: list[BaseRoute]) -> Starlette:
        """The ASGI application; *more* are the page's routes."""
        routes = [
            Route("/api/{method}", self.api, methods=["GET", "POST"]),
            Route("/response/{link}", self.respond, methods=["POST"]),
            Route("/upload/{file}", self.upload, methods=["POST"]),
            WebSocketRoute("/socket/", self.socket),
            *more,
        ]
        return Starlette(routes=routes)

    async def api(self, request: Request) -> Response:
        try:
            return await self.calls.answer(request)
        except HungUp:
            return await hang_up(request)

    async def respond(self, request: Request) -> Response:
        """A response_url: 200 `{"ok": true}`, 404 when it is spent, 400 when the message is refused."""
        began = time.monotonic()
        struck = self.calls.faults.take("response_url", "", OF_LINKS)
        kinds = {fault.kind for fault in struck}
        await asyncio.sleep(sum(fault.seconds for fault in struck if fault.kind == "latency"))
        said, error, status = said_in(await request.body()), None, 200
        if "500_before" not in kinds:
            error, status = self._used(request.path_params["link"], said)
        lost = next((kind for kind in LOST if kind in kinds), None)
        answered = {"ok": error is None} if status == 200 else error
        took = time.monotonic() - began
        sent = said if isinstance(said, dict) else {}
        self.calls.workspace.traffic.note("call", "response_url", sent, answered, lost or error, took)
        if "drop" in kinds:
            return await hang_up(request)
        if lost is not None:
            return PlainTextResponse("Internal Server Error", 500)
        return JSONResponse(answered) if status == 200 else PlainTextResponse(error or "", status)

    def _used(self, link: str, said: object) -> tuple[str | None, int]:
        """What came of it: Slack's word for no, or None, and the HTTP status."""
        if said is None:
            return "invalid_payload", 400
        try:
            use_link(self.calls.workspace, link, said)
        except LinkSpent as spent:
            return spent.error, 404
        except Refusal as refusal:
            return refusal.error, 400
        return None, 200

    async def upload(self, request: Request) -> Response:
        content = await request.body()
        error = receive(self.calls.workspace, request.path_params["file"], content)
        return PlainTextResponse(error, 404) if error else PlainTextResponse(f"OK - {len(content)}")

    async def socket(self, websocket: WebSocket) -> None:
        await self.calls.sockets.serve(websocket)


def said_in(body: bytes) -> object:
    """The message in the body of a POST to a response_url, JSON or a form's payload; None where there is none."""
    try:
        text = body.decode()
        return json.loads(text if text.lstrip().startswith("{") else dict(parse_qsl(text))["payload"])
    except (ValueError, KeyError):
        return None


async def hang_up(request: Request) -> Response:
    """Cut the connection; what is returned then reaches nobody."""
    request.state.transport.abort()
    await asyncio.sleep(0.01)  # lets the server see that the peer is gone
    return Response()
