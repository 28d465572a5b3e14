"""The MQL Guide 2026 (S3): every row of its points table and its SLA table, as the guide prints them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from scoring.emails import email_kind
from scoring.lead import Activity, Fact, Lead
from scoring.past import Past
from scoring.presets import preset
from scoring.qualify import Standing, Verdict, qualify
from scoring.score import Score, score
from scoring.titles import classify_title

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = preset("s3")


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


FIT = [
    ("Job title: VP/Director/Manager of target function +15", person("VP Marketing"), 15),
    ("Job title: VP/Director/Manager of target function +15", person("Sales Director"), 15),
    ("Job title: VP/Director/Manager of target function +15", person("Revenue Operations Manager"), 15),
    ("Job title: C-suite (CEO, CMO, CTO) +20", person("CEO"), 20),
    ("Job title: C-suite (CEO, CMO, CTO) +20", person("CMO"), 20),
    ("Job title: C-suite (CEO, CMO, CTO) +20", person("CTO"), 20),
    ("Job title: individual contributor in target function +5", person("Account Executive"), 5),
    ("Company size: 50-500 employees +10", person(employees=50), 10),
    ("Company size: 50-500 employees +10", person(employees=500), 10),
    ("Company size: 501-5,000 +5", person(employees=501), 5),
    ("Company size: 501-5,000 +5", person(employees=5000), 5),
    ("Industry: target industry +10", person(industry="software"), 10),
    ("Job title: student, intern, freelancer −20", person("Student"), -20),
    ("Job title: student, intern, freelancer −20", person("Marketing Intern"), -20),
    ("Job title: student, intern, freelancer −20", person("Freelance Marketing Consultant"), -20),
    ("Company size: 1-10 employees (if your ICP is mid-market) −15", person(employees=1), -15),
    ("Company size: 1-10 employees (if your ICP is mid-market) −15", person(employees=10), -15),
    ("Non-target industry −10", person(industry="fishing"), -10),
    ("Personal email domain (gmail, yahoo) −5", person(email="ada@gmail.com"), -5),
    ("Personal email domain (gmail, yahoo) −5", person(email="ada@yahoo.com"), -5),
]


@pytest.mark.parametrize(("row", "lead", "expected"), FIT)
def test_each_fit_row_of_the_guide_gives_its_points(row: str, lead: Lead, expected: int) -> None:
    assert (points(lead).fit, points(lead).intent) == (expected, 0)


OUTSIDE = [
    ("VP of another function", person("VP Engineering")),
    ("individual contributor of another function", person("Nurse")),
    ("11 employees", person(employees=11)),
    ("49 employees", person(employees=49)),
    ("5,001 employees", person(employees=5001)),
    ("a company address", person(email="ada@engines.example")),
    ("nothing known", person()),
]


@pytest.mark.parametrize(("who", "lead"), OUTSIDE)
def test_who_stands_beside_the_rows_gets_nothing(who: str, lead: Lead) -> None:
    assert points(lead).total == 0


BEHAVIOUR = [
    ("Demo request +50", ["demo_request"], 50),
    ("Pricing page visit +15", ["pricing_page"], 15),
    ("Pricing page visit (2nd visit) +10", ["pricing_page", "pricing_page"], 25),
    ("no third row for pricing", ["pricing_page", "pricing_page", "pricing_page"], 25),
    ("Comparison page visit +10", ["comparison_page"], 10),
    ("Webinar attendance (product-focused) +20", ["webinar_product"], 20),
    ("Webinar attendance (educational) +10", ["webinar_educational"], 10),
    ("Email click (CTA to product page) +5", ["email_click_product"], 5),
    ("Email click (CTA to content) +2", ["email_click_content"], 2),
    ("BOFU content download (ROI calculator) +15", ["bofu_download"], 15),
    ("TOFU content download (ebook) +5", ["tofu_download"], 5),
    ("Newsletter subscription +3", ["newsletter_signup"], 3),
    ("Requested a demo or free trial", ["trial_signup"], 50),
    ("Submitted a contact form (treated as a demo request)", ["contact_form"], 50),
    ("an open has no row", ["email_open"], 0),
    ("the features page has no row", ["features_page", "features_page"], 0),
]


@pytest.mark.parametrize(("row", "deeds", "expected"), BEHAVIOUR)
def test_each_behaviour_row_of_the_guide_gives_its_points(row: str, deeds: list[str], expected: int) -> None:
    assert (points(person(), did(*deeds)).fit, points(person(), did(*deeds)).intent) == (0, expected)


@pytest.mark.parametrize(("days_since_last_open", "expected"), [(29, 0), (30, -5), (31, -5)])
def test_no_email_opens_in_30_days_takes_5_points(days_since_last_open: int, expected: int) -> None:
    """No email opens in 30 days −5"""
    known_for_long = Lead({}, int((NOW - timedelta(days=90)).timestamp()))
    opened = int((NOW - timedelta(days=days_since_last_open)).timestamp())
    opens = [Activity("evt-1", "email_open", None, opened, opened)]

    assert points(known_for_long, opens).intent == expected


def test_a_lead_first_seen_today_is_not_blamed_for_opening_nothing() -> None:
    assert points(person()).intent == 0


def test_interest_is_lower_tomorrow_and_much_lower_next_week() -> None:
    """ "their interest will be lower tomorrow and much lower next week" """
    visit = did("pricing_page")
    today, tomorrow, next_week = (
        score(person(), visit, RULES, NOW + timedelta(days=days)).intent for days in (0, 1, 7)
    )

    assert today > tomorrow > next_week > 0
    assert today - next_week >= 4  # more than a quarter of 15


LEVELS = [
    ("Requested a demo or free trial", "demo_request", "high"),
    ("Requested a demo or free trial", "trial_signup", "high"),
    ("Visited the pricing page (2+ times)", "pricing_page", "high"),
    ("Visited competitor comparison pages", "comparison_page", "high"),
    ("Submitted a contact form", "contact_form", "high"),
    ("Attended a webinar (especially product-focused)", "webinar_product", "high"),
    ("Clicked on product-related CTA in an email", "email_click_product", "medium"),
    ("Downloaded a bottom-of-funnel asset", "bofu_download", "medium"),
    ("Visited the features page multiple times", "features_page", "medium"),
    ("Downloaded a top-of-funnel asset (ebook, research report)", "tofu_download", "low"),
    ("Subscribed to newsletter", "newsletter_signup", "low"),
    ("Attended a general educational webinar", "webinar_educational", "low"),
]


@pytest.mark.parametrize(("line", "signal", "level"), LEVELS)
def test_each_signal_stands_on_the_guides_rung_of_intent(line: str, signal: str, level: str) -> None:
    assert RULES.intent[signal].level == level


def test_an_ebook_alone_is_a_lead() -> None:
    """ "Someone who downloaded an ebook is a lead." """
    reader = person("VP Marketing", email="ada@engines.example", employees=120, industry="software")

    assert points(reader, did("tofu_download: Ebook")).total == 40  # 15 + 10 + 10 + 5
    assert not verdict(reader, did("tofu_download: Ebook")).mql


@pytest.mark.parametrize(("webinar", "total"), [("webinar_educational", 65), ("webinar_product", 75)])
def test_ebook_webinar_pricing_page_and_the_right_title_make_an_mql(webinar: str, total: int) -> None:
    """ "That same person who also attended a webinar, visited the pricing page, and has the right job title
    at a company matching your ICP is an MQL." """
    buyer = person("VP Marketing", email="ada@engines.example", employees=120, industry="software")
    deeds = did("tofu_download: Ebook", webinar, "pricing_page")

    assert points(buyer, deeds).total == total  # 15 + 10 + 10 and 5 + 10 or 20 + 15
    assert verdict(buyer, deeds).mql


