"""Each kind of mistake is told with its line, its key and what would be right; all of them at once."""

# ruff: noqa: E501  # a file's line and what is told of it stand side by side

from datetime import timedelta

import pytest

from scoring.contractfile import ContractError
from scoring.definition import DefinitionError, read_definition

LEAST = """\
name: A
threshold: 50
intent: {demo_request: 50}
tiers: [{name: standard, first_touch: 24h}]
"""


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(DefinitionError) as refused:
        read_definition(text)
    return refused.value.problems


def told_of(line: str) -> str:
    """The mistake in a line added to a sound definition, without the file and line, which are checked."""
    (told,) = mistakes(f"{LEAST}# a comment\n{line}\n")
    assert told.startswith("definition.yaml:6: ")
    return told.removeprefix("definition.yaml:6: ")


UNUSABLE_NUMBER = "no usable number; write at most 15 digits, or quote a text."
LONG_CONDITION = "asks nothing; write a condition such as"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("treshold: 3", "treshold is not a key known here; the nearest is threshold."),
        ("caps: {intents: 3}", "caps.intents is not a key known here; the nearest is intent."),
        ("stages: {labels: {sqll: x}}", "stages.labels.sqll is not a key known here; the nearest is sql."),
        ("again: {others: 3d}", "again.others is not a key known here; the nearest is other."),
        ("caps: {intent: -3}", "caps.intent must be a whole number from 0 to 1,000,000, not -3; write intent: 0."),
        ("caps: 5", "caps must be a mapping, not 5; write caps: {…}."),
        ("gates: 3", "gates must be a list, not 3; write gates: […]."),
        ("require: {fit: true}", "require.fit must be a whole number, not true; write fit: 10."),
        ("require: {fit: 5.0}", "require.fit must be a whole number, not 5.0; write fit: 5."),
        ("require: {fit: .nan}", f"require.fit is .nan, {UNUSABLE_NUMBER}"),
        ("require: {fit: -.inf}", f"require.fit is -.inf, {UNUSABLE_NUMBER}"),
        ("require: {fit: 1e999}", f"require.fit is 1e999, {UNUSABLE_NUMBER}"),
        ("require: {fit: 9999999999999999}", f"require.fit is 9999999999999999, {UNUSABLE_NUMBER}"),
        ("decide: 0d", 'decide must be a duration of at least 1s and at most 3650d, not "0d"; write decide: 24h.'),
        ("decide: -3d", 'decide must be a duration such as 10s, 5m, 2h or 3d, not "-3d"; write decide: 24h.'),
        ("decide: 3w", 'decide must be a duration such as 10s, 5m, 2h or 3d, not "3w"; write decide: 24h.'),
        ("decide: 3", "decide must be a duration such as 10s, 5m, 2h or 3d, not 3; write decide: 24h."),
        ("decide: 3651d", 'decide must be a duration of at least 1s and at most 3650d, not "3651d"; write decide: 24h.'),
        ("decide:", "decide must be a duration such as 10s, 5m, 2h or 3d, not nothing; write decide: 24h."),
        ("stages: {sal: yes}", 'stages.sal must be true or false, not "yes"; write sal: true.'),
        ("objective: max", 'objective must be expected_sql, expected_value or max_rate, not "max"; write objective: max_rate.'),
        ("ladder: {nudge: 0%}", 'ladder.nudge must be a share above 0% and up to 1000%, not "0%"; write nudge: 50%.'),
        ("ladder: {nudge: [1001%]}", 'ladder.nudge[0] must be a share above 0% and up to 1000%, not "1001%"; write - 50%.'),
        ("ladder: {breach: []}", "ladder has no breach; write breach: 100%."),
        ("contract: {sales: {within_sla: 90}}", "contract.sales.within_sla must be a share above 0% and up to 100%, not 90; write within_sla: 90%."),
        ("contract: {check_on: 2027-02-30}", 'contract.check_on must be a date (year-month-day), not "2027-02-30"; write check_on: 2027-02-22.'),
        ("contract: {hypothesis: 3}", 'contract.hypothesis must be a text, not 3; write hypothesis: "3".'),
        ("contract: {hypothesis: ''}", 'contract.hypothesis must be a text of 1 to 500 characters, not ""; write hypothesis: some words.'),
        ("bands: {mql_to_sal: [70, 40]}", "bands.mql_to_sal must be a lower and a higher per cent, not a list; write mql_to_sal: [15, 30]."),
        ("bands: {alarm_below: 101}", "bands.alarm_below must be a whole number from 0 to 100, not 101; write alarm_below: 100."),
        ("qualify: {required: [needs]}", 'qualify.required[0] must be budget, authority, need or timeline, not "needs"; write - need.'),
        ("qualify: {}", "qualify lacks required; write required: [need, timeline]."),
        ("qualify: {required: []}", "qualify.required must be a value or a list of values, not an empty list; write required: need."),
        ("unreachable: {attempts: 0}", "unreachable.attempts must be a whole number from 1 to 100, not 0; write attempts: 1."),
        ("spot_check: {share: 5%}", "spot_check lacks at_most; write at_most: 2."),
        ("inactivity: {none_for: 30d, points: 5}", "inactivity.points must be below 0, since time alone never raises a score, not 5; write points: -5."),
        ("inactivity: [{points: -5}]", "inactivity[0] lacks none_for; write none_for: 30d."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_line_its_key_and_what_would_be_right(
    line: str, sentence: str
) -> None:
    assert told_of(line) == sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("fit: {age: [{is: 1, points: ten}]}", 'fit.age[0].points must be a whole number, not "ten"; write points: 10.'),
        ("fit: {age: [{is: 1, points: 99999}]}", "fit.age[0].points must be a whole number from -10,000 to 10,000, not 99999; write points: 10000."),
        ("fit: {age: [{is: 1}]}", "fit.age[0] lacks points; write points: 10."),
        ("fit: {age: [{points: 5}]}", f"fit.age[0] {LONG_CONDITION} {{is: …, points: 10}}."),
        ("fit: {age: []}", "fit.age has no rows; write at least one, or remove the group."),
        ("fit: {age: {rows: [{is: 1, points: 1}], count_as: intent}}", "fit.age.count_as is not a key known here; the nearest is counts_as."),
        ("fit: {age: {counts_as: intent}}", "fit.age lacks rows; write rows: [{is: …, points: 10}]."),
        ("fit: {age: [{is: 1, points: 1, lable: x}]}", "fit.age[0].lable looks like a misspelt label; write label, or {attribute: lable, is: …} for an attribute."),
        ("fit: {industry: [{is: target, points: 1}]}", "fit.industry[0].is asks for a target industry, but there is no such list; write target: {industries: […]} in the definition, or the values here."),
        ("gates: [{hard: true}]", f"gates[0] {LONG_CONDITION} {{attribute: employees, between: [11, 5000]}}."),
        ("gates: [{country: GB, unknown: maybe}]", 'gates[0].unknown must be pass, hold or fail, not "maybe"; write unknown: pass.'),
        ("bonus: [{name: a, points: 1}]", "bonus[0] lacks when; write when: {signal: pricing_page, at_least: 3}."),
        ("bonus: [{name: a, when: {signal: x}, points: 1}, {name: A, when: {signal: y}, points: 1}]", 'bonus[1] has the name "A" a second time; give each its own.'),
        ("qualify_when: [{signal: x}]", "qualify_when[0] lacks name; write name: case study reader."),
        ("qualify_when: [{name: a, signal: x, require: all}]", 'qualify_when[0].require must be none, not "all"; write require: none.'),
        ("target: {functions: {a: b}}", "target.functions must be a text of 1 to 500 characters, not a mapping; write functions: some words."),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_with_its_line_its_key_and_what_would_be_right(line: str, sentence: str) -> None:
    assert told_of(line) == sentence


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("", "intent names no signal; write at least one, such as demo_request: 50."),
        ("a: ", "intent.a must be a whole number, not nothing; write a: 10."),
        ("a: {level: low}", "intent.a lacks points; write points: 10."),
        ("a: {points: []}", "intent.a.points must be a list of 1 to 100 numbers, not an empty list; write points: [15, 10]."),
        ("a: [5, x]", 'intent.a[1] must be a whole number, not "x"; write - 10.'),
        ("a: {points: 1, level: huge}", 'intent.a.level must be high, medium, low or passive, not "huge"; write level: high.'),
        ("a: {points: 1, every: page}", 'intent.a.every must be event, asset or day, not "page"; write every: event.'),
        ("a: {points: 1, cap: -1}", "intent.a.cap must be a whole number from 0 to 1,000,000, not -1; write cap: 0."),
        ("a: {points: 1, fast_trak: true}", "intent.a.fast_trak looks like a misspelt fast_track; write fast_track, or {attribute: fast_trak, is: …} for an attribute."),
        ("any: 3", "intent.any cannot be a signal's name: `any` stands for every signal under inactivity; rename it."),
    ],
)  # fmt: skip
def test_a_wrong_signal_is_told_with_its_line_its_key_and_what_would_be_right(
    rows: str, sentence: str
) -> None:
    assert mistakes(LEAST.replace("demo_request: 50", rows)) == (f"definition.yaml:3: {sentence}",)


