"""A click to its acknowledgement, one replica, against an empty Bolt listener behind the same server.

Target: at most 3 times the yardstick at the median. Each click is an Accept of another lead, signed as Slack
signs it; they come 50 a second, to both. Run: python -m benchmarks.click
"""

import json
import multiprocessing
import time
from datetime import UTC, datetime
from statistics import median, quantiles
from urllib.parse import quote

import anyio.to_thread
import uvicorn
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.ground import (
    SIGNING_SECRET,
    baton_serving,
    connected,
    databases,
    free_port,
    small_slack,
    table,
    wait_for_port,
)

CLICKS = 300
APART = 0.02
"""Seconds between two clicks. Source: PERFORMANCE, "at 50 clicks/s"."""


def _serve_empty(port: int) -> None:
    bolt = App(
        signing_secret=SIGNING_SECRET,
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id="T0BATON", bot_token="xoxb-bench"),
        process_before_response=True,
    )

    @bolt.action("accept")
    def on_accept(ack: Ack) -> None:
        ack()

    async def slack(request: Request) -> Response:
        body = (await request.body()).decode()
        answer = await anyio.to_thread.run_sync(
            bolt.dispatch, BoltRequest(body=body, headers=dict(request.headers))
        )
        return Response(answer.body, answer.status)

    app = Starlette(routes=[Route("/slack/events", slack, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")


def click(handoff: int) -> bytes:
    """A press on Accept, as Slack sends it."""
    user = {"id": "U0ANN", "username": "ann", "team_id": "T0BATON"}
    payload = {
        "type": "block_actions",
        "user": user,
        "team": {"id": "T0BATON", "domain": "baton"},
        "api_app_id": "A0",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "C0EMEA"},
        "channel": {"id": "C0EMEA", "name": "emea"},
        "trigger_id": "1.2.3",
        "response_url": "http://127.0.0.1:9/",
        "actions": [
            {
                "action_id": "accept",
                "block_id": "b",
                "type": "button",
                "value": str(handoff),
                "action_ts": "1.1",
            }
        ],
    }
    return f"payload={quote(json.dumps(payload))}".encode()


def times(base: str, handoffs: list[int]) -> list[float]:
    """Milliseconds from a click to its 200, at their pace on one connection."""
    connection = connected(base)
    verifier = SignatureVerifier(SIGNING_SECRET)
    taken = []
    start = time.perf_counter()
    for place, handoff in enumerate(handoffs):
        body, at = click(handoff), str(int(time.time()))
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": at,
            "x-slack-signature": verifier.generate_signature(timestamp=at, body=body) or "",
        }
        time.sleep(max(0.0, start + place * APART - time.perf_counter()))
        began = time.perf_counter()
        connection.request("POST", "/slack/events", body, headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(1000 * (time.perf_counter() - began))
        if answer.status != 200:
            raise RuntimeError(f"a click was answered {answer.status}")
    connection.close()
    return taken


def demo_requests(count: int) -> str:
    """*count* leads that become hand-offs."""
    now = datetime.now(UTC).isoformat()
    events = [
        {
            "id": f"click-{n}",
            "occurred_at": now,
            "signal": "demo_request",
            "lead": {
                "email": f"c{n}@clicks{n}.example",
                "country": "GB",
                "employees": 120,
                "industry": "software",
            },
        }
        for n in range(count)
    ]
    return json.dumps({"events": events})


def report() -> str:
    """The table."""
    rows = []
    port = free_port()
    empty = multiprocessing.get_context("spawn").Process(target=_serve_empty, args=(port,), daemon=True)
    empty.start()
    wait_for_port(port)
    with databases() as urls, small_slack() as slack:
        for name, url in urls.items():
            with baton_serving(url, slack.url) as served:
                body = demo_requests(CLICKS + 20)
                connection = connected(served.base)
                connection.request("POST", "/intake/events", body, served.headers(body))
                connection.getresponse().read()
                times(served.base, list(range(CLICKS + 1, CLICKS + 21)))  # warm
                ours = times(served.base, list(range(1, CLICKS + 1)))
            yardstick = times(f"http://127.0.0.1:{port}", list(range(CLICKS)))
            ratio = median(ours) / median(yardstick)
            p99 = quantiles(ours, n=100)[98]
            rows.append(
                (
                    name,
                    f"{median(ours):.1f} ms",
                    f"{p99:.1f} ms",
                    f"{median(yardstick):.1f} ms",
                    f"{ratio:.1f}",
                )
            )
    empty.terminate()
    empty.join(10)
    head = ("database", "click to ack, median", "p99", "an empty listener", "ratio (target ≤ 3)")
    return "## Clicks\n\n" + table(head, rows)


if __name__ == "__main__":
    print(report())