def test_50_points_are_an_mql_and_49_are_not() -> None:
    """MQL threshold: Typically 50-80 points."""
    ceo = person("CEO", employees=100)  # 20 + 10
    fifty = did("webinar_product")
    forty_nine = did("bofu_download", "email_click_content", "email_click_content")

    assert (points(ceo, fifty).total, verdict(ceo, fifty).mql) == (50, True)
    assert (points(ceo, forty_nine).total, verdict(ceo, forty_nine).mql) == (49, False)


def test_opens_alone_never_make_an_mql() -> None:
    ceo = person("CEO", employees=100, industry="software")

    assert not verdict(ceo, did(*["email_open"] * 50)).mql


SLAS = [
    ("Demo request: Within 5 minutes (business hours)", ["demo_request"], timedelta(minutes=5), "business"),
    (
        "High-intent MQL (scored 80+): Within 2 hours",
        ["webinar_product", "pricing_page", "pricing_page"],  # 40 of fit + 45
        timedelta(hours=2),
        "business",
    ),
    ("Standard MQL: Within 24 hours", ["webinar_product"], timedelta(hours=24), "calendar"),
]


@pytest.mark.parametrize(("row", "deeds", "allowed", "clock"), SLAS)
def test_each_kind_of_mql_has_the_guides_response_time(
    row: str, deeds: list[str], allowed: timedelta, clock: str
) -> None:
    ceo = person("CEO", employees=100, industry="software")  # 20 + 10 + 10
    tier = verdict(ceo, did(*deeds)).tier

    assert tier is not None
    assert (tier.first_touch, tier.clock) == (allowed, clock)


def test_a_re_engaged_past_lead_is_called_within_48_hours() -> None:
    """Re-engaged past lead: Within 48 hours"""
    ended = int((NOW - timedelta(days=100)).timestamp())
    standing = Standing(past=Past(ended, "recycled", "no_budget", None, facts_changed=False))
    found = qualify(person("CEO", employees=100), did("webinar_product"), RULES, standing, NOW)

    assert found.tier is not None
    assert found.tier.first_touch == timedelta(hours=48)


def test_the_guides_sql_asks_for_all_of_bant() -> None:
    """ "confirmed has Budget, Authority, Need, and Timeline (BANT)" """
    assert RULES.required_bant == ("budget", "authority", "need", "timeline")


@pytest.mark.parametrize(("clicks", "tier"), [(0, "standard"), (1, "high")])
def test_the_two_hours_begin_at_80_points(clicks: int, tier: str) -> None:
    """High-intent MQL (scored 80+)"""
    cmo = person("CMO", employees=100, industry="software")  # 20 + 10 + 10
    deeds = did("webinar_product", "bofu_download", *["newsletter_signup"] * clicks, "email_click_content")
    found = verdict(cmo, deeds).tier

    assert points(cmo, deeds).total == 77 + 3 * clicks
    assert found is not None
    assert found.name == tier


def test_accepting_only_30_per_cent_is_too_little() -> None:
    """ "If sales is accepting only 30% of MQLs (low SAL rate), the MQL threshold is too low" """
    assert RULES.bands.mql_to_sal == (40, 70)
