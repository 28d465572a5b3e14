"""`make bench`: every benchmark, one after the other; writes docs/performance.md."""

import contextlib
import io
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import click, intake, score, startup

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = """# Performance

Written by `make bench`, last on {day}. Machines are noisy: the ratios to the yardstick of the same run count.
"""


def _score() -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        score.main()
    return "## Score one lead\n\n" + printed.getvalue().strip()


def main() -> None:
    """Run them all."""
    parts = [HEAD.format(day=f"{datetime.now(UTC):%Y-%m-%d}")]
    for report in (_score, intake.report, click.report, startup.report):
        parts.append(report())
        print(parts[-1], end="\n\n", flush=True)
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n", "utf-8")
    print(f"Wrote {PAGE.name}.")


if __name__ == "__main__":
    main()
