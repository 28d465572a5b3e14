"""/mql team by hand: what everybody reads, what managers and admins change, and being away."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.desk.team_file import Difference
from bot.slack.views import team, team_forms
from tests import shown as states
from tests.world import TEAM, World

MINUTE = timedelta(minutes=1)
HOSTILE = "<!channel> *x* `y` :smile: <@U1> &lt; https://evil.example"


def blocks_of(message: Any) -> str:
    return json.dumps(message.blocks)


# -- what is read -----------------------------------------------------------------------------------------


def test_everybody_in_the_team_reads_who_works_where_and_when(world: World) -> None:
    said = world.ask("U0CAT", "team")

    assert said.startswith("The team (version 1) · Europe/London · mon–fri 09:00–17:00 · holidays GB")
    assert " EMEA · #sales-emea · the first to accept owns it · @Ann @Bob" in said
    assert " @Ann Ann · SDR · 🟢 on shift · Europe/Berlin" in said
    assert " @Max Max · manager · 🟢 on shift · signs for sales" in said
    assert "[I am away]" in said
    assert "Edit" not in said
    assert "You are not in Baton's team file" in world.ask("U0EVE", "team")


def test_who_is_off_or_away_is_told_so(world: World) -> None:
    go_away(world, "U0ANN", until_date="2026-11-27")
    world.clock.advance(timedelta(hours=10))

    said = world.ask("U0ANN", "team")

    assert "@Ann Ann · SDR · 🌴 away until Fri 27 Nov" in said
    assert "@Bob Bob · SDR · off now" in said
    assert "[I am back]" in said


@pytest.mark.parametrize("user", ["U0MAX", "U0ADA"])
def test_managers_and_admins_see_how_to_change_it(world: World, user: str) -> None:
    said = world.ask(user, "team")

    assert "[Edit or add a person] [Edit a pool] [Team hours]" in said


# -- what is changed --------------------------------------------------------------------------------------


def test_a_manager_changes_somebodys_hours_and_the_card_shows_the_new_due_time(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0BOB", "accept")
    assert "First touch by" in world.card().plain()
    before = world.card().plain()
    world.ask("U0MAX", "team")

    world.press("U0MAX", "edit_person", option="U0BOB")
    answer = world.submit("U0MAX", hours="mon-fri 12:00-17:00", weight="2", capacity="20")

    assert answer.errors == {}
    assert world.card().plain() != before
    assert "13:00" in blocks_of(world.card())
    assert world.slack.messages("C0OPS")[-1].plain() == "👥 Max changed Bob: hours, weight, most open leads."
    assert "@Max" not in world.slack.messages("C0OPS")[-1].plain()
    assert " @Bob Bob · SDR · off now · mon–fri 12:00–17:00 · weight 2 · at most 20 open leads" in world.ask(
        "U0CAT", "team"
    )
    assert world.slack.complaints == []


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(world: World) -> None:
    world.ask("U0MAX", "team")
    world.press("U0MAX", "edit_person", option="U0BOB")

    answer = world.submit("U0MAX", hours="whenever", weight="2")
    assert set(answer.errors) == {"hours"}
    answer = world.submit(
        "U0MAX", hours="", timezone="Europe/Lundon", weight="1000", booking_url="cal.example"
    )
    assert set(answer.errors) == {"timezone", "weight", "booking_url"}
    assert "Europe/London" in answer.errors["timezone"]

    assert world.submit("U0MAX", timezone="", weight="3", booking_url="https://cal.example/bob").errors == {}
    assert "weight 3" in world.ask("U0MAX", "team")
    assert world.slack.complaints == []


def test_somebody_new_is_added_and_takes_leads(world: World) -> None:
    world.ask("U0ADA", "team")
    world.press("U0ADA", "edit_person", option="U0EVE")
    modal = world.slack.modal("U0ADA")
    assert modal is not None
    assert modal["title"]["text"] == "Add a person"
    assert world.submit("U0ADA", name="Eve", role="sdr").errors == {}
    world.press("U0ADA", "edit_pool", option="1:0")
    assert world.submit("U0ADA", pool=["U0ANN", "U0BOB", "U0EVE"]).errors == {}

    world.send(world.event("demo_request"))
    world.press("U0EVE", "accept")

    assert "@Eve" in world.card().plain()
    told = [message.plain() for message in world.slack.messages("C0OPS")]
    assert told[-2:] == ["👥 Ada added Eve to the team.", "👥 Ada changed EMEA: pool. Eve joined its pool."]


def test_somebody_leaves_with_every_pool_and_their_lead_goes_back(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")
    world.ask("U0MAX", "team")
    world.press("U0MAX", "edit_person", option="U0ANN")

    answer = world.submit("U0MAX", remove=["person"])
    assert "They are in the pool of EMEA and everyone else" in answer.errors["remove"]
    assert world.submit("U0MAX", remove=["person", "pools"]).errors == {}

    assert world.slack.messages("C0OPS")[-1].plain() == (
        "👥 Max took Ann out of the team. One lead went back to the pool."
    )
    assert "[Accept]" in world.card().plain()
    assert "You are not in Baton's team file" in world.ask("U0ANN", "team")


def test_the_teams_hours_are_changed_in_a_form_that_shows_them(world: World) -> None:
    world.ask("U0MAX", "team")
    world.press("U0MAX", "edit_hours")

    assert (
        world.submit("U0MAX", hours="mon-thu 08:00-12:00\nmon-thu 13:00-18:00", holidays="none").errors == {}
    )

    said = world.ask("U0MAX", "team")
    assert said.startswith("The team (version 2) · Europe/London · mon–thu 08:00–12:00, 13:00–18:00")


def test_an_answer_that_is_out_of_date_still_edits_the_segment_it_named(world: World) -> None:
    world.ask("U0MAX", "team")
    world.press("U0MAX", "edit_hours")
    world.submit("U0MAX", hours="mon-fri 08:00-18:00")
    world.press("U0MAX", "edit_pool", option="1:1")

    assert world.submit("U0MAX", pool=["U0CAT"], assign="round_robin").errors == {}

    said = world.ask("U0MAX", "team")
    assert " everyone else · #sales · given by turns · @Cat" in said
    assert "mon–fri 08:00–18:00" in said


@pytest.mark.parametrize("user", ["U0ANN", "U0MIA", "U0EVE"])
def test_others_change_nothing_whatever_they_press(world: World, user: str) -> None:
    world.ask("U0MAX", "team")
    before = world.ask("U0CAT", "team")

    for action, view in (
        ("edit_person", team_forms.person_form(states.team("U0MAX"), "U0ANN")),
        ("edit_pool", team_forms.pool_form(states.team("U0MAX"), 0)),
        ("edit_hours", team_forms.hours_form(states.team("U0MAX"))),
    ):
        assert forged_press(world, user, action, "U0ANN") == 200
        assert world.slack.modal(user) is None
        assert "response_action" in forged_form(world, user, view)

    assert world.ask("U0CAT", "team") == before


def forged_press(world: World, user: str, action: str, value: str) -> int:
    """A press on a button that was never shown to *user*."""
    team_id = world.slack.team_id
    payload = {
        "type": "block_actions",
        "team": {"id": team_id, "domain": "t"},
        "user": {"id": user, "username": "x", "team_id": team_id},
        "api_app_id": "A0APPBOT",
        "token": "t",
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0EMEA"},
        "channel": {"id": "C0EMEA", "name": "x"},
        "trigger_id": "1.2.3",
        "actions": [
            {"type": "button", "action_id": action, "block_id": "b", "action_ts": "1.0", "value": value}
        ],
    }
    return world.slack.delivery.send("interactive", payload).status


def forged_form(world: World, user: str, view: dict[str, Any]) -> str:
    """A form that was never opened for *user*."""
    team_id = world.slack.team_id
    state = {
        name: {name: {"type": "plain_text_input", "value": "mon 09:00-10:00"}} for name in ("hours", "name")
    }
    payload = {
        "type": "view_submission",
        "team": {"id": team_id, "domain": "t"},
        "user": {"id": user, "username": "x", "team_id": team_id},
        "api_app_id": "A0APPBOT",
        "token": "t",
        "view": {**view, "id": "V1", "state": {"values": state}},
    }
    return world.slack.delivery.send("interactive", payload).text


# -- away -------------------------------------------------------------------------------------------------


def go_away(world: World, user: str, **until: str) -> Any:
    """Press the switch of one's own answer and fill in the form."""
    world.ask(user, "team")
    world.press(user, "away")
    return world.submit(user, **until)


