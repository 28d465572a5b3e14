"""The replicas of a leg as real processes: started by a preloaded parent, killed, paused, and started again."""

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.ledger import Kill, Ledger
from tests.program import ROOT, free_port

READY_SECONDS = 30.0
STOP_SECONDS = 15.0


@dataclass
class Replica:
    """One place of the fleet; *generation* counts its processes."""

    number: int
    port: int
    generation: int = 0
    up: bool = False
    paused: bool = False
    handle: int | None = None

    @property
    def name(self) -> str:
        """Which process this is: `r1-7` is the seventh of place 1."""
        return f"r{self.number}-{self.generation}"


class Nursery:
    """The preloaded parent, and the only way to a new replica."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._lock = threading.Lock()
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.nursery"], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True,
        )  # fmt: skip

    def fork(self, environment: dict[str, str], folder: Path, log: Path) -> int:
        """A new `baton serve`; a handle by which it, and nothing else of its number, is signalled."""
        order = {"environment": environment, "folder": str(folder), "log": str(log)}
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return os.pidfd_open(int(json.loads(self._process.stdout.readline())["pid"]))

    def close(self) -> None:
        """End it, and with it everything it forked."""
        with self._lock:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
        self._log.close()


@dataclass
class Fleet:
    """*count* replicas on one database. *environment* gives what the process of a name is started with."""

    folder: Path
    count: int
    environment: Callable[[Replica], dict[str, str]]
    ledger: Ledger
    replicas: list[Replica] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _closing: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start all of them at once and wait until each is ready.

        Raises:
            RuntimeError: one was not ready in time; the end of its log is in the message.
        """
        self._nursery = Nursery(self.folder / "nursery.log")
        self.replicas = [Replica(number, free_port()) for number in range(self.count)]
        for replica in self.replicas:
            self._fork(replica)
        for replica in self.replicas:
            self._await_ready(replica)
        if not all(replica.up for replica in self.replicas):
            raise RuntimeError(f"a replica did not start:\n{self.log_tail()}")

    def up(self) -> list[Replica]:
        """The replicas that take requests, as far as a balancer knows."""
        return [replica for replica in self.replicas if replica.up]

    def kill(self, replica: Replica, cause: str, after_ms: float = 0.0) -> bool:
        """SIGKILL, now; it is started again at once. False where it is not up."""
        with self._lock:
            if not replica.up or replica.paused or replica.handle is None or self._closing.is_set():
                return False
            replica.up = False
            signal.pidfd_send_signal(replica.handle, signal.SIGKILL)
            self.ledger.kills.append(Kill(replica.name, cause, after_ms, time.time()))
        self._in_thread(self._restart, replica)
        return True

    def pause(self, replica: Replica, seconds: float) -> bool:
        """A replica that hears and does nothing for *seconds*, and then goes on as if nothing had happened."""
        with self._lock:
            if not replica.up or replica.paused or replica.handle is None or self._closing.is_set():
                return False
            replica.paused, handle = True, replica.handle
            signal.pidfd_send_signal(handle, signal.SIGSTOP)
            self.ledger.pauses.append(Kill(replica.name, "pause", 0.0, time.time()))

        def wake() -> None:
            self._closing.wait(seconds)
            with self._lock:
                _signalled(handle, signal.SIGCONT)
                replica.paused = False

        self._in_thread(wake)
        return True

    def watch(self) -> None:
        """Note a replica that ended by itself, and start it again: nobody asked it to."""
        for replica in self.replicas:
            with self._lock:
                gone = replica.up and replica.handle is not None and _ended(replica.handle, 0)
                if gone:
                    replica.up = False
            if gone:
                self.ledger.crashes.append(f"{replica.name} ended by itself:\n{self.log_tail(replica)}")
                self._in_thread(self._restart, replica)

    def stop(self) -> list[str]:
        """SIGTERM to all; gives the names of those that did not end in time (they are killed)."""
        with self._lock:
            self._closing.set()
        for thread in self._threads:
            thread.join(READY_SECONDS)
        running = [replica for replica in self.replicas if replica.handle is not None]
        for replica in running:
            assert replica.handle is not None
            _signalled(replica.handle, signal.SIGTERM)
        late = [r.name for r in running if r.handle is not None and not _ended(r.handle, STOP_SECONDS)]
        self.end()
        return late

    def end(self) -> None:
        """For clearing up: gone whatever happens."""
        self._closing.set()
        if hasattr(self, "_nursery"):
            self._nursery.close()
        for replica in self.replicas:
            if replica.handle is not None:
                _signalled(replica.handle, signal.SIGKILL)
                os.close(replica.handle)
                replica.handle = None

    def log_tail(self, replica: Replica | None = None) -> str:
        """The last lines the replicas said."""
        files = sorted(self.folder.glob(f"r{replica.number if replica else '*'}.log"))
        return "\n".join(line for file in files for line in file.read_text("utf-8").splitlines()[-12:])

    def _in_thread(self, job: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=job, args=given, daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _restart(self, replica: Replica) -> None:
        if replica.handle is not None:
            _ended(replica.handle, STOP_SECONDS)
        if self._closing.is_set():
            return
        self._fork(replica)
        self._await_ready(replica)
        if not replica.up and not self._closing.is_set():
            self.ledger.crashes.append(f"{replica.name} did not come back:\n{self.log_tail(replica)}")

    def _fork(self, replica: Replica) -> None:
        with self._lock:
            if replica.handle is not None:
                os.close(replica.handle)
            replica.generation += 1
            log = self.folder / f"r{replica.number}.log"
            replica.handle = self._nursery.fork(self.environment(replica), self.folder, log)

    def _await_ready(self, replica: Replica) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and not self._closing.is_set():
            if _is_ready(replica.port):
                replica.up = True
                return
            time.sleep(0.03)


def _ended(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])


def _signalled(handle: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(handle, signal.SIGCONT)
        signal.pidfd_send_signal(handle, number)
    except OSError:  # it has ended meanwhile, and its handle may be closed
        return


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
