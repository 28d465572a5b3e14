"""Nudges: half the time is used, 80 % of it; to whom, where, when, and never twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk import answer, remind, taking_back
from bot.playground import Message
from scoring.dispositions import Disposition
from scoring.handoff import Touch
from scoring.roster import Team
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import until
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, World

MINUTES = [timedelta(minutes=n) for n in range(61)]
GRACE = ADA | {"email": "grace@compilers.example", "first_name": "Grace", "last_name": "Hopper"}
POOL_OF_EMEA = ("<@U0ANN>", "<@U0BOB>")
EVERYONE = DEFINITION.replace(
    "clock: business, play: call now}", "clock: business, play: call now, ladder: {everyone: 50%}}"
)
AWAY = TEAM.replace(
    "timezone: Europe/Berlin}",
    "timezone: Europe/Berlin, away: [{from: 2026-11-23, until: 2026-11-24}]}",
)


@pytest.fixture
def world_of_everyone(worlds: Callable[..., World], sqlite_url: str) -> World:
    """Its demo tier calls everyone at half of the time."""
    return worlds(sqlite_url, definition=EVERYONE)


def thread(world: World) -> list[Message]:
    return world.slack.thread("C0EMEA", world.card().ts)


def handed_over(world: World, **lead: object) -> None:
    world.send(world.event("demo_request", ADA | lead))


def test_a_lead_nobody_owns_is_nudged_in_its_thread_at_half_of_the_time_and_not_before(
    either_world: World,
) -> None:
    handed_over(either_world)
    either_world.pass_time(MINUTES[29])
    assert thread(either_world) == []

    either_world.pass_time(MINUTES[1])

    assert "Half the time is used" in thread(either_world)[0].text
    assert "press Accept" in thread(either_world)[0].plain()
    assert all(either_world.slack.dms(person) == [] for person in ("U0ANN", "U0BOB", "U0MAX"))


def test_the_pool_is_mentioned_by_the_first_nudge_and_by_no_later_one(world: World) -> None:
    """ "Each nudge and breach names its step ("half the time is used", "80 %", "overdue")." "unowned ones
    mention on-shift pool members once;" """
    handed_over(world)
    for _ in range(13):
        world.pass_time(MINUTES[5])

    half, most, overdue = [str(note.blocks) for note in thread(world)]
    assert all(mention in half for mention in POOL_OF_EMEA)
    assert "<@U0CAT>" not in half
    assert not any(mention in most + overdue for mention in POOL_OF_EMEA)
    assert "80 % of the time" in most
    assert "Half the time is used" in half
    assert "Overdue" in overdue


def test_somebody_of_the_pool_who_is_off_is_not_mentioned(world: World) -> None:
    """ "unowned ones mention on-shift pool members once;" """
    # 16:30 in London is 17:30 in Berlin, where Ann has gone home.
    world.until(MONDAY_9.replace(hour=16))
    handed_over(world)
    world.pass_time(MINUTES[30])

    assert "<@U0BOB>" in str(thread(world)[0].blocks)
    assert "<@U0ANN>" not in str(thread(world)[0].blocks)


def test_a_pool_that_was_not_called_because_a_step_was_skipped_is_called_by_the_next(world: World) -> None:
    handed_over(world)
    world.pass_time(MINUTES[50])

    assert len(thread(world)) == 1
    assert "80 % of the time" in thread(world)[0].text
    assert all(mention in str(thread(world)[0].blocks) for mention in POOL_OF_EMEA)


def test_nothing_baton_says_calls_the_whole_channel(world: World) -> None:
    """ "never `@channel` or `@here`." """
    handed_over(world, message="<!channel> <!here> @channel @here")
    for _ in range(8):
        world.pass_time(MINUTES[10])

    said = [*world.slack.messages("C0EMEA"), *thread(world), *world.slack.dms("U0MAX")]
    assert len(said) >= 5
    assert not any(
        word in str(note.blocks) + note.text
        for note in said
        for word in ("<!channel", "<!here", "<!everyone")
    )


