"""What came outside hours is one list a person at opening, best first."""

from datetime import UTC, datetime, timedelta

from tests.world import ADA, World

TUESDAY_9_LONDON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MONDAY_20_LONDON = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def two_leads_at_night(world: World) -> None:
    """A demo request of somebody small, then one of somebody big."""
    world.until(MONDAY_20_LONDON)
    small = {"email": "sam@small.example", "first_name": "Sam", "country": "GB"}
    world.send(world.event("demo_request", small))
    world.send(world.event("demo_request", ADA))


def lists_of(world: World, user: str) -> list[str]:
    return [each.plain() for each in world.slack.dms(user) if "came while you were off" in each.plain()]


def test_a_night_of_leads_is_one_list_at_opening_best_first(either_world: World) -> None:
    """ "with one list per person at opening, best first," """
    two_leads_at_night(either_world)
    assert lists_of(either_world, "U0BOB") == []

    either_world.until(TUESDAY_9_LONDON)

    [morning] = lists_of(either_world, "U0BOB")
    lines = morning.splitlines()
    assert lines[0].endswith("2 leads came while you were off, best first:")
    assert "Ada Lovelace" in lines[1]
    assert "Sam" in lines[2]


def test_the_list_comes_at_the_readers_own_opening(world: World) -> None:
    two_leads_at_night(world)

    world.until(TUESDAY_9_LONDON - timedelta(hours=1))

    assert len(lists_of(world, "U0ANN")) == 1  # nine o'clock in Berlin
    assert lists_of(world, "U0BOB") == []


def test_a_lead_that_was_taken_at_night_is_not_on_the_list(world: World) -> None:
    two_leads_at_night(world)
    world.press("U0ANN", "accept")

    world.until(TUESDAY_9_LONDON)

    [morning] = lists_of(world, "U0BOB")
    assert "Ada Lovelace" not in morning
    assert "Sam" in morning


def test_leads_of_the_day_make_no_list(world: World) -> None:
    world.send(world.event("demo_request"))

    world.until(TUESDAY_9_LONDON)

    assert lists_of(world, "U0BOB") == []


def test_every_night_has_its_own_list(world: World) -> None:
    two_leads_at_night(world)
    world.until(TUESDAY_9_LONDON)
    world.until(MONDAY_20_LONDON + timedelta(days=1))
    world.send(world.event("demo_request", {"email": "kim@other.example", "country": "GB"}))

    world.until(TUESDAY_9_LONDON + timedelta(days=1))

    assert len(lists_of(world, "U0BOB")) == 2