def test_who_is_away_is_not_mentioned_and_the_clock_runs_on(either_world: World) -> None:
    world = either_world
    assert go_away(world, "U0ANN", until_date="2026-11-25").errors == {}
    world.send(world.event("demo_request"))
    due = world.card().plain().splitlines()[1]

    world.pass_time(30 * MINUTE)

    nudge = world.slack.thread("C0EMEA", world.card().ts)[0].plain()
    assert "@Bob" in nudge
    assert "@Ann" not in nudge
    assert world.card().plain().splitlines()[1] == due
    assert world.slack.messages("C0OPS")[-1].plain() == "👥 Ann is away until Wed 25 Nov."


def test_who_is_back_early_is_mentioned_again(world: World) -> None:
    go_away(world, "U0ANN", until_date="2026-11-25")
    assert "[I am back]" in world.ask("U0ANN", "team")
    world.press("U0ANN", "back")
    assert world.whispered("U0ANN", 3)[-1] == "The absence is over as of now."

    world.send(world.event("demo_request"))
    world.pass_time(30 * MINUTE)

    assert "@Ann" in world.slack.thread("C0EMEA", world.card().ts)[0].plain()
    assert world.slack.messages("C0OPS")[-1].plain() == "👥 Ann is back."


def test_an_absence_of_an_hour_ends_by_the_persons_own_clock(world: World) -> None:
    assert set(go_away(world, "U0ANN", until_date="2026-11-23", until_time="09:30").errors) == {"until_time"}
    assert world.submit("U0ANN", until_date="2026-11-23", until_time="10:30").errors == {}  # 09:30 in London
    world.send(world.event("demo_request"))

    world.pass_time(30 * MINUTE)

    assert "@Ann" in world.slack.thread("C0EMEA", world.card().ts)[0].plain()


