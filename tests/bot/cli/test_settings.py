"""The settings: where they come from, and what is said of those that are wrong."""

import pytest
from pydantic import SecretStr

from bot.settings import SettingsError, check_for_serving
from tests.program import Program
from tests.world import INTAKE_SECRET, settings_for


def problems_of(**changes: object) -> tuple[str, ...]:
    """What `serve` would say of these settings."""
    try:
        check_for_serving(settings_for("sqlite:///x.db", "http://127.0.0.1/api/", **changes))
    except SettingsError as wrong:
        return wrong.problems
    return ()


def test_what_the_tests_serve_with_is_enough() -> None:
    assert problems_of() == ()


def test_two_intake_secrets_are_taken_while_rotating() -> None:
    rotating = settings_for(
        "sqlite:///x.db", "x", baton_intake_secret=SecretStr(f"{INTAKE_SECRET}, {INTAKE_SECRET} ,")
    )
    assert rotating.intake_secrets == (INTAKE_SECRET, INTAKE_SECRET)
    assert problems_of(baton_intake_secret=SecretStr(f"{INTAKE_SECRET},{INTAKE_SECRET}")) == ()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("hush", "it does not start with whsec_"),
        ("whsec_c2hvcnQ=", "it is shorter than 16 bytes"),
        ("whsec_***", "what follows whsec_ is not base64"),
        (f"{INTAKE_SECRET},hush", "it does not start with whsec_"),
        (",", "BATON_INTAKE_SECRET"),
    ],
)
def test_a_weak_intake_secret_is_refused_and_never_printed(given: str, why: str) -> None:
    told = problems_of(baton_intake_secret=SecretStr(given))
    assert len(told) == 1
    assert why in told[0]
    assert "hush" not in told[0]


def test_an_outgoing_webhook_needs_a_secret_of_its_own() -> None:
    told = problems_of(baton_webhook_url="https://crm.example/in")
    assert [line.partition(" ")[0] for line in told] == ["BATON_WEBHOOK_SECRET"]
    assert (
        problems_of(baton_webhook_url="https://crm.example/in", baton_webhook_secret=SecretStr(INTAKE_SECRET))
        == ()
    )


def test_blanks_are_not_a_token() -> None:
    assert problems_of(slack_bot_token=SecretStr("  "))[0].startswith("SLACK_BOT_TOKEN is not set")


def test_the_public_url_is_where_one_listens_unless_told() -> None:
    assert settings_for("x", "y").public_url == "http://127.0.0.1:8000"
    assert settings_for("x", "y", baton_public_url="https://b.example/").public_url == "https://b.example"


def test_the_env_file_is_read_and_the_environment_wins(program: Program) -> None:
    (program.folder / ".env").write_text("BATON_PUBLIC_URL=https://file.example\n", "utf-8")
    assert "https://file.example/slack/events" in program.call("manifest").stdout
    won = program.call("manifest", BATON_PUBLIC_URL="https://environment.example").stdout
    assert "https://environment.example/slack/events" in won
    assert "file.example" not in won


def test_values_of_the_wrong_form_are_all_named(program: Program) -> None:
    refused = program.call("manifest", BATON_PORT="eighty", BATON_PLAYGROUND_PORT="70000")
    assert refused.returncode == 1
    told = refused.stderr.splitlines()
    assert [line.partition(" ")[0] for line in told] == ["BATON_PORT", "BATON_PLAYGROUND_PORT"]
    assert all(line.endswith("Correct it in .env or the environment.") for line in told)


def test_other_programs_settings_in_the_same_file_do_no_harm(program: Program) -> None:
    (program.folder / ".env").write_text("OTHER_PROGRAM=1\nBATON_PORT=8123\n", "utf-8")
    assert "http://127.0.0.1:8123/slack/events" in program.call("manifest").stdout


def test_a_secret_is_never_shown_by_accident() -> None:
    assert INTAKE_SECRET not in repr(settings_for("sqlite:///x.db", "x"))
