"""What Baton says beside the card."""

from zoneinfo import ZoneInfo

import pytest

from bot.desk.govern import Shadow
from bot.desk.report import Told
from bot.slack.views import notes
from bot.slack.views.card import Message
from scoring.handoff import Touch
from scoring.lead import Activity
from storage.funnel import WouldBe
from tests import shown as states
from tests.world import MONDAY_9

LONDON = ZoneInfo("Europe/London")


def read(message: Message) -> str:
    """Every text, a line each."""
    return "\n".join(each["text"] for each in states.texts(message.blocks))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("nudge 50%", "Half the time is used"),
        ("nudge 80%", "80 % of the time is used"),
        ("breach 100%", "Overdue"),
        ("breach 150%", "Overdue"),
        ("breach", "Overdue"),
    ],
)
def test_a_rung_of_the_ladder_has_words(step: str, words: str) -> None:
    assert notes.step_words(step).startswith(words)


def test_a_lead_nobody_took_is_offered_in_its_thread_without_naming_anyone() -> None:
    said = read(notes.nudge_thread(states.shown(), "nudge 50%", []))

    assert said.startswith("⏳ Half the time is used: nobody has touched *Ada Lovelace* yet.")
    assert said.endswith("press Accept to take it.")
    assert "<@" not in said


def test_a_call_to_everyone_names_them() -> None:
    said = read(notes.nudge_thread(states.shown(), "everyone 50%", ["U0BOB", "U0CAT"]))

    assert said.endswith("<@U0BOB> <@U0CAT>")


def test_the_owners_nudge_offers_what_they_most_likely_did() -> None:
    message = notes.nudge_owner(states.accepted(id=17), "nudge 80%", states.LINK)

    buttons = {each["action_id"]: each["value"] for each in message.blocks[1]["elements"]}
    assert buttons == {"touch_call": "17", "touch_email": "17", "touch_booked": "17"}
    assert f"<{states.LINK}|Open the card>" in read(message)
    assert "Open the card" not in read(notes.nudge_owner(states.accepted(), "nudge 80%", None))


@pytest.mark.parametrize(
    ("owner", "readers", "words"),
    [
        ("U0ANN", ["U0ANN"], "<@U0ANN> has not logged a first touch"),
        ("U0ANN", [], "Ann has not logged a first touch"),
        (None, [], "Nobody has accepted it"),
    ],
)
def test_a_breach_says_whose_it_was(owner: str | None, readers: list[str], words: str) -> None:
    broken = notes.Broken("breach", readers, owner, "rep")
    assert words in read(notes.breach_thread(states.shown(owner=owner), broken))


def test_a_breach_says_what_was_in_the_way_where_it_was_not_the_rep() -> None:
    broken = notes.Broken("breach", [], "U0ANN", "nobody")
    assert "Most of the time went to nobody at work." in read(notes.breach_thread(states.shown(), broken))
    itself = notes.Broken("breach", [], "U0ANN", "rep")
    assert "Most of the time" not in read(notes.breach_thread(states.shown(), itself))


HANDED = [
    (notes.Handed("U0BOB", "U0ANN", "by_itself"), "is with <@U0BOB> now: Ann had not touched it in time."),
    (notes.Handed("U0BOB", None, "by_itself"), "is with <@U0BOB> now: nobody had touched it in time."),
    (
        notes.Handed("U0BOB", "U0ANN", "passed_on", "U0ANN"),
        "is with <@U0BOB> now: Ann passed on what they have.",
    ),
    (
        notes.Handed("U0BOB", "U0ANN", "passed_on", "U0MAX"),
        "is with <@U0BOB> now: Max passed on what Ann has.",
    ),
    (notes.Handed("U0BOB", None, "round_robin"), "is with <@U0BOB> now: it is their turn."),
    (notes.Handed("U0MAX", "U0ANN", "reassigned", "U0MAX"), "is with Max now: Max gave it to them."),
    (
        notes.Handed("U0BOB", "U0ANN", "reassigned", "U0MAX", "knows *them*"),
        "gave it to them. “knows ∗them∗”",
    ),
    (notes.Handed(None, "U0ANN", "pool", "U0ANN"), "is back in the pool: Ann gave it back. Press Accept"),
]


