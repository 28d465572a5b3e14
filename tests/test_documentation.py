"""What can be set, typed, pressed or measured is in the docs; what the docs name exists."""

import configparser
import json
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import typer.main
from pydantic import SecretStr
from typer.core import TyperGroup

from bot.cli import app
from bot.desk.announce import EVENTS
from bot.manifest import SCOPES
from bot.metrics import Metrics
from bot.playground.api import METHODS
from bot.settings import REQUIRED_TO_SERVE, Settings
from bot.slack.listeners.commands import SUBCOMMANDS
from bot.slack.listeners.presses import BUTTONS
from bot.slack.listeners.shortcuts import SHORTCUTS
from bot.slack.listeners.submissions import FORMS
from scoring.dispositions import REASONS
from scoring.presets import preset_names
from tests.program import Program

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
WRITTEN_OF = [path for path in (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md") if path.exists()]
SETTINGS = {name.upper(): field.default for name, field in Settings.model_fields.items()}


def text_of(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text("utf-8")


def everything() -> str:
    return "\n".join(path.read_text("utf-8") for path in PAGES)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shown(default: object) -> str:
    """A setting's default as a file shows it; a secret has none."""
    return "" if isinstance(default, SecretStr) else str(default)


def table(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables: code words of the first column to the other columns."""
    rows = {}
    for line in text_of("docs", page).splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for word in re.findall(r"`([^`]+)`", cells[0]) if cells else []:
            rows[word] = cells[1:]
    return rows


# -- settings ---------------------------------------------------------------------------------------


def test_the_env_example_has_every_setting_with_its_default_and_no_other() -> None:
    told = dict(
        line.split("=", 1) for line in text_of(".env.example").splitlines() if re.match(r"[A-Z_]+=", line)
    )
    assert told == {name: shown(default) for name, default in SETTINGS.items()}


def test_every_setting_of_the_env_example_has_a_line_that_explains_it() -> None:
    lines = text_of(".env.example").splitlines()
    alone = [
        line
        for above, line in pairwise(["", *lines])
        if re.match(r"[A-Z_]+=", line) and not re.match(r"#( \S+){3,}", above)
    ]
    assert alone == []


def test_the_settings_page_has_every_setting_with_its_default_and_no_other() -> None:
    required = {name.upper() for name in REQUIRED_TO_SERVE}
    told = {name: cells[0].strip("`") for name, cells in table("configuration.md").items() if name.isupper()}
    assert told == {
        name: "required" if name in required else shown(default) or "empty"
        for name, default in SETTINGS.items()
    }


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"\b(?:BATON|SLACK|HUBSPOT|DATABASE)_[A-Z_]*[A-Z]\b", everything()))
    assert named <= set(SETTINGS)


# -- what people type and press -----------------------------------------------------------------------


def commands() -> dict[str, list[str]]:
    """Every command of the program and its options."""
    program = typer.main.get_command(app)
    assert isinstance(program, TyperGroup)
    found: dict[str, list[str]] = {}
    for name, command in program.commands.items():
        nested = command.commands if isinstance(command, TyperGroup) else {}
        for words, one in {name: command, **{f"{name} {sub}": it for sub, it in nested.items()}}.items():
            found[words] = [option for parameter in one.params for option in parameter.opts
                            if option.startswith("--") and option != "--help"]  # fmt: skip
    return found


@pytest.mark.parametrize("command", [name for name in commands() if name != "db"])
def test_every_command_is_in_the_docs(command: str) -> None:
    assert re.search(rf"\bbaton {command}\b|`{command}`", everything())


@pytest.mark.parametrize("path", WRITTEN_OF, ids=name_of)
def test_every_command_and_option_the_docs_show_exists(path: Path) -> None:
    known = commands()
    for line in path.read_text("utf-8").splitlines():
        for said in re.findall(r"(?:^|`|/)baton ((?:[a-z]+)(?: [^`#]*)?)", line.strip()):
            words = said.split()
            name = " ".join(words[:2]) if words[0] in ("db", "audit") else words[0]
            assert name in known, f"{path.name}: baton {said}"
            options = [word for word in words if word.startswith("--")]
            assert set(options) <= {*known[name], "--shadow"}, f"{path.name}: baton {said}"


@pytest.mark.parametrize("sub", SUBCOMMANDS)
def test_every_subcommand_of_mql_is_in_the_docs_as_it_is_typed(sub: str) -> None:
    assert f"/mql {SUBCOMMANDS[sub].usage}`" in text_of("docs", "slack-app.md")
    assert SUBCOMMANDS[sub].help_line.endswith(".")


def test_the_docs_name_no_subcommand_that_does_not_exist() -> None:
    named = set(re.findall(r"/mql ([a-z]+)", everything()))
    assert named <= set(SUBCOMMANDS)


@pytest.mark.parametrize("action", BUTTONS)
def test_every_button_is_in_the_docs(action: str) -> None:
    assert f"`{action}`" in text_of("docs", "slack-app.md")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_in_the_docs(form: str) -> None:
    assert f"`{form}`" in text_of("docs", "slack-app.md")


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_every_message_shortcut_is_in_the_docs_as_the_menu_names_it(shortcut: str) -> None:
    assert f"| {SHORTCUTS[shortcut].name} | `{shortcut}` |" in text_of("docs", "slack-app.md")


def test_every_scope_is_explained_and_no_other() -> None:
    told = {word for word in table("slack-app.md") if ":" in word or word == "commands"}
    assert told - {"connections:write"} == set(SCOPES)


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_code_is_in_the_docs_with_when_the_lead_may_come_back(code: str) -> None:
    again = table("slack-app.md")[code][-1]
    words = {"date": "from the date", "wait": "after", "changed_fact": "changed", "never": "never"}
    assert words[REASONS[code].again] in again


# -- what machines read -------------------------------------------------------------------------------


def test_every_metric_is_in_the_docs_and_no_other() -> None:
    figures = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for metric in Metrics().registry.collect()
    }
    assert {word for word in table("operations.md") if word.startswith("baton_")} == figures


def test_every_webhook_type_is_in_the_docs_and_no_other() -> None:
    assert {word for word in table("webhooks.md") if "." in word} == set(EVENTS)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/slack/events", "/intake/events"])
def test_every_path_is_in_the_docs(path: str) -> None:
    assert path in everything()


def test_every_method_of_the_playground_is_in_its_page_and_no_other() -> None:
    told = set(
        re.findall(
            r"`([a-z]+(?:\.[a-zA-Z]+)+)`", text_of("docs", "playground.md").partition("| methods |")[2]
        )
    )
    assert {name for name in told if name.split(".")[0] in {each.split(".")[0] for each in METHODS}} == set(
        METHODS
    )


def test_every_preset_is_in_the_docs() -> None:
    page = text_of("docs", "definition.md")
    first, last = "`s0`", "`s4`"
    for name in preset_names():
        between = first in page and last in page and re.fullmatch(r"s[0-4]", name)
        assert f"`{name}`" in page or between, name


@pytest.mark.parametrize("mapping", sorted(path.name for path in (ROOT / "docs/mappings").glob("*.yaml")))
def test_every_mapping_is_in_the_docs(mapping: str) -> None:
    assert f"docs/mappings/{mapping}" in text_of("docs", "importing.md")


# -- the README and its neighbours ----------------------------------------------------------------------


def targets() -> set[str]:
    """What `make` knows."""
    return set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def shell_of(path: Path) -> list[str]:
    """The commands of a page's shell blocks, comments left off."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    whole = [re.sub(r"\\\n *", "", block) for block in blocks]
    lines = [line.partition("#")[0].strip() for block in whole for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize("path", WRITTEN_OF, ids=name_of)
def test_the_shell_commands_of_a_page_can_be_typed(path: Path) -> None:
    for line in shell_of(path):
        words = line.split()
        if words[0] == "make":
            assert set(words[1:]) <= targets(), line
        elif words[0].endswith("/baton") or words[0] == "baton":
            name = " ".join(words[1:3]) if words[1] in ("db", "audit") else words[1]
            assert name in commands(), line


def test_the_readme_shows_how_to_see_run_and_test_it() -> None:
    shell = shell_of(ROOT / "README.md")
    for line in ("make demo", "make setup", ".venv/bin/baton serve", "make test"):
        assert line in shell


TYPED_ELSEWHERE = ("git", "sudo", "podman")
"""Commands of the README that are not ours: their syntax is checked, and that the files they name are there."""


@pytest.mark.parametrize("line", shell_of(ROOT / "README.md"))
def test_each_shell_line_of_the_readme_can_be_read_by_a_shell(line: str) -> None:
    read = subprocess.run(["bash", "-n", "-c", line], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
    words = shlex.split(line)
    assert words[0] in (*TYPED_ELSEWHERE, "make") or words[0] == ".venv/bin/baton"
    for word in words[1:]:
        if word.startswith(("deploy/", "docs/")):
            assert (ROOT / word).is_file(), word


def test_the_pictures_of_the_readme_are_there_and_are_the_ones_the_test_takes() -> None:
    shown = set(re.findall(r"docs/images/([\w-]+)\.png", text_of("README.md")))
    assert shown == {"card-light", "card-dark", "page-light", "page-dark"}
    for name in shown:
        picture = (ROOT / "docs" / "images" / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 10_000


def test_the_service_file_starts_what_there_is() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's keys have capitals
    unit.read_string(text_of("deploy", "baton.service"))
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    program, command = unit["Service"]["ExecStart"].split()
    assert (program.endswith("/.venv/bin/baton"), command in commands()) == (True, True)
    assert int(unit["Service"]["TimeoutStopSec"]) == 60, "as docs/operations.md says"


def test_the_container_file_copies_starts_and_sets_what_there_is() -> None:
    text = text_of("deploy", "Containerfile").replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "VOLUME",
             "ENTRYPOINT", "CMD"}  # fmt: skip
    assert {step for step, _ in steps} <= known
    copied = [name for step, rest in steps if step == "COPY" for name in rest.split()[:-1]]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
    settings = {pair.partition("=")[0] for step, rest in steps if step == "ENV" for pair in rest.split()}
    assert settings - {"PYTHONUNBUFFERED"} <= set(SETTINGS)
    said = {step: json.loads(rest) for step, rest in steps if step in ("ENTRYPOINT", "CMD")}
    assert said["ENTRYPOINT"] == ["baton"]
    assert said["CMD"][0] in commands()
    for step, rest in steps:
        if step == "RUN":
            read = subprocess.run(["bash", "-n", "-c", rest], capture_output=True, text=True, check=False)
            assert read.returncode == 0, read.stderr


LEADS = "email,first_name,title,signal\nada@engines.example,Ada,VP Marketing,demo_request\n"
"""What a reader of the README may have at hand as leads.csv."""

README_SAYS = {
    "init": (0, "Wrote .env"),
    "manifest": (0, '"slash_commands"'),
    "check": (1, "SLACK_SIGNING_SECRET"),  # nobody has pasted it yet
    "import leads.csv": (0, "1 rows read: 1 new leads, 0 updated, 0 rejected"),
    "score ada@engines.example": (0, "Demo request"),
    "db upgrade": (0, "already"),
}
"""The README's baton commands in its order, those that end: the exit code, and what each must say."""


def test_the_readmes_commands_do_what_it_says_one_after_the_other(program: Program) -> None:
    written = [line.partition("bin/baton ")[2] for line in shell_of(ROOT / "README.md")]
    (program.folder / "leads.csv").write_text(LEADS, "utf-8")

    typed = [words for words in written if words not in ("", "serve")]
    assert typed == list(README_SAYS)
    for words in typed:
        done = program.call(*words.split())
        code, expected = README_SAYS[words]
        assert (done.returncode, expected in done.stdout) == (code, True), (
            f"{words}: {done.stdout}{done.stderr}"
        )


@pytest.mark.parametrize("path", WRITTEN_OF, ids=name_of)
def test_every_make_target_the_docs_name_exists(path: Path) -> None:
    assert set(re.findall(r"`make ([a-z-]+)", path.read_text("utf-8"))) <= targets()


@pytest.mark.parametrize("path", WRITTEN_OF, ids=name_of)
def test_links_between_the_pages_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / link).exists(), link


def test_the_changelog_tells_of_this_version_or_of_what_comes_next() -> None:
    version = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert version is not None
    heading = rf"^## \[?(?:Unreleased|{re.escape(version[1])})\b.*\n+[^#\s]"
    assert re.search(heading, text_of("CHANGELOG.md"), re.MULTILINE)


def test_the_makefile_has_the_targets_people_are_promised() -> None:
    assert {"setup", "demo", "test", "test-all", "lint", "bench"} <= targets()
