"""Answers to /mql, as they are drawn."""

import pytest

from bot.slack.views import answers
from bot.slack.views.card import Message
from scoring.definition import read_definition
from scoring.qualify import Verdict
from scoring.receipt import Part
from tests import shown as states
from tests.world import DEFINITION, MONDAY_9


def read(message: Message) -> list[str]:
    """Every line."""
    return [line for each in states.texts(message.blocks) for line in each["text"].split("\n")]


def part(points: int, label: str) -> Part:
    """A row of a receipt."""
    return Part("fit", "fit", label, points, label, None, None, None, None)


def test_an_empty_queue_says_so() -> None:
    assert read(answers.queue(states.queue([], []))) == [
        "*Yours* (0)",
        " Nothing waits for you.",
        "",
        "*To be claimed* (0)",
        " Every lead has an owner.",
    ]


def test_a_lead_in_the_queue_says_points_name_tier_stage_and_time() -> None:
    (line,) = [each for each in read(answers.queue(states.queue([], [states.shown()]))) if "Ada" in each]

    assert line.startswith(" 90  *Ada Lovelace*, Analytical Engines · demo · MQL · first touch by <!date^")


def test_a_touched_lead_in_the_queue_has_no_time_to_meet() -> None:
    touched = states.accepted(touched_at=MONDAY_9)

    assert "first touch by" not in "\n".join(read(answers.queue(states.queue([touched], []))))


def test_a_long_queue_shows_twenty_and_counts_the_rest() -> None:
    lines = read(answers.queue(states.queue([states.shown({"first_name": "Ada"})] * 23, [])))

    assert len([line for line in lines if "*Ada*" in line]) == 20
    assert " … and 3 more" in lines


def test_what_marketing_must_find_out_is_counted() -> None:
    lines = read(answers.queue(states.queue([], [], {"country": 3, "budget_range": 1})))

    assert lines[-1] == "*On hold until somebody finds out:* budget＿range (1), country (3)"


def test_why_adds_up_and_names_the_version() -> None:
    parts = (part(20, "VP"), part(-5, "Personal e-mail address"), part(50, "Demo request"))
    lines = read(answers.why(states.explained(parts=parts)))

    assert lines[0] == "*65* = fit 0 + intent 65 · MQL at 50 · definition v1"
    assert lines[1:4] == [" +20  VP", " −5  Personal e-mail address", " +50  Demo request"]


def test_why_of_somebody_without_points_says_that_nothing_counts() -> None:
    assert " +0  Nothing counts yet." in read(answers.why(states.explained(parts=())))


def test_why_of_a_lead_with_sales_says_it_is_there() -> None:
    with_sales = answers.why(states.explained(history=(states.handoff(stage="sal"),)))

    assert "*It is with sales* as SAL." in read(with_sales)


def test_why_of_a_lead_below_the_threshold_says_what_is_missing() -> None:
    verdict = Verdict(False, None, None, False, False, False, "score", ("40 points; an MQL has 50.",), ())
    lines = read(answers.why(states.explained(verdict=verdict)))

    assert "*It is no MQL now.*" in lines
    assert " 40 points; an MQL has 50." in lines


def test_why_with_very_many_rows_counts_the_rest() -> None:
    lines = read(answers.why(states.explained(parts=tuple(part(1, f"row {n}") for n in range(60)))))

    assert " … and 20 more rows; baton score EMAIL has them all" in lines


def test_lead_shows_facts_score_and_past() -> None:
    facts = {**states.ADA, "tech": ["Rust", "<b>"], "budget_range": "10k"}
    lines = read(answers.lead(states.explained(facts, history=(states.ended(),))))

    assert lines[0] == "*Ada Lovelace*"
    assert " tech: Rust, &lt;b&gt;" in lines
    assert " budget range: 10k" in lines
    assert any("Recycled · No budget · <@U0ANN>" in line for line in lines)


def test_a_lead_without_a_name_goes_by_the_address() -> None:
    assert read(answers.lead(states.explained({"email": "ada@engines.example", "first_name": "\u200b"})))[
        0
    ] == ("*ada@engines.example*")


@pytest.mark.parametrize(("sal", "steps"), [(True, 5), (False, 4)])
def test_the_funnel_has_a_rate_a_step_with_its_interval(sal: bool, steps: int) -> None:
    definition = read_definition(
        DEFINITION + f"stages: {{sal: {str(sal).lower()}, labels: {{sql: Qualified}}}}\n"
    )
    lines = read(answers.funnel(states.figures(definition)))

    assert len([line for line in lines if "→" in line and line.startswith(" ")]) == steps
    assert " Lead → MQL: *24 %* [20–28] (120 of 500)" in lines
    assert any("Qualified → Opportunity: no cases yet" in line for line in lines)


def test_the_funnel_shows_leads_beside_mqls_and_never_alone() -> None:
    (volume,) = [line for line in read(answers.funnel(states.figures())) if line.startswith("Volume")]

    assert volume == "Volume: 500 leads · 120 MQL · 60 SAL · 0 SQL · 0 Opportunity · 0 Won"


def test_the_funnel_counts_ends_and_reasons_most_frequent_first() -> None:
    reasons = {"no_budget": 2, "not_fit.size": 7}
    lines = read(answers.funnel(states.figures(ended={"recycled": 2, "disqualified": 7}, reasons=reasons)))

    assert "Ended: 7 Disqualified · 2 Recycled" in lines
    assert lines.index(" 7 × Wrong company size") < lines.index(" 2 × No budget")


def test_an_empty_funnel_divides_by_nothing() -> None:
    lines = read(answers.funnel(states.figures(leads=0, qualified=0, reached={})))

    assert len([line for line in lines if line.endswith("no cases yet")]) == 5
    assert lines[-1].endswith("Definition v1, unsigned.")
