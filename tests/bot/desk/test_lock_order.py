"""Everybody takes rows in one order, so that nobody waits for somebody who waits for them: hand-offs, companies,
credits, people who may be full, deadlines, cards and letters, and last what wakes a reader."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from bot.desk import answer, deal, ladder, notices, people, team
from bot.desk.people import Seen
from bot.desk.team_change import Edited, Sheet, change_team
from scoring.dispositions import Disposition
from storage import bundles, deadlines, handoffs
from storage.deadlines import Due
from tests.bot.desk.deals import TEAM_WITH_AES, with_sue
from tests.bot.desk.shift import Shift
from tests.bot.desk.test_turns import demo
from tests.world import ADA, MONDAY_9

MONTH = timedelta(days=30)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextmanager
def meanwhile(
    shift: Shift, what: Callable[[], object], held: Callable[[Session], object]
) -> Iterator[Session]:
    """A transaction that holds rows while somebody does *what*, and has come to wait for them."""
    with ThreadPoolExecutor(1) as others:
        with shift.desk.database.writing() as session:
            held(session)
            job: Future[object] = others.submit(what)
            until_it_waits(shift, job)
            yield session
        job.result()


def until_it_waits(shift: Shift, job: Future[object]) -> None:
    for _ in range(200):
        with shift.desk.database.reading() as session:
            if session.connection().execute(text(WAITING)).scalar_one() or job.done():
                break
        time.sleep(0.01)
    assert not job.done(), "it never waited"


def test_who_sends_an_sql_back_to_the_pool_does_not_wait_for_a_tick_that_waits_for_them(
    shifts: Callable[..., Shift], postgres_url: str
) -> None:
    shift = shifts(postgres_url, team=TEAM_WITH_AES)
    with_sue(shift)
    people.learn(shift.desk, [Seen("U0ANN", "T1", deleted=True, guest=False, bot=False)])

    def tick_begins(session: Session) -> None:
        assert deadlines.claim(session, shift.now + MONTH, 50)

    with meanwhile(shift, lambda: deal.send_back(shift.desk, 1, "U0SUE", "no budget"), tick_begins) as tick:
        notices.wake(tick, ["U0MAX"], shift.now)

    assert shift.handoff(1).owner is None
    assert ("notices", "next") in shift.due_of("U0MAX")


def test_a_change_of_the_team_that_waits_for_a_press_holds_nothing_the_press_will_want(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift
    bobs, free = demo(shift, 1), demo(shift, 2)
    answer.accept(shift.desk, bobs, "U0BOB")

    def edit(sheet: Sheet) -> Edited:
        longer = sheet.text.replace("09:00-17:00", "09:00-18:00")
        lines = [line for line in longer.splitlines() if not line.strip().startswith("U0BOB:")]
        return Edited("\n".join(lines).replace("U0ANN, U0BOB", "U0ANN"), "took Bob out of the team.")

    change = lambda: change_team(shift.desk, "U0MAX", edit)  # noqa: E731
    with meanwhile(shift, change, lambda press: handoffs.held(press, free)) as press:
        for wanted in (
            f"SELECT id FROM deadline WHERE subject = '{bobs}' AND state = 'open' FOR UPDATE NOWAIT",
            f"SELECT id FROM outbox WHERE key = 'card:{bobs}' FOR UPDATE NOWAIT",
        ):
            assert press.connection().execute(text(wanted)).all(), wanted

    assert shift.handoff(bobs).owner is None
    assert (shift.actions(bobs), shift.actions(free)) == (
        ["create", "accept", "release", "retime"],
        ["create", "retime"],
    )


def test_who_goes_away_and_passes_everything_on_wakes_nobody_before_they_have_it(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift
    mine = demo(shift, 1)
    answer.accept(shift.desk, mine, "U0ANN")
    shift.clock.advance_to(MONDAY_9 + timedelta(hours=12))
    with shift.desk.database.writing() as session:
        opens = ladder.next_on_shift(shift.desk.agreed(session).team, "U0ANN", shift.now)
        deadlines.schedule(session, [Due(notices.NOTICES, "U0ANN", "next", opens)])

    def away() -> None:
        team.go_away(shift.desk, "U0ANN", "U0ANN", ("2026-11-27", ""), pass_on=True)

    with meanwhile(shift, away, lambda tick: handoffs.held(tick, mine)) as tick:
        notices.wake(tick, ["U0ANN", "U0MAX"], shift.now)

    assert shift.handoff(mine).owner is None


def test_a_request_about_one_on_a_card_and_one_who_joins_it_takes_the_card_in_its_order(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift

    def of_engines(name: str) -> dict[str, object]:
        return shift.event("demo_request", ADA | {"email": f"{name}@engines.example"})

    shift.arrive(of_engines("ada"))
    shift.arrive(of_engines("bert"))
    assert [row.card_id for row in shift.rows()] == [1, 1]

    def both_come() -> None:
        shift.arrive(of_engines("bert"), of_engines("cyd"))

    with meanwhile(shift, both_come, lambda session: handoffs.hold(session, [1])) as press:
        handoffs.hold(press, [1, 2])  # as a press on the card goes on

    assert [row.card_id for row in shift.rows()] == [1, 1, 1]


def test_a_request_holds_what_has_ended_on_a_card_too_since_it_may_be_open_again_a_moment_later(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift
    for name in ("ada", "bert"):
        shift.arrive(shift.event("demo_request", ADA | {"email": f"{name}@engines.example"}))
    answer.accept(shift.desk, 1, "U0ANN")
    for handoff in (1, 2):
        answer.end(shift.desk, handoff, "U0ANN", Disposition("bad_data"), people=[handoff])
    bert = shift.handoff(2).lead_id

    with shift.desk.database.writing() as request:
        bundles.hold_with_leads(request, [bert], ["engines.example"], shift.now - MONTH)
        with shift.desk.database.writing() as press:
            assert [handoffs.held(press, number) for number in (1, 2)] == [None, None]
