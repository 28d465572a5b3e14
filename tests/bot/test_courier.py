"""The courier: each letter once, hot ones first, one channel's trouble is that channel's alone."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from bot.clock import Clock
from bot.courier import BROKEN, GRACE, Courier
from bot.desk import delivery
from bot.desk.desk import open_database
from bot.desk.post import Dead, Delivered, Doubtful, Dropped, Later, Outcome, Parcel
from storage import outbox, paces
from storage.engine import Database
from storage.outbox import LEASE, Letter
from storage.tables import OutboxRow

SECOND = timedelta(seconds=1)


class StandingClock(Clock):
    """Real time that moves when it is told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def real(self) -> datetime:
        return self.at

    def wait(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Counter:
    """A post office: what was handed to it, and what it answers, the last answer for ever."""

    answers: list[Outcome | Exception] = field(default_factory=lambda: [Delivered()])
    parcels: list[Parcel] = field(default_factory=list)

    def __call__(self, parcel: Parcel) -> Outcome:
        self.parcels.append(parcel)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Office:
    """A database with an outbox, a clock, a courier and one counter for every kind."""

    database: Database
    clock: StandingClock
    counter: Counter
    gaps: Mapping[str, timedelta]
    counted: list[tuple[str, str]] = field(default_factory=list)

    def courier(self) -> Courier:
        return Courier(
            self.database,
            self.clock,
            {"note": self.counter},
            gaps=self.gaps,
            count=lambda kind, outcome: self.counted.append((kind, outcome)),
        )

    def write(self, key: str, channel: str = "C1", *, kind: str = "note", rank: int = 100) -> None:
        with self.database.writing() as session:
            outbox.put(
                session, [Letter(key, kind, f"post:{channel}", self.clock.real(), rank, body={"key": key})]
            )

    def row(self, key: str) -> OutboxRow:
        with self.database.reading() as session:
            return session.scalars(select(OutboxRow).where(col(OutboxRow.key) == key)).one()

    @property
    def sent(self) -> list[str]:
        return [parcel.body["key"] for parcel in self.counter.parcels]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = open_database(database_url, "serve")
    yield Office(database, StandingClock(), Counter(), {})
    database.close()


@pytest.fixture
def small_office(sqlite_url: str) -> Iterator[Office]:
    database = open_database(sqlite_url, "serve")
    yield Office(database, StandingClock(), Counter(), {})
    database.close()


def test_a_letter_is_handed_over_once_however_often_the_courier_looks(office: Office) -> None:
    office.write("a")
    office.write("a")
    assert office.courier().drain() == 1
    assert office.courier().drain() == 0

    assert office.sent == ["a"]
    assert office.row("a").state == "sent"
    assert office.row("a").sent_at is not None
    assert office.counted == [("note", "delivered")]


def test_hot_letters_go_first(office: Office) -> None:
    office.write("cool", "C1", rank=9)
    office.write("hot", "C2", rank=0)
    office.write("warm", "C3", rank=4)
    office.courier().drain()

    assert office.sent == ["hot", "warm", "cool"]


def test_a_channel_gets_one_message_a_second_and_the_others_do_not_wait_for_it(office: Office) -> None:
    office.gaps = {"post": SECOND}
    for number in range(3):
        office.write(f"busy {number}", "C1")
    office.write("other", "C2")
    courier = office.courier()
    courier.drain()
    assert sorted(office.sent) == ["busy 0", "other"]

    office.clock.wait(SECOND)
    courier.drain()
    assert office.sent[-1] == "busy 1"
    office.clock.wait(SECOND)
    courier.drain()
    assert office.sent[-1] == "busy 2"


def test_retry_after_holds_that_channel_and_no_other(office: Office) -> None:
    office.counter.answers = [Later(30 * SECOND, "rate limited", holds="post:C1"), Delivered()]
    office.write("first", "C1")
    office.courier().drain()
    office.write("second", "C1")
    office.write("elsewhere", "C2")
    office.courier().drain()
    assert office.sent == ["first", "elsewhere"]

    office.clock.wait(29 * SECOND)
    assert office.courier().drain() == 0
    office.clock.wait(SECOND)
    office.courier().drain()
    assert office.sent == ["first", "elsewhere", "first", "second"]


def test_a_letter_that_waits_for_a_repair_lets_the_next_one_of_its_channel_pass(office: Office) -> None:
    office.counter.answers = [Later(60 * SECOND, "is_archived"), Delivered()]
    office.write("first")
    office.write("second")
    office.courier().drain()

    assert office.sent == ["first", "second"]
    assert (office.row("first").state, office.row("first").error) == ("new", "is_archived")


def test_a_doubtful_letter_rests_for_the_grace_and_is_then_looked_for(office: Office) -> None:
    office.counter.answers = [Doubtful("reset"), Delivered()]
    office.write("a")
    courier = office.courier()
    courier.drain()
    assert office.row("a").state == "unknown"

    office.clock.wait(GRACE - SECOND)
    assert courier.drain() == 0
    office.clock.wait(SECOND)
    courier.drain()
    assert [parcel.doubtful for parcel in office.counter.parcels] == [False, True]
    assert office.row("a").state == "sent"


def test_a_doubtful_letter_stays_doubtful_when_looking_for_it_is_refused(office: Office) -> None:
    office.counter.answers = [Doubtful("reset"), Later(SECOND, "429 while looking"), Delivered()]
    office.write("a")
    courier = office.courier()
    for _ in range(3):
        courier.drain()
        office.clock.wait(GRACE)

    assert [parcel.doubtful for parcel in office.counter.parcels] == [False, True, True]


def test_a_needless_letter_is_dropped_and_a_hopeless_one_dies_with_a_line_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.counter.answers = [Dropped("done meanwhile"), Dead("invalid_blocks")]
    office.write("needless", "C1", rank=1)
    office.write("hopeless", "C2", rank=2)
    with caplog.at_level(logging.ERROR):
        office.courier().drain()
    office.clock.wait(timedelta(days=30))
    office.courier().drain()

    assert office.sent == ["needless", "hopeless"]
    assert (office.row("needless").state, office.row("hopeless").state) == ("dropped", "dead")
    assert [record.getMessage() for record in caplog.records] == ["a letter was given up"]
    assert vars(caplog.records[0])["why"] == "invalid_blocks"


def test_a_sender_that_fails_unforeseen_keeps_its_letter_and_the_others_go_out(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.counter.answers = [ZeroDivisionError(), Delivered()]
    office.write("unlucky", "C1", rank=1)
    office.write("lucky", "C2", rank=2)
    office.write("strange", "C3", kind="of a newer Baton")
    courier = office.courier()
    courier.drain()

    assert office.sent == ["unlucky", "lucky"]
    assert office.row("unlucky").state == office.row("strange").state == "new"
    assert "a sender failed" in caplog.messages
    office.clock.wait(BROKEN)
    courier.drain()
    assert office.row("unlucky").state == "sent"


def claimed(office: Office) -> outbox.Claimed:
    with office.database.writing() as session:
        (letter,) = outbox.claim(session, office.clock.real(), 1, {})
    return letter


def test_a_dead_replicas_letter_is_taken_over_after_the_lease_as_doubtful(office: Office) -> None:
    office.write("a")
    claimed(office)
    office.clock.wait(LEASE)
    assert office.courier().drain() == 0

    office.clock.wait(SECOND)
    office.courier().drain()
    assert [parcel.doubtful for parcel in office.counter.parcels] == [True]


def test_a_zombie_that_wakes_after_its_lease_changes_nothing(office: Office) -> None:
    office.write("a")
    old = claimed(office)
    office.clock.wait(LEASE + SECOND)
    with office.database.writing() as session:
        (new,) = outbox.claim(session, office.clock.real(), 1, {})
    with office.database.writing() as session:
        assert not outbox.settle(session, old, "dead", error="the zombie says so")
        assert outbox.still_ours(session, new)
    assert office.row("a").state == "sending"

    with office.database.writing() as session:
        assert outbox.settle(session, new, "sent")
    with office.database.writing() as session:
        outbox.settle(session, old, "new")
    assert office.row("a").state == "sent"
    assert office.courier().drain() == 0


def test_two_couriers_at_the_same_moment_hand_over_each_letter_once(office: Office) -> None:
    for number in range(60):
        office.write(str(number), f"C{number % 7}")
    gate = threading.Barrier(4)

    def run(courier: Courier) -> None:
        gate.wait()
        courier.drain()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, [office.courier() for _ in range(4)]))
    office.courier().drain()
    assert sorted(office.sent, key=int) == [str(number) for number in range(60)]


