"""What /readyz warns of while it still says ready: sentences about what somebody should look at."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage import paces
from tests.world import World

MINUTE = timedelta(minutes=1)


def run(world: World, statement: str, **given: object) -> None:
    with world.baton.desk.database.writing() as session:
        session.connection().execute(text(statement), given)


def warnings(world: World) -> list[str]:
    answer = world.http.get("/readyz")
    assert answer.status_code == 200, "a warning takes no replica out of service"
    assert answer.json()["ready"] is True
    found: list[str] = answer.json()["warnings"]
    return found


def audited(world: World) -> None:
    """A minute later the auditor has looked."""
    world.pass_time(MINUTE)


def test_where_all_is_well_there_is_no_warning(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    audited(either_world)

    assert warnings(either_world) == []


def test_an_auditor_that_is_silent_for_five_minutes_is_a_warning(either_world: World) -> None:
    audited(either_world)
    for minutes, count in ((4, 0), (6, 1)):
        at = either_world.baton.desk.clock.real() - minutes * MINUTE
        run(either_world, "UPDATE setting SET value = :at WHERE key = 'audited_at'", at=at.isoformat())
        found = [each for each in warnings(either_world) if "auditor last looked at" in each]
        assert len(found) == count


def test_open_findings_are_warnings_until_they_are_gone(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    run(either_world, "UPDATE handoff SET pool = '[]'")
    audited(either_world)

    [warning] = warnings(either_world)
    assert warning.startswith("1 hand-off that nobody may accept (#1). Add somebody")
    run(either_world, "UPDATE handoff SET pool = '[\"U0BOB\"]'")
    audited(either_world)
    assert warnings(either_world) == []


def test_letters_that_were_given_up_are_a_warning(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))
    run(either_world, "UPDATE outbox SET state = 'dead' WHERE kind = 'card'")
    audited(either_world)

    assert [each for each in warnings(either_world) if each.startswith("Letters given up: card.")]


def test_a_letter_that_waits_for_more_than_15_minutes_is_a_warning_at_once(either_world: World) -> None:
    audited(either_world)
    either_world.post({"events": [either_world.event("demo_request")]})
    assert warnings(either_world) == []

    at = either_world.baton.desk.clock.real() - 16 * MINUTE
    run(either_world, "UPDATE outbox SET created_at = :at WHERE kind = 'card'", at=f"{at:%Y-%m-%d %H:%M:%S}")
    [warning] = warnings(either_world)
    assert warning.startswith("Letters waiting for more than 15 minutes: ")


def test_a_slack_that_refuses_the_token_is_a_warning_with_its_code(either_world: World) -> None:
    audited(either_world)
    with either_world.baton.desk.database.writing() as session:
        paces.begin_trouble(session, "token_revoked", either_world.baton.desk.clock.real())

    [warning] = warnings(either_world)
    assert "(token_revoked)" in warning
    assert "SLACK_BOT_TOKEN" in warning


def test_posting_that_is_held_as_a_whole_is_a_warning(either_world: World) -> None:
    audited(either_world)
    until = either_world.baton.desk.clock.real() + 60 * MINUTE
    with either_world.baton.desk.database.writing() as session:
        paces.hold(session, paces.POST, until)

    [warning] = warnings(either_world)
    assert f"before {until:%H:%M} UTC" in warning


@pytest.mark.parametrize("who", ["ada", "lovelace", "engines.example", "U0BOB"])
def test_a_warning_names_nobody(world: World, who: str) -> None:
    world.send(world.event("demo_request"))
    world.accept("U0BOB")
    run(world, "UPDATE outbox SET state = 'dead' WHERE kind = 'card'")
    run(world, "DELETE FROM deadline WHERE kind = 'decide' OR kind = 'first_touch'")
    audited(world)

    assert warnings(world) != []
    assert not any(re.search(who, each, re.IGNORECASE) for each in warnings(world))
