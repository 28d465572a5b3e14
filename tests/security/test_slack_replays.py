"""A request of Slack's that is sent again, by a balancer or by somebody who listened: it changes nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from bot.desk.replays import KEPT
from storage import contracts, requests
from tests.security.requests_of_slack import Sent, event, facts, form, press, sealed
from tests.world import TEAM, World

Move = Callable[[World], Sent]

REASON: dict[str, str | None] = {"reason": "no_budget", "note": "n", "date": None}
TOUCH: dict[str, str | None] = {"kind": "call", "outcome": "reached", "note": "n"}
BANT: dict[str, str | None] = {
    "budget": "yes", "authority": "yes", "need": "yes", "timeline": "yes", "ae": None, "note": None,
}  # fmt: skip


def done(world: World, *moves: Sent) -> None:
    """Decisions that go through."""
    for move in moves:
        before = facts(world)
        assert move.to(world).status_code == 200
        assert facts(world) != before


def accept(world: World) -> Sent:
    return press(world, "U0ANN", "accept")


def undo(world: World) -> Sent:
    return press(world, "U0ANN", "undo")


def reject_form(world: World) -> Sent:
    return form(world, "U0ANN", "reject_form", REASON)


def touch_form(world: World) -> Sent:
    return form(world, "U0ANN", "touch_form", TOUCH)


def touch_booked(world: World) -> Sent:
    return press(world, "U0ANN", "touch_booked")


def qualify_form(world: World) -> Sent:
    return form(world, "U0ANN", "qualify_form", BANT)


DECISIONS: dict[str, tuple[tuple[Move, ...], Move, tuple[Move, ...]]] = {
    "accept": ((), accept, (undo,)),
    "reject": ((), reject_form, (undo,)),
    "recycle": ((accept,), reject_form, (undo,)),
    "touch": ((accept,), touch_form, ()),
    "booked": ((accept,), touch_booked, ()),
    "qualify": ((accept, touch_form), qualify_form, (undo,)),
    "undo": ((accept,), undo, (accept,)),
}
"""Each decision: what comes before it, the request, and what makes the same request possible once more."""


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_that_is_sent_again_is_answered_and_changes_nothing(
    either_world: World, name: str
) -> None:
    before, move, after = DECISIONS[name]
    either_world.send(either_world.event("demo_request"))
    done(either_world, *(each(either_world) for each in before))
    request = move(either_world)
    done(either_world, request)
    done(either_world, *(each(either_world) for each in after))
    stood = facts(either_world)

    for _ in range(3):
        answer = request.to(either_world)
        assert (answer.status_code, answer.text) == (200, "")

    assert facts(either_world) == stood


def test_go_live_that_is_sent_again_after_a_new_shadow_start_does_not_go_live(
    worlds: Callable[..., World], database_url: str
) -> None:
    world = worlds(database_url, team="live: false\n" + TEAM)
    request = press(world, "U0ADA", "go_live", "team")
    done(world, request)
    with world.baton.desk.database.writing() as session:
        team = contracts.current_team(session)
        assert team is not None
        contracts.add_team(session, team.text, live=False, at=world.now)
    stood = facts(world)

    assert request.to(world).status_code == 200

    assert facts(world) == stood


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_that_is_sent_again_to_another_replica_changes_nothing(
    worlds: Callable[..., World], postgres_url: str, name: str
) -> None:
    one, other = worlds(postgres_url), worlds(postgres_url)
    before, move, after = DECISIONS[name]
    one.send(one.event("demo_request"))
    done(one, *(each(one) for each in before))
    request = move(one)
    done(one, request)
    done(one, *(each(one) for each in after))
    stood = facts(one)

    assert request.to(other).status_code == 200

    assert facts(other) == stood


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run them as close together as threads can."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        start.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def touches(world: World) -> int:
    """How many touches are logged."""
    return len(facts(world)["touch"])


def test_of_the_same_request_at_the_same_instant_on_two_replicas_one_decides(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    one, other = worlds(postgres_url), worlds(postgres_url)
    one.send(one.event("demo_request"))
    done(one, accept(one))

    for number in range(1, 21):
        request = touch_form(one)
        answers = at_once(*[partial(request.to, world) for world in (one, other, one, other)])
        assert [answer.status_code for answer in answers] == [200] * 4
        assert touches(one) == number


def test_of_the_same_request_at_the_same_instant_on_one_replica_one_decides(world: World) -> None:
    world.send(world.event("demo_request"))
    done(world, accept(world))

    for number in range(1, 6):
        request = touch_form(world)
        answers = at_once(*[partial(request.to, world)] * 4)
        assert [answer.status_code for answer in answers] == [200] * 4
        assert touches(world) == number


@contextmanager
def log_refused(world: World) -> Iterator[None]:
    """A database in which no decision can be logged, though everything before that goes through."""
    engine = world.baton.desk.database.engine
    if world.baton.desk.database.sqlite:
        made = [
            "CREATE TRIGGER refused BEFORE INSERT ON transition BEGIN SELECT RAISE(ABORT, 'refused'); END"
        ]
        undone = "DROP TRIGGER refused"
    else:
        made = [
            "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'refused'; END $$",
            "CREATE TRIGGER refused BEFORE INSERT ON transition FOR EACH ROW EXECUTE FUNCTION refused()",
        ]
        undone = "DROP FUNCTION refused() CASCADE"
    with engine.begin() as connection:
        for statement in made:
            connection.execute(text(statement))
    yield
    with engine.begin() as connection:
        connection.execute(text(undone))


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_that_could_not_be_saved_counts_when_it_is_sent_again(
    either_world: World, name: str
) -> None:
    before, move, _ = DECISIONS[name]
    either_world.send(either_world.event("demo_request"))
    done(either_world, *(each(either_world) for each in before))
    request = move(either_world)
    stood = facts(either_world)
    with log_refused(either_world):
        assert request.to(either_world).status_code >= 500
        assert facts(either_world) == stood

    done(either_world, request)


def test_who_loses_a_race_between_two_replicas_is_told_who_was_first(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    """Both have read the hand-off before either writes; the slower one decides again, on the same request."""
    one, other = worlds(postgres_url), worlds(postgres_url)
    one.send(one.event("demo_request"))
    ann, bob = press(one, "U0ANN", "accept"), press(one, "U0BOB", "accept")
    with one.baton.desk.database.engine.connect() as holder:
        holder.execute(text("SELECT 1 FROM handoff FOR UPDATE"))
        with ThreadPoolExecutor(2) as threads:
            waiting = [threads.submit(ann.to, one), threads.submit(bob.to, other)]
            until_waiting(holder, 2)
            holder.rollback()
            assert [each.result().status_code for each in waiting] == [200, 200]

    owner = facts(one)["handoff"][0]
    loser = "U0BOB" if "U0ANN" in owner else "U0ANN"
    winner = "U0ANN" if loser == "U0BOB" else "U0BOB"
    assert one.whispered(loser) == [f"<@{winner}> accepted this lead first."]
    assert one.slack.whispers(winner) == []


def test_a_touch_that_loses_a_race_is_logged_by_its_second_try(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    one, other = worlds(postgres_url), worlds(postgres_url)
    one.send(one.event("demo_request"))
    done(one, accept(one))
    moves = (touch_booked(one), touch_form(one))
    with one.baton.desk.database.engine.connect() as holder:
        holder.execute(text("SELECT 1 FROM handoff FOR UPDATE"))
        with ThreadPoolExecutor(2) as threads:
            waiting = [
                threads.submit(move.to, world) for move, world in zip(moves, (one, other), strict=True)
            ]
            until_waiting(holder, 2)
            holder.rollback()
            assert [each.result().status_code for each in waiting] == [200, 200]

    assert touches(one) == 2


def until_waiting(holder: Any, count: int) -> None:
    """Until that many sessions of this database wait for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + 4
    while holder.execute(query).scalar_one() < count:
        holder.execute(text("SELECT pg_stat_clear_snapshot()"))
        assert time.monotonic() < until, "the presses never met"
        time.sleep(0.02)


