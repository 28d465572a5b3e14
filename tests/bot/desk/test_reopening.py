"""Reopen: a manager takes back somebody's press with a note, however long ago; as if it had never been."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.desk import answer, audit, opportunity, taking_back
from bot.desk.bench import Mistaken
from bot.desk.taking_back import OnlyReopen
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.stages import Refused
from storage.people import suppressed
from tests.bot.desk.deals import TEAM_WITH_AES, an_opportunity
from tests.bot.desk.shift import Shift, refusal
from tests.world import World

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def test_a_manager_reopens_a_rejection_after_days_and_the_clock_runs_on(either_shift: Shift) -> None:
    """ "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been
    pressed." """
    shift = either_shift
    shift.demo()
    before = shift.handoff()
    answer.end(shift.desk, 1, "U0ANN", Disposition("customer", "they say so"))
    shift.clock.advance(3 * DAY)

    after = taking_back.reopen(shift.desk, 1, "U0MAX", "They are no customer")

    assert (after.stage, after.owner, after.ended_at, after.reason) == ("mql", None, None, None)
    assert (after.due_at, after.used, after.started_at) == (before.due_at, before.used, before.started_at)
    assert after.note == "They are no customer"
    assert shift.actions() == ["create", "reject", "reopen"]
    assert shift.due(1)
    with shift.desk.database.reading() as session:
        assert suppressed(session, ["engines.example"], shift.now) == {}
    figures = shift.figures()
    assert (figures.ended, figures.reasons) == ({}, {})
    assert figures.reached == reached_by(shift.moves())
    assert audit.verify(shift.desk).found == 0


def test_a_won_deal_that_was_none_is_an_opportunity_again(
    shifts: Callable[..., Shift], database_url: str
) -> None:
    shift = shifts(database_url, team=TEAM_WITH_AES)
    id_ = an_opportunity(shift)
    due = shift.due(id_)
    opportunity.won(shift.desk, id_, "U0SUE")
    shift.clock.advance(HOUR)

    after = taking_back.reopen(shift.desk, id_, "U0MAX", "Never signed")

    assert (after.stage, after.owner, after.amount) == ("opportunity", "U0SUE", 25_000)
    assert after.note == "wants a trial", "what was noted before stays"
    assert shift.due(id_) == due
    assert shift.figures().reached["won"] == 0


def test_a_touch_that_was_reopened_is_none_any_more(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))
    shift.clock.advance(HOUR)

    assert taking_back.reopen(shift.desk, 1, "U0MAX", "It was another lead").touched_at is None
    assert shift.handoff().touches == ()


@pytest.mark.parametrize("who", ["U0ANN", "U0BOB", "U0MIA", "U0ADA"])
def test_only_a_manager_reopens(shift: Shift, who: str) -> None:
    """ "later a manager's Reopen with a note." """
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))
    assert "Only a manager" in refusal(taking_back.reopen, shift.desk, 1, who, "please")
    assert "Only a manager" in refusal(taking_back.may_reopen, shift.desk, 1, who)
    assert "team file" in refusal(taking_back.reopen, shift.desk, 1, "U0EVE", "please")
    assert shift.handoff().stage == "disqualified"


def test_a_reopening_says_why(shift: Shift) -> None:
    """ "later a manager's Reopen with a note." """
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))
    for note in ("", "  ", "x" * 2_001):
        with pytest.raises(Mistaken) as mistaken:
            taking_back.reopen(shift.desk, 1, "U0MAX", note)
        assert mistaken.value.fields.keys() == {"note"}


def test_what_was_reopened_is_not_reopened_twice_and_a_new_lead_has_nothing_to_reopen(shift: Shift) -> None:
    shift.demo()
    assert "nothing to undo" in refusal(taking_back.reopen, shift.desk, 1, "U0MAX", "why")
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))
    taking_back.reopen(shift.desk, 1, "U0MAX", "why")
    assert "nothing to undo" in refusal(taking_back.reopen, shift.desk, 1, "U0MAX", "why")
    assert "nothing to undo" in refusal(taking_back.undo, shift.desk, 1, "U0MAX")


def test_a_lead_that_has_come_back_is_not_reopened(shift: Shift) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("timing.no_project", "", date(2026, 12, 1)))
    shift.clock.advance(DAY)
    assert shift.demo() == 2
    assert "come back" in refusal(taking_back.reopen, shift.desk, 1, "U0MAX", "why")


def test_undo_refused_for_want_of_time_or_as_anothers_press_is_told_apart(shift: Shift) -> None:
    shift.demo()
    with pytest.raises(Refused) as nothing:
        taking_back.undo(shift.desk, 1, "U0MAX")
    assert not isinstance(nothing.value, OnlyReopen)
    answer.accept(shift.desk, 1, "U0ANN")
    with pytest.raises(OnlyReopen):
        taking_back.undo(shift.desk, 1, "U0MAX")
    shift.clock.advance(11 * MINUTE)
    with pytest.raises(OnlyReopen, match="A manager can reopen it"):
        taking_back.undo(shift.desk, 1, "U0ANN")


def test_in_slack_a_managers_undo_of_anothers_press_asks_for_a_note(either_world: World) -> None:
    """ "later a manager's Reopen with a note." """
    world = either_world
    world.send(world.event("demo_request"))
    fresh = world.card().plain()
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="spam")
    world.clock.advance(HOUR)
    world.press("U0ANN", "undo")
    assert "A manager can reopen it" in world.whispered("U0ANN")[-1]
    assert world.slack.modal("U0ANN") is None

    world.press("U0MAX", "undo")
    assert world.submit("U0MAX", note="").errors.keys() == {"note"}
    assert world.submit("U0MAX", note="A real one").errors == {}

    assert world.card().plain() == fresh.replace("[Undo]", "")
    [note] = world.slack.thread("C0EMEA", world.card().ts)
    assert note.plain() == "↩️ Reopened by Max: “Reject”. “A real one”"
    assert "<@" not in str(note.blocks)
    world.accept("U0BOB")
    assert "Accepted by @Bob" in world.card().plain()
    assert world.slack.complaints == []


def test_in_slack_the_answer_about_a_lead_offers_it_to_managers_alone(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="spam")
    world.clock.advance(DAY)

    assert "Reopen" not in world.ask("U0ANN", "lead ada@engines.example")
    world.ask("U0MAX", "lead ada@engines.example")
    world.press("U0MAX", "reopen", value="1")
    assert world.submit("U0MAX", note="A real one").errors == {}
    assert "[Accept]" in world.card().plain()
