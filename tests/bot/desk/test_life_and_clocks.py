"""The life of a hand-off and its clocks: promises that meet where several features do, or hold whatever is pressed."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from bot.desk import answer, deal, ladder, opportunity, passing, people, resting, taking_back, team
from bot.desk.bench import Mistaken
from bot.desk.deal import Bant
from bot.desk.opportunity import Offer
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.handoff import Touch
from scoring.stages import Refused
from storage import assignments
from storage.assignments import Given
from tests.bot.desk.deals import BY_CHRISTMAS, TEAM_WITH_AES, YES, qualified
from tests.bot.desk.shift import Shift, raise_shift
from tests.bot.desk.test_team_change import person, segment, versions
from tests.bot.desk.test_turns import TURNS
from tests.bot.desk.watch import HOUR, MINUTE, run, tick
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, World

Start = Callable[..., Shift]
DAY = timedelta(days=1)
TUESDAY_9 = MONDAY_9 + DAY
CALENDAR = DEFINITION.replace("first_touch: 8h, clock: business", "first_touch: 12h, clock: calendar")
PAUSES = DEFINITION + "pause: {reasons: [on holiday], limit: 2d}\n"


# -- one clock after the other -----------------------------------------------------------------------------


def test_a_hand_off_goes_from_one_clock_to_the_next_until_it_ends(either_shift_of_two: Shift) -> None:
    """ "Clocks in turn: first touch (tier), then `decide: 14d` (attempt reminders, owner, manager), then
    `ae_accept: 1d`, then the opportunity's close date." """
    shift = either_shift_of_two

    def running() -> dict[str, datetime]:
        """The clocks that run: kind to the moment by which it is to be done."""
        ends = {"first_touch": "breach", "decide": "all", "ae_accept": "all", "close_date": "due"}
        return {kind: at for (kind, step), at in shift.due().items() if step.split()[0] == ends.get(kind)}

    shift.demo()
    assert running() == {"first_touch": MONDAY_9 + HOUR, "decide": MONDAY_9 + 14 * DAY}
    answer.accept(shift.desk, 1, "U0ANN")
    shift.clock.advance(30 * MINUTE)
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))
    assert running() == {"decide": shift.now + 14 * DAY}
    deal.qualify(shift.desk, 1, "U0ANN", Bant(YES, "U0SUE"))
    assert running() == {"ae_accept": shift.now + DAY}
    deal.ae_accept(shift.desk, 1, "U0SUE")
    opportunity.opportunity(shift.desk, 1, "U0SUE", Offer(9_000, BY_CHRISTMAS))
    assert running() == {"close_date": datetime(2026, 12, 18, 9, 0, tzinfo=UTC)}
    opportunity.won(shift.desk, 1, "U0SUE")
    assert shift.due() == {}


@pytest.fixture
def either_shift_of_two(shifts: Start, database_url: str) -> Shift:
    """A desk whose team has two account executives, once on each database."""
    return shifts(database_url, team=TEAM_WITH_AES)


# -- the first touch ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "outcome"), [("call", "no_answer"), ("email", "replied"), ("meeting", "booked")]
)
def test_a_call_an_e_mail_or_a_booked_meeting_is_the_first_touch_and_nothing_else_is(
    shifts: Start, database_url: str, kind: str, outcome: str
) -> None:
    """ "First touch is a human call, a personal e-mail or a booked meeting; Accept, automatic mail and opens are
    not." """
    shift = shifts(database_url, webhooks=True)
    shift.demo()
    assert any(letter.body["type"] == "reply.requested" for letter in shift.letters("webhook"))
    answer.accept(shift.desk, 1, "U0BOB")
    running = {step: at for step, at in shift.due().items() if step[0] == "first_touch"}
    for signal in ("email_open", "email_open", "ebook", "pricing_page"):
        shift.clock.advance(MINUTE)
        shift.arrive(shift.event(signal))
    assert (shift.handoff().touched_at, shift.handoff().touches) == (None, ())
    assert running.items() <= shift.due().items()

    answer.touch(shift.desk, 1, "U0BOB", shift.tried("U0BOB", kind, outcome))

    assert shift.handoff().touched_at == shift.now
    assert {step for step in shift.due() if step[0] == "first_touch"} == set()


