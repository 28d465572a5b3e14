"""/mql, asked by those who may and those who may not."""

import re
import sqlite3
from pathlib import Path

import pytest

from bot.slack.listeners.commands import SUBCOMMANDS
from tests import shown as states
from tests.world import World

QUESTIONS = ("queue", "lead ada@engines.example", "why ada@engines.example", "funnel")
FUNNEL_USAGE = "Type `/mql funnel`, or `/mql funnel 90` for the last 90 days."


def test_the_command_alone_is_help_that_names_every_subcommand(world: World) -> None:
    said = world.ask("U0ANN")

    for subcommand in SUBCOMMANDS.values():
        assert f"/mql {subcommand.usage}  {subcommand.help_line}" in said
    assert world.ask("U0ANN", "help") == said


def test_every_subcommand_says_what_it_does() -> None:
    assert [name for name, sub in SUBCOMMANDS.items() if not sub.help_line.endswith(".")] == []
    assert [name for name, sub in SUBCOMMANDS.items() if sub.usage.split()[0] != name] == []


def test_an_unknown_subcommand_is_answered_with_those_there_are(world: World) -> None:
    for text in ("quene", "drop table", "<!channel>", "42", "help-me", "\u202equeue"):
        said = world.ask("U0ANN", text)

        assert said.startswith("There is no `/mql` subcommand of that name."), text
        assert "queue, lead, why, funnel" in said
        assert text not in said


def test_a_subcommand_may_be_shouted(world: World) -> None:
    assert "Yours (0)" in world.ask("U0ANN", "QUEUE")


@pytest.mark.parametrize("name", ["lead", "why"])
def test_a_question_about_a_lead_wants_one_address(world: World, name: str) -> None:
    for words in ("", " a@b.example c@d.example"):
        assert world.ask("U0ANN", name + words) == f"Type `/mql {name} EMAIL`."
    for address in ("ada", "@", "<!channel>", "ada@", "x" * 500, "<mailto:|>"):
        assert world.ask("U0ANN", f"{name} {address}").startswith("That is not an e-mail address.")


def test_an_unknown_address_is_said_to_be_unknown(world: World) -> None:
    said = world.ask("U0ANN", "why nobody@engines.example")

    assert said.startswith("Nobody with the address nobody@engines.example has been heard of.")


def test_an_address_is_found_however_slack_wraps_it(world: World) -> None:
    world.send(world.event("pricing_page"))

    for before, after in (("", ""), ("<mailto:", "|ada@engines.example>"), ("<mailto:", ">")):
        assert "Pricing page" in world.ask("U0ANN", f"why {before}ADA@Engines.example{after}")


def test_why_has_the_rows_and_the_total_of_the_card(world: World) -> None:
    world.send(world.event("demo_request", asset="Enterprise demo"), world.event("pricing_page"))
    world.press("U0ANN", "why")
    modal = world.slack.modal("U0ANN")
    assert modal is not None
    on_the_card = {line for block in modal["blocks"][2:] for line in block["text"]["text"].split("\n")}

    world.ask("U0BOB", "why ada@engines.example")

    section, *_ = [each["text"] for each in states.texts(world.slack.whispered("U0BOB")[-1].blocks)]
    rows = [line for line in section.split("\n") if re.match(r" [+−]\d", line)]
    assert set(rows) == on_the_card
    assert section.startswith("*105* = fit 40 + intent 65 · MQL at 50 · definition v1")
    assert sum(int(row.split()[0]) for row in rows) == 105


def test_lead_shows_what_is_known_and_where_it_stands(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")

    said = world.ask("U0BOB", "lead ada@engines.example")

    assert "company: Analytical Engines" in said
    assert "90 points · demo · SAL · @Ann" in said


def test_the_queue_is_the_askers_own(world: World) -> None:
    world.send(world.event("demo_request"))
    assert "To be claimed (1)" in world.ask("U0ANN", "queue")
    assert "To be claimed (0)" in world.ask("U0CAT", "queue")

    world.press("U0ANN", "accept")

    assert "Yours (1)" in world.ask("U0ANN", "queue")
    assert "To be claimed (0)" in world.ask("U0BOB", "queue")


def test_the_funnel_looks_back_as_far_as_asked(world: World) -> None:
    world.send(world.event("demo_request"))

    for text, days in (("funnel", "30 days"), ("funnel 90", "90 days"), ("funnel 1", "1 day")):
        said = world.ask("U0MAX", text)

        assert said.startswith(f"The funnel of the last {days}\n")
        assert "Lead → MQL: 100 %" in said


def test_a_funnel_of_nonsense_is_answered_with_its_usage(world: World) -> None:
    for wrong in ("abc", "-5", "1.5", "٣", "9" * 400, "30 60", "1e3", "<!here>"):
        assert world.ask("U0MAX", f"funnel {wrong}") == FUNNEL_USAGE


def test_a_funnel_of_no_days_or_of_all_time_is_refused(world: World) -> None:
    for wrong in ("0", "3651", "999999"):
        assert world.ask("U0MAX", f"funnel {wrong}").startswith("The number of days must lie between 1 and")


def test_people_whom_the_team_file_does_not_name_learn_nothing(world: World) -> None:
    world.send(world.event("demo_request"))

    for text in QUESTIONS:
        said = world.ask("U0EVE", text)

        assert said.startswith("You are not in Baton's team file"), text
        assert "Lovelace" not in said


def test_guests_learn_nothing_even_when_the_team_file_names_them(world: World) -> None:
    world.send(world.event("demo_request"))
    world.slack.change_user("U0ANN", is_guest=True)

    for text in QUESTIONS:
        assert world.ask("U0ANN", text).startswith("Guests cannot work on leads")


def test_people_of_another_workspace_learn_nothing(world: World) -> None:
    world.baton.schedule.tick()
    world.deliver()
    world.slack.change_user("U0ANN", team_id="T0PARTNER")

    for text in QUESTIONS:
        assert world.ask("U0ANN", text).startswith("Leads are for people of this workspace")


def test_no_answer_lets_a_lead_mention_link_or_format(world: World) -> None:
    lead = {
        **states.ADA,
        "first_name": "<!channel> *x* `y`",
        "company": ":smile: <https://z|w> &lt;!here&gt;",
        "attributes": {"na<!here>me": "<@U1>"},
    }
    world.send(world.event("demo_request", lead, asset="_a_ <@U0BOB>"), world.event("new_signal", lead))

    for text in QUESTIONS:
        world.ask("U0ANN", text)
        answer = world.slack.whispered("U0ANN")[-1]
        assert states.smuggled(answer.blocks, answer.text) == [], text
    assert world.slack.complaints == []


def test_questions_are_answered_while_the_database_takes_no_writes(world: World, tmp_path: Path) -> None:
    world.send(world.event("demo_request"))
    other = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert "To be claimed (1)" in world.ask("U0ANN", "queue")
    finally:
        other.close()
