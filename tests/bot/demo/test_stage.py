"""`baton demo` and `baton playground`: something to look at within seconds, and nothing left behind."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.program import Program, Running, free_port
from tests.world import BOT_TOKEN, DEFINITION, INTAKE_SECRET, SIGNING_SECRET, TEAM

Demo = tuple[Running, str, str]


@pytest.fixture
def demo(program: Program) -> Callable[..., Demo]:
    """Starts `baton demo` on free ports: the process, the page's URL, Baton's URL."""

    def start(**more: str) -> Demo:
        page, baton = free_port(), free_port()
        running = program.start("demo", BATON_PLAYGROUND_PORT=str(page), BATON_PORT=str(baton), **more)
        running.wait_for("Ctrl-C ends the demo.")
        return running, f"http://127.0.0.1:{page}/", f"http://127.0.0.1:{baton}"

    return start


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=5)


def seen(page: str, user: str) -> dict[str, Any]:
    state: dict[str, Any] = get(f"{page}page/state?user={user}").json()
    return state


def test_the_demo_says_where_to_look_and_shows_leads_there(
    demo: Callable[..., Demo], program: Program
) -> None:
    running, page, baton = demo()
    told = running.out.splitlines()
    assert told[0].startswith(f"Open {page} and act as Ann, Bob")
    assert f"{baton}/intake/events" in told[1]
    assert get(page).status_code == 200
    told = get(f"{baton}/readyz").json()
    assert (told["ready"], told["problems"]) == (True, [])

    until = time.monotonic() + 10
    while not (texts := [each["text"] for each in seen(page, "U0ANN")["messages"]]) or "Ada" not in str(
        texts
    ):
        assert time.monotonic() < until, texts
        time.sleep(0.1)
    assert "demo's clock: Monday" in seen(page, "U0ANN")["caption"]
    said = datetime.fromtimestamp(float(seen(page, "U0ANN")["messages"][0]["ts"]), UTC)
    assert said.weekday() == 0, "messages are dated by the demo's clock, which begins on a Monday"
    assert len(seen(page, "U0ANN")["controls"]) >= 3

    assert running.stop() == 0
    assert program.files() == set(), "it leaves nothing in the folder"
    assert [path for path in program.logs.iterdir() if path.name.startswith("baton")] == []
    assert "Traceback" not in running.err


@pytest.mark.slow
def test_the_demo_leaves_a_folder_that_holds_settings_as_it_was(
    demo: Callable[..., Demo], program: Program
) -> None:
    for name in ("definition.yaml", "team.yaml", "baton.db", ".env"):
        (program.folder / name).write_text("", "utf-8")
    running, _, _ = demo()
    assert running.stop(signal.SIGINT) == 0
    assert program.files() == {"definition.yaml", "team.yaml", "baton.db", ".env"}
    assert (program.folder / "baton.db").read_bytes() == b""


def test_a_demo_that_is_stopped_while_it_starts_stops_cleanly(program: Program) -> None:
    running = program.start("demo", BATON_PLAYGROUND_PORT=str(free_port()), BATON_PORT=str(free_port()))
    until = time.monotonic() + 20
    while not any(path.name.startswith("baton-demo-") for path in program.logs.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert running.stop() == 0
    assert [path for path in program.logs.iterdir() if path.name.startswith("baton")] == []


@pytest.mark.slow
def test_the_demo_shows_the_definition_and_the_team_one_names(
    demo: Callable[..., Demo], program: Program
) -> None:
    (program.folder / "mine.yaml").write_text(
        DEFINITION.replace("points: 50, level", "points: 71, level"), "utf-8"
    )
    (program.folder / "us.yaml").write_text(TEAM.replace("name: Max", "name: Maxine"), "utf-8")
    running, page, _ = demo(BATON_DEFINITION="mine.yaml", BATON_TEAM="us.yaml")
    assert "Maxine" in running.out
    until = time.monotonic() + 10
    while "+71" not in str(seen(page, "U0ANN")["messages"]):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_a_taken_port_is_told_in_a_sentence(program: Program) -> None:
    page, baton = str(free_port()), str(free_port())
    first = program.start("demo", BATON_PLAYGROUND_PORT=page, BATON_PORT=baton)
    first.wait_for("Ctrl-C ends the demo.")
    for settings in (
        {"BATON_PLAYGROUND_PORT": page, "BATON_PORT": str(free_port())},
        {"BATON_PLAYGROUND_PORT": str(free_port()), "BATON_PORT": baton},
    ):
        second = program.run("demo", **settings)
        assert second.returncode == 1
        assert second.stderr.strip() == (
            "A port cannot be used (Address already in use). "
            "Set BATON_PORT and BATON_PLAYGROUND_PORT to free ones."
        )


@pytest.mark.slow
def test_serve_works_beside_a_playground_of_its_own(program: Program) -> None:
    (program.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
    (program.folder / "team.yaml").write_text(TEAM, "utf-8")
    page, baton = free_port(), free_port()
    program.environment |= {
        "BATON_PLAYGROUND_PORT": str(page), "BATON_PORT": str(baton), "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": f"http://127.0.0.1:{page}/api/",
        "BATON_INTAKE_SECRET": INTAKE_SECRET, "BATON_SECRET": "s",
    }  # fmt: skip
    slack = program.start("playground")
    slack.wait_for(f"SLACK_API_URL=http://127.0.0.1:{page}/api/")
    serving = program.start("serve")
    serving.wait_ready(f"http://127.0.0.1:{baton}")
    asked = {"user": "U0ANN", "channel": "C0ALL", "line": "/mql queue"}
    httpx.post(f"http://127.0.0.1:{page}/page/write", json=asked, trust_env=False, verify=False)
    until = time.monotonic() + 10
    while "To be claimed" not in str(seen(f"http://127.0.0.1:{page}/", "U0ANN")["messages"]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert serving.stop() == 0
    assert slack.stop() == 0
