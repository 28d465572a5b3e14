"""Baton slept, the clock jumped, two Batons look at once: the latest step is said, and each step once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.desk import answer, deal, notices, opportunity, remind, taking_back
from bot.desk.desk import Desk, open_database
from bot.desk.opportunity import Offer
from scoring.dispositions import Disposition
from scoring.handoff import Touch
from storage import deadlines
from storage.deadlines import Due
from tests.bot.desk.deals import TEAM_WITH_AES
from tests.bot.desk.shift import Shift
from tests.world import ADA, TEAM, World

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def person(number: int) -> dict[str, object]:
    return ADA | {"email": f"lead{number}@engines{number}.example"}


def said(shift: Shift) -> list[str]:
    """Every step that was written about, by note or direct message."""
    letters = [*shift.letters("note"), *shift.letters("dm")]
    return [letter.body["step"] for letter in letters if "step" in letter.body]


def tick(desk: Desk) -> None:
    while remind.remind(desk):
        pass


def test_after_sleeping_past_every_step_only_the_latest_is_said(either_shift: Shift) -> None:
    """ "if later steps have passed meanwhile, only the latest is sent." """
    either_shift.demo()
    either_shift.clock.advance(5 * HOUR)
    tick(either_shift.desk)

    assert said(either_shift) == ["breach"]
    assert len(either_shift.letters("dm")) == 1, "the manager's message"


def test_after_sleeping_past_two_notices_the_owner_gets_the_second(shift: Shift) -> None:
    answer.accept(shift.desk, shift.demo(), "U0BOB")
    shift.clock.advance(50 * MINUTE)
    tick(shift.desk)
    assert said(shift) == ["nudge 80%"]

    shift.clock.advance(10 * MINUTE)
    tick(shift.desk)
    assert said(shift) == ["breach", "nudge 80%"]


def test_a_clock_that_jumps_an_hour_ahead_makes_no_double_nudge(shift: Shift) -> None:
    shift.demo()
    shift.clock.advance(30 * MINUTE)
    tick(shift.desk)
    shift.clock.advance(HOUR)
    for _ in range(3):
        tick(shift.desk)

    assert said(shift) == ["nudge 50%", "breach"]


def test_looking_twice_says_nothing_twice(either_shift: Shift) -> None:
    either_shift.demo()
    for _ in range(14):
        either_shift.clock.advance(5 * MINUTE)
        tick(either_shift.desk)
        tick(either_shift.desk)

    assert said(either_shift) == ["nudge 50%", "nudge 80%", "breach"]


def test_one_row_that_cannot_be_decided_does_not_keep_the_others_from_being_said(
    either_shift: Shift,
) -> None:
    with either_shift.desk.database.writing() as session:
        deadlines.schedule(session, [Due("first_touch", "not a number", "nudge 50%", either_shift.now)])
        deadlines.schedule(session, [Due("of a newer Baton", "1", "x", either_shift.now)])
    either_shift.demo()
    either_shift.clock.advance(30 * MINUTE)
    tick(either_shift.desk)

    assert said(either_shift) == ["nudge 50%"]
    with either_shift.desk.database.reading() as session:
        assert deadlines.open_steps(session, ["first_touch"], "not a number")[0].due_at > either_shift.now
        assert deadlines.open_steps(session, ["of a newer Baton"], "1") != [], "left to the one who knows it"

    either_shift.clock.advance(2 * MINUTE)
    tick(either_shift.desk)
    told = [letter.body["sentence"] for letter in either_shift.letters("notice")]
    assert ["cannot decide the step nudge 50% (first_touch)" in sentence for sentence in told] == [True]


def replica_of(shift: Shift, url: str) -> Desk:
    return Desk(open_database(url, "serve"), shift.clock)


def at_once(*jobs: Callable[[], object]) -> None:
    """Run every job in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> object:
        gate.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result()


def test_two_batons_on_one_database_say_each_step_once(postgres_shift: Shift, postgres_url: str) -> None:
    shift, other = postgres_shift, replica_of(postgres_shift, postgres_url)
    for number in range(40):
        shift.demo(person(number))
    for minutes in (30, 18, 12, 15, 15):
        shift.clock.advance(minutes * MINUTE)
        at_once(lambda: tick(shift.desk), lambda: tick(other), lambda: tick(shift.desk), lambda: tick(other))

    steps = Counter((letter.handoff_id, letter.body["step"]) for letter in shift.letters("note"))
    assert len(steps) == 40 * 3
    assert set(steps.values()) == {1}
    told = [notice for letter in shift.letters("dm") for notice in letter.body["notices"]]
    assert sorted(told) == sorted(set(told))
    assert len(told) == 40, "every breach reaches the manager once"
    other.database.close()


def test_a_breach_decided_while_another_baton_collects_the_managers_message_is_not_forgotten(
    postgres_shift: Shift, postgres_url: str
) -> None:
    shift, other = postgres_shift, replica_of(postgres_shift, postgres_url)
    shift.demo(person(1))
    shift.clock.advance(HOUR)
    with shift.desk.database.writing() as session:
        deadlines.schedule(session, [Due(notices.NOTICES, "U0MAX", "next", shift.now + SECOND)])

    with other.database.writing() as session:
        remind.decide(session, other, shift.now, remind.STEPS, 100)
        shift.clock.advance(SECOND)
        tick(shift.desk)  # collects while the breach is written and not yet committed
    tick(shift.desk)

    assert [len(letter.body["notices"]) for letter in shift.letters("dm")] == [1]
    other.database.close()


