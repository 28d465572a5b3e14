"""`baton import`: history from a file, counted, and the same file twice adds nothing."""

import json
from pathlib import Path

import pytest

from bot.playground import Slack
from tests.program import ROOT, Program, free_port
from tests.world import BOT_TOKEN, DEFINITION, INTAKE_SECRET, SIGNING_SECRET, TEAM

CSV = """E-Mail,First Name,Job Title,Company,Employees,Country,Signal,Occurred At,Shoe size
ada@engines.example,Ada,VP Marketing,Engines,120,GB,demo_request,2026-10-01,38
grace@compilers.example,Grace,Director of Sales,Compilers,900,DE,pricing_page,2026-10-02,39
not an address,Nobody,,,,,,,40
"""
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def baton(program: Program) -> Program:
    """A folder with the two files and a CSV file; no Slack setting anywhere."""
    (program.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
    (program.folder / "team.yaml").write_text(TEAM, "utf-8")
    (program.folder / "leads.csv").write_text(CSV, "utf-8")
    return program


def last_line(said: str) -> dict[str, int]:
    counts: dict[str, int] = json.loads(said.splitlines()[-1])
    return counts


def test_a_file_is_imported_without_any_slack_setting(baton: Program) -> None:
    done = baton.call("import", "leads.csv")
    assert done.returncode == 0, done.stderr
    assert "3 rows read: 2 new leads, 0 updated, 1 rejected" in done.stdout
    assert "Columns not taken: Shoe size" in done.stdout
    assert "Rejected rows and why: rejects-leads.csv" in done.stdout
    assert "not an address" in (baton.folder / "rejects-leads.csv").read_text("utf-8")
    assert "leads.csv" in done.stderr, "progress goes to stderr"
    assert "bytes" in done.stderr


def test_json_ends_with_one_line_of_counts_and_a_second_run_adds_nothing(baton: Program) -> None:
    first, second = baton.call("import", "leads.csv", "--json"), baton.call("import", "leads.csv", "--json")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert last_line(first.stdout) == {"read": 3, "added": 2, "updated": 0, "rejected": 1}
    assert last_line(second.stdout) == {"read": 3, "added": 0, "updated": 0, "rejected": 1}
    assert first.stderr == ""


def test_history_makes_no_hand_offs_and_news_does(baton: Program) -> None:
    baton.call("import", "leads.csv")
    assert json.loads(baton.call("score", "ada@engines.example", "--json").stdout)["handoffs"] == []
    (baton.folder / "news.csv").write_text(CSV.replace("engines", "motors"), "utf-8")
    live = baton.call("import", "news.csv", "--live")
    assert "became hand-offs; baton serve posts their cards." in live.stdout
    handoffs = json.loads(baton.call("score", "ada@motors.example", "--json").stdout)["handoffs"]
    assert [each["stage"] for each in handoffs] == ["mql"]


def test_a_missing_file_and_a_missing_mapping_are_told(baton: Program) -> None:
    for words in (["import", "nothing.csv"], ["import", "leads.csv", "--mapping", "nothing.yaml"]):
        failed = baton.call(*words)
        assert failed.returncode == 1
        assert "nothing." in failed.stderr
        assert "Traceback" not in failed.stderr
    assert baton.call("import").returncode == 2


def test_a_mapping_with_a_mistake_is_told_with_its_line(baton: Program) -> None:
    (baton.folder / "mapping.yaml").write_text("source: crm\nemial: E-Mail\n", "utf-8")
    failed = baton.call("import", "leads.csv", "--mapping", "mapping.yaml")
    assert failed.returncode == 1
    assert "mapping.yaml:2: emial is not a key known here; the nearest is email." in failed.stderr


@pytest.mark.slow
def test_while_serve_runs_the_import_says_to_stop_it_first(baton: Program, slack: Slack) -> None:
    port = free_port()
    serving = baton.start(
        "serve", SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_SIGNING_SECRET=SIGNING_SECRET, SLACK_API_URL=slack.url,
        BATON_INTAKE_SECRET=INTAKE_SECRET, BATON_SECRET="s", BATON_PORT=str(port),
    )  # fmt: skip
    serving.wait_ready(f"http://127.0.0.1:{port}")
    refused = baton.run("import", "leads.csv")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.strip() == "baton serve uses baton.db. Stop serve first, then run this again."
    unknown = baton.call("score", "ada@engines.example")
    assert (unknown.returncode, unknown.stderr.strip()) == (
        1, "Nobody with the address ada@engines.example has been heard of. Check the spelling.",
    )  # fmt: skip
    assert serving.stop() == 0
    assert baton.call("import", "leads.csv").returncode == 0
    assert baton.call("route", "ada@engines.example").returncode == 0


def rows_of(path: Path, most: int) -> str:
    """The header and the first rows of a file."""
    with path.open(encoding="utf-8") as file:
        return "".join(line for _, line in zip(range(most + 1), file, strict=False))


@pytest.mark.parametrize(
    ("file", "mapping"),
    [
        ("olist/olist_mql_dev.csv", "olist_mql.yaml"),
        ("xeducation/xed_dev.csv", "xeducation.yaml"),
    ],
)
def test_real_data_goes_in_by_the_mappings_that_come_with_baton(
    file: str, mapping: str, baton: Program
) -> None:
    if not (DATA / file).exists():
        pytest.skip(f"{file} is not beside this checkout")
    (baton.folder / "real.csv").write_text(rows_of(DATA / file, 400), "utf-8")
    words = ["import", "real.csv", "--mapping", str(ROOT / "docs" / "mappings" / mapping), "--json"]
    first, second = baton.call(*words), baton.call(*words)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    counts = last_line(first.stdout)
    assert list(counts) == ["read", "added", "updated", "rejected"]
    assert counts["read"] == 400
    assert counts["added"] + counts["rejected"] >= 390
    assert last_line(second.stdout)["added"] == 0
