"""An SQL or an opportunity is given to another account executive, and nobody's deal is forgotten when they leave."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.desk import answer, later_clocks, opportunity, passing, people, team
from bot.desk.bench import Mistaken
from bot.desk.opportunity import Offer
from bot.desk.people import Seen
from bot.desk.team import Filling
from scoring.funnel import reached_by
from scoring.handoff import Handoff
from storage import assignments
from tests.bot.desk.deals import BY_CHRISTMAS, TEAM_WITH_AES, an_opportunity, qualified, with_sue
from tests.bot.desk.outside import kinds
from tests.bot.desk.shift import Shift, refusal
from tests.bot.desk.test_later_clocks import DAY, HOUR, TUESDAY_9, told
from tests.bot.desk.watch import rows, until
from tests.world import MONDAY_9

Start = Callable[..., Shift]
KEPT = (
    "stage",
    "sdr",
    "amount",
    "currency",
    "close_on",
    "bant",
    "sql_at",
    "accepted_at",
    "touched_at",
    "note",
    "due_at",
)


@pytest.fixture
def either_team(shifts: Start, database_url: str) -> Shift:
    """A team with Sue and Tom, account executives."""
    return shifts(database_url, team=TEAM_WITH_AES, webhooks=True)


def kept(before: Handoff, after: Handoff) -> bool:
    return all(getattr(before, name) == getattr(after, name) for name in KEPT)


def leaves(shift: Shift, user: str) -> None:
    people.learn(shift.desk, [Seen(user, "T1", deleted=True, guest=False, bot=False)])


def wrong(shift: Shift, to: str | None, rep: str = "U0MAX") -> str:
    with pytest.raises(Mistaken) as mistaken:
        passing.reassign(shift.desk, 1, rep, to)
    return mistaken.value.fields["person"]


def notices_of(shift: Shift, reader: str) -> list[str]:
    found = rows(shift, "SELECT step FROM notice WHERE reader = :who ORDER BY id", who=reader)
    return [str(step) for (step,) in found]


@pytest.mark.parametrize("rep", ["U0MAX", "U0SUE"])
def test_an_opportunity_goes_to_another_account_executive_and_keeps_everything_else(
    either_team: Shift, rep: str
) -> None:
    shift = either_team
    id_ = an_opportunity(shift)
    before, due = shift.handoff(id_), shift.due(id_)
    shift.clock.advance(HOUR)

    after = passing.reassign(shift.desk, id_, rep, "U0TOM", "knows them")

    assert (after.owner, after.ae, after.ae_accepted_at) == ("U0TOM", "U0TOM", before.ae_accepted_at)
    assert kept(before, after)
    assert shift.due(id_) == due, "the clocks run on"
    assert shift.actions(id_)[-1] == "assign"
    with shift.desk.database.reading() as session:
        line = assignments.of_handoff(session, id_)[-1]
    assert (line.person, line.how, line.by, line.taken_from) == ("U0TOM", "reassigned", rep, "U0SUE")
    assert kinds(shift)[-1] == "handoff.assigned"
    note = shift.letters("note")[-1].body
    assert (note["view"], note["did"], note["by"], note["to"], note["words"]) == (
        "step", "assign", rep, "U0TOM", "knows them",
    )  # fmt: skip
    assert notices_of(shift, "U0TOM") == [f"given {after.n} U0TOM"]
    assert shift.letters("card")[-1].state == "new"
    assert shift.figures().reached == reached_by(shift.moves())
    assert opportunity.won(shift.desk, id_, "U0TOM").stage == "won"


def test_an_sql_that_was_accepted_stays_accepted_and_its_clock_is_not_reset(either_team: Shift) -> None:
    shift = either_team
    id_ = with_sue(shift)
    due = shift.due(id_)
    shift.clock.advance(3 * DAY)

    after = passing.reassign(shift.desk, id_, "U0MAX", "U0TOM")

    assert (after.owner, after.ae, after.ae_accepted_at) == ("U0TOM", "U0TOM", MONDAY_9)
    assert shift.due(id_) == due
    assert opportunity.opportunity(shift.desk, id_, "U0TOM", Offer(1, BY_CHRISTMAS)).owner == "U0TOM"


def test_an_sql_that_waits_is_handed_to_another_with_what_they_need(either_team: Shift) -> None:
    shift = either_team
    id_ = qualified(shift)

    after = passing.reassign(shift.desk, id_, "U0ANN", "U0TOM")

    assert (after.owner, after.ae, after.ae_accepted_at) == ("U0ANN", "U0TOM", None)
    assert shift.letters("dm")[-1].body == {"view": "to_ae", "reader": "U0TOM", "step": "ae_accept"}
    assert "handed to <@U0TOM>" in refusal(
        opportunity.opportunity, shift.desk, id_, "U0SUE", Offer(1, BY_CHRISTMAS)
    )
    until(shift, TUESDAY_9 + HOUR)
    assert ("U0MAX", "ae_accept all") in told(shift), "handing it on does not reset the clock"


@pytest.mark.parametrize("rep", ["U0ANN", "U0TOM", "U0BOB", "U0MIA", "U0ADA"])
def test_nobody_else_gives_away_somebodys_deal(either_team: Shift, rep: str) -> None:
    an_opportunity(either_team)
    assert refusal(passing.may_reassign, either_team.desk, 1, rep) == (
        "This deal belongs to <@U0SUE>. Ask them, or a manager, if it should be yours."
    )
    assert "team file" in refusal(passing.reassign, either_team.desk, 1, "U0EVE", "U0TOM")


def test_a_deal_goes_to_who_closes_deals_and_is_there_and_never_to_a_pool(
    shifts: Start, sqlite_url: str
) -> None:
    away = TEAM_WITH_AES.replace(
        "Tom, role: ae", "Tom, role: ae, away: [{from: 2026-11-23, until: 2026-11-23}]"
    )
    shift = shifts(sqlite_url, team=away.replace("  U0SUE:", "  U0KIM: {name: Kim, role: ae}\n  U0SUE:"))
    an_opportunity(shift)
    assert passing.candidates(shift.desk, shift.handoff()) == [("U0KIM", "Kim"), ("U0MAX", "Max")]
    assert wrong(shift, None) == "A deal has no pool to go back to; choose an account executive."
    assert wrong(shift, "U0SUE") == "They have it already; choose somebody else."
    assert wrong(shift, "U0BOB") == "They take no deals; choose an account executive or a manager."
    assert wrong(shift, "U0TOM") == "Tom is away; choose somebody who is there."
    leaves(shift, "U0KIM")
    assert wrong(shift, "U0KIM") == "Kim has left; choose somebody who is there."
    assert passing.reassign(shift.desk, 1, "U0MAX", "U0MAX").owner == "U0MAX"
    assert notices_of(shift, "U0MAX") == [], "who takes it on themselves is told nothing"


def test_what_somebody_had_paused_or_put_off_is_not_put_off_for_the_next(either_team: Shift) -> None:
    shift = either_team
    id_ = an_opportunity(shift)
    with shift.desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE handoff SET snoozed_until = '2026-11-24 09:00:00+00'")
    assert passing.reassign(shift.desk, id_, "U0MAX", "U0TOM").snoozed_until is None


# -- somebody leaves ------------------------------------------------------------------------------------------


def removed(shift: Shift) -> None:
    team.edit_person(shift.desk, "U0MAX", "U0SUE", Filling(1, {}), "person pools")


@pytest.mark.parametrize(
    "gone", [lambda shift: leaves(shift, "U0SUE"), removed], ids=["deactivated", "removed"]
)
@pytest.mark.parametrize("far", [qualified, with_sue, an_opportunity])
def test_when_an_account_executive_leaves_the_managers_hear_of_each_deal_at_once_and_give_it_on(
    either_team: Shift, gone: Callable[[Shift], None], far: Callable[[Shift], int]
) -> None:
    shift = either_team
    id_ = far(shift)
    gone(shift)

    before = shift.handoff(id_)
    assert notices_of(shift, "U0MAX") == [f"left U0SUE {before.n}"]
    assert shift.due_of("U0MAX")["notices", "next"] == shift.now
    after = passing.reassign(shift.desk, id_, "U0MAX", "U0TOM")
    assert after.ae == "U0TOM"
    assert kept(before, after)
    until(shift, shift.now + HOUR)
    assert ("U0SUE", "ae_accept half") not in told(shift)


def test_who_leaves_without_a_deal_is_told_to_no_manager(either_team: Shift) -> None:
    shift = either_team
    an_opportunity(shift)
    leaves(shift, "U0ANN")  # qualified it; Sue has it
    leaves(shift, "U0TOM")
    assert notices_of(shift, "U0MAX") == []


def test_the_close_date_of_who_has_left_is_the_managers(either_team: Shift) -> None:
    shift = either_team
    an_opportunity(shift)
    leaves(shift, "U0SUE")
    before = len(told(shift))
    until(shift, datetime(2026, 12, 18, 9, 0, tzinfo=UTC))
    assert told(shift)[before:] == [("U0MAX", "left U0SUE"), ("U0MAX", "close_date due")]
    until(shift, datetime(2026, 12, 30, 9, 0, tzinfo=UTC))
    assert told(shift)[before + 2 :] == [("U0MAX", "close_date weekly")]


def test_the_acceptance_that_somebody_who_left_owes_is_asked_of_the_managers(either_team: Shift) -> None:
    shift = either_team
    shift.clock.advance(HOUR)
    qualified(shift)
    leaves(shift, "U0SUE")
    before = len(told(shift))
    until(shift, TUESDAY_9)
    until(shift, TUESDAY_9 + 2 * HOUR)
    assert {reader for reader, _ in told(shift)[before:]} == {"U0MAX"}
    assert ("U0MAX", "ae_accept half") in told(shift)


def test_a_deal_that_was_given_on_is_nobodys_to_give_on_any_more(either_team: Shift) -> None:
    shift = either_team
    an_opportunity(shift)
    leaves(shift, "U0SUE")
    passing.reassign(shift.desk, 1, "U0MAX", "U0TOM")
    assert not later_clocks.waits(shift.handoff(), notices_of(shift, "U0MAX")[0])
    assert answer.may_touch(shift.desk, 1, "U0TOM")[0].owner == "U0TOM"
