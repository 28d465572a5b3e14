"""What one feature leaves behind is what the next one finds: leads that change hands, end, pause, merge and wake."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.desk import answer, deal, home, merge, opportunity, passing, people, resting, taking_back, team
from bot.desk.deal import BANT, Bant
from bot.desk.opportunity import Offer
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from tests.bot.desk.shift import Shift
from tests.bot.desk.test_resting import PAUSES
from tests.bot.desk.test_turns import LADDER, TURNS, demo, replaced
from tests.bot.desk.watch import HOUR, MINUTE, rows, tick
from tests.world import ADA, MONDAY_9, TEAM

Start = Callable[..., Shift]
YES = Bant(dict.fromkeys(BANT, "yes"))
LATER = Disposition("timing.no_project", "", date(2026, 12, 1))
THAT_DAY = MONDAY_9 + timedelta(days=8)


@pytest.fixture
def turns(shifts: Start, database_url: str) -> Shift:
    return shifts(database_url, team=TURNS, definition=LADDER)


def lead_of(shift: Shift, handoff: int) -> int:
    return shift.handoff(handoff).lead_id


def wakes(shift: Shift) -> list[int | None]:
    return [letter.handoff_id for letter in shift.letters("dm") if letter.body["view"] == "wake"]


def test_a_lead_that_sales_has_open_again_is_not_woken_and_nothing_else_waits(either_shift: Shift) -> None:
    shift = either_shift
    demo(shift, 1)
    demo(shift, 2)
    answer.end(shift.desk, 2, "U0ANN", LATER)
    merge.merge(shift.desk, "U0MAX", lead_of(shift, 1), lead_of(shift, 2))
    shift.arrive(
        *(shift.event("webinar", ADA | {"email": "lead2@engines2.example"}, asset=str(n)) for n in range(3))
    )
    shift.clock.advance_to(THAT_DAY)
    tick(shift)

    assert wakes(shift) == []
    assert len(shift.rows()) == 2
    assert rows(shift, "SELECT state FROM deadline WHERE kind = 'wake'") == [("cancelled",)]
    late = rows(
        shift,
        "SELECT kind FROM deadline WHERE state = 'open' AND due_at <= :now",
        now=f"{shift.now:%Y-%m-%d}",
    )
    assert late == [], "the jobs of the day are done"


def test_a_promised_day_is_kept_though_another_hand_off_of_the_lead_ended_by_a_merge(
    either_shift: Shift,
) -> None:
    shift = either_shift
    demo(shift, 1)
    demo(shift, 2)
    merge.merge(shift.desk, "U0MAX", lead_of(shift, 1), lead_of(shift, 2))
    assert shift.handoff(2).stage == "disqualified"
    shift.clock.advance(MINUTE)
    answer.end(shift.desk, 1, "U0ANN", LATER)
    shift.clock.advance_to(THAT_DAY)
    tick(shift)
    assert wakes(shift) == [1]


def test_a_lead_that_was_taken_from_somebody_does_not_come_back_to_them_an_hour_later(turns: Shift) -> None:
    demo(turns, 1)
    replaced(
        turns,
        TURNS.replace("Bob, role: sdr", "Bob, role: sdr, away: [{from: 2026-11-23, until: 2026-11-23}]"),
    )
    turns.clock.advance(HOUR)
    tick(turns)
    assert turns.handoff(1).owner is None
    for _ in range(5):
        turns.clock.advance(HOUR)
        tick(turns)
    assert turns.handoff(1).owner is None
    turns.clock.advance(timedelta(days=1))
    tick(turns)
    assert turns.handoff(1).owner == "U0BOB"


def test_leads_passed_on_do_not_come_back_to_who_passed_them_on(turns: Shift) -> None:
    demo(turns, 1)
    people.learn(turns.desk, [Seen("U0BOB", "T1", deleted=True, guest=False, bot=False)])
    with turns.desk.database.writing() as session:
        passing.pass_on(session, turns.desk, turns.desk.agreed(session), "U0ANN", "U0MAX")
    for _ in range(3):
        turns.clock.advance(HOUR)
        tick(turns)
    assert turns.handoff(1).owner is None


def test_a_lead_somebody_claimed_finds_another_owner_when_they_leave(
    shifts: Start, database_url: str
) -> None:
    shift = shifts(database_url, team=TURNS)
    shift.clock.advance_to(MONDAY_9 + timedelta(hours=11))
    demo(shift, 1)
    shift.clock.advance_to(MONDAY_9 + timedelta(hours=23, minutes=10))
    answer.accept(shift.desk, 1, "U0ANN")
    shift.clock.advance(HOUR)
    tick(shift)  # its pool is looked at, and somebody has it
    assert not [step for step in shift.due(1) if step[0] == "assign"]

    people.learn(shift.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])
    tick(shift)
    assert shift.handoff(1).owner == "U0BOB"


def test_after_a_pause_ran_out_an_overdue_lead_is_overdue_everywhere(
    shifts: Start, database_url: str
) -> None:
    shift = shifts(database_url, definition=PAUSES, team=TEAM)
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    over = resting.pause(shift.desk, 1, "U0ANN", "on holiday").paused_until
    assert over is not None
    shift.clock.advance_to(over)
    tick(shift)
    now = shift.handoff(1)
    assert (now.paused_at, now.paused_until, now.paused) == (None, None, timedelta(days=2))
    assert shift.actions(1)[-1] == "resume"
    shift.clock.advance(2 * HOUR)
    tick(shift)
    board = home.home(shift.desk, "U0MAX").overview
    assert board is not None
    ann = next(rep for rep in board.reps.first if rep.person.id == "U0ANN")
    assert (ann.load.overdue, ann.load.breaches) == (1, 1)


def test_a_breach_counts_for_who_had_the_lead_then(turns: Shift) -> None:
    demo(turns, 1)
    turns.clock.advance(HOUR)
    tick(turns)
    assert turns.handoff(1).owner == "U0BOB"
    board = home.home(turns.desk, "U0MAX").overview
    assert board is not None
    loads = {rep.person.id: rep.load.breaches for rep in board.reps.first}
    assert (loads["U0ANN"], loads["U0BOB"]) == (1, 0)


def test_an_sql_whose_sdr_is_gone_finds_somebody_when_it_is_sent_back(turns: Shift) -> None:
    with_ae = TURNS.replace("  U0MAX:", "  U0SUE: {name: Sue, role: ae}\n  U0MAX:")
    replaced(turns, with_ae)
    demo(turns, 1)
    answer.accept(turns.desk, 1, "U0ANN")
    answer.touch(turns.desk, 1, "U0ANN", turns.tried("U0ANN"))
    deal.qualify(turns.desk, 1, "U0ANN", YES)
    deal.ae_accept(turns.desk, 1, "U0SUE")
    people.learn(turns.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])
    deal.send_back(turns.desk, 1, "U0SUE", "no authority")
    tick(turns)
    assert turns.handoff(1).owner == "U0BOB"


def test_a_managers_opportunity_belongs_to_the_account_executive_who_was_waited_for(
    either_shift: Shift,
) -> None:
    replaced(either_shift, TEAM.replace("  U0MAX:", "  U0SUE: {name: Sue, role: ae}\n  U0MAX:"))
    demo(either_shift, 1)
    answer.accept(either_shift.desk, 1, "U0ANN")
    answer.touch(either_shift.desk, 1, "U0ANN", either_shift.tried("U0ANN"))
    deal.qualify(either_shift.desk, 1, "U0ANN", YES)
    after = opportunity.opportunity(either_shift.desk, 1, "U0MAX", Offer(9_000, date(2026, 12, 18), ""))
    assert (after.owner, after.ae, after.ae_accepted_at) == ("U0SUE", "U0SUE", either_shift.now)


def test_whose_owner_left_carries_no_word_of_them_any_more(turns: Shift) -> None:
    demo(turns, 1, company=7)
    demo(turns, 2, company=7)
    assert turns.handoff(2).routed is not None
    people.learn(turns.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])
    released = turns.handoff(2)
    assert (released.owner, released.routed, released.assigned_at) == (None, None, None)
    tick(turns)
    assert turns.handoff(2).owner == "U0BOB"


def test_undo_gives_no_lead_to_somebody_who_was_taken_out_of_the_team(either_shift: Shift) -> None:
    demo(either_shift, 1)
    answer.accept(either_shift.desk, 1, "U0BOB")
    answer.end(either_shift.desk, 1, "U0BOB", LATER)
    replaced(either_shift, TEAM.replace("  U0BOB: {name: Bob, role: sdr}\n", "").replace(", U0BOB", ""))
    after = taking_back.reopen(either_shift.desk, 1, "U0MAX", "a slip")
    assert (after.stage, after.owner, after.accepted_at) == ("mql", None, None)


def test_going_away_and_passing_on_are_one_step(either_shift: Shift) -> None:
    demo(either_shift, 1)
    answer.accept(either_shift.desk, 1, "U0ANN")
    team.go_away(either_shift.desk, "U0ANN", "U0ANN", ("2026-11-25", ""), pass_on=True, seal="v0=1")
    assert either_shift.handoff(1).owner is None
    answer.accept(either_shift.desk, 1, "U0ANN")
    team.go_away(either_shift.desk, "U0ANN", "U0ANN", ("2026-11-25", ""), pass_on=True, seal="v0=1")
    assert either_shift.handoff(1).owner == "U0ANN", "the same request again passes nothing on"


def test_managers_hear_each_time_that_nobody_is_there(turns: Shift) -> None:
    demo(turns, 1)
    people.learn(turns.desk, [Seen("U0BOB", "T1", deleted=True, guest=False, bot=False)])
    for _ in range(2):
        with turns.desk.database.writing() as session:
            passing.pass_on(session, turns.desk, turns.desk.agreed(session), "U0ANN", "U0ANN")
        turns.clock.advance(MINUTE)
        answer.accept(turns.desk, 1, "U0ANN")
    told = rows(
        turns, "SELECT count(DISTINCT step) FROM notice WHERE step LIKE 'nobody%' AND reader = 'U0MAX'"
    )
    assert told == [(2,)]
