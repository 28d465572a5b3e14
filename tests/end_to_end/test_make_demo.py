"""`make demo`, as the README tells it: the page comes up, Accept can be pressed, Ctrl-C ends it, nothing is left."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.program import ROOT, free_port

pytestmark = pytest.mark.slow  # a process of its own

SECONDS = 120.0


@pytest.fixture
def making(tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """`make demo` in this checkout, with its page's address."""
    if not (ROOT / ".venv" / ".ready").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must run make setup before the tests")
        pytest.skip("make setup was not run here, and make demo would begin with it")
    said = tmp_path / "said"
    ports = {"BATON_PLAYGROUND_PORT": str(free_port()), "BATON_PORT": str(free_port())}
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "SLACK_"))
    }
    with said.open("wb") as out:
        process = subprocess.Popen(
            ["make", "--no-print-directory", "demo"], cwd=ROOT, env=environment | ports, stdout=out,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        until = time.monotonic() + SECONDS
        while not (found := re.search(r"Open (http://\S+) and act as Ann", said.read_text("utf-8"))):
            assert process.poll() is None, said.read_text("utf-8")
            assert time.monotonic() < until, said.read_text("utf-8")
            time.sleep(0.05)
        yield process, found[1]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def seen(page: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{page}page/state?user=U0ANN", trust_env=False, verify=False).json()
    return found


def test_make_demo_leads_to_accept(making: tuple["subprocess.Popen[bytes]", str]) -> None:
    process, page = making
    before = git_status()
    (ada,) = [one for one in seen(page)["messages"] if "Ada Lovelace" in one["text"]]
    press = {"user": "U0ANN", "action_id": "accept", "channel": ada["channel"], "ts": ada["ts"]}
    pressed = httpx.post(f"{page}page/press", json=press, trust_env=False, verify=False).json()
    assert pressed["error"] is None
    for _ in range(100):
        if any("Accepted by <@U0ANN>" in str(one["blocks"]) for one in seen(page)["messages"]):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the card never said who accepted it")
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
    assert process.wait(30) in (0, -signal.SIGINT), "make dies of the signal, once the demo has ended"
    assert is_gone(page)
    assert git_status() == before


def is_gone(page: str) -> bool:
    """Whether nobody answers there, within ten seconds."""
    for _ in range(100):
        try:
            seen(page)
        except httpx.ConnectError:
            return True
        time.sleep(0.1)
    return False


def git_status() -> str:
    """What git sees that it did not know, where this is a checkout."""
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout
