"""What a lead is worth: the rate of its score band, held to the expectation until there are enough cases."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from scoring.worth import BANDS, EXPECTED, PRIOR, TOP, Tally, Worth, band, shrunk
from tests import shown as states
from tests.world import MONDAY_9

SHARES = st.fractions(0, 1)
DECIDED = st.integers(0, 5_000)


@given(SHARES)
def test_without_a_case_a_band_is_worth_what_the_contract_expects(expected: Fraction) -> None:
    assert shrunk(Tally(), expected) == expected


@given(SHARES, DECIDED, st.data())
def test_one_more_sql_never_makes_a_band_worth_less(
    expected: Fraction, decided: int, data: st.DataObject
) -> None:
    sqls = data.draw(st.integers(0, decided))
    fewer, more = Tally(decided + 1, sqls), Tally(decided + 1, sqls + 1)

    assert shrunk(fewer, expected) < shrunk(more, expected)


@given(SHARES, DECIDED, st.data())
def test_a_band_lies_between_its_own_rate_and_the_expectation(
    expected: Fraction, decided: int, data: st.DataObject
) -> None:
    tally = Tally(decided + 1, data.draw(st.integers(0, decided + 1)))
    own = Fraction(tally.sqls, tally.decided)

    assert min(own, expected) <= shrunk(tally, expected) <= max(own, expected)


def test_a_band_speaks_for_itself_once_it_has_as_many_cases_as_the_expectation_weighs() -> None:
    assert shrunk(Tally(PRIOR, PRIOR), Fraction(0)) == Fraction(1, 2)
    assert shrunk(Tally(3, 1), EXPECTED) == Fraction(4, 23)  # 17 %, as the constant's docstring says


def test_bands_are_ten_points_from_the_threshold_on_with_one_below_and_an_open_top() -> None:
    assert [band(score, 50) for score in (-400, 0, 49)] == [0, 0, 0]
    assert [band(score, 50) for score in (50, 59, 60, 69, 70)] == [1, 1, 2, 2, 3]
    assert [band(score, 50) for score in (139, 140, 10**9)] == [9, TOP, TOP]


@given(st.integers(-200, 400), st.integers(0, 200))
def test_every_score_has_a_band(score: int, threshold: int) -> None:
    assert 0 <= band(score, threshold) < BANDS
    assert (band(score, threshold) == 0) == (score < threshold)


def test_where_a_deal_has_a_value_the_expected_value_is_money() -> None:
    worth = Worth(50, Fraction(18, 100), {}, 9_000, "EUR")

    assert worth.value(90) == 1_620
    assert Worth(50, Fraction(18, 100)).value(90) == Fraction(18, 100)


TALLIES = st.dictionaries(
    st.integers(0, TOP), st.builds(lambda n, of: Tally(n + of, n), st.integers(0, 50), st.integers(0, 50))
)


@given(TALLIES, st.lists(st.integers(0, 200), min_size=2, max_size=8))
def test_ranks_order_scores_as_their_values_do(tallies: dict[int, Tally], scores: list[int]) -> None:
    worth = Worth(50, EXPECTED, tallies, 700, "EUR")

    by_rank = sorted(scores, key=lambda score: worth.ranks[band(score, 50)])

    assert [worth.value(score) for score in by_rank] == sorted(worth.value(score) for score in scores)


def test_of_two_leads_worth_the_same_the_one_with_less_time_left_comes_first() -> None:
    worth = Worth(50, EXPECTED, {5: Tally(100, 60)})
    soon = states.handoff(id=3, due_at=MONDAY_9 + timedelta(minutes=5))
    later = states.handoff(id=2, due_at=MONDAY_9 + timedelta(hours=5))
    touched = states.handoff(id=1, touched_at=MONDAY_9)
    cool = states.handoff(id=4, fit=10, due_at=MONDAY_9 + timedelta(minutes=1))

    assert worth.order(states.handoff(id=9, fit=41)) < worth.order(states.handoff(id=8, fit=40)), (
        "points break a tie"
    )
    assert [each.id for each in sorted((cool, touched, later, soon), key=worth.order)] == [3, 2, 1, 4]
