"""Profile and engagement rules (S2): its boolean rules, its two examples, and who never qualifies."""

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
RULES = preset("s2")


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


GUIDE, CHECKLIST = "content_download: Guide", "content_download: Checklist"
READER = person("Marketing Director", email="ada@engines.example", employees=200, industry="software")


def test_case_study_pricing_page_and_four_opens_make_an_mql() -> None:
    """ "downloaded a case study + visited the pricing page + opened 4+ emails = MQL" """
    stranger = person(email="ada@engines.example")
    found = verdict(stranger, did("case_study", "pricing_page", *["email_open"] * 4))

    assert (found.mql, found.why) == (True, "rule: case study reader")


@pytest.mark.parametrize(
    "deeds",
    [
        ["case_study", "pricing_page", "email_open", "email_open", "email_open"],
        ["case_study", "email_open", "email_open", "email_open", "email_open"],
        ["pricing_page", "email_open", "email_open", "email_open", "email_open"],
    ],
)
def test_two_of_the_three_are_not_enough(deeds: list[str]) -> None:
    assert not verdict(person(email="ada@engines.example"), did(*deeds)).mql


def test_example_1_icp_two_downloads_and_the_pricing_page_make_an_mql() -> None:
    """ "(a) matched their ICP, (b) downloaded 2+ content pieces, and (c) visited the pricing page" """
    small = person("Sales Manager", email="ada@engines.example", employees=600, industry="fintech")
    deeds = did(GUIDE, CHECKLIST, "pricing_page")

    assert points(small, deeds).total == 55  # 15 + 5 + 10 and 5 + 5 + 15
    assert verdict(small, deeds).mql
    assert RULES.qualify_when[1].name == "content-driven"


def test_example_1_decides_by_itself_below_the_threshold() -> None:
    clerk = person("Marketing Specialist", employees=600, industry="fintech")
    deeds = did(GUIDE, CHECKLIST, "pricing_page")

    assert points(clerk, deeds).total == 45  # 5 + 5 + 10 and 5 + 5 + 15
    assert verdict(clerk, deeds).why == "rule: content-driven"


@pytest.mark.parametrize(
    ("missing", "changed", "deeds"),
    [
        ("(a) another function", {"function": "hr"}, [GUIDE, CHECKLIST, "pricing_page"]),
        ("(a) another industry", {"industry": "fishing"}, [GUIDE, CHECKLIST, "pricing_page"]),
        ("(a) too small a company", {"employees": 5}, [GUIDE, CHECKLIST, "pricing_page"]),
        ("(b) one piece", {}, [GUIDE, "pricing_page"]),
        ("(b) one piece twice", {}, [GUIDE, GUIDE, "pricing_page"]),
        ("(c) no pricing page", {}, [GUIDE, CHECKLIST]),
    ],
)
def test_example_1_needs_all_three(missing: str, changed: dict[str, Fact], deeds: list[str]) -> None:
    facts: dict[str, Fact] = {"employees": 600, "industry": "fintech"}

    assert not verdict(person("Marketing Specialist", **{**facts, **changed}), did(*deeds)).mql


def test_example_2_webinar_and_the_resource_pack_make_an_mql() -> None:
    """ "webinar attendees who also downloaded the post-event resource pack" """
    stranger = person(email="ada@engines.example")

    assert verdict(stranger, did("webinar_attended", "resource_pack")).why == "rule: event-triggered"
    assert not verdict(stranger, did("webinar_attended")).mql
    assert not verdict(stranger, did("resource_pack")).mql


@pytest.mark.parametrize("employees", [50, 45, 55])
def test_a_marketing_manager_at_a_50_person_b2b_company_qualifies_by_itself(employees: int) -> None:
    """ "A marketing manager at a 50-person B2B company might automatically qualify." """
    lead = person("Marketing Manager", email="ada@engines.example", employees=employees)

    assert verdict(lead, []).why == "rule: marketing manager at a small B2B company"


@pytest.mark.parametrize(
    "lead",
    [
        person("Marketing Manager", email="ada@gmail.com", employees=50),
        person("Marketing Manager", email="ada@engines.example", employees=5),
        person("Marketing Manager", email="ada@engines.example", employees=5000),
        person("Marketing Manager", email="ada@engines.example"),
        person("Engineering Manager", email="ada@engines.example", employees=50),
        person("Marketing Specialist", email="ada@engines.example", employees=50),
    ],
)
def test_nobody_else_qualifies_without_having_done_anything(lead: Lead) -> None:
    assert not verdict(lead, []).mql


def test_a_student_with_a_free_address_never_qualifies_whatever_they_read() -> None:
    """ "A college student with a free email address doesn't." """
    everything = did(
        "case_study",
        "pricing_page",
        "webinar_attended",
        "resource_pack",
        *["email_open"] * 9,
        *[f"content_download: {n}" for n in range(20)],
    )
    student = person("College student", email="ada@gmail.com", employees=200, industry="software")

    assert points(student, everything).total >= 50
    assert verdict(student, everything).blocked == "hard_gate"
    assert verdict(READER, everything).mql


def test_filling_in_a_form_is_not_enough() -> None:
    """ "An MQL isn't just anyone who filled out a form." """
    assert not verdict(READER, did("content_download: Guide")).mql


def test_opens_alone_are_not_enough() -> None:
    assert not verdict(READER, did(*["email_open"] * 40)).mql


@pytest.mark.parametrize("signal", ["content_download", "pricing_page", "webinar_attended"])
def test_each_way_of_engaging_counts(signal: str) -> None:
    """ "Downloading multiple resources, visiting the pricing page, attending a webinar" """
    assert points(person(), did(signal)).intent > 0


def test_the_healthy_conversion_is_the_documents() -> None:
    """ "Most B2B companies convert 15-30% of MQLs to SQLs." """
    assert RULES.bands.mql_to_sql == (15, 30)


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
    ("target industry +10", person(industry="fintech"), 10),
]


@pytest.mark.parametrize(("row", "lead", "expected"), GUIDE_ROWS)
def test_points_this_document_leaves_open_are_those_of_the_mql_guide(
    row: str, lead: Lead, expected: int
) -> None:
    assert points(lead).fit == expected


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        ("content_download", 5),
        ("case_study", 10),
        ("pricing_page", 15),
        ("webinar_attended", 10),
        ("resource_pack", 5),
        ("email_open", 0),
    ],
)
def test_deeds_this_document_leaves_unpriced_have_the_number_the_preset_names(
    signal: str, expected: int
) -> None:
    assert points(person(), did(signal)).intent == expected


@pytest.mark.parametrize(("employees", "qualifies"), [(39, False), (40, True), (60, True), (61, False)])
def test_about_50_people_is_40_to_60(employees: int, qualifies: bool) -> None:
    lead = person("Marketing Manager", email="ada@engines.example", employees=employees)

    assert verdict(lead, []).mql == qualifies


@pytest.mark.parametrize(("employees", "qualifies"), [(49, False), (50, True), (5000, True), (5001, False)])
def test_the_size_of_the_ideal_customer_is_the_guides(employees: int, qualifies: bool) -> None:
    clerk = person("Marketing Specialist", employees=employees, industry="fintech")

    assert verdict(clerk, did(GUIDE, CHECKLIST, "pricing_page")).mql == qualifies


def test_points_alone_qualify_at_50_and_not_below() -> None:
    ceo = person("CEO", employees=100, industry="software")  # 20 + 10 + 10

    assert verdict(ceo, did("webinar_attended")).why == "threshold"
    assert not verdict(ceo, did("content_download")).mql
