"""After an end: when the same lead may become an MQL again, end to end through HTTP, with the clock moved."""

from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, report
from scoring.dispositions import Disposition
from tests.bot.desk.shift import Shift
from tests.world import ADA, World

DAY = timedelta(days=1)


def hot(world: World, **facts: Any) -> list[dict[str, Any]]:
    """New active intent over the line, without a demo."""
    return [world.event(signal, ADA | facts) for signal in ("pricing_page", "webinar")]


def cards(world: World) -> int:
    return len(world.slack.messages("C0EMEA"))


def rejected(world: World, code: str, **fields: str) -> None:
    """Ada asked for a demo on Monday, and Ann gave her back with *code*."""
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    assert world.submit("U0ANN", reason=code, **fields).errors == {}
    assert cards(world) == 1


def test_timing_comes_back_from_its_date_and_says_so_on_the_card(either_world: World) -> None:
    world = either_world
    rejected(world, "timing.budget_cycle", date="2027-01-15", note="ask in January")
    world.clock.advance_to(world.now.replace(year=2027, month=1, day=14, hour=23))
    world.send(*hot(world))
    assert cards(world) == 1

    world.clock.advance(timedelta(hours=1))
    world.send(*hot(world))

    assert cards(world) == 2
    assert "returning" in world.card().plain()
    assert (
        "Back again; recycled on 2026-11-23: budget cycle does not match. “ask in January”"
        in world.card().plain()
    )
    assert world.slack.complaints == []


@pytest.mark.parametrize("code", ["no_budget", "other"])
def test_no_budget_and_other_come_back_after_30_days(world: World, code: str) -> None:
    rejected(world, code, note="next year")
    world.clock.advance(30 * DAY - timedelta(seconds=1))
    world.send(*hot(world))
    assert cards(world) == 1

    world.clock.advance(timedelta(seconds=1))
    world.send(*hot(world))

    assert cards(world) == 2


def test_an_unreachable_lead_comes_back_after_90_days(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    for _ in range(5):
        world.press("U0ANN", "touch")
        world.submit("U0ANN", kind="call", outcome="no_answer")
    world.clock.advance(10 * DAY)
    world.press("U0ANN", "recycle")
    assert world.submit("U0ANN", reason="unreachable").errors == {}

    world.clock.advance(89 * DAY)
    world.send(*hot(world))
    assert cards(world) == 1

    world.clock.advance(DAY)
    world.send(*hot(world))
    assert cards(world) == 2


@pytest.mark.parametrize("code", ["not_fit.size", "not_fit.persona"])
def test_a_lead_that_does_not_fit_comes_back_by_a_changed_fact_alone(either_shift: Shift, code: str) -> None:
    shift = either_shift
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition(code))
    shift.clock.advance(400 * DAY)
    for signal in ("pricing_page", "webinar", "demo_request"):
        assert shift.arrive(shift.event(signal)).handoffs == 0

    done = shift.arrive(shift.event("demo_request", ADA | {"title": "CMO", "employees": 300}))

    assert done.handoffs == 1
    assert shift.handoff(2).returning


def test_the_changed_fact_and_the_new_intent_may_come_in_different_requests(shift: Shift) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("not_fit.size"))
    shift.clock.advance(DAY)
    assert shift.arrive(shift.event(None, ADA | {"employees": 300})).handoffs == 0
    shift.clock.advance(DAY)

    assert shift.arrive(shift.event("demo_request", ADA | {"employees": 300})).handoffs == 1


@pytest.mark.parametrize("code", ["customer", "competitor", "opted_out", "duplicate", "spam"])
def test_some_ends_are_for_good_whatever_changes(shift: Shift, code: str) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition(code))
    shift.clock.advance(2_000 * DAY)

    changed = ADA | {"title": "CEO", "employees": 4_000}
    assert shift.arrive(*(shift.event(each, changed) for each in ("demo_request", "webinar"))).handoffs == 0


@pytest.mark.parametrize("code", ["no_budget", "other", "timing.no_project", "timing.budget_cycle"])
def test_a_new_demo_overrides_every_waiting_time(shift: Shift, code: str) -> None:
    shift.demo()
    again_on = shift.now.date() + 300 * DAY
    answer.end(shift.desk, 1, "U0ANN", Disposition(code, "later", again_on))
    shift.clock.advance(DAY)
    assert shift.arrive(*(shift.event(each) for each in ("pricing_page", "webinar"))).handoffs == 0

    assert shift.arrive(shift.event("demo_request")).handoffs == 1


def test_a_new_demo_never_overrides_suppression(shift: Shift) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("customer"))
    shift.clock.advance(100 * DAY)

    assert shift.arrive(shift.event("demo_request")).handoffs == 0


def test_only_active_intent_newer_than_the_end_brings_a_lead_back(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("demo_request"), shift.event("webinar"), shift.event("pricing_page"))
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(31 * DAY)

    assert shift.arrive(shift.event("email_open")).handoffs == 0, "an open is passive"
    assert shift.arrive(shift.event(None, ADA | {"employees": 400})).handoffs == 0, "a fact is no intent"
    before_the_end = (shift.now - 40 * DAY).isoformat()
    assert shift.arrive(shift.event("webinar", occurred_at=before_the_end)).handoffs == 0, "old news"
    assert shift.arrive(shift.event("webinar")).handoffs == 1


def test_a_returning_leads_old_demo_does_not_make_it_hot_again(shift: Shift) -> None:
    """ "A signal in a tier's condition counts only since the last end" """
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(31 * DAY)
    shift.arrive(shift.event("webinar"))
    assert shift.handoff(2).tier == "returning"

    shift.arrive(shift.event("email_open"))

    assert shift.handoff(2).tier == "returning", "old points must not raise the tier by an open"
    assert shift.arrive(shift.event("demo_request")).handoffs == 0
    assert shift.handoff(2).tier == "demo"


def test_why_explains_a_lead_that_is_away(shift: Shift) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))

    explained = report.explain(shift.desk, "ada@engines.example", "U0MIA")

    assert explained.verdict.blocked == "waiting"
    assert (
        'ended as recycled, "No budget"; this lead may come back from 2026-12-23'
        in explained.verdict.sentences[0]
    )


def test_a_lead_that_comes_back_is_counted_once_as_a_person_and_twice_as_a_hand_off(shift: Shift) -> None:
    """ "Counting: Lead → MQL counts people; later rates count hand-offs," """
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(DAY)
    shift.demo()

    figures = shift.figures()
    assert (figures.leads, figures.qualified, figures.reached["mql"]) == (1, 1, 2)


def test_a_new_message_is_no_changed_fact_for_a_lead_that_was_no_fit(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0BOB", "reject")
    world.submit("U0BOB", reason="not_fit.size")
    world.pass_time(timedelta(days=40))

    world.send(world.event("demo_request", {**ADA, "message": "Please call me again", "campaign": "spring"}))
    assert len(world.slack.messages("C0EMEA")) == 1

    world.send(world.event("demo_request", {**ADA, "employees": 900}))
    assert len(world.slack.messages("C0EMEA")) == 2