def eventually(true: Callable[[], bool], seconds: float = 8) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.02)


def test_a_woken_courier_delivers_at_once_and_stops_when_told(office: Office) -> None:
    courier = office.courier()
    courier.start()
    office.write("a")
    courier.wake()
    eventually(lambda: office.sent == ["a"], 0.9)
    courier.stop()

    office.write("b")
    courier.wake()
    assert office.sent == ["a"]


def test_the_courier_goes_on_after_the_database_was_away_for_more_tries_than_it_has_workers(
    small_office: Office,
) -> None:
    courier = small_office.courier()
    run(small_office, "ALTER TABLE outbox RENAME TO elsewhere")
    courier.start()
    for _ in range(46):  # it tries once a second when woken, and has four workers
        courier.wake()
        time.sleep(0.1)
    run(small_office, "ALTER TABLE elsewhere RENAME TO outbox")
    small_office.write("a")
    eventually(lambda: small_office.sent == ["a"])
    courier.stop()


def run(office: Office, statement: str) -> None:
    with office.database.writing() as session:
        session.connection().execute(text(statement))


def test_a_webhook_receiver_that_hangs_does_not_keep_a_card_waiting(database_url: str) -> None:
    database = open_database(database_url, "write")
    answering, carded = threading.Event(), threading.Event()
    called: list[int] = []

    def hang(parcel: Parcel) -> Outcome:
        called.append(parcel.send)
        answering.wait(30)
        return Delivered()

    def post(_parcel: Parcel) -> Outcome:
        carded.set()
        return Delivered()

    courier = Courier(database, Clock(), {"webhook": hang, "note": post})
    with database.writing() as session:
        now = datetime.now(UTC)
        outbox.put(session, [Letter(f"hook:{n}", "webhook", "webhook", now, 60) for n in range(8)])
    courier.start()
    try:
        while not called:
            time.sleep(0.01)
        with database.writing() as session:
            outbox.put(session, [Letter("note", "note", "post:C1", datetime.now(UTC), 90)])
        courier.wake()
        assert carded.wait(10), "the card waits behind the webhooks"
        assert len(called) == 1
        answering.set()
        until = time.monotonic() + 20
        while len(called) < 8 and time.monotonic() < until:
            time.sleep(0.01)
        assert len(called) == 8
    finally:
        answering.set()
        courier.stop()
        database.close()


