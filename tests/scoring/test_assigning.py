"""Who gets a lead, who is passed over and why, and that turns are fair by weight."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import assigning
from scoring.assigning import A_LEAD, Floor, Skipped, Wanted, choose, settled, shares
from scoring.roster import Team
from scoring.team import read_team

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday in London."""

WRITTEN = """
timezone: Europe/London
hours: {mon-fri: "09:00-17:00"}
channels: {fallback: C0ALL}
segments:
  - {name: EMEA, channel: C0EMEA, pool: [U0ANN, U0BOB, U0CAT], assign: round_robin}
people:
  U0ANN: {name: Ann, role: sdr, weight: 2, capacity: 3}
  U0BOB: {name: Bob, role: sdr, away: [{from: "2026-11-25 11:00", until: "2026-11-25 13:00"}]}
  U0CAT: {name: Cat, role: sdr, timezone: America/New_York}
  U0DEE: {name: Dee, role: sdr}
  U0MAX: {name: Max, role: manager}
"""
TEAM = read_team(WRITTEN)
POOL = ("U0ANN", "U0BOB", "U0CAT")


def wanted(assign: Any = "round_robin", **changes: Any) -> Wanted:
    return Wanted(**{"assign": assign, "pool": POOL, **changes})


def why(skipped: tuple[Skipped, ...]) -> dict[str, str]:
    return {each.person: each.why for each in skipped}


def test_by_turns_passes_over_who_is_away_off_shift_full_or_departed_and_says_which() -> None:
    afternoon = NOON + timedelta(hours=2)

    now = choose(TEAM, wanted(), Floor(), NOON)
    assert (now.person, now.how) == ("U0ANN", "round_robin")
    assert now.skipped == (
        Skipped("U0BOB", "away", NOON + timedelta(hours=1)),
        Skipped("U0CAT", "off_shift", NOON + timedelta(hours=2)),
    )
    full = choose(TEAM, wanted(), Floor(open={"U0ANN": 3}, departed={"U0BOB"}), afternoon)
    assert (full.person, why(full.skipped)) == ("U0CAT", {"U0ANN": "full", "U0BOB": "departed"})
    gone = choose(TEAM, wanted(pool=("U0OLD",)), Floor(), NOON)
    assert (gone.person, gone.how, why(gone.skipped)) == (None, "pool", {"U0OLD": "unknown"})


def test_one_lead_below_the_capacity_still_takes_one() -> None:
    assert choose(TEAM, wanted(), Floor(open={"U0ANN": 2}), NOON).person == "U0ANN"


def test_a_part_of_a_day_away_is_away_for_that_part_alone() -> None:
    one = wanted(pool=("U0BOB",))
    assert choose(TEAM, one, Floor(), NOON - timedelta(hours=1, seconds=1)).person == "U0BOB"
    assert choose(TEAM, one, Floor(), NOON - timedelta(hours=1)).person is None
    assert choose(TEAM, one, Floor(), NOON + timedelta(hours=1)).person == "U0BOB"


def test_the_same_company_goes_to_the_same_owner_even_in_a_pool_that_claims_and_off_shift() -> None:
    for assign in ("claim", "round_robin", "named"):
        kept = choose(TEAM, wanted(assign, company_owner="U0CAT", account_owner="U0DEE"), Floor(), NOON)
        assert (kept.person, kept.how, kept.skipped) == ("U0CAT", "same_company", ())


@pytest.mark.parametrize(
    ("floor", "said"),
    [
        (Floor(departed={"U0CAT"}), "Cat has this company and has left, so it went to Ann by turns."),
        (Floor(), "Bob has this company and is away, so it went to Ann by turns."),
        (
            Floor(open={"U0ANN": 3}),
            "Ann has this company and has as many leads as they take, so it is open to the pool.",
        ),
    ],
)
def test_the_same_owner_yields_to_away_full_or_departed_and_says_so(floor: Floor, said: str) -> None:
    """ "Same owner yields to away, full or departed, and says so." """
    whose = {"Cat": "U0CAT", "Bob": "U0BOB", "Ann": "U0ANN"}[said.partition(" ")[0]]
    asked = wanted(company_owner=whose)

    choice = choose(TEAM, asked, floor, NOON)
    assert choice.person != whose
    assert assigning.said(choice, TEAM, asked) == said


