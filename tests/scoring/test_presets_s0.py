"""Fit and active interest (S0): its lists of signals, its tiers, its dispositions and its benchmarks."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from scoring.dispositions import REASONS
from scoring.emails import email_kind
from scoring.lead import Activity, Fact, Lead
from scoring.presets import preset
from scoring.qualify import Standing, Verdict, qualify
from scoring.score import Score, score
from scoring.titles import classify_title

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = preset("s0")


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


PASSIVE = ["email_open", "page_view"]
ACTIVE = [
    ("visiting the pricing page", "pricing_page"),
    ("downloading a product comparison guide", "comparison_guide"),
    ("clicking a trial CTA", "email_click_trial"),
    ("demo request", "demo_request"),
    ("trial signup", "trial_signup"),
    ("high-intent content downloads", "bofu_download"),
]


@pytest.mark.parametrize(("words", "signal"), ACTIVE)
def test_what_people_do_counts_more_than_what_they_open(words: str, signal: str) -> None:
    """ "carry higher point values than passive actions like opening a newsletter" """
    for passive in PASSIVE:
        assert points(person(), did(signal)).intent > points(person(), did(passive)).intent == 0


def test_returning_to_the_site_several_times_in_a_week_counts() -> None:
    """ "returning to the site multiple times in a week" """
    days = [int((NOW - timedelta(days=day)).timestamp()) for day in (1, 3, 5)]
    in_a_week = [Activity(f"evt-{n}", "page_view", None, day, day) for n, day in enumerate(days)]

    assert points(person(), in_a_week).intent == 10
    assert points(person(), in_a_week[:2]).intent == 0
    assert points(person(), did("page_view", "page_view", "page_view")).intent == 0  # one visit


def test_several_high_intent_downloads_count_each() -> None:
    """ "multiple high-intent content downloads" """
    one = did("bofu_download: Security whitepaper")
    two = did("bofu_download: Security whitepaper", "bofu_download: ROI calculator")

    assert points(person(), two).intent == 2 * points(person(), one).intent > 0


FIRMOGRAPHIC = [
    ("company size", {"employees": 100}),
    ("industry", {"industry": "software"}),
    ("job title", {"seniority": "vp", "function": "marketing"}),
    ("technology stack", {"technology": ("compatible",)}),
]


@pytest.mark.parametrize(("words", "facts"), FIRMOGRAPHIC)
def test_who_they_are_contributes_to_the_score(words: str, facts: dict[str, Fact]) -> None:
    """ "company size, industry, job title, technology stack — also contribute to the score" """
    assert points(person(**facts)).fit > 0


def test_a_competing_tool_speaks_against_a_lead() -> None:
    assert points(person(technology=("competing",))).fit < 0


RECORDS = [
    ("a demo request", "demo_request"),
    ("a trade show badge scan", "badge_scan"),
    ("a webinar registration", "webinar_attended"),
    ("a response to an outbound email sequence", "outbound_reply"),
    ("a form fill", "tofu_download"),
]


@pytest.mark.parametrize(("words", "signal"), RECORDS)
def test_every_way_into_the_database_is_a_known_signal(words: str, signal: str) -> None:
    assert signal in RULES.known_signals


def test_opens_and_page_views_alone_never_make_an_mql() -> None:
    """ "Definitions based purely on email opens or generic page views produce too many low-quality MQLs." """
    perfect = person("CMO", employees=100, industry="software", technology=("compatible",))

    assert not verdict(perfect, did(*["email_open"] * 50, *["page_view"] * 50)).mql


def test_a_demo_from_the_icp_is_tier_1_and_gets_a_personal_call_within_five_minutes() -> None:
    """ "Tier 1 MQLs get an immediate personal call"; "Under 5 minutes for inbound requests" """
    tier = verdict(person("VP Sales", employees=200, industry="software"), did("demo_request")).tier

    assert tier is not None
    assert (tier.name, tier.first_touch, tier.clock) == ("tier 1", timedelta(minutes=5), "business")
    assert tier.play == "immediate personal call"


def test_a_high_intent_mql_is_followed_up_within_the_hour() -> None:
    """ "teams that follow up within the hour on high-intent MQLs" """
    tier = verdict(person("VP Sales", employees=200, industry="software"), did("comparison_guide")).tier

    assert tier is not None
    assert (tier.name, tier.first_touch) == ("tier 2", timedelta(hours=1))


def test_an_mql_of_ebooks_only_goes_to_nurture() -> None:
    """ "Tier 3 MQLs enter an automated nurture sequence." """
    deeds = did("webinar_attended", "tofu_download: Ebook")
    tier = verdict(person("CMO", employees=200, industry="software"), deeds).tier  # 20 + 10 + 10 + 10 + 5

    assert tier is not None
    assert (tier.name, tier.nurture) == ("tier 3", True)


def test_an_ebook_from_a_company_ten_times_too_small_is_no_mql() -> None:
    """ "downloaded a top-of-funnel ebook from a company that is 10× too small" """
    assert not verdict(person("VP Sales", employees=5, industry="software"), did("tofu_download: Ebook")).mql


DISPOSITIONS = [
    ("not a fit (wrong company size", "not_fit.size"),
    ("wrong persona)", "not_fit.persona"),
    ("timing issue (no active project", "timing.no_project"),
    ("budget cycle mismatch)", "timing.budget_cycle"),
    ("already a customer", "customer"),
    ("competitor already selected", "competitor"),
    ("no budget", "no_budget"),
]


@pytest.mark.parametrize(("words", "code"), DISPOSITIONS)
def test_every_disposition_of_the_document_is_a_reason_code(words: str, code: str) -> None:
    assert code in REASONS


def test_the_documents_benchmarks_are_the_bands() -> None:
    """ "15–20% is considered healthy. Below 10% typically indicates a lead quality problem"; "under 5%" """
    assert RULES.bands.mql_to_sql == (15, 20)
    assert (RULES.bands.alarm_below, RULES.bands.recalibrate_below) == (10, 5)
    assert RULES.contract.expected_mql_to_sql == Fraction(15, 100)


def test_the_documents_sql_asks_for_problem_budget_access_and_timeline() -> None:
    """ "a real problem, budget availability, decision-maker access, and a defined timeline" """
    assert set(RULES.required_bant) == {"need", "budget", "authority", "timeline"}


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
    ("target industry +10", person(industry="fintech"), 10),
    ("non-target industry −10", person(industry="fishing"), -10),
    ("compatible tool", person(technology=("compatible",)), 5),
    ("competing tool", person(technology=("competing",)), -5),
]


@pytest.mark.parametrize(("row", "lead", "expected"), GUIDE_ROWS)
def test_points_this_document_leaves_open_are_those_of_the_mql_guide(
    row: str, lead: Lead, expected: int
) -> None:
    assert points(lead).fit == expected


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ("demo_request", 50),
        ("trial_signup", 50),
        ("pricing_page", 15),
        ("comparison_guide", 15),
        ("bofu_download", 15),
        ("email_click_trial", 5),
        ("webinar_attended", 10),
        ("tofu_download", 5),
        ("outbound_reply", 0),
        ("badge_scan", 0),
    ],
)
def test_deeds_this_document_leaves_unpriced_have_the_number_the_preset_names(
    signal: str, expected: int
) -> None:
    assert points(person(), did(signal)).intent == expected
