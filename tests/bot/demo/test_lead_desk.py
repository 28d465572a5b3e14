"""The lead desk: samples of the five documents, leads and activities by form, files; and what became of each."""

from pathlib import Path

import pytest

from bot.demo.lead_desk import LeadDesk
from bot.demo.samples import SAMPLES, Sample
from bot.demo.theatre import Theatre, open_theatre
from bot.playground import Table, Told
from bot.settings import Settings
from scoring.presets import preset_names, preset_text

SENT = {"email": "ada@engines.example", "first_name": "Ada", "last_name": "Lovelace"}


@pytest.fixture
def desk(default_theatre: Theatre) -> LeadDesk:
    return LeadDesk(default_theatre)


def asked(**given: str) -> dict[str, str]:
    """What the form hands in: every field, empty where nothing was written."""
    names = (
        "email", "first_name", "last_name", "title", "company", "employees", "industry", "country", "message",
        "signal", "asset",
    )  # fmt: skip
    return {**dict.fromkeys(names, ""), **given}


def table(told: Told, caption: str) -> Table:
    return next(each for each in told.tables if each.caption == caption)


def test_every_document_has_a_sample() -> None:
    assert {each.source for each in SAMPLES} == {"S0", "S1", "S2", "S3", "S4"}
    assert len({each.key for each in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.key)
def test_each_sample_can_be_sent_under_the_default_definition_and_adds_up(
    sample: Sample, desk: LeadDesk
) -> None:
    told = desk.play({"sample": sample.key})
    steps, rows = table(told, "Step by step"), table(told, "The score, row by row")
    assert len(steps.rows) == len(sample.deeds)
    assert sum(int(points) for points, _ in rows.rows) == int(steps.rows[-1][2])
    said = " ".join(told.sentences)
    assert "is with sales" in said or "is not with sales" in said
    assert "#" in said, "where it is, or would go"


@pytest.mark.slow
@pytest.mark.parametrize("preset", sorted(preset_names()))
def test_the_samples_can_be_sent_under_every_preset(preset: str, tmp_path: Path) -> None:
    (tmp_path / "definition.yaml").write_text(preset_text(preset), "utf-8")
    given = {"baton_definition": tmp_path / "definition.yaml", "_env_file": None}
    with open_theatre(Settings(**given), live=False) as made:  # type: ignore[arg-type]
        desk = LeadDesk(made)
        for sample in SAMPLES:
            assert desk.play({"sample": sample.key}).sentences
            made.baton.courier.drain()
        assert made.slack.complaints == []


def test_the_score_changes_step_by_step(desk: LeadDesk) -> None:
    told = desk.play({"sample": "s3-right-title"})
    first, webinar, pricing = table(told, "Step by step").rows
    assert first[1].splitlines() == [
        "+15 Director of a target function", "+10 50–500 employees", "+10 Target industry: software",
        "+5 Top-of-funnel download (ebook, research report): Ebook",
    ]  # fmt: skip
    assert (first[2], webinar[1:], pricing[1:]) == (
        "40", ("+20 Product webinar: Product webinar", "60"), ("+15 Pricing page: Pricing", "75"),
    )  # fmt: skip


@pytest.mark.parametrize(("sample", "total"), [("s3-second-visit", "70"), ("s1-weighted", "75")])
def test_what_is_done_twice_within_a_second_counts_twice(sample: str, total: str, desk: LeadDesk) -> None:
    assert table(desk.play({"sample": sample}), "Step by step").rows[-1][2] == total


def test_it_tells_where_the_lead_was_routed_and_why(desk: LeadDesk) -> None:
    told = desk.play({"sample": "s0-demo"})
    said = " ".join(told.sentences)
    assert "is with sales: " in said
    assert "Its card is in #emea. Nobody has it yet: its pool may claim it." in said
    said = " ".join(desk.play({"sample": "s3-right-title"}).sentences)
    assert "Its card is in #everyone-else." in said
    assert "Not EMEA: it is not so that country is" in said


def test_who_is_no_mql_is_told_what_is_missing_and_where_it_would_go(desk: LeadDesk) -> None:
    said = " ".join(desk.play({"sample": "s0-ebook"}).sentences)
    assert "is not with sales." in said
    assert "points short of" in said
    assert "It would go to EMEA, #emea." in said


def test_a_sample_sent_again_is_somebody_new_of_another_company(
    desk: LeadDesk, default_theatre: Theatre
) -> None:
    for _ in range(2):
        desk.play({"sample": "s0-demo"})
    default_theatre.baton.courier.drain()
    assert len(default_theatre.slack.messages(default_theatre.team.segments[0].channel)) == 2


def test_a_lead_and_then_an_activity_by_form(desk: LeadDesk) -> None:
    facts = asked(**SENT, title="VP Marketing", company="Engines", employees="120", country="GB")
    told = desk.send(facts)
    assert "is not with sales" in " ".join(told.sentences)
    assert table(told, "Step by step").rows[0][0] == "Facts alone"
    told = desk.send(asked(email="ADA@engines.example", signal="demo_request", asset="Demo"))
    assert table(told, "Step by step").rows[0][1] == "+50 Demo request: Demo"
    assert "is with sales" in " ".join(told.sentences)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "ada"}, "email"),
        ({"email": ""}, "email"),
        ({**SENT, "employees": "many"}, "employees"),
        ({**SENT, "employees": "²"}, "employees"),
        ({**SENT, "employees": "9" * 25}, "employees"),
        ({**SENT, "email": f"{'a' * 400}@engines.example"}, "email"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(given: dict[str, str], field: str, desk: LeadDesk) -> None:
    told = desk.send(asked(**given))
    assert list(told.errors) == [field]
    assert not told.sentences


def test_a_signal_the_definition_does_not_know_is_kept_and_worth_nothing(theatre: Theatre) -> None:
    told = LeadDesk(theatre).play({"sample": "s4-cumulative"})
    assert "The definition does not know case_study: kept, and worth 0." in told.sentences


def test_a_file_is_read_as_news_and_what_is_wrong_is_shown(desk: LeadDesk, default_theatre: Theatre) -> None:
    text = (
        "email,first_name,company,country,signal\nann@x1.example,Ann,X1,GB,demo_request\nnobody,Bob,X2,GB,\n"
    )
    told = desk.read({"file": text})
    assert told.sentences[0].startswith("2 rows read: 1 new leads, 0 updated, 1 rejected, 0 known already.")
    assert "Cards in Slack: 1." in told.sentences[0]
    assert [row[0] for row in table(told, "Rejected rows").rows] == ["3"]
    default_theatre.baton.courier.drain()
    assert len(default_theatre.slack.messages(default_theatre.team.segments[0].channel)) == 1


@pytest.mark.parametrize("text", ["", "   ", "no,header,we,know\n1,2,3,4\n", "x" * 2_000_001])
def test_a_file_that_cannot_be_read_says_why(text: str, desk: LeadDesk) -> None:
    told = desk.read({"file": text})
    assert list(told.errors) == ["file"]
    assert told.errors["file"].endswith((".", "?"))


def test_a_sample_nobody_has_is_refused(desk: LeadDesk) -> None:
    assert list(desk.play({"sample": "s9"}).errors) == ["sample"]
