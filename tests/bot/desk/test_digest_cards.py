"""A tier with `card: digest 1h`: its leads are gathered on one message."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage import cards
from storage.cards import NewCard
from storage.engine import Database
from tests import postgres
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, World

DIGEST = DEFINITION.replace(
    "  - {name: standard, first_touch: 8h, clock: business}",
    "  - {name: standard, first_touch: 8h, clock: business, card: digest 1h}",
)


def lead(number: int) -> dict[str, object]:
    """Somebody whose webinar and pricing visits make a standard MQL."""
    return {
        **ADA,
        "email": f"ada{number}@engines{number}.example",
        "first_name": f"Ada{number}",
        "title": "Clerk",
    }


def becomes_mql(world: World, number: int) -> None:
    """Enough points for the threshold, without a demo request."""
    signals = ("webinar", "pricing_page")
    world.send(*[world.event(signal, lead(number), asset="a") for signal in signals])


@pytest.fixture
def digesting(worlds, database_url):  # type: ignore[no-untyped-def]
    """A Baton whose standard leads come as a digest."""
    return worlds(database_url, definition=DIGEST)


def test_leads_of_a_digest_tier_wait_and_come_as_one_message(digesting: World) -> None:
    becomes_mql(digesting, 1)
    becomes_mql(digesting, 2)
    assert digesting.slack.messages("C0EMEA") == []

    digesting.pass_time(timedelta(minutes=61))

    [digest] = digesting.slack.messages("C0EMEA")
    assert "2 leads · standard · EMEA" in digest.plain()
    assert "Ada1 Lovelace" in digest.plain()
    assert "Ada2 Lovelace" in digest.plain()


def test_a_lead_on_a_digest_is_accepted_by_its_own_button(digesting: World) -> None:
    becomes_mql(digesting, 1)
    becomes_mql(digesting, 2)
    digesting.pass_time(timedelta(minutes=61))

    digesting.press("U0BOB", "accept", value="2")

    [digest] = digesting.slack.messages("C0EMEA")
    lines = digest.plain().splitlines()
    assert any("Ada2" in line and "✅ @Bob" in line for line in lines)
    assert not any("Ada1" in line and "✅" in line for line in lines)


def test_a_digest_holds_ten_leads_and_the_eleventh_begins_the_next_one(digesting: World) -> None:
    for number in range(1, 12):
        becomes_mql(digesting, number)

    digesting.pass_time(timedelta(minutes=61))

    full, rest = digesting.slack.messages("C0EMEA")
    assert "10 leads" in full.plain()
    assert "1 lead ·" in rest.plain()
    assert digesting.slack.complaints == []


def test_a_lead_after_the_digest_was_posted_waits_for_the_next_one(digesting: World) -> None:
    becomes_mql(digesting, 1)
    digesting.pass_time(timedelta(minutes=61))
    becomes_mql(digesting, 2)

    assert len(digesting.slack.messages("C0EMEA")) == 1
    digesting.pass_time(timedelta(minutes=61))
    assert len(digesting.slack.messages("C0EMEA")) == 2


def test_a_demo_request_raises_a_lead_out_of_the_waiting_digest(digesting: World) -> None:
    becomes_mql(digesting, 1)

    digesting.send(digesting.event("demo_request", lead(1)))

    [card] = digesting.slack.messages("C0EMEA")
    assert "Ada1 Lovelace" in card.plain()


def test_a_lead_that_comes_while_its_digest_is_asked_for_begins_the_next_one(postgres_shift: Shift) -> None:
    """The row's lock is waited for, and what the other one did meanwhile is looked at anew."""
    database, at = postgres_shift.desk.database, postgres_shift.now
    with database.writing() as session:
        first, _ = cards.collect(session, NewCard(0, "C0EMEA", 2), "standard")
    with ThreadPoolExecutor(1) as pool, database.writing() as session:
        cards.post(session, first, at)
        joined = pool.submit(collected, database)
        postgres.until_somebody_waits(database)
        session.commit()
        card, begun = joined.result()

    assert (card != first, begun) == (True, True)


def collected(database: Database) -> tuple[int, bool]:
    with database.writing() as session:
        return cards.collect(session, NewCard(0, "C0EMEA", 2), "standard")
