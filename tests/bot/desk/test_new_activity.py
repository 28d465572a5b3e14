"""While a hand-off is open: new activity goes to its thread, may raise its tier, and closes nothing."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

from bot.desk import answer, remind, taking_back
from bot.desk.desk import Desk, open_database
from scoring.dispositions import Disposition
from storage.tables import OutboxRow
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def tick(desk: Desk) -> None:
    while remind.remind(desk):
        pass


def told(shift: Shift) -> list[OutboxRow]:
    """The notes about activity."""
    return [letter for letter in shift.letters("note") if letter.body["view"] == "activity"]


def warm(shift: Shift) -> None:
    """Ada is an MQL of the last tier (8 working hours): 75 points, no demo."""
    shift.arrive(shift.event("pricing_page"), shift.event("webinar"))
    assert shift.handoff().tier == "standard"


def test_new_activity_goes_to_the_thread_and_not_to_a_second_card(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.send(world.event("pricing_page", asset="Enterprise plan"), world.event("ebook", asset="Guide"))

    assert len(world.slack.messages("C0EMEA")) == 1
    notes = world.slack.thread("C0EMEA", world.card().ts)
    assert len(notes) == 1
    assert "Pricing page: Enterprise plan" in notes[0].plain()
    assert "Ebook: Guide" in notes[0].plain()
    assert world.slack.complaints == []


def test_a_thread_gets_one_note_an_hour_and_what_happens_meanwhile_is_one_note_at_its_end(
    either_world: World,
) -> None:
    """ "At most one note per hour" """
    world = either_world
    world.send(world.event("demo_request"))

    def told() -> list[str]:
        return [
            note.plain() for note in world.slack.thread("C0EMEA", world.card().ts) if "➕" in note.plain()
        ]

    for minute in range(0, 60, 10):
        world.send(world.event("pricing_page", asset=f"Plan {minute}"))
        world.pass_time(10 * MINUTE - timedelta(seconds=1) if minute == 50 else 10 * MINUTE)
    assert len(told()) == 1
    assert "Plan 0" in told()[0]

    world.pass_time(timedelta(seconds=1))
    assert len(told()) == 2
    assert [f"Plan {minute}" in told()[1] for minute in range(0, 60, 10)] == [False, *[True] * 5]

    world.pass_time(30 * MINUTE)
    world.send(world.event("ebook", asset="Guide"))
    assert len(told()) == 2, "the second note is half an hour old"
    world.pass_time(30 * MINUTE)
    assert len(told()) == 3
    world.pass_time(3 * HOUR)
    world.send(world.event("ebook", asset="Later"))
    assert [len(told()), "Later" in told()[-1]] == [4, True], "after an hour of silence at once"
    assert world.slack.complaints == []


def test_what_was_collected_while_baton_slept_is_told_once(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    for asset in ("a", "b", "c"):
        shift.arrive(shift.event("ebook", asset=asset))
    assert [len(letter.body["events"]) for letter in told(shift)] == [1]

    shift.clock.advance(7 * HOUR)
    for _ in range(3):
        tick(shift.desk)

    assert [len(letter.body["events"]) for letter in told(shift)] == [1, 2]
    assert ("activity", "note") not in shift.due()


def test_after_the_hand_off_ended_nothing_is_told(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    for asset in ("a", "b"):
        shift.arrive(shift.event("ebook", asset=asset))
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(HOUR)
    tick(shift.desk)
    assert len(told(shift)) == 1


def test_what_was_kept_back_by_an_end_is_told_with_what_comes_after_its_undo(shift: Shift) -> None:
    shift.demo()
    for asset in ("a", "b"):
        shift.arrive(shift.event("ebook", asset=asset))
    shift.clock.advance(55 * MINUTE)
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(5 * MINUTE)
    tick(shift.desk)
    taking_back.undo(shift.desk, 1, "U0ANN")
    shift.arrive(shift.event("ebook", asset="c"))
    assert [len(letter.body["events"]) for letter in told(shift)] == [1, 2]


def test_a_note_that_waited_for_slack_is_not_sent_once_the_hand_off_is_over(world: World) -> None:
    world.send(world.event("demo_request"))
    world.post({"events": [world.event("ebook")]})
    world.slack.press("U0ANN", "reject")
    world.slack.submit("U0ANN", {"reason": "no_budget"})
    world.deliver()
    assert "Recycled" in world.card().plain()
    assert world.slack.thread("C0EMEA", world.card().ts) == []


def test_a_tier_is_raised_by_a_fact_alone_and_the_thread_says_so_at_once(either_world: World) -> None:
    world = either_world
    small = {key: value for key, value in ADA.items() if key not in ("title", "employees", "industry")}
    world.send(*(world.event(name, small) for name in ("pricing_page", "webinar", "webinar", "pricing_page")))
    world.send(world.event("pricing_page", small, asset="b"), world.event("webinar", small, asset="c"))
    world.send(world.event("ebook", small, asset="first note of the hour"))
    before = len(world.slack.thread("C0EMEA", world.card().ts))

    world.send(world.event(None, ADA))

    notes = world.slack.thread("C0EMEA", world.card().ts)[before:]
    assert [note.plain() for note in notes] == ["⬆️ Raised to high; the card shows what is promised now."]
    assert world.slack.complaints == []


def test_a_raise_is_told_at_once_whatever_was_told_this_hour(either_shift: Shift) -> None:
    shift = either_shift
    nobody_yet = {key: value for key, value in ADA.items() if key != "title"}
    shift.arrive(shift.event("pricing_page", nobody_yet), shift.event("webinar", nobody_yet))
    assert shift.handoff().tier == "standard"
    shift.arrive(shift.event("ebook", nobody_yet, asset="a"))
    shift.arrive(shift.event("ebook", nobody_yet, asset="b"))
    shift.arrive(shift.event("demo_request", nobody_yet))

    assert [len(letter.body["events"]) for letter in told(shift)] == [1]
    (raised,) = [letter for letter in shift.letters("note") if letter.body["view"] == "raised"]
    assert (raised.body["raised"], len(raised.body["events"])) == ("demo", 1)
    shift.clock.advance(HOUR)
    tick(shift.desk)
    assert [len(letter.body["events"]) for letter in told(shift)] == [1, 1], "the demo is told already"


def test_what_comes_in_while_a_note_is_written_is_told_with_the_next_one(
    postgres_shift: Shift, postgres_url: str
) -> None:
    """Two Batons: one takes in activity, the other writes the hour's notes, over and over."""
    shift = postgres_shift
    shift.demo()
    other = Desk(open_database(postgres_url, "serve"), shift.clock)
    start = Barrier(2)
    rounds = 25

    def look() -> None:
        for _ in range(rounds):
            start.wait(timeout=30)
            tick(other)
            start.wait(timeout=30)

    looking = Thread(target=look)
    looking.start()
    try:
        for each in range(rounds):
            shift.clock.advance(30 * MINUTE)
            start.wait(timeout=30)
            shift.arrive(shift.event("ebook", asset=str(each)))
            start.wait(timeout=30)
    finally:
        looking.join()
        other.database.close()
    shift.clock.advance(HOUR)
    tick(shift.desk)

    told_of = [event for letter in told(shift) for event in letter.body["events"]]
    assert len(told_of) == len(set(told_of)) == rounds
    assert len(told(shift)) <= rounds // 2 + 2


