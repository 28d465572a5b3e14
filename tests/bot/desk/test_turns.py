"""Leads are given by turns, kept with their company's owner, and taken from who does not touch them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import answer, govern, people
from bot.desk.govern import Files
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from storage import assignments, contracts
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import HOUR, MINUTE, rows, tick, until
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM

TURNS = TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], assign: round_robin}").replace(
    "Bob, role: sdr", "Bob, role: sdr, capacity: 3"
)
LADDER = DEFINITION.replace(
    "clock: business, play: call now}", "clock: business, play: call now, ladder: {reassign: 100%}}"
)
BERLIN_CLOSES = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
Start = Callable[..., Shift]


def demo(shift: Shift, number: int, company: int | None = None) -> int:
    company = number if company is None else company
    return shift.demo(ADA | {"email": f"lead{number}@engines{company}.example"})


def given(shift: Shift, id_: int) -> list[tuple[str | None, str, list[str]]]:
    """The ledger's lines of a hand-off: to whom, how, and who was passed over."""
    with shift.desk.database.reading() as session:
        found = assignments.of_handoff(session, id_)
    return [(each.person, each.how, [skipped[1] for skipped in each.skipped]) for each in found]


def owners(shift: Shift) -> list[str | None]:
    return [row.owner for row in shift.rows()]


@pytest.fixture
def turns(shifts: Start, database_url: str) -> Shift:
    return shifts(database_url, team=TURNS, definition=LADDER)


def test_leads_go_by_turns_and_their_owner_has_yet_to_accept(turns: Shift) -> None:
    for number in range(4):
        demo(turns, number)

    assert owners(turns) == ["U0ANN", "U0BOB", "U0ANN", "U0BOB"]
    first = turns.handoff(1)
    assert (first.stage, first.accepted_at, first.assigned_at) == ("mql", None, MONDAY_9)
    assert given(turns, 1) == [("U0ANN", "round_robin", [])]
    assert answer.accept(turns.desk, 1, "U0ANN").stage == "sal"


def test_several_leads_of_one_request_are_shared_out_too(turns: Shift) -> None:
    turns.arrive(*(turns.event("demo_request", ADA | {"email": f"a{n}@firm{n}.example"}) for n in range(6)))
    assert sorted(owners(turns), key=str) == ["U0ANN"] * 3 + ["U0BOB"] * 3


def test_the_clock_of_a_given_lead_is_its_owners_from_the_start(turns: Shift) -> None:
    turns.clock.advance_to(BERLIN_CLOSES - 30 * MINUTE)
    demo(turns, 1)
    demo(turns, 2)
    # Ann's day in Berlin ends half an hour after the lead came, Bob's in London an hour later.
    assert [row.due_at for row in turns.rows()] == [
        datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
        BERLIN_CLOSES + 30 * MINUTE,
    ]


def test_who_is_full_is_passed_over_until_a_lead_of_theirs_ends(turns: Shift) -> None:
    turns.clock.advance_to(BERLIN_CLOSES)  # Ann has gone
    for number in range(4):
        demo(turns, number)
    assert owners(turns) == ["U0BOB", "U0BOB", "U0BOB", None]
    assert given(turns, 4) == [(None, "pool", ["off_shift", "full"])]


def test_a_lead_that_nobody_could_be_given_is_told_to_the_managers_and_found_an_owner_later(
    turns: Shift,
) -> None:
    turns.clock.advance_to(BERLIN_CLOSES)
    for number in range(4):
        demo(turns, number)
    assert rows(turns, "SELECT reader, step FROM notice WHERE handoff_id = 4") == [("U0MAX", "nobody 1")]
    assert [step for step in turns.due(4) if step[0] == "assign"] == [("assign", "next")]

    turns.clock.advance_to(turns.due(4)["assign", "next"] - MINUTE)
    tick(turns)
    assert turns.handoff(4).owner is None
    turns.clock.advance(MINUTE)
    tick(turns)

    assert turns.handoff(4).owner == "U0ANN"
    assert given(turns, 4)[1:] == [("U0ANN", "round_robin", ["full"])]
    assert turns.actions(4) == ["create", "assign"]
    assert "handed" in [letter.body["view"] for letter in turns.letters("note")]


