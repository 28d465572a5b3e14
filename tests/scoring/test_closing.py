"""Who takes an SQL on, what an opportunity must say, and why a deal is lost."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scoring import closing
from scoring.dispositions import REASONS, Disposition
from scoring.past import Past, waiting_ends_at, why_away
from scoring.team import read_team

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
TEAM = """
timezone: Europe/London
hours: {mon-fri: "09:00-17:00"}
channels: {fallback: C0ALL}
segments: [{name: everyone, channel: C0ALL, pool: [U0ANN]}]
people:
  U0ANN: {name: Ann, role: sdr}
  U0SUE: {name: Sue, role: ae}
  U0TOM: {name: Tom, role: ae}
  U0UMA: {name: Uma, role: ae, timezone: Asia/Tokyo}
  U0VAL: {name: Val, role: ae, away: [{from: 2026-11-23T08:00, until: 2026-11-23T13:00}]}
"""


@pytest.mark.parametrize(
    ("deals", "gone", "now", "gets_it"),
    [
        ({}, (), NOON, "U0SUE"),
        ({"U0SUE": 1}, (), NOON, "U0TOM"),
        ({"U0SUE": 3, "U0TOM": 3}, (), NOON, "U0SUE"),
        ({"U0SUE": 1}, ("U0TOM",), NOON, "U0SUE"),
        ({"U0SUE": 5}, ("U0TOM",), NOON, "U0SUE"),
        ({}, ("U0SUE", "U0TOM"), NOON, "U0UMA"),
        ({}, ("U0SUE", "U0TOM", "U0UMA"), NOON, None),
        ({}, ("U0SUE", "U0TOM", "U0UMA"), NOON + timedelta(hours=1), "U0VAL"),
        ({"U0SUE": 9, "U0TOM": 9}, (), datetime(2026, 11, 23, 2, 0, tzinfo=UTC), "U0UMA"),
        ({"U0SUE": 9, "U0TOM": 8, "U0UMA": 7, "U0VAL": 7}, (), NOON + timedelta(hours=9), "U0UMA"),
    ],
)
def test_the_next_sql_goes_to_who_is_there_and_has_the_fewest_deals(
    deals: dict[str, int], gone: tuple[str, ...], now: datetime, gets_it: str | None
) -> None:
    assert closing.next_ae(read_team(TEAM), deals, gone, now) == gets_it


def test_the_named_account_executive_takes_it_and_where_none_is_named_any() -> None:
    assert closing.takers("U0SUE", ("U0SUE", "U0TOM")) == ("U0SUE",)
    assert closing.takers(None, ("U0SUE", "U0TOM")) == ("U0SUE", "U0TOM")


@pytest.mark.parametrize(
    ("written", "amount"),
    [("25000", 25_000), (" 7 ", 7), ("0", 0), ("", None), (None, None), ("1.5", None), ("-1", None), ("1e3", None),
     ("٣", None), ("9" * 17, None), ("9" * 16, 9_999_999_999_999_999)],
)  # fmt: skip
def test_an_amount_is_a_whole_number(written: str | None, amount: int | None) -> None:
    assert closing.whole_amount(written) == amount


@pytest.mark.parametrize(
    ("amount", "close_on", "wrong"),
    [
        (1, TODAY, set()),
        (10**15, date(2029, 11, 22), set()),
        (0, TODAY, {"amount"}),
        (10**15 + 1, TODAY, {"amount"}),
        (None, None, {"amount", "close_on"}),
        (1, TODAY - timedelta(days=1), {"close_on"}),
        (1, date(2029, 11, 23), {"close_on"}),
    ],
)
def test_an_opportunity_has_an_amount_and_a_day_within_three_years(
    amount: int | None, close_on: date | None, wrong: set[str]
) -> None:
    assert closing.opportunity_problems(amount, close_on, TODAY).keys() == wrong


@pytest.mark.parametrize("code", closing.LOST)
def test_whatever_a_deal_is_lost_for_says_whether_the_lead_may_come_back(code: str) -> None:
    past = Past(int(NOON.timestamp()), "lost", code, date(2027, 4, 1), facts_changed=False)

    assert code in REASONS
    away = why_away(past, {}, NOON + timedelta(days=2), fresh_demo=False)
    assert away is not None
    assert away.startswith(f'The last hand-off ended as lost, "{REASONS[code].words}"')
    comes_back = waiting_ends_at(past, {})
    assert (comes_back is None) == (REASONS[code].again in ("never", "changed_fact"))


@pytest.mark.parametrize("code", sorted({*REASONS, "", "bogus"} - {*closing.LOST}))
def test_a_deal_is_not_lost_for_what_would_have_kept_it_from_being_one(code: str) -> None:
    assert closing.lost_problems(Disposition(code, "note"), TODAY).keys() == {"reason"}


def test_a_lost_deal_of_timing_needs_its_date_and_another_reason_its_note() -> None:
    assert closing.lost_problems(Disposition("timing.no_project"), TODAY).keys() == {"date"}
    assert closing.lost_problems(Disposition("timing.no_project", again_on=date(2027, 4, 1)), TODAY) == {}
    assert closing.lost_problems(Disposition("other"), TODAY).keys() == {"note"}
    assert closing.lost_problems(Disposition("no_budget"), TODAY) == {}


def test_the_form_offers_exactly_these_reasons() -> None:
    offered = [row.code for rows in closing.lost_groups().values() for row in rows]

    assert sorted(offered) == sorted(closing.LOST)
    assert all(closing.lost_groups().values())
