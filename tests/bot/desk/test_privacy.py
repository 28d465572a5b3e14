"""Erasure: the person is gone from every row, figures stay, and nothing that is delivered again brings them back."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlmodel import SQLModel

from bot.desk import answer, audit, by_hand, deal, listing, privacy, remind, report, taking_back, typing_in
from bot.desk.deal import BANT, Bant
from bot.desk.listing import Entry
from bot.desk.typing_in import Typed
from bot.intake.native import arrivals_of
from bot.slack.typed import arrival_of
from bot.slack.views.card import ERASED, card
from bot.slack.views.digest import digest_card
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.stages import Refused
from storage import contracts, handoffs, leads, moves, tombstones
from storage.keyed import keyed
from storage.moves import Move
from storage.tables import OccurrenceRow, OutboxRow, SuppressionRow, TombstoneRow
from tests import postgres
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, TEAM

SECRET = b"the tests' secret"
CANARIES: dict[str, Any] = {
    "email": "canary.mail@nest.example", "first_name": "Canaryfirst", "last_name": "Canarylast",
    "title": "VP Marketing Canarytitle", "company": "Canarycompany", "phone": "+44 20 7946 5555",
    "message": "canarymessage", "url": "https://canaryurl.example", "country": "GB", "employees": 120,
    "industry": "software", "id": "canaryid-17", "source": "canarysource",
}  # fmt: skip
WORDS = (
    "canary", "Canary", "7946 5555", "nest.example",
)  # fmt: skip
TABLES = SQLModel.metadata.tables
BEA = ADA | {"email": "bea@other.example", "first_name": "Bea"}


@pytest.fixture
def busy(either_shift: Shift) -> Shift:
    """The canary went all the way through sales twice, and Bea is there too."""
    shift = either_shift
    shift.desk.secret = SECRET
    first = shift.demo(CANARIES)
    shift.demo(BEA)
    answer.accept(shift.desk, first, "U0ANN")
    answer.touch(shift.desk, first, "U0ANN", shift.tried("U0ANN"), "canary said hello")
    shift.arrive(shift.event("pricing_page", CANARIES, id="canary-event", asset="canary asset"))
    answer.end(
        shift.desk, first, "U0ANN", Disposition("timing.no_project", "canary note", date(2026, 11, 24))
    )
    shift.clock.advance(timedelta(days=3))
    second = shift.demo(CANARIES)
    assert second == 3
    answer.accept(shift.desk, second, "U0BOB")
    answer.touch(shift.desk, second, "U0BOB", shift.tried("U0BOB"), "canary again")
    deal.qualify(shift.desk, second, "U0BOB", Bant(dict.fromkeys(BANT, "yes"), None, "canary bant"))
    shift.clock.advance(timedelta(minutes=1))
    return shift


def everything(shift: Shift) -> str:
    """Every row of every table, as text."""
    with shift.desk.database.reading() as session:
        return "\n".join(
            f"{name}: {tuple(row)}"  # a row shortens long values
            for name, table in SQLModel.metadata.tables.items()
            for row in session.execute(text(f'SELECT * FROM "{table.name}"'))
        )


def test_before_an_erasure_the_canary_is_everywhere(busy: Shift) -> None:
    assert [word for word in WORDS if word not in everything(busy)] == []


def test_after_an_erasure_no_row_holds_anything_of_the_person(busy: Shift) -> None:
    done = privacy.erase(busy.desk, "Canary.Mail@nest.example")

    left = [line for line in everything(busy).splitlines() if any(word in line for word in WORDS)]
    assert left == []
    assert (done.lead, done.handoffs, done.activities, done.wiped) == (1, 2, 3, True)
    assert "bea@other.example" in everything(busy), "and nothing of anybody else is gone"
    assert report.explain(busy.desk, "bea@other.example").known.facts["first_name"] == "Bea"


@pytest.fixture
def given(either_shift: Shift) -> Shift:
    """Mia typed the canary in and handed it over, Ann completed it, and somebody listed its address with a note."""
    shift = either_shift
    shift.desk.secret = SECRET
    told = arrival_of(
        {name: CANARIES[name] for name in ("email", "first_name", "company")}, "U0MIA", shift.now
    )
    asked = by_hand.Request("canary reason", "EMEA", told=told)
    assert by_hand.hand_over_by_hand(shift.desk, "U0MIA", asked) == 1
    typing_in.type_facts(shift.desk, "U0ANN", 1, Typed(("canary_seats",), {"canary_seats": "canary 7"}))
    listing.add(shift.desk, "U0MIA", Entry(CANARIES["email"], "opted_out", None, "canary wrote to us"))
    with shift.desk.database.writing() as session:
        drawn = {"lead_id": 1, "at": shift.now, "probability": 0.5}
        for quarter, of in (("2026-Q3", None), ("2026-Q4", 1)):
            session.execute(insert(TABLES["spot_check"]).values(quarter=quarter, handoff_id=of, **drawn))
        skipped = [["U0BOB", "canary is an account of Ann's"]]
        row = {"handoff_id": 1, "segment": "EMEA", "how": "named", "skipped": skipped, "at": shift.now}
        session.execute(insert(TABLES["assignment"]).values(**row))
        session.execute(update(TABLES["handoff"]).values(routed="canary is an account of Ann's"))
    return shift


def test_what_people_typed_of_the_person_is_gone_too(given: Shift) -> None:
    assert everything(given).count("canary reason") == 1

    privacy.erase(given.desk, CANARIES["email"])

    left = [line for line in everything(given).splitlines() if any(word in line for word in WORDS)]
    assert left == []
    made = given.handoff(1)
    assert (made.origin, made.given_by, made.given_why) == ("by_hand", "U0MIA", None), "the figure stays"
    with given.desk.database.reading() as session:
        drawn = session.execute(select(TABLES["spot_check"].c.quarter)).scalars().all()
    assert drawn == ["2026-Q4"], "a draw of which nothing came is nobody's figure"


def test_a_person_sees_what_was_typed_of_them_why_they_were_handed_over_and_how_drawn(given: Shift) -> None:
    shown = privacy.held(given.desk, CANARIES["email"])

    (handoff,) = shown["handoffs"]
    assert (handoff["given_by"], handoff["given_why"]) == ("U0MIA", "canary reason")
    assert [each["how"] for each in handoff["assignments"]] == ["named"]
    assert shown["lead"]["typed"]["canary_seats"]["by"] == "U0ANN"
    assert [each["quarter"] for each in shown["spot_checks"]] == ["2026-Q3", "2026-Q4"]
    assert [each["note"] for each in shown["suppression"]] == ["canary wrote to us"]
    assert json.dumps(shown)


def test_figures_stay_and_equal_the_replay_of_the_log(busy: Shift) -> None:
    before = busy.figures()

    privacy.erase(busy.desk, CANARIES["email"])

    after = busy.figures()
    assert (after.leads, after.qualified, after.reached) == (before.leads, before.qualified, before.reached)
    assert after.reached == reached_by(busy.moves())
    assert after.reasons == before.reasons, "the reason of the first end still counts"
    assert after.ended == {"recycled": 2}, "the open one ended"
    assert [busy.handoff(id_).score for id_ in (1, 3)] == [90, 105]


def test_an_open_hand_off_ends_with_a_line_in_its_log_and_nothing_is_due_for_it_any_more(busy: Shift) -> None:
    assert busy.due(3)

    privacy.erase(busy.desk, CANARIES["email"])

    assert busy.actions(3) == ["create", "accept", "touch", "qualify", "erase"]
    assert busy.actions(1)[-2:] == ["recycle", "erase"]
    ended = busy.handoff(3)
    assert (ended.stage, ended.owner, ended.ended_at) == ("recycled", "U0BOB", busy.now)
    assert (busy.due(1), busy.due(3)) == ({}, {})
    assert busy.due(2), "Bea's stay"
    assert audit.verify(busy.desk).found == 0


def test_an_erasure_is_answered_for_without_a_word_about_the_person(busy: Shift) -> None:
    privacy.erase(busy.desk, CANARIES["email"])

    with busy.desk.database.reading() as session:
        rows = session.scalars(select(OccurrenceRow)).all()
    erased = [row for row in rows if row.action == "erased"]
    assert len(erased) == 1
    assert erased[0].detail["lead"] == 1
    assert erased[0].detail["why"] == "request"


PRESSES: list[tuple[str, Callable[[Shift], Any]]] = [
    ("accept", lambda s: answer.accept(s.desk, 3, "U0BOB")),
    ("reject", lambda s: answer.may_reject(s.desk, 3, "U0BOB")),
    ("end", lambda s: answer.end(s.desk, 3, "U0BOB", Disposition("spam"))),
    ("touch", lambda s: answer.touch(s.desk, 3, "U0BOB", s.tried("U0BOB"))),
    ("qualify", lambda s: deal.may_qualify(s.desk, 3, "U0BOB")),
    ("undo", lambda s: taking_back.undo(s.desk, 3, "U0BOB")),
    ("why", lambda s: report.shown_to(s.desk, 3, "U0BOB")),
]


@pytest.mark.parametrize(("name", "press"), PRESSES, ids=[name for name, _ in PRESSES])
def test_whatever_is_pressed_on_an_old_message_is_answered_with_one_sentence(
    busy: Shift, name: str, press: Callable[[Shift], Any]
) -> None:
    privacy.erase(busy.desk, CANARIES["email"])
    n = busy.handoff(3).n

    assert (
        refusal(press, busy)
        == "This lead's data was erased on request, so nothing can be done with it any more."
    )
    assert busy.handoff(3).n == n


def test_the_card_says_that_the_data_was_erased_and_nothing_else(busy: Shift) -> None:
    privacy.erase(busy.desk, CANARIES["email"])

    erased, bea = report.shown(busy.desk, 3), report.shown(busy.desk, 2)
    assert erased is not None
    assert bea is not None
    assert (card(erased).text, len(card(erased).blocks)) == (ERASED, 1)
    assert ERASED in json.dumps(card(erased).blocks)
    together = digest_card([erased, bea])
    assert json.dumps(together.blocks).count(ERASED) == 1
    assert together.text.endswith("Bea Lovelace")


def test_their_cards_are_redrawn_and_what_was_posted_of_them_is_to_be_deleted(busy: Shift) -> None:
    """Nothing was ever tried here but two notes; they are what must be looked for."""
    with busy.desk.database.writing() as session:
        session.execute(
            text(
                "UPDATE outbox SET state = 'sent', attempts = 1, ts = '1.5', sent_to = 'C0EMEA' WHERE kind = 'note'"
            )
        )
        session.execute(text("UPDATE outbox SET state = 'sent', attempts = 1 WHERE kind = 'card'"))
        session.execute(text("UPDATE card SET ts = '1.2', shown = wanted"))

    done = privacy.erase(busy.desk, CANARIES["email"])

    assert done.messages == 2
    assert [row.state for row in busy.letters("card")] == ["new", "sent", "new"], "Bea's card is not touched"
    scrubs = busy.letters("scrub")
    assert [row.key for row in scrubs] == [f"scrub:{note.id}" for note in busy.letters("note")]
    found = privacy.to_scrub(busy.desk, busy.letters("note")[0].id or 0)
    assert found is not None
    assert (found.channel, found.ts, found.thread_ts) == ("C0EMEA", "1.5", "1.2")


def test_a_card_that_nobody_tried_to_post_is_not_posted_any_more(busy: Shift) -> None:
    privacy.erase(busy.desk, CANARIES["email"])
    assert [row.state for row in busy.letters("card")] == ["dropped", "new", "dropped"]
    assert [row.state for row in busy.letters("note")] == ["dropped", "dropped"]
    assert busy.letters("scrub") == []


def test_a_message_on_its_way_at_that_moment_is_waited_for_before_it_is_deleted(busy: Shift) -> None:
    later = busy.desk.clock.real() + timedelta(seconds=20)
    with busy.desk.database.writing() as session:
        for note in session.scalars(select(OutboxRow).where(text("kind = 'note'"))):
            note.state, note.attempts, note.leased_until = "sending", 1, later
            session.add(note)

    privacy.erase(busy.desk, CANARIES["email"])

    scrub, (note, step) = busy.letters("scrub")[0], busy.letters("note")
    assert scrub.not_before > busy.desk.clock.real() + timedelta(seconds=15)
    assert (note.state, note.body["events"]) == ("sending", []), "its sender may still settle it"
    assert (step.state, step.body["did"], step.body["words"]) == ("sending", "qualify", [])
    found = privacy.to_scrub(busy.desk, note.id or 0)
    assert found is not None
    assert found.wait > timedelta(seconds=15)


# -- opt-outs ----------------------------------------------------------------------------------------


def test_an_opt_out_survives_the_erasure_of_the_address_it_was_given_for(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    answer.end(shift.desk, shift.demo(CANARIES), "U0ANN", Disposition("opted_out"))

    privacy.erase(shift.desk, CANARIES["email"])

    with shift.desk.database.reading() as session:
        rows = session.scalars(select(SuppressionRow)).all()
    assert [row.value for row in rows] == [keyed(SECRET, "suppression", CANARIES["email"])]
    shift.clock.advance(timedelta(days=400))
    received = shift.arrive(shift.event("demo_request", CANARIES))
    assert (received.fresh, received.handoffs) == (1, 0)
    assert report.explain(shift.desk, CANARIES["email"]).verdict.blocked == "suppressed"
    assert shift.arrive(shift.event("demo_request", BEA)).handoffs == 1


# -- deliveries ----------------------------------------------------------------------------------------


def test_a_redelivery_does_not_bring_an_erased_person_back(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    event, bare = shift.event("demo_request", CANARIES), shift.event("ebook", {"company": "Canarycompany"})
    shift.arrive(event, bare)
    shift.clock.advance(timedelta(hours=1))
    privacy.erase(shift.desk, CANARIES["email"])
    shift.clock.advance(timedelta(hours=1))

    again = shift.arrive(event, shift.event("pricing_page", CANARIES, occurred_at="2026-11-23T09:59:00Z"))

    assert (again.received, again.duplicates, again.fresh, again.handoffs) == (2, 2, 0, 0)
    assert refusal(report.explain, shift.desk, CANARIES["email"])
    only_by_id = {"id": CANARIES["id"], "country": "GB"}
    by_id = shift.arrive(shift.event("pricing_page", only_by_id, occurred_at="2026-11-23T10:00:00Z"))
    assert by_id.duplicates == 1, "by whatever name the sender knew them"
    mixed = shift.arrive(event, shift.event("demo_request", BEA))
    assert (mixed.duplicates, mixed.fresh, mixed.handoffs) == (1, 1, 1)


def test_what_they_do_afterwards_is_a_new_acquaintance(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    old = shift.event("demo_request", CANARIES)
    shift.arrive(old)
    privacy.erase(shift.desk, CANARIES["email"])
    shift.clock.advance(timedelta(seconds=1))

    received = shift.arrive(shift.event("demo_request", CANARIES | {"title": "CEO"}))

    assert (received.fresh, received.handoffs, received.duplicates) == (1, 1, 0)
    known = report.explain(shift.desk, CANARIES["email"]).known
    assert (known.id, known.facts["title"], len(known.activities)) == (2, "CEO", 1)
    assert shift.arrive(old).duplicates == 1, "and the old is still not taken in"
    shift.clock.advance(timedelta(hours=1))
    privacy.erase(shift.desk, CANARIES["email"])
    assert "canary" not in everything(shift)


def test_a_file_without_dates_does_not_bring_an_erased_person_back(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    shift.demo(CANARIES)
    privacy.erase(shift.desk, CANARIES["email"])
    shift.clock.advance(timedelta(days=1))

    assert shift.arrive(shift.event("ebook", CANARIES), live=False).duplicates == 1
    shift.clock.advance(timedelta(days=1))
    dated = shift.event("ebook", CANARIES, occurred_at=(shift.now - timedelta(hours=12)).isoformat())
    assert shift.arrive(dated, live=False).fresh == 1


def test_without_the_secret_nothing_is_taken_in_once_somebody_was_erased(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    shift.demo(CANARIES)
    privacy.erase(shift.desk, CANARIES["email"])
    shift.desk.secret = b""

    with pytest.raises(Refused, match="without BATON_SECRET nobody can tell"):
        shift.arrive(shift.event("demo_request", BEA))


def test_without_the_secret_nobody_is_erased(shift: Shift) -> None:
    shift.demo(CANARIES)
    assert "BATON_SECRET is not set" in refusal(privacy.erase, shift.desk, CANARIES["email"])
    assert "canary" in everything(shift)


def test_other_replicas_know_of_the_first_erasure_at_once(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    here, there = shifts(postgres_url), shifts(postgres_url)
    here.desk.secret = there.desk.secret = SECRET
    event = here.event("demo_request", CANARIES)
    here.arrive(event)
    assert there.arrive(event).duplicates == 1, "and there everything agreed is remembered from now on"

    privacy.erase(here.desk, CANARIES["email"])

    assert there.arrive(event).duplicates == 1
    assert "canary" not in everything(there)


def test_nothing_is_looked_up_while_nobody_was_ever_erased(shift: Shift) -> None:
    shift.desk.secret = SECRET
    with shift.desk.database.reading() as session:
        assert contracts.stamp(session)[3] is False
        assert shift.desk.agreed(session).erasures is False
    shift.demo(CANARIES)
    privacy.erase(shift.desk, CANARIES["email"])
    with shift.desk.database.reading() as session:
        assert shift.desk.agreed(session).erasures is True


def test_an_event_that_comes_in_while_its_lead_is_being_erased_finds_them_gone(postgres_shift: Shift) -> None:
    """The intake has found the lead, and waits for it while the erasure holds it."""
    shift = postgres_shift
    shift.desk.secret = SECRET
    shift.demo(CANARIES)
    shift.demo(BEA)
    privacy.erase(shift.desk, str(BEA["email"]))
    late = shift.event("pricing_page", CANARIES)
    arrived: list[Any] = []
    with shift.desk.database.writing() as erasing:
        privacy._erased(erasing, shift.desk, 1, "request")
        intake = threading.Thread(target=lambda: arrived.append(shift.arrive(late)))
        intake.start()
        intake.join(0.5)
        assert intake.is_alive(), "it waits for the lead"
    intake.join(10)

    assert [each.duplicates for each in arrived] == [1]
    assert "canary" not in everything(shift)


def test_whoever_reads_the_tombstones_learns_no_address(busy: Shift) -> None:
    privacy.erase(busy.desk, CANARIES["email"])
    with busy.desk.database.reading() as session:
        hashes = {row.hash for row in session.scalars(select(TombstoneRow))}
    assert keyed(SECRET, "tombstone", f"email:{CANARIES['email']}") in hashes
    assert keyed(b"a guess", "tombstone", f"email:{CANARIES['email']}") not in hashes
    assert all(len(hash_) == 64 for hash_ in hashes)


def test_erased_twice_the_later_time_counts(either_shift: Shift) -> None:
    with either_shift.desk.database.writing() as session:
        tombstones.bury(session, SECRET, ["email:a@b.example"], 100)
        tombstones.bury(session, SECRET, ["email:a@b.example"], 200)
        tombstones.bury(session, SECRET, ["email:a@b.example"], 150)
    with either_shift.desk.database.reading() as session:
        assert [row.erased_at for row in session.scalars(select(TombstoneRow))] == [200]


# -- the files -----------------------------------------------------------------------------------------


def bytes_of(shift: Shift) -> bytes:
    """SQLite's file and what stands beside it."""
    path = Path(shift.desk.database.url.database or "")
    return b"".join(each.read_bytes() for each in (path, path.with_name(path.name + "-wal")) if each.exists())