@pytest.mark.parametrize(("change", "words"), HANDED)
def test_a_lead_that_changed_hands_says_why_and_calls_who_has_it_now(
    change: notes.Handed, words: str
) -> None:
    said = notes.handed(states.shown(owner=change.to), change, MONDAY_9)
    assert words in read(said)
    assert ("<@U0ANN> <@U0BOB>" in read(said)) == (change.to is None)


def test_several_notices_are_one_message() -> None:
    rows = [Told("breach 100%", states.accepted()), Told("decide", states.accepted(id=2))]
    message = notes.notices(states.several(rows), {1: states.LINK})

    assert message.text == "2 leads need you: Ada Lovelace and others"
    assert read(message).count("Open the card") == 1
    assert "No decision yet on *Ada Lovelace*, with <@U0ANN>, 0 touches logged" in read(message)
    assert notes.notices(states.several(rows[:1]), {}).text == "One lead needs you: Ada Lovelace"


def test_one_touch_is_one_touch() -> None:
    state = states.accepted(touches=(Touch("call", "voicemail", "U0ANN", MONDAY_9),))

    assert "1 touch logged" in read(notes.notices(states.several([Told("decide", state)]), {}))


def test_more_notices_than_fit_are_counted() -> None:
    rows = states.several([Told("breach 100%", states.shown())] * 100)
    assert "… and 60 more." in read(notes.notices(rows, {}))


def test_new_activity_is_named_as_the_definition_names_it() -> None:
    at = int(MONDAY_9.timestamp())
    did = [
        Activity("e1", "pricing_page", "/pricing?<b>", at, at),
        Activity("e2", "roi_calculator", None, at, at),
    ]
    said = read(notes.activity(states.shown(), did, "high"))

    assert "➕ Pricing page: /pricing?&lt;b&gt; · <!date^" in said
    assert "➕ ROI calculator · <!date^" in said
    assert "⬆️ Raised to *high*" in said


def test_activity_that_raises_nothing_says_nothing_of_it() -> None:
    did = [Activity("e1", "pricing_page", None, 0, 0)] * 25
    said = read(notes.activity(states.shown(), did, None))

    assert "Raised" not in said
    assert "… and 5 more" in said


def test_the_shadow_digest_tells_the_share_the_room_and_the_best() -> None:
    facts: dict[str, object] = {"first_name": "Ada", "company": "A & B"}
    best = ((WouldBe(1, MONDAY_9, 90, "demo", "EMEA"), facts),)
    message = notes.shadow_digest(Shadow(MONDAY_9, 50, 10, 30, 40, best))

    assert "50 new leads came in and 10 would have become MQLs (20 % of them)" in read(message)
    assert "your SDRs hold 40 open leads at most" in read(message)
    assert " *90*  Ada, A &amp; B · demo · EMEA" in read(message)
    assert message.blocks[-1]["elements"][0]["action_id"] == "go_live"


def test_a_shadow_day_without_leads_divides_by_nothing() -> None:
    said = read(notes.shadow_digest(Shadow(MONDAY_9, 0, 0, 0, None, ())))

    assert "0 new leads came in" in said
    assert "hold" not in said


def test_going_live_names_who_pressed() -> None:
    assert "since <@U0ADA> pressed Go live" in read(notes.live("U0ADA"))


def test_a_nudge_speaks_of_the_agreed_time_where_the_clock_was_taken_off() -> None:
    said = read(notes.breach_thread(states.shown(due_at=None), notes.Broken("breach 100%")))

    assert "was due the agreed time" in said