def test_with_sal_off_every_sentence_names_the_button_as_it_is(shifts: Start, sqlite_url: str) -> None:
    """ "With SAL off, the button says Claim, and ownership works the same." """
    shift = shifts(sqlite_url, definition=DEFINITION + "stages: {sal: false}\n")
    shift.demo()
    with pytest.raises(Refused, match="Claim this lead first"):
        answer.may_touch(shift.desk, 1, "U0ANN")
    answer.accept(shift.desk, 1, "U0BOB")
    with pytest.raises(Refused, match="<@U0BOB> accepted this lead first"):
        answer.accept(shift.desk, 1, "U0ANN")
    shift.clock.advance(30 * MINUTE)
    tick(shift)
    assert [letter.body["reader"] for letter in shift.letters("dm")] == ["U0BOB"]
    assert shift.letters("note") == []


def test_the_wall_time_of_the_first_touch_stands_beside_its_due_time(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "and a due time outside working time moves to one hour after the next opening (wall time is reported beside
    it)" """
    world = worlds(sqlite_url, definition=CALENDAR)
    world.until(MONDAY_9 + HOUR)
    world.send(world.event("pricing_page"), world.event("webinar"))
    assert "First touch by Nov 24, 2026 10:00 (12 hours)" in world.card().plain()
    world.accept("U0BOB")
    world.until(TUESDAY_9 + 30 * MINUTE)
    world.press("U0BOB", "touch")
    world.submit("U0BOB", kind="call", outcome="reached")

    assert (
        "First touch Nov 24, 2026 09:30, 23 hours 30 minutes after the lead came in" in world.card().plain()
    )


# -- undo ------------------------------------------------------------------------------------------------


PRESSES: dict[str, Callable[[Shift, int], object]] = {
    "accept": lambda s, id_: answer.accept(s.desk, id_, "U0BOB"),
    "reject": lambda s, id_: answer.end(s.desk, id_, "U0BOB", Disposition("customer")),
    "touch": lambda s, id_: answer.touch(s.desk, id_, "U0BOB", s.tried("U0BOB")),
    "snooze": lambda s, id_: resting.snooze(s.desk, id_, "U0BOB", "15m"),
    "pause": lambda s, id_: resting.pause(s.desk, id_, "U0BOB", "on holiday"),
    "reassign": lambda s, id_: passing.reassign(s.desk, id_, "U0BOB", "U0ANN"),
    "to the pool": lambda s, id_: passing.reassign(s.desk, id_, "U0BOB", None),
    "qualify": lambda s, id_: deal.qualify(s.desk, id_, "U0BOB", Bant(YES, "U0SUE")),
    "recycle": lambda s, id_: answer.end(s.desk, id_, "U0BOB", Disposition("spam")),
}


@pytest.fixture
def fresh(sqlite_template: Path, tmp_path: Path) -> Callable[[str, str], Shift]:
    """Starts a desk on a database of its own."""
    numbers = count()

    def start(team_file: str, definition: str) -> Shift:
        path = tmp_path / f"life{next(numbers)}.db"
        shutil.copy(sqlite_template, path)
        return raise_shift(f"sqlite:///{path}", team=team_file, definition=definition)

    return start