def test_the_bytes_are_gone_from_sqlites_file_and_its_log(shift: Shift) -> None:
    shift.desk.secret = SECRET
    with (
        shift.desk.database.writing() as session
    ):  # some builds of SQLite overwrite what is deleted by themselves
        session.connection().exec_driver_sql("PRAGMA secure_delete=OFF")
    for n in range(30):
        shift.arrive(shift.event("ebook", ADA | {"email": f"other{n}@x.example"}))
        shift.arrive(shift.event("pricing_page", CANARIES | {"message": f"canarymessage {n} " * 20}))
    shift.demo(CANARIES)
    assert all(word.encode() in bytes_of(shift) for word in WORDS)

    assert privacy.erase(shift.desk, CANARIES["email"]).wiped

    assert [word for word in WORDS if word.encode() in bytes_of(shift)] == []
    assert b"other29@x.example" in bytes_of(shift)


# -- what they may see ----------------------------------------------------------------------------------


def test_everything_held_about_a_person_is_shown_to_them(busy: Shift) -> None:
    shown = privacy.held(busy.desk, " Canary.Mail@NEST.example ")

    assert shown["facts"]["first_name"] == {"value": "Canaryfirst", "known_at": "2026-11-26T09:00:00+00:00"}
    assert f"email:{CANARIES['email']}" in shown["identities"]
    assert [each["signal"] for each in shown["activities"]] == [
        "demo_request",
        "pricing_page",
        "demo_request",
    ]
    first, second = shown["handoffs"]
    assert (first["note"], first["reason"], second["bant"]["need"]) == (
        "canary note",
        "timing.no_project",
        "yes",
    )
    assert [line["action"] for line in first["log"]] == ["create", "accept", "touch", "recycle"]
    assert [touch["note"] for touch in (*first["touches"], *second["touches"])] == [
        "canary said hello",
        "canary again",
    ]
    assert first["card"] == {"channel": "C0EMEA", "ts": None}
    assert sum(row["points"] for row in first["receipt"]) == 90
    assert json.loads(json.dumps(shown)) == shown, "it can be printed"
    assert "Bea" not in json.dumps(shown)


