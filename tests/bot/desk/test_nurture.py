""" "While sales owns a lead, nurture pauses": `nurture.pause` and `nurture.resume` go out, with the track."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, deal, people, privacy, taking_back
from bot.desk.deal import BANT, Bant
from bot.desk.people import Seen
from scoring import consent
from scoring.dispositions import REASONS, Disposition, nurture_track
from storage import people as listings
from storage.people import Suppressed
from tests.bot.desk.outside import kinds, sent
from tests.bot.desk.shift import Shift
from tests.world import ADA

NOBODY = {"opted_out", "customer", "spam", "bad_data", "left_company", "duplicate"}


@pytest.fixture
def shift(shifts: Callable[..., Shift], sqlite_url: str) -> Shift:
    """A desk that tells the outside."""
    return shifts(sqlite_url, webhooks=True)


def nurtures(shift: Shift) -> list[str]:
    return [kind for kind in kinds(shift) if kind.startswith("nurture.")]


def ended(shift: Shift, code: str) -> dict[str, Any] | None:
    """Ann accepted, and gave the lead back with *code*; gives what nurture is told."""
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0ANN")
    for _ in range(5):
        answer.touch(shift.desk, id_, "U0ANN", shift.tried("U0ANN", outcome="no_answer"))
        shift.clock.advance(timedelta(days=3))
    back = shift.now.date() + timedelta(days=60)
    answer.end(shift.desk, id_, "U0ANN", Disposition(code, "as they said", back))
    told = sent(shift, "nurture.resume")
    return told[0] if told else None


def test_nurture_pauses_when_somebody_takes_the_lead_and_not_before(shift: Shift) -> None:
    id_ = shift.demo()
    assert nurtures(shift) == []

    answer.accept(shift.desk, id_, "U0ANN")
    answer.touch(shift.desk, id_, "U0ANN", shift.tried("U0ANN"))
    deal.qualify(shift.desk, id_, "U0ANN", Bant(dict.fromkeys(BANT, "yes")))

    assert nurtures(shift) == ["nurture.pause"]
    (paused,) = sent(shift, "nurture.pause")
    assert paused is not None
    assert paused["lead"] == {"id": None, "email": "ada@engines.example"}
    assert paused["handoff"]["owner"] == "U0ANN"


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_lead_goes_on_to_the_track_of_its_reason_or_to_nobodys(shift: Shift, code: str) -> None:
    told = ended(shift, code)

    if code in NOBODY:
        assert told is None
    else:
        assert told is not None
        assert told["track"] == ("competitive" if code == "competitor" else "general")


def test_a_deal_that_was_won_is_mailed_by_nobody_and_a_lost_one_by_marketing() -> None:
    assert [nurture_track(stage, None) for stage in ("won", "lost")] == [None, "general"]
    assert nurture_track("lost", "competitor") == "competitive"


@pytest.mark.parametrize(
    ("code", "track"), [("competitor", "competitive"), ("no_budget", "general"), ("spam", None)]
)
def test_a_rejected_lead_was_never_paused_and_its_end_names_the_track(
    shift: Shift, code: str, track: str | None
) -> None:
    answer.end(shift.desk, shift.demo(), "U0ANN", Disposition(code))

    assert nurtures(shift) == []
    (told,) = sent(shift, f"handoff.{REASONS[code].stage}")
    assert told is not None
    assert told["handoff"]["nurture"] == track


def test_an_undone_accept_resumes_and_an_undone_end_pauses_again(shift: Shift) -> None:
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0ANN")
    taking_back.undo(shift.desk, id_, "U0ANN")
    assert nurtures(shift) == ["nurture.pause", "nurture.resume"]

    answer.accept(shift.desk, id_, "U0ANN")
    answer.end(shift.desk, id_, "U0ANN", Disposition("no_budget"))
    taking_back.undo(shift.desk, id_, "U0ANN")
    assert nurtures(shift) == ["nurture.pause", "nurture.resume"] * 2 + ["nurture.pause"]
    keys = [letter.key for letter in shift.letters("webhook")]
    assert len(set(keys)) == len(keys)


def test_when_its_owner_leaves_marketing_mails_the_lead_until_somebody_takes_it(shift: Shift) -> None:
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0BOB")
    people.learn(shift.desk, [Seen("U0BOB", "T1", deleted=True, guest=False, bot=False)])

    assert nurtures(shift) == ["nurture.pause", "nurture.resume"]
    (told,) = sent(shift, "nurture.resume")
    assert told is not None
    assert (told["track"], told["handoff"]["nurture"]) == ("general", None)


def test_who_opted_out_meanwhile_is_not_resumed_by_a_letter_that_waited(shift: Shift) -> None:
    """The receiver was down for a while."""
    assert ended(shift, "no_budget") is not None
    with shift.desk.database.writing() as session:
        listings.suppress(session, Suppressed("address", "ada@engines.example", "customer"), 1, shift.now)
    assert sent(shift, "nurture.resume") != [None], "another reason says nothing about mail"
    with shift.desk.database.writing() as session:
        listings.unsuppress(session, 1)
        listings.suppress(session, Suppressed("address", "ada@engines.example", "opted_out"), 1, shift.now)

    assert sent(shift, "nurture.resume") == [None]


def test_an_erased_lead_is_resumed_by_nobody(shift: Shift) -> None:
    shift.desk.secret = b"a secret of the tests"
    assert ended(shift, "no_budget") is not None
    again = shift.demo(ADA | {"email": "bea@engines.example"})
    answer.accept(shift.desk, again, "U0ANN")
    for email in ("ada@engines.example", "bea@engines.example"):
        privacy.erase(shift.desk, email)

    assert sent(shift, "nurture.resume") == [None]


@pytest.mark.parametrize(
    ("said", "no"),
    [
        (None, False), (True, False), ("yes", False), ("granted", False), ("", False), (1, False),
        (False, True), ("false", True), (" No ", True), ("DENIED", True), ("opted out", True), (0, True),
        (("email", "no"), True),
    ],
)  # fmt: skip
def test_a_no_is_heard_in_the_words_of_any_form(said: object, no: bool) -> None:
    assert consent.refused({} if said is None else {"consent": said}) is no
