"""Start to ready, and memory at rest: `baton serve` on an existing SQLite file, against `python -c pass`.

Targets: ready in less than 2.5 s, less than 200 MB at rest. Run: python -m benchmarks.startup
"""

import subprocess
import sys
import time
from statistics import median

from benchmarks.ground import baton_serving, databases, small_slack, table

STARTS = 5


def bare_python() -> float:
    """Seconds that an interpreter takes to start and end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def report() -> str:
    """The table."""
    rows = []
    with databases() as urls, small_slack() as slack:
        for name, url in urls.items():
            starts, memory = [], []
            for _ in range(STARTS + 1):
                with baton_serving(url, slack.url) as served:
                    starts.append(served.seconds_to_ready)
                    time.sleep(1)
                    memory.append(served.resident_megabytes())
            rows.append(
                (name, f"{median(starts[1:]):.2f} s", f"{starts[0]:.2f} s", f"{median(memory):.0f} MB")
            )
    yardstick = median(bare_python() for _ in range(STARTS))
    rows.append(("an interpreter that does nothing", f"{yardstick:.2f} s", "", ""))
    head = (
        "database",
        "start to ready (target < 2.5 s)",
        "the first start, with the schema",
        "memory at rest (target < 200 MB)",
    )
    return "## Start-up\n\n" + table(head, rows)


if __name__ == "__main__":
    print(report())