@pytest.mark.parametrize(
    ("minutes", "step"), [(30, "Half the time is used"), (48, "80 % of the time is used")]
)
def test_the_owner_is_nudged_by_direct_message_with_what_they_most_likely_did_on_it(
    world: World, minutes: int, step: str
) -> None:
    """ "Nudges carry "I called", "I e-mailed", "Booked"." """
    handed_over(world)
    world.accept("U0BOB")
    world.pass_time(MINUTES[minutes])

    dms = world.slack.dms("U0BOB")
    assert len(dms) == 1
    assert step in dms[0].plain()
    assert "Ada Lovelace" in dms[0].plain()
    labels = [element["text"]["text"] for element in dms[0].blocks[-1]["elements"]]
    assert labels == ["I called", "I e-mailed", "Booked"]


def test_after_accept_the_thread_hears_no_nudge_and_nobody_else_is_written_to(world: World) -> None:
    """ "Accept ends the nudges to the channel; first-touch nudges then go to the owner alone." """
    handed_over(world)
    world.accept("U0BOB")
    world.pass_time(MINUTES[30])
    world.pass_time(MINUTES[18])

    assert len(world.slack.dms("U0BOB")) == 2
    assert thread(world) == []
    assert world.slack.dms("U0ANN") == world.slack.dms("U0MAX") == []


@pytest.mark.parametrize(("button", "kind"), [("touch_call", "call"), ("touch_email", "email")])
def test_i_called_and_i_emailed_open_the_form_with_the_kind_chosen(
    world: World, button: str, kind: str
) -> None:
    """ "Nudges carry "I called", "I e-mailed", "Booked"." """
    handed_over(world)
    world.accept("U0BOB")
    world.pass_time(MINUTES[30])

    world.press("U0BOB", button)
    modal = world.slack.modal("U0BOB")
    assert modal is not None
    chosen = next(block for block in modal["blocks"] if block.get("block_id") == "kind")
    assert chosen["element"]["initial_option"]["value"] == kind

    assert world.submit("U0BOB", outcome="reached").errors == {}
    assert "1 touch logged" in world.card().plain()
    world.pass_time(MINUTES[60])
    assert len(world.slack.dms("U0BOB")) == 1, "a nudge after the first touch"


def test_booked_logs_the_meeting_at_once_and_stops_the_clock(world: World) -> None:
    """ "Nudges carry "I called", "I e-mailed", "Booked"." """
    handed_over(world)
    world.accept("U0BOB")
    world.pass_time(MINUTES[30])

    for _ in range(2):  # a double click
        world.press("U0BOB", "touch_booked")

    assert world.slack.modal("U0BOB") is None
    assert "Meeting: meeting booked" in world.card().plain()
    assert "1 touch logged" in world.card().plain()
    for _ in range(4):
        world.pass_time(MINUTES[15])
    assert len(world.slack.dms("U0BOB")) == 1
    assert world.slack.dms("U0MAX") == []
    assert thread(world) == []


def test_everyone_at_half_calls_the_pool_and_the_managers_who_are_there(world_of_everyone: World) -> None:
    handed_over(world_of_everyone)
    world_of_everyone.pass_time(MINUTES[30])

    notes = thread(world_of_everyone)
    assert len(notes) == 1, "the nudge of the same moment stays unsaid"
    assert all(who in str(notes[0].blocks) for who in (*POOL_OF_EMEA, "<@U0MAX>"))
    assert "<@U0MIA>" not in str(notes[0].blocks)


def test_everyone_is_not_called_once_somebody_has_accepted(world_of_everyone: World) -> None:
    handed_over(world_of_everyone)
    world_of_everyone.accept("U0BOB")
    world_of_everyone.pass_time(MINUTES[30])

    assert thread(world_of_everyone) == []
    assert len(world_of_everyone.slack.dms("U0BOB")) == 1