@pytest.mark.parametrize(("day", "words"), [("2026-11-20", "over"), ("2028-01-01", "more than a year ahead")])
def test_a_wrong_day_is_told_beside_it_and_the_form_stays(world: World, day: str, words: str) -> None:
    answer = go_away(world, "U0ANN", until_date=day)

    assert words in answer.errors["until_date"]
    assert world.slack.modal("U0ANN") is not None
    assert "away until" not in world.ask("U0ANN", "team")


def test_nobody_but_a_manager_says_that_somebody_else_is_away(world: World) -> None:
    assert forged_press(world, "U0BOB", "away", "U0ANN") == 200
    assert "Only <@U0ANN>, a manager or an admin" in world.whispered("U0BOB")[-1]
    assert world.slack.modal("U0BOB") is None


# -- within Slack's limits ----------------------------------------------------------------------------------


def crowd(people: int, segments: int, name: str) -> str:
    """A team of many, with long or strange names."""
    ids = [f"U0{n:04}" for n in range(people)]
    quoted = json.dumps(name)
    cut = quoted[:-1]
    pool = ", ".join(ids[:200])
    return "\n".join(
        [
            'timezone: Europe/London\nhours: {mon-fri: "09:00-17:00"}\nchannels: {fallback: C0ALL}\nsegments:',
            *(
                f'  - {{name: {cut} {n}", when: {{country: [GB]}}, channel: C0ALL, pool: [{pool}]}}'
                for n in range(segments)
            ),
            "people:",
            *(f'  {id_}: {{name: {cut} {n}", role: manager}}' for n, id_ in enumerate(ids)),
        ]
    )


@pytest.mark.parametrize(
    ("people", "segments", "name"),
    [
        (1, 1, "A"),
        (900, 3, "B"),
        (40, 8, HOSTILE),
        (230, 25, "n" * 40),
        (4, 120, '"\\' * 30),
        (2, 3, "w" * 450),
    ],
)
def test_a_team_of_any_size_fits_one_answer_and_its_forms_open(people: int, segments: int, name: str) -> None:
    found = states.team("U00000", crowd(people, segments, name))
    message = team.team(found, ["", "*More*", *(f" a line of {n}" for n in range(900))])

    assert states.refused(message) == []
    for view in (
        team_forms.person_form(found, "U00000"),
        team_forms.person_form(found, "U0NEW"),
        team_forms.pool_form(found, 0),
        team_forms.hours_form(found),
        team_forms.away_form(found, found.asker),
    ):
        assert states.refused_view(view) == []


def test_no_name_in_the_team_file_mentions_links_or_formats() -> None:
    found = states.team("U0MAX", TEAM.replace("name: Bob", f"name: {json.dumps(HOSTILE)}"))
    message = team.team(found)
    left = [each for each in states.texts(message.blocks) if each.get("verbatim")]

    assert "<!channel>" not in json.dumps(left)
    assert (
        states.smuggled(
            [each | {"text": each["text"].replace("<#C0EMEA>", "").replace("<#C0ALL>", "")} for each in left]
        )
        == []
    )
    told = team.changed(HOSTILE, f"changed {HOSTILE}: hours.")
    assert states.smuggled(told.blocks, told.text) == []


def test_a_line_of_the_diff_is_shown_letter_by_letter() -> None:
    found = Difference("0123456789ab", 3, ("@@ -1 +1 @@", f"-{HOSTILE}", f"+{HOSTILE * 200}"), 1, 1)
    message = team.changed_file(found)

    assert states.refused(message) == []
    rich = next(block for block in message.blocks if block["type"] == "rich_text")
    assert HOSTILE in rich["elements"][0]["elements"][0]["text"]
    assert [each for each in states.texts(message.blocks) if "channel" in each["text"]] == []


def test_the_switch_stands_beside_what_it_changes() -> None:
    away = TEAM.replace("Europe/Berlin}", "Europe/Berlin, away: [{from: 2026-11-23, until: 2026-11-24}]}")
    lines = []
    for written in (TEAM, away):
        found = states.team("U0ANN", written)
        (block,) = team.away_line(found.asker, found.team, found.now)
        lines.append((block["text"]["text"], block["accessory"]["action_id"], block["accessory"]["value"]))

    assert lines == [
        ("You are not away.", "away", "U0ANN"),
        ("🌴 You are away until Tue 24 Nov.", "back", "U0ANN"),
    ]
