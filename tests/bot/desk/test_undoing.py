"""Undo: ten minutes for who pressed, if nobody acted since; afterwards it is as if it had never been pressed."""

from datetime import date, timedelta

import pytest

from bot.desk import answer, deal, taking_back
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from storage import people
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, World

TEN_MINUTES = timedelta(minutes=10)
TIMING = Disposition("timing.no_project", note="in spring", again_on=date(2027, 3, 1))


def listed(shift: Shift, *values: str) -> set[str]:
    with shift.desk.database.reading() as session:
        return set(people.suppressed(session, values, shift.now))


def test_a_rejection_taken_back_in_slack_gives_the_card_its_buttons_again(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    before = world.card().plain()
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="spam")

    world.press("U0ANN", "undo")

    assert world.card().plain() == before
    world.press("U0BOB", "accept")
    assert "Accepted by @Bob" in world.card().plain()
    assert world.slack.whispers("U0BOB") == []


def test_undo_is_for_who_pressed_even_a_manager_cannot_take_back_another_press(shift: Shift) -> None:
    """ "Undo: 10 minutes for who pressed, if nobody acted since;" """
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    for other in ("U0BOB", "U0MAX", "U0MIA"):
        assert (
            refusal(taking_back.undo, shift.desk, 1, other) == "<@U0ANN> pressed last; only they can undo it."
        )
    assert "team file" in refusal(taking_back.undo, shift.desk, 1, "U0EVE")
    assert taking_back.undo(shift.desk, 1, "U0ANN").owner is None


@pytest.mark.parametrize(
    ("after", "possible"), [(TEN_MINUTES, True), (TEN_MINUTES + timedelta(seconds=1), False)]
)
def test_undo_is_possible_for_ten_minutes(either_shift: Shift, after: timedelta, possible: bool) -> None:
    """ "Undo: 10 minutes for who pressed, if nobody acted since;" """
    either_shift.demo()
    answer.accept(either_shift.desk, 1, "U0ANN")
    either_shift.clock.advance(after)

    if possible:
        assert taking_back.undo(either_shift.desk, 1, "U0ANN").stage == "mql"
    else:
        assert "more than ten minutes ago" in refusal(taking_back.undo, either_shift.desk, 1, "U0ANN")
        assert either_shift.handoff().owner == "U0ANN"


def test_undo_is_refused_once_somebody_else_has_acted(shift: Shift) -> None:
    """ "Undo: 10 minutes for who pressed, if nobody acted since;" """
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0MAX", shift.tried("U0MAX"))

    assert "<@U0MAX> pressed last" in refusal(taking_back.undo, shift.desk, 1, "U0ANN")
    assert shift.handoff().owner == "U0ANN"


def test_what_was_undone_cannot_be_undone_twice(either_shift: Shift) -> None:
    either_shift.demo()
    answer.accept(either_shift.desk, 1, "U0ANN")
    answer.touch(either_shift.desk, 1, "U0ANN", either_shift.tried("U0ANN"))

    taking_back.undo(either_shift.desk, 1, "U0ANN")

    assert "nothing to undo" in refusal(taking_back.undo, either_shift.desk, 1, "U0ANN")
    assert either_shift.actions() == ["create", "accept", "touch", "undo"]
    assert either_shift.handoff().stage == "sal"


def test_a_new_lead_has_nothing_to_undo(shift: Shift) -> None:
    shift.demo()

    assert "nothing to undo" in refusal(taking_back.undo, shift.desk, 1, "U0ANN")


def test_undo_adds_to_the_log_and_the_funnel_counts_neither(either_shift: Shift) -> None:
    """ "Both add transitions; figures ignore the undone pair;" """
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    taking_back.undo(shift.desk, 1, "U0ANN")
    answer.end(shift.desk, 1, "U0BOB", TIMING)
    taking_back.undo(shift.desk, 1, "U0BOB")

    assert shift.actions() == ["create", "accept", "undo", "reject", "undo"]
    figures = shift.figures()
    assert figures.reached == {"mql": 1, "sal": 0, "sql": 0, "opportunity": 0, "won": 0}
    assert (figures.ended, figures.reasons) == ({}, {})
    assert reached_by(shift.moves()) == figures.reached


