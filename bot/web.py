"""The one ASGI app: intake, Slack's requests, health and metrics."""

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt import App, BoltRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.desk import health
from bot.desk.desk import Desk
from bot.desk.receive import receive
from bot.intake import native
from bot.intake.native import Malformed, Unsigned
from bot.metrics import Metrics
from scoring.stages import Refused

log = logging.getLogger(__name__)

RETRY_AFTER = {"Retry-After": "5"}

_STAMP = re.compile(r"[0-9]{1,12}")


class TooLarge(Exception):
    """The body is larger than the limit; reading stopped there."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What the app serves. *alive* tells whether the scheduler ticks."""

    desk: Desk
    bolt: App
    secrets: tuple[str, ...]
    metrics: Metrics
    alive: Callable[[], bool]


def build_web(doors: Doors) -> Starlette:
    """The app's routes."""
    return Starlette(
        routes=[
            Route("/slack/events", _slack(doors), methods=["POST"]),
            Route("/intake/events", _intake(doors), methods=["POST"]),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/readyz", _readyz(doors), methods=["GET"]),
            Route("/metrics", _metrics(doors), methods=["GET"]),
        ]
    )


async def _body(request: Request, most: int) -> bytes:
    """The raw body, read no further than *most* bytes.

    Raises:
        TooLarge: it is longer.
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _intake(doors: Doors) -> Callable[[Request], object]:
    async def intake(request: Request) -> Response:
        began = time.perf_counter()
        try:
            body = await _body(request, native.MOST_BYTES)
        except TooLarge:
            return _refused(413, "The request is larger than 1 MiB; send fewer events at once.")
        headers = dict(request.headers)
        answer = await anyio.to_thread.run_sync(_taken, doors, body, headers)
        doors.metrics.intake(answer.status_code, time.perf_counter() - began)
        return answer

    return intake


def _taken(doors: Doors, body: bytes, headers: dict[str, str]) -> Response:
    try:
        native.check_signature(body, headers, doors.secrets)
        arrivals = native.arrivals_of(body, doors.desk.clock.business())
        done = receive(doors.desk, arrivals)
    except Unsigned as unsigned:
        return _refused(401, str(unsigned))
    except Malformed as malformed:
        return JSONResponse({"problems": malformed.problems}, 400)
    except (*health.TROUBLE, Refused) as trouble:
        log.error("intake could not be stored", extra={"why": type(trouble).__name__})
        return JSONResponse({"problem": "Baton cannot store this now. Send it again."}, 503, RETRY_AFTER)
    doors.metrics.received(done)
    if done.unknown:
        log.warning("unknown signals are kept and worth 0", extra={"signals": sorted(done.unknown)[:20]})
    return JSONResponse({"received": done.received, "duplicates": done.duplicates}, 202)


def _refused(status: int, problem: str) -> Response:
    return JSONResponse({"problem": problem}, status)


def _slack(doors: Doors) -> Callable[[Request], object]:
    async def slack(request: Request) -> Response:
        try:
            body = await _body(request, native.MOST_BYTES)
        except TooLarge:
            return _refused(413, "The request is larger than 1 MiB.")
        asked = _from_slack(request, body)
        if asked is None:
            return _refused(401, "This request is not signed by Slack.")
        answer = await anyio.to_thread.run_sync(doors.bolt.dispatch, asked)
        return Response(
            answer.body, answer.status, {name: values[0] for name, values in answer.headers.items()}
        )

    return slack


def _from_slack(request: Request, body: bytes) -> BoltRequest | None:
    """What Bolt is given to check; None for what its check would stumble over, which Slack never sends."""
    headers: dict[str, str | Sequence[str]] = dict(request.headers)
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not _STAMP.fullmatch(stamp) or not signature.isascii():
        return None
    try:
        return BoltRequest(
            body=body.decode("utf-8", errors="replace"), query=request.url.query, headers=headers
        )
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # Bolt reads the body before it looks at the signature.
        return None


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _readyz(doors: Doors) -> Callable[[Request], object]:
    async def readyz(_request: Request) -> Response:
        problems = await anyio.to_thread.run_sync(health.problems, doors.desk)
        if not doors.alive():
            problems = [*problems, "The scheduler has not ticked for 15 seconds."]
        return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)

    return readyz


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
