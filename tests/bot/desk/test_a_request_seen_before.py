"""A request of Slack's that was decided before: the same signature again changes nothing."""

from datetime import timedelta

from bot.desk import answer, taking_back
from storage import requests
from tests.bot.desk.shift import Shift


def test_an_undo_that_is_replayed_after_a_new_accept_takes_nothing_back(either_shift: Shift) -> None:
    shift = either_shift
    handoff = shift.demo()
    answer.accept(shift.desk, handoff, "U0ANN", seal="v0=1")
    taking_back.undo(shift.desk, handoff, "U0ANN", seal="v0=2")
    again = answer.accept(shift.desk, handoff, "U0ANN", seal="v0=3")

    replayed = taking_back.undo(shift.desk, handoff, "U0ANN", seal="v0=2")

    assert (replayed.owner, replayed.n) == ("U0ANN", again.n)


def test_a_seal_is_forgotten_once_no_such_signature_would_be_taken(either_shift: Shift) -> None:
    with either_shift.desk.database.writing() as session:
        assert requests.first_time(session, "v0=1", either_shift.now)
        assert not requests.first_time(session, "v0=1", either_shift.now)
        requests.forget(session, either_shift.now)
        assert not requests.first_time(session, "v0=1", either_shift.now)
        requests.forget(session, either_shift.now + timedelta(minutes=10))
        assert requests.first_time(session, "v0=1", either_shift.now)
