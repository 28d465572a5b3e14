"""The outbox: one at a time per channel, hot tiers first, nothing sent by two, nothing lost by a crash."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import select
from sqlmodel import Session, col

from storage import outbox, paces
from storage.engine import Database
from storage.outbox import LEASE, Claimed, Letter
from storage.tables import OutboxRow

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GAPS = {"post": SECOND}


def letter(key: str, pace: str = "post:C1", rank: int = 100, at: datetime = NOW) -> Letter:
    return Letter(key, "note", pace, at, rank, body={"key": key})


def put(database: Database, *letters: Letter) -> None:
    with database.writing() as session:
        outbox.put(session, letters)


def claim(
    database: Database, at: datetime = NOW, most: int = 10, gap: dict[str, timedelta] = GAPS
) -> list[Claimed]:
    with database.writing() as session:
        return outbox.claim(session, at, most, gap)


def settle(database: Database, taken: Claimed, state: str, **columns: object) -> bool:
    with database.writing() as session:
        return outbox.settle(session, taken, state, **columns)


def row(session: Session, key: str) -> OutboxRow:
    return session.scalars(select(OutboxRow).where(col(OutboxRow.key) == key)).one()


def state(database: Database, key: str) -> str:
    with database.reading() as session:
        return row(session, key).state


def test_asking_twice_for_the_same_letter_sends_it_once(database: Database) -> None:
    put(database, letter("a"), letter("a"))
    put(database, Letter("a", "note", "post:C9", NOW, body={"key": "another"}))

    taken = claim(database)

    assert [(each.key, each.pace, each.body) for each in taken] == [("a", "post:C1", {"key": "a"})]


def test_one_channel_gets_one_message_a_second_and_others_do_not_wait_for_it(database: Database) -> None:
    put(database, letter("a1"), letter("a2"), letter("b1", "post:C2"))

    assert [each.key for each in claim(database)] == ["a1", "b1"]
    assert claim(database, NOW + SECOND / 2) == []
    assert [each.key for each in claim(database, NOW + SECOND)] == ["a2"]


def test_hot_tiers_go_first_and_equals_in_their_order(database: Database) -> None:
    put(database, letter("cold", rank=9), letter("hot", rank=1), letter("hot too", rank=1))

    order = [claim(database, NOW + n * SECOND, most=1)[0].key for n in range(3)]

    assert order == ["hot", "hot too", "cold"]


def test_a_letter_for_later_waits(database: Database) -> None:
    put(database, letter("a", at=NOW + SECOND))

    assert claim(database, NOW) == []
    assert len(claim(database, NOW + SECOND)) == 1


def test_a_letter_in_somebodys_hands_is_not_given_to_another(database: Database) -> None:
    put(database, letter("a"))
    claim(database)

    assert claim(database, NOW + LEASE) == []
    with database.reading() as session:
        assert not outbox.anything_ready(session, NOW + LEASE)


def test_a_letter_whose_sender_died_is_taken_up_again_and_is_doubtful(database: Database) -> None:
    put(database, letter("a"))
    [first] = claim(database)

    [second] = claim(database, NOW + LEASE + SECOND)

    assert (first.doubtful, second.doubtful) == (False, True)
    assert (second.attempts, second.fence) == (2, 2)


def test_the_slow_sender_cannot_overwrite_what_the_next_one_wrote(database: Database) -> None:
    put(database, letter("a"))
    [slow] = claim(database)
    [fast] = claim(database, NOW + LEASE + SECOND)

    assert not settle(database, slow, "dead")
    assert settle(database, fast, "sent")

    assert state(database, "a") == "sent"
    with database.reading() as session:
        assert not outbox.still_ours(session, slow)
        assert outbox.still_ours(session, fast)


def test_what_may_have_been_sent_comes_back_as_doubtful(database: Database) -> None:
    put(database, letter("a"))
    [first] = claim(database)
    settle(database, first, "unknown", not_before=NOW + 12 * SECOND)

    assert claim(database, NOW + 11 * SECOND) == []
    assert claim(database, NOW + 12 * SECOND)[0].doubtful


def test_what_was_surely_not_sent_comes_back_without_doubt(database: Database) -> None:
    put(database, letter("a"))
    [first] = claim(database)
    settle(database, first, "new", not_before=NOW + 5 * SECOND)

    assert not claim(database, NOW + 5 * SECOND)[0].doubtful


def test_settled_letters_are_never_sent_again(database: Database) -> None:
    for number, end in enumerate(("sent", "dropped", "dead")):
        put(database, letter(end, f"post:C{number}"))
    for taken in claim(database):
        settle(database, taken, taken.key)

    assert claim(database, NOW + timedelta(days=9)) == []
    with database.reading() as session:
        assert outbox.depths(session) == {("note", "dead"): 1}
        assert outbox.oldest(session) is None


def test_slack_saying_wait_holds_the_whole_channel(database: Database) -> None:
    put(database, letter("a"), letter("b", "post:C2"))
    with database.writing() as session:
        paces.hold(session, "post:C1", NOW + 30 * SECOND)

    [other] = claim(database)
    assert other.key == "b"
    assert settle(database, other, "sent")
    assert claim(database, NOW + 29 * SECOND) == []
    assert [each.key for each in claim(database, NOW + 30 * SECOND)] == ["a"]


def test_arming_makes_a_settled_letter_new_again(database: Database) -> None:
    for end in ("sent", "dropped", "dead"):
        put(database, letter(end, f"post:{end}"))
    for taken in claim(database):
        settle(database, taken, taken.key, error="why")

    later = NOW + 60 * SECOND
    with database.writing() as session:
        outbox.arm(
            session, [letter(end, f"post:{end}", at=later) for end in ("sent", "dropped", "dead", "new")]
        )

    assert claim(database, later - SECOND) == []
    assert sorted(each.key for each in claim(database, later)) == ["dead", "dropped", "new", "sent"]
    with database.reading() as session:
        assert {row(session, end).error for end in ("sent", "dropped", "dead")} == {None}
        assert {row(session, end).attempts for end in ("sent", "dropped", "dead")} == {1}


def test_arming_leaves_alone_what_waits_is_in_doubt_or_is_being_sent(database: Database) -> None:
    put(
        database,
        letter("sending", "post:1"),
        letter("unknown", "post:2"),
        letter("waiting", "post:3", at=NOW + SECOND),
    )
    sending, unknown = claim(database)
    settle(database, unknown, "unknown", not_before=NOW + 12 * SECOND)

    with database.writing() as session:
        outbox.arm(session, [letter(key, at=NOW + 99 * SECOND) for key in ("sending", "unknown", "waiting")])

    assert (state(database, "sending"), state(database, "unknown")) == ("sending", "unknown")
    assert outbox_times(database) == {"sending": NOW, "unknown": NOW + 12 * SECOND, "waiting": NOW + SECOND}
    assert settle(database, sending, "sent")


def outbox_times(database: Database) -> dict[str, datetime]:
    with database.reading() as session:
        return {each.key: each.not_before for each in session.scalars(select(OutboxRow))}


def test_two_replicas_in_open_transactions_share_no_letter(postgres_url: str) -> None:
    one, two = Database(postgres_url), Database(postgres_url)
    put(one, *(letter(f"k{n}", f"post:C{n}") for n in range(60)))

    with one.writing() as first, two.writing() as second:
        mine = outbox.claim(first, NOW, 6, GAPS)
        theirs = outbox.claim(second, NOW, 10, GAPS)

    assert len(mine) == 6
    assert theirs
    assert not {each.key for each in mine} & {each.key for each in theirs}
    one.close()
    two.close()


def test_four_replicas_that_hurry_send_every_letter_exactly_once(postgres_url: str) -> None:
    database = Database(postgres_url)
    put(database, *(letter(f"k{n}", f"webhook:{n % 7}") for n in range(140)))
    taken: list[str] = []
    start = Barrier(4)

    def send() -> None:
        start.wait(timeout=30)
        idle = 0
        while idle < 3:
            mine = claim(database, most=3, gap={})
            idle = 0 if mine else idle + 1
            for each in mine:
                assert settle(database, each, "sent")
                taken.append(each.key)

    replicas = [Thread(target=send) for _ in range(4)]
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join()

    assert sorted(taken) == sorted(f"k{n}" for n in range(140))
    database.close()


def test_replicas_that_hurry_share_one_queue_per_channel(postgres_url: str) -> None:
    database = Database(postgres_url)
    put(database, *(letter(f"k{n}") for n in range(60)))
    per_second: list[int] = []

    with ThreadPoolExecutor(4) as replicas:
        for second in range(8):
            at, start = NOW + second * SECOND, Barrier(4)

            def hurry(_replica: int, at: datetime = at, start: Barrier = start) -> int:
                start.wait(timeout=30)
                return len(claim(database, at, most=1))

            per_second.append(sum(replicas.map(hurry, range(4))))

    assert per_second == [1] * 8
    database.close()


def steps_of_a_look(database: Database) -> int:
    """How many steps of SQLite's machine a look takes; a count that no other work on this machine changes."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    with database.reading() as session:
        raw = session.connection().connection.dbapi_connection
        assert raw is not None
        raw.set_progress_handler(count, 1)
        assert outbox.anything_ready(session, NOW)
        raw.set_progress_handler(None, 1)
    return steps[0]


