"""Every URL of the playground: the Web API, response_urls, uploads, sockets, the page."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.playground.answers import use_link
from bot.playground.api.files import receive
from bot.playground.calls import Calls, HungUp
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
        struck = self.calls.faults.take("response_url", "")
        kinds = {fault.kind for fault in struck}
        await asyncio.sleep(sum(fault.seconds for fault in struck if fault.kind == "latency"))
        if "500_before" in kinds:
            return PlainTextResponse("Internal Server Error", 500)
        body = (await request.body()).decode()
        try:
            said = (
                json.loads(body)
                if body.lstrip().startswith("{")
                else json.loads(dict(parse_qsl(body))["payload"])
            )
            use_link(self.calls.workspace, request.path_params["link"], said)
        except (ValueError, KeyError):
            return PlainTextResponse("invalid_payload", 400)
        except LinkSpent as spent:
            return PlainTextResponse(spent.error, 404)
        except Refusal as refusal:
            return PlainTextResponse(refusal.error, 400)
        if "drop" in kinds:
            return await hang_up(request)
        return (
            PlainTextResponse("Internal Server Error", 500)
            if "500_after" in kinds
            else JSONResponse({"ok": True})
        )

    async def upload(self, request: Request) -> Response:
        content = await request.body()
        error = receive(self.calls.workspace, request.path_params["file"], content)
        return PlainTextResponse(error, 404) if error else PlainTextResponse(f"OK - {len(content)}")

    async def socket(self, websocket: WebSocket) -> None:
        await self.calls.sockets.serve(websocket)


async def hang_up(request: Request) -> Response:
    """Cut the connection; what is returned then reaches nobody."""
    request.state.transport.abort()
    await asyncio.sleep(0.01)  # lets the server see that the peer is gone
    return Response()