def test_a_press_that_was_refused_decides_nothing_when_it_is_sent_again(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    done(either_world, accept(either_world))
    late = press(either_world, "U0BOB", "accept")
    assert late.to(either_world).status_code == 200
    assert either_world.whispered("U0BOB") == ["<@U0ANN> accepted this lead first."]
    done(either_world, undo(either_world))
    stood = facts(either_world)

    assert late.to(either_world).status_code == 200

    assert facts(either_world) == stood


def test_a_form_that_was_refused_decides_nothing_when_it_is_sent_again(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    early = touch_form(either_world)
    assert "Accept this lead first" in early.to(either_world).text
    done(either_world, accept(either_world))
    stood = facts(either_world)

    assert early.to(either_world).status_code == 200

    assert facts(either_world) == stood


def test_a_question_that_is_sent_again_changes_nothing(world: World) -> None:
    world.send(world.event("demo_request"))
    asked = {"command": "/mql", "text": "queue", "user_id": "U0ANN", "team_id": world.slack.team_id}
    questions = [
        press(world, "U0ANN", "why"),
        press(world, "U0ANN", "reject"),
        sealed(urlencode({**asked, "response_url": world.slack.url}).encode()),
        event(world, "app_home_opened", user="U0ANN", tab="home"),
    ]
    stood = facts(world)
    for question in questions:
        for _ in range(2):
            assert question.to(world).status_code == 200

    assert facts(world) == stood


def user_change(world: World, event_id: str, *, deleted: bool) -> Sent:
    """Slack says of Ann that she is there, or has left."""
    user = {"id": "U0ANN", "team_id": world.slack.team_id, "deleted": deleted}
    return event(world, "user_change", event_id, user=user)


def test_an_event_that_is_repeated_does_not_bring_back_who_has_left_since(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    here, left = (user_change(either_world, f"Ev{gone}", deleted=gone) for gone in (False, True))
    assert here.to(either_world).status_code == 200
    assert left.to(either_world).status_code == 200

    time.sleep(1.1)  # Slack's repetition of an event carries a time and a signature of its own
    for again in (here, user_change(either_world, "EvFalse", deleted=False)):
        assert again.to(either_world).status_code == 200

    accept(either_world).to(either_world)
    assert either_world.whispered("U0ANN") == ["This account cannot work on leads, so nothing was changed."]


def test_a_signature_is_forgotten_only_when_it_is_too_old_to_be_taken(either_world: World) -> None:
    """It may lie 5 minutes ahead, and is taken until it is 5 minutes old."""
    assert timedelta(minutes=10) < KEPT
    desk = either_world.baton.desk
    with desk.database.writing() as session:
        requests.first_time(session, "v0=old", desk.clock.real() - KEPT - timedelta(minutes=1))
        requests.first_time(session, "v0=new", desk.clock.real() - KEPT + timedelta(minutes=1))

    either_world.pass_time(KEPT + timedelta(minutes=1))

    with desk.database.reading() as session:
        assert not requests.seen(session, "v0=old")
        assert requests.seen(session, "v0=new")