def pressed(shift: Shift, press: str) -> bool:
    """Press it; False where that is refused."""
    try:
        PRESSES[press](shift, 1)
    except (Refused, Mistaken):
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(st.tuples(st.sampled_from(sorted(PRESSES)), st.integers(0, 90)), max_size=4),
    press=st.sampled_from(sorted(PRESSES)),
    wait=st.integers(0, 10),
    later=st.lists(st.integers(1, 3 * 24 * 60), max_size=3),
)
def test_after_an_undo_everything_goes_on_as_if_it_had_never_been_pressed(
    fresh: Callable[[str, str], Shift], before: list[tuple[str, int]], press: str, wait: int, later: list[int]
) -> None:
    """ "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been pressed."

    Two desks do the same; on one of them the press in the middle never happens.
    """
    never, undone = (fresh(TEAM_WITH_AES, PAUSES) for _ in range(2))
    try:
        for shift in (never, undone):
            shift.demo()
            for each, minutes in before:
                pressed(shift, each)
                shift.clock.advance(minutes * MINUTE)
                tick(shift)
        lines = len(undone.actions())
        done = pressed(undone, press) and len(undone.actions()) > lines
        if (last := undone.handoff().last) is not None and done:
            undone.clock.advance(wait * MINUTE)
            never.clock.advance(wait * MINUTE)
            taking_back.undo(undone.desk, 1, last.by)
            assert len(undone.actions()) == lines + 2
        for minutes in later:
            for shift in (never, undone):
                tick(shift)
                shift.clock.advance(minutes * MINUTE)
        for shift in (never, undone):
            tick(shift)
        assert state(undone) == state(never)
        assert undone.figures() == never.figures()
        assert undone.figures().reached == reached_by(undone.moves())
    finally:
        for shift in (never, undone):
            shift.desk.database.close()


@pytest.mark.parametrize("press", ["touch", "snooze", "pause", "reassign", "to the pool", "recycle"])
def test_ones_own_last_press_is_taken_back_with_what_followed_from_it(
    shifts: Start, sqlite_url: str, press: str
) -> None:
    """ "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been
    pressed." """
    shift = shifts(sqlite_url, team=TEAM_WITH_AES, definition=PAUSES)
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    shift.clock.advance(20 * MINUTE)
    before, figures, actions = state(shift), shift.figures(), shift.actions()
    assert pressed(shift, press)
    assert state(shift) != before
    shift.clock.advance(9 * MINUTE)

    taking_back.undo(shift.desk, 1, "U0BOB")

    assert state(shift) == before
    assert shift.figures() == figures
    assert len(shift.actions()) == len(actions) + 2
    assert [each.person for each in ledger_of(shift) if each.undone_at is None] == ["U0BOB"]
    with pytest.raises(Refused, match="nothing to undo"):
        taking_back.undo(shift.desk, 1, "U0BOB")


def ledger_of(shift: Shift) -> list[Given]:
    """Who was given the hand-off, as the ledger has it."""
    with shift.desk.database.reading() as session:
        return assignments.of_handoff(session, 1)


