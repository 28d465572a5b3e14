"""`baton score` and `baton route`: the same arithmetic as the card, in the terminal."""

import json
from datetime import UTC, datetime

import pytest

from tests.program import Program
from tests.world import DEFINITION, TEAM

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
CSV = f"""email,first_name,title,company,employees,industry,country,signal,asset,occurred_at
ada@engines.example,Ada,VP Marketing,Engines,120,software,GB,pricing_page,Enterprise [b]pricing[/b],{TODAY}
tim@reader.example,Tim,Student,,,,,ebook,,{TODAY}
"""


@pytest.fixture
def known(program: Program) -> Program:
    """Two leads are known."""
    (program.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
    (program.folder / "team.yaml").write_text(TEAM, "utf-8")
    (program.folder / "leads.csv").write_text(CSV, "utf-8")
    done = program.call("import", "leads.csv")
    assert done.returncode == 0, done.stderr
    return program


def test_the_score_is_printed_row_by_row(known: Program) -> None:
    done = known.call("score", "ada@engines.example")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "55 = fit 40 + intent 15 · MQL at 50 · definition v1"
    assert lines[1].split() == ["points", "what", "when"]
    printed = [line.split()[0] for line in lines[2:6]]
    assert sorted(printed) == ["+10", "+10", "+15", "+20"]
    assert "Enterprise [b]pricing[/b]" in done.stdout, "what a lead sends is text, never markup"


def test_the_json_rows_add_up(known: Program) -> None:
    told = json.loads(known.call("score", "ada@engines.example", "--json").stdout)
    assert sum(row["points"] for row in told["rows"]) == told["score"] == told["fit"] + told["intent"] == 55
    assert (told["mql"], told["tier"], told["threshold"], told["definition"]) == (True, "standard", 50, 1)
    weak = json.loads(known.call("score", "tim@reader.example", "--json").stdout)
    assert (weak["score"], weak["mql"], weak["tier"]) == (5, False, None)
    assert weak["sentences"] != [], "why not is told"


def test_the_json_is_the_full_receipt_with_the_points_that_are_missing(known: Program) -> None:
    told = json.loads(known.call("score", "ada@engines.example", "--json").stdout)
    assert (told["points_to_threshold"], told["next_tier"], told["points_to_next_tier"]) == (0, "high", 25)
    assert told["chance"] == 0.15
    [visit] = [row for row in told["rows"] if row["side"] == "intent"]
    assert visit["occurred_at"].startswith(TODAY)
    assert (visit["asset"], visit["level"]) == ("Enterprise [b]pricing[/b]", "high")

    weak = json.loads(known.call("score", "tim@reader.example", "--json").stdout)
    assert (weak["points_to_threshold"], weak["next_tier"], weak["points_to_next_tier"]) == (45, "high", 75)
    assert "45 points short of an MQL." in known.call("score", "tim@reader.example").stdout


def test_an_address_is_found_however_it_is_written(known: Program) -> None:
    assert known.call("score", "  ADA@Engines.Example ").returncode == 0


def test_the_route_names_segment_channel_and_people(known: Program) -> None:
    done = known.call("route", "ada@engines.example")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == ["EMEA → C0EMEA, pool: Ann, Bob", "Tier standard"]
    told = json.loads(known.call("route", "ada@engines.example", "--json").stdout)
    assert (told["segment"], told["channel"]) == ("EMEA", "C0EMEA")
    assert told["pool"] == [{"id": "U0ANN", "name": "Ann"}, {"id": "U0BOB", "name": "Bob"}]
    assert told["first_touch"] == 8 * 3600
    assert done.stdout.splitlines()[2] == "Whoever of the pool accepts first has it."
    assert (told["assign"], told["next"], told["how"]) == ("claim", None, "claim")
    elsewhere = json.loads(known.call("route", "tim@reader.example", "--json").stdout)
    assert elsewhere["segment"] == "everyone else"


def test_the_dry_run_says_whose_turn_it_is_and_who_is_passed_over(known: Program) -> None:
    team = TEAM.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-24:00"').replace(
        "holidays: GB", "holidays: none"
    )
    team = team.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB], assign: round_robin}")
    team = team.replace("Ann, role: sdr", "Ann, role: sdr, away: [{from: 2020-01-01, until: 2099-12-31}]")
    (known.folder / "team.yaml").write_text(team, "utf-8")
    (known.folder / "baton.db").unlink()
    assert known.call("import", "leads.csv").returncode == 0

    done = known.call("route", "ada@engines.example")
    assert "It would go to Bob, whose turn it is." in done.stdout
    assert "Not Ann: is away until Thu 31 Dec 23:00 GMT" in done.stdout
    told = json.loads(known.call("route", "ada@engines.example", "--json").stdout)
    assert (told["next"], told["how"]) == ("U0BOB", "round_robin")
    assert [(each["id"], each["why"]) for each in told["skipped"]] == [("U0ANN", "away")]


@pytest.mark.parametrize("command", ["score", "route"])
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nobody@nowhere.example", "Nobody with the address nobody@nowhere.example has been heard of."),
        ("no address", "That is not an e-mail address."),
    ],
)
def test_who_is_not_known_is_told_in_a_sentence(
    command: str, address: str, sentence: str, known: Program
) -> None:
    for words in ([command, address], [command, address, "--json"]):
        failed = known.call(*words)
        assert (failed.returncode, failed.stdout) == (1, "")
        assert sentence in failed.stderr


@pytest.mark.parametrize("command", ["score", "route"])
def test_without_a_database_one_is_told_how_to_get_it(command: str, program: Program) -> None:
    failed = program.call(command, "ada@engines.example")
    assert failed.returncode == 1
    assert "Run baton serve or baton import first." in failed.stderr
    assert program.files() == set(), "a question creates nothing"


@pytest.mark.parametrize("command", ["score", "route"])
def test_without_an_address_it_is_wrong_use(command: str, program: Program) -> None:
    assert program.call(command).returncode == 2
