"""A file becomes leads: what is counted, what is set aside, and what a second run adds."""

import csv
from pathlib import Path

import pytest

from bot.clock import MovableClock
from bot.desk.desk import Desk
from bot.intake.csvfile import FileRefused
from bot.intake.importing import Terms, import_file
from bot.intake.mapping import MappingError, read_mapping
from storage import leads
from storage.leads import Known
from tests.bot.intake.conftest import ImportText
from tests.world import MONDAY_9

SYSTEM = """
source: hubspot
id: key
email: email
date: {column: day, format: "%Y-%m-%d"}
signal: {column: did}
columns: {name: first_name, role: title, origin: {to: source, unknown: [unknown]}}
"""
HEADER = "key,email,day,did,name,role,origin\n"


def lead_of(desk: Desk, email: str) -> Known:
    with desk.database.reading() as session:
        known = leads.by_email(session, email)
    assert known is not None
    return known


def test_a_second_run_of_the_same_file_adds_nothing(import_text: ImportText) -> None:
    content = HEADER + "1,ada@engines.example,,demo_request,Ada,VP Marketing,webinar\n2,,,,Bob,SDR,unknown\n"

    first, second = import_text(content, SYSTEM), import_text(content, SYSTEM)

    assert (first.read, first.added, first.updated, first.rejected) == (2, 2, 0, 0)
    assert (second.read, second.added, second.updated, second.rejected) == (2, 0, 0, 0)
    assert second.duplicates == 3, "two rows of facts and one activity"


def test_a_second_run_of_rows_without_a_date_adds_nothing_on_another_day_either(
    desk: Desk, import_text: ImportText
) -> None:
    content = HEADER + "1,ada@engines.example,,pricing_page,Ada,,\n"
    import_text(content, SYSTEM)
    assert isinstance(desk.clock, MovableClock)
    desk.clock.advance_to(MONDAY_9.replace(day=25))

    assert import_text(content, SYSTEM).updated == 0
    assert len(lead_of(desk, "ada@engines.example").activities) == 1


def test_a_known_lead_that_learned_something_is_updated_and_not_added(
    desk: Desk, import_text: ImportText
) -> None:
    import_text(HEADER + "1,ada@engines.example,2026-11-01,webinar,Ada,SDR,\n", SYSTEM)
    again = import_text(
        HEADER + "1,ada@engines.example,2026-11-02,webinar,Ada,VP Sales,\n2,new@x.example,,,,,\n", SYSTEM
    )

    assert (again.added, again.updated) == (1, 1)
    assert lead_of(desk, "ada@engines.example").facts["seniority"] == "vp"


def test_an_older_row_never_overwrites_what_a_newer_one_said(desk: Desk, import_text: ImportText) -> None:
    import_text(HEADER + "1,ada@engines.example,2026-11-02,,Ada,VP Sales,\n", SYSTEM)
    import_text(HEADER + "1,ada@engines.example,2026-11-01,,Ada,SDR,email\n", SYSTEM)

    known = lead_of(desk, "ada@engines.example")
    assert (known.facts["title"], known.facts["source"]) == ("VP Sales", "email")


def test_an_empty_origin_and_the_word_unknown_both_say_nothing(desk: Desk, import_text: ImportText) -> None:
    import_text(
        HEADER + "1,a@x.example,,,Ann,,\n2,b@x.example,,,Bob,,Unknown\n3,c@x.example,,,Cat,,social\n", SYSTEM
    )

    assert "source" not in lead_of(desk, "a@x.example").facts
    assert "source" not in lead_of(desk, "b@x.example").facts
    assert lead_of(desk, "c@x.example").facts["source"] == "social"


def test_a_deal_won_before_the_first_contact_makes_the_lead_as_old_as_the_win(
    desk: Desk, import_text: ImportText
) -> None:
    import_text(HEADER + "1,a@x.example,2026-02-10,landing_page,,,\n", SYSTEM)
    won = import_text(HEADER + "1,a@x.example,2026-02-01,deal_won,,,\n", SYSTEM)

    known = lead_of(desk, "a@x.example")
    assert (won.added, won.updated, won.rejected) == (0, 1, 0)
    assert known.first_seen == int(MONDAY_9.replace(month=2, day=1, hour=0).timestamp())
    assert [activity.signal for activity in sorted(known.activities, key=lambda a: a.occurred)] == [
        "deal_won",
        "landing_page",
    ]