def test_opens_and_unknown_signals_do_not_fill_the_thread(world: World) -> None:
    world.send(world.event("demo_request"))
    for _ in range(3):
        world.send(world.event("email_open"), world.event("moon_phase"))
    world.send(world.event(None, ADA | {"employees": 130}))

    assert world.slack.thread("C0EMEA", world.card().ts) == []


def test_a_demo_request_raises_an_open_hand_off_and_the_thread_says_so(either_world: World) -> None:
    world = either_world
    world.send(world.event("pricing_page"), world.event("webinar"))
    assert "8 working hours" in world.card().plain()

    world.send(world.event("demo_request"))

    assert "1 working hour" in world.card().plain()
    assert "call now" in world.card().plain()
    assert "125 = fit 40 + intent 85" in world.card().plain()
    note = world.slack.thread("C0EMEA", world.card().ts)[0].plain()
    assert "Raised to demo" in note
    assert len(world.slack.messages("C0EMEA")) == 1
    assert world.slack.complaints == []


def test_a_raise_shortens_the_due_time_and_keeps_the_time_already_used(either_shift: Shift) -> None:
    shift = either_shift
    warm(shift)
    shift.clock.advance(20 * MINUTE)

    shift.arrive(shift.event("demo_request"))

    raised = shift.handoff()
    assert (raised.tier, raised.allowance) == ("demo", timedelta(hours=1))
    assert raised.due_at == shift.now + 40 * MINUTE, "20 of the 60 minutes are used"
    assert shift.due()["first_touch", "breach"] == raised.due_at
    assert shift.actions() == ["create", "raise"]


def test_a_raise_never_makes_the_due_time_later(shift: Shift) -> None:
    shift.demo()
    due = shift.handoff().due_at

    shift.arrive(*(shift.event(signal) for signal in ("pricing_page", "webinar", "webinar", "ebook")))

    assert (shift.handoff().tier, shift.handoff().due_at) == ("demo", due)
    assert shift.actions() == ["create"]