def test_a_named_account_goes_to_its_owner_and_by_turns_when_they_are_gone() -> None:
    asked = wanted("named", account_owner="U0DEE")
    own = choose(TEAM, asked, Floor(), NOON)
    assert (own.person, own.how, assigning.said(own, TEAM, asked)) == (
        "U0DEE",
        "named",
        "Dee owns this account.",
    )

    left = choose(TEAM, asked, Floor(departed={"U0DEE"}), NOON)
    assert (left.person, left.how) == ("U0ANN", "round_robin")
    assert (
        assigning.said(left, TEAM, asked) == "Dee has this account and has left, so it went to Ann by turns."
    )
    assert choose(TEAM, wanted("round_robin", account_owner="U0DEE"), Floor(), NOON).person == "U0ANN"


def test_a_pool_that_claims_is_given_nothing() -> None:
    choice = choose(TEAM, wanted("claim"), Floor(), NOON)
    assert (choice.person, choice.how) == (None, "claim")


def test_it_never_goes_back_to_whom_it_was_taken_from() -> None:
    choice = choose(
        TEAM, wanted(besides={"U0ANN"}, company_owner="U0ANN"), Floor(), NOON + timedelta(hours=3)
    )
    assert choice.person in ("U0BOB", "U0CAT")
    assert why(choice.skipped)["U0ANN"] == "had_it"


def test_nobody_is_told_to_be_there_before_they_are() -> None:
    saturday = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    assert choose(TEAM, wanted(), Floor(), saturday).person is None
    assert assigning.soonest(TEAM, POOL, Floor(), saturday) == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    only_cat = Floor(departed={"U0ANN", "U0BOB"})
    assert assigning.soonest(TEAM, POOL, only_cat, saturday) == datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
    assert assigning.soonest(TEAM, (), Floor(), saturday) is None


# -- fairness -----------------------------------------------------------------------------------------


def team_of(weights: Mapping[str, int]) -> Team:
    people = "".join(f"  {id_}: {{name: {id_}, role: sdr, weight: {n}}}\n" for id_, n in weights.items())
    return read_team(
        WRITTEN.partition("people:")[0].replace("U0ANN, U0BOB, U0CAT", ", ".join(weights))
        + f"people:\n{people}"
    )


WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=6).map(
    lambda found: {f"U{place}": weight for place, weight in enumerate(found)}
)


@given(WEIGHTS, st.integers(1, 60))
def test_with_everybody_there_each_has_their_weights_share_to_within_one_lead(
    weights: dict[str, int], leads: int
) -> None:
    team, credits, given_to = team_of(weights), dict[str, int](), Counter[str]()
    for _ in range(leads):
        person = assigning.next_in_line(team, list(weights), credits)
        given_to[person] += 1
        credits |= settled(team, list(weights), person, credits)
        for each, weight in weights.items():
            due = sum(given_to.values()) * weight / sum(weights.values())
            assert abs(due - given_to[each]) < 1
            assert abs(credits[each]) < A_LEAD


@given(WEIGHTS, st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=60))
def test_whoever_is_there_shares_and_who_is_not_earns_nothing(
    weights: dict[str, int], shifts: list[set[int]]
) -> None:
    team, credits = team_of(weights), dict[str, int]()
    for shift in shifts:
        there = [id_ for id_ in weights if int(id_[1:]) in shift]
        if not there:
            continue
        before = dict(credits)
        credits |= settled(team, there, assigning.next_in_line(team, there, credits), credits)
        assert sum(credits.values()) == 0
        assert all(credits.get(id_, 0) == before.get(id_, 0) for id_ in weights if id_ not in there)


@given(WEIGHTS)
def test_the_shares_of_a_lead_are_the_whole_lead(weights: dict[str, int]) -> None:
    assert sum(shares(team_of(weights), weights).values()) == A_LEAD
    assert shares(team_of(weights), []) == {}


def test_what_somebody_got_out_of_turn_is_paid_back_by_their_turns() -> None:
    team = team_of({"U0": 1, "U1": 1})
    credits = settled(team, ["U0", "U1"], "U0", settled(team, ["U0", "U1"], "U0", {}))

    turns = []
    for _ in range(3):
        turns.append(assigning.next_in_line(team, ["U0", "U1"], credits))
        credits |= settled(team, ["U0", "U1"], turns[-1], credits)
    assert turns == ["U1", "U1", "U0"]


def test_absences_that_touch_or_overlap_are_one() -> None:
    text = WRITTEN.replace(
        '[{from: "2026-11-25 11:00", until: "2026-11-25 13:00"}]',
        '[{from: "2026-11-25 13:00", until: "2026-11-26"}, {from: "2026-11-25 11:00", until: "2026-11-25 13:30"}]',
    )
    team = read_team(text)
    bob = team.people["U0BOB"]
    assert team.away_until(bob, NOON) == datetime(2026, 11, 27, 0, 0, tzinfo=UTC)
    assert team.away_until(bob, NOON - timedelta(hours=2)) is None
    assert team.next_on_shift("U0BOB", NOON) == datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