def test_nobody_unknown_or_erased_is_shown(busy: Shift) -> None:
    assert "Nobody called zoe@x.example has been heard of" in refusal(
        privacy.held, busy.desk, "zoe@x.example"
    )
    privacy.erase(busy.desk, CANARIES["email"])
    assert "has been heard of" in refusal(privacy.held, busy.desk, CANARIES["email"])
    assert "has been heard of" in refusal(privacy.erase, busy.desk, CANARIES["email"])


def test_who_gave_no_address_is_found_by_the_name_their_source_gave_them(shift: Shift) -> None:
    shift.desk.secret = SECRET
    shift.arrive(shift.event("ebook", {"id": "canaryid-17", "first_name": "Canaryfirst"}))
    with shift.desk.database.reading() as session:
        name = next(iter(leads.identities(session, ["id:native:canaryid-17"])), "")

    assert privacy.held(shift.desk, name)["facts"]["first_name"]["value"] == "Canaryfirst"
    assert privacy.erase(shift.desk, name).lead == 1
    assert "canary" not in everything(shift).lower()


def test_arrivals_of_the_tests_are_as_intake_reads_them(shift: Shift) -> None:
    body = json.dumps({"events": [shift.event("ebook", CANARIES)]}).encode()
    assert any(key.startswith("id:native:") for key in arrivals_of(body, shift.now)[0].keys)


