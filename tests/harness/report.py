"""The rows of docs/reliability.md: one a leg, and their sums."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.program import ROOT

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- runs: written by make chaos -->", "<!-- end of the runs -->"
COLUMNS = (
    "date", "database", "replicas", "seed", "intakes", "clicks", "races", "kills", "lost", "duplicated",
    "recovered", "takeover p99", "verdict",
)  # fmt: skip
SUMMED = ("intakes", "clicks", "races", "kills", "lost", "duplicated", "recovered")
_NEW = f"# Reliability\n\n## Runs\n\n{BEGIN}\n{END}\n"


def row_of(result: dict[str, object]) -> list[str]:
    """A leg's result as cells."""
    taken = result.get("takeover_p99_s")
    cells = {
        **{name: f"{result.get(name, 0):,}" for name in SUMMED},
        "date": datetime.now(UTC).date().isoformat(),
        "database": str(result["database"]),
        "replicas": str(result["replicas"]),
        "seed": str(result["seed"]),
        "takeover p99": f"{taken} s" if taken else "–",
        "verdict": str(result["verdict"]),
    }
    return [cells[name] for name in COLUMNS]


def append(result: dict[str, object], page: Path = PAGE) -> None:
    """Add a leg's row, and sum again."""
    text = page.read_text("utf-8") if page.exists() else _NEW
    above, _, rest = text.partition(BEGIN)
    inside, _, below = rest.partition(END)
    rows = [*rows_in(inside), row_of(result)]
    page.write_text(f"{above}{BEGIN}\n{_table(rows)}\n\n{summed(rows)}\n{END}{below}", "utf-8")


def rows_in(text: str) -> list[list[str]]:
    """The cells of the runs' table."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == len(COLUMNS) and re.fullmatch(r"\d{4}-\d\d-\d\d", cells[0]):
            found.append(cells)
    return found


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summed(rows: Sequence[Sequence[str]]) -> str:
    """The totals by kind of fleet, and what they bound."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for row in rows:
        cells = dict(zip(COLUMNS, row, strict=True))
        for key in (f"{cells['database']}, {cells['replicas']}", "all"):
            for name in SUMMED:
                totals[key][name] += int(cells[name].replace(",", ""))
    ordered = [key for key in totals if key != "all"] + ["all"] if totals else []
    lines = [("database, replicas", *SUMMED), tuple("---" for _ in (0, *SUMMED))]
    lines += [(key, *(f"{totals[key][name]:,}" for name in SUMMED)) for key in ordered]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n" + bounds(totals["all"])


def bounds(total: dict[str, int]) -> str:
    """ "Zero failures in n runs bounds the rate at 3/n", at 95 %."""
    said = []
    for name in ("intakes", "clicks", "races"):
        if total[name] and not total["lost"] and not total["duplicated"]:
            said.append(f"{name}: no failure in {total[name]:,}, so below {300 / total[name]:.4f} %")
    return ("With 95 % confidence (3/n), " + "; ".join(said) + ".") if said else "No bound yet."
