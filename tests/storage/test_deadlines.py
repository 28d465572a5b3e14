"""The row is the schedule: set, done once, cancelled, put off, and taken by one replica alone."""

from datetime import UTC, datetime, timedelta

from storage import deadlines
from storage.deadlines import Due
from storage.engine import Database

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def step(name: str = "breach", hours: int = 1, subject: str = "1") -> Due:
    return Due("first_touch", subject, name, NINE + hours * HOUR)


def due(database: Database, hours: int) -> list[Due]:
    with database.writing() as session:
        return deadlines.claim(session, NINE + hours * HOUR, 100)


def test_a_step_is_due_from_its_time_on_and_not_a_second_before(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step(hours=2)])
        assert not deadlines.anything_due(session, NINE + 2 * HOUR - timedelta(seconds=1))
        assert deadlines.anything_due(session, NINE + 2 * HOUR)

    assert due(database, 1) == []
    assert due(database, 2) == [step(hours=2)]


def test_steps_come_oldest_first_and_no_more_than_asked_for(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step("c", 3), step("a", 1), step("b", 2)])
        assert [each.step for each in deadlines.claim(session, NINE + 9 * HOUR, 2)] == ["a", "b"]


def test_a_step_that_was_done_is_never_due_again_even_if_it_is_set_again(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step()])
        deadlines.done(session, step(), NINE + HOUR)
        deadlines.schedule(session, [step(hours=5)])

    assert due(database, 9) == []


def test_setting_a_step_again_moves_it(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step(hours=1)])
        deadlines.schedule(session, [step(hours=3)])

    assert due(database, 2) == []
    assert due(database, 3) == [step(hours=3)]


def test_a_cancelled_step_is_not_due_until_it_is_set_again(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step(), step(subject="2"), Due("decide", "1", "all", NINE + HOUR)])
        deadlines.cancel(session, ["first_touch"], "1")
    assert {(each.kind, each.subject) for each in due(database, 9)} == {("first_touch", "2"), ("decide", "1")}

    with database.writing() as session:
        deadlines.schedule(session, [step(hours=4)])
    assert step(hours=4) in due(database, 9)


def test_cancelling_does_not_touch_what_was_done(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step()])
        deadlines.done(session, step(), NINE + HOUR)
        deadlines.cancel(session, ["first_touch"], "1")
        deadlines.schedule(session, [step()])

    assert due(database, 9) == []


def test_a_step_put_off_waits_until_then(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step()])
        deadlines.postpone(session, step(), NINE + 6 * HOUR)

    assert due(database, 5) == []
    assert len(due(database, 6)) == 1


def test_what_is_asked_for_once_keeps_its_first_time_and_comes_back_when_forgotten(
    database: Database,
) -> None:
    with database.writing() as session:
        deadlines.once(session, step(hours=2))
        deadlines.once(session, step(hours=1))
    assert due(database, 1) == []

    with database.writing() as session:
        deadlines.forget(session, step())
        deadlines.once(session, step(hours=1))
    assert due(database, 1) == [step(hours=1)]


def test_two_replicas_never_decide_the_same_step(postgres_url: str) -> None:
    one, two = Database(postgres_url), Database(postgres_url)
    with one.writing() as session:
        deadlines.schedule(session, [step(f"s{n}") for n in range(10)])

    with one.writing() as first, two.writing() as second:
        mine = deadlines.claim(first, NINE + HOUR, 6)
        theirs = deadlines.claim(second, NINE + HOUR, 100)

    assert (len(mine), len(theirs)) == (6, 4)
    assert not {each.step for each in mine} & {each.step for each in theirs}
    one.close()
    two.close()


def test_late_steps_are_counted_with_the_oldest(database: Database) -> None:
    with database.writing() as session:
        deadlines.schedule(session, [step("a", 1), step("b", 2), step("c", 8)])
        assert deadlines.counts(session, NINE + 3 * HOUR) == {"first_touch": (2, NINE + HOUR)}
        assert deadlines.counts(session, NINE) == {}


def test_only_what_comes_after_a_step_makes_it_needless(database: Database) -> None:
    """Two replicas decide a nudge and a breach of one hand-off at once: each sees the other's row still open."""
    nudge, breach = step("nudge 80%", 1), step("breach", 2)
    with database.writing() as session:
        deadlines.schedule(session, [nudge, breach])

        assert deadlines.later_due(session, nudge, NINE + 3 * HOUR)
        assert not deadlines.later_due(session, nudge, NINE + HOUR), "the breach is still to come"
        assert not deadlines.later_due(session, breach, NINE + 3 * HOUR), "an earlier step silences nobody"


def test_of_steps_that_waited_for_the_same_opening_the_last_of_the_ladder_speaks(database: Database) -> None:
    nudge, breach = step("nudge 80%", 4), step("breach", 4)
    with database.writing() as session:
        deadlines.schedule(session, [nudge])
        deadlines.schedule(session, [breach])

        assert deadlines.later_due(session, nudge, NINE + 4 * HOUR)
        assert not deadlines.later_due(session, breach, NINE + 4 * HOUR)
