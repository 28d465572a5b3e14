"""The end of a round: trouble is over, what was owed is done, and all accounts must agree."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.state_machine.expected import Expected, reached
from tests.state_machine.said import is_card, send_of, shows, twice
from tests.state_machine.senders import name_of

if TYPE_CHECKING:
    from tests.state_machine.floor import Floor

TURNS = 40
"""How often the replicas look again; with a wait of 65 s between, three quarters of an hour."""
WAIT = timedelta(seconds=65)
WORKDAY = 2
"""Wednesdays, of which none is a holiday in the weeks of the rounds."""

EXPECTED_COMPLAINTS = (
    "is_archived",
    "is_inactive",
    "message_not_found",
    "thread_not_found",
    "trigger",
    "chat.postEphemeral",
)
"""What Slack rightly refuses in these rounds: channels are archived and messages deleted, and a whisper, on
which no fact depends, waits for nothing."""


def settle(floor: "Floor") -> None:
    """Let everything come to rest, then compare what was sent in, the database, Slack and the model."""
    floor.wake()
    floor.heal()
    for channel in ("C0EMEA", "C0ALL"):
        floor.archive(archived=False, channel=channel)
    _senders_repeat_what_was_not_answered(floor)
    floor.hands.advance(_next_workday(floor.now) - floor.now)
    for turn in range(TURNS):
        floor.work("tick", 0, turn)
        floor.work("drain", 0, turn + 1)
        floor.check()
        if not floor.books.under_way():
            break
        floor.hands.advance(WAIT)
    left = [(row.key, row.state, row.error) for row in floor.books.under_way()]
    assert not left, f"never sent: {left}"
    _check_intake(floor)
    _check_letters(floor)
    _check_cards(floor)
    _check_log(floor)


def _senders_repeat_what_was_not_answered(floor: "Floor") -> None:
    for place, sent in enumerate(reversed(floor.senders.sent)):
        if not sent.taken:
            floor.event_again(place, changed=False, replica=0)


def _next_workday(now: datetime) -> datetime:
    days = (WORKDAY - now.weekday()) % 7 or 7
    return datetime.combine(now.date() + timedelta(days=days), time(10, 0), tzinfo=now.tzinfo)


def _check_intake(floor: "Floor") -> None:
    kept = floor.books.events()
    assert kept == {sent.body["id"]: 1 for sent in floor.senders.sent}, "what came in is not what is kept"
    facts = floor.books.facts()
    for email, (_, phone) in floor.senders.phones.items():
        assert facts[email]["phone"] == phone, f"{email}: the source's time must win"


def _check_letters(floor: "Floor") -> None:
    """Nothing was given up, but what belongs into the thread of a card that somebody deleted."""
    lost = [
        (row.key, row.error)
        for row in floor.books.letters().values()
        if row.state == "dead" and not (row.kind == "note" and row.handoff_id in floor.deleted)
    ]
    assert not lost, f"given up: {lost}"


def _check_cards(floor: "Floor") -> None:
    letters, messages = floor.books.letters(), floor.messages()
    # The thread of a deleted card cannot be looked into for what was posted there.
    orphans = {id_ for id_, row in letters.items() if row.kind == "note" and row.handoff_id in floor.deleted}
    said_twice = twice([one for one in messages if send_of(one) not in orphans], letters)
    assert not said_twice, said_twice
    posted: dict[int | None, list[int]] = {}
    for place, message in enumerate(messages):
        if is_card(message):
            assert send_of(message) in letters, f"nobody asked for {message}"
            posted.setdefault(letters[send_of(message)].card_id, []).append(place)
    for row in floor.books.handoffs():
        of = floor.handoffs[row.id or 0]
        there = posted.get(row.card_id, [])
        if _may_be_gone(floor, of):
            assert len(there) <= 1, f"hand-off {of.id} has {len(there)} cards"
            continue
        assert len(there) == 1, f"hand-off {of.id} has {len(there)} cards"
        card = messages[there[0]]
        name = name_of(of.lead)
        assert shows(card, of.id, name, of.state), (
            f"hand-off {of.id} is {of.state}, its card says {card.plain()}"
        )


def _may_be_gone(floor: "Floor", of: Expected) -> bool:
    """Somebody deleted its card: it comes back once, when there is something new to show."""
    gone = floor.deleted.get(of.id, [])
    return len(gone) > 1 or of.state in gone


def _check_log(floor: "Floor") -> None:
    assert not floor.books.broken_chains(), floor.books.broken_chains()
    reported, replayed = floor.books.funnel(floor.now)
    wanted = reached(list(floor.handoffs.values())) | {"opportunity": 0, "won": 0}
    assert reported == replayed == wanted, f"funnel {reported}, replay {replayed}, and it was {wanted}"
    wrong = [
        one for one in floor.slack.complaints if not any(expected in one for expected in EXPECTED_COMPLAINTS)
    ]
    assert not wrong, wrong