def test_a_look_costs_what_there_are_channels_however_many_letters_wait(sqlite_url: str) -> None:
    database = Database(sqlite_url, "serve")
    put(database, *(letter(f"free {n}", f"post:F{n}", rank=50) for n in range(5)))
    alone = steps_of_a_look(database)
    put(database, *(letter(f"blocked {n}", rank=1) for n in range(10_000)))
    with database.writing() as session:
        paces.hold(session, "post:C1", NOW + 60 * SECOND)

    assert steps_of_a_look(database) < 1.5 * alone
    assert {each.pace for each in claim(database)} == {f"post:F{n}" for n in range(5)}
    database.close()


def test_while_slack_is_in_trouble_one_letter_tries_and_webhooks_go_on(database: Database) -> None:
    with database.writing() as session:
        paces.hold(session, paces.SLACK, NOW + 20 * SECOND)
    put(database, *(letter(f"c{n}", f"post:C{n}") for n in range(9)), letter("hook", "webhook"))

    [hook] = claim(database)
    assert hook.key == "hook"
    assert settle(database, hook, "sent")
    [probe] = claim(database, NOW + 20 * SECOND)
    assert (probe.key, probe.probing) == ("c0", True)
    assert claim(database, NOW + 39 * SECOND) == []
    with database.writing() as session:
        assert paces.end_trouble(session)
    assert len(claim(database, NOW + 39 * SECOND)) == 8


