"""Thousands of real leads through the mappings in docs/mappings, checked against the files themselves."""

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot.desk.desk import Desk
from bot.intake.importing import Imported, Terms, import_file
from bot.intake.mapping import read_mapping
from storage import leads
from storage.leads import Known
from storage.tables import HandoffRow
from tests.bot.intake.conftest import DeskOf
from tests.world import World

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
MQL, DEALS, XED = "olist/olist_mql_dev.csv", "olist/olist_deals_dev.csv", "xeducation/xed_dev.csv"

pytestmark = pytest.mark.skipif(
    not (DATA / MQL).exists(), reason="the real leads are not beside the repository (../shared/data)"
)

EUROPE = ("United Kingdom", "Germany", "France")
"""The countries of the tests' segment EMEA, as the file writes them."""

# A visitor of five pages or more who works qualifies: the visits are active intent, the occupation is fit.
SCHOOL = """
name: School
threshold: 50
require: {active_intent: 1}
fit:
  total_visits: {counts_as: intent, rows: [{between: [5, null], points: 40}, {between: [1, 4], points: 5}]}
  occupation: [{is: Working Professional, points: 20}, {is: Unemployed, points: 10}]
gates:
  - {attribute: do_not_email, is: false}
intent:
  demo_request: 50
tiers:
  - {name: standard, first_touch: 24h, clock: calendar}
"""


