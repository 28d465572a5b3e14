"""What is measured: presses, letters, Slack's refusals, breaches, the auditor; and nothing about a person."""

import re
from datetime import timedelta

from sqlalchemy import text

from bot.desk import answer
from bot.desk.people import Seen, learn
from tests.bot.test_health import metric
from tests.world import ADA, World

MINUTE = timedelta(minutes=1)


def page(world: World) -> str:
    return str(world.http.get("/metrics").text)


def labels(said: str, name: str) -> set[str]:
    """The label sets a metric was told with."""
    return set(re.findall(rf"^{name}\{{(.*)\}} ", said, re.MULTILINE))


def run(world: World, statement: str) -> None:
    with world.baton.desk.database.writing() as session:
        session.connection().execute(text(statement))


def test_buttons_and_forms_are_timed_by_how_they_ended(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0EVE", "accept")
    world.press("U0BOB", "accept")
    world.press("U0BOB", "recycle")
    world.submit("U0BOB", reason="other", note="")
    world.submit("U0BOB", reason="not_fit.size")
    said = page(world)

    assert metric(said, 'baton_press_seconds_count{action="accept",outcome="done"}') == 1
    assert metric(said, 'baton_press_seconds_count{action="accept",outcome="refused"}') == 1
    assert metric(said, 'baton_press_seconds_count{action="reject_form",outcome="mistaken"}') == 1
    assert metric(said, 'baton_press_seconds_count{action="reject_form",outcome="done"}') == 1
    assert 0 < metric(said, 'baton_press_seconds_sum{action="accept",outcome="done"}') < 3


def test_a_press_that_could_not_be_saved_is_counted_as_failed(world: World) -> None:
    world.send(world.event("demo_request"))
    run(world, "ALTER TABLE transition RENAME TO mislaid")
    world.press("U0BOB", "accept")

    assert metric(page(world), 'baton_press_seconds_count{action="accept",outcome="failed"}') == 1


def test_a_letter_is_timed_until_its_claim_and_until_its_arrival(world: World) -> None:
    world.post({"events": [world.event("demo_request")]})
    run(world, "UPDATE outbox SET created_at = datetime(created_at, '-70 seconds')")
    run(world, "UPDATE outbox SET not_before = datetime(not_before, '-7 seconds') WHERE kind = 'card'")
    world.deliver()
    said = page(world)

    assert metric(said, 'baton_claim_seconds_count{kind="card"}') == 1
    assert 7 <= metric(said, 'baton_claim_seconds_sum{kind="card"}') < 60
    assert metric(said, 'baton_delivery_seconds_count{kind="card"}') == 1
    assert 70 <= metric(said, 'baton_delivery_seconds_sum{kind="card"}') < 120


def test_a_letter_that_did_not_arrive_is_claimed_and_has_no_delivery_time(world: World) -> None:
    world.slack.fail("chat.postMessage", "msg_too_long")
    world.send(world.event("demo_request"))
    said = page(world)

    assert metric(said, 'baton_claim_seconds_count{kind="card"}') == 1
    assert 'baton_delivery_seconds_count{kind="card"}' not in said


def test_an_old_card_that_changes_now_is_no_old_letter(world: World) -> None:
    world.send(world.event("demo_request"))
    run(world, "UPDATE outbox SET created_at = datetime(created_at, '-3 days')")
    answer.accept(world.baton.desk, 1, "U0BOB")

    assert metric(page(world), "baton_outbox_oldest_seconds") < 60


def test_slacks_refusals_are_counted_by_method_and_code_and_its_pauses_by_length(world: World) -> None:
    world.slack.fail("chat.postMessage", "ratelimited", seconds=30)
    world.send(world.event("demo_request"))
    said = page(world)

    assert metric(said, 'baton_slack_errors_total{code="ratelimited",method="chat.postMessage"}') == 1
    assert metric(said, 'baton_slack_retry_after_seconds_sum{method="chat.postMessage"}') == 30


def test_breaches_are_counted_by_tier_once_each(world: World) -> None:
    world.send(world.event("demo_request"))
    assert "baton_sla_breaches_total{" not in page(world)
    for _ in range(3):
        world.pass_time(60 * MINUTE)

    assert metric(page(world), 'baton_sla_breaches_total{tier="demo"}') == 1


def test_open_handoffs_are_told_by_stage(either_world: World) -> None:
    for number in range(3):
        either_world.send(
            either_world.event("demo_request", ADA | {"email": f"lead{number}@engines{number}.example"})
        )
    answer.accept(either_world.baton.desk, 1, "U0BOB")
    said = page(either_world)

    assert metric(said, 'baton_open_handoffs{stage="mql"}') == 2
    assert metric(said, 'baton_open_handoffs{stage="sal"}') == 1


def test_the_auditors_findings_and_its_age_are_told(either_world: World) -> None:
    assert metric(page(either_world), "baton_audit_age_seconds") == float("inf")
    either_world.send(either_world.event("demo_request"))
    run(either_world, "UPDATE handoff SET pool = '[]'")
    either_world.pass_time(MINUTE)
    said = page(either_world)

    assert metric(said, 'baton_audit_findings{kind="nobody"}') == 1
    assert metric(said, 'baton_audit_findings{kind="no_card"}') == 0
    assert 0 <= metric(said, "baton_audit_age_seconds") < 30


def test_no_label_holds_anything_about_a_person_or_a_lead(world: World) -> None:
    canary = {
        "email": "canary@secret.example",
        "first_name": "Canary",
        "company": "Canary Ltd",
        "country": "GB",
    }
    world.send(world.event("demo_request", canary))
    world.accept("U0BOB")
    world.press("U0ANN", "touch")
    world.slack.fail("chat.postMessage", "restricted_action")
    learn(world.baton.desk, [Seen("U0BOB", None, deleted=True, guest=False, bot=False)])
    for _ in range(4):
        world.pass_time(60 * MINUTE)
    said = page(world)

    assert "canary" not in said.lower()
    assert re.findall(r"U0[A-Z]{3}|C0[A-Z]{3}|@", said) == []
    known = {"action", "code", "kind", "le", "method", "outcome", "stage", "state", "status", "tier"}
    assert set(re.findall(r'[{,]([a-z_]+)="', said)) <= known
    assert labels(said, "baton_audit_findings")
