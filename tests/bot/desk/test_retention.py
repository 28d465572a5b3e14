"""What is kept for a while only: leads nobody hears of, letters that were sent, notices that were told."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlmodel import col

from bot.desk import answer, privacy, remind, retention
from bot.desk.post import Delivered, Later, Parcel
from bot.desk.retention import Keep, Retention
from scoring.dispositions import Disposition
from storage.tables import LeadRow, NoticeRow, OutboxRow
from tests.bot.desk.shift import Shift
from tests.world import ADA, World

SECRET = b"the tests' secret"
DAY = timedelta(days=1)
YEAR = Keep(leads=365 * DAY, sent=None)
QUARTER = Keep(leads=None, sent=90 * DAY)


def lead(n: int) -> dict[str, Any]:
    return ADA | {"email": f"ada@company{n}.example"}


def known(shift: Shift) -> list[int | None]:
    """The leads that are not erased."""
    with shift.desk.database.reading() as session:
        query = select(col(LeadRow.id)).where(col(LeadRow.erased_at).is_(None)).order_by(col(LeadRow.id))
        return list(session.scalars(query))


def test_who_was_silent_for_too_long_is_erased_and_others_stay(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    silent, active, opened, pressed, ended = (lead(n) for n in range(1, 6))
    shift.arrive(shift.event("ebook", silent), shift.event("ebook", active))
    shift.demo(opened)
    in_work, over = shift.demo(pressed), shift.demo(ended)
    answer.accept(shift.desk, in_work, "U0ANN")
    answer.end(shift.desk, over, "U0ANN", Disposition("not_fit.size"))
    shift.clock.advance(364 * DAY)
    assert retention.tidy(shift.desk, YEAR)
    assert known(shift) == [1, 2, 3, 4, 5]

    shift.arrive(shift.event("email_open", active))
    answer.end(shift.desk, in_work, "U0ANN", Disposition("not_fit.size"))
    shift.clock.advance(2 * DAY)
    assert retention.tidy(shift.desk, YEAR)

    assert known(shift) == [2, 3, 4], "active, still open, pressed lately"
    assert shift.arrive(shift.event("ebook", silent, occurred_at="2026-11-23T09:00:00Z")).duplicates == 1


def test_leads_are_kept_for_ever_unless_told_otherwise_and_without_the_secret(shift: Shift) -> None:
    shift.arrive(shift.event("ebook", lead(1)))
    shift.clock.advance(4_000 * DAY)
    assert retention.tidy(shift.desk, Keep(None, None))
    assert retention.tidy(shift.desk, YEAR)
    assert known(shift) == [1]


def test_a_lead_that_comes_back_at_that_moment_is_not_erased(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    shift.arrive(shift.event("ebook", lead(1)))
    shift.clock.advance(400 * DAY)
    since = shift.now - 365 * DAY
    shift.arrive(shift.event("ebook", lead(1)))

    assert not privacy.erase_idle(shift.desk, 1, since)
    assert known(shift) == [1]


def aged(shift: Shift, days: int) -> None:
    """Every letter was written that many days before now, and those in flight were sent."""
    with shift.desk.database.writing() as session:
        session.execute(update(OutboxRow).values(created_at=shift.desk.clock.real() - days * DAY))
        session.execute(text("UPDATE outbox SET state = 'sent', attempts = 1"))


def told(shift: Shift) -> None:
    """A hand-off with a card, a note in its thread and a notice to the manager, all sent long ago."""
    shift.demo()
    shift.arrive(shift.event("pricing_page"))
    shift.clock.advance(timedelta(hours=2))
    while remind.remind(shift.desk):
        pass
    aged(shift, 100)
    with shift.desk.database.writing() as session:
        session.execute(
            text("UPDATE outbox SET ts = '1.1', sent_to = 'C1' WHERE kind IN ('note', 'dm', 'card')")
        )
    shift.clock.advance(100 * DAY)


def test_what_was_sent_long_ago_is_removed_and_where_messages_stand_is_kept(either_shift: Shift) -> None:
    shift = either_shift
    told(shift)
    with shift.desk.database.writing() as session:
        session.execute(text("UPDATE outbox SET ts = NULL WHERE key LIKE 'first_touch:1:breach%'"))
    before = {kind: len(shift.letters(kind)) for kind in ("card", "note", "dm")}

    assert retention.tidy(shift.desk, QUARTER)

    assert [(row.ts, row.body) for row in shift.letters("card")] == [("1.1", {})]
    assert len(shift.letters("note")) == before["note"] - 1, "what never had a place is not kept"
    assert all(row.body == {} and row.ts for row in shift.letters("note"))
    assert [row.body for row in shift.letters("dm")] == [{"handoffs": [1]}] * before["dm"], (
        "the notices' hand-offs"
    )
    with shift.desk.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(NoticeRow)) == 0


def test_a_message_of_long_ago_is_still_deleted_when_its_person_is_erased(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    told(shift)
    retention.tidy(shift.desk, QUARTER)
    stand = {row.id for kind in ("note", "dm") for row in shift.letters(kind)}

    privacy.erase(shift.desk, ADA["email"])  # type: ignore[arg-type]

    assert {row.body["letter"] for row in shift.letters("scrub")} == stand


def test_what_was_sent_lately_or_is_on_its_way_stays(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    shift.arrive(shift.event("pricing_page"))
    aged(shift, 89)
    before = [(row.id, row.body) for row in shift.letters("note")]
    assert retention.tidy(shift.desk, QUARTER)
    assert [(row.id, row.body) for row in shift.letters("note")] == before
    aged(shift, 1_000)
    with shift.desk.database.writing() as session:
        session.execute(text("UPDATE outbox SET state = 'unknown'"))
    assert retention.tidy(shift.desk, QUARTER)
    assert [(row.id, row.body) for row in shift.letters("note")] == before


def test_a_card_of_long_ago_is_still_edited(either_shift: Shift) -> None:
    shift = either_shift
    told(shift)
    retention.tidy(shift.desk, QUARTER)
    answer.accept(shift.desk, 1, "U0ANN")
    assert [row.state for row in shift.letters("card")] == ["new"]


def test_what_takes_long_is_done_in_several_goes(shift: Shift) -> None:
    shift.desk.secret = SECRET
    shift.arrive(*[shift.event("ebook", lead(n)) for n in range(5)])
    shift.clock.advance(400 * DAY)
    goes = iter([True, True, True, False, False])
    assert not retention.tidy(shift.desk, YEAR, lambda: next(goes))
    assert len(known(shift)) == 2
    parcel = Parcel(1, "retention", None, None, {}, 1, False, shift.desk.clock.real())
    assert isinstance(Retention(shift.desk, YEAR)(parcel), Delivered)
    assert known(shift) == []


def test_more_than_one_go_is_asked_for_again() -> None:
    assert isinstance(Later(retention.BREATH, "more", idle=True), Later)


def test_it_is_looked_after_once_a_day(world: World) -> None:
    world.send(world.event("demo_request"))
    for _ in range(3):
        world.pass_time(DAY)
    with world.baton.desk.database.reading() as session:
        rows = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "retention")).all()
    assert [row.state for row in rows] == ["sent"] * 3
