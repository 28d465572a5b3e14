"""The fairness ledger: what each got, what turns owe them, who is next."""

from collections.abc import Callable

from bot.desk import answer, fairness, passing, taking_back
from bot.slack.views.fairness import ledger_lines
from tests.bot.desk.shift import Shift, refusal
from tests.bot.desk.test_turns import TURNS, demo
from tests.bot.desk.watch import MINUTE
from tests.world import ADA


def test_the_ledger_counts_what_each_was_given_accepted_and_lost(
    shifts: Callable[..., Shift], database_url: str
) -> None:
    shift = shifts(database_url, team=TURNS.replace("Ann, role: sdr", "Ann, role: sdr, weight: 3"))
    for number in range(5):
        demo(shift, number)
    answer.accept(shift.desk, 1, "U0ANN")
    taken = next(row.id or 0 for row in shift.rows() if row.owner == "U0ANN" and row.id != 1)
    passing.reassign(shift.desk, taken, "U0MAX", "U0BOB")

    emea = fairness.ledger(shift.desk, "U0BOB").segments[0]
    assert [(each.person, each.given, each.accepted, each.reassigned, each.open) for each in emea.people] == [
        ("U0ANN", 4, 1, 1, 3),
        ("U0BOB", 2, 0, 0, 2),
    ]
    assert sum(each.credit for each in emea.people) == 0
    assert emea.next.person in ("U0ANN", "U0BOB")
    lines = ledger_lines(fairness.ledger(shift.desk, "U0BOB"))
    assert lines[0] == "*EMEA* (by turns), last 30 days"
    assert lines[1].startswith(" Ann: given 4, accepted 1, taken away 1, open 3 · ")
    assert any(line.startswith(" Next: It would go to ") for line in lines)
    assert "*everyone else* (first to accept), last 30 days" in lines
    assert "team file" in refusal(fairness.ledger, shift.desk, "U0EVE")


def test_looking_at_the_ledger_changes_nothing(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team=TURNS)
    demo(shift, 1)
    before = fairness.ledger(shift.desk, "U0ANN")
    assert fairness.ledger(shift.desk, "U0ANN") == before


def test_what_somebody_claimed_counts_until_they_take_it_back(either_shift: Shift) -> None:
    either_shift.demo(ADA)
    answer.accept(either_shift.desk, 1, "U0ANN")
    either_shift.clock.advance(MINUTE)
    assert fairness.ledger(either_shift.desk, "U0ANN").segments[0].people[0].given == 1
    taking_back.undo(either_shift.desk, 1, "U0ANN")
    ann = fairness.ledger(either_shift.desk, "U0ANN").segments[0].people[0]
    assert (ann.given, ann.accepted) == (0, 0)
