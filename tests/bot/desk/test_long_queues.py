"""A burst: when a channel's queue is longer than a quarter of an hour, cool leads are gathered onto digests."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from bot.desk import answer, delivery
from storage import outbox, relief
from storage.relief import ANY_TIER
from storage.tables import CardRow, HandoffRow, OutboxRow
from tests.bot.desk.shift import Shift
from tests.bot.patience import Patient
from tests.world import ADA

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def burst(shift: Any, count: int, hot: int = 0, start: int = 0) -> None:
    """Leads of one channel in requests of 500; the last *hot* of them asked for a demo."""
    events: list[dict[str, Any]] = []
    for number in range(start, start + count):
        lead = ADA | {"email": f"ada{number}@engines{number}.example", "first_name": f"Ada{number}"}
        if number >= start + count - hot:
            events.append(shift.event("demo_request", lead))
        else:
            events += [shift.event("webinar", lead, asset="a"), shift.event("pricing_page", lead, asset="a")]
    for begin in range(0, len(events), 500):
        shift.arrive(*events[begin : begin + 500])


def rows(shift: Any, table: Any) -> list[Any]:
    with shift.desk.database.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def relieve(shift: Shift) -> bool:
    with shift.desk.database.writing() as session:
        return delivery.relieve(session, shift.desk)


def settle_down(shift: Shift) -> None:
    while relieve(shift):
        pass


def check_each_once(shift: Shift) -> None:
    """Every open hand-off is on one card that has one letter; no card and no letter is left over."""
    cards = {card.id: card for card in rows(shift, CardRow)}
    letters = Counter(letter.card_id for letter in rows(shift, OutboxRow) if letter.kind == "card")
    on = Counter(handoff.card_id for handoff in rows(shift, HandoffRow))
    assert set(on) == set(cards) == set(letters)
    assert set(letters.values()) == {1}
    assert all(count == 1 or cards[card].collects == ANY_TIER for card, count in on.items())
    assert max(on.values()) <= 10


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("leads", [2_000, 10_000])
def test_of_thousands_of_leads_at_once_the_hottest_keep_their_cards_and_the_rest_come_on_digests(
    either_shift: Shift, leads: int
) -> None:
    burst(either_shift, leads, hot=40)
    settle_down(either_shift)

    check_each_once(either_shift)
    digests = [card for card in rows(either_shift, CardRow) if card.collects == ANY_TIER]
    assert len(digests) == (leads - 300) / 10
    single = {card.id for card in rows(either_shift, CardRow) if card.collects is None}
    own = [handoff for handoff in rows(either_shift, HandoffRow) if handoff.card_id in single]
    assert len(own) == 300
    assert sum(handoff.tier == "demo" for handoff in own) == 40, "all that were hot, though they came last"


def test_a_queue_of_a_quarter_of_an_hour_is_left_as_it_is(shift: Shift) -> None:
    burst(shift, delivery.LONG)
    assert not relieve(shift)
    assert {card.collects for card in rows(shift, CardRow)} == {None}


def test_who_arrives_while_the_queue_is_long_joins_the_digest_that_has_room(shift: Shift) -> None:
    burst(shift, 1_505)
    settle_down(shift)
    before = [card.id for card in rows(shift, CardRow) if card.collects == ANY_TIER]
    assert len(before) == 121
    burst(shift, 3, start=5_000)
    settle_down(shift)

    check_each_once(shift)
    on = Counter(handoff.card_id for handoff in rows(shift, HandoffRow))
    assert on[before[-1]] == 8
    assert len(on) == 421


def test_a_letter_that_was_tried_keeps_its_card(shift: Shift) -> None:
    burst(shift, 1_000)
    with shift.desk.database.writing() as session:
        (taken,) = outbox.claim(session, shift.desk.clock.real(), 1, {})
        outbox.settle(session, taken, "unknown", not_before=shift.desk.clock.real())
        session.execute(update(OutboxRow).where(col(OutboxRow.id) == taken.id).values(rank=99))
    settle_down(shift)

    kept = next(card for card in rows(shift, CardRow) if card.id == taken.card_id)
    assert kept.collects is None
    check_each_once(shift)


def test_a_lead_on_such_a_digest_is_accepted_while_it_waits(shift: Shift) -> None:
    burst(shift, 1_000)
    settle_down(shift)
    gathered = rows(shift, HandoffRow)[-1]
    answer.accept(shift.desk, gathered.id, "U0BOB")

    check_each_once(shift)
    assert shift.handoff(gathered.id).owner == "U0BOB"


@pytest.mark.slow
def test_two_replicas_that_fold_while_others_press_lose_nobody(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    one, two = shifts(postgres_url), shifts(postgres_url)
    burst(one, 1_300)
    start = Barrier(4)

    def fold(shift: Shift) -> None:
        start.wait(30)
        for _ in range(4):
            with shift.desk.database.writing() as session:
                relief.fold(session, "C0EMEA", 300, 150, shift.desk.clock.real())

    def press(shift: Shift, ids: range) -> None:
        start.wait(30)
        for id_ in ids:
            answer.accept(shift.desk, id_, "U0BOB")

    jobs: list[Callable[[], None]] = [
        lambda: fold(one),
        lambda: fold(two),
        lambda: press(one, range(300, 500)),
        lambda: press(two, range(1_000, 1_200)),
    ]
    with ThreadPoolExecutor(4) as replicas:
        for done in [replicas.submit(job) for job in jobs]:
            done.result()

    check_each_once(one)
    assert sum(handoff.owner == "U0BOB" for handoff in rows(one, HandoffRow)) == 400


def test_a_lead_somebody_is_pressing_on_keeps_its_card_and_is_not_waited_for(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    one, two = shifts(postgres_url), shifts(postgres_url)
    burst(one, 30)
    with one.desk.database.writing() as press:
        press.execute(update(HandoffRow).where(col(HandoffRow.id) == 25).values(note="just now"))
        with two.desk.database.writing() as session:
            assert relief.fold(session, "C0EMEA", 10, 100, two.desk.clock.real()) == 19

    check_each_once(one)


@pytest.mark.slow
def test_the_burst_drains_hot_ones_first_and_every_lead_is_seen_once(patient: Patient) -> None:
    shift = Shift(patient.baton.desk, patient.clock)
    burst(shift, 1_000, hot=5)
    patient.pass_time(SECOND)
    for _ in range(3):
        patient.wait(SECOND)

    messages = patient.slack.messages("C0EMEA")
    assert len(messages) == 370
    assert all("call by" in message.text and message.text.startswith("Demo") for message in messages[:5])
    seen = Counter(
        action["value"]
        for message in messages
        for block in message.blocks
        for action in block.get("elements", [])
        if action.get("action_id") == "accept"
    )
    assert len(seen) == 1_000
    assert set(seen.values()) == {1}
    digest = messages[-1]
    assert "10 leads" in digest.plain()
    patient.slack.press("U0BOB", "accept", ts=digest.ts, value=next(reversed(seen)))
    patient.wait(SECOND)
    assert "✅ @Bob" in patient.slack.messages("C0EMEA")[-1].plain()
    assert patient.slack.complaints == []