@pytest.mark.parametrize("press", ["accept", "reject"])
def test_the_first_touch_clock_runs_on_as_if_it_had_never_been_pressed(
    either_shift: Shift, press: str
) -> None:
    """ "the SLA clock runs on as if it had never been pressed." """
    shift = either_shift
    shift.demo()
    before, due = shift.handoff(), shift.due()
    shift.clock.advance(timedelta(minutes=3))
    if press == "accept":
        answer.accept(shift.desk, 1, "U0ANN")
    else:
        answer.end(shift.desk, 1, "U0ANN", TIMING)
        assert {kind for kind, _ in shift.due()} == {"wake"}
    shift.clock.advance(timedelta(minutes=5))

    after = taking_back.undo(shift.desk, 1, "U0ANN")

    for name in ("stage", "owner", "due_at", "used", "since", "started_at", "allowance", "clock", "accepted_at",
                 "ended_at", "reason", "note", "again_on", "touched_at"):  # fmt: skip
        assert getattr(after, name) == getattr(before, name), name
    assert shift.due() == due


def test_a_first_touch_taken_back_starts_the_clock_where_it_was(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    due = shift.due()
    answer.touch(shift.desk, 1, "U0BOB", shift.tried("U0BOB"))
    assert not [kind for kind, _ in shift.due() if kind == "first_touch"]

    taking_back.undo(shift.desk, 1, "U0BOB")

    assert shift.handoff().touches == ()
    assert shift.handoff().touched_at is None
    assert shift.due() == due


def test_a_qualification_taken_back_is_an_accepted_lead_again(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))
    due = shift.due()
    deal.qualify(shift.desk, 1, "U0ANN", deal.Bant(dict.fromkeys(deal.BANT, "yes"), "U0MAX", "hot"))

    after = taking_back.undo(shift.desk, 1, "U0ANN")

    assert (after.stage, after.sql_at, after.ae, after.note) == ("sal", None, None, None)
    assert len(after.touches) == 1
    assert shift.due() == due
    assert shift.figures().reached["sql"] == 0


@pytest.mark.parametrize(
    ("code", "email", "value"),
    [
        ("customer", "ada@engines.example", "engines.example"),
        ("competitor", "ada@engines.example", "engines.example"),
        ("opted_out", "ada@engines.example", "ada@engines.example"),
        ("customer", "ada@gmail.com", "ada@gmail.com"),
    ],
)
def test_undoing_a_rejection_lifts_the_suppression_it_brought(
    shift: Shift, code: str, email: str, value: str
) -> None:
    shift.demo(ADA | {"email": email})
    answer.end(shift.desk, 1, "U0ANN", Disposition(code))
    assert listed(shift, "engines.example", "ada@engines.example", "ada@gmail.com", "gmail.com") == {value}

    taking_back.undo(shift.desk, 1, "U0ANN")

    assert listed(shift, value) == set()


def test_undo_lifts_nothing_that_another_rejection_still_says(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    shift.demo(ADA | {"email": "bea@engines.example"})
    answer.end(shift.desk, 1, "U0ANN", Disposition("customer"))
    answer.end(shift.desk, 2, "U0BOB", Disposition("customer"))

    taking_back.undo(shift.desk, 1, "U0ANN")
    assert listed(shift, "engines.example") == {"engines.example"}

    taking_back.undo(shift.desk, 2, "U0BOB")
    assert listed(shift, "engines.example") == set()


def test_undo_is_refused_when_the_lead_has_come_back_with_a_new_card(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", TIMING)
    shift.clock.advance(timedelta(minutes=2))
    assert shift.demo() == 2

    assert "come back with a new card" in refusal(taking_back.undo, shift.desk, 1, "U0ANN")
    assert shift.handoff(1).stage == "recycled"
    assert shift.handoff(2).open


def test_the_undo_button_goes_when_scoring_changed_the_card_meanwhile(world: World) -> None:
    """ "Undo stands until the card's next change"."""
    world.send(world.event("pricing_page"), world.event("webinar"))
    world.press("U0ANN", "accept")
    assert "Undo" in world.card().plain()

    world.send(world.event("demo_request"))

    assert "Undo" not in world.card().plain()
    assert "Accepted by @Ann" in world.card().plain()


def test_an_old_undo_button_pressed_too_late_whispers_why(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.clock.advance(timedelta(hours=1))

    world.press("U0ANN", "undo")

    assert "more than ten minutes ago" in world.whispered("U0ANN")[0]
    assert "Accepted by @Ann" in world.card().plain()


def test_a_press_after_an_undo_can_be_taken_back_too(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    taking_back.undo(shift.desk, 1, "U0ANN")
    answer.accept(shift.desk, 1, "U0BOB")

    assert taking_back.undo(shift.desk, 1, "U0BOB").owner is None
    assert shift.figures().reached["sal"] == 0
