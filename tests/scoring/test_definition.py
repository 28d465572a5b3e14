"""What a definition file says is what the definition holds."""

import re
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from scoring.conditions import All, Any, Between, Did, Is, IsNot, Not, Returning, ScoreAtLeast
from scoring.definition import (
    KEYS,
    Bands,
    Bonus,
    Caps,
    Contract,
    Definition,
    FitRow,
    Gate,
    Inactivity,
    IntentRow,
    Ladder,
    Require,
    read_definition,
)

SAMPLE = Path(__file__).with_name("sample_definition.yaml").read_text()
DESIGN = Path(__file__).parents[3] / "shared" / "DESIGN.md"
LEAST = """\
name: A
threshold: 50
intent: {demo_request: 50}
tiers: [{name: standard, first_touch: 24h}]
"""
HALF, WHOLE = Fraction(1, 2), Fraction(1)


@pytest.fixture(scope="module")
def sample() -> Definition:
    return read_definition(SAMPLE)


def with_lines(*lines: str) -> Definition:
    return read_definition(LEAST + "\n".join(lines))


def test_the_sample_of_the_design_is_read_to_its_last_key_without_a_doubt(sample: Definition) -> None:
    assert (sample.name, sample.threshold, sample.warnings) == ("B2B SaaS", 50, ())
    assert {key for key in sample.keys if "." not in key} == set(re.findall(r"^(\w+):", SAMPLE, re.M))


def test_the_design_document_still_shows_the_sample() -> None:
    if not DESIGN.exists():
        pytest.skip("the design document is not beside the repository")
    assert f"```yaml\n{SAMPLE}```" in DESIGN.read_text()


def test_gates_keep_hardness_what_unknown_means_and_a_label_for_people(sample: Definition) -> None:
    assert sample.gates == (
        Gate(IsNot("email_kind", ("disposable",)), hard=True, label="Email kind is not disposable"),
        Gate(
            IsNot("country", ("CU", "IR", "KP", "SY")),
            hard=True,
            unknown="hold",
            label="Country is not CU, IR, KP or SY",
        ),
        Gate(Between("employees", 11, 5000), label="11–5,000 employees"),
    )


def test_a_row_of_fit_asks_about_its_group_and_target_means_the_target_list(sample: Definition) -> None:
    seniority = next(group for group in sample.fit if group.name == "seniority")

    assert seniority.rows[0] == FitRow(Is("seniority", ("c_level",)), 20)
    assert seniority.rows[2] == FitRow(
        All((Is("seniority", ("individual",)), Is("function", ("marketing", "sales", "revenue operations")))),
        5,
    )
    industry = next(group for group in sample.fit if group.name == "industry")
    assert [row.when for row in industry.rows] == [
        Is("industry", ("software", "fintech")),
        IsNot("industry", ("software", "fintech")),
    ]
    assert [group.name for group in sample.fit] == ["seniority", "employees", "industry", "email_kind"]


def test_signals_keep_points_level_window_fading_cap_and_fast_track(sample: Definition) -> None:
    assert sample.intent["demo_request"] == IntentRow("demo_request", 50, "high", fast_track=True)
    assert sample.intent["pricing_page"] == IntentRow(
        "pricing_page", (15, 10), "high", timedelta(days=30), timedelta(days=14), every="event"
    )
    assert sample.intent["email_click_product"] == IntentRow(
        "email_click_product", 5, "medium", cap=15, every="event"
    )
    assert sample.intent["email_open"] == IntentRow("email_open", 0, "passive")


def test_bonus_silence_caps_minimums_and_rules_are_read(sample: Definition) -> None:
    visits = Did(("pricing_page",), at_least=3, within=timedelta(days=7))
    assert sample.bonus == (Bonus("several visits in a week", visits, 10, "high"),)
    assert sample.inactivity == (Inactivity(timedelta(days=30), -5, None),)
    assert sample.caps == Caps(intent=150, low=20)
    assert sample.require == Require(active_intent=1)
    reader = All((Did(("case_study",)), Did(("pricing_page",)), Did(("email_open",), at_least=4)))
    assert [(rule.name, rule.when, rule.waived) for rule in sample.qualify_when] == [
        ("case study reader", reader, False)
    ]


def test_tiers_keep_their_order_promise_and_play_and_replace_the_ladder_key_by_key(
    sample: Definition,
) -> None:
    demo, high, returning, standard = sample.tiers

    assert (demo.name, demo.rank, demo.first_touch, demo.clock) == (
        "demo",
        0,
        timedelta(minutes=5),
        "business",
    )
    assert (demo.when, demo.play) == (Did(("demo_request",)), "call now")
    assert demo.ladder == Ladder((HALF, Fraction(4, 5)), everyone=(HALF,), breach=(WHOLE,), reassign=(WHOLE,))
    assert high.when == ScoreAtLeast(80)
    assert high.ladder == Ladder((HALF, Fraction(4, 5)), (), (WHOLE,), (Fraction(3, 2),))
    assert (returning.when, returning.clock) == (Returning(True), "calendar")
    assert (standard.when, standard.rank, standard.first_touch) == (None, 3, timedelta(hours=24))


