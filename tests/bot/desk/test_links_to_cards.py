"""Links to cards, built from the workspace's address: no call of Slack's a lead."""

from datetime import timedelta

import pytest

from bot.desk import people
from bot.desk.desk import Desk
from bot.slack.client import SlackClient
from tests.bot.desk.shift import Shift
from tests.world import World

HOUR = timedelta(hours=1)


def asked_for(world: World) -> int:
    """How often Slack was asked for a link."""
    return len([call for call in world.slack.calls if call.method == "chat.getPermalink"])


def test_a_link_has_the_form_that_slack_documents(shift: Shift) -> None:
    people.remember_app(shift.desk, "T1", "U0BATON", "B0BATON", url="https://ghostbusters.slack.com/")

    link = people.permalink(shift.desk, "C1H9RESGA", "135854651.500008")

    assert link == "https://ghostbusters.slack.com/archives/C1H9RESGA/p135854651500008"


@pytest.mark.parametrize(
    "url", ["", "ghostbusters", "https://x.example/|<!channel>", "https://x.example/> ", "\n"]
)
def test_an_address_that_would_not_be_a_link_makes_none(shift: Shift, url: str) -> None:
    people.remember_app(shift.desk, "T1", "U0BATON", "B0BATON", url=url)

    assert people.permalink(shift.desk, "C1", "1.1") is None


def test_the_address_is_known_again_after_a_restart(shift: Shift) -> None:
    people.remember_app(shift.desk, "T1", "U0BATON", "B0BATON", url="https://x.slack.com/")

    again = Desk(shift.desk.database, shift.clock)
    people.app(again)

    assert people.permalink(again, "C1", "1.1") == "https://x.slack.com/archives/C1/p11"


def test_a_direct_message_links_to_the_card_without_asking_slack(world: World) -> None:
    world.baton.schedule.tick()
    world.deliver()
    world.send(world.event("demo_request"))

    world.pass_time(HOUR)

    [told] = world.slack.dms("U0MAX")
    link = SlackClient("xoxb-tests", world.slack.url).permalink("C0EMEA", world.card().ts)
    assert f"<{link}|Open the card>" in str(told.blocks)
    assert asked_for(world) == 1, "this test's own"


def test_until_the_address_is_known_slack_is_asked(world: World) -> None:
    world.slack.fail("auth.test", "missing_scope", times=None)
    world.send(world.event("demo_request"))

    world.pass_time(HOUR)

    [told] = world.slack.dms("U0MAX")
    assert "|Open the card>" in str(told.blocks)
    assert asked_for(world) == 1
