"""A process that has imported Baton once and forks `baton serve` on order: a restart takes a fraction of a start.

Orders are JSON lines on stdin, `{"environment", "folder", "log"}`; each is answered by `{"pid"}`. Whatever was
started ends with this process, and this process ends with the one that started it.
Run: python -m tests.harness.nursery
"""

import ctypes
import gc
import json
import os
import signal
import sys
from typing import Any, NoReturn

from bot.cli import app

PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""


def end_with_parent() -> None:
    """The kernel kills this process when its parent dies."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Fork on order until stdin ends."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    children: list[int] = []
    for line in sys.stdin:
        children = [pid for pid in children if not _ended(pid)]
        pid = os.fork()
        if pid == 0:
            _serve(json.loads(line))
        children.append(pid)
        sys.stdout.write(json.dumps({"pid": pid}) + "\n")
        sys.stdout.flush()
    for pid in children:
        if not _ended(pid):
            os.kill(pid, signal.SIGKILL)


def _ended(pid: int) -> bool:
    """Whether a child of ours has ended; its number is free for others only after this was asked."""
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def _serve(order: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        end_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for here, there in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(here, there)
        sys.argv = ["baton", "serve"]
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
