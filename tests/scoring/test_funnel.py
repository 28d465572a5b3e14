"""Figures: the log replayed, undone pairs left out, and rates that admit how little they know."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.funnel import Funnel, Moved, Rate, reached_by
from scoring.stages import STAGES


def log(handoff: int, *stages: str, undo: dict[int, int] | None = None) -> list[Moved]:
    """Moves 1, 2, … to *stages*; *undo* maps a move's number to the one it takes back."""
    return [Moved(handoff, handoff, n, stage, (undo or {}).get(n)) for n, stage in enumerate(stages, 1)]


def test_a_hand_off_counts_at_every_stage_up_to_the_furthest() -> None:
    moves = log(1, "mql", "sal", "sql") + log(2, "mql") + log(3, "mql", "sal", "recycled")

    assert reached_by(moves) == {"mql": 3, "sal": 2, "sql": 1, "opportunity": 0, "won": 0}


def test_with_sal_skipped_the_stage_still_counts_as_passed() -> None:
    assert reached_by(log(1, "mql", "mql", "sql"))["sal"] == 1


def test_a_press_and_its_undo_count_for_nothing() -> None:
    assert reached_by(log(1, "mql", "sal", "mql", undo={3: 2}))["sal"] == 0
    assert reached_by(log(1, "mql", "recycled", "mql", "sal", undo={3: 2}))["sal"] == 1
    assert reached_by(log(1, "mql", "sal", "sal", undo={3: 2}) + log(2, "mql", "sal"))["sal"] == 1


def test_an_undo_in_one_log_leaves_the_same_number_of_another_alone() -> None:
    moves = log(1, "mql", "sal", "mql", undo={3: 2}) + log(2, "mql", "sal")

    assert reached_by(moves) == {"mql": 2, "sal": 1, "sql": 0, "opportunity": 0, "won": 0}


def test_nothing_at_all_is_all_zeros() -> None:
    assert reached_by([]) == dict.fromkeys(STAGES, 0)


@given(st.lists(st.lists(st.sampled_from([*STAGES, "recycled", "lost"]), max_size=6), max_size=8))
def test_each_stage_has_at_most_as_many_as_the_one_before(paths: list[list[str]]) -> None:
    counts = list(reached_by([move for id_, path in enumerate(paths) for move in log(id_, *path)]).values())

    assert counts == sorted(counts, reverse=True)


def test_lead_to_mql_counts_people_and_later_rates_count_hand_offs() -> None:
    """ "Lead → MQL counts people; later rates count hand-offs," """
    figures = Funnel(leads=10, qualified=4, reached={"mql": 6, "sal": 3}, ended={}, reasons={})

    assert figures.rate("mql", "lead") == Rate(4, 10)
    assert figures.rate("sal", "mql") == Rate(3, 6)
    assert figures.rate("won", "sal") == Rate(0, 3)
    assert figures.rate("won", "opportunity").share is None


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """Figures of R's binom::binom.wilson."""
    assert Rate(hits, n).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_stays_between_none_and_all(hits: int, missed: int) -> None:
    rate = Rate(hits, hits + missed)
    low, high = rate.interval

    assert 0.0 <= low <= high <= 1.0
    if rate.share is not None:
        assert low <= rate.share + 1e-12
        assert rate.share <= high + 1e-12
    else:
        assert math.isclose(high - low, 1.0)
