"""Whom a card takes in, who is on it together, and whose time runs out first."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import bundling
from scoring.bundling import MOST, Carded
from scoring.handoff import Handoff
from tests import shown as states
from tests.world import MONDAY_9

WEEK = timedelta(days=7)
OWNERS = st.sampled_from((None, "U0ANN", "U0BOB"))


def on_card(*owners: str | None, **changes: object) -> list[Handoff]:
    made = [states.handoff(id=number, owner=owner) for number, owner in enumerate(owners, start=1)]
    return [replace(each, company="acme.example", **changes) for each in made]  # type: ignore[arg-type]


def card(**changes: object) -> Carded:
    return replace(
        Carded(7, "EMEA", "C0EMEA", ("U0ANN",), "U0ANN", MONDAY_9, 1),
        **changes,  # type: ignore[arg-type]
    )


@given(OWNERS, st.integers(0, 20), st.timedeltas(timedelta(0), timedelta(days=20)))
def test_a_card_takes_in_the_same_owners_people_within_the_window_while_there_is_room(
    owner: str | None, people: int, waited: timedelta
) -> None:
    takes = card(people=people).takes_in(owner, MONDAY_9 + waited, WEEK)
    assert takes == (owner == "U0ANN" and people < MOST and waited < WEEK)


def test_a_window_of_nothing_takes_in_nobody() -> None:
    assert not card().takes_in("U0ANN", MONDAY_9, timedelta(0))


def test_a_card_is_the_first_open_persons_and_counts_everybody_since_the_first() -> None:
    ended = replace(states.handoff(id=1, stage="disqualified"), company="acme.example")
    there = [replace(ended, crossed_at=MONDAY_9 - WEEK), *on_card("U0BOB", "U0BOB")]
    found = bundling.carded(there, "acme.example")
    assert found == Carded(1, "EMEA", "C0EMEA", ("U0ANN", "U0BOB"), "U0BOB", MONDAY_9 - WEEK, 3)


@pytest.mark.parametrize(
    "there",
    [
        on_card("U0ANN", "U0BOB"),
        on_card("U0ANN", origin="by_hand"),
        on_card("U0ANN", origin="spot_check"),
        on_card("U0ANN", stage="sql"),
        on_card("U0ANN", erased=True),
        [replace(each, company="other.example") for each in on_card("U0ANN")],
    ],
)
def test_a_card_that_is_not_one_owners_scored_leads_of_that_company_takes_in_nobody(
    there: list[Handoff],
) -> None:
    assert bundling.carded(there, "acme.example") is None


def test_together_are_those_one_person_works_on() -> None:
    ann, bob, anns = on_card("U0ANN", "U0BOB", "U0ANN")
    sql, over = replace(anns, id=4, stage="sql"), replace(anns, id=5, stage="recycled")
    there = [ann, bob, anns, sql, over]
    assert bundling.together(ann, there) == [ann, anns]
    assert bundling.together(bob, there) == [bob]
    assert bundling.together(sql, there) == []


def test_the_tightest_is_whose_first_touch_is_due_first() -> None:
    late, soon, soon_too, touched = on_card(None, None, None, None)
    late = replace(late, due_at=MONDAY_9 + timedelta(hours=2))
    touched = replace(touched, due_at=MONDAY_9, touched_at=MONDAY_9)
    assert bundling.tightest([late, soon_too, soon, touched]) is soon
    assert bundling.tightest([touched]) is None
