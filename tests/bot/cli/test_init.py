"""`baton init`: working samples, secrets of one's own, and nothing overwritten."""

import stat

import pytest
from pydantic import SecretStr

from bot.settings import check_for_serving
from scoring.definition import read_definition
from scoring.presets import preset_names
from scoring.team import read_team
from tests.program import Program
from tests.world import settings_for


def told(program: Program) -> dict[str, str]:
    """The .env's lines."""
    lines = (program.folder / ".env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_init_writes_three_files_that_work(program: Program) -> None:
    done = program.run("init")
    assert (done.returncode, done.stderr) == (0, "")
    assert program.files() == {"definition.yaml", "team.yaml", ".env"}
    assert done.stdout.splitlines()[:3] == ["Wrote definition.yaml", "Wrote team.yaml", "Wrote .env"]
    read_definition((program.folder / "definition.yaml").read_text("utf-8"))
    read_team((program.folder / "team.yaml").read_text("utf-8"))
    made = told(program)
    secrets = {name.lower(): SecretStr(made[name]) for name in ("BATON_INTAKE_SECRET", "BATON_SECRET")}
    check_for_serving(settings_for("sqlite:///baton.db", "x", **secrets))


def test_the_secrets_are_fresh_and_only_the_owner_may_read_them(program: Program) -> None:
    program.call("init")
    first = told(program)
    assert stat.S_IMODE((program.folder / ".env").stat().st_mode) == 0o600
    for name in program.files():
        (program.folder / name).unlink()
    program.call("init")
    second = told(program)
    for secret in ("BATON_INTAKE_SECRET", "BATON_SECRET"):
        assert len(first[secret]) >= 32
        assert first[secret] != second[secret]


@pytest.mark.parametrize("name", ["definition.yaml", "team.yaml", ".env"])
def test_init_overwrites_nothing(name: str, program: Program) -> None:
    (program.folder / name).write_text("mine", "utf-8")
    refused = program.call("init")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{name} already there, so nothing was written.")
    assert program.files() == {name}
    assert (program.folder / name).read_text("utf-8") == "mine"


def test_init_starts_from_the_preset_one_names(program: Program) -> None:
    assert program.call("init", "--preset", "b2c", "--live").returncode == 0
    definition = (program.folder / "definition.yaml").read_text("utf-8")
    assert read_definition(definition).name != "B2B SaaS"
    assert read_team((program.folder / "team.yaml").read_text("utf-8")).live is True


@pytest.mark.parametrize("words", [[], ["--shadow"]])
def test_without_a_terminal_nobody_is_asked_and_the_start_is_in_shadow(
    words: list[str], program: Program
) -> None:
    assert program.call("init", *words).returncode == 0
    assert read_team((program.folder / "team.yaml").read_text("utf-8")).live is False


def test_an_unknown_preset_is_wrong_use_and_the_known_ones_are_named(program: Program) -> None:
    refused = program.call("init", "--preset", "golf")
    assert refused.returncode == 2
    assert "There is no preset golf" in refused.stderr
    assert all(name in refused.stderr for name in preset_names())
    assert program.files() == set()
