"""Answers to /mql, as they are drawn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.slack.views import answers
from bot.slack.views.card import Message
from scoring.definition import read_definition
from scoring.next_tier import Missing
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

    assert line.startswith(
        " 90  *Ada Lovelace*, Analytical Engines · demo · MQL · ≈ 18 % · first touch by <!date^"
    )
    assert line.endswith(f" · <{states.LINK}|Open the card>")


def test_a_touched_lead_in_the_queue_has_no_time_to_meet() -> None:
    touched = states.accepted(touched_at=MONDAY_9)

    assert "first touch by" not in "\n".join(read(answers.queue(states.queue([touched], []))))


def test_a_long_queue_shows_twenty_and_counts_the_rest() -> None:
    lines = read(answers.queue(states.queue([states.shown({"first_name": "Ada"})] * 23, [])))

    assert len([line for line in lines if "*Ada*" in line]) == 20
    assert " … and 3 more; the Home tab has them all" in lines


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


def test_why_says_how_many_points_are_missing_to_an_mql_and_to_the_next_tier() -> None:
    verdict = Verdict(False, None, None, False, False, False, "score", ("40 points, 10 short of 50.",), ())
    tier = states.DEFINITION_READ.tiers[1]
    asked = states.explained(verdict=verdict, to_threshold=10, next_tier=Missing(tier, 40))
    lines = read(answers.why(asked))

    assert "10 more points make it an MQL." in lines
    assert "40 more points make it *high*." in lines


def test_why_says_where_points_alone_lead_no_further() -> None:
    asked = states.explained(standing=states.DEFINITION_READ.tiers[1])

    assert "As *high*; no number of points alone makes it more urgent." in read(answers.why(asked))


def test_why_of_the_most_urgent_lead_asks_for_nothing_more() -> None:
    said = "\n".join(read(answers.why(states.explained(standing=states.DEFINITION_READ.tiers[0]))))

    assert "more urgent" not in said
    assert "more make" not in said


def test_why_says_where_the_whole_receipt_is_to_be_had_as_a_file() -> None:
    assert "baton score EMAIL --json" in read(answers.why(states.explained()))[-1]


LATE = MONDAY_9 + timedelta(hours=1)


@pytest.mark.parametrize(
    ("changes", "next_step"),
    [
        ({}, "somebody of the pool presses Accept on its card and logs the first touch by <!date^"),
        ({"due_at": None}, "somebody of the pool presses Accept on its card."),
        ({"stage": "sal", "owner": "U0ANN"}, "<@U0ANN> logs the first touch by <!date^"),
        (
            {"stage": "sal", "owner": "U0ANN", "now": LATE},
            "<@U0ANN> logs the first touch, which was due <!date^",
        ),
        (
            {"stage": "sal", "owner": "U0ANN", "touched_at": MONDAY_9},
            "<@U0ANN> qualifies it, or recycles it with a reason, by <!date^",
        ),
        ({"stage": "sql", "owner": "U0ANN", "ae": "U0MAX"}, "<@U0MAX> accepts it, or sends it back."),
        ({"stage": "opportunity", "owner": "U0MAX"}, "<@U0MAX> makes it an opportunity"),
    ],
)
def test_lead_says_what_comes_next_and_who_does_it(changes: dict[str, Any], next_step: str) -> None:
    now = changes.get("now", MONDAY_9)
    given = {name: value for name, value in changes.items() if name != "now"}
    lines = read(answers.lead(states.explained(history=(states.handoff(**given),), now=now)))

    assert lines[-1].startswith(f"*Next:* {next_step}")


def test_lead_that_is_not_with_sales_says_what_it_lacks() -> None:
    verdict = Verdict(False, None, None, False, False, False, "score", ("49 points, 1 short of 50.",), ())

    assert read(answers.lead(states.explained(verdict=verdict, to_threshold=1)))[-1] == (
        "*Next:* 1 more point makes it an MQL."
    )


def test_lead_links_to_the_cards_of_its_hand_offs() -> None:
    message = answers.lead(states.explained(history=(states.handoff(),), links={1: states.LINK}))

    assert any(line.endswith(f"<{states.LINK}|Open the card>") for line in read(message))


def test_a_lead_in_the_queue_whose_time_is_over_says_so() -> None:
    late = states.shown(due_at=MONDAY_9 - timedelta(minutes=1))

    assert "🔴 first touch was due <!date^" in "\n".join(read(answers.queue(states.queue([late], []))))


def test_a_lead_in_the_queue_is_worth_money_where_the_team_knows_what_a_deal_is_worth() -> None:
    rich = replace(
        states.queue([], [states.shown()]), worth=replace(states.WORTH, deal_value=9_000, currency="EUR")
    )
    said = "\n".join(read(answers.queue(rich)))

    assert "· ≈ 1,620 EUR ·" in said
    assert "≈ is the chance that a lead of this score becomes an SQL, times 9,000 EUR a deal." in said


def test_an_sql_is_no_chance_of_one_any_more() -> None:
    assert "≈ 18 %" not in "\n".join(read(answers.queue(states.queue([states.accepted(stage="sql")], []))))


def test_the_fallback_texts_of_answers_say_what_a_notification_should() -> None:
    asked = states.explained(history=(states.handoff(stage="sal"),))

    assert answers.why(asked).text == "50 points. It is with sales as SAL."
    assert answers.lead(asked).text == "Lead Ada Lovelace: 50 points. It is with sales as SAL."
    queue = answers.queue(states.queue([states.shown()], []))
    assert queue.text == "1 yours, 0 to be claimed; first Ada Lovelace"


def test_the_funnel_tells_apart_what_no_score_made_and_how_many_came_back() -> None:
    """ "returning ones shown apart." """
    lines = read(answers.funnel(states.figures(returning=4, by_hand=3, spot_checks=2)))

    assert "Of these hand-offs 4 are of returning leads." in lines
    assert "Apart, in no rate: 3 handed over by hand · 2 spot checks." in lines
    assert not any("Apart" in line for line in read(answers.funnel(states.figures())))
