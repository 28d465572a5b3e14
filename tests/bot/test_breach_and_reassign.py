"""A lead that is overdue and changes hands in the same moment."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.world import ADA, DEFINITION, TEAM, World

TURNS = TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], assign: round_robin}")
LADDER = DEFINITION.replace(
    "clock: business, play: call now}", "clock: business, play: call now, ladder: {reassign: 100%}}"
)


def test_a_breach_is_noted_at_once_though_the_lead_goes_to_a_pool_that_still_sleeps(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    world = worlds(sqlite_url, team=TURNS, definition=LADDER)
    world.until(datetime(2026, 11, 23, 15, 30, tzinfo=UTC))
    world.send(world.event("demo_request", ADA))
    # Ann works in Berlin; at half past eight of London's clock neither Bob nor the segment is there.
    world.until(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))

    said = [note.plain() for note in world.slack.thread("C0EMEA", world.card().ts)]
    assert "<@" not in world.card().text, "it is back in the pool"
    assert [words for words in said if words.startswith("🔴 Overdue")], said
