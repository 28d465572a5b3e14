""" "A demo request gets an instant personal reply": the outgoing webhook `reply.requested`, and who gets none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, privacy
from scoring.dispositions import Disposition
from scoring.team import TeamError, read_team
from storage import people as listings
from storage.people import Suppressed
from tests.bot.desk.outside import kinds, sent
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, TEAM

LINKS = TEAM.replace(
    "pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], booking_url: https://meet.example/emea}"
).replace("timezone: Europe/Berlin}", "timezone: Europe/Berlin, booking_url: https://meet.example/ann}")
NURTURE = DEFINITION.replace("first_touch: 60m, clock: business, play: call now", "handoff: nurture")


@pytest.fixture
def shift(shifts: Callable[..., Shift], sqlite_url: str) -> Shift:
    """A desk that tells the outside; Ann and her segment have booking links."""
    return shifts(sqlite_url, webhooks=True, team=LINKS)


def replies(shift: Shift) -> list[dict[str, Any] | None]:
    return sent(shift, "reply.requested")


def test_a_demo_request_asks_for_a_reply_with_everything_a_personal_mail_needs(shift: Shift) -> None:
    shift.arrive(shift.event("demo_request", ADA | {"id": "crm-17"}, asset="Enterprise demo"))

    assert kinds(shift) == ["handoff.created", "reply.requested"]
    assert replies(shift) == [
        {
            "handoff": {"id": 1},
            "lead": {
                "id": "crm-17", "email": "ada@engines.example", "first_name": "Ada", "last_name": "Lovelace",
                "company": "Analytical Engines",
            },
            "owner": None,
            "booking_url": "https://meet.example/emea",
            "activity": {
                "signal": "demo_request", "asset": "Enterprise demo", "occurred_at": "2026-11-23T09:00:00+00:00",
            },
        }
    ]  # fmt: skip


def test_the_reply_goes_before_whatever_else_is_to_be_told(shift: Shift) -> None:
    shift.demo()
    ranks = {letter.body["type"]: letter.rank for letter in shift.letters("webhook")}
    assert ranks["reply.requested"] < ranks["handoff.created"]


def test_the_owners_link_is_used_once_there_is_an_owner(shift: Shift) -> None:
    answer.accept(shift.desk, shift.demo(), "U0ANN")
    (told,) = replies(shift)
    assert told is not None
    assert told["owner"] == {"id": "U0ANN", "name": "Ann", "booking_url": "https://meet.example/ann"}
    assert told["booking_url"] == "https://meet.example/ann"


def test_an_owner_without_a_link_leaves_the_segments(shift: Shift) -> None:
    answer.accept(shift.desk, shift.demo(), "U0BOB")
    (told,) = replies(shift)
    assert told is not None
    assert (told["owner"]["booking_url"], told["booking_url"]) == (None, "https://meet.example/emea")


def test_the_reply_does_not_stop_the_clock(shift: Shift) -> None:
    shift.demo()
    assert shift.handoff().touched_at is None
    assert shift.due()["first_touch", "breach"] == shift.handoff().due_at


def test_each_request_of_an_open_hand_off_is_replied_to_and_a_repetition_is_not(shift: Shift) -> None:
    shift.arrive(shift.event("pricing_page"), shift.event("webinar"))
    assert replies(shift) == []
    shift.clock.advance(timedelta(minutes=1))
    demo = shift.event("demo_request")
    shift.arrive(demo)
    shift.arrive(demo)
    assert len(replies(shift)) == 1
    shift.clock.advance(timedelta(minutes=1))
    shift.arrive(shift.event("demo_request"), shift.event("ebook"))
    assert len(replies(shift)) == 2


@pytest.mark.parametrize(
    "facts", [{"consent": False}, {"consent": "denied"}, {"email": None, "phone": "+44 1"}]
)
def test_who_refused_or_has_no_address_gets_none(shift: Shift, facts: dict[str, Any]) -> None:
    lead = {name: value for name, value in (ADA | facts).items() if value is not None}
    shift.arrive(shift.event("demo_request", lead))
    assert len(shift.rows()) == 1
    assert replies(shift) == []


def test_who_refuses_before_it_is_sent_gets_none(shift: Shift) -> None:
    shift.demo()
    shift.arrive(shift.event(None, ADA | {"consent": "no"}))
    assert replies(shift) == [None]


def test_who_opted_out_gets_none_whatever_else_is_listed(shift: Shift) -> None:
    shift.demo()
    with shift.desk.database.writing() as session:
        listings.suppress(session, Suppressed("address", "ada@engines.example", "opted_out"), 1, shift.now)
    assert replies(shift) == [None]


def test_an_erased_person_gets_none_and_nothing_of_them_is_left_in_the_letter(shift: Shift) -> None:
    shift.desk.secret = b"a secret of the tests"
    shift.arrive(shift.event("demo_request", id="canary@engines.example"))
    privacy.erase(shift.desk, "ada@engines.example")
    assert replies(shift) == [None]
    (letter,) = [letter for letter in shift.letters("webhook") if letter.body["type"] == "reply.requested"]
    assert "engines.example" not in f"{letter.key} {letter.body}"


def test_a_request_that_was_rejected_before_it_could_be_sent_gets_none(shift: Shift) -> None:
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))
    assert replies(shift) == [None]


def test_history_is_not_replied_to(shift: Shift) -> None:
    old = (shift.now - timedelta(days=4)).isoformat()
    shift.arrive(shift.event("demo_request", ADA | {"email": "a@engines.example"}), live=False)
    shift.arrive(
        *(shift.event(each, occurred_at=old) for each in ("demo_request", "webinar", "pricing_page"))
    )
    assert [row.stale for row in shift.rows()] == [True]
    assert replies(shift) == []


def test_nobody_is_replied_to_in_shadow(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, webhooks=True, team="live: false\n" + LINKS)
    shift.arrive(shift.event("demo_request"))
    assert kinds(shift) == []


def test_what_goes_to_nurture_is_not_replied_to(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, webhooks=True, team=LINKS, definition=NURTURE)
    shift.arrive(shift.event("demo_request"))
    assert kinds(shift) == ["handoff.created", "handoff.nurture"]


@pytest.mark.parametrize("written", ["http://meet.example/ann", "meet.example", "17", '"https://a b"'])
def test_a_booking_link_that_is_none_is_named_with_what_would_be_right(written: str) -> None:
    with pytest.raises(TeamError) as wrong:
        read_team(LINKS.replace("https://meet.example/ann", written), "team.yaml")
    (sentence,) = wrong.value.problems
    assert "booking_url" in sentence
    assert "https://meet.example/ann" in sentence
