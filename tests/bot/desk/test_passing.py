"""A lead is given to somebody else, or back to its pool, by who may; and somebody who goes away passes theirs on."""

import pytest

from bot.desk import answer, deal, passing, people
from bot.desk.bench import Mistaken
from bot.desk.deal import BANT, Bant
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from storage import assignments
from tests.bot.desk.shift import Shift, refusal
from tests.bot.desk.test_turns import TURNS, demo, replaced
from tests.bot.desk.watch import HOUR, MINUTE, rows, tick
from tests.world import MONDAY_9, TEAM


def wrong(shift: Shift, to: str | None, rep: str = "U0ANN") -> str:
    with pytest.raises(Mistaken) as mistaken:
        passing.reassign(shift.desk, 1, rep, to)
    return mistaken.value.fields["person"]


@pytest.fixture
def anns(either_shift: Shift) -> Shift:
    """Ann has accepted a lead."""
    demo(either_shift, 1)
    answer.accept(either_shift.desk, 1, "U0ANN")
    return either_shift


def test_the_owner_gives_a_lead_to_a_colleague_who_has_yet_to_accept_it(anns: Shift) -> None:
    anns.clock.advance(10 * MINUTE)
    due_at = anns.handoff(1).due_at
    after = passing.reassign(anns.desk, 1, "U0ANN", "U0BOB", "knows them")

    assert (after.owner, after.stage, after.accepted_at) == ("U0BOB", "mql", None)
    assert after.due_at == due_at, "the clock goes on"
    assert anns.letters("note")[-1].body | {"said": None} == {
        "view": "handed", "to": "U0BOB", "from": "U0ANN", "how": "reassigned", "by": "U0ANN", "note": "knows them",
        "said": None,
    }  # fmt: skip
    assert "belongs to <@U0BOB>" in refusal(passing.reassign, anns.desk, 1, "U0ANN", "U0CAT")
    assert anns.figures().reached["sal"] == 1, "it was accepted, once"


def test_a_manager_gives_an_unclaimed_lead_to_somebody_and_others_may_not(either_shift: Shift) -> None:
    demo(either_shift, 1)
    assert "another team's pool" in refusal(passing.reassign, either_shift.desk, 1, "U0CAT", "U0CAT")
    assert "team file" in refusal(passing.reassign, either_shift.desk, 1, "U0EVE", "U0ANN")
    assert passing.reassign(either_shift.desk, 1, "U0MAX", "U0BOB").owner == "U0BOB"
    (line,) = ledger(either_shift)
    assert (line.person, line.how, line.by, line.taken_from) == ("U0BOB", "reassigned", "U0MAX", None)


def ledger(shift: Shift) -> list[assignments.Given]:
    with shift.desk.database.reading() as session:
        return assignments.of_handoff(session, 1)


def test_it_goes_back_to_the_pool_with_the_time_that_was_used(anns: Shift) -> None:
    """ "Reassignment does not reset it." """
    anns.clock.advance(30 * MINUTE)
    after = passing.reassign(anns.desk, 1, "U0ANN", None)
    assert (after.owner, after.stage, after.used) == (None, "mql", 30 * MINUTE)
    assert anns.actions(1) == ["create", "accept", "release"]
    assert answer.accept(anns.desk, 1, "U0BOB").owner == "U0BOB"


def test_nobody_is_given_a_lead_who_is_away_has_left_or_has_it(anns: Shift) -> None:
    assert wrong(anns, "U0ANN") == "They have it already; choose somebody else."
    assert "They are not of this pool" in wrong(anns, "U0MIA")
    assert "They are not of this pool" in wrong(anns, "U0EVE")
    replaced(
        anns, TEAM.replace("Bob, role: sdr", "Bob, role: sdr, away: [{from: 2026-11-23, until: 2026-11-23}]")
    )
    assert wrong(anns, "U0BOB") == "Bob is away; choose somebody who is there."
    people.learn(anns.desk, [Seen("U0CAT", "T1", deleted=True, guest=False, bot=False)])
    assert wrong(anns, "U0CAT") == "Cat has left; choose somebody who is there."
    passing.reassign(anns.desk, 1, "U0ANN", None)
    with pytest.raises(Mistaken):
        passing.reassign(anns.desk, 1, "U0MAX", None)


def test_who_could_be_given_it_is_listed_best_first_with_what_speaks_against_it(anns: Shift) -> None:
    anns.clock.advance_to(MONDAY_9 + 7 * HOUR)  # Berlin has gone home
    replaced(
        anns, TEAM.replace("Cat, role: sdr", "Cat, role: sdr, away: [{from: 2026-11-23, until: 2026-11-23}]")
    )
    passing.reassign(anns.desk, 1, "U0ANN", "U0BOB")
    found = passing.candidates(anns.desk, anns.handoff(1))
    assert found == [("U0MAX", "Max"), ("U0ANN", "Ann (is off shift)")]


def test_a_closed_lead_is_given_to_nobody(anns: Shift) -> None:
    answer.end(anns.desk, 1, "U0ANN", Disposition("not_fit.size"))
    assert "was closed by <@U0ANN>" in refusal(passing.reassign, anns.desk, 1, "U0ANN", "U0BOB")


def test_a_team_without_account_executives_gives_an_sql_to_whoever_works_leads(anns: Shift) -> None:
    answer.touch(anns.desk, 1, "U0ANN", anns.tried("U0ANN"))
    deal.qualify(anns.desk, 1, "U0ANN", Bant(dict.fromkeys(BANT, "yes")))
    assert [person for person, _ in passing.candidates(anns.desk, anns.handoff(1))] == [
        "U0BOB",
        "U0CAT",
        "U0MAX",
    ]

    after = passing.reassign(anns.desk, 1, "U0ANN", "U0CAT")

    assert (after.stage, after.owner, after.sdr, after.ae) == ("sql", "U0CAT", "U0ANN", None)
    assert "belongs to <@U0CAT>" in refusal(passing.reassign, anns.desk, 1, "U0ANN", "U0BOB")


def test_somebody_who_goes_away_passes_everything_on_by_turns_in_one_step(
    shifts: object, database_url: str
) -> None:
    shift: Shift = shifts(
        database_url, team=TURNS.replace("pool: [U0ANN, U0BOB],", "pool: [U0ANN, U0BOB, U0CAT],")
    )  # type: ignore[operator]
    for number in range(6):
        demo(shift, number)
    mine = [row.id for row in shift.rows() if row.owner == "U0ANN"]
    answer.accept(shift.desk, mine[0] or 0, "U0ANN")
    with shift.desk.database.writing() as session:
        done = passing.pass_on(session, shift.desk, shift.desk.agreed(session), "U0ANN", "U0ANN")

    assert (done.given, done.pooled, done.count) == ({"U0BOB": 1, "U0CAT": 1}, 0, 2)
    assert "U0ANN" not in [row.owner for row in shift.rows()]
    assert rows(shift, "SELECT DISTINCT how, taken_from FROM assignment WHERE how = 'passed_on'") == [
        ("passed_on", "U0ANN")
    ]


def test_leads_of_a_pool_that_claims_are_passed_on_to_it(anns: Shift) -> None:
    with anns.desk.database.writing() as session:
        done = passing.pass_on(session, anns.desk, anns.desk.agreed(session), "U0ANN", "U0MAX")
    assert (done.given, done.pooled) == ({}, 1)
    assert anns.handoff(1).owner is None
    tick(anns)
    assert anns.handoff(1).owner is None
