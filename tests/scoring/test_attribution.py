"""Why a promise was broken."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scoring.attribution import Broken, Watch, attributed, main_cause
from scoring.team import read_team

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEAM = read_team("""
timezone: Europe/London
hours: {mon-fri: "09:00-17:00"}
channels: {fallback: C0ALL}
segments: [{name: EMEA, channel: C0EMEA, pool: [U0ANN, U0BOB]}]
people:
  U0ANN: {name: Ann, role: sdr, away: [{from: "2026-11-23 12:00", until: "2026-11-24"}]}
  U0BOB: {name: Bob, role: sdr, hours: {mon-fri: "13:00-17:00"}}
""")


def broken(**changes: Any) -> Broken:
    made: dict[str, Any] = {
        "began": NINE, "due_at": NINE + 2 * HOUR, "business": True, "posted_at": NINE,
        "watches": [Watch(NINE, "U0ANN")], "pool": ("U0ANN", "U0BOB"), "segment": "EMEA",
    }  # fmt: skip
    return Broken(**made | changes)


@pytest.mark.parametrize(
    ("changes", "causes"),
    [
        ({}, {"rep": 7200}),
        ({"posted_at": None}, {"routing": 7200}),
        ({"posted_at": NINE + 1.5 * HOUR}, {"routing": 5400, "rep": 1800}),
        ({"began": NINE + 2 * HOUR, "due_at": NINE + 6 * HOUR}, {"nobody": 3 * 3600, "rep": 3600}),
        ({"watches": [Watch(NINE, None)]}, {"rep": 7200}),
        (
            {"watches": [Watch(NINE, None)], "began": NINE + 3 * HOUR, "due_at": NINE + 5 * HOUR},
            {"nobody": 3600, "rep": 3600},
        ),
        (
            {"business": False, "due_at": NINE + 24 * HOUR, "watches": [Watch(NINE, "U0BOB")]},
            {"off_hours": 20 * 3600, "rep": 4 * 3600},
        ),
        (
            {"watches": [Watch(NINE, None), Watch(NINE + HOUR, "U0BOB")], "due_at": NINE + 5 * HOUR},
            {"rep": 2 * 3600},
        ),
    ],
)
def test_the_time_of_a_promise_is_told_by_what_was_in_the_way(
    changes: dict[str, Any], causes: dict[str, int]
) -> None:
    assert attributed(broken(**changes), TEAM) == pytest.approx(causes, abs=120)


def test_what_was_in_the_way_for_longest_is_named() -> None:
    assert main_cause({"routing": 10, "rep": 60}) == "rep"
    assert main_cause({"routing": 60, "rep": 60}) == "routing"
    assert main_cause({}) == "rep"