def test_a_manager_who_is_off_is_not_called_with_everyone(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    late = TEAM.replace("{name: Max, role: manager,", "{name: Max, role: manager, timezone: Asia/Tokyo,")
    shift = shifts(sqlite_url, definition=EVERYONE, team=late)
    shift.demo()
    shift.clock.advance(MINUTES[30])
    remind.remind(shift.desk)

    assert shift.letters("note")[0].body["mention"] == ["U0ANN", "U0BOB"]


def test_the_owners_calendar_counts_from_accept_and_the_time_used_is_carried_over(shift: Shift) -> None:
    """ "afterwards the owner's: the working time already used is carried over, the rest is computed anew." """
    # 15:30 in London is 16:30 in Berlin: after 10 minutes Ann takes it and has 20 minutes left today.
    shift.clock.advance_to(MONDAY_9.replace(hour=15, minute=30))
    id_ = shift.demo()
    shift.clock.advance(MINUTES[10])
    answer.accept(shift.desk, id_, "U0ANN")

    due = shift.due(id_)
    tuesday_in_berlin = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert due["first_touch", "nudge 50%"] == tuesday_in_berlin, "30 minutes are used as Ann's day ends"
    assert due["first_touch", "nudge 80%"] == tuesday_in_berlin + MINUTES[18]
    assert due["first_touch", "breach"] == tuesday_in_berlin + MINUTES[30]


def test_the_owner_in_berlin_is_not_nudged_after_her_day_and_is_at_her_own_opening(world: World) -> None:
    """ "A nudge waits for its reader's hours;" """
    world.until(MONDAY_9.replace(hour=15, minute=30))
    handed_over(world)
    world.accept("U0ANN")
    for _ in range(12):
        world.pass_time(MINUTES[15])
    assert world.slack.dms("U0ANN") == []

    world.until(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
    assert len(world.slack.dms("U0ANN")) == 1


def test_an_owner_who_is_away_gets_no_nudge_and_no_stale_one_on_coming_back(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """ "Going away never pauses a clock;" """
    shift = shifts(sqlite_url, team=AWAY)
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0ANN")
    until(shift, shift.now + 60 * MINUTES[60])

    assert [letter for letter in shift.letters("dm") if letter.body["reader"] == "U0ANN"] == []
    notes = shift.letters("note")
    assert [note.body["step"] for note in notes] == ["breach"], "going away never pauses a clock"
    assert notes[0].body["mention"] == [], "who is away is named, not called"


def test_a_nudge_that_waits_in_the_outbox_is_dropped_when_the_lead_is_touched_meanwhile(
    world: World,
) -> None:
    """ "(No claim nudge after acceptance, no touch nudge after first touch.)" """
    handed_over(world)
    world.accept("U0BOB")
    world.clock.advance(MINUTES[30])
    world.baton.schedule.tick()  # decided, not yet sent
    tried = Touch("call", "reached", "U0BOB", world.now)
    answer.touch(world.baton.desk, 1, "U0BOB", tried)
    world.deliver()

    assert world.slack.dms("U0BOB") == []


def test_a_claim_nudge_that_waits_in_the_outbox_is_dropped_when_somebody_accepts(world: World) -> None:
    """ "(No claim nudge after acceptance, no touch nudge after first touch.)" """
    handed_over(world)
    world.clock.advance(MINUTES[30])
    world.baton.schedule.tick()
    answer.accept(world.baton.desk, 1, "U0BOB")
    world.deliver()

    assert thread(world) == []


def test_after_a_rejection_nothing_is_ever_said_again(world: World) -> None:
    """ "First touch or an end stops both." """
    handed_over(world)
    world.press("U0BOB", "reject")
    world.submit("U0BOB", reason="not_fit.size")
    for _ in range(30):
        world.pass_time(timedelta(hours=13))

    assert thread(world) == []
    assert world.slack.dms("U0BOB") == world.slack.dms("U0MAX") == []


def test_undoing_the_touch_brings_the_steps_back_and_repeats_none(shift: Shift) -> None:
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0BOB")
    shift.clock.advance(MINUTES[30])
    remind.remind(shift.desk)
    answer.touch(shift.desk, id_, "U0BOB", Touch("call", "no_answer", "U0BOB", shift.now))
    assert not any(kind == "first_touch" for kind, _ in shift.due(id_))

    taking_back.undo(shift.desk, id_, "U0BOB")
    assert {step for kind, step in shift.due(id_) if kind == "first_touch"} == {"nudge 80%", "breach"}
    shift.clock.advance(MINUTES[18])
    remind.remind(shift.desk)
    assert [letter.body["step"] for letter in shift.letters("dm")] == ["nudge 50%", "nudge 80%"]


def test_undoing_a_rejection_brings_the_nudges_back(shift: Shift) -> None:
    id_ = shift.demo()
    answer.end(shift.desk, id_, "U0BOB", Disposition("not_fit.size"))
    assert shift.due(id_) == {}

    taking_back.undo(shift.desk, id_, "U0BOB")
    assert shift.due(id_)["first_touch", "nudge 50%"] == MONDAY_9 + MINUTES[30]


def test_a_higher_tier_has_its_own_rungs_and_keeps_none_of_the_old_tiers(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    rungs = DEFINITION.replace("clock: business}\n", "clock: business, ladder: {nudge: [25%, 90%]}}\n")
    shift = shifts(sqlite_url, definition=rungs)
    shift.arrive(shift.event("pricing_page"), shift.event("webinar", asset="a"))
    assert ("first_touch", "nudge 25%") in shift.due(1)

    shift.arrive(shift.event("demo_request"))
    assert shift.handoff(1).tier == "demo"
    assert {step for kind, step in shift.due(1) if kind == "first_touch"} == {
        "nudge 50%",
        "nudge 80%",
        "breach",
    }


def off(team: Team, reader: str, at: datetime) -> bool:
    person = team.person(reader)
    return person is None or not team.on_shift(person, at)


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wait=st.integers(0, 4 * 24 * 60),
    owner=st.sampled_from([None, "U0ANN", "U0BOB"]),
    accepted_after=st.integers(0, 90),
    steps=st.lists(st.integers(1, 700), min_size=8, max_size=20),
)
def test_whenever_a_lead_arrives_nobody_is_written_to_while_they_are_off(
    world: World, wait: int, owner: str | None, accepted_after: int, steps: list[int]
) -> None:
    """ "Nudges and breaches: never outside the reader's hours;" """
    seen = {id_: len(notes(world, id_)) for id_ in ("C0EMEA", "U0ANN", "U0BOB", "U0MAX")}
    world.pass_time(timedelta(minutes=wait))
    address = (
        f"lead{len(world.slack.messages('C0EMEA'))}@engines{len(world.slack.messages('C0EMEA'))}.example"
    )
    handed_over(world, email=address)
    handoff = int(world.card().metadata["event_payload"]["handoff"])  # type: ignore[index]
    seen = {id_: len(notes(world, id_)) for id_ in seen}
    for number, minutes in enumerate([accepted_after, *steps]):
        world.pass_time(timedelta(minutes=minutes))
        team = agreed_team(world)
        for id_ in seen:
            fresh, seen[id_] = notes(world, id_)[seen[id_] :], len(notes(world, id_))
            if id_ != "C0EMEA":
                assert not (fresh and off(team, id_, world.now)), f"{id_} is off at {world.now}: {fresh}"
            for note in fresh:
                mentioned = [who for who in ("U0ANN", "U0BOB", "U0MAX") if f"<@{who}>" in str(note.blocks)]
                absent = [who for who in mentioned if id_ == "C0EMEA" and off(team, who, world.now)]
                assert not absent, f"{absent} called at {world.now}: {note.text}"
        if number == 0 and owner is not None:
            answer.accept(world.baton.desk, handoff, owner)
            world.deliver()
    answer.end(world.baton.desk, handoff, "U0MAX", Disposition("not_fit.size"))
    world.deliver()


def agreed_team(world: World) -> Team:
    with world.baton.desk.database.reading() as session:
        return world.baton.desk.agreed(session).team


def notes(world: World, place: str) -> list[Message]:
    """The replies in a channel's threads, or somebody's direct messages."""
    if place.startswith("U"):
        return world.slack.dms(place)
    found = [world.slack.thread(place, card.ts) for card in world.slack.messages(place)]
    return sorted((note for replies in found for note in replies), key=lambda note: note.ts)
