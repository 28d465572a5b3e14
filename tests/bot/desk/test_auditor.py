"""The auditor: every open lead has a card, somebody who may take it, and a next step; what lacks is said once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.desk import auditor, health, ladder, people, remind
from bot.desk.desk import Desk, open_database
from bot.desk.people import Seen
from storage import deadlines, findings
from storage.deadlines import Due
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import HOUR, MINUTE, SECOND, audited, found, rows, run, tick, told, watched
from tests.world import ADA, DEFINITION

GATHERED = DEFINITION.replace("{name: demo,", "{name: demo, card: digest 1h,")


def leads(shift: Shift, count: int) -> list[int]:
    """So many hand-offs."""
    return [shift.demo(ADA | {"email": f"lead{n}@engines{n}.example"}) for n in range(count)]


def repaired(shift: Shift) -> list[tuple[object, ...]]:
    return rows(shift, "SELECT handoff_id FROM occurrence WHERE action = 'repaired' ORDER BY id")


def test_a_floor_where_all_is_well_has_no_finding(either_shift: Shift) -> None:
    leads(either_shift, 5)

    assert audited(either_shift) == {}
    assert told(either_shift) == []


def test_a_lead_on_no_card_is_found_gets_one_and_is_well_a_minute_later(either_shift: Shift) -> None:
    _, second, _ = leads(either_shift, 3)
    run(either_shift, "UPDATE handoff SET card_id = NULL WHERE id = :id", id=second)

    assert audited(either_shift) == {"no_card": {str(second)}}
    card = either_shift.handoff(second).card_id
    assert [(row.card_id, row.state) for row in either_shift.letters("card")][-1] == (card, "new")
    assert repaired(either_shift) == [(second,)]
    assert audited(either_shift) == {}


def test_a_card_whose_letter_is_missing_is_asked_for_again(either_shift: Shift) -> None:
    first, _ = leads(either_shift, 2)
    card = either_shift.handoff(first).card_id
    run(either_shift, "DELETE FROM outbox WHERE card_id = :card", card=card)

    assert audited(either_shift) == {"no_card": {str(first)}}
    assert [row.card_id for row in either_shift.letters("card") if row.state == "new"].count(card) == 1
    assert audited(either_shift) == {}


@pytest.mark.parametrize("state", ["dead", "sent"])
def test_a_card_that_slack_refused_or_may_have_is_told_and_not_sent_again(
    either_shift: Shift, state: str
) -> None:
    [only] = leads(either_shift, 1)
    run(either_shift, "UPDATE outbox SET state = :state WHERE kind = 'card'", state=state)

    assert audited(either_shift)["no_card"] == {str(only)}
    assert [row.state for row in either_shift.letters("card")] == [state]
    assert repaired(either_shift) == []
    assert f"#{only}" in told(either_shift)[0]


def test_a_posted_card_and_a_line_on_a_digest_that_still_gathers_are_cards(
    shifts: Callable[..., Shift], database_url: str
) -> None:
    shift = shifts(database_url, definition=GATHERED)
    [first] = leads(shift, 1)
    assert audited(shift) == {}, "its line is on the digest that is posted in an hour"

    run(shift, "DELETE FROM deadline WHERE kind = 'digest'")
    assert audited(shift)["no_card"] == {str(first)}
    run(shift, "UPDATE card SET ts = '1.1'")
    assert audited(shift) == {}


def test_a_lead_that_nobody_may_accept_is_found_until_somebody_does(either_shift: Shift) -> None:
    lonely, gone, strangers, _ = leads(either_shift, 4)
    for id_, pool in ((lonely, "[]"), (gone, '["U0BOB"]'), (strangers, '["U0XYZ"]')):
        run(either_shift, "UPDATE handoff SET pool = :pool WHERE id = :id", pool=pool, id=id_)
    people.learn(either_shift.desk, [Seen("U0BOB", "T1", deleted=True, guest=False, bot=False)])

    assert audited(either_shift) == {"nobody": {str(lonely), str(gone), str(strangers)}}
    assert "Add somebody to the segment's pool" in told(either_shift)[0]
    people.learn(either_shift.desk, [Seen("U0BOB", "T1", deleted=False, guest=False, bot=False)])
    assert audited(either_shift) == {"nobody": {str(lonely), str(strangers)}}


def test_a_lead_without_a_next_deadline_gets_the_same_ones_back(either_shift: Shift) -> None:
    first, second = leads(either_shift, 2)
    before = either_shift.due(first)
    run(either_shift, "DELETE FROM deadline WHERE subject = :id", id=str(first))

    assert audited(either_shift) == {"no_deadline": {str(first)}}
    assert either_shift.due(first) == before
    assert repaired(either_shift) == [(first,)]
    assert audited(either_shift) == {}
    assert either_shift.due(second) == before


def test_a_deadline_that_nobody_decides_is_late_after_five_minutes_and_not_before(
    either_shift: Shift,
) -> None:
    watch = watched(either_shift)
    [first] = leads(either_shift, 1)
    watch.wait(30 * MINUTE)  # the nudge at half of the time is due now, and nobody ticks
    for _ in range(4):
        assert audited(either_shift).keys() <= {"old_queue"}
        watch.wait(MINUTE)

    watch.wait(MINUTE - SECOND)
    assert "late_deadline" not in audited(either_shift)
    watch.wait(SECOND)
    assert audited(either_shift)["late_deadline"] == {str(first)}
    tick(either_shift)
    assert "late_deadline" not in audited(either_shift)


def test_a_job_that_nobody_does_is_late_too(either_shift: Shift) -> None:
    watch = watched(either_shift)
    with either_shift.desk.database.writing() as session:
        deadlines.schedule(session, [Due("of a newer Baton", "1", "x", either_shift.now)])
    for _ in range(7):
        tick(either_shift)
        watch.wait(MINUTE)

    assert found(either_shift) == {"late_job": {"of a newer Baton"}}


@pytest.mark.parametrize("asleep", [False, True])
def test_a_clock_that_jumps_and_a_machine_that_slept_make_no_false_finding(
    either_shift: Shift, asleep: bool
) -> None:
    watch = watched(either_shift)
    leads(either_shift, 3)
    run(either_shift, "UPDATE outbox SET state = 'sent'")
    run(either_shift, "UPDATE card SET ts = '1.1'")
    for _ in range(7):
        tick(either_shift)
        watch.wait(MINUTE)
    watch.wait(5 * HOUR) if asleep else watch.advance(5 * HOUR)

    assert audited(either_shift) == {}, "what became due by the jump had no chance yet"
    tick(either_shift)
    watch.wait(6 * MINUTE)
    tick(either_shift)
    run(either_shift, "UPDATE outbox SET state = 'sent'")
    assert audited(either_shift) == {}


def test_letters_that_are_given_up_doubtful_or_old_are_found_by_kind(either_shift: Shift) -> None:
    watch = watched(either_shift)
    leads(either_shift, 1)
    watch.wait(14 * MINUTE)
    audited(either_shift)
    watch.wait(MINUTE - SECOND)
    assert audited(either_shift) == {}

    watch.wait(SECOND)
    assert audited(either_shift) == {"old_queue": {"card"}}
    run(either_shift, "UPDATE outbox SET state = 'unknown' WHERE kind = 'card'")
    assert audited(either_shift) == {"old_queue": {"card"}, "unknown_letters": {"card"}}
    run(either_shift, "UPDATE outbox SET sent_at = :at WHERE kind = 'card'", at=str(watch.real() - MINUTE))
    assert audited(either_shift) == {"old_queue": {"card"}}, "it may have been sent a minute ago"
    run(either_shift, "UPDATE outbox SET state = 'dead' WHERE kind = 'card'")
    run(either_shift, "UPDATE card SET ts = '1.1'")
    assert audited(either_shift) == {"dead_letters": {"card"}}
    run(either_shift, "UPDATE outbox SET state = 'sent' WHERE kind = 'notice'")
    watch.wait(10 * timedelta(days=1))
    assert audited(either_shift)["dead_letters"] == {"card"}, "its lead is still open"
    run(either_shift, "UPDATE outbox SET handoff_id = NULL")
    assert "dead_letters" not in audited(either_shift), "a letter about no open lead is told for a day"


def test_a_letter_that_waits_for_its_readers_hours_is_no_old_queue(either_shift: Shift) -> None:
    watch = watched(either_shift)
    leads(either_shift, 1)
    run(either_shift, "UPDATE outbox SET error = :why", why=auditor.ON_PURPOSE[0])
    watch.wait(HOUR)
    audited(either_shift)

    assert audited(either_shift) == {}


def test_many_findings_are_one_message_that_names_twenty_and_is_sent_once(either_shift: Shift) -> None:
    ids = leads(either_shift, 23)
    run(either_shift, "UPDATE outbox SET state = 'dead' WHERE kind = 'card'")
    run(either_shift, "UPDATE handoff SET pool = '[]'")
    for _ in range(3):
        audited(either_shift)

    [sentence] = told(either_shift)
    assert sum(f"#{id_}," in sentence or f"#{id_} " in sentence for id_ in ids) == 20
    assert "23 hand-offs without a card in Slack (#1, " in sentence
    assert "and 3 more" in sentence
    assert "23 hand-offs that nobody may accept" in sentence
    assert "@" not in sentence


def test_at_most_one_message_a_minute_and_nothing_is_forgotten(either_shift: Shift) -> None:
    watch = watched(either_shift)
    first, second = leads(either_shift, 2)
    run(either_shift, "UPDATE handoff SET pool = '[]' WHERE id = :id", id=first)
    audited(either_shift)
    run(either_shift, "UPDATE handoff SET pool = '[]'")
    watch.wait(30 * SECOND)
    audited(either_shift)
    assert len(told(either_shift)) == 1

    watch.wait(30 * SECOND)
    audited(either_shift)
    assert [f"#{second}" in sentence for sentence in told(either_shift)] == [False, True]
    assert [f"#{first}" in sentence for sentence in told(either_shift)] == [True, False]


def test_a_finding_that_comes_back_is_told_again(either_shift: Shift) -> None:
    watch = watched(either_shift)
    leads(either_shift, 1)
    for pool in ("[]", '["U0BOB"]', "[]"):
        run(either_shift, "UPDATE handoff SET pool = :pool", pool=pool)
        audited(either_shift)
        watch.wait(MINUTE)

    assert len(told(either_shift)) == 2
    assert [kind for (kind,) in rows(either_shift, "SELECT kind FROM finding")] == ["nobody"] * 2


def test_more_than_a_run_holds_is_found_by_the_next(either_shift: Shift) -> None:
    more = auditor.MOST + 5
    for start in range(0, more, 101):
        people = [
            ADA | {"email": f"lead{n}@engines{n}.example"} for n in range(start, min(start + 101, more))
        ]
        either_shift.arrive(*(either_shift.event("demo_request", person) for person in people))
    run(either_shift, "DELETE FROM deadline")
    seen = []
    for _ in range(3):
        audited(either_shift)
        seen.append(len(repaired(either_shift)))

    assert seen == [auditor.MOST, more, more]
    assert all(either_shift.due(row.id or 0) for row in either_shift.rows())


def test_the_tick_audits_every_minute_and_its_silence_is_a_warning(either_shift: Shift) -> None:
    watch = watched(either_shift)
    assert "has not looked yet" in health.warnings(either_shift.desk)[0]
    tick(either_shift)
    assert health.warnings(either_shift.desk) == []
    for seconds in (59, 1):
        watch.wait(timedelta(seconds=seconds))
        tick(either_shift)
    assert rows(either_shift, "SELECT value FROM setting WHERE key = 'audited_at'") == [
        (watch.real().isoformat(),)
    ]

    watch.wait(5 * MINUTE)
    [warning] = health.warnings(either_shift.desk)
    assert "last looked at 2026-11-23 09:01 UTC" in warning


def test_an_audit_of_the_future_is_silence_too_because_the_clock_was_set_back(shift: Shift) -> None:
    watch = watched(shift)
    tick(shift)
    watch.jump(-HOUR)

    assert "nobody checks" in health.warnings(shift.desk)[0]


def test_an_audit_that_the_database_refuses_keeps_no_nudge_from_being_said(
    either_shift: Shift, caplog: pytest.LogCaptureFixture
) -> None:
    leads(either_shift, 1)
    run(either_shift, "ALTER TABLE finding RENAME TO mislaid")
    either_shift.clock.advance(30 * MINUTE)
    try:
        tick(either_shift)
    finally:
        run(either_shift, "ALTER TABLE mislaid RENAME TO finding")

    assert [letter.body["step"] for letter in either_shift.letters("note")] == ["nudge 50%"]
    assert "the auditor could not look" in caplog.messages


def test_a_closed_lead_is_nobodys_business(either_shift: Shift) -> None:
    leads(either_shift, 1)
    run(
        either_shift,
        "UPDATE handoff SET stage = 'recycled', ended_at = crossed_at, card_id = NULL, pool = '[]'",
    )
    run(either_shift, "DELETE FROM deadline")

    assert audited(either_shift) == {}


def test_two_batons_audit_once(shifts: Callable[..., Shift], postgres_url: str) -> None:
    shift = shifts(postgres_url)
    other = Desk(open_database(postgres_url, "serve"), shift.clock)
    leads(shift, 3)
    run(shift, "UPDATE handoff SET pool = '[]'")
    run(shift, "DELETE FROM deadline WHERE kind = 'first_touch' OR kind = 'decide'")
    gate = threading.Barrier(2)

    def look(desk: Desk) -> None:
        gate.wait()
        remind.remind(desk)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(look, desk) for desk in (shift.desk, other)]:
            done.result()
    other.database.close()

    assert found(shift) == {"nobody": {"1", "2", "3"}, "no_deadline": {"1", "2", "3"}}
    assert len(told(shift)) == 1
    assert repaired(shift) == [(1,), (2,), (3,)]


def test_a_lead_whose_owner_is_gone_goes_back_to_its_pool(either_shift: Shift) -> None:
    [first] = leads(either_shift, 1)
    run(either_shift, "UPDATE handoff SET owner = 'U0BOB', stage = 'sal'")
    run(
        either_shift,
        "INSERT INTO member (id, deleted, guest, bot, seen_at) VALUES ('U0BOB', true, false, false, :at)",
        at=str(either_shift.now),
    )

    assert audited(either_shift) == {"owner_left": {str(first)}}
    assert (either_shift.handoff(first).owner, either_shift.handoff(first).stage) == (None, "mql")
    assert audited(either_shift) == {}


def test_what_the_auditor_calls_a_step_is_what_the_ladder_writes(shift: Shift) -> None:
    [first] = leads(shift, 1)

    assert {kind for kind, _ in shift.due(first)} == {ladder.FIRST_TOUCH, ladder.DECIDE} < set(auditor.STEPS)


def test_the_look_for_hand_offs_without_a_step_is_no_loop_in_a_loop_on_tables_nobody_analyzed(
    postgres_shift: Shift,
) -> None:
    asked: list[tuple[str, Any]] = []
    with postgres_shift.desk.database.reading() as session:
        connection = session.connection()

        @event.listens_for(connection, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
            asked.append((statement, parameters))

        findings.stepless(session, 200, auditor.STEPS)
        statement, parameters = asked[0]
        plan = [line for (line,) in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]

    assert any("SetOp" in line for line in plan), plan
    assert not any("Nested Loop" in line for line in plan), plan
