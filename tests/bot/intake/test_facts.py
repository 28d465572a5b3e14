"""What is kept of what a sender says, and by what a person is known."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.countries import country_code, only_timezone
from bot.intake.facts import MOST_ATTRIBUTES, clean, event_id, facts_of, identity
from scoring.lead import Fact

COUNTRIES = [
    ("de", "DE"),
    ("UK", "GB"),
    ("U.K.", "GB"),
    ("England", "GB"),
    ("United Kingdom", "GB"),
    ("USA", "US"),
    ("united states", "US"),
    ("The Netherlands", "NL"),
    ("South Korea", "KR"),
    ("Korea, Republic of", "KR"),
    ("Korea, Democratic People's Republic of", "KP"),
    ("Iran, Islamic Republic of", "IR"),
    ("Cote d'Ivoire", "CI"),
    ("Türkiye", "TR"),
    ("Bosnia and Herzegovina", "BA"),
    ("Hong Kong", "HK"),
    ("Asia/Pacific Region", "Asia/Pacific Region"),
    ("Atlantis", "Atlantis"),
]
HEAD_COUNTS: list[tuple[object, int | None]] = [
    (120, 120),
    ("120", 120),
    ("1,200", 1200),
    ("1 200", 1200),
    ("120.0", 120),
    (120.0, 120),
    (0, 0),
    ("1.200", None),
    ("100-500", None),
    ("1,20", None),
    ("many", None),
    (120.5, None),
    (-3, None),
    (True, None),
    (float("nan"), None),
    ("9" * 5000, None),
]


@pytest.mark.parametrize(("written", "code"), COUNTRIES, ids=[name for name, _ in COUNTRIES])
def test_a_country_is_kept_as_its_code_however_people_write_it(written: str, code: str) -> None:
    assert country_code(written) == code
    assert facts_of({"country": written})["country"] == code


def test_a_country_with_one_time_zone_gives_the_lead_its_time_and_a_wide_one_does_not() -> None:
    assert facts_of({"country": "India"})["timezone"] == "Asia/Kolkata"
    assert only_timezone("GB") == "Europe/London"
    assert "timezone" not in facts_of({"country": "US"})
    assert "timezone" not in facts_of({"country": "Atlantis"})


@pytest.mark.parametrize(("said", "kept"), HEAD_COUNTS, ids=[str(said)[:12] for said, _ in HEAD_COUNTS])
def test_a_head_count_is_a_number_or_unknown(said: object, kept: int | None) -> None:
    assert facts_of({"employees": said}).get("employees") == kept


def test_a_title_is_classified_once_when_it_comes_in() -> None:
    facts = facts_of({"title": " VP Marketing "})

    assert (facts["title"], facts["seniority"], facts["function"]) == ("VP Marketing", "vp", "marketing")


def test_what_the_sender_says_of_seniority_function_and_time_zone_counts_more_than_what_baton_reads() -> None:
    facts = facts_of(
        {"title": "VP Marketing", "seniority": "director", "country": "India", "timezone": "Asia/Dubai"}
    )

    assert (facts["seniority"], facts["function"], facts["timezone"]) == (
        "director",
        "marketing",
        "Asia/Dubai",
    )


def test_an_address_tells_its_kind_and_company_and_nobody_can_claim_another_kind() -> None:
    work = facts_of({"email": " Ada@EU.Engines.co.uk "})
    free = facts_of({"email": "ada@gmail.com", "email_kind": "company"})

    assert (work["email"], work["email_kind"], work["email_domain"]) == (
        "ada@eu.engines.co.uk",
        "company",
        "engines.co.uk",
    )
    assert free["email_kind"] == "personal"
    assert "email_domain" not in free


def test_what_says_nothing_is_unknown_and_never_an_empty_text() -> None:
    said = {
        "email": "not an address",
        "first_name": "  ",
        "last_name": None,
        "company": "\0",
        "budget": float("nan"),
        "revenue": float("inf"),
        "tools": ["", None],
        "huge": 10**400,
    }

    assert facts_of(said) == {}


def test_lists_become_tuples_of_their_known_items() -> None:
    assert facts_of({"technology": ["Slack", " ", None, 7, True]}) == {"technology": ("Slack", 7, True)}


def test_attributes_may_stand_beside_the_fields_or_under_their_own_name() -> None:
    assert facts_of({"company": "Acme", "attributes": {"visits": 7}}) == {"company": "Acme", "visits": 7}
    assert facts_of({"company": "Acme", "visits": 7}) == {"company": "Acme", "visits": 7}


def test_a_phone_number_stays_words_and_consent_stays_a_yes_or_no() -> None:
    assert facts_of({"phone": 442079460000, "consent": False}) == {"phone": "442079460000", "consent": False}


def test_text_no_database_can_store_is_made_storable_and_long_text_is_cut() -> None:
    facts = facts_of({"company": "A\0c\ud800me", "title": "x" * 2000, "message": "y" * 9000})

    assert facts["company"] == "Ac�me"
    assert len(str(facts["title"])) == 1000
    assert len(str(facts["message"])) == 5000


def test_a_lead_with_too_many_attributes_is_refused_with_a_sentence() -> None:
    most = {f"a{n}": n for n in range(MOST_ATTRIBUTES)}

    assert len(facts_of({**most, "email": "ada@engines.example"})) == MOST_ATTRIBUTES + 3
    with pytest.raises(ValueError, match=r"^A lead may carry 50 attributes of its own; this one has 51\.$"):
        facts_of({**most, "one_more": 1})


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [{"a": 1}], b"bytes"], ids=repr)
def test_an_attribute_that_is_no_plain_value_is_refused_by_name(value: object) -> None:
    with pytest.raises(ValueError, match=r"^tools must be a text, a number"):
        facts_of({"tools": value})


def test_a_list_without_end_and_a_name_without_letters_are_refused() -> None:
    with pytest.raises(ValueError, match="100 items; tools has 101"):
        facts_of({"tools": ["x"] * 101})
    with pytest.raises(ValueError, match="name has 1 to 80 characters"):
        facts_of({" ": 1})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["email", "title", "country", "employees", "message", "x"]), JUNK))
def test_whatever_is_sent_is_stored_the_same_or_refused_with_a_sentence(said: dict[str, object]) -> None:
    facts = _facts_or_sentence(said)
    if isinstance(facts, str):
        assert facts.endswith(".")
        return

    assert json.loads(json.dumps(facts, allow_nan=False).encode()) == _listed(facts)
    assert not any(value in ("", None, ()) for value in facts.values() if value is not False)
    assert facts_of(facts) == facts, "facts that come back in are the same facts"


def _facts_or_sentence(said: dict[str, object]) -> dict[str, Fact] | str:
    try:
        return facts_of(said)
    except ValueError as refused:
        return str(refused)


def _listed(facts: dict[str, Fact]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def test_a_person_is_known_by_their_address_first_and_by_the_systems_id_beside_it() -> None:
    assert identity("hubspot", " Ada@Engines.example", "17", "e1") == (
        "email:ada@engines.example",
        "id:hubspot:17",
    )
    assert identity("hubspot", None, "17", "e1") == ("id:hubspot:17",)


def test_strangers_without_address_and_id_are_never_one_person() -> None:
    ann, bob = identity("csv", None, None, "e1"), identity("csv", "no address", " ", "e2")

    assert ann == ("event:csv:e1",)
    assert bob == ("event:csv:e2",)


def test_the_same_id_in_two_systems_is_two_people() -> None:
    assert identity("hubspot", None, "17", "e") != identity("marketo", None, "17", "e")


def test_an_id_too_long_for_an_index_is_still_one_id() -> None:
    (key,) = identity("hubspot", None, "i" * 5000, "e")

    assert len(key) < 100
    assert identity("hubspot", None, "i" * 5000, "other") == (key,)
    assert identity("hubspot", None, "i" * 4999 + "j", "e") != (key,)


def test_an_event_without_an_id_is_known_by_its_content_whatever_the_order() -> None:
    one, same = {"a": 1, "b": ["x", None]}, {"b": ["x", None], "a": 1}

    assert event_id(one) == event_id(same)
    assert event_id(one).startswith("sha256:")
    assert event_id(one) != event_id({"a": 1, "b": ["x"]})
    assert event_id({"a": "\ud800"}) != event_id({"a": "\ud801"})


def test_trimming_takes_blanks_of_every_kind() -> None:
    assert clean("\xa0 Ada\t\r\n ") == "Ada"
