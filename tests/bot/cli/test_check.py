"""`baton check`: everything at once, before anybody serves."""

import json
import sqlite3

import pytest

from bot.playground import Slack
from tests.program import Program
from tests.world import BOT_TOKEN, DEFINITION, INTAKE_SECRET, SIGNING_SECRET, TEAM

OLD_SQLITE = ["Database:"] if sqlite3.sqlite_version_info < (3, 51, 3) else []
"""A word on the WAL-reset bug, where this machine's SQLite has it."""


@pytest.fixture
def ready(program: Program, slack: Slack) -> Program:
    """A folder in which everything is right."""
    (program.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
    (program.folder / "team.yaml").write_text(TEAM, "utf-8")
    program.environment |= {
        "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": slack.url,
        "BATON_INTAKE_SECRET": INTAKE_SECRET, "BATON_SECRET": "s",
    }  # fmt: skip
    return program


def test_a_folder_in_which_everything_is_right_passes(ready: Program) -> None:
    assert ready.call("db", "upgrade").returncode == 0
    done = ready.call("check")
    assert done.returncode == 0, done.stdout
    good = [line for line in done.stdout.splitlines() if line.startswith("✓")]
    assert [line.split()[1] for line in good] == [
        "Settings:", "Definition:", "Team:", "Database:", *OLD_SQLITE, "Slack:", "Channels:", "People:",
    ]  # fmt: skip
    assert "MQL at 50 points" in done.stdout
    assert "✗" not in done.stdout


def test_check_changes_nothing(ready: Program) -> None:
    before = ready.files()
    assert ready.call("check").returncode == 0
    assert ready.files() == before


def test_every_problem_is_listed_at_once(ready: Program) -> None:
    (ready.folder / "definition.yaml").write_text(DEFINITION.replace("name: Tests", "nmae: Tests"), "utf-8")
    (ready.folder / "team.yaml").write_text(TEAM.replace("role: admin", "role: chief"), "utf-8")
    failed = ready.call("check", SLACK_BOT_TOKEN="xoxb-wrong", BATON_SECRET="", DATABASE_URL="mysql://x/y")
    assert failed.returncode == 1
    problems = [line for line in failed.stdout.splitlines() if line.startswith("✗")]
    for words in (
        "BATON_SECRET is not set",
        "definition.yaml:2",
        "team.yaml:15",
        "invalid_auth",
        "DATABASE_URL names mysql",
    ):
        assert any(words in line for line in problems), (words, failed.stdout)
    assert "Traceback" not in failed.stderr


def test_a_missing_file_is_told_with_what_to_do(ready: Program) -> None:
    (ready.folder / "team.yaml").unlink()
    failed = ready.call("check")
    assert failed.returncode == 1
    assert "✗ team.yaml cannot be read" in failed.stdout
    assert "Run baton init, or set BATON_TEAM." in failed.stdout
    assert "✓ Definition" in failed.stdout


def test_json_is_for_machines_and_has_the_same_exit_code(ready: Program) -> None:
    passed, failed = ready.call("check", "--json"), ready.call("check", "--json", BATON_SECRET="")
    assert (passed.returncode, failed.returncode) == (0, 1)
    told = json.loads(passed.stdout)
    assert set(told) == {"good", "warnings", "problems"}
    assert told["problems"] == []
    assert [line.partition(" ")[0] for line in json.loads(failed.stdout)["problems"]] == ["BATON_SECRET"]


def test_keys_that_nothing_acts_on_yet_are_named(ready: Program) -> None:
    """A contract that is accepted and ignored in silence would be a broken promise."""
    definition = (
        DEFINITION + "contract: {marketing: {mqls_a_month: 120}}\nladder: {nudge: [50%], reassign: 150%}\n"
    )
    team = (
        TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], assign: round_robin}").replace(
            "name: Bob, role: sdr", "name: Bob, role: sdr, away: [{from: 2026-12-24, until: 2027-01-02}]"
        )
        + "target: 5000\ncurrency: EUR\n"
    )
    (ready.folder / "definition.yaml").write_text(definition, "utf-8")
    (ready.folder / "team.yaml").write_text(team, "utf-8")
    done = ready.call("check")
    assert done.returncode == 0, done.stdout
    for words in (
        "definition.yaml: contract.marketing is accepted, and nothing acts on it in this version.",
        "team.yaml: target is accepted, and nothing acts on it in this version.",
    ):
        assert words in done.stdout
    assert "threshold is accepted" not in done.stdout
    assert "away is accepted" not in done.stdout, "an absence keeps somebody out of mentions and nudges"
    assert "reassign" not in done.stdout
    assert "round_robin" not in done.stdout


def test_rows_of_the_accounts_file_that_are_wrong_are_told(ready: Program) -> None:
    (ready.folder / "team.yaml").write_text(TEAM + "accounts: accounts.csv\n", "utf-8")
    (ready.folder / "accounts.csv").write_text("domain,owner\nacme.com,U0EVE\n", "utf-8")
    done = ready.call("check")
    assert done.returncode == 0, done.stdout
    assert "accounts.csv, line 2: U0EVE is not under people in the team file" in done.stdout

    (ready.folder / "accounts.csv").unlink()
    assert "accounts.csv cannot be read (FileNotFoundError)" in ready.call("check").stdout


def test_a_slack_that_is_away_is_a_problem_told_and_no_traceback(ready: Program) -> None:
    failed = ready.call("check", SLACK_API_URL="http://127.0.0.1:9/api/")
    assert failed.returncode == 1
    (problem,) = [line for line in failed.stdout.splitlines() if line.startswith("✗")]
    assert problem.startswith("✗ Slack: it does not answer (")
    assert problem.endswith("). Check SLACK_API_URL and the way to the internet.")
    assert "Traceback" not in failed.stderr
