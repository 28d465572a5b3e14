"""Cards and notes on their way to a Slack that loses answers, limits, forgets and refuses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.courier import GRACE
from bot.desk import answer, taking_back
from bot.playground import Message, Slack
from scoring.handoff import Touch
from storage import outbox
from storage.outbox import LEASE, Letter
from tests.bot.patience import Patient
from tests.world import ADA, MONDAY_9, World

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
GRACE_HOPPER = ADA | {"email": "grace@compilers.example", "first_name": "Grace", "last_name": "Hopper"}
ABROAD = {"email": "kim@far.example", "country": "US", "first_name": "Kim"}
POSTS = "chat.postMessage"


def demo(world: World, lead: dict[str, Any] = ADA) -> None:
    world.send(world.event("demo_request", lead))


def thread(world: World) -> list[Message]:
    return world.slack.thread("C0EMEA", world.card().ts)


def test_a_card_is_posted_once_however_often_the_courier_looks(either_patient: Patient) -> None:
    demo(either_patient)
    for _ in range(3):
        either_patient.wait(MINUTE)

    assert either_patient.calls(POSTS) == 1
    assert either_patient.calls("chat.update") == 0


def test_ten_quick_changes_make_one_edit(patient: Patient) -> None:
    demo(patient)
    desk = patient.baton.desk
    answer.accept(desk, 1, "U0BOB")
    for _ in range(9):
        answer.touch(desk, 1, "U0BOB", Touch("call", "no_answer", "U0BOB", patient.now))
    patient.deliver()

    assert patient.calls("chat.update") == 1
    assert "9 touches logged" in patient.card().plain()


def test_a_change_that_leaves_the_card_as_it_was_is_not_sent(patient: Patient) -> None:
    demo(patient)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    taking_back.undo(patient.baton.desk, 1, "U0BOB")
    patient.deliver()

    assert patient.calls("chat.update") == 0
    assert patient.state() == [("sent", None)]


def test_after_a_doubtful_edit_the_card_is_edited_though_it_should_look_as_it_did_before(
    patient: Patient,
) -> None:
    demo(patient)
    before = patient.card().plain()
    patient.slack.fail("chat.update", "drop")
    patient.accept("U0BOB")
    assert patient.card().plain() != before, "Slack made the edit whose answer was lost"
    taking_back.undo(patient.baton.desk, 1, "U0BOB")
    patient.wait(GRACE)

    assert patient.card().plain() == before


def test_a_change_during_a_delivery_is_delivered_afterwards(patient: Patient) -> None:
    demo(patient)
    patient.slack.fail("chat.update", "latency", seconds=0.4)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.baton.courier.start()
    patient.baton.courier.wake()
    patient.slack.wait_for(lambda: patient.state()[0][0] == "sending")
    answer.touch(patient.baton.desk, 1, "U0BOB", Touch("call", "reached", "U0BOB", patient.now))
    patient.slack.wait_for(lambda: "1 touch logged" in patient.card().plain())
    patient.slack.wait_for(lambda: patient.state()[0][0] == "sent")

    assert patient.calls("chat.update") == 2


@pytest.mark.parametrize("fault", ["drop", "500_after"])
def test_a_card_whose_answer_was_lost_is_found_in_the_history_and_not_posted_again(
    either_patient: Patient, fault: str
) -> None:
    either_patient.slack.fail(POSTS, fault)
    demo(either_patient)
    assert either_patient.state()[0][0] == "unknown"
    either_patient.wait(GRACE - SECOND)
    assert either_patient.calls("conversations.history") == 0

    either_patient.wait(2 * SECOND)
    assert len(either_patient.slack.messages("C0EMEA")) == 1
    assert either_patient.calls(POSTS) == 1
    assert either_patient.calls("conversations.history") == 1
    either_patient.accept("U0BOB")
    assert "Accepted by" in either_patient.card().text, "the card found is the card that is edited"


def test_a_card_that_never_arrived_is_posted_after_the_grace(patient: Patient) -> None:
    patient.slack.fail(POSTS, "500_before")
    demo(patient)
    assert patient.slack.messages("C0EMEA") == []

    patient.wait(GRACE)
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_a_history_that_cannot_be_read_leaves_the_card_unknown_and_never_posts_it_twice(
    patient: Patient,
) -> None:
    patient.slack.fail(POSTS, "drop")
    patient.slack.fail("conversations.history", "missing_scope", times=2)
    patient.slack.fail("conversations.history", "ratelimited", times=1, seconds=1)
    demo(patient)
    for _ in range(2):
        patient.wait(2 * MINUTE)
        assert patient.state()[0][0] == "unknown"
    for _ in range(4):
        patient.wait(2 * MINUTE)

    assert patient.calls(POSTS, "C0EMEA") == 1
    assert patient.state()[0][0] == "sent"
    assert ["may not read the history of <#C0EMEA>" in said for said in patient.alerts()] == [True]


def test_a_press_on_a_card_we_never_saw_confirmed_heals_it(patient: Patient) -> None:
    patient.slack.fail(POSTS, "drop")
    demo(patient)
    patient.accept("U0BOB")
    patient.wait(GRACE)

    assert patient.calls(POSTS) == 1
    assert "Accepted by" in patient.card().text


def test_a_lost_note_is_found_in_the_thread_and_not_said_twice(patient: Patient) -> None:
    demo(patient)
    patient.slack.fail(POSTS, "drop", channel="C0EMEA")
    patient.pass_time(30 * MINUTE)
    patient.wait(GRACE)

    assert len(thread(patient)) == 1
    assert patient.calls(POSTS) == 2
    assert patient.calls("conversations.replies") == 1


def test_a_lost_direct_message_is_found_and_not_said_twice(patient: Patient) -> None:
    demo(patient)
    patient.accept("U0BOB")
    patient.slack.fail(POSTS, "drop", channel="U0BOB")
    patient.pass_time(30 * MINUTE)
    patient.wait(GRACE)

    assert len(patient.slack.dms("U0BOB")) == 1


def test_a_429_holds_its_channel_for_retry_after_and_the_others_go_on(patient: Patient) -> None:
    patient.slack.fail(POSTS, "ratelimited", channel="C0EMEA", seconds=30)
    demo(patient)
    demo(patient, GRACE_HOPPER)
    demo(patient, ABROAD)
    assert patient.slack.messages("C0EMEA") == []
    assert len(patient.slack.messages("C0ALL")) == 1

    patient.wait(28 * SECOND)
    assert patient.slack.messages("C0EMEA") == []
    patient.wait(2 * SECOND)
    assert len(patient.slack.messages("C0EMEA")) == 2


def test_a_note_waits_for_its_card(patient: Patient) -> None:
    patient.slack.fail(POSTS, "500_before")
    demo(patient)
    patient.pass_time(30 * MINUTE)
    assert patient.slack.messages("C0EMEA") == []

    patient.wait(GRACE)
    patient.wait(2 * SECOND)
    assert len(thread(patient)) == 1
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_a_card_somebody_deleted_is_posted_again_at_its_next_change(patient: Patient) -> None:
    demo(patient)
    patient.slack.workspace.remove(patient.slack.workspace.messages["C0EMEA"][0])
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    patient.press("U0BOB", "undo")

    assert len(patient.slack.messages("C0EMEA")) == 1
    assert "Accept" in patient.card().plain()
    assert patient.calls(POSTS) == 2


def test_a_card_posted_again_whose_answer_was_lost_is_not_posted_a_third_time(patient: Patient) -> None:
    demo(patient)
    patient.slack.workspace.remove(patient.slack.workspace.messages["C0EMEA"][0])
    patient.slack.fail(POSTS, "drop")
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    answer.touch(patient.baton.desk, 1, "U0BOB", Touch("call", "reached", "U0BOB", patient.now))
    patient.wait(GRACE)

    assert len(patient.slack.messages("C0EMEA")) == 1
    assert "1 touch logged" in patient.card().plain()


@pytest.mark.parametrize("refusal", ["token_revoked", "invalid_auth", "missing_scope", "restricted_action"])
def test_a_card_waits_for_a_repair_and_goes_out_after_it(patient: Patient, refusal: str) -> None:
    patient.slack.fail(POSTS, refusal, times=None)
    demo(patient)
    patient.wait(10 * MINUTE)
    assert patient.slack.messages("C0EMEA") == []
    assert patient.state() == [("new", refusal)]

    patient.slack.heal()
    patient.wait(MINUTE)
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_an_edit_in_an_archived_channel_waits_until_it_is_open_again(patient: Patient) -> None:
    demo(patient)
    patient.slack.change_channel("C0EMEA", archived=True)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    assert patient.state()[0][0] == "new"

    patient.slack.change_channel("C0EMEA", archived=False)
    patient.wait(MINUTE)
    assert "Accepted by" in patient.card().text


def test_nudges_that_waited_for_a_repair_come_as_one_the_latest(patient: Patient) -> None:
    demo(patient)
    patient.slack.fail(POSTS, "token_revoked", times=None)
    patient.pass_time(30 * MINUTE)
    patient.pass_time(18 * MINUTE)
    patient.slack.heal()
    patient.wait(MINUTE)

    assert ["80 %" in note.text for note in thread(patient)] == [True]


@pytest.mark.parametrize("owned", [True, False])
def test_a_nudge_that_waited_for_a_repair_does_not_go_out_at_night(patient: Patient, owned: bool) -> None:
    patient.until(MONDAY_9.replace(hour=16, minute=25))
    demo(patient)
    if owned:
        patient.accept("U0BOB")
    patient.slack.fail(POSTS, "token_revoked", times=None)
    patient.pass_time(30 * MINUTE)
    patient.slack.heal()
    patient.clock.advance(4 * 60 * MINUTE)
    patient.wait(MINUTE)
    assert patient.slack.dms("U0BOB") == thread(patient) == []

    patient.until(MONDAY_9 + timedelta(days=1))
    patient.wait(MINUTE)
    said = patient.slack.dms("U0BOB") if owned else thread(patient)
    assert ["Half the time" in note.text for note in said] == [True]


def test_a_message_slack_calls_invalid_dies_and_the_next_change_is_tried_again(patient: Patient) -> None:
    patient.slack.fail(POSTS, "invalid_blocks")
    demo(patient)
    patient.wait(60 * MINUTE)
    assert patient.state() == [("dead", "invalid_blocks")]
    assert patient.calls(POSTS) == 1

    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    assert "Accepted by" in patient.card().text


def test_a_card_held_by_a_replica_that_died_is_taken_over_after_the_lease_and_posted_once(
    patient: Patient,
) -> None:
    patient.post({"events": [patient.event("demo_request")]})
    with patient.baton.desk.database.writing() as session:
        outbox.claim(session, patient.clock.real(), 1, {})
    patient.wait(LEASE - SECOND)
    assert patient.slack.messages("C0EMEA") == []

    patient.wait(2 * SECOND)
    patient.wait(MINUTE)
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_what_slack_is_given_to_find_a_card_by_holds_no_personal_data(patient: Patient) -> None:
    demo(patient)
    patient.accept("U0BOB")
    patient.pass_time(30 * MINUTE)
    patient.pass_time(30 * MINUTE)

    sent = [*patient.slack.messages("C0EMEA"), *thread(patient), *patient.slack.dms("U0BOB")]
    sent += patient.slack.dms("U0MAX")
    assert len(sent) >= 4
    kinds = set()
    for message in sent:
        assert message.metadata is not None
        kinds.add(message.metadata["event_type"])
        assert set(message.metadata) == {"event_type", "event_payload"}
        assert set(message.metadata["event_payload"]) == {"handoff", "send"}
        assert all(type(value) is int for value in message.metadata["event_payload"].values())
    assert kinds == {"baton_card", "baton_note"}
    sends = [message.metadata["event_payload"]["send"] for message in sent if message.metadata]
    assert len(set(sends)) == len(sends)


def test_slack_is_told_to_unfurl_nothing(patient: Patient) -> None:
    demo(patient)
    patient.pass_time(30 * MINUTE)

    posts = [call.arguments for call in patient.slack.calls if call.method == POSTS]
    assert len(posts) == 2
    for arguments in posts:
        assert str(arguments["unfurl_links"]).lower() in ("0", "false")
        assert str(arguments["unfurl_media"]).lower() in ("0", "false")


def test_a_letter_of_a_card_that_is_gone_is_dropped(patient: Patient) -> None:
    with patient.baton.desk.database.writing() as session:
        outbox.put(session, [Letter("card:gone", "card", "post:C0EMEA", patient.clock.real())])
    patient.deliver()

    assert patient.slack.messages("C0EMEA") == []
    assert patient.baton.courier.drain() == 0


@pytest.fixture(autouse=True)
def manners(slack: Slack) -> Iterator[None]:
    """Whatever happens, we send nothing that the real Slack would refuse."""
    yield
    # The last is said of a wait that passed on our clock alone.
    allowed = ("is_inactive", "message_not_found", "before Retry-After had passed")
    assert [said for said in slack.complaints if not any(word in said for word in allowed)] == []
