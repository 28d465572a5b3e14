"""The page of the runs: a row a leg, sums by fleet, and the rate that no failure bounds."""

from pathlib import Path

from tests.harness import report

LEG: dict[str, object] = {
    "database": "PostgreSQL", "replicas": 2, "seed": 5, "intakes": 6000, "clicks": 900, "kills": 250, "lost": 0,
    "duplicated": 0, "recovered": 300, "takeover_p99_s": 21.5, "verdict": "held",
}  # fmt: skip


def test_each_leg_is_a_row_and_the_rows_are_summed(tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    report.append(LEG, page)
    page.write_text(page.read_text() + "\n## Faults\n\nkept\n")
    report.append({**LEG, "seed": 6, "replicas": 3}, page)
    text = page.read_text()
    assert [row[3] for row in report.rows_in(text)] == ["5", "6"]
    assert "| all | 12,000 | 1,800 | 0 | 500 | 0 | 0 | 600 |" in text
    assert "| PostgreSQL, 2 | 6,000 |" in text
    assert "intakes: no failure in 12,000, so below 0.0250 %" in text
    assert text.endswith("## Faults\n\nkept\n")


def test_after_a_failure_no_rate_is_bounded(tmp_path: Path) -> None:
    page = tmp_path / "reliability.md"
    report.append({**LEG, "lost": 1, "verdict": "FAILED"}, page)
    assert "No bound yet." in page.read_text()
