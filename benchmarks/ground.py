"""What the benchmarks stand on: a Baton as users run it, databases of both kinds, and a plain HTTP client."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from standardwebhooks import Webhook

from bot.playground import Channel, Slack, User
from bot.starting import team_text, webhook_secret
from scoring.presets import preset_text

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
SIGNING_SECRET = "a-signing-secret-of-the-benchmarks"
READY_SECONDS = 30.0


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A fresh SQLite file and, where a server answers, a fresh PostgreSQL database; both are gone afterwards."""
    name = f"baton_bench_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'baton.db'}"}
        admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
        try:
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            urls["PostgreSQL"] = admin.url.set(database=name).render_as_string(hide_password=False)
        except OperationalError:
            print("PostgreSQL does not answer, so its rows are missing. Set TEST_DATABASE_URL.")
        try:
            yield urls
        finally:
            if "PostgreSQL" in urls:
                with admin.connect() as connection:
                    connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            admin.dispose()


def small_slack() -> Slack:
    """A Slack with the sample team in it, not started."""
    names = {"C0ALL": "sales", "C0EMEA": "emea", "C0LEADERS": "leaders", "C0OPS": "ops"}
    users = [User(f"U0{name.upper()}", name) for name in ("Ann", "Bob", "Max", "Mia", "Ops")]
    channels = [Channel(id_, name) for id_, name in names.items()]
    return Slack(users=users, channels=channels, bot_token="xoxb-bench", signing_secret=SIGNING_SECRET)


@dataclass(frozen=True, slots=True)
class Served:
    """A running `baton serve`: where, its intake secret, how long it took to be ready, and its process."""

    base: str
    secret: str
    seconds_to_ready: float
    process: "subprocess.Popen[bytes]"

    def headers(self, body: str, message_id: str = "bench") -> dict[str, str]:
        """The signature of an intake request."""
        at = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, at, body),
        }

    def resident_megabytes(self) -> float:
        """The process's resident memory."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def baton_serving(database_url: str, slack_url: str) -> Iterator[Served]:
    """`baton serve` as a process of its own, ready to serve."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        definition, team = Path(folder) / "definition.yaml", Path(folder) / "team.yaml"
        definition.write_text(preset_text("default"), "utf-8")
        team.write_text(team_text(live=True), "utf-8")
        secret, port = webhook_secret(), free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "SLACK_API_URL": slack_url,
            "SLACK_BOT_TOKEN": "xoxb-bench",
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "BATON_INTAKE_SECRET": secret,
            "BATON_SECRET": "a secret of the benchmarks",
            "BATON_DEFINITION": str(definition),
            "BATON_TEAM": str(team),
            "BATON_PORT": str(port),
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until_ready(base, process)
            yield Served(base, secret, time.perf_counter() - began, process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def wait_until_ready(base: str, process: "subprocess.Popen[bytes]") -> None:
    """Return once /readyz says 200.

    Raises:
        RuntimeError: the process ended, or 30 s passed.
    """
    until = time.perf_counter() + READY_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        try:
            if httpx.get(f"{base}/readyz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.01)
    raise RuntimeError("baton serve did not become ready")


def wait_for_port(port: int) -> None:
    """Return once somebody listens on *port* of loopback.

    Raises:
        RuntimeError: nobody does within 30 s.
    """
    until = time.perf_counter() + READY_SECONDS
    while time.perf_counter() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


def connected(base: str) -> http.client.HTTPConnection:
    """A kept connection that sends at once: headers and body are two writes, and Nagle's algorithm would hold
    the second back until the first was acknowledged."""
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
