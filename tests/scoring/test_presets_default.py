"""The definition a new team starts from: the MQL Guide's points with gates, bonuses, caps and rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from scoring.emails import email_kind
from scoring.lead import Activity, Fact, Lead
from scoring.presets import preset, preset_names, preset_text
from scoring.qualify import Standing, Verdict, qualify
from scoring.score import Score, score
from scoring.titles import classify_title

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = preset("default")


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


FACTS: dict[str, Fact] = {"employees": 120, "industry": "software", "country": "GB"}
BUYER = person("VP Marketing", email="ada@engines.example", **FACTS)

FIT = [
    ("C-suite", person("CEO"), 20),
    ("VP of a target function", person("VP Marketing"), 15),
    ("director of a target function", person("Sales Director"), 15),
    ("manager of a target function", person("RevOps Manager"), 15),
    ("works in a target function", person("SDR"), 5),
    ("VP of another function", person("VP Engineering"), 0),
    ("student", person("Student"), -20),
    ("intern", person("Marketing Intern"), -20),
    ("freelancer", person("Freelancer"), -20),
    ("50 employees", person(employees=50), 10),
    ("500 employees", person(employees=500), 10),
    ("501 employees", person(employees=501), 5),
    ("5,000 employees", person(employees=5000), 5),
    ("10 employees", person(employees=10), -15),
    ("30 employees", person(employees=30), 0),
    ("target industry", person(industry="software"), 10),
    ("other industry", person(industry="fishing"), -10),
    ("personal address", person(email="ada@gmail.com"), -5),
    ("compatible tool", person(technology=("compatible", "other")), 5),
    ("competing tool", person(technology=("competing",)), -5),
    ("nothing known", person(), 0),
]


@pytest.mark.parametrize(("who", "lead", "expected"), FIT)
def test_each_fit_row_gives_its_points(who: str, lead: Lead, expected: int) -> None:
    assert points(lead).total == expected


INTENT = [
    (["demo_request"], 50),
    (["trial_signup"], 50),
    (["contact_form"], 50),
    (["pricing_page"], 15),
    (["pricing_page", "pricing_page"], 25),
    (["pricing_page", "pricing_page", "pricing_page"], 35),  # 15 + 10, and 10 for several visits in a week
    (["comparison_page"], 10),
    (["webinar_product"], 20),
    (["webinar_educational"], 10),
    (["bofu_download"], 15),
    (["case_study"], 10),
    (["tofu_download"], 5),
    (["newsletter_signup"], 3),
    (["email_click_product"], 5),
    (["email_click_product"] * 9, 15),
    (["email_click_content"], 2),
    (["email_click_content"] * 50, 20),
    (["features_page", "features_page"], 5),
    (["email_open"] * 50, 0),
    (["demo_request: 1", "demo_request: 2", "demo_request: 3", "demo_request: 4"], 150),
]


@pytest.mark.parametrize(("deeds", "expected"), INTENT)
def test_each_deed_gives_its_points(deeds: list[str], expected: int) -> None:
    assert points(person(), did(*deeds)).total == expected


def test_an_ebook_alone_is_a_lead() -> None:
    """ "Someone who downloaded an ebook is a lead." """
    assert not verdict(BUYER, did("tofu_download: Ebook")).mql


def test_ebook_webinar_pricing_page_and_the_right_title_make_an_mql() -> None:
    """ "also attended a webinar, visited the pricing page, and has the right job title" """
    deeds = did("tofu_download: Ebook", "webinar_educational", "pricing_page")

    assert points(BUYER, deeds).total == 65  # 15 + 10 + 10 and 5 + 10 + 15
    assert verdict(BUYER, deeds).why == "threshold"


def test_a_demo_request_goes_straight_to_sales() -> None:
    found = verdict(person(country="GB"), did("demo_request"))

    assert (found.why, found.fit_check) == ("fast_track", False)


def test_a_demo_from_a_company_of_the_wrong_size_asks_for_a_fit_check() -> None:
    found = verdict(person(country="GB", employees=5), did("demo_request"))

    assert (found.mql, found.fit_check) == (True, True)
    assert found.tier is not None
    assert found.tier.first_touch == timedelta(minutes=5)


@pytest.mark.parametrize(
    "lead",
    [
        person("CEO", email="ada@mailinator.com", country="GB"),
        person("CEO", email="ada@engines.example", country="KP"),
        person("Student", email="ada@engines.example", country="GB"),
    ],
)
def test_a_hard_gate_stops_even_a_demo_request(lead: Lead) -> None:
    assert verdict(lead, did("demo_request")).blocked == "hard_gate"


def test_a_lead_of_unknown_country_waits_until_somebody_finds_out() -> None:
    found = verdict(person("CEO"), did("demo_request"))

    assert (found.blocked, found.wanted) == ("held", ("country",))


def test_the_wrong_company_size_stops_a_score_over_the_line() -> None:
    crowd = person("CEO", email="ada@engines.example", country="GB", employees=9000, industry="software")
    deeds = did("webinar_product", "pricing_page", "bofu_download")

    assert points(crowd, deeds).total >= 50
    assert verdict(crowd, deeds).blocked == "soft_gate"


def test_passive_signals_alone_never_qualify() -> None:
    assert not verdict(BUYER, did(*["email_open"] * 50, *["page_view"] * 50)).mql


def test_a_case_study_reader_qualifies_below_the_threshold() -> None:
    """ "downloaded a case study + visited the pricing page + opened 4+ emails = MQL" """
    stranger = person(country="GB")
    deeds = did("case_study", "pricing_page", *["email_open"] * 4)

    assert points(stranger, deeds).total == 25
    assert verdict(stranger, deeds).why == "rule: case study reader"


def test_thirty_days_of_silence_take_five_points() -> None:
    quiet = Lead({}, int((NOW - timedelta(days=30)).timestamp()))

    assert points(quiet).total == -5
    assert points(quiet, did("email_open")).total == 0


TIERS = [
    (["demo_request"], "demo", timedelta(minutes=5), "business"),
    (["contact_form"], "demo", timedelta(minutes=5), "business"),
    (["webinar_product", "pricing_page", "pricing_page"], "high", timedelta(hours=2), "business"),
    (["webinar_product"], "standard", timedelta(hours=24), "calendar"),
]


@pytest.mark.parametrize(("deeds", "name", "allowed", "clock"), TIERS)
def test_each_tier_has_its_response_time(deeds: list[str], name: str, allowed: timedelta, clock: str) -> None:
    tier = verdict(BUYER, did(*deeds)).tier

    assert tier is not None
    assert (tier.name, tier.first_touch, tier.clock) == (name, allowed, clock)


def test_the_bands_and_the_contract_are_those_both_sides_read() -> None:
    assert (RULES.bands.mql_to_sal, RULES.bands.mql_to_sql) == ((40, 70), (15, 30))
    assert (RULES.contract.mqls_a_month, RULES.decide) == (120, timedelta(days=14))


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_can_be_signed_as_it_stands(name: str) -> None:
    """Read without a mistake or a doubt; the last tier takes whoever the others leave."""
    definition = preset(name)

    assert definition.warnings == ()
    assert definition.tiers[-1].when is None
    assert preset(name) is definition
    assert definition.name in preset_text(name)


def test_there_is_a_preset_for_each_source_document_and_two_to_start_from() -> None:
    assert preset_names() == ("b2c", "default", "s0", "s1", "s2", "s3", "s4")


def test_a_misspelt_preset_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(LookupError, match="choose one of b2c, default, s0"):
        preset("defualt")


def test_50_points_are_an_mql_and_48_are_not() -> None:
    """ "Typically 50-80 points." """
    fifty = did("webinar_educational", "tofu_download: Ebook")
    forty_eight = did("webinar_educational", "newsletter_signup")

    assert (points(BUYER, fifty).total, verdict(BUYER, fifty).mql) == (50, True)
    assert (points(BUYER, forty_eight).total, verdict(BUYER, forty_eight).mql) == (48, False)


@pytest.mark.parametrize(("employees", "passes"), [(10, False), (11, True), (5000, True), (5001, False)])
def test_companies_of_11_to_5000_people_pass_the_gate(employees: int, passes: bool) -> None:
    found = verdict(person(country="GB", employees=employees), did("demo_request"))

    assert found.fit_check is not passes


def test_nudges_come_at_half_and_80_per_cent_and_a_demo_passes_on_when_it_is_overdue() -> None:
    demo, standard = RULES.tiers[0].ladder, RULES.tiers[-1].ladder

    assert standard.nudge == demo.nudge == (Fraction(1, 2), Fraction(4, 5))
    assert standard.breach == demo.breach == (Fraction(1),)
    assert (standard.reassign, demo.reassign) == ((Fraction(3, 2),), (Fraction(1),))
    assert (standard.everyone, demo.everyone) == ((), (Fraction(1, 2),))


def test_both_sides_promise_what_the_contract_says() -> None:
    assert (RULES.contract.mqls_a_month, RULES.contract.within_sla) == (120, Fraction(9, 10))
    assert (RULES.contract.expected_mql_to_sql, RULES.contract.check_on) == (
        Fraction(18, 100),
        date(2027, 2, 22),
    )
    assert (RULES.spot_check_share, RULES.spot_check_at_most) == (Fraction(1, 20), 2)
    assert (RULES.bands.alarm_below, RULES.bands.recalibrate_below) == (10, 5)
    assert RULES.unreachable_attempts == 5
