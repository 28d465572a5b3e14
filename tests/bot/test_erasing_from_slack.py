"""Erasure as people in Slack see it: one line where the card was, and nothing else that Baton said of the person."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from bot.desk import privacy
from bot.playground import Message
from bot.slack.views.card import ERASED
from storage.tables import OutboxRow
from tests.world import ADA, World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SECRET_WORDS = ("Lovelace", "ada@engines", "Analytical", "7946")
BEA = ADA | {"email": "bea@other.example", "first_name": "Bea", "last_name": "Byron", "company": "Other"}
BEA["phone"] = "+44 20 1111 2222"


def erase(world: World) -> privacy.Erased:
    """Erase Ada, and let Slack hear of it."""
    done = privacy.erase(world.baton.desk, "ada@engines.example")
    world.deliver()
    return done


def everything(world: World) -> str:
    """Everything that anybody could still read in Slack."""
    said = [each for kept in world.slack.workspace.messages.values() for each in kept]
    return "\n".join(f"{each.text} {each.plain()} {each.blocks} {each.metadata}" for each in said)


def thread(world: World, card: Message) -> list[str]:
    return [each.plain() for each in world.slack.thread(card.channel, card.ts)]


def letters(world: World, kind: str) -> list[OutboxRow]:
    query = select(OutboxRow).where(col(OutboxRow.kind) == kind).order_by(col(OutboxRow.id))
    with world.baton.desk.database.reading() as session:
        return list(session.scalars(query))


def some_time_later(world: World) -> None:
    """What waits for its time has waited long enough."""
    with world.baton.desk.database.writing() as session:
        session.execute(text("UPDATE outbox SET not_before = '2026-01-01 00:00:00' WHERE kind = 'scrub'"))
    world.deliver()


@pytest.fixture
def talked(either_world: World) -> World:
    """Ada's card, a thread with new activity and a breach, a nudge to her owner and notices to the manager."""
    world = either_world
    world.send(world.event("demo_request"))
    world.send(world.event("demo_request", BEA))
    world.press("U0ANN", "accept", value="1")
    world.send(world.event("pricing_page", asset="Lovelace's prices"))
    world.pass_time(31 * MINUTE)
    world.pass_time(HOUR)
    card = world.card(place=0)
    assert len(thread(world, card)) >= 2, "an activity and a breach"
    assert world.slack.dms("U0ANN")
    assert any("Lovelace" in each.plain() for each in world.slack.dms("U0MAX"))
    return world


def test_of_the_person_one_line_is_left_in_slack_and_of_others_everything(talked: World) -> None:
    card, bea = talked.card(place=0), talked.card(place=1)
    assert all(word in everything(talked) for word in SECRET_WORDS)

    done = erase(talked)

    assert done.messages >= 3
    assert talked.card(place=0).ts == card.ts, "the card is edited, not posted anew"
    assert talked.card(place=0).plain() == talked.card(place=0).text == ERASED
    assert thread(talked, card) == []
    assert [word for word in SECRET_WORDS if word in everything(talked)] == []
    assert talked.card(place=1).plain() == bea.plain()
    assert {row.state for row in letters(talked, "scrub")} == {"sent"}
    assert talked.slack.complaints == []


def test_nothing_more_is_said_of_them_however_much_time_passes(talked: World) -> None:
    erase(talked)
    said = len(everything(talked))
    for _ in range(8):
        talked.pass_time(3 * HOUR)

    assert [word for word in SECRET_WORDS if word in everything(talked)] == []
    assert len(everything(talked)) >= said


def test_a_note_whose_answer_was_lost_is_looked_for_and_deleted(world: World) -> None:
    world.send(world.event("demo_request"))
    world.slack.fail("chat.postMessage", "drop")
    world.send(world.event("pricing_page", asset="Lovelace's prices"))
    assert len(thread(world, world.card())) == 1, "it arrived, and Baton does not know"

    erase(world)
    some_time_later(world)

    assert thread(world, world.card()) == []
    assert [word for word in SECRET_WORDS if word in everything(world)] == []


def test_a_message_that_somebody_deleted_already_is_done(world: World) -> None:
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page"))
    world.slack.fail("chat.delete", "message_not_found")

    erase(world)

    assert [row.state for row in letters(world, "scrub")] == ["sent"]
    assert world.slack.messages("C0OPS") == []


@pytest.mark.parametrize("code", ["cant_delete_message", "compliance_exports_prevent_deletion"])
def test_of_a_message_that_may_not_be_deleted_the_admins_are_told_once(world: World, code: str) -> None:
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page"))
    world.slack.fail("chat.delete", code)

    erase(world)
    world.deliver()

    told = [each.plain() for each in world.slack.messages("C0OPS")]
    assert len(told) == 1
    assert f"cannot be deleted ({code})" in told[0]
    assert "Delete it by hand" in told[0]
    assert not any(word in told[0] for word in SECRET_WORDS)
    assert [row.state for row in letters(world, "scrub")] == ["dead"]


def test_a_deletion_that_slack_failed_at_is_tried_again(world: World) -> None:
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page"))
    world.slack.fail("chat.delete", "500_before")

    erase(world)
    assert len(thread(world, world.card())) == 1
    some_time_later(world)

    assert thread(world, world.card()) == []


def test_who_asks_about_an_erased_lead_is_told_that_nobody_of_that_name_is_known(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    erase(world)

    assert "has been heard of" in world.ask("U0ANN", "lead ada@engines.example")
    assert not any(word in world.ask("U0ANN", "queue") for word in SECRET_WORDS)


def test_a_button_of_the_card_as_it_was_is_answered_with_a_sentence(world: World) -> None:
    """Whoever still sees the old card on their phone presses it after the erasure, before the card is edited."""
    world.send(world.event("demo_request"))
    privacy.erase(world.baton.desk, "ada@engines.example")

    world.slack.press("U0ANN", "accept")

    assert world.whispered("U0ANN") == [
        "This lead's data was erased on request, so nothing can be done with it any more."
    ]


def test_a_message_that_another_replica_is_sending_is_deleted_once_that_has_ended(world: World) -> None:
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page", asset="Lovelace's prices"))
    held = "UPDATE outbox SET state = 'sending', attempts = 1, leased_until = '{}-01-01 00:00:00' WHERE kind = 'note'"
    with world.baton.desk.database.writing() as session:
        session.execute(text(held.format(2099)))

    erase(world)
    some_time_later(world)
    assert len(thread(world, world.card())) == 1, "it may not even have arrived yet"

    with world.baton.desk.database.writing() as session:
        session.execute(text("UPDATE outbox SET state = 'sent' WHERE kind = 'note'"))
    some_time_later(world)
    assert thread(world, world.card()) == []
