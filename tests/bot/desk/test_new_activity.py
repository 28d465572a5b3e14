"""While a hand-off is open: new activity goes to its thread, may raise its tier, and closes nothing."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

from bot.desk import answer
from scoring.dispositions import Disposition
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, World

MINUTE = timedelta(minutes=1)


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
    addresses = [ADA | {"email": f"a{n}@engines.example"} for n in ids]
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
