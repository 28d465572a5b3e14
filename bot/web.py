"""The one ASGI app: intake, Slack's requests, health and metrics."""

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt import App, BoltRequest, BoltResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk import health
from bot.desk.desk import Desk
from bot.desk.reception import Reception
from bot.intake import native
from bot.intake.native import Malformed, Unsigned
from bot.metrics import Metrics
from scoring.stages import Refused

log = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "5"}

BODY_SECONDS = 30.0
"""How long a body may take to arrive: who sends slower holds a connection for nothing."""

_STAMP = re.compile(r"[0-9]{1,12}")
_ODD = (ValueError, TypeError, AttributeError, KeyError, IndexError)
_FROM_SLACK = ("content-type", "x-slack-request-timestamp", "x-slack-signature")
"""The headers Bolt is given; it would obey others, which no signature covers."""
_MOST_FIELDS = 100
"""Slack's forms have a dozen fields; a million would take a second to read before the signature is looked at."""


class TooLarge(Exception):
    """The body is larger than the limit; reading stopped there."""


class TooSlow(Exception):
    """The body did not arrive in time, or not at all."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the app serves. *alive* tells whether the scheduler ticks, *leaving* whether we were told to stop."""

    desk: Desk
    bolt: App
    secrets: tuple[str, ...]
    metrics: Metrics
    alive: Callable[[], bool]
    leaving: Callable[[], bool] = lambda: False


def build_web(doors: Doors) -> Starlette:
    """The app's routes."""
    return Starlette(
        routes=[
            Route("/slack/events", _slack(doors), methods=["POST"]),
            Route("/intake/events", _intake(doors), methods=["POST"]),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/readyz", _readyz(doors), methods=["GET"]),
            Route("/metrics", _metrics(doors), methods=["GET"]),
        ],
        middleware=[Middleware(_Farewell, leaving=doors.leaving)],
    )


class _Farewell:
    """While we are leaving, each answer ends its connection: the next request goes to who stays."""

    def __init__(self, app: ASGIApp, leaving: Callable[[], bool]) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, last if self._leaving() else send)


async def _body(request: Request, most: int) -> bytes:
    """The raw body, read no further than *most* bytes.

    Raises:
        TooLarge: it is longer, or says that it will be.
        TooSlow: it took longer than 30 seconds, or the sender went away.
    """
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told[:20]) > most:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise TooLarge
                chunks.append(chunk)
    except (TimeoutError, ClientDisconnect) as gone:
        raise TooSlow from gone
    return b"".join(chunks)


def _intake(doors: Doors) -> Callable[[Request], object]:
    reception = Reception(doors.desk)

    async def intake(request: Request) -> Response:
        began = time.perf_counter()
        try:
            body = await _body(request, native.MOST_BYTES)
        except TooLarge:
            return _refused(413, "The request is larger than 1 MiB; send fewer events at once.")
        except TooSlow:
            return _refused(408, "The body did not arrive within 30 seconds; send it again.")
        headers = dict(request.headers)
        answer = await anyio.to_thread.run_sync(_taken, doors, reception, body, headers)
        doors.metrics.intake(answer.status_code, time.perf_counter() - began)
        return answer

    return intake


def _taken(doors: Doors, reception: Reception, body: bytes, headers: dict[str, str]) -> Response:
    try:
        native.check_signature(body, headers, doors.secrets)
        arrivals = native.arrivals_of(body, doors.desk.clock.business())
        taken = reception.receive(arrivals)
    except Unsigned as unsigned:
        return _refused(401, str(unsigned))
    except Malformed as malformed:
        return JSONResponse(malformed.problems, 400)
    except (*health.TROUBLE, Refused) as trouble:
        log.error(
            "intake could not be stored", extra={"why": type(trouble).__name__, "said": health.why(trouble)}
        )
        return JSONResponse({"problem": "Baton cannot store this now. Send it again."}, 503, RETRY_AFTER)
    if taken.all is not None:
        doors.metrics.received(taken.all)
        if taken.all.unknown:
            signals = sorted(taken.all.unknown)[:20]
            log.warning("unknown signals are kept and worth 0", extra={"signals": signals})
    return JSONResponse({"received": taken.received, "duplicates": taken.duplicates}, 202)


def _refused(status: int, problem: str) -> Response:
    return JSONResponse({"problem": problem}, status)


def _slack(doors: Doors) -> Callable[[Request], object]:
    async def slack(request: Request) -> Response:
        try:
            body = await _body(request, native.MOST_BYTES)
        except TooLarge:
            return _refused(413, "The request is larger than 1 MiB.")
        except TooSlow:
            return _refused(408, "The body did not arrive within 30 seconds.")
        answer = await anyio.to_thread.run_sync(_dispatched, doors.bolt, request, body)
        if answer is None:
            return _refused(401, "This request is not signed by Slack.")
        return Response(
            answer.body, answer.status, {name: values[0] for name, values in answer.headers.items()}
        )

    return slack


def _dispatched(bolt: App, request: Request, body: bytes) -> BoltResponse | None:
    asked = _from_slack(request, body)
    if asked is None:
        return None
    try:
        return bolt.dispatch(asked)
    except _ODD:  # Bolt itself stumbles over a payload that has not the shape of Slack's
        log.warning("a request of Slack's could not be read")
        return BoltResponse(status=400, body="")


def _from_slack(request: Request, body: bytes) -> BoltRequest | None:
    """What Bolt is given to check; None for what its check would stumble over, which Slack never sends."""
    headers: dict[str, str | Sequence[str]] = {
        name: request.headers[name] for name in _FROM_SLACK if name in request.headers
    }
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not _STAMP.fullmatch(stamp) or not signature.isascii() or body.count(b"&") > _MOST_FIELDS:
        return None
    try:
        # Strictly: what is not UTF-8 would be checked as other bytes than those that were sent.
        return BoltRequest(body=body.decode("utf-8"), query=request.url.query, headers=headers)
    except (*_ODD, RecursionError):
        # Bolt reads the body before it looks at the signature.
        return None


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _readyz(doors: Doors) -> Callable[[Request], object]:
    async def readyz(_request: Request) -> Response:
        if doors.leaving():
            return _readiness(["Baton was told to stop."])
        problems = await anyio.to_thread.run_sync(health.problems, doors.desk)
        if not doors.alive():
            problems = [*problems, "The scheduler has not ticked for 15 seconds."]
        return _readiness(problems, await anyio.to_thread.run_sync(_warnings, doors.desk))

    return readyz


def _warnings(desk: Desk) -> list[str]:
    try:
        return health.warnings(desk)
    except health.TROUBLE as trouble:  # a problem says so already
        log.error("the warnings could not be read", extra={"why": health.why(trouble)})
        return []


def _readiness(problems: list[str], warnings: list[str] | None = None) -> Response:
    told = {"ready": not problems, "problems": problems, "warnings": warnings or []}
    return JSONResponse(told, 503 if problems else 200)


def _metrics(doors: Doors) -> Callable[[Request], object]:
    async def metrics(_request: Request) -> Response:
        try:
            state = await anyio.to_thread.run_sync(health.backlog, doors.desk)
        except health.TROUBLE as trouble:  # the counters are wanted most when the database is away
            log.error("the backlog could not be read", extra={"why": type(trouble).__name__})
        else:
            doors.metrics.backlog(state, doors.desk.clock.real())
        return Response(generate_latest(doors.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return metrics
