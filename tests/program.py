"""The program as a process of its own: a folder, a clean environment, and what it says."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
RUN_SECONDS = 60.0
"""How long a command that ends by itself may take here."""
STOP_SECONDS = 10.0
"""How long the program may take to end once it is told to."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, below those that the system gives to whoever asks for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Running:
    """A process that was started; `said` is its output so far, both streams."""

    process: subprocess.Popen[bytes]
    folder: Path
    name: str

    @property
    def out(self) -> str:
        return (self.folder / f"{self.name}.out").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.folder / f"{self.name}.err").read_text("utf-8")

    def wait_for(self, words: str, seconds: float = 30) -> None:
        """Until *words* were said on either stream; fails when it ends or takes longer."""
        until = time.monotonic() + seconds
        while words not in self.out + self.err:
            assert self.process.poll() is None, f"it ended:\n{self.out}{self.err}"
            assert time.monotonic() < until, f"it never said {words!r}:\n{self.out}{self.err}"
            time.sleep(0.03)

    def wait_ready(self, base: str, seconds: float = 30) -> None:
        """Until /readyz answers 200."""
        until = time.monotonic() + seconds
        while not is_ready(base):
            assert self.process.poll() is None, f"it ended:\n{self.out}{self.err}"
            assert time.monotonic() < until, f"it was never ready:\n{self.out}{self.err}"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code. Fails when it takes longer than 10 s."""
        self.process.send_signal(number)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not stop within {STOP_SECONDS} s:\n{self.err}") from None

    def end(self) -> None:
        """For clearing up: gone whatever happens."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def is_ready(base: str) -> bool:
    """Whether /readyz says yes."""
    try:
        return httpx.get(f"{base}/readyz", timeout=5, trust_env=False, verify=False).status_code == 200
    except httpx.HTTPError:
        return False


@dataclass
class Program:
    """`python -m bot` in *folder*, with nothing of the tests' own environment but PATH."""

    folder: Path
    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    _started: list[Running] = field(default_factory=list)

    def _complete(self, more: Mapping[str, str]) -> dict[str, str]:
        basis = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.logs), "LANG": "C.UTF-8",
            "TMPDIR": str(self.logs), "NO_COLOR": "1", "COLUMNS": "200", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        return {**basis, **self.environment, **more}

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; *more* is environment."""
        return subprocess.run(
            [sys.executable, "-m", "bot", *words], cwd=self.folder, env=self._complete(more), timeout=RUN_SECONDS,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip

    def call(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The same in this process, which is faster; for commands that only read and print."""
        unset = dict.fromkeys(name.upper() for name in Settings.model_fields)
        environment = {**unset, **self._complete(more)}
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(app, words, env=environment, catch_exceptions=False)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    def start(self, *words: str, **more: str) -> Running:
        """Start a command and let it run; *more* is environment."""
        name = f"{words[0]}-{len(self._started)}"
        with (self.logs / f"{name}.out").open("wb") as out, (self.logs / f"{name}.err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", *words], cwd=self.folder, env=self._complete(more),
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            )  # fmt: skip
        self._started.append(Running(process, self.logs, name))
        return self._started[-1]

    def end(self) -> None:
        """Nothing that was started stays."""
        for running in self._started:
            running.end()

    def files(self) -> set[str]:
        """What stands in the folder."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


@contextlib.contextmanager
def program_in(folder: Path, **environment: str) -> Iterator[Program]:
    """A program working in an empty folder below *folder*; its processes are gone afterwards."""
    work, logs = folder / "work", folder / "logs"
    work.mkdir(parents=True)
    logs.mkdir()
    program = Program(work, logs, dict(environment))
    try:
        yield program
    finally:
        program.end()