def test_two_batons_that_deliver_at_once_post_each_card_once(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    first, second = worlds(postgres_url), worlds(postgres_url)
    for number in range(12):
        first.post({"events": [first.event("demo_request", person(number))]})
    at_once(first.deliver, second.deliver, first.deliver, second.deliver)
    first.clock.advance(30 * MINUTE)
    second.clock.advance(30 * MINUTE)
    at_once(first.baton.schedule.tick, second.baton.schedule.tick)
    at_once(first.deliver, second.deliver)

    cards = first.slack.messages("C0EMEA")
    posted = [card.metadata["event_payload"]["handoff"] for card in cards if card.metadata]
    assert sorted(posted) == list(range(1, 13))
    assert {len(first.slack.thread("C0EMEA", card.ts)) for card in cards} == {1}
    assert first.slack.complaints == []


def next_deadline(shift: Shift, id_: int) -> bool:
    kinds = ("first_touch", "decide", "ae_accept", "opportunity", "close_date", "follow_up")
    return any(kind in kinds for kind, _ in shift.due(id_))


@pytest.mark.parametrize("team", [TEAM, TEAM_WITH_AES], ids=["without account executives", "with two"])
def test_every_open_handoff_has_a_next_deadline_whatever_happens_to_it(
    shifts: Callable[..., Shift], sqlite_url: str, team: str
) -> None:
    """ "Every open hand-off, snoozed or paused, has a next deadline." """
    shift = shifts(sqlite_url, team=team)
    id_ = shift.demo()
    desk, bant = shift.desk, deal.Bant(dict.fromkeys(deal.BANT, "yes"))
    happenings: list[Callable[[], object]] = [
        lambda: answer.accept(desk, id_, "U0BOB"),
        lambda: taking_back.undo(desk, id_, "U0BOB"),
        lambda: answer.accept(desk, id_, "U0ANN"),
        lambda: shift.arrive(shift.event("webinar")),
        lambda: answer.touch(desk, id_, "U0ANN", Touch("call", "reached", "U0ANN", shift.now)),
        lambda: shift.clock.advance(8 * DAY),
        lambda: shift.clock.advance(8 * DAY),
        lambda: answer.touch(desk, id_, "U0ANN", Touch("call", "voicemail", "U0ANN", shift.now)),
        lambda: shift.clock.advance(30 * DAY),
        lambda: deal.qualify(desk, id_, "U0ANN", bant),
        lambda: taking_back.undo(desk, id_, "U0ANN"),
        lambda: deal.qualify(desk, id_, "U0ANN", bant),
        lambda: shift.clock.advance(3 * DAY),
        lambda: shift.clock.advance(30 * DAY),
        lambda: deal.ae_accept(desk, id_, "U0MAX"),
        lambda: taking_back.undo(desk, id_, "U0MAX"),
        lambda: deal.ae_accept(desk, id_, "U0MAX"),
        lambda: shift.clock.advance(40 * DAY),
        lambda: deal.send_back(desk, id_, "U0MAX", "no authority"),
        lambda: shift.clock.advance(20 * DAY),
        lambda: deal.qualify(desk, id_, "U0ANN", bant),
        lambda: opportunity.opportunity(desk, id_, "U0MAX", Offer(1, shift.now.date() + 30 * DAY)),
        lambda: opportunity.opportunity(desk, id_, "U0MAX", Offer(1, shift.now.date() + 60 * DAY)),
        lambda: taking_back.undo(desk, id_, "U0MAX"),
        lambda: shift.clock.advance(80 * DAY),
        lambda: opportunity.opportunity(desk, id_, "U0MAX", Offer(1, shift.now.date())),
        lambda: (
            opportunity.won(desk, id_, "U0MAX"),
            taking_back.reopen(desk, id_, "U0MAX", "not signed"),
        ),
    ]
    for number, happening in enumerate(happenings):
        happening()
        tick(desk)
        assert next_deadline(shift, id_), f"nothing is due after happening {number}"
        assert min(shift.due(id_).values()) > shift.now, f"late after happening {number}"

    answer.end(desk, id_, "U0MAX", Disposition("not_fit.size"))
    assert shift.due(id_) == {}


def test_an_old_lead_without_a_clock_has_its_decision_as_the_next_deadline(shift: Shift) -> None:
    old = (shift.now - 4 * DAY).isoformat()
    shift.arrive(
        shift.event("pricing_page", occurred_at=old), shift.event("webinar", occurred_at=old, asset="a")
    )
    assert shift.handoff(1).due_at is None
    assert {kind for kind, _ in shift.due(1)} == {"decide"}


def test_a_team_whose_pool_is_always_off_is_nudged_without_a_mention(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    empty = TEAM.replace("role: sdr", "role: sdr, hours: {sun: '03:00-04:00'}")
    shift = shifts(sqlite_url, team=empty)
    shift.demo()
    shift.clock.advance(30 * MINUTE)
    tick(shift.desk)

    assert [note.body["mention"] for note in shift.letters("note")] == [[]]
