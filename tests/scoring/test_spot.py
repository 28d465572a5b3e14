"""Spot checks: who is drawn, in which quarter and week, and who takes them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256

import pytest

from scoring.definition import read_definition
from scoring.spot import Week, contactable, is_drawn, quarter, takers, tier_of_spot_checks, week_began
from scoring.team import read_team
from tests.world import DEFINITION, MONDAY_9, TEAM

LONDON = read_team(TEAM)
TOKYO = read_team(TEAM.replace("Europe/London", "Asia/Tokyo"))
AWAY = read_team(
    TEAM.replace(
        "U0BOB: {name: Bob, role: sdr}",
        "U0BOB: {name: Bob, role: sdr, away: [{from: 2026-11-23, until: 2026-11-25}]}",
    )
)
POOL = ("U0ANN", "U0BOB", "U0CAT")


def lots(count: int) -> list[str]:
    return [sha256(str(n).encode()).hexdigest() for n in range(count)]


def test_as_many_are_drawn_as_the_share_says_and_who_is_drawn_stays_so_with_a_greater_one() -> None:
    drawn = {
        share: {lot for lot in lots(20_000) if is_drawn(lot, Fraction(share, 100))}
        for share in (0, 5, 20, 100)
    }
    # 1,000 expected, standard deviation 31: four of them.
    assert 877 <= len(drawn[5]) <= 1_123
    assert drawn[0] == set()
    assert drawn[5] < drawn[20] < drawn[100] == set(lots(20_000))


def test_a_lot_on_the_edge_is_decided_exactly() -> None:
    half = f"{2**255:064x}"
    assert not is_drawn(half, Fraction(1, 2))
    assert is_drawn(f"{2**255 - 1:064x}", Fraction(1, 2))


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), ["2026Q2", "2026Q2"]),  # London has summer time by then
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), ["2026Q4", "2027Q1"]),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), ["2027Q1", "2027Q1"]),
        (datetime(2026, 9, 30, 12, 0, tzinfo=UTC), ["2026Q3", "2026Q3"]),
    ],
)
def test_a_quarter_ends_at_the_teams_midnight(at: datetime, there: list[str]) -> None:
    assert [quarter(at, LONDON), quarter(at, TOKYO)] == there


def test_a_week_begins_on_monday_at_the_teams_midnight() -> None:
    assert week_began(MONDAY_9, LONDON) == datetime(2026, 11, 23, tzinfo=UTC)
    assert week_began(MONDAY_9, TOKYO) == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert week_began(datetime(2026, 11, 29, 23, 59, tzinfo=UTC), LONDON) == datetime(
        2026, 11, 23, tzinfo=UTC
    )
    summer = datetime(2026, 10, 25, 22, 0, tzinfo=UTC)  # the Sunday on which the clocks went back
    assert week_began(summer, LONDON) == datetime(2026, 10, 18, 23, tzinfo=UTC)


def test_who_had_fewest_this_week_is_first_and_the_pools_order_breaks_a_tie() -> None:
    assert takers(POOL, LONDON, Week({}, 2), MONDAY_9) == POOL
    assert takers(POOL, LONDON, Week({"U0ANN": 1}, 2), MONDAY_9) == ("U0BOB", "U0CAT", "U0ANN")


def test_who_has_had_their_share_is_away_has_left_or_is_full_has_no_room() -> None:
    assert takers(POOL, LONDON, Week({"U0ANN": 2, "U0BOB": 3}, 2), MONDAY_9) == ("U0CAT",)
    assert takers(POOL, AWAY, Week({}, 2), MONDAY_9) == ("U0ANN", "U0CAT")
    assert takers(POOL, AWAY, Week({}, 2), MONDAY_9 + timedelta(days=3)) == POOL
    assert takers(POOL, LONDON, Week({}, 2, {"U0CAT", "U0ANN"}), MONDAY_9) == ("U0BOB",)
    assert takers(POOL, LONDON, Week({}, 0), MONDAY_9) == ()
    assert takers(("U0GONE",), LONDON, Week({}, 2), MONDAY_9) == ()


def test_who_is_on_shift_comes_before_who_works_later() -> None:
    at_half_past_four = MONDAY_9.replace(hour=16, minute=30)  # Ann, in Berlin, has gone home
    assert takers(POOL, LONDON, Week({"U0BOB": 1, "U0CAT": 1}, 2), at_half_past_four) == (
        "U0BOB",
        "U0CAT",
        "U0ANN",
    )
    assert takers(POOL, LONDON, Week({}, 2), MONDAY_9.replace(hour=22)) == POOL


def test_a_spot_check_has_the_last_tier_that_sales_works() -> None:
    def tier_of(text: str) -> str | None:
        tier = tier_of_spot_checks(read_definition(text))
        return tier.name if tier else None

    assert tier_of(DEFINITION) == "standard"
    last = DEFINITION.replace(
        "{name: standard, first_touch: 8h, clock: business}", "{name: standard, handoff: nurture}"
    )
    assert tier_of(last) == "returning"


@pytest.mark.parametrize(
    ("email", "facts", "can"),
    [
        ("a@b.example", {}, True), (None, {"phone": "+44 1"}, True), (None, {}, False),
        ("a@b.example", {"consent": False}, False), ("a@b.example", {"consent": "yes"}, True),
    ],
)  # fmt: skip
def test_who_can_be_reached_and_has_not_refused_is_contactable(
    email: str | None, facts: dict[str, object], can: bool
) -> None:
    assert contactable(email, facts) is can
