"""Selling to people: the criteria the MQL Guide 2026 (S3) lists for B2C."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from scoring.emails import email_kind
from scoring.lead import Activity, Fact, Lead
from scoring.presets import preset
from scoring.qualify import Standing, Verdict, qualify
from scoring.score import Score, score
from scoring.titles import classify_title

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = preset("b2c")


def person(title: str = "", /, **facts: Fact) -> Lead:
    """Somebody first seen an hour ago, classified as at intake."""
    kind = email_kind(str(facts.get("email", "")))
    known = {**classify_title(title)._asdict(), "email_kind": kind, **facts}
    seen = int((NOW - timedelta(hours=1)).timestamp())
    return Lead({name: fact for name, fact in known.items() if fact is not None}, seen)


def did(*deeds: str) -> list[Activity]:
    """Deeds of the last hour in their order, written `signal` or `signal: asset`."""
    begun = int((NOW - timedelta(minutes=30)).timestamp())
    split = [deed.partition(": ") for deed in deeds]
    return [
        Activity(f"evt-{n}", signal, asset or None, begun + n, begun + n)
        for n, (signal, _, asset) in enumerate(split)
    ]


def points(lead: Lead, activities: Sequence[Activity] = ()) -> Score:
    return score(lead, activities, RULES, NOW)


def verdict(lead: Lead, activities: Sequence[Activity]) -> Verdict:
    return qualify(lead, activities, RULES, Standing(), NOW)


CRITERIA = [
    ("Age range", {"age": 40}, 15),
    ("Age range", {"age": 18}, 5),
    ("Age range", {"age": 70}, 0),
    ("Location (geographic market)", {"location": "London"}, 10),
    ("Location (geographic market)", {"location": "Leeds"}, 0),
    ("Income level (for premium products)", {"income": 60_000}, 15),
    ("Income level (for premium products)", {"income": 40_000}, 5),
    ("Income level (for premium products)", {"income": 10_000}, -10),
    ("Device type (mobile-first vs. desktop)", {"device_type": "mobile"}, 5),
    ("Device type (mobile-first vs. desktop)", {"device_type": "desktop"}, 0),
    ("nothing known", {}, 0),
]


@pytest.mark.parametrize(("criterion", "facts", "expected"), CRITERIA)
def test_each_b2c_criterion_counts(criterion: str, facts: dict[str, Fact], expected: int) -> None:
    assert points(person(**facts)).fit == expected


def test_a_free_mailbox_is_nothing_to_hold_against_a_consumer() -> None:
    assert points(person(email="ada@gmail.com", age=40)).fit == points(person(age=40)).fit


def test_who_asks_for_a_quote_is_called_within_five_minutes() -> None:
    found = verdict(person(email="ada@gmail.com"), did("quote_request"))

    assert found.why == "fast_track"
    assert found.tier is not None
    assert found.tier.first_touch == timedelta(minutes=5)


@pytest.mark.parametrize("lead", [person(age=17), person(email="ada@mailinator.com")])
def test_minors_and_throw_away_addresses_are_never_passed_on(lead: Lead) -> None:
    assert verdict(lead, did("quote_request")).blocked == "hard_gate"


def test_a_good_fit_that_left_a_basket_is_an_mql_and_one_that_only_reads_is_not() -> None:
    fit = person(age=40, income=70_000, location="London", device_type="mobile")  # 15 + 15 + 10 + 5

    assert verdict(fit, did("basket_left")).why == "threshold"
    assert not verdict(fit, did("email_open", "email_open")).mql


def test_a_basket_left_two_weeks_ago_no_longer_counts() -> None:
    left = did("basket_left")

    assert score(person(), left, RULES, NOW).intent == 20
    assert score(person(), left, RULES, NOW + timedelta(days=14)).intent == 0


DEEDS = [
    ("quote_request", 50),
    ("appointment_request", 50),
    ("basket_left", 20),
    ("product_page", 10),
    ("configurator", 15),
    ("store_finder", 10),
    ("brochure", 5),
    ("newsletter_signup", 3),
    ("email_click", 2),
    ("email_open", 0),
]


@pytest.mark.parametrize(("signal", "expected"), DEEDS)
def test_each_consumer_deed_gives_its_points(signal: str, expected: int) -> None:
    assert points(person(), did(signal)).intent == expected
