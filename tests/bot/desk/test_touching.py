"""Touches: what a rep logs, who may, and that the first one stops the clock."""

from datetime import timedelta

import pytest

from bot.desk import answer, deal
from bot.desk.bench import Mistaken
from scoring.dispositions import Disposition
from scoring.handoff import KINDS, OUTCOMES, Touch
from tests.bot.desk.shift import Shift, refusal
from tests.world import World


def test_the_first_touch_stops_the_clock_and_the_second_changes_nothing_about_it(either_shift: Shift) -> None:
    """ "First touch or an end stops both." """
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    assert ("first_touch", "breach") in shift.due()
    shift.clock.advance(timedelta(minutes=7))

    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome="voicemail"))
    first_at = shift.now
    assert {kind for kind, _ in shift.due()} == {"decide"}
    shift.clock.advance(timedelta(minutes=7))
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", "email", "replied"))

    after = shift.handoff()
    assert after.touched_at == first_at
    assert [(t.kind, t.outcome, t.by) for t in after.touches] == [
        ("call", "voicemail", "U0ANN"), ("email", "replied", "U0ANN"),
    ]  # fmt: skip
    assert not after.wants_touch


def test_a_touch_needs_an_owner_first(shift: Shift) -> None:
    shift.demo()

    for rep in ("U0ANN", "U0MAX"):
        assert "Accept this lead first" in refusal(answer.may_touch, shift.desk, 1, rep)
        assert "Accept this lead first" in refusal(answer.touch, shift.desk, 1, rep, shift.tried(rep))
    assert "another team's pool" in refusal(answer.touch, shift.desk, 1, "U0CAT", shift.tried("U0CAT"))
    assert shift.handoff().touches == ()


def test_only_the_owner_and_managers_log_touches(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    assert "belongs to <@U0ANN>" in refusal(answer.touch, shift.desk, 1, "U0BOB", shift.tried("U0BOB"))
    assert "belongs to <@U0ANN>" in refusal(answer.touch, shift.desk, 1, "U0MIA", shift.tried("U0MIA"))
    assert len(answer.touch(shift.desk, 1, "U0MAX", shift.tried("U0MAX")).touches) == 1


def test_a_touch_after_the_end_is_refused(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))

    assert "was closed by <@U0ANN>" in refusal(answer.touch, shift.desk, 1, "U0ANN", shift.tried("U0ANN"))


def test_every_kind_and_outcome_can_be_logged_and_nothing_else(shift: Shift) -> None:
    """ "Outcomes: reached, voicemail, no answer, replied, held." """
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    for kind in KINDS:
        for outcome in OUTCOMES:
            answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", kind, outcome))
    assert len(shift.handoff().touches) == 18

    with pytest.raises(Mistaken) as wrong:
        answer.touch(shift.desk, 1, "U0ANN", Touch("pigeon", "lost", "U0ANN", shift.now))
    assert set(wrong.value.fields) == {"kind", "outcome"}


def test_a_touch_logged_in_slack_is_on_the_card(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.press("U0ANN", "touch")
    assert world.submit("U0ANN", kind="call").errors  # how it went is asked too
    assert world.submit("U0ANN", kind="call", outcome="no_answer", note="rang twice").errors == {}

    card = world.card().plain()
    assert "Call: no answer yet · 1 touch logged" in card
    assert "First touch by" not in card
    assert world.slack.complaints == []


def test_qualify_needs_a_conversation_and_says_how_to_log_one(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    for outcome in ("voicemail", "no_answer", "booked"):
        answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome=outcome))
        assert "Log first touch" in refusal(deal.may_qualify, shift.desk, 1, "U0ANN")

    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome="held"))

    assert deal.may_qualify(shift.desk, 1, "U0ANN")[0].id == 1