ENDS = "asks with `within`, so it ceases to hold by time and the score would rise; time alone never raises a score: leave out within, or let the row give no less than 0 and than the rows below it."
BEGINS = "asks with `within` inside `not`, so it begins to hold by time and the score would rise; time alone never raises a score: leave out within, or let the row give no more than 0 and than the rows below it."
LATELY = "signal: visit, within: 7d"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"fit: {{a: [{{not: {{{LATELY}}}, points: 1}}]}}", f"fit.a[0] {BEGINS}"),
        (f"fit: {{a: [{{{LATELY}, points: -1}}]}}", f"fit.a[0] {ENDS}"),
        (f"fit: {{a: [{{not: {{not: {{{LATELY}}}}}, points: -1}}]}}", f"fit.a[0] {ENDS}"),
        (f"fit: {{a: [{{{LATELY}, points: 5}}, {{is: 1, points: 4}}, {{is: 2, points: 6}}]}}", f"fit.a[0] {ENDS}"),
        (f"fit: {{a: [{{is: 1, points: -3}}, {{not: {{{LATELY}}}, points: -1}}, {{is: 2, points: -2}}]}}", f"fit.a[1] {BEGINS}"),
        (f"fit: {{a: [{{any: [{{b: 1}}, {{not: {{all: [{{{LATELY}}}]}}}}], points: 1}}]}}", f"fit.a[0] {BEGINS}"),
    ],
)  # fmt: skip
def test_a_row_that_time_alone_would_make_worth_more_is_refused(line: str, sentence: str) -> None:
    """ "So time alone never raises a score" """
    assert told_of(line) == sentence


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (f"{{points: 5, when: {{not: {{{LATELY}}}}}}}", BEGINS),
        (f"{{points: [0, 5], when: {{not: {{{LATELY}}}}}}}", BEGINS),
        (f"{{points: -5, when: {{{LATELY}}}}}", ENDS),
        (f"{{points: [5, -5], when: {{{LATELY}}}}}", ENDS),
    ],
)
def test_a_signal_that_time_alone_would_make_worth_more_is_refused(row: str, sentence: str) -> None:
    """ "So time alone never raises a score" """
    assert mistakes(LEAST.replace("demo_request: 50", f"a: {row}")) == (
        f"definition.yaml:3: intent.a {sentence}",
    )


