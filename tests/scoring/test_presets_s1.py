"""ICP gates and weighted intent (S1): each number of the document, its gates, and the demo request."""

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
RULES = preset("s1")


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


FACTS: dict[str, Fact] = {"employees": 300, "industry": "software", "country": "IN"}
BUYER = person("VP Marketing", email="ada@engines.example", **FACTS)

FIT = [
    ("job title VP or above = 10 points", person("VP Marketing"), 10),
    ("job title VP or above = 10 points", person("CEO"), 10),
    ("below VP", person("Director of Marketing"), 0),
    ("company size 100-500 employees = 8 points", person(employees=100), 8),
    ("company size 100-500 employees = 8 points", person(employees=500), 8),
    ("99 employees", person(employees=99), 0),
    ("501 employees", person(employees=501), 0),
    ("both", BUYER, 18),
]


@pytest.mark.parametrize(("row", "lead", "expected"), FIT)
def test_each_fit_number_of_the_document_counts(row: str, lead: Lead, expected: int) -> None:
    assert points(lead).total == expected


INTENT = [
    ("demo request = 20 points", ["demo_request"], 20),
    ("pricing page visit = 10 points", ["pricing_page"], 10),
    ("pricing page visit = 10 points, and later visits add nothing", ["pricing_page", "pricing_page"], 10),
    ("gated content download = 5 points", ["gated_download"], 5),
    ("gated content download = 5 points", ["gated_download: Paper", "gated_download: Ebook"], 10),
    ("email click = 2 points", ["email_click"], 2),
    ("email click = 2 points", ["email_click", "email_click", "email_click"], 6),
    ("demo, pricing, download, click", ["demo_request", "pricing_page", "gated_download", "email_click"], 37),
]


@pytest.mark.parametrize(("row", "deeds", "expected"), INTENT)
def test_each_intent_number_of_the_document_counts(row: str, deeds: list[str], expected: int) -> None:
    assert points(person(), did(*deeds)).total == expected


def test_the_ladder_of_intent_is_climbed_in_the_documents_order() -> None:
    """ "a demo request (highest intent, …), a free trial signup, a pricing page visit (moderate to high
    intent), a gated content download (low to moderate intent), a webinar registration or attendance (low to
    moderate intent), or email click engagement" """
    ladder = [
        points(person(), did(signal)).intent
        for signal in ("demo_request", "trial_signup", "pricing_page", "gated_download", "webinar_attended")
    ]

    assert ladder == sorted(ladder, reverse=True)
    assert ladder[0] > ladder[1]
    assert points(person(), did("webinar_registered")).intent == ladder[4] == ladder[3]
    assert ladder[4] > points(person(), did("email_click")).intent > 0


def test_30_points_are_an_mql_and_fewer_are_not() -> None:
    """ "score of 30+ and at least one intent action = MQL" """
    thirty = did("pricing_page", "email_click")  # 18 + 10 + 2
    twenty_eight = did("pricing_page")

    assert (points(BUYER, thirty).total, verdict(BUYER, thirty).mql) == (30, True)
    assert (points(BUYER, twenty_eight).total, verdict(BUYER, twenty_eight).mql) == (28, False)


def test_fit_alone_without_an_intent_action_is_never_an_mql() -> None:
    """ "and at least one intent action" """
    assert RULES.require.active_intent == 1
    assert not verdict(BUYER, []).mql


def test_a_demo_request_is_an_mql_whatever_the_fit_score() -> None:
    """ "a demo request (highest intent, should trigger immediate MQL regardless of fit score)" """
    stranger = person()

    assert points(stranger, did("demo_request")).total == 20  # short of 30
    assert verdict(stranger, did("demo_request")).why == "fast_track"


OUT_OF_ICP = [
    ("the right company size (e.g., 100-1,000 employees)", {"employees": 99}),
    ("the right company size (e.g., 100-1,000 employees)", {"employees": 1001}),
    ("the right industries", {"industry": "fishing"}),
    ("the right geography", {"country": "KP"}),
]


@pytest.mark.parametrize(("criterion", "wrong"), OUT_OF_ICP)
def test_who_is_outside_the_icp_never_qualifies_however_engaged(
    criterion: str, wrong: dict[str, Fact]
) -> None:
    """ "Leads that do not meet fit criteria should not become MQLs regardless of their behavioural
    engagement" """
    outsider = person("VP Marketing", **{**FACTS, **wrong})
    engaged = did("pricing_page", *[f"gated_download: {n}" for n in range(20)], *["email_click"] * 20)

    assert points(outsider, engaged).total > 100
    assert not verdict(outsider, engaged).mql
    assert verdict(BUYER, engaged).mql


@pytest.mark.parametrize("title", ["Student", "Marketing Intern", "Freelance designer"])
def test_only_decision_makers_or_influencers_qualify(title: str) -> None:
    """ "the right job titles (only decision-makers or influencers in the buying process)" """
    engaged = did("pricing_page", *[f"gated_download: {n}" for n in range(20)])

    assert not verdict(person(title, **FACTS), engaged).mql


@pytest.mark.parametrize("employees", [100, 1000])
def test_both_ends_of_the_company_size_belong_to_the_icp(employees: int) -> None:
    """ "e.g., 100-1,000 employees for mid-market SaaS" """
    engaged = did("pricing_page", *[f"gated_download: {n}" for n in range(20)])

    assert verdict(person("VP Marketing", **{**FACTS, "employees": employees}), engaged).mql


def test_what_nobody_knows_yet_fails_no_gate() -> None:
    assert verdict(person(), did("pricing_page", *[f"gated_download: {n}" for n in range(20)])).mql


def test_a_demo_from_outside_the_icp_is_called_as_fast_with_a_fit_check() -> None:
    outsider = person("VP Marketing", **{**FACTS, "employees": 5})
    found = verdict(outsider, did("demo_request"))

    assert (found.mql, found.fit_check) == (True, True)
    assert found.tier is not None
    assert (found.tier.name, found.tier.first_touch) == ("fit check", timedelta(minutes=5))


@pytest.mark.parametrize(
    "lead", [person("Student"), person("CEO", country="KP"), person("CEO", email="ada@mailinator.com")]
)
def test_a_demo_request_does_not_open_a_hard_gate(lead: Lead) -> None:
    assert not verdict(lead, did("demo_request")).mql


def test_domestic_and_export_leads_get_their_own_sales_motion() -> None:
    """ "the domestic vs. export segmentation changes the sales motion entirely" """
    deeds = did("pricing_page", "email_click")
    plays = []
    for country in ("IN", "GB"):
        tier = verdict(person("VP Marketing", **{**FACTS, "country": country}), deeds).tier
        plays.append(tier and tier.play)

    assert plays == ["domestic motion", "export motion"]


def test_a_healthy_acceptance_is_40_to_70_per_cent_and_the_rate_is_what_counts() -> None:
    """ "A healthy B2B MQL-to-SQL rate is 40-70%", counting what "sales accepts" """
    assert RULES.bands.mql_to_sal == (40, 70)
    assert RULES.objective == "max_rate"
