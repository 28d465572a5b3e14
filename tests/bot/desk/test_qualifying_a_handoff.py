"""Qualify: an SQL is made by a person, after a conversation, with the answers the definition asks for."""

from collections.abc import Callable

import pytest

from bot.desk import answer, deal, taking_back
from bot.desk.bench import Mistaken
from bot.desk.deal import BANT, Bant
from scoring.dispositions import Disposition
from tests.bot.desk.shift import Shift, refusal
from tests.world import DEFINITION, World

YES = dict.fromkeys(BANT, "yes")


@pytest.fixture
def talked(shift: Shift) -> Shift:
    """Ann has accepted Ada's demo and reached her."""
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))
    return shift


def mistakes(shift: Shift, given: Bant) -> dict[str, str]:
    with pytest.raises(Mistaken) as wrong:
        deal.qualify(shift.desk, 1, "U0ANN", given)
    return wrong.value.fields


@pytest.mark.parametrize("outcome", ["reached", "replied", "held"])
def test_a_conversation_of_any_kind_lets_the_owner_qualify(shift: Shift, outcome: str) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    assert "none is logged" in refusal(deal.qualify, shift.desk, 1, "U0ANN", Bant(YES))
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome=outcome))

    after = deal.qualify(shift.desk, 1, "U0ANN", Bant(YES, "U0MAX", "wants a trial"))

    assert (after.stage, after.ae, after.note, after.sql_at) == ("sql", "U0MAX", "wants a trial", shift.now)
    assert {kind for kind, _ in shift.due()} == {"ae_accept"}


def test_a_conversation_that_was_taken_back_does_not_count(talked: Shift) -> None:
    taking_back.undo(talked.desk, 1, "U0ANN")

    assert "none is logged" in refusal(deal.qualify, talked.desk, 1, "U0ANN", Bant(YES))


@pytest.mark.parametrize("missing", BANT)
def test_every_question_must_be_answered(talked: Shift, missing: str) -> None:
    assert list(mistakes(talked, Bant({**YES, missing: ""}))) == [missing]
    assert list(mistakes(talked, Bant({**YES, missing: "perhaps"}))) == [missing]
    assert list(mistakes(talked, Bant({name: "yes" for name in BANT if name != missing}))) == [missing]


@pytest.mark.parametrize("said", ["no", "unknown"])
def test_need_and_timeline_are_required_unless_the_definition_says_otherwise(
    talked: Shift, said: str
) -> None:
    wrong = mistakes(talked, Bant(dict.fromkeys(BANT, said)))

    assert set(wrong) == {"need", "timeline"}
    assert "requires need" in wrong["need"]
    assert talked.handoff().stage == "sal"


def test_the_definition_names_the_required_answers(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=DEFINITION + "qualify: {required: [budget]}\n")
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))

    assert set(mistakes(shift, Bant(dict.fromkeys(BANT, "no")))) == {"budget"}
    given = Bant({**dict.fromkeys(BANT, "no"), "budget": "can_get"})
    assert deal.qualify(shift.desk, 1, "U0ANN", given).stage == "sql"


def test_the_account_executive_must_be_in_the_team_file(talked: Shift) -> None:
    assert list(mistakes(talked, Bant(YES, "U0EVE"))) == ["ae"]


def test_nobody_else_makes_an_sql_and_no_event_does(talked: Shift) -> None:
    assert "belongs to <@U0ANN>" in refusal(deal.qualify, talked.desk, 1, "U0BOB", Bant(YES))
    assert "belongs to <@U0ANN>" in refusal(deal.qualify, talked.desk, 1, "U0MIA", Bant(YES))

    talked.arrive(*(talked.event(signal) for signal in ("demo_request", "pricing_page", "webinar", "ebook")))

    assert talked.handoff().stage == "sal"
    assert "qualify" not in talked.actions()


def test_an_sql_is_not_made_twice(talked: Shift) -> None:
    deal.qualify(talked.desk, 1, "U0ANN", Bant(YES))

    assert "not possible" in refusal(deal.qualify, talked.desk, 1, "U0ANN", Bant(YES))
    assert talked.actions().count("qualify") == 1


def test_an_sql_can_still_be_recycled_with_a_reason(talked: Shift) -> None:
    deal.qualify(talked.desk, 1, "U0ANN", Bant(YES))

    assert answer.end(talked.desk, 1, "U0ANN", Disposition("no_budget")).stage == "recycled"
    assert talked.actions()[-1] == "recycle"
    assert talked.figures().reached["sql"] == 1


def test_in_slack_the_form_stays_shut_until_a_conversation_is_logged(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.press("U0ANN", "qualify")
    assert world.slack.modal("U0ANN") is None
    assert "Log first touch" in world.whispered("U0ANN")[0]

    world.press("U0ANN", "touch")
    world.submit("U0ANN", kind="meeting", outcome="held")
    world.press("U0ANN", "qualify")
    assert world.submit("U0ANN", budget="yes", authority="yes", need="no", timeline="yes").errors.keys() == {
        "need"
    }
    assert world.submit("U0ANN", need="yes", ae="U0MAX").errors == {}
    assert "SQL" in world.card().plain()
    assert world.slack.complaints == []