def rows_of(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def bring_in(desk: Desk, file: str, mapping: str, folder: Path, *, live: bool = False) -> Imported:
    written = (ROOT / "docs" / "mappings" / f"{mapping}.yaml").read_text(encoding="utf-8")
    path = Path(file) if Path(file).is_absolute() else DATA / file
    return import_file(
        desk, path, read_mapping(written), Terms(rejects_path=folder / "rejects.csv", live=live)
    )


def known_of(session: Session, source: str, ids: list[str]) -> dict[str, Known]:
    """Each lead by its source's own id."""
    lead_of = leads.identities(session, [f"id:{source}:{each}" for each in ids])
    known = leads.load(session, lead_of.values())
    return {key.rsplit(":", 1)[1]: known[lead] for key, lead in lead_of.items()}


def seconds(written: str, form: str) -> int:
    return int(datetime.strptime(written, form).replace(tzinfo=UTC).timestamp())


def counts(done: Imported) -> tuple[int, int, int, int]:
    return done.read, done.added, done.updated, done.rejected


def test_every_olist_lead_and_deal_is_imported_once_and_they_join(desk: Desk, tmp_path: Path) -> None:
    marketing, deals = rows_of(MQL), rows_of(DEALS)

    assert counts(bring_in(desk, MQL, "olist_mql", tmp_path)) == (len(marketing), len(marketing), 0, 0)
    assert counts(bring_in(desk, DEALS, "olist_deals", tmp_path)) == (len(deals), 0, len(deals), 0)
    assert counts(bring_in(desk, MQL, "olist_mql", tmp_path)) == (len(marketing), 0, 0, 0)
    assert counts(bring_in(desk, DEALS, "olist_deals", tmp_path)) == (len(deals), 0, 0, 0)

    with desk.database.reading() as session:
        known = known_of(session, "olist", [row["mql_id"] for row in marketing])
        assert session.exec(select(HandoffRow)).first() is None, "history is not news"
    assert len({lead.id for lead in known.values()}) == len(marketing)
    _check_contacts(known, marketing)
    _check_wins(known, deals)
    assert list(tmp_path.glob("rejects*")) == []


def _check_contacts(known: Mapping[str, Known], rows: list[dict[str, str]]) -> None:
    told = {"origin": Counter[str](), "fact": Counter[str]()}
    for row in rows:
        lead = known[row["mql_id"]]
        (contact,) = [activity for activity in lead.activities if activity.signal == "landing_page"]
        assert contact.occurred == seconds(row["first_contact_date"], "%Y-%m-%d")
        assert contact.asset == row["landing_page_id"]
        told["origin"][row["origin"]] += 1
        told["fact"][lead.facts.get("source", "nobody knows")] += 1
    unknown = told["origin"].pop("", 0) + told["origin"].pop("unknown")
    assert told["fact"] == told["origin"] + Counter({"nobody knows": unknown})


def _check_wins(known: Mapping[str, Known], rows: list[dict[str, str]]) -> None:
    won = {key for key, lead in known.items() if any(a.signal == "deal_won" for a in lead.activities)}
    assert won == {row["mql_id"] for row in rows}
    for row in rows:
        lead = known[row["mql_id"]]
        (win,) = [activity for activity in lead.activities if activity.signal == "deal_won"]
        assert win.occurred == seconds(row["won_date"], "%Y-%m-%d %H:%M:%S")
        assert lead.first_seen == min(activity.occurred for activity in lead.activities)
        assert lead.facts.get("business_segment", "") == row["business_segment"]
        assert lead.facts.keys().isdisjoint({"sdr_id", "sr_id", "seller_id"})
        assert lead.facts["monthly_revenue"] == 0


def test_every_lead_of_the_school_is_imported_once_without_what_leaks_the_outcome(
    desk: Desk, tmp_path: Path
) -> None:
    rows = rows_of(XED)

    assert counts(bring_in(desk, XED, "xeducation", tmp_path)) == (len(rows), len(rows), 0, 0)
    again = bring_in(desk, XED, "xeducation", tmp_path)

    assert counts(again) == (len(rows), 0, 0, 0)
    assert again.ignored_columns == (), "the mapping speaks of every column"
    with desk.database.reading() as session:
        known = known_of(session, "xeducation", [row["Prospect ID"] for row in rows])
    assert len(known) == len(rows)
    for row in rows:
        _check_pupil(known[row["Prospect ID"]].facts, row)


def _check_pupil(facts: Mapping[str, object], row: Mapping[str, str]) -> None:
    visits = facts.get("total_visits")
    assert visits == (float(row["TotalVisits"]) if row["TotalVisits"] else None)
    assert facts.get("page_views_per_visit") == (float(v) if (v := row["Page Views Per Visit"]) else None)
    assert facts["time_on_website"] == int(row["Total Time Spent on Website"])
    assert facts["do_not_email"] is (row["Do Not Email"] == "Yes")
    assert facts.get("occupation", "") == row["What is your current occupation"]
    answered = row["Specialization"] if row["Specialization"] != "Select" else ""
    assert facts.get("specialization", "") == answered
    assert facts.get("source", "") == ("Google" if row["Lead Source"] == "google" else row["Lead Source"])
    if row["Country"] == "India":
        assert (facts["country"], facts["timezone"]) == ("IN", "Asia/Kolkata")
    if row["Country"] in ("", "unknown"):
        assert "country" not in facts
    leaking = {row["Tags"], row["Lead Quality"], row["Last Notable Activity"]} - {"", "Other"}
    assert leaking.isdisjoint(value for value in facts.values() if isinstance(value, str))


def test_google_in_either_spelling_is_one_source(desk: Desk, tmp_path: Path) -> None:
    first, second, *_ = rows_of(XED)
    path = _written(tmp_path, [first | {"Lead Source": "google"}, second | {"Lead Source": "Google"}])

    bring_in(desk, str(path), "xeducation", tmp_path)

    with desk.database.reading() as session:
        known = known_of(session, "xeducation", [first["Prospect ID"], second["Prospect ID"]])
    assert [lead.facts["source"] for lead in known.values()] == ["Google", "Google"]


def test_of_a_hundred_live_leads_exactly_those_over_the_line_are_handed_over(
    desk_of: DeskOf, tmp_path: Path
) -> None:
    desk = desk_of(SCHOOL)
    rows = rows_of(XED)[:100]
    wanted = {row["Prospect ID"] for row in rows if _qualifies(row)}
    assert 5 < len(wanted) < 95, "the hundred hold both kinds"

    done = bring_in(desk, str(_written(tmp_path, rows)), "xeducation", tmp_path, live=True)

    assert (done.added, done.handoffs) == (100, len(wanted))
    with desk.database.reading() as session:
        made = {handoff.lead_id for handoff in session.exec(select(HandoffRow))}
        known = known_of(session, "xeducation", [row["Prospect ID"] for row in rows])
    assert {key for key, lead in known.items() if lead.id in made} == wanted
    again = bring_in(desk, str(tmp_path / "hundred.csv"), "xeducation", tmp_path, live=True)
    assert (again.added, again.updated, again.handoffs) == (0, 0, 0)


def test_every_live_hand_off_has_one_card_in_the_channel_of_its_segment_with_the_lead_on_it(
    worlds: Callable[..., World], sqlite_url: str, tmp_path: Path
) -> None:
    world = worlds(sqlite_url, definition=SCHOOL)
    pupils = rows_of(XED)
    rows = pupils[:100] + [row for row in pupils[100:] if row["Country"] in EUROPE]
    wanted = Counter((_channel(row), row["Prospect ID"]) for row in rows if _qualifies(row))
    assert {channel for channel, _ in wanted} == {"C0EMEA", "C0ALL"}, "the rows hold both segments"

    bring_in(world.baton.desk, str(_written(tmp_path, rows)), "xeducation", tmp_path, live=True)
    world.deliver()

    assert _cards(world) == wanted
    bring_in(world.baton.desk, str(tmp_path / "hundred.csv"), "xeducation", tmp_path, live=True)
    world.deliver()
    assert _cards(world) == wanted, "the same file again posts nothing"


def _cards(world: World) -> Counter[tuple[str, str]]:
    """Channel and first line of everything that was posted; each card is of another of the hand-offs made."""
    posted = [card for room in world.slack.channels for card in world.slack.messages(room.id)]
    with world.baton.desk.database.reading() as session:
        made = sorted(handoff.id or 0 for handoff in session.exec(select(HandoffRow)))
    assert sorted((card.metadata or {})["event_payload"]["handoff"] for card in posted) == made
    return Counter((card.channel, card.plain().splitlines()[0]) for card in posted)


def _channel(row: Mapping[str, str]) -> str:
    """Where the tests' team file sends it."""
    return "C0EMEA" if row["Country"] in EUROPE else "C0ALL"


def _qualifies(row: Mapping[str, str]) -> bool:
    """The rule of SCHOOL, worked out by hand."""
    points = {"Working Professional": 20, "Unemployed": 10}.get(row["What is your current occupation"], 0)
    often = row["TotalVisits"] != "" and int(row["TotalVisits"]) >= 5
    return often and points >= 10 and row["Do Not Email"] == "No"


def _written(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "hundred.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_broken_row_among_thousands_is_set_aside_and_the_others_are_imported(
    desk: Desk, tmp_path: Path
) -> None:
    rows = rows_of(XED)[:1_500]
    rows[700] = rows[700] | {"TotalVisits": "seven"}
    path = _written(tmp_path, rows)

    done = bring_in(desk, str(path), "xeducation", tmp_path)

    assert counts(done) == (1_500, 1_499, 0, 1)
    assert done.rejects_path is not None
    with done.rejects_path.open(encoding="utf-8-sig", newline="") as stream:
        (reject,) = csv.DictReader(stream)
    assert (reject["line"], reject["Prospect ID"]) == ("702", rows[700]["Prospect ID"])
    assert reject["reason"] == '"seven" in TotalVisits is no number (written with a decimal point).'
