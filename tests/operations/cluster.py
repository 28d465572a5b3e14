"""A PostgreSQL server for one test, which may be restarted in the middle of a commit."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import free_port


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    control: tuple[str, ...]
    options: str
    port: int

    @property
    def url(self) -> str:
        """Its database `postgres`."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Return once it takes connections."""
        _quietly(*self.control, "-o", self.options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """*immediate*: as if the power had been cut; every connection is lost at once."""
        _quietly(*self.control, "-m", mode, "stop")

    def restart(self) -> None:
        """Gone and back, with crash recovery."""
        self.stop()
        self.start()


def tool(name: str) -> Path | None:
    """A program of PostgreSQL's, on the path or where Debian puts it."""
    found = shutil.which(name)
    return Path(found) if found else next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), None)


def needed(name: str) -> Path:
    """The same; skips where there is none, and fails on CI, which must not skip."""
    found = tool(name)
    if found is None:
        message = f"{name} is missing: install PostgreSQL's server and client programs."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextlib.contextmanager
def cluster_in(folder: Path) -> Iterator[Cluster]:
    """A server with `-A trust` below *folder*, which may lie where user postgres cannot look."""
    initdb, control = needed("initdb"), needed("pg_ctl")
    place = Path("/tmp") / f"baton-{os.getpid()}-{folder.name}"
    place.mkdir(mode=0o700)
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = str(place / "db")
    _quietly(*as_user, str(initdb), "-A", "trust", "-U", "postgres", "-D", data)
    port = free_port()
    words = (*as_user, str(control), "-D", data, "-w", "-l", str(place / "log"))
    made = Cluster(words, f"-p {port} -h 127.0.0.1 -k {place}", port)
    try:
        made.start()
        yield made
    finally:
        subprocess.run([*words, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False, timeout=60)  # fmt: skip
        shutil.rmtree(place, ignore_errors=True)


def _quietly(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90)