def test_a_raise_after_the_first_touch_starts_no_clock_again(shift: Shift) -> None:
    warm(shift)
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))

    shift.arrive(shift.event("demo_request"))

    assert shift.handoff().tier == "demo"
    assert {kind for kind, _ in shift.due()} == {"decide"}


def test_a_raise_leaves_the_owner_and_the_stage_alone(shift: Shift) -> None:
    warm(shift)
    answer.accept(shift.desk, 1, "U0BOB")

    shift.arrive(shift.event("demo_request"))

    after = shift.handoff()
    assert (after.owner, after.stage, after.accepted_at) == ("U0BOB", "sal", shift.now)


def test_a_fact_that_fails_a_hard_gate_flags_the_open_card_and_closes_nothing(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "accept")

    world.clock.advance(MINUTE)
    world.send(world.event(None, ADA | {"country": "KP"}))

    card = world.card().plain()
    assert "⚠️ Fails the gate: Country is not KP" in card
    assert "Accepted by @Ann" in card

    world.clock.advance(MINUTE)
    world.send(world.event(None, ADA | {"country": "FR"}))
    assert "⚠️" not in world.card().plain()
    assert world.slack.complaints == []


def test_a_soft_gate_that_fails_later_flags_nothing(shift: Shift) -> None:
    shift.demo()

    shift.arrive(shift.event(None, ADA | {"employees": 9_000}))

    assert shift.handoff().flag is None
    assert shift.handoff().open


def test_an_open_mql_stays_one_when_its_points_fade(shift: Shift) -> None:
    warm(shift)
    shift.clock.advance(timedelta(days=40))  # the pricing page counts for 30 days

    shift.arrive(shift.event("email_open"))

    assert shift.handoff().open
    assert shift.handoff().score == 75, "the receipt of the crossing stays"


def test_neither_the_raise_nor_the_press_is_lost_when_both_come_at_once(postgres_shift: Shift) -> None:
    shift = postgres_shift
    ids = range(1, 31)
    addresses = [ADA | {"email": f"a{n}@engines{n}.example"} for n in ids]
    shift.arrive(*(shift.event(signal, who) for who in addresses for signal in ("pricing_page", "webinar")))
    demos = [shift.event("demo_request", who) for who in addresses]
    start = Barrier(2)

    def press() -> None:
        for id_ in ids:
            start.wait(timeout=30)
            answer.accept(shift.desk, id_, "U0ANN")

    def ask() -> None:
        for demo in demos:
            start.wait(timeout=30)
            shift.arrive(demo)

    sides = [Thread(target=press), Thread(target=ask)]
    for side in sides:
        side.start()
    for side in sides:
        side.join()

    assert {(row.owner, row.stage, row.tier, row.n) for row in shift.rows()} == {("U0ANN", "sal", "demo", 3)}


LEAVES = "{not: {signal: unsubscribed}, hard: true, label: Wants mail}"


def test_a_deed_that_fails_a_hard_gate_flags_the_open_card_and_closes_nothing(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """ "One grammar for conditions, everywhere (gates, …)" """
    shift = shifts(sqlite_url, definition=DEFINITION.replace("gates:\n", f"gates:\n  - {LEAVES}\n"))
    shift.demo()
    assert shift.handoff().flag is None

    shift.arrive(shift.event("unsubscribed"))
    shift.arrive(shift.event("pricing_page"))

    assert (shift.handoff().flag, shift.handoff().open) == ("Fails the gate: Wants mail.", True)


def test_a_gate_that_asks_whether_a_lead_returns_is_asked_so_while_its_hand_off_is_open(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """ "`{returning: true}`", and the score shown counts it too."""
    newcomers = "gates:\n  - {any: [{returning: true}, {not: {signal: ebook}}], hard: true, label: New}\n"
    back = "fit:\n  history: [{returning: true, points: 7}]\n"
    definition = DEFINITION.replace("gates:\n", newcomers).replace("fit:\n", back)
    shift = shifts(sqlite_url, definition=definition)
    shift.demo()
    shift.arrive(shift.event("ebook"))
    assert shift.handoff().flag == "Fails the gate: New."
    first = shift.handoff().fit

    answer.end(shift.desk, 1, "U0ANN", Disposition("other", note="next year"))
    shift.clock.advance(timedelta(days=40))
    shift.demo()
    shift.arrive(shift.event("ebook"))

    assert (shift.handoff(2).flag, shift.handoff(2).fit) == (None, first + 7)