def test_the_contract_its_bands_and_its_review_are_read(sample: Definition) -> None:
    assert sample.contract == Contract(120, Fraction(9, 10), Fraction(18, 100), date(2027, 2, 22), None)
    assert sample.bands == Bands((40, 70), (15, 30), 10, 5)
    assert (sample.sal, sample.labels, sample.decide) == (True, {"sql": "SQL"}, timedelta(days=14))
    assert (sample.spot_check_share, sample.spot_check_at_most) == (Fraction(1, 20), 2)


def test_what_a_definition_leaves_out_has_the_written_defaults() -> None:
    least = read_definition(LEAST)

    assert least.tiers[0].ladder == Ladder((HALF, Fraction(4, 5)), (), (WHOLE,), ())
    assert least.tiers[0].clock == "business"
    assert least.again == {
        "unreachable": timedelta(days=90),
        "no_budget": timedelta(days=30),
        "other": timedelta(days=30),
    }
    assert (least.decide, least.ae_accept) == (timedelta(days=14), timedelta(days=1))
    assert (least.required_bant, least.sal, least.objective) == (("need", "timeline"), True, "expected_sql")
    assert (least.unreachable_attempts, least.unreachable_over) == (5, timedelta(days=10))
    assert (least.spot_check_share, least.require, least.gates) == (Fraction(0), Require(), ())


def test_every_other_key_of_the_language_is_read_too() -> None:
    read = with_lines(
        "ae_accept: 2d",
        "again: {no_budget: 60d}",
        "qualify: {required: [timeline, authority]}",
        "unreachable: {attempts: 7, over: 14d}",
        "pause: {reasons: [procurement, holiday], limit: 3d}",
        "objective: max_rate",
        "stages: {sal: false, labels: {mql: Ripe}}",
        "contract: {hypothesis: demos convert}",
    )

    assert (read.ae_accept, read.objective, read.sal) == (timedelta(days=2), "max_rate", False)
    assert read.again["no_budget"] == timedelta(days=60)
    assert read.again["unreachable"] == timedelta(days=90)
    assert read.required_bant == ("authority", "timeline")
    assert (read.unreachable_attempts, read.unreachable_over) == (7, timedelta(days=14))
    assert (read.pause_reasons, read.pause_limit) == (("procurement", "holiday"), timedelta(days=3))
    assert (read.labels, read.contract.hypothesis) == ({"mql": "Ripe"}, "demos convert")


def test_a_group_of_imported_counters_may_count_as_intent() -> None:
    read = with_lines(
        "fit:", "  page_views: {counts_as: intent, rows: [{between: [10, null], points: 5, label: Many}]}"
    )

    (group,) = read.fit
    assert group.counts_as == "intent"
    assert group.rows == (FitRow(Between("page_views", 10, None), 5, "Many"),)


def test_a_row_may_say_when_and_intent_may_ask_about_attributes() -> None:
    read = read_definition(
        LEAST.replace(
            "demo_request: 50", "demo_request: {points: 50, country: [IN, NO], when: {role: buyer}}"
        )
        + "fit: {age: [{when: {consent: true}, points: 3}]}"
    )

    assert read.intent["demo_request"].when == All((Is("role", ("buyer",)), Is("country", ("IN", "NO"))))
    assert read.fit[0].rows[0].when == Is("consent", (True,))


def test_gates_rows_and_rules_may_ask_what_is_known_by_then() -> None:
    """ "One grammar for conditions, everywhere (gates, rows, bonus, rules, tiers, segments)" """
    read = with_lines(
        "gates: [{not: {signal: unsubscribed}, hard: true}, {any: [{score: 20}, {returning: true}]}]",
        "fit: {age: [{signal: visit, at_least: 2, points: 3}]}",
        "qualify_when: [{name: x, returning: false, gates: pass, score: 20, country: GB, signal: [visit, ad]}]",
    )

    assert [gate.when for gate in read.gates] == [
        Not(Did(("unsubscribed",))),
        Any((ScoreAtLeast(20), Returning(True))),
    ]
    assert read.gates[0].label == "Not (unsubscribed)"
    assert read.fit[0].rows[0].when == Did(("visit",), at_least=2)
    assert isinstance(read.qualify_when[0].when, All)
    assert read.known_signals == {"demo_request", "unsubscribed", "visit", "ad"}
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("row", "every"),
    [
        ("email_click: 2", "event"),
        ("email_click_content: {points: 2}", "event"),
        ("email_click: {points: 2, every: asset}", "asset"),
        ("pricing_page: [15, 10]", "event"),
        ("pricing_page: {points: [15, 10], every: day}", "day"),
        ("ebook: 5", "asset"),
    ],
)
def test_lists_and_email_clicks_count_events_and_other_signals_count_assets(row: str, every: str) -> None:
    read = read_definition(LEAST.replace("demo_request: 50", row))

    assert next(iter(read.intent.values())).every == every


