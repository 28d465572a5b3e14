"""`baton check` in Slack: token, scopes, clock, channels and people; each problem a sentence with what to do."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground import Slack
from bot.playground.settings import SCOPES
from tests.program import Program, program_in
from tests.world import BOT_TOKEN, DEFINITION, INTAKE_SECRET, SIGNING_SECRET, TEAM, workspace


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A workspace that also gives app tokens."""
    with workspace(app_token="xapp-tests") as running:
        yield running


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with program_in(tmp_path / "program") as made:
        (made.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
        (made.folder / "team.yaml").write_text(TEAM, "utf-8")
        yield made


def checked(program: Program, slack: Slack, **more: str) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and what was said."""
    settings = {
        "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": slack.url,
        "BATON_INTAKE_SECRET": INTAKE_SECRET, "BATON_SECRET": "s", **more,
    }  # fmt: skip
    done = program.call("check", "--json", **settings)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_workspace_in_which_everything_is_right_passes(program: Program, slack: Slack) -> None:
    code, said = checked(program, slack, SLACK_APP_TOKEN="xapp-tests")
    assert (code, said["problems"]) == (0, [])
    for sentence in (
        "Slack: the app token works; requests come over Socket Mode.",
        "Slack: the token works in workspace Playground, as U0APPBOT.",
        "Channels: all 4 exist, and Baton can post in them.",
        "People: all 6 are in Slack.",
    ):
        assert sentence in said["good"]
    assert slack.complaints == []


def test_without_a_token_slack_is_left_alone_and_that_is_said(program: Program, slack: Slack) -> None:
    _, said = checked(program, slack, SLACK_BOT_TOKEN="")
    assert "Slack: not looked at, because SLACK_BOT_TOKEN is not set." in said["warnings"]
    assert slack.calls == []


def test_every_channel_a_card_cannot_or_must_not_go_to_is_named(program: Program, slack: Slack) -> None:
    slack.change_channel("C0EMEA", shared=True)
    slack.change_channel("C0OPS", archived=True)
    slack.change_channel("C0LEADERS", app_is_member=False)
    slack.change_channel("C0ALL", private=True, app_is_member=False)
    code, said = checked(program, slack)
    assert code == 1
    assert said["problems"] == [
        "Channels: C0ALL (fallback, segment everyone else) does not exist, or is private and Baton is not in it. "
        "Correct the id in the team file, or write /invite @Baton there.",
        "Channels: C0LEADERS #leaders (digests) is without Baton. Write /invite @Baton there.",
        "Channels: C0OPS #baton-ops (admin) is archived. Bring it back, or name another in the team file.",
        "Channels: C0EMEA #sales-emea (segment EMEA) is shared with another company, which would read your leads. "
        "Name another in the team file.",
    ]


def test_a_bot_that_may_post_anywhere_need_not_be_invited(program: Program) -> None:
    with workspace(scopes=(*SCOPES, "chat:write.public")) as slack:
        slack.change_channel("C0EMEA", app_is_member=False)
        assert checked(program, slack)[0] == 0


def test_people_who_cannot_press_are_named(program: Program, slack: Slack) -> None:
    slack.change_user("U0ANN", deleted=True)
    slack.change_user("U0CAT", is_guest=True)
    slack.change_user("U0BOB", team_id="T0PARTNER")
    (program.folder / "team.yaml").write_text(TEAM + "  U0NEW: {name: Nia, role: ae}\n", "utf-8")
    code, said = checked(program, slack)
    assert code == 1
    assert [problem.partition(". ")[0] for problem in said["problems"]] == [
        "People: Ann (U0ANN) is deactivated in Slack",
        "People: Bob (U0BOB) is a guest or of another workspace, who may not work on leads",
        "People: Cat (U0CAT) is a guest or of another workspace, who may not work on leads",
        "People: Nia (U0NEW) is not in this workspace (user_not_found)",
    ]


def test_each_missing_scope_is_named(program: Program) -> None:
    with workspace(scopes=("chat:write", "commands", "im:write", "im:history")) as slack:
        code, said = checked(program, slack)
    assert code == 1
    missing = [line.split()[3] for line in said["problems"] if "scope" in line]
    assert missing == [
        "users:read", "channels:history", "groups:history", "channels:read", "groups:read"
    ]  # fmt: skip
    assert "Slack: without that scope the channels cannot be looked at." in said["warnings"]
    assert "Slack: without that scope the people cannot be looked at." in said["warnings"]


@pytest.mark.parametrize(
    ("ahead", "kind", "words"),
    [
        (-120, "warnings", "s behind Slack's"),
        (120, "warnings", "s ahead of Slack's"),
        (900, "problems", "s ahead of Slack's"),
    ],
)
def test_a_clock_that_is_off_is_told_before_signatures_fail(
    program: Program, ahead: int, kind: str, words: str
) -> None:
    with workspace(clock=lambda: time.time() - ahead) as slack:
        code, said = checked(program, slack)
    assert code == (1 if kind == "problems" else 0)
    (sentence,) = [line for line in said[kind] if line.startswith("Clock:")]
    assert words in sentence
    assert "signatures are refused from 300 s on. Set it by NTP." in sentence


def test_a_clock_that_is_a_minute_off_is_nothing_to_speak_of(program: Program) -> None:
    with workspace(clock=lambda: time.time() - 50) as slack:
        _, said = checked(program, slack)
    assert not [line for line in (*said["warnings"], *said["problems"]) if line.startswith("Clock:")]


def test_a_wrong_app_token_is_a_problem_beside_the_others(program: Program, slack: Slack) -> None:
    code, said = checked(program, slack, SLACK_APP_TOKEN="xapp-wrong", SLACK_BOT_TOKEN="xoxb-wrong")
    assert code == 1
    assert [line.partition(". ")[0] for line in said["problems"]] == [
        "Slack: the app token was not accepted (invalid_auth)",
        "Slack: the token was not accepted (invalid_auth)",
    ]


def test_a_busy_slack_is_waited_for(program: Program, slack: Slack) -> None:
    slack.fail("conversations.info", "ratelimited", seconds=1)
    code, said = checked(program, slack)
    assert (code, said["problems"]) == (0, [])
    assert slack.complaints == []


def test_a_slack_that_goes_away_in_the_middle_is_one_problem(program: Program, slack: Slack) -> None:
    slack.fail("users.info", "500_before", times=None)
    code, said = checked(program, slack)
    assert code == 1
    assert len(said["problems"]) == 1
    assert "does not answer (HTTP 500" in said["problems"][0]


def test_check_only_reads(program: Program, slack: Slack) -> None:
    before = program.files()
    checked(program, slack, SLACK_APP_TOKEN="xapp-tests")
    assert program.files() == before
    assert {call.method for call in slack.calls} == {
        "apps.connections.open", "auth.test", "conversations.info", "users.info"
    }  # fmt: skip
    assert slack.sockets.open_now == 0


def test_the_database_and_its_revision_are_named(program: Program, slack: Slack, postgres_url: str) -> None:
    program.call("db", "upgrade")
    for url, name in (("sqlite:///baton.db", "SQLite 3."), (postgres_url, "PostgreSQL ")):
        code, said = checked(program, slack, DATABASE_URL=url)
        assert code == 0
        (line,) = [line for line in said["good"] if line.startswith(f"Database: {name}")]
        assert line.endswith("is up to date.")
