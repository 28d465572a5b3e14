"""The stages, the moves between them, and what people here call them."""

from typing import get_args

import pytest

from scoring.stages import CLOSED, ENDS, STAGES, Action, Where, accepted_stage, label, legal, reached

EVERY_ACTION = get_args(Action)
OWNED = {"undo", "reopen", "snooze", "pause", "resume", "touch"}
LEGAL = {
    ("mql", None): {"accept", "reject", "undo", "reopen", "assign"},
    ("mql", "U0ANN"): {"accept", "reject", "release", "assign"} | OWNED,
    ("sal", "U0ANN"): {"qualify", "recycle", "release", "assign"} | OWNED,
    ("sql", "U0ANN"): {"recycle", "opportunity", "ae_accept", "send_back", "assign"} | OWNED,
    ("opportunity", "U0ANN"): {"recycle", "opportunity", "won", "lost", "assign"} | OWNED,
    ("won", "U0ANN"): {"undo", "reopen"},
    ("recycled", "U0ANN"): {"undo", "reopen"},
    ("disqualified", "U0ANN"): {"undo", "reopen"},
    ("lost", "U0ANN"): {"undo", "reopen"},
}


@pytest.mark.parametrize(("stage", "owner"), sorted(LEGAL, key=str))
def test_from_each_stage_exactly_these_moves_are_possible(stage: str, owner: str | None) -> None:
    """ "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost." """
    at = Where(stage, owner, sal=True)

    assert {action for action in EVERY_ACTION if legal(action, at)} == LEGAL[stage, owner]


def possible(at: Where) -> set[str]:
    return {action for action in EVERY_ACTION if legal(action, at)}


def test_with_sal_off_a_claimed_mql_is_as_good_as_accepted() -> None:
    claimed, free = Where("mql", "U0ANN", sal=False, taken=True), Where("mql", None, sal=False)

    assert possible(claimed) == {"qualify", "recycle", "release", "assign"} | OWNED
    assert possible(free) == {"accept", "reject", "undo", "reopen", "assign"}
    assert (accepted_stage(sal=True), accepted_stage(sal=False)) == ("sal", "mql")


@pytest.mark.parametrize("sal", [True, False])
def test_who_was_given_a_lead_has_yet_to_accept_it(sal: bool) -> None:
    given = Where("mql", "U0ANN", sal=sal)

    assert not given.accepted
    assert possible(given) == {"accept", "reject", "release", "assign"} | OWNED


def test_an_sql_that_its_account_executive_has_is_not_accepted_twice_and_may_be_given_to_another() -> None:
    with_ae = Where("sql", "U0SUE", sal=True, with_ae=True)

    assert possible(with_ae) == {"recycle", "opportunity", "send_back", "assign"} | OWNED


def test_every_stage_is_either_open_or_closed() -> None:
    """ "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost." """
    for stage in (*STAGES, *ENDS):
        assert Where(stage, "U0ANN", sal=True).open == (stage not in CLOSED)
    assert set(CLOSED) == {"recycled", "disqualified", "lost", "won"}


def test_further_along_is_a_larger_number_and_an_end_is_nowhere() -> None:
    assert [reached(stage) for stage in STAGES] == [0, 1, 2, 3, 4]
    assert {reached(stage) for stage in ENDS} == {-1}


def test_a_company_may_call_its_stages_as_it_likes() -> None:
    assert label("sql", {}) == "SQL"
    assert label("sql", {"sql": "Sales-ready"}) == "Sales-ready"
    assert label("recycled", {"sql": "Sales-ready"}) == "Recycled"