def test_a_tier_may_be_collected_into_a_digest_or_go_to_nurture_without_a_promise() -> None:
    tiers = (
        "[{name: cold, when: {score: 10}, handoff: nurture}, {name: low, first_touch: 48h, card: digest 1h}]"
    )
    cold, low = read_definition(LEAST.replace("[{name: standard, first_touch: 24h}]", tiers)).tiers

    assert (cold.nurture, cold.digest) == (True, None)
    assert (low.nurture, low.digest) == (False, timedelta(hours=1))


def test_a_step_of_the_ladder_may_be_switched_off_by_an_empty_list() -> None:
    read = with_lines("ladder: {nudge: [], reassign: 150%, breach: [200%, 100%]}")

    assert read.tiers[0].ladder == Ladder((), (), (WHOLE, Fraction(2)), (Fraction(3, 2),))


def test_a_rule_may_waive_the_minimums_and_several_silences_may_be_listed() -> None:
    read = with_lines(
        "qualify_when: [{name: partner, when: {source: partner}, gates: pass, require: none}]",
        "inactivity: [{signal: email_open, none_for: 30d, points: -5}, {none_for: 60d, points: -10}]",
    )

    assert read.qualify_when[0].waived
    assert [(row.signal, row.points) for row in read.inactivity] == [("email_open", -5), (None, -10)]


def test_signals_named_only_in_a_condition_are_known_too() -> None:
    read = with_lines(
        "bonus: [{name: a, when: {signal: [b, c], after: d}, points: 1}]",
        "inactivity: {signal: e, none_for: 1d, points: -1}",
        "qualify_when: [{name: x, not: {signal: f}}]",
    )

    assert read.known_signals == {"demo_request", "b", "c", "d", "e", "f"}


def test_norway_stays_norway_and_a_leading_zero_stays_decimal() -> None:
    read = with_lines("gates: [{country: [NO, no, yes]}, {zip: 010}]")

    assert read.gates[0].when == Is("country", ("NO", "no", "yes"))
    assert read.gates[1].when == Is("zip", (10,))


def test_windows_line_ends_a_byte_order_mark_and_comments_do_no_harm() -> None:
    read = read_definition(
        "\ufeff" + LEAST.replace("threshold: 50", "threshold: 60  # agreed").replace("\n", "\r\n")
    )

    assert read.threshold == 60


def test_the_paths_of_the_keys_present_can_be_listed(sample: Definition) -> None:
    assert {
        "name",
        "fit.seniority.points",
        "tiers.ladder.everyone",
        "contract.sales.within_sla",
    } <= sample.keys
    assert "ae_accept" not in sample.keys


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        (
            "qualify_when: [{name: a, signal: demo_requests}]",
            "signal demo_requests has no row under intent; was demo_request meant?",
        ),
        (
            "caps: {intent: 20}",
            "threshold: 50 is out of reach; all rows together give 20 points at most.",
        ),
        ("require: {fit: 5}", "require.fit: 5 is out of reach; fit gives 0 points at most."),
        (
            "caps: {high: 0, intent: 60}\nqualify_when: [{name: a, score: 70}]",
            'qualify_when "a": a score of 70 is out of reach; all rows together give 60 points at most.',
        ),
        (
            "caps: {intent: 60}\ngates: [{score: 70, label: Warm}]",
            'gate "Warm": a score of 70 is out of reach; all rows together give 60 points at most.',
        ),
        (
            "gates: [{signal: demo_request, unknown: hold}]",
            "gates[0] says what an unknown fact does and asks about no attribute; remove unknown.",
        ),
        (
            "fit: {age: [{is: 1, points: 1}, {is: 1, points: 2}]}",
            "fit.age[1] asks the same as a row above it and never counts: the first that matches does.",
        ),
    ],
)
def test_what_is_allowed_and_probably_not_meant_is_told(lines: str, warning: str) -> None:
    assert any(told.endswith(warning) for told in with_lines(lines).warnings)


def test_a_fast_track_for_something_passive_is_told() -> None:
    row = "demo_request: {points: 50, fast_track: true, level: passive}"
    read = read_definition(LEAST.replace("demo_request: 50", row))

    assert "definition.yaml:3: intent.demo_request is a fast track for something passive" in read.warnings[0]


def test_active_intent_that_no_signal_can_give_is_told() -> None:
    read = read_definition(LEAST.replace("demo_request: 50", "email_open: 0") + "require: {active_intent: 1}")

    assert any("require.active_intent: no signal is worth points" in told for told in read.warnings)


def test_the_keys_of_the_file_are_those_of_the_written_semantics() -> None:
    assert {"ae_accept", "again", "qualify", "unreachable", "pause", "objective", "decide"} <= set(KEYS)
    assert len(KEYS) == len(set(KEYS)) == 24


def test_the_bounds_of_a_number_are_themselves_allowed() -> None:
    read = with_lines("bands: {alarm_below: 100, recalibrate_below: 0}", "unreachable: {attempts: 100}")

    assert (read.bands.alarm_below, read.bands.recalibrate_below, read.unreachable_attempts) == (100, 0, 100)
