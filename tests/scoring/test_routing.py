"""Which channel a lead goes to, and why the segments before did not take it."""

# ruff: noqa: E501  # a file's line and what is told of it stand side by side

from datetime import UTC, datetime

import pytest

from scoring.definition import read_definition
from scoring.lead import Activity, Fact, Lead
from scoring.receipt import Score
from scoring.routing import Route, route, routing_doubts
from scoring.team import Team, read_team

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = int(NOW.timestamp())
DEFINITION = read_definition("""\
name: A
threshold: 50
intent: {demo_request: 50, pricing_page: 10}
tiers:
  - {name: demo, when: {signal: demo_request}, first_touch: 5m}
  - {name: standard, first_touch: 24h}
""")
PEOPLE = """
people:
  U0ANN: {name: Ann, role: sdr}
  U0BOB: {name: Bob, role: sdr}
  U0MAX: {name: Max, role: manager}
"""


def team_of(*segments: str) -> Team:
    rows = "".join(f"  - {{{segment}}}\n" for segment in segments)
    head = 'timezone: UTC\nhours: {mon-fri: "09:00-17:00"}\nchannels: {fallback: C0ALL}\nsegments:\n'
    return read_team(head + rows + PEOPLE)


def routed(team: Team, facts: dict[str, Fact], *signals: str) -> Route:
    """The route of a lead of 60 points in the standard tier that did *signals* a minute ago."""
    did = [Activity(f"e{at}", signal, None, SECOND - 60, SECOND - 60) for at, signal in enumerate(signals)]
    standard = DEFINITION.tiers[1]
    return route(
        Lead(facts, SECOND - 100), did, team, DEFINITION, tier=standard, score=Score(60, 0, (), 1), now=NOW
    )


ENTERPRISE = "name: EMEA enterprise, when: {country: [GB, DE], employees: {between: [501, null]}}, channel: C0EMEA, pool: [U0ANN]"
EVERYONE = "name: everyone else, channel: C0ALL, pool: [U0ANN, U0BOB]"


def test_a_lead_goes_to_the_first_segment_that_matches() -> None:
    taken = routed(team_of(ENTERPRISE, EVERYONE), {"country": "gb", "employees": 900})

    assert (taken.segment.name, taken.channel, taken.pool, taken.why) == (
        "EMEA enterprise",
        "C0EMEA",
        ("U0ANN",),
        (),
    )


def test_a_lead_that_does_not_match_goes_on_and_it_is_told_what_was_not_so() -> None:
    taken = routed(team_of(ENTERPRISE, EVERYONE), {"country": "GB", "employees": 20})

    assert (taken.channel, taken.pool) == ("C0ALL", ("U0ANN", "U0BOB"))
    assert taken.why == ("EMEA enterprise: it is not so that 501 or more employees",)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"employees": 900}, "EMEA enterprise: country is unknown"),
        ({}, "EMEA enterprise: country and employees are unknown"),
        ({"country": "US"}, "EMEA enterprise: it is not so that country is GB or DE"),
        (
            {"country": "GB", "employees": "many"},
            "EMEA enterprise: it cannot be told whether 501 or more employees",
        ),
    ],
)
def test_an_unknown_attribute_matches_no_segment_and_is_named(facts: dict[str, Fact], why: str) -> None:
    taken = routed(team_of(ENTERPRISE, EVERYONE), facts)

    assert (taken.segment.name, taken.why) == ("everyone else", (why,))


def test_a_lead_that_no_segment_takes_goes_to_the_fallback_channel_and_to_all_sdrs() -> None:
    taken = routed(team_of(ENTERPRISE), {"country": "US", "employees": 900})

    assert (taken.segment.name, taken.channel, taken.pool) == ("fallback", "C0ALL", ("U0ANN", "U0BOB"))
    assert taken.segment.assign == "claim"
    assert taken.why[-1] == "No segment takes this lead."


@pytest.mark.parametrize(
    ("when", "takes"),
    [
        ("{tier: demo}", False),
        ("{tier: [standard, demo]}", True),
        ("{score: 60}", True),
        ("{score: 61}", False),
        ("{signal: pricing_page}", True),
        ("{signal: demo_request}", False),
        ("{returning: false, fit_check: false}", True),
        ("{returning: true}", False),
    ],
)
def test_a_segment_may_ask_about_tier_score_signals_and_history(when: str, takes: bool) -> None:
    team = team_of(f"name: hot, when: {when}, channel: C0HOT, pool: [U0BOB]", EVERYONE)

    assert (routed(team, {}, "pricing_page").channel == "C0HOT") is takes


def test_a_returning_lead_may_have_a_segment_of_its_own() -> None:
    team = team_of(
        "name: back, when: {returning: true, fit_check: true}, channel: C0BACK, pool: [U0BOB]", EVERYONE
    )

    taken = route(
        Lead({}, SECOND), [], team, DEFINITION, tier=None, score=None, now=NOW, returning=True, fit_check=True
    )

    assert taken.channel == "C0BACK"


@pytest.mark.parametrize(("answered", "channel"), [(True, "C0SURE"), (False, "C0ALL"), (None, "C0SURE")])
def test_a_segment_hears_of_the_gates_what_they_answered(answered: bool | None, channel: str) -> None:
    """ "`{gates: pass}`" in a segment is the answer the gates gave; without one they are asked."""
    team = team_of("name: sure, when: {gates: pass}, channel: C0SURE, pool: [U0BOB]", EVERYONE)

    taken = route(Lead({}, SECOND), [], team, DEFINITION, tier=None, score=None, now=NOW, gates_pass=answered)

    assert taken.channel == channel


def test_a_segment_that_asks_for_an_unknown_tier_or_signal_is_told() -> None:
    team = team_of(
        "name: hot, when: {tier: gold, signal: [demo_requests, tv]}, channel: C0HOT, pool: [U0BOB]", EVERYONE
    )

    assert routing_doubts(team, DEFINITION) == (
        "Segment hot: the definition has no tier gold; it has demo and standard.",
        "Segment hot: the definition knows no signal demo_requests; was demo_request meant?",
        "Segment hot: the definition knows no signal tv.",
    )
