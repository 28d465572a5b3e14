"""`baton demo --story`: the main job told in the terminal, under whatever definition it is given."""

import re

import pytest

from scoring.presets import preset_names, preset_text
from tests.program import Program
from tests.world import DEFINITION, TEAM


def section(said: str, title: str) -> str:
    """What was told under the heading that begins with *title*."""
    scenes = said.split("\n== ")
    return next(scene for scene in scenes if scene.startswith(title))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The story as `baton demo --story` tells it, in a process of its own."""
    folder = tmp_path_factory.mktemp("story")
    (folder / "logs").mkdir()
    (folder / "work").mkdir()
    program = Program(folder / "work", folder / "logs")
    done = program.run("demo", "--story")
    assert (done.returncode, done.stderr) == (0, "")
    assert program.files() == set(), "it leaves nothing in the folder"
    assert list((folder / "logs").iterdir()) == [], "nor in the folder of temporary files"
    return done.stdout


def test_the_card_is_told_with_its_rows(told: str) -> None:
    card = section(told, "A lead comes in")
    assert "Ada Lovelace, VP Marketing · Analytical Engines" in card
    assert "First touch by" in card
    assert "85 = fit 35 + intent 50" in card
    assert re.search(r"\+50  Demo request: Enterprise demo", card)
    assert "[Accept] [Reject] [Why?]" in card


def test_the_second_presser_is_told_who_was_first_by_name(told: str) -> None:
    scene = section(told, "Two people press Accept")
    first = re.search(r"✅ Accepted by @(\w+)", scene)
    late = re.search(r"only (\w+) sees .*:\n   \| @(\w+) accepted this lead first\.", scene)
    assert first is not None
    assert late is not None, scene
    assert late[2] == first[1] != late[1]


def test_the_rejection_is_refused_without_a_date_and_then_taken(told: str) -> None:
    scene = section(told, "A lead is rejected")
    assert "sees beside date: Timing needs the date on which this lead may come back; choose one." in scene
    assert "Recycled · No active project · back on" in scene
    assert "Budget opens in spring" not in scene.partition("Recycled")[0]


def test_the_owner_is_nudged_and_nobody_elses_breach_is_told_to_the_manager(told: str) -> None:
    nudge = section(told, "The clock is put forward")
    assert re.search(r"DM to \w+ .*\n.*Half the time is used: log the first touch of Ada Lovelace", nudge), (
        nudge
    )
    breach = section(told, "Nobody accepts")
    assert "thread in #" in breach
    assert "Half the time is used: nobody has touched Alan Turing yet" in breach
    assert re.search(r"DM to Max .*\n.*Overdue.*Alan Turing", breach), breach


def test_the_funnel_closes_the_story(told: str) -> None:
    funnel = section(told, "A manager asks for the funnel")
    assert "only Max sees" in funnel
    assert "Volume: 3 leads · 3 MQL · 1 SAL" in funnel
    assert "1 × No active project" in funnel
    assert told.rstrip().endswith("Everything above was said by the code that serves.")
    assert "<@" not in told, "people are called by their names"


def test_the_story_is_told_under_the_definition_and_the_team_one_names(program: Program) -> None:
    (program.folder / "mine.yaml").write_text(
        DEFINITION.replace("points: 50, level", "points: 71, level"), "utf-8"
    )
    (program.folder / "us.yaml").write_text(TEAM.replace("name: Max", "name: Maxine"), "utf-8")
    done = program.run("demo", "--story", BATON_DEFINITION="mine.yaml", BATON_TEAM="us.yaml")
    assert done.returncode == 0, done.stderr
    assert "111 = fit 40 + intent 71" in done.stdout
    assert "+71  Demo request: Enterprise demo" in done.stdout
    assert "only Maxine sees" in done.stdout


@pytest.mark.slow
def test_one_file_of_ones_own_is_enough(program: Program) -> None:
    (program.folder / "mine.yaml").write_text(
        DEFINITION.replace("points: 50, level", "points: 71, level"), "utf-8"
    )
    done = program.run("demo", "--story", BATON_DEFINITION="mine.yaml")
    assert done.returncode == 0, done.stderr
    assert "+71  Demo request" in done.stdout


@pytest.mark.slow
def test_in_a_folder_that_will_start_in_shadow_the_demo_shows_cards_all_the_same(program: Program) -> None:
    assert program.call("init", "--shadow").returncode == 0
    done = program.run("demo", "--story")
    assert done.returncode == 0, done.stderr
    assert "[Accept] [Reject] [Why?]" in section(done.stdout, "A lead comes in")
    assert program.files() == {"definition.yaml", "team.yaml", ".env"}


@pytest.mark.slow
@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_a_story(name: str, program: Program) -> None:
    (program.folder / "preset.yaml").write_text(preset_text(name), "utf-8")
    done = program.run("demo", "--story", BATON_DEFINITION="preset.yaml")
    assert done.returncode == 0, done.stderr
    assert "A manager asks for the funnel" in done.stdout
    assert "[Accept]" in done.stdout or "[Claim]" in done.stdout or "No card:" in done.stdout
    assert program.files() == {"preset.yaml"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("card: digest 1h", "is gathered on one card"),
        ("handoff: nurture", "No card: the tier demo goes to nurture."),
    ],
)
def test_a_tier_without_cards_of_its_own_has_a_story_too(program: Program, more: str, said: str) -> None:
    assert "{name: demo, " in DEFINITION
    (program.folder / "mine.yaml").write_text(
        DEFINITION.replace("{name: demo, ", f"{{name: demo, {more}, "), "utf-8"
    )
    done = program.run("demo", "--story", BATON_DEFINITION="mine.yaml")
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert ("presses accept" in done.stdout) == ("digest" in more)
    assert "A manager asks for the funnel" in done.stdout


@pytest.mark.slow
def test_a_definition_nobody_can_reach_is_explained_and_the_story_goes_on(program: Program) -> None:
    (program.folder / "strict.yaml").write_text(
        DEFINITION.replace("threshold: 50", "threshold: 5000").replace(", fast_track: true", ""), "utf-8"
    )
    done = program.run("demo", "--story", BATON_DEFINITION="strict.yaml")
    assert done.returncode == 0, done.stderr
    assert "No card: the definition does not make this lead an MQL." in done.stdout
    assert "0 MQL" in done.stdout


@pytest.mark.parametrize("setting", ["BATON_DEFINITION", "BATON_TEAM"])
def test_mistakes_in_a_file_one_names_are_told_with_its_name_and_line(setting: str, program: Program) -> None:
    (program.folder / "mine.yaml").write_text("name: Mine\ntreshold: 50\n", "utf-8")
    failed = program.call("demo", "--story", **{setting: "mine.yaml"})
    assert failed.returncode == 1
    assert "mine.yaml:2: " in failed.stderr
    assert "Traceback" not in failed.stderr
    gone = program.call("demo", "--story", **{setting: "gone.yaml"})
    assert gone.returncode == 1
    assert "gone.yaml cannot be read" in gone.stderr
