"""The stages, the moves between them, and what people here call them."""

from typing import get_args

import pytest

from scoring.stages import CLOSED, ENDS, STAGES, Action, Where, accepted_stage, label, legal, reached

EVERY_ACTION = get_args(Action)
LEGAL = {
    ("mql", None): {"accept", "reject", "undo"},
    ("mql", "U0ANN"): {"accept", "reject", "touch", "undo", "release"},
    ("sal", "U0ANN"): {"touch", "qualify", "recycle", "undo", "release"},
    ("sql", "U0ANN"): {"touch", "recycle", "opportunity", "undo"},
    ("opportunity", "U0ANN"): {"touch", "recycle", "won", "lost", "undo"},
    ("won", "U0ANN"): {"undo"},
    ("recycled", "U0ANN"): {"undo"},
    ("disqualified", "U0ANN"): {"undo"},
    ("lost", "U0ANN"): {"undo"},
}


@pytest.mark.parametrize(("stage", "owner"), sorted(LEGAL, key=str))
def test_from_each_stage_exactly_these_moves_are_possible(stage: str, owner: str | None) -> None:
    at = Where(stage, owner, sal=True)

    assert {action for action in EVERY_ACTION if legal(action, at)} == LEGAL[stage, owner]


def test_with_sal_off_a_claimed_mql_is_as_good_as_accepted() -> None:
    claimed, free = Where("mql", "U0ANN", sal=False), Where("mql", None, sal=False)

    assert {action for action in EVERY_ACTION if legal(action, claimed)} == {
        "touch",
        "qualify",
        "recycle",
        "undo",
        "release",
    }
    assert {action for action in EVERY_ACTION if legal(action, free)} == {"accept", "reject", "undo"}
    assert (accepted_stage(sal=True), accepted_stage(sal=False)) == ("sal", "mql")


def test_every_stage_is_either_open_or_closed() -> None:
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