def test_rows_that_are_wrong_are_set_aside_with_the_reason_and_the_run_goes_on(
    import_text: ImportText,
) -> None:
    content = HEADER + (
        "1,ada@engines.example,2026-11-01,webinar,Ada,,\n"
        "2,no address,2026-11-01,webinar,Bob,,\n"
        "3,cat@x.example,01-11-2026,webinar,Cat,,\n"
        "4,dan@x.example\n"
        ",,,,,,-\n"
        "6,eve@x.example,2026-11-01,webinar,Eve,,\n"
    )

    done = import_text(content, SYSTEM)

    assert (done.read, done.added, done.rejected) == (6, 2, 4)
    assert done.rejects_path is not None
    with done.rejects_path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["line", "reason", "key", "email", "day", "did", "name", "role", "origin"]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("3", '"no address" is no e-mail address.', "2"),
        ("4", '"01-11-2026" in day is no date of the form %Y-%m-%d.', "3"),
        ("5", "It has too few columns: 2 instead of 7.", "4"),
        ("6", "Every cell that would be imported is empty.", ""),
    ]


def test_the_corrected_rejects_can_be_imported_as_they_are(desk: Desk, import_text: ImportText) -> None:
    done = import_text(HEADER + "2,ada at x.example,2026-11-01,webinar,Bob,,\n", SYSTEM)
    assert done.rejects_path is not None
    corrected = done.rejects_path.read_bytes().replace(b"ada at x", b"ada@x")

    again = import_text(corrected, SYSTEM, name="corrected.csv")

    assert (again.added, again.rejected) == (1, 0)
    assert again.ignored_columns == ("line", "reason")
    assert lead_of(desk, "ada@x.example").facts["first_name"] == "Bob"


def test_the_rejects_never_replace_the_file_itself(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("email\nno address\n")

    with pytest.raises(FileRefused, match="would replace"):
        import_file(desk, path, None, Terms(rejects_path=path))
    assert path.read_text() == "email\nno address\n"


def test_history_is_not_news_unless_live_is_asked_for(import_text: ImportText) -> None:
    content = "email,title,country,employees,signal\n{},VP Marketing,GB,120,demo_request\n"

    quiet = import_text(content.format("ada@engines.example"))
    live = import_text(content.format("eve@engines.example"), live=True)

    assert (quiet.added, quiet.handoffs) == (1, 0)
    assert (live.added, live.handoffs) == (1, 1)


def test_a_signal_the_definition_does_not_name_is_kept_and_told(desk: Desk, import_text: ImportText) -> None:
    done = import_text("email,signal\na@x.example,golf\nb@x.example,golf\nc@x.example,webinar\n")

    assert done.unknown == {"golf": 2}
    assert [activity.signal for activity in lead_of(desk, "a@x.example").activities] == ["golf"]


def test_strangers_without_an_address_are_never_merged(import_text: ImportText) -> None:
    done = import_text("first_name,company\nAnn,Acme\nBob,Acme\n")

    assert (done.added, import_text("first_name,company\nAnn,Acme\nBob,Acme\n").added) == (2, 0)


def test_two_rows_of_one_person_are_one_lead_with_two_activities(desk: Desk, import_text: ImportText) -> None:
    done = import_text("email,signal,asset\nada@x.example,webinar,A\nADA@x.example ,webinar,B\n")

    assert done.added == 1
    assert {activity.asset for activity in lead_of(desk, "ada@x.example").activities} == {"A", "B"}


def test_more_rows_than_one_batch_are_all_taken_in_and_progress_grows(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("email\n" + "".join(f"p{n}@x.example\n" for n in range(1_234)))
    seen: list[tuple[int, int]] = []
    terms = Terms(
        rejects_path=tmp_path / "rejects.csv", progress=lambda done, total: seen.append((done, total))
    )

    done = import_file(desk, path, None, terms)

    assert (done.read, done.added, done.updated) == (1_234, 1_234, 0)
    assert len(seen) == 3
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_mapping_that_does_not_fit_the_file_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("email\nada@x.example\n")

    with pytest.raises(MappingError, match='no column "key"'):
        import_file(desk, path, read_mapping(SYSTEM), Terms(rejects_path=tmp_path / "r.csv"))
    with desk.database.reading() as session:
        assert leads.by_email(session, "ada@x.example") is None


def test_what_was_assumed_about_the_file_is_told(import_text: ImportText) -> None:
    done = import_text("email,first_name\nada@x.example,Zoë\n".encode("cp1252"))

    assert len(done.notes) == 1
    assert "was read as cp1252 (Windows)" in done.notes[0]