def test_a_window_that_could_be_the_rows_or_the_signals_is_refused() -> None:
    assert mistakes(LEAST.replace("demo_request: 50", "a: {points: 5, signal: b, within: 7d}")) == (
        "definition.yaml:3: intent.a has a within that could be the row's or the signal's; write when: {signal: …} for the latter.",
    )


CIRCULAR = "cannot be asked in"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("fit: {a: [{score: 5, points: 1}]}", f"fit.a[0].score {CIRCULAR} a row of fit, because the score is the sum of the rows; it may ask about attributes, `returning` and `signal` only."),
        ("bonus: [{name: a, when: {not: {tier: x}}, points: 1}]", f"bonus[0].when.not.tier {CIRCULAR} a bonus, because the tier follows from the score; it may ask about attributes, `returning` and `signal` only."),
        ("gates: [{not: {gates: pass}}]", f"gates[0].not.gates {CIRCULAR} a gate, because a gate would wait for its own answer; it may ask about attributes, `returning`, `score` and `signal` only."),
        ("qualify_when: [{name: a, fit_check: true}]", f"qualify_when[0].fit_check {CIRCULAR} a rule, because only the fast track gives it, and what the fast track takes needs no rule; it may ask about attributes, `gates`, `returning`, `score` and `signal` only."),
    ],
)  # fmt: skip
def test_a_condition_on_what_follows_from_it_is_refused_where_it_stands(line: str, sentence: str) -> None:
    """ "Order: suppression, hard gates, fast track, soft gates, then score ≥ threshold or a rule" """
    assert told_of(line) == sentence


