"""The Home tab."""

from typing import Any

from tests import shown as states
from tests.world import World


def read(world: World, user: str) -> str:
    """What *user* reads on Home once it is there."""
    world.slack.open_home(user)
    home = world.slack.wait_for(lambda: world.slack.home(user), timeout=3)
    assert home is not None
    return "\n".join(each["text"] for each in states.texts(home["blocks"]))


def test_home_shows_a_member_what_waits_for_them(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")

    said = read(world, "U0ANN")

    assert "*Yours* (1)" in said
    assert "*Ada Lovelace*" in said
    assert world.slack.complaints == []


def test_home_shows_a_rep_only_what_they_may_claim(world: World) -> None:
    world.send(world.event("demo_request"))

    assert "*To be claimed* (1)" in read(world, "U0BOB")
    assert "*To be claimed* (0)" in read(world, "U0CAT")
    assert "*To be claimed* (1)" in read(world, "U0MAX")


def test_home_tells_a_stranger_why_it_is_empty_and_shows_no_lead(world: World) -> None:
    world.send(world.event("demo_request"))

    said = read(world, "U0EVE")

    assert "You are not in Baton's team file" in said
    assert "Ada" not in said


def test_home_shows_a_guest_no_lead(world: World) -> None:
    world.send(world.event("demo_request"))
    world.slack.change_user("U0ANN", is_guest=True)

    said = read(world, "U0ANN")

    assert "Guests cannot work on leads" in said
    assert "Ada" not in said


def test_the_messages_tab_publishes_nothing(world: World) -> None:
    world.slack.event("app_home_opened", user="U0ANN", channel="D0ANN", tab="messages")
    world.baton.aside.submit(lambda: None).result(timeout=3)

    assert world.slack.home("U0ANN") is None


def test_home_of_a_lead_with_a_hostile_name_is_harmless(world: World) -> None:
    lead = {**states.ADA, "first_name": "<!channel> *x*", "company": "`y` :smile: <https://z|w>"}
    world.send(world.event("demo_request", lead))
    read(world, "U0ANN")

    home: dict[str, Any] | None = world.slack.home("U0ANN")
    assert home is not None
    assert states.smuggled(home["blocks"], own_marks="*`") == []