def test_a_press_that_is_being_saved_while_its_lead_is_erased_does_not_keep_it_open(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift
    shift.desk.secret = SECRET
    shift.arrive(shift.event("demo_request", CANARIES))
    with ThreadPoolExecutor(1) as pool, shift.desk.database.writing() as session:
        pressed = Move("accept", "U0BOB", shift.now, {"stage": "sal", "owner": "U0BOB"})
        assert moves.move(session, handoffs.many(session, [1])[1], pressed) is not None
        erasing = pool.submit(privacy.erase, shift.desk, CANARIES["email"])
        postgres.until_somebody_waits(shift.desk.database)
        session.commit()
        assert erasing.result().lead == 1

    assert not shift.handoff(1).open


# -- messages about several people ---------------------------------------------------------------------


def test_a_shadow_digest_that_may_show_the_person_is_deleted_whole(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, team="live: false\n" + TEAM)
    shift.desk.secret = SECRET
    shift.arrive(shift.event("demo_request", CANARIES))
    for _ in range(2):
        shift.clock.advance(timedelta(days=1))
        while remind.remind(shift.desk):
            pass
    digests = [row for row in shift.letters("notice") if row.body.get("view") == "shadow"]
    assert len(digests) == 2
    with shift.desk.database.writing() as session:
        session.execute(
            text("UPDATE outbox SET state = 'sent', attempts = 1, ts = '1.1' WHERE kind = 'notice'")
        )

    privacy.erase(shift.desk, CANARIES["email"])

    assert [row.body["letter"] for row in shift.letters("scrub")] == [digests[0].id], "the one of that day"


def test_an_opening_list_with_the_person_on_it_is_deleted_whole(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    shift.clock.advance(timedelta(hours=14))
    shift.demo(CANARIES)
    shift.clock.advance(timedelta(hours=11))
    while remind.remind(shift.desk):
        pass
    lists = [row for row in shift.letters("dm") if row.body.get("view") == "opening"]
    assert {row.pace for row in lists} == {"post:U0ANN", "post:U0BOB"}
    with shift.desk.database.writing() as session:
        session.execute(
            text(
                "UPDATE outbox SET state = 'sent', attempts = 1, ts = '1.1', sent_to = 'D1' WHERE kind = 'dm'"
            )
        )

    privacy.erase(shift.desk, CANARIES["email"])

    asked = {row.body["letter"] for row in shift.letters("scrub")}
    assert {row.id for row in lists} <= asked