def test_what_came_at_night_may_be_claimed_until_its_clock_starts_and_then_goes_by_turns(
    turns: Shift,
) -> None:
    turns.clock.advance_to(MONDAY_9 + timedelta(hours=11))
    demo(turns, 1)
    demo(turns, 2)
    assert owners(turns) == [None, None]
    assert rows(turns, "SELECT count(*) FROM notice") == [(0,)], "nobody is to be told at night"

    # Ann's day begins at eight of London's clock, Bob's at nine; half an hour of grace follows the first.
    assert turns.due(1)["assign", "next"] == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    turns.clock.advance_to(datetime(2026, 11, 24, 8, 10, tzinfo=UTC))
    answer.accept(turns.desk, 1, "U0ANN")
    turns.clock.advance_to(datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    tick(turns)

    assert owners(turns) == ["U0ANN", "U0ANN"]
    assert given(turns, 1)[-1][:2] == ("U0ANN", "claim")
    assert ("assign", "next") not in turns.due(1)


def test_the_same_company_has_the_same_owner_though_it_is_anothers_turn(turns: Shift) -> None:
    demo(turns, 1, company=7)
    demo(turns, 2, company=7)
    demo(turns, 3)
    assert owners(turns) == ["U0ANN", "U0ANN", "U0BOB"]
    assert turns.handoff(2).routed == "Ann has other leads of this company."
    # What Ann got out of turn is paid back by the next turns.
    demo(turns, 4)
    assert owners(turns)[3] == "U0BOB"


def test_free_mail_is_no_company(turns: Shift) -> None:
    for name in ("ada", "bea"):
        turns.demo(ADA | {"email": f"{name}@gmail.com"})
    assert owners(turns) == ["U0ANN", "U0BOB"]


def test_the_same_owner_yields_when_they_have_left_and_the_card_says_so(turns: Shift) -> None:
    demo(turns, 1, company=7)
    answer.accept(turns.desk, 1, "U0ANN")
    away = TURNS.replace("Ann, role: sdr", "Ann, role: sdr, away: [{from: 2026-11-23, until: 2026-11-24}]")
    replaced(turns, away)
    demo(turns, 2, company=7)
    assert turns.handoff(2).owner == "U0BOB"
    assert turns.handoff(2).routed == "Ann has this company and is away, so it went to Bob by turns."


def replaced(shift: Shift, team: str) -> None:
    """Another team counts from now on."""
    with shift.desk.database.writing() as session:
        contracts.add_team(session, team, live=True, at=shift.now)


def test_a_named_account_goes_to_its_owner_as_the_accounts_file_says(
    shifts: Start, database_url: str
) -> None:
    team = TURNS.replace("assign: round_robin", "assign: named") + "accounts: accounts.csv\n"
    shift = shifts(database_url, team=team, definition=LADDER)
    govern.first_start(shift.desk, Files(LADDER, team, {"engines5.example": "U0CAT"}))
    demo(shift, 5)
    demo(shift, 6)
    assert owners(shift) == ["U0CAT", "U0ANN"]
    assert given(shift, 1) == [("U0CAT", "named", [])]

    govern.first_start(shift.desk, Files(LADDER, team, {"engines6.example": "U0CAT"}))
    demo(shift, 15, company=5)
    assert owners(shift)[2] == "U0CAT", "the company's open lead is with Cat"
    answer.end(shift.desk, 1, "U0CAT", no_budget())
    answer.end(shift.desk, 3, "U0CAT", no_budget())
    demo(shift, 16, company=5)
    assert owners(shift)[3] == "U0BOB", "the account is nobody's any more"


def no_budget() -> Disposition:
    return Disposition("no_budget")


def test_who_is_given_a_lead_that_is_overdue_has_the_tiers_time_before_it_is_taken_again(
    turns: Shift,
) -> None:
    turns.clock.advance_to(BERLIN_CLOSES)
    for number in range(4):
        demo(turns, number)
    for at in ((8, 0, 0), (8, 59, 59)):
        turns.clock.advance_to(datetime(2026, 11, 24, *at, tzinfo=UTC))
        tick(turns)
        assert turns.handoff(4).owner == "U0ANN", "given at eight, and due since yesterday"
    answer.end(turns.desk, 1, "U0BOB", no_budget())
    turns.clock.advance(timedelta(seconds=1))
    tick(turns)
    assert turns.handoff(4).owner == "U0BOB"


# -- the ladder's last rung ---------------------------------------------------------------------------


def test_who_does_not_touch_a_lead_in_time_loses_it_to_the_next_who_is_there(turns: Shift) -> None:
    demo(turns, 1)
    answer.accept(turns.desk, 1, "U0ANN")
    turns.clock.advance(HOUR - timedelta(seconds=1))
    tick(turns)
    assert turns.handoff(1).owner == "U0ANN"
    turns.clock.advance(timedelta(seconds=1))
    tick(turns)

    now = turns.handoff(1)
    assert (now.owner, now.stage, now.accepted_at) == ("U0BOB", "mql", None)
    assert turns.actions(1) == ["create", "accept", "assign"]
    assert given(turns, 1)[-1] == ("U0BOB", "by_itself", ["had_it"])
    views = [letter.body["view"] for letter in turns.letters("note")]
    assert views.index("breach") < views.index("handed"), "what is overdue is said before it changes hands"
    (breach,) = [letter for letter in turns.letters("note") if letter.body["view"] == "breach"]
    assert breach.body["owner"] == "U0ANN"


def test_reassignment_does_not_reset_the_clock(turns: Shift) -> None:
    """ "Reassignment does not reset it." """
    demo(turns, 1)
    due_at = turns.handoff(1).due_at
    turns.clock.advance(HOUR)
    tick(turns)
    assert turns.handoff(1).owner == "U0BOB"
    assert turns.handoff(1).due_at == due_at


def test_a_lead_is_reassigned_by_itself_at_most_once_and_then_the_manager_decides(turns: Shift) -> None:
    """ "at most one automatic reassignment a hand-off, then the manager decides." """
    demo(turns, 1)
    turns.clock.advance(HOUR)
    tick(turns)
    assert turns.handoff(1).owner == "U0BOB"
    turns.arrive(turns.event("pricing_page", ADA | {"email": "lead1@engines1.example"}))
    until(turns, turns.now + timedelta(days=20))
    assert turns.actions(1).count("assign") == 1
    assert turns.handoff(1).owner == "U0BOB"


def test_with_an_attempt_logged_nothing_is_reassigned_by_itself(turns: Shift) -> None:
    """ "With an attempt logged nothing is reassigned automatically;" """
    demo(turns, 1)
    answer.touch(turns.desk, 1, "U0ANN", turns.tried("U0ANN", outcome="no_answer"))
    turns.clock.advance(3 * HOUR)
    tick(turns)
    assert turns.handoff(1).owner == "U0ANN"
    assert not [step for step in turns.due(1) if step[0] == "reassign"]


def test_when_nobody_else_is_there_it_goes_to_the_pool_and_to_the_manager(turns: Shift) -> None:
    demo(turns, 1)
    people.learn(turns.desk, [Seen("U0BOB", "T1", deleted=True, guest=False, bot=False)])
    turns.clock.advance(HOUR)
    tick(turns)

    assert turns.handoff(1).owner is None
    assert turns.actions(1) == ["create", "release"]
    told = rows(turns, "SELECT reader, step FROM notice WHERE handoff_id = 1 ORDER BY id")
    assert told == [("U0MAX", "breach"), ("U0MAX", "reassign 1")], "one line is enough"
    assert turns.due(1)["assign", "next"] > turns.now
    assert [letter.body["reader"] for letter in turns.letters("dm") if letter.body["view"] == "notices"] == [
        "U0MAX"
    ]


def test_who_got_a_lead_that_was_taken_has_the_tiers_time_and_then_the_managers_hear_of_it_once(
    turns: Shift,
) -> None:
    """ "at most one automatic reassignment a hand-off, then the manager decides." """
    demo(turns, 1)
    turns.clock.advance(2 * HOUR - timedelta(seconds=1))
    tick(turns)
    turns.clock.advance(timedelta(seconds=1))
    tick(turns)
    told = "SELECT step FROM notice WHERE handoff_id = 1 AND step LIKE 'reassign%'"
    assert (turns.handoff(1).owner, rows(turns, told)) == ("U0BOB", [])

    turns.clock.advance(HOUR)
    tick(turns)
    assert rows(turns, told) == [("reassign 2",)]
    assert (turns.handoff(1).owner, turns.actions(1).count("assign")) == ("U0BOB", 1)
    assert not [step for step in turns.due(1) if step[0] == "reassign"]


def test_who_let_a_lead_lie_does_not_get_it_back_by_way_of_the_pool(shifts: Start, database_url: str) -> None:
    bob_is_away = 'Bob, role: sdr, away: [{from: 2026-11-23, until: "2026-11-23 12:00"}]'
    shift = shifts(database_url, team=TURNS.replace("Bob, role: sdr", bob_is_away), definition=LADDER)
    demo(shift, 1)
    shift.clock.advance(HOUR)
    tick(shift)
    assert (shift.actions(1), shift.handoff(1).owner) == (["create", "release"], None)

    for _ in range(12):  # the pool is looked at again each hour, and Ann is there all the time
        shift.clock.advance(HOUR / 6)
        tick(shift)
        assert shift.handoff(1).owner in (None, "U0BOB")
    assert shift.handoff(1).owner == "U0BOB", "he is back"


def test_a_lead_that_nobody_claimed_goes_to_the_next_who_is_there(shifts: Start, database_url: str) -> None:
    shift = shifts(database_url, definition=LADDER)
    demo(shift, 1)
    assert shift.handoff(1).owner is None
    shift.clock.advance(HOUR)
    tick(shift)
    assert shift.handoff(1).owner == "U0ANN"
    assert given(shift, 1) == [("U0ANN", "by_itself", [])]


def test_a_breach_says_what_broke_the_promise(turns: Shift) -> None:
    demo(turns, 1)
    turns.clock.advance(HOUR)
    tick(turns)
    ((causes, owner),) = rows(turns, "SELECT causes, owner FROM breach")
    assert owner == "U0ANN"
    # The card was never posted in this test: nobody's Slack is there.
    assert "routing" in str(causes)
