"""Alive, ready, and what the metrics say: whatever Slack does, and when the database goes."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from bot.app import Baton, build
from bot.clock import MovableClock
from bot.desk.govern import Files
from bot.metrics import Metrics
from bot.playground import Message, Slack
from bot.playground.server import Server
from bot.web import Doors, build_web
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, INTAKE_SECRET, MONDAY_9, TEAM, World, settings_for

NO_SLACK = "http://127.0.0.1:9/api/"


def ready(world: World) -> tuple[int, list[str]]:
    answer = world.http.get("/readyz")
    return answer.status_code, answer.json()["problems"]


def metric(page: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    assert found is not None, f"{name} is not in {page}"
    return float(found[1])


def test_a_baton_that_can_serve_is_alive_and_ready(either_world: World) -> None:
    assert either_world.http.get("/healthz").status_code == 200
    assert ready(either_world) == (200, [])


def test_a_database_without_the_schema_of_this_version_is_not_ready_and_says_what_to_run(
    either_world: World,
) -> None:
    run(either_world, "DELETE FROM alembic_version")
    status, problems = ready(either_world)
    assert status == 503
    assert "baton db upgrade" in problems[0]
    assert either_world.http.get("/healthz").status_code == 200, "restarting would not help"

    run(either_world, "INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    status, problems = ready(either_world)
    assert status == 503
    assert "newer" in problems[0]


def run(world: World, statement: str) -> None:
    with world.baton.desk.database.writing() as session:
        session.connection().execute(text(statement))


def test_a_database_that_is_gone_is_not_ready_and_the_counters_are_still_told(world: World) -> None:
    world.send(world.event("demo_request"))
    url = world.baton.desk.database.url
    world.baton.desk.database.close()
    os.rename(str(url.database), f"{url.database}.gone")

    status, problems = ready(world)
    assert status == 503
    assert "database" in problems[0]
    assert world.http.get("/healthz").status_code == 200
    page = world.http.get("/metrics")
    assert page.status_code == 200
    assert metric(page.text, "baton_handoffs_total") == 1
    os.rename(f"{url.database}.gone", str(url.database))
    assert ready(world) == (200, [])


def test_nothing_agreed_is_not_ready(world: World) -> None:
    run(world, "DELETE FROM team")
    assert ready(world)[0] == 503


def test_a_scheduler_that_is_silent_is_not_ready(world: World) -> None:
    doors = Doors(world.baton.desk, world.baton.bolt, (INTAKE_SECRET,), Metrics(), lambda: False)
    server = Server(build_web(doors), 0)
    server.start()
    answer = httpx.get(f"http://127.0.0.1:{server.port}/readyz")
    server.stop()

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["The scheduler has not ticked for 15 seconds."]


def test_the_metrics_count_what_came_in_what_was_sent_and_what_waits(world: World) -> None:
    event = world.event("demo_request")
    world.send(event, world.event("astrology"))
    world.send(event)
    world.slack.fail("chat.postMessage", "token_revoked", times=None)
    world.pass_time(timedelta(minutes=30))
    page = world.http.get("/metrics").text

    assert metric(page, 'baton_events_total{outcome="stored"}') == 2
    assert metric(page, 'baton_events_total{outcome="duplicate"}') == 1
    assert metric(page, 'baton_events_total{outcome="unknown_signal"}') == 1
    assert metric(page, "baton_handoffs_total") == 1
    assert metric(page, 'baton_sends_total{kind="card",outcome="delivered"}') == 1
    assert metric(page, 'baton_sends_total{kind="note",outcome="later"}') == 1
    assert metric(page, 'baton_outbox{kind="note",state="new"}') == 1
    assert metric(page, 'baton_intake_seconds_count{status="202"}') == 2
    assert metric(page, "baton_outbox_oldest_seconds") >= 0
    assert "baton_deadlines_late{" not in page
    assert metric(page, "baton_deadlines_late_seconds") == 0

    world.clock.advance(timedelta(minutes=20))
    page = world.http.get("/metrics").text
    assert metric(page, 'baton_deadlines_late{kind="first_touch"}') == 1
    assert 19 * 60 <= metric(page, "baton_deadlines_late_seconds") < 19 * 60 + 5, "the audit's, since 9:31"


def test_the_metrics_hold_nothing_about_a_person(world: World) -> None:
    world.send(world.event("demo_request", ADA | {"email": "canary@secret.example", "company": "Canary Ltd"}))
    world.accept("U0BOB")
    world.pass_time(timedelta(hours=1))
    page = world.http.get("/metrics").text

    assert not any(word in page.lower() for word in ("canary", "lovelace", "u0bob", "@"))


@dataclass
class Alone:
    """A Baton whose Slack answers nothing; people still press, because Slack's own requests come in."""

    baton: Baton
    shift: Shift
    http: httpx.Client
    slack: Slack


@pytest.fixture
def alone(sqlite_url: str, slack: Slack) -> Iterator[Alone]:
    clock = MovableClock(MONDAY_9, running=False)
    baton = build(settings_for(sqlite_url, NO_SLACK), Files(DEFINITION, TEAM), clock=clock, gaps={})
    server = Server(baton.web, 0)
    server.start()
    slack.events_url = f"http://127.0.0.1:{server.port}/slack/events"
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as http:
        yield Alone(baton, Shift(baton.desk, clock), http, slack)
    server.stop()
    baton.stop()


def test_a_slack_that_is_down_stops_neither_the_start_nor_readiness(alone: Alone) -> None:
    alone.baton.start()
    alone.shift.demo()
    alone.baton.courier.wake()
    until = time.monotonic() + 5
    while alone.shift.letters("card")[0].error is None:
        assert time.monotonic() < until
        time.sleep(0.02)

    assert alone.http.get("/readyz").status_code == 200
    assert any(
        "Slack has not answered since" in each for each in alone.http.get("/readyz").json()["warnings"]
    )


def test_a_press_is_saved_while_slack_answers_none_of_our_calls(alone: Alone) -> None:
    alone.shift.demo()
    alone.slack.workspace.add(posted_before())
    assert alone.slack.press("U0BOB", "accept").error is None

    assert alone.shift.handoff(1).owner == "U0BOB"


def posted_before() -> Message:
    """The card, as Slack has it from better days."""
    button = {
        "type": "button",
        "action_id": "accept",
        "value": "1",
        "text": {"type": "plain_text", "text": "Accept"},
    }
    return Message(
        "C0EMEA", "", "U0APPBOT", "card", [{"type": "actions", "block_id": "b", "elements": [button]}]
    )


def test_bolt_never_asks_slack_who_we_are(world: World) -> None:
    world.send(world.event("demo_request"))
    world.accept("U0BOB")
    world.press("U0BOB", "touch")
    world.submit("U0BOB", kind="call", outcome="reached")
    world.ask("U0BOB", "queue")
    world.slack.open_home("U0BOB")
    world.slack.wait_for(lambda: world.slack.home("U0BOB"))

    assert [call.method for call in world.slack.calls if call.method == "auth.test"] == []