def test_a_tier_that_asks_for_a_tier_is_refused() -> None:
    tiers = "[{name: a, when: {tier: b}, first_touch: 1h}, {name: b, first_touch: 1h}]"

    (told,) = mistakes(LEAST.replace("[{name: standard, first_touch: 24h}]", tiers))

    assert (
        "tiers[0].when.tier cannot be asked in a tier, because a tier would wait for its own answer" in told
    )


@pytest.mark.parametrize(
    ("tiers", "sentence"),
    [
        ("[]", "tiers has no tier; write at least - {name: standard, first_touch: 24h}."),
        ("[{name: a}]", "tiers[0] lacks first_touch; write first_touch: 24h."),
        ("[{first_touch: 1h}]", "tiers[0] lacks name; write name: standard."),
        ("[{name: a, first_touch: 1h, clock: work}]", 'tiers[0].clock must be business or calendar, not "work"; write clock: business.'),
        ("[{name: a, first_touch: 1h, card: weekly}]", 'tiers[0].card must be digest and a duration of at most a day, not "weekly"; write card: digest 1h.'),
        ("[{name: a, first_touch: 1h, handoff: sales}]", 'tiers[0].handoff must be nurture, not "sales"; write handoff: nurture.'),
        ("[{name: a, first_touch: 1h, when: {score: 3}}]", "tiers[0] is the last tier and must take every lead left; remove its when, or add a tier without one."),
        ("[{name: a, first_touch: 1h}, {name: b, first_touch: 1h}]", "tiers[0] has no when, so the tiers below it are never reached; add one, or move it to the end."),
        ("[{name: a, first_touch: 1h, when: {score: 3}}, {name: a, first_touch: 1h}]", 'tiers[1] has the name "a" a second time; give each its own.'),
        ("[{name: a, first_touch: 1h, ladder: {nudges: 50%}}]", "tiers[0].ladder.nudges is not a key known here; the nearest is nudge."),
    ],
)  # fmt: skip
def test_a_wrong_tier_is_told_with_its_line_its_key_and_what_would_be_right(
    tiers: str, sentence: str
) -> None:
    text = LEAST.replace("[{name: standard, first_touch: 24h}]", tiers)

    assert mistakes(text) == (f"definition.yaml:4: {sentence}",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "definition.yaml: is empty; run baton init for a sample."),
        ("# nothing\n", "definition.yaml: is empty; run baton init for a sample."),
        ("- a\n", "definition.yaml:1: must be a mapping (lines of key: value), not a list."),
        ("just words", 'definition.yaml:1: must be a mapping (lines of key: value), not "just words".'),
        ("a: [\n", "definition.yaml:2: is not valid YAML: expected the node content, but found '<stream end>'; check indentation, brackets and quotes."),
        ("a: 1\n\tb: 2\n", "definition.yaml:2: holds a tab; write spaces."),
        ("a: 1\nb: \x00\n", "definition.yaml:2: holds a control character; remove it."),
        ("a: \u202egro.elpmaxe\n", "definition.yaml:1: holds a control character; remove it."),
        ("a: \ud800\n", "definition.yaml:1: holds a control character; remove it."),
        ("a: ü\n" * 20_000, "definition.yaml: is larger than 64 KiB; a page to sign is shorter."),
        ("a:\n  b: " + "[" * 500, "definition.yaml:2: is nested more than 20 levels deep; write it flatter."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_at_all_says_so_in_one_sentence(text: str, sentence: str) -> None:
    assert mistakes(text) == (sentence,)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("name: B", "name stands here a second time (first in line 1); keep one."),
        ("caps: {low: 1, low: 2}", "caps.low stands here a second time (first in line 6); keep one."),
        ("decide: &wait 3d", "decide names the anchor &wait; write the value out instead."),
        ("decide: !!str 3d", "decide carries the tag tag:yaml.org,2002:str; remove it."),
        ('stages: {labels: {sql: "a\\0b"}}', "stages.labels.sql holds a control character; remove it."),
    ],
)
def test_yaml_that_could_mislead_a_reader_is_refused(line: str, sentence: str) -> None:
    assert told_of(line) == sentence


