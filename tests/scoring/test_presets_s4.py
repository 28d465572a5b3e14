"""Four common actions (S4), what they are worth beside each other, and who they make an MQL."""

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
RULES = preset("s4")


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


ACTIONS = [
    ("Downloading a white paper or ebook", "white_paper"),
    ("Downloading a white paper or ebook", "ebook"),
    ("Registering for or attending a webinar", "webinar_registered"),
    ("Registering for or attending a webinar", "webinar_attended"),
    ("Visiting high-intent website pages (e.g., pricing, case studies)", "pricing"),
    ("Visiting high-intent website pages (e.g., pricing, case studies)", "case_studies"),
    ("Requesting a demo or trial", "demo"),
    ("Requesting a demo or trial", "trial"),
]


@pytest.mark.parametrize(("words", "signal"), ACTIONS)
def test_each_common_action_contributes_to_the_score(words: str, signal: str) -> None:
    assert points(person(), did(signal)).intent > 0


@pytest.mark.parametrize("buying", ["pricing", "case_studies", "demo", "trial"])
@pytest.mark.parametrize("reading", ["white_paper", "ebook", "webinar_registered"])
def test_buying_intent_counts_more_than_reading(buying: str, reading: str) -> None:
    """ "prioritizes genuine buying intent over simple content consumption" """
    assert points(person(), did(buying)).intent > points(person(), did(reading)).intent


def test_reading_alone_never_makes_an_mql_of_a_good_fit() -> None:
    """ "preventing the sales team from receiving leads that are not truly ready for a sales conversation" """
    vp = person("VP Marketing", employees=100)  # 25
    library = did(*[f"white_paper: {n}" for n in range(50)], *[f"ebook: {n}" for n in range(50)])

    assert points(vp, library).intent == 20
    assert not verdict(vp, library).mql


@pytest.mark.parametrize(
    ("words", "lead", "expected"),
    [("job title", person("VP Marketing"), 15), ("company size", person(employees=100), 10)],
)
def test_job_title_and_company_size_count(words: str, lead: Lead, expected: int) -> None:
    """ "demographic and firmographic data (like job title or company size) and their behaviors" """
    assert points(lead).fit == expected


def test_the_cumulative_score_makes_the_mql() -> None:
    """ "When a lead's cumulative score crosses a predetermined threshold, they are automatically flagged" """
    vp = person("VP Marketing", employees=100)  # 25
    deeds = did("white_paper: Paper", "webinar_attended", "pricing")  # 5 + 10 + 15

    assert not verdict(vp, deeds[:2]).mql
    assert (points(vp, deeds).total, verdict(vp, deeds).why) == (55, "threshold")


@pytest.mark.parametrize("request_", ["demo", "trial"])
def test_a_demo_or_trial_request_reaches_sales_at_once(request_: str) -> None:
    tier = verdict(person(), did(request_)).tier

    assert tier is not None
    assert tier.first_touch == timedelta(minutes=5)


def test_the_sdr_confirms_need_timing_and_authority() -> None:
    """ "a real, timely business need and the authority to purchase" """
    assert set(RULES.required_bant) == {"need", "timeline", "authority"}


def test_the_stage_is_also_known_as_mql() -> None:
    """ "Also known as: MQL" """
    assert RULES.labels["mql"] == "MQL"


GUIDE_ROWS = [
    ("C-suite +20", person("CEO"), 20),
    ("VP/Director/Manager of target function +15", person("Sales Director"), 15),
    ("individual contributor in target function +5", person("SDR"), 5),
    ("student, intern, freelancer −20", person("Student"), -20),
    ("50-500 employees +10", person(employees=50), 10),
    ("50-500 employees +10", person(employees=500), 10),
    ("501-5,000 +5", person(employees=501), 5),
    ("501-5,000 +5", person(employees=5000), 5),
    ("beyond the table", person(employees=5001), 0),
    ("1-10 employees −15", person(employees=1), -15),
    ("1-10 employees −15", person(employees=10), -15),
    ("11 employees", person(employees=11), 0),
]


@pytest.mark.parametrize(("row", "lead", "expected"), GUIDE_ROWS)
def test_points_this_document_leaves_open_are_those_of_the_mql_guide(
    row: str, lead: Lead, expected: int
) -> None:
    assert points(lead).fit == expected


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ("white_paper", 5),
        ("ebook", 5),
        ("webinar_registered", 5),
        ("webinar_attended", 10),
        ("pricing", 15),
        ("case_studies", 10),
        ("demo", 50),
        ("trial", 50),
    ],
)
def test_deeds_this_document_leaves_unpriced_have_the_number_the_preset_names(
    signal: str, expected: int
) -> None:
    assert points(person(), did(signal)).intent == expected
