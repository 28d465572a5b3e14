"""Who may do what, through Slack: a sentence for everybody who may not, and nothing changed."""

from typing import Any

import pytest

from bot.desk import people
from bot.playground import Message
from scoring.stages import Refused
from tests.bot.desk.shift import Shift
from tests.world import World

BUTTONS = ("accept", "reject")


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("U0CAT", "This lead is for another team's pool, so nothing was changed. A manager can take it."),
        ("U0MIA", "This lead is for another team's pool, so nothing was changed. A manager can take it."),
        (
            "U0EVE",
            "You are not in Baton's team file, so nothing was changed. Ask whoever keeps it to add you.",
        ),
        ("U0GUS", "Guests cannot work on leads, so nothing was changed. Ask a colleague of the pool."),
    ],
)
def test_who_may_not_reads_why_and_the_card_stays(world: World, user: str, sentence: str) -> None:
    world.baton.schedule.tick()  # Baton learns who is who
    world.send(world.event("demo_request"))
    before = shown(world.card())

    for action in BUTTONS:
        assert world.press(user, action).status == 200

    assert world.whispered(user, 2) == [sentence, sentence]
    assert world.slack.modal(user) is None
    assert shown(world.card()) == before


def shown(card: Message) -> list[dict[str, Any]]:
    """What is read on a card; Slack names the blocks anew when it is drawn again."""
    return [{name: value for name, value in block.items() if name != "block_id"} for block in card.blocks]


def test_the_forms_opened_by_a_stranger_show_nothing_of_the_lead(world: World) -> None:
    world.send(world.event("demo_request"))

    world.press("U0EVE", "why")

    assert world.slack.modal("U0EVE") is None
    assert "team file" in world.whispered("U0EVE")[0]


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (
            people.Seen("U0ANN", "T1", deleted=True, guest=False, bot=False),
            "This account cannot work on leads",
        ),
        (people.Seen("U0ANN", "T1", deleted=False, guest=True, bot=False), "Guests cannot work on leads"),
        (
            people.Seen("U0ANN", "T1", deleted=False, guest=False, bot=True),
            "This account cannot work on leads",
        ),
        (people.Seen("U0ANN", "T2", deleted=False, guest=False, bot=False), "people of this workspace"),
    ],
)
def test_guests_bots_leavers_and_strangers_are_refused(
    either_shift: Shift, seen: people.Seen, sentence: str
) -> None:
    desk = either_shift.desk
    people.remember_app(desk, "T1", "U0BATON", "B0BATON")
    people.learn(desk, [people.Seen("U0ANN", "T1", deleted=False, guest=False, bot=False)])
    people.check_person(desk, "U0ANN", "T1")

    people.learn(desk, [seen])

    with pytest.raises(Refused, match=sentence):
        people.check_person(desk, "U0ANN", "T1")


def test_a_press_that_comes_from_another_workspace_is_refused_before_anything_is_known(shift: Shift) -> None:
    people.remember_app(shift.desk, "T1", "U0BATON", "B0BATON")

    with pytest.raises(Refused, match="people of this workspace"):
        people.check_person(shift.desk, "U0NEW", "T2")
    people.check_person(shift.desk, "U0NEW", "T1")


def test_the_app_remembers_who_it_is(shift: Shift) -> None:
    people.remember_app(shift.desk, "T1", "U0OLD", "B0OLD")
    people.remember_app(shift.desk, "T1", "U0BATON", "B0BATON")

    us = people.app(shift.desk)
    assert (us[people.OUR_TEAM], us[people.OUR_BOT], us[people.OUR_BOT_ID]) == ("T1", "U0BATON", "B0BATON")
