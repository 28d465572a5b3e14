"""Somebody's Slack account is deactivated: their leads go back to the pool, and it is in the log."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import answer, deal, people, taking_back
from bot.desk.deal import BANT, Bant
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.stages import Refused
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import HOUR, MINUTE, rows, run, tick, told
from tests.world import ADA, DEFINITION, MONDAY_9


def heard(shift: Shift, user: str = "U0BOB", *, deleted: bool = True) -> None:
    """Slack says so."""
    people.learn(shift.desk, [Seen(user, "T1", deleted=deleted, guest=False, bot=False)])


def lead(shift: Shift, number: int = 0, owner: str | None = "U0BOB") -> int:
    id_ = shift.demo(ADA | {"email": f"lead{number}@engines{number}.example"})
    if owner is not None:
        answer.accept(shift.desk, id_, owner)
    return id_


def notes(shift: Shift) -> list[int | None]:
    return [letter.handoff_id for letter in shift.letters("note") if letter.body["view"] == "released"]


def test_what_somebody_had_accepted_goes_back_to_the_pool_and_a_colleague_takes_it(
    either_shift: Shift,
) -> None:
    shift = either_shift
    mine, anns, free = lead(shift, 1), lead(shift, 2, "U0ANN"), lead(shift, 3, None)
    shift.clock.advance(10 * MINUTE)
    heard(shift)

    back = shift.handoff(mine)
    assert (back.stage, back.owner, back.accepted_at) == ("mql", None, None)
    assert shift.actions(mine) == ["create", "accept", "release"]
    assert rows(shift, "SELECT actor, owner, source FROM transition WHERE action = 'release'") == [
        (None, None, "slack")
    ]
    assert [shift.actions(other) for other in (anns, free)] == [["create", "accept"], ["create"]]
    assert notes(shift) == [mine]
    assert answer.accept(shift.desk, mine, "U0ANN").owner == "U0ANN"


def test_the_time_that_was_used_stays_used_and_the_pools_hours_count_again(shift: Shift) -> None:
    # Ann works in Berlin and leaves at 16:00 of London; the pool of the segment works until 17:00 there.
    shift.clock.advance_to(MONDAY_9.replace(hour=15, minute=30))
    id_ = lead(shift, owner="U0ANN")
    assert shift.handoff(id_).due_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    shift.clock.advance(10 * MINUTE)
    heard(shift, "U0ANN")

    assert shift.handoff(id_).due_at == MONDAY_9.replace(hour=16, minute=30)
    assert shift.handoff(id_).used == 10 * MINUTE
    assert shift.due(id_)["first_touch", "breach"] == MONDAY_9.replace(hour=16, minute=30)


def test_a_logged_touch_stays_logged_and_the_decision_is_asked_of_the_managers(shift: Shift) -> None:
    id_ = lead(shift)
    answer.touch(shift.desk, id_, "U0BOB", shift.tried("U0BOB"))
    before = shift.due(id_)
    heard(shift)

    assert shift.handoff(id_).touched_at is not None
    assert shift.due(id_) == before
    shift.clock.advance(timedelta(days=8))
    tick(shift)
    assert {letter.body["reader"] for letter in shift.letters("dm")} == {"U0MAX"}


def test_from_sql_on_the_lead_keeps_its_name_and_the_admins_are_told_once(either_shift: Shift) -> None:
    shift = either_shift
    sold, early = lead(shift, 1), lead(shift, 2)
    answer.touch(shift.desk, sold, "U0BOB", shift.tried("U0BOB"))
    deal.qualify(shift.desk, sold, "U0BOB", Bant(dict.fromkeys(BANT, "yes")))
    heard(shift)
    heard(shift)

    assert (shift.handoff(sold).stage, shift.handoff(sold).owner) == ("sql", "U0BOB")
    assert shift.handoff(early).owner is None
    [sentence] = told(shift)
    assert sentence == (
        f"The account of <@U0BOB> was deactivated. Hand-off #{early} went back to the pool. Hand-off #{sold} stayed "
        "in this name, because the pool is behind it: a manager decides what becomes of it."
    )
    assert rows(shift, "SELECT action, handoff_id FROM occurrence") == [("owner_left", sold)]
    answer.end(shift.desk, sold, "U0MAX", Disposition("not_fit.size"))


def test_what_is_closed_stays_closed(shift: Shift) -> None:
    id_ = lead(shift)
    answer.end(shift.desk, id_, "U0BOB", Disposition("not_fit.size"))
    heard(shift)

    assert shift.actions(id_) == ["create", "accept", "recycle"]
    assert told(shift) == []


def test_the_figures_still_equal_the_replay_and_an_acceptance_that_happened_counts(
    either_shift: Shift,
) -> None:
    shift = either_shift
    ids = [lead(shift, number) for number in range(3)]
    answer.touch(shift.desk, ids[0], "U0BOB", shift.tried("U0BOB"))
    deal.qualify(shift.desk, ids[0], "U0BOB", Bant(dict.fromkeys(BANT, "yes")))
    heard(shift)
    answer.accept(shift.desk, ids[1], "U0ANN")
    answer.end(shift.desk, ids[2], "U0ANN", Disposition("not_fit.size"))

    figures = shift.figures()
    assert figures.reached == reached_by(shift.moves())
    assert figures.reached == {"mql": 3, "sal": 3, "sql": 1, "opportunity": 0, "won": 0}
    assert figures.ended == {"disqualified": 1}


def test_nobody_can_undo_a_release(shift: Shift) -> None:
    id_ = lead(shift)
    heard(shift)

    with pytest.raises(Refused, match="nothing to undo"):
        taking_back.undo(shift.desk, id_, "U0BOB")


def test_who_comes_back_gets_nothing_back_by_itself(shift: Shift) -> None:
    id_ = lead(shift)
    heard(shift)
    heard(shift, deleted=False)

    assert shift.handoff(id_).owner is None
    assert shift.actions(id_) == ["create", "accept", "release"]
    assert answer.accept(shift.desk, id_, "U0BOB").owner == "U0BOB"


def test_without_sal_a_claim_goes_back_too(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=DEFINITION + "stages: {sal: false}\n")
    id_ = lead(shift)
    heard(shift)

    assert (shift.handoff(id_).stage, shift.handoff(id_).owner) == ("mql", None)
    assert answer.accept(shift.desk, id_, "U0ANN").owner == "U0ANN"


def test_what_slack_said_is_stored_together_with_the_release_or_not_at_all(either_shift: Shift) -> None:
    shift = either_shift
    lead(shift)
    run(shift, "ALTER TABLE transition RENAME TO mislaid")
    with pytest.raises(Exception, match="transition"):
        heard(shift)
    run(shift, "ALTER TABLE mislaid RENAME TO transition")

    assert rows(shift, "SELECT id FROM member WHERE deleted") == []
    assert shift.handoff(1).owner == "U0BOB"


def test_the_note_waits_for_the_pools_hours(shift: Shift) -> None:
    id_ = lead(shift)
    shift.clock.advance(12 * HOUR)
    heard(shift)

    [note] = [letter for letter in shift.letters("note") if letter.body["view"] == "released"]
    assert note.handoff_id == id_
    assert note.body["step"], "a note with a step is held back outside hours"


def test_a_receiver_of_webhooks_hears_of_it(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, webhooks=True)
    lead(shift)
    heard(shift)

    told = [letter.body for letter in shift.letters("webhook")[-2:]]
    assert [(each["type"], each["owner"], each["stage"]) for each in told] == [
        ("handoff.released", None, "mql"),
        ("nurture.resume", None, "mql"),
    ]
