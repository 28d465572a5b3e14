"""What Slack sees when somebody's account is deactivated: the card, one note, one alert, and no message to them."""

from datetime import timedelta

from bot.desk import answer
from tests.world import ADA, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def handed_over(world: World, number: int = 0) -> None:
    world.send(world.event("demo_request", ADA | {"email": f"lead{number}@engines{number}.example"}))


def leaves(world: World, user: str = "U0BOB") -> None:
    """Slack tells by user_change, and what follows arrives."""
    assert world.slack.change_user(user, deleted=True).error is None
    world.deliver()


def alerts(world: World) -> list[str]:
    return [message.plain() for message in world.slack.messages("C0OPS")]


def test_the_card_asks_for_an_owner_again_and_the_pool_hears_of_it_once(either_world: World) -> None:
    world = either_world
    handed_over(world)
    world.accept("U0BOB")
    assert "<@U0BOB>" in str(world.card().blocks)
    leaves(world)

    assert "Accept" in str(world.card().blocks)
    [note] = world.slack.thread("C0EMEA", world.card().ts)
    assert "is back in the pool" in note.plain()
    assert "<@U0ANN>" in str(note.blocks)
    assert alerts(world) == ["⚠️ The account of @Bob was deactivated. Hand-off #1 went back to the pool."]
    world.press("U0ANN", "accept")
    assert "<@U0ANN>" in str(world.card().blocks)


def test_the_daily_look_at_who_is_who_finds_it_too_where_the_event_was_lost(world: World) -> None:
    handed_over(world)
    world.pass_time(timedelta(0))
    world.accept("U0BOB")
    world.slack.events_url = None
    world.slack.change_user("U0BOB", deleted=True)
    world.until(world.now.replace(day=24, hour=9, minute=30))

    assert "is back in the pool" in world.slack.thread("C0EMEA", world.card().ts)[-1].plain()


def test_outside_hours_the_note_waits_for_the_morning_and_calls_who_is_there_then(world: World) -> None:
    handed_over(world)
    world.accept("U0BOB")
    world.press("U0BOB", "touch")
    world.submit("U0BOB", kind="call", outcome="no_answer")
    world.until(world.now.replace(hour=20))
    leaves(world)
    assert world.slack.thread("C0EMEA", world.card().ts) == []

    world.until(world.now.replace(day=24, hour=9, minute=1))
    with world.baton.desk.database.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE outbox SET not_before = '2020-01-01 00:00:00' WHERE state = 'new'"
        )
    world.deliver()
    [note] = world.slack.thread("C0EMEA", world.card().ts)
    assert "<@U0ANN>" in str(note.blocks)


def test_who_left_is_written_to_no_more_and_nothing_waits_for_them(world: World) -> None:
    handed_over(world)
    world.accept("U0BOB")
    world.clock.advance(30 * MINUTE)
    world.baton.schedule.tick()  # their nudge is written, and not yet sent
    leaves(world)
    leaves(world, "U0MAX")
    for _ in range(6):
        world.pass_time(HOUR)

    assert world.slack.dms("U0BOB") == world.slack.dms("U0MAX") == []
    with world.baton.desk.database.reading() as session:
        waiting = session.connection().exec_driver_sql(
            "SELECT count(*) FROM outbox WHERE kind = 'dm' AND state <> 'dropped'"
        )
        assert waiting.scalar_one() == 0


def test_a_note_of_a_lead_that_a_colleague_took_meanwhile_is_not_sent(world: World) -> None:
    handed_over(world)
    world.accept("U0BOB")
    world.slack.change_user("U0BOB", deleted=True)
    answer.accept(world.baton.desk, 1, "U0ANN")
    world.deliver()

    assert world.slack.thread("C0EMEA", world.card().ts) == []