class WrongClock(Clock):
    """The clock of a machine that is wrong by *by*."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def real(self) -> datetime:
        return super().real() + self.by


@pytest.fixture
def wrong_offices(postgres_url: str) -> Iterator[list[Office]]:
    """Two replicas on one PostgreSQL; the one's machine is ten minutes ahead, the other's ten behind."""
    made: list[Office] = []
    for wrong in (10, -10):
        database = open_database(postgres_url, "serve")
        clock = delivery.clock_of(database, WrongClock(timedelta(minutes=wrong)))
        made.append(Office(database, clock, Counter(), {"post": SECOND}))  # type: ignore[arg-type]
    yield made
    for office in made:
        office.database.close()


@pytest.mark.parametrize("writer", [0, 1])
def test_what_a_replica_with_a_wrong_clock_wrote_goes_out_at_once(
    wrong_offices: list[Office], writer: int
) -> None:
    wrong_offices[writer].write("a")
    assert wrong_offices[1 - writer].courier().drain() == 1


@pytest.mark.parametrize("first", [0, 1])
def test_a_lease_holds_between_replicas_whose_clocks_differ_by_twenty_minutes(
    wrong_offices: list[Office], first: int
) -> None:
    holder, other = wrong_offices[first], wrong_offices[1 - first]
    holder.write("a")
    with holder.database.writing() as session:
        (letter,) = outbox.claim(session, holder.clock.checked(), 1, {})
    assert other.courier().drain() == 0
    assert holder.clock.checked() < letter.leased_until - LEASE + 5 * SECOND

    run(holder, "UPDATE outbox SET leased_until = clock_timestamp() - interval '1 second'")
    assert other.courier().drain() == 1
    with holder.database.writing() as session:
        assert not outbox.settle(session, letter, "dead")


def test_pacing_holds_between_replicas_whose_clocks_differ_by_twenty_minutes(
    wrong_offices: list[Office],
) -> None:
    for number in range(3):
        wrong_offices[number % 2].write(str(number))
    began = time.monotonic()
    handled = [office.courier().drain() for office in wrong_offices]
    assert time.monotonic() - began > 1 or sum(handled) == 1
    while sum(handled) < 3:
        time.sleep(0.1)
        handled += [office.courier().drain() for office in wrong_offices]
    assert 1.9 < time.monotonic() - began < 8


def test_a_letter_that_called_nobody_gives_its_channels_turn_back(office: Office) -> None:
    office.gaps = {"post": 60 * SECOND}
    office.counter.answers = [Later(30 * SECOND, "its card waits", idle=True), Delivered()]
    office.write("waits", rank=1)
    office.write("goes", rank=2)
    office.courier().drain()

    assert office.sent == ["waits", "goes"]
    office.write("next", rank=1)
    office.clock.wait(59 * SECOND)
    assert office.courier().drain() == 0, "a letter that was sent has used the turn"


def test_giving_a_turn_back_shortens_no_wait_that_slack_asked_for(office: Office) -> None:
    office.write("a")
    letter = claimed(office)
    with office.database.writing() as session:
        paces.hold(session, "post:C1", office.clock.real() + 30 * SECOND)
        paces.give_back(session, letter.turns, office.clock.real())
    office.write("b")
    assert office.courier().drain() == 0


def test_what_follows_from_an_outcome_is_written_only_by_who_still_holds_the_letter(office: Office) -> None:
    told: list[str] = []

    def slow(parcel: Parcel) -> Outcome:
        office.clock.wait(LEASE + SECOND)
        office.courier().drain()
        return Delivered(also=lambda _session, _now: told.append("the zombie"))

    office.counter.answers = [Delivered(also=lambda _session, _now: told.append("the heir"))]
    office.write("a")
    Courier(office.database, office.clock, {"note": slow}, gaps={}).drain()

    assert told == ["the heir"]
    assert office.row("a").fence == 2