def test_a_lead_given_to_the_wrong_person_is_taken_back_and_the_thread_says_so(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "Undo: 10 minutes for who pressed, if nobody acted since; later a manager's Reopen with a note." """
    world = worlds(sqlite_url)
    world.send(world.event("demo_request"))
    world.accept("U0BOB")
    before = world.card().plain()
    passing.reassign(world.baton.desk, 1, "U0BOB", "U0ANN")
    world.deliver()
    assert "Yours, @Ann" in world.card().plain()
    world.press("U0ANN", "undo")
    assert "<@U0BOB> pressed last; only they can undo it." in world.whispered("U0ANN")

    world.press("U0BOB", "undo")

    assert world.card().plain() == before.replace("[Undo] ", "")
    said = [note.plain() for note in world.slack.thread("C0EMEA", world.card().ts)]
    assert said[0].startswith("↪️ Ada Lovelace is with @Ann now")
    assert said[1:] == ["↩️ Taken back by Bob: “Give it to somebody else”."]


def state(shift: Shift) -> tuple[object, ...]:
    """How the hand-off stands, what is due, and what was told of its clock."""
    now = shift.handoff()
    told = sorted(
        (letter.body["reader"], str(letter.body.get("step")))
        for letter in shift.letters("dm")
        if letter.body["view"] == "nudge"
    )
    clock = (
        now.snoozed_until,
        now.clock,
        now.allowance,
        now.started_at,
        now.used,
        now.since,
        now.due_at,
        now.paused_until,
        now.paused,
    )
    return (now.stage, now.owner, now.sdr, now.ae, now.touched_at, now.touches, *clock, shift.due(), told)


@pytest.mark.parametrize("back", [taking_back.undo, taking_back.reopen])
def test_hours_that_changed_while_a_lead_was_closed_count_once_it_is_open_again(
    either_shift: Shift, back: Callable[..., object]
) -> None:
    """ "the SLA clock runs on as if it had never been pressed" """
    shift = either_shift
    shift.demo()
    shift.demo(ADA | {"email": "grace@compilers.example"})
    shift.clock.advance(20 * MINUTE)
    answer.end(shift.desk, 1, "U0BOB", Disposition("no_budget"))
    shift.clock.advance(5 * MINUTE)
    segment(shift, "EMEA", hours="mon-fri 12:00-17:00", pool="U0BOB U0CAT")
    shift.clock.advance(4 * MINUTE)

    by = ("U0BOB",) if back is taking_back.undo else ("U0MAX", "It has one")
    back(shift.desk, 1, *by)

    never = shift.handoff(2)
    assert never.due_at == MONDAY_9 + 3 * HOUR + 35 * MINUTE
    assert (shift.handoff(1).due_at, shift.handoff(1).used) == (never.due_at, never.used)
    assert shift.handoff(1).pool == never.pool
    assert shift.due(1)["first_touch", "breach"] == never.due_at


def test_hours_of_the_pool_that_changed_while_somebody_had_it_count_once_it_is_the_pools_again(
    either_shift: Shift,
) -> None:
    """ "the SLA clock runs on as if it had never been pressed" """
    shift = either_shift
    person(shift, "U0BOB", hours="mon-fri 09:00-17:00")
    shift.demo()
    shift.clock.advance(20 * MINUTE)
    answer.accept(shift.desk, 1, "U0BOB")
    segment(shift, "EMEA", hours="mon-fri 12:00-17:00")

    taking_back.undo(shift.desk, 1, "U0BOB")

    assert shift.handoff(1).due_at == MONDAY_9 + 3 * HOUR + 40 * MINUTE
    assert shift.due(1)["first_touch", "breach"] == shift.handoff(1).due_at


# -- a next deadline, whatever happens -------------------------------------------------------------------


HAPPENINGS: dict[str, Callable[[Shift, int], object]] = {
    **PRESSES,
    "resume": lambda s, id_: resting.resume(s.desk, id_, "U0BOB"),
    "undo": lambda s, id_: taking_back.undo(s.desk, id_, "U0BOB"),
    "reopen": lambda s, id_: taking_back.reopen(s.desk, id_, "U0MAX", "a mistake"),
    "Sue accepts": lambda s, id_: deal.ae_accept(s.desk, id_, "U0SUE"),
    "Sue sends it back": lambda s, id_: deal.send_back(s.desk, id_, "U0SUE", "no need"),
    "opportunity": lambda s, id_: opportunity.opportunity(s.desk, id_, "U0SUE", Offer(9_000, BY_CHRISTMAS)),
    "lost": lambda s, id_: opportunity.lost(s.desk, id_, "U0SUE", Disposition("no_budget")),
    "won": lambda s, id_: opportunity.won(s.desk, id_, "U0SUE"),
    "news": lambda s, _: s.arrive(s.event("webinar")),
    "Bob works late": lambda s, _: person(s, "U0BOB", hours="mon-fri 13:00-21:00"),
    "Bob goes away": lambda s, _: team.go_away(
        s.desk, "U0BOB", "U0BOB", (f"{s.now + 2 * DAY:%Y-%m-%d}", ""), pass_on=True
    ),
    "Bob leaves": lambda s, _: people.learn(
        s.desk, [Seen("U0BOB", None, deleted=True, guest=False, bot=False)]
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(HAPPENINGS)), st.sampled_from([0, 5, 40, 600, 3_000, 20_000])),
        min_size=3,
        max_size=12,
    )
)
def test_whatever_happens_every_open_hand_off_has_a_next_deadline(
    fresh: Callable[[str, str], Shift], happenings: list[tuple[str, int]]
) -> None:
    """ "Every open hand-off, snoozed or paused, has a next deadline." """
    shift = fresh(TEAM_WITH_AES, PAUSES)
    try:
        shift.demo()
        for what, minutes in (
            [("accept", 0), ("touch", 0), *happenings] if len(happenings) % 2 else happenings
        ):
            try:
                HAPPENINGS[what](shift, 1)
            except (Refused, Mistaken):
                continue
            shift.clock.advance(minutes * MINUTE)
            tick(shift)
            for row in shift.rows():
                due = [at for (kind, _), at in shift.due(row.id or 0).items() if kind in ladder.KINDS]
                if shift.handoff(row.id or 0).open:
                    assert due, f"nothing is due after {what}"
                    assert min(due) > shift.now, f"late after {what}"
                else:
                    assert due == [], f"something is due after {what}"
    finally:
        shift.desk.database.close()


# -- whose hours count -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "due_at"),
    [
        ("", datetime(2026, 11, 30, 9, 30, tzinfo=UTC)),
        ("timezone: America/New_York, ", datetime(2026, 11, 27, 17, 30, tzinfo=UTC)),
        ('hours: {mon-sun: "09:00-20:00"}, ', datetime(2026, 11, 27, 17, 30, tzinfo=UTC)),
        ("holidays: GB-SCT, ", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_until_somebody_owns_it_the_segments_calendar_counts_and_then_theirs(
    shifts: Start, sqlite_url: str, own: str, due_at: datetime
) -> None:
    """ "Until owned, the segment's calendar counts (`timezone, hours, holidays`, default the team's); afterwards the
    owner's: the working time already used is carried over, the rest is computed anew."

    30 November 2026 is Saint Andrew's Day: a holiday in Scotland alone, and a Monday.
    """
    friday = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
    shift = shifts(sqlite_url, team=TEAM.replace("{name: EMEA, ", "{name: EMEA, " + own))
    shift.clock.advance_to(friday)
    shift.demo()
    assert shift.handoff().due_at == due_at
    shift.clock.advance(10 * MINUTE)

    taken = answer.accept(shift.desk, 1, "U0ANN")

    # In Berlin it is 17:40, and Ann's Monday begins at eight of London's clock.
    assert (taken.used, taken.due_at) == (10 * MINUTE, datetime(2026, 11, 30, 8, 50, tzinfo=UTC))


def test_a_night_of_thirty_leads_is_a_list_and_no_breach_at_nine_oh_five(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "with one list per person at opening, best first, instead of thirty cards breaching at 09:05." """
    world = worlds(sqlite_url, definition=DEFINITION.replace("first_touch: 60m", "first_touch: 5m"))
    world.until(MONDAY_9 + 11 * HOUR)
    leads = [ADA | {"email": f"lead{n}@engines{n}.example", "last_name": f"No{n}"} for n in range(30)]
    leads[17] |= {"email": "best@gmail.com"}
    world.send(*(world.event("demo_request", lead) for lead in leads))
    assert [world.slack.dms(who) for who in ("U0ANN", "U0BOB", "U0MAX")] == [[], [], []]

    world.until(TUESDAY_9 + 5 * MINUTE)

    for who in ("U0ANN", "U0BOB"):
        [morning] = world.slack.dms(who)
        assert "30 leads came while you were off, best first:" in morning.plain()
    assert world.slack.dms("U0MAX") == []
    cards = world.slack.messages("C0EMEA")
    assert len(cards) == 30
    assert [world.slack.thread("C0EMEA", card.ts) for card in cards] == [[]] * 30


def test_the_clock_starts_at_the_arrival_however_late_slack_has_the_card(either_world: World) -> None:
    """ "The clock starts at the crossing event's arrival, not at the Slack post." """
    world = either_world
    assert world.post({"events": [world.event("demo_request")]}).status_code == 202
    world.clock.advance(40 * MINUTE)
    assert world.slack.messages("C0EMEA") == []

    world.deliver()

    assert "First touch by Nov 23, 2026 10:00 (1 working hour)" in world.card().plain()
    world.pass_time(20 * MINUTE)
    assert "Overdue" in world.slack.thread("C0EMEA", world.card().ts)[-1].text


@pytest.mark.parametrize("ticked", [True, False])
def test_who_says_that_they_are_away_is_offered_to_pass_their_leads_on_and_no_clock_stands_still(
    world: World, ticked: bool
) -> None:
    """ "Going away never pauses a clock; it offers to pass leads on." """
    world.send(world.event("demo_request"))
    world.accept("U0ANN")
    world.ask("U0ANN", "team")
    world.press("U0ANN", "away")
    modal = world.slack.modal("U0ANN")
    assert "Pass 1 open lead on: by turns to who is there, else to the pool" in str(modal)

    passed = {"pass_on": ["all"]} if ticked else {}
    assert world.submit("U0ANN", until_date="2026-11-25", **passed).errors == {}

    assert ("Accepted by @Ann" in world.card().plain()) is not ticked
    assert ("[Accept]" in world.card().plain()) is ticked
    assert "First touch by Nov 23, 2026 10:00" in world.card().plain()
    world.pass_time(HOUR)
    assert "Overdue" in world.slack.thread("C0EMEA", world.card().ts)[-1].text


# -- a change of the team ----------------------------------------------------------------------------------


def test_a_change_of_the_team_and_the_due_times_it_moves_are_stored_together_or_not_at_all(
    shift: Shift,
) -> None:
    """ "A change of the team or an owner recomputes open due times from the working time already used, in its
    transaction." """
    shift.clock.advance(6 * HOUR + 30 * MINUTE)  # Ann's day in Berlin ends in half an hour
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    before, due = shift.handoff(), shift.due()
    run(shift, "CREATE TRIGGER no BEFORE UPDATE OF due_at ON deadline BEGIN SELECT RAISE(ABORT, 'no'); END")

    with pytest.raises(DBAPIError):
        person(shift, "U0BOB", hours="mon-fri 08:00-16:00")
    assert len(versions(shift)) == 1
    assert (shift.handoff(), shift.due()) == (before, due)

    with pytest.raises(DBAPIError):
        passing.reassign(shift.desk, 1, "U0BOB", "U0ANN")
    assert (shift.handoff(), shift.due()) == (before, due)


def test_an_account_executives_new_hours_move_what_waits_for_them(shifts: Start, database_url: str) -> None:
    """ "A change of the team or an owner recomputes open due times from the working time already used, in its
    transaction." """
    shift = shifts(database_url, team=TEAM_WITH_AES)
    shift.clock.advance_to(datetime(2026, 11, 27, 15, 0, tzinfo=UTC))  # a Friday
    qualified(shift)
    monday = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert {at for (_, step), at in shift.due().items() if step.startswith(("half", "all"))} == {monday}

    person(shift, "U0SUE", hours="mon-sat 10:00-18:00")

    saturday = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
    assert sorted(at for (_, step), at in shift.due().items() if step.startswith(("half", "all"))) == [
        saturday,
        saturday + 5 * HOUR,
    ]


# -- the same owner ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "why"),
    [("away", "is away"), ("full", "has as many leads as they take"), ("departed", "has left")],
)
def test_a_companys_owner_who_is_away_full_or_gone_is_passed_over_and_the_card_says_so(
    worlds: Callable[..., World], sqlite_url: str, gone: str, why: str
) -> None:
    """ "Same owner yields to away, full or departed, and says so." """
    capacity = ", capacity: 1" if gone == "full" else ""
    team_file = TURNS.replace("Ann, role: sdr", f"Ann, role: sdr{capacity}")
    world = worlds(sqlite_url, team=team_file)
    desk = world.baton.desk
    world.send(world.event("demo_request", ADA | {"email": "one@engines.example"}))
    world.accept("U0ANN")
    if gone == "away":
        team.go_away(desk, "U0ANN", "U0ANN", ("2026-11-25", ""))
    if gone == "departed":  # from SQL on a lead stays in the name of who has left
        answer.touch(desk, 1, "U0ANN", Touch("call", "reached", "U0ANN", world.now))
        deal.qualify(desk, 1, "U0ANN", Bant(YES))
        people.learn(desk, [Seen("U0ANN", None, deleted=True, guest=False, bot=False)])

    world.send(world.event("demo_request", ADA | {"email": "two@engines.example"}))

    card = world.card().plain()
    assert f"Yours, @Bob. Ann has this company and {why}, so it went to Bob by turns." in card