def test_two_replicas_try_a_slack_in_trouble_once(postgres_url: str) -> None:
    database = Database(postgres_url)
    put(database, *(letter(f"c{n}", f"post:C{n}") for n in range(20)))
    with database.writing() as session:
        paces.hold(session, paces.SLACK, NOW)
    start = Barrier(4)

    def look(_replica: int) -> int:
        start.wait(timeout=30)
        return len(claim(database))

    with ThreadPoolExecutor(4) as replicas:
        assert sum(replicas.map(look, range(4))) == 1
    database.close()


def test_when_a_letter_was_first_tried_is_remembered_through_every_look_for_it(database: Database) -> None:
    put(database, letter("a"))
    [first] = claim(database)
    settle(database, first, "unknown", not_before=NOW + SECOND, sent_at=first.claimed_at)
    [second] = claim(database, NOW + 60 * SECOND)
    [third] = claim(database, NOW + 120 * SECOND)

    assert (first.tried_at, second.tried_at, third.tried_at) == (None, NOW, NOW)


def test_however_many_hot_channels_must_wait_a_cool_letter_of_a_free_one_goes_out(database: Database) -> None:
    put(database, *(letter(f"hot {n}", f"post:B{n}", rank=1) for n in range(40)), letter("cool", rank=90))
    with database.writing() as session:
        for number in range(40):
            paces.hold(session, f"post:B{number}", NOW + 60 * SECOND)

    assert [each.key for each in claim(database, most=1)] == ["cool"]