def test_an_alias_is_refused_where_it_stands() -> None:
    told = mistakes(LEAST + "decide: &wait 3d\nae_accept: *wait\n")

    assert told == (
        "definition.yaml:5: decide names the anchor &wait; write the value out instead.",
        "definition.yaml:6: ae_accept uses the alias *wait; write the value out.",
    )


def test_a_second_document_a_directive_and_a_list_as_a_key_are_refused() -> None:
    assert "definition.yaml:5: starts a second document; keep everything in one." in mistakes(
        LEAST + "---\na: 1\n"
    )
    assert "definition.yaml:2: follows a % directive; remove that line." in mistakes(
        "%YAML 1.1\n---\n" + LEAST
    )
    assert "has a list or a mapping for a key; a key is a word." in told_of("[a, b]: 3")


def test_what_is_missing_is_named_with_an_example() -> None:
    assert mistakes("decide: 3d\n") == (
        "definition.yaml:1: The file lacks name; write name: B2B SaaS.",
        "definition.yaml:1: The file lacks threshold; write threshold: 50.",
        "definition.yaml:1: The file lacks intent; write intent: {demo_request: 50}.",
        "definition.yaml:1: The file lacks tiers; write tiers: [{name: standard, first_touch: 24h}].",
    )


def test_every_mistake_of_a_file_is_told_at_once_in_the_order_of_its_lines() -> None:
    text = "name: A\nthreshold: fifty\nintent:\n  demo:\n    points: x\n  open: 1\ntiers: []\ncaps: {low: a}\nfits: {}\n"

    with pytest.raises(ContractError) as refused:
        read_definition(text, "rules.yaml")

    assert refused.value.problems == (
        'rules.yaml:2: threshold must be a whole number, not "fifty"; write threshold: 10.',
        'rules.yaml:5: intent.demo.points must be a whole number, not "x"; write points: 10.',
        "rules.yaml:7: tiers has no tier; write at least - {name: standard, first_touch: 24h}.",
        'rules.yaml:8: caps.low must be a whole number, not "a"; write low: 10.',
        "rules.yaml:9: fits is not a key known here; the nearest is fit.",
    )
    assert str(refused.value) == "\n".join(refused.value.problems)


def test_a_threshold_of_nothing_is_refused_because_everybody_would_qualify() -> None:
    assert mistakes(LEAST.replace("threshold: 50", "threshold: 0")) == (
        "definition.yaml:2: threshold must be a whole number from 1 to 1,000,000, not 0; write threshold: 1.",
    )


def test_the_longest_duration_is_ten_years() -> None:
    assert read_definition(LEAST + "decide: 3650d").decide == timedelta(days=3650)
