"""What is worth finding out about a lead: what gates wait for, and what the rules compare."""

from scoring.asked import compared, wanted
from scoring.definition import read_definition
from scoring.team import read_team
from tests.world import DEFINITION, TEAM

RULES = compared(read_definition(DEFINITION), read_team(TEAM))


def test_gates_come_first_then_fit_then_segments_and_the_address_tells_its_own() -> None:
    assert list(RULES) == ["country", "employees", "seniority", "industry"]


def test_a_rules_values_say_what_kind_of_answer_it_wants() -> None:
    kinds = {name: rule.kind for name, rule in RULES.items()}

    assert kinds == {"country": "text", "employees": "number", "seniority": "text", "industry": "text"}
    assert RULES["country"].values == ("KP", "GB", "DE", "FR")
    assert RULES["industry"].values == ("software",)


def test_what_is_held_is_asked_even_where_a_value_is_known_and_the_title_stands_for_what_it_says() -> None:
    known = frozenset({"country", "industry"})

    assert wanted(("country", "email_kind"), known, RULES, 10) == ["country", "employees", "title"]
    assert wanted((), known | {"title"}, RULES, 10) == ["employees", "seniority"]
    assert wanted((), frozenset(RULES), RULES, 10) == []
    assert wanted((), frozenset(), RULES, 2) == ["country", "employees"]
