"""The reasons: what each asks for, where it leads, and when the lead may come back. Source: SEMANTICS."""

from datetime import date, timedelta

import pytest

from scoring.dispositions import (
    DEFAULT_WAITS,
    REASONS,
    Attempts,
    Disposition,
    Patience,
    groups,
    problems,
    reason,
)

TODAY = date(2026, 11, 23)
TIRED = Attempts(5, timedelta(days=10))
CODES = {
    "not_fit.size", "not_fit.persona", "timing.no_project", "timing.budget_cycle", "no_budget", "customer",
    "competitor", "unreachable", "bad_data", "duplicate", "spam", "left_company", "opted_out", "other",
}  # fmt: skip


def wrong(
    code: str, note: str = "said so", again_on: date | None = date(2027, 1, 1), attempts: Attempts = TIRED
) -> set[str]:
    given = Disposition(code, note, again_on)
    return set(problems(given, attempts=attempts, patience=Patience(), today=TODAY))


def test_the_codes_are_the_agreed_ones_and_each_is_under_one_heading() -> None:
    """ "The codes: `not_fit.size, not_fit.persona, timing.no_project, timing.budget_cycle, no_budget,
    customer, competitor, unreachable, bad_data, duplicate, spam, left_company, opted_out, other` (other needs
    a note)." """
    assert set(REASONS) == CODES
    assert sorted(row.code for rows in groups().values() for row in rows) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_reason_with_everything_it_asks_for_is_right(code: str) -> None:
    assert wrong(code) == set()


def test_each_reason_asks_for_just_its_own() -> None:
    """ "The codes: `not_fit.size, not_fit.persona, timing.no_project, timing.budget_cycle, no_budget,
    customer, competitor, unreachable, bad_data, duplicate, spam, left_company, opted_out, other` (other needs
    a note)." """
    bare = {code: wrong(code, "", None, Attempts(0, timedelta(0))) for code in CODES}

    assert {code: asked for code, asked in bare.items() if asked} == {
        "timing.no_project": {"date"}, "timing.budget_cycle": {"date"}, "unreachable": {"reason"}, "other": {"note"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "days", "enough"),
    [(5, 10, True), (6, 30, True), (4, 10, False), (5, 9.99, False), (0, 99, False)],
)
def test_unreachable_is_five_attempts_over_ten_days(count: int, days: float, enough: bool) -> None:
    assert (wrong("unreachable", attempts=Attempts(count, timedelta(days=days))) == set()) == enough


@pytest.mark.parametrize(
    ("again_on", "right"),
    [
        (TODAY, False),
        (TODAY + timedelta(days=1), True),
        (TODAY + timedelta(days=1_095), True),
        (TODAY + timedelta(days=1_096), False),
    ],
)
def test_the_date_lies_between_tomorrow_and_three_years_from_now(again_on: date, right: bool) -> None:
    assert (wrong("timing.no_project", again_on=again_on) == set()) == right


def test_a_date_is_not_asked_of_other_reasons_even_if_it_is_nonsense() -> None:
    assert wrong("spam", again_on=date(1990, 1, 1)) == set()


@pytest.mark.parametrize("code", ["", "not_fit", "NOT_FIT.SIZE", "won"])
def test_a_code_that_is_not_in_the_list_is_a_wrong_reason(code: str) -> None:
    assert wrong(code) == {"reason"}


def test_timing_unreachable_bad_data_and_duplicate_teach_the_scoring_nothing() -> None:
    """ "Timing, unreachable, bad_data and duplicate are no labels." """
    assert {code for code, row in REASONS.items() if row.label == "none"} == {
        "timing.no_project", "timing.budget_cycle", "unreachable", "bad_data", "duplicate",
    }  # fmt: skip


def test_each_reason_says_what_it_teaches_what_follows_and_when_the_lead_may_come_back() -> None:
    """ "Reasons carry `label: negative | none`, `then` (nurture, suppress, recycle), `again`." """
    for row in REASONS.values():
        assert row.label in ("negative", "none"), row.code
        assert row.then in ("nurture", "suppress", "recycle"), row.code
        assert row.again in ("date", "wait", "changed_fact", "never"), row.code
        assert (row.then == "recycle") == row.needs_date, row.code
        assert (row.then == "suppress") <= (row.again == "never"), row.code
        assert (row.again == "wait") == (row.code in DEFAULT_WAITS), row.code


def test_who_is_suppressed_and_by_what() -> None:
    assert {code: row.suppress_by for code, row in REASONS.items() if row.suppress_by} == {
        "customer": "domain", "competitor": "domain", "opted_out": "address",
    }  # fmt: skip
    assert all((row.then == "suppress") == (row.suppress_by is not None) for row in REASONS.values())


def test_when_each_lead_may_come_back() -> None:
    """ "Reasons carry `label: negative | none`, `then` (nurture, suppress, recycle), `again`." """
    by_rule = {
        rule: {code for code, row in REASONS.items() if row.again == rule} for rule in ("date", "wait")
    }

    assert by_rule == {
        "date": {"timing.no_project", "timing.budget_cycle"}, "wait": {"unreachable", "no_budget", "other"},
    }  # fmt: skip
    assert {code: wait.days for code, wait in DEFAULT_WAITS.items()} == {
        "unreachable": 90,
        "no_budget": 30,
        "other": 30,
    }
    assert all(reason(code).again == "changed_fact" for code in ("not_fit.size", "not_fit.persona"))
    assert all(reason(code).again == "never" for code in ("customer", "competitor", "opted_out"))
