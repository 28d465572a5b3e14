"""Slack in trouble: channels that are closed, tokens that are revoked, hours of silence. No lead is lost."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from bot.courier import GRACE
from bot.desk import answer, taking_back
from bot.desk.post import Later, Parcel
from bot.playground import Slack
from bot.slack.client import SlackClient
from bot.slack.deliver import Deliverer
from storage import cards, outbox
from storage.outbox import LEASE
from storage.tables import CardRow, OutboxRow, PaceRow, SettingRow
from tests.bot.patience import Patient, raise_patient
from tests.world import ADA, BOT_TOKEN, World, raze

pytestmark = pytest.mark.slow  # hours of outage, each in several kinds

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
POSTS, EDITS, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


def lead(number: int, country: str = "GB") -> dict[str, Any]:
    return {
        "email": f"ada{number}@engines{number}.example",
        "first_name": f"Ada{number}",
        "country": country,
    }


def demo(world: World, who: dict[str, Any] = ADA) -> None:
    world.send(world.event("demo_request", who))


def rows(world: World, table: Any) -> list[Any]:
    with world.baton.desk.database.reading() as session:
        return list(session.scalars(select(table)))


def letters(world: World) -> list[OutboxRow]:
    with world.baton.desk.database.reading() as session:
        return list(session.scalars(select(OutboxRow).order_by(col(OutboxRow.id))))


def settings(world: World) -> dict[str, str]:
    return {row.key: row.value for row in rows(world, SettingRow)}


@pytest.mark.parametrize("closed", [{"archived": True}, {"app_is_member": False}])
def test_a_card_whose_channel_is_closed_stands_in_the_fallback_channel_and_says_so(
    either_patient: Patient, closed: dict[str, bool]
) -> None:
    patient = either_patient
    patient.slack.change_channel("C0EMEA", **closed)
    demo(patient)
    demo(patient, lead(2))

    assert patient.slack.messages("C0EMEA") == []
    cards = patient.slack.messages("C0ALL")
    assert ["Meant for #sales-emea" in card.plain() for card in cards] == [True, True]
    assert [(card.channel, card.meant_for) for card in rows(patient, CardRow)] == [("C0ALL", "C0EMEA")] * 2
    assert patient.occurrences() == ["fallback", "fallback"]
    (alert,) = patient.alerts()
    assert "<#C0EMEA>" in alert
    assert "/invite" in alert


def test_no_card_goes_where_another_company_reads_along(patient: Patient) -> None:
    patient.slack.change_channel("C0EMEA", shared=True)
    demo(patient)
    assert patient.slack.messages("C0EMEA") == []
    assert "Meant for #sales-emea" in patient.card("C0ALL").plain()
    (alert,) = patient.alerts()
    assert "Another company reads that channel" in alert

    patient.slack.change_channel("C0EMEA", shared=False)
    demo(patient, lead(2))
    assert patient.slack.messages("C0EMEA") == [], "what was seen is believed for ten minutes"
    patient.wait(10 * MINUTE)
    demo(patient, lead(3))
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_where_no_channel_is_private_to_us_the_card_waits(patient: Patient) -> None:
    for channel in ("C0EMEA", "C0ALL"):
        patient.slack.change_channel(channel, shared=True)
    demo(patient)
    assert patient.calls(POSTS, "C0EMEA") == patient.calls(POSTS, "C0ALL") == 0

    patient.slack.change_channel("C0ALL", shared=False)
    patient.wait(11 * MINUTE)
    assert len(patient.slack.messages("C0ALL")) == 1


def test_a_channel_that_slack_says_nothing_of_in_time_is_asked_about_again(patient: Patient) -> None:
    patient.slack.fail("conversations.info", "500_before")
    demo(patient)
    assert patient.slack.messages("C0EMEA") == []
    patient.wait(6 * SECOND)
    assert len(patient.slack.messages("C0EMEA")) == 1


def test_after_the_repair_new_cards_go_to_their_channel_again(patient: Patient) -> None:
    patient.slack.change_channel("C0EMEA", archived=True)
    demo(patient)
    patient.slack.change_channel("C0EMEA", archived=False)
    demo(patient, lead(2))

    assert len(patient.slack.messages("C0ALL")) == 1
    (card,) = patient.slack.messages("C0EMEA")
    assert "Meant for" not in card.plain()


def test_a_card_in_the_fallback_channel_works_there_and_its_thread_follows_it(patient: Patient) -> None:
    patient.slack.change_channel("C0EMEA", archived=True)
    demo(patient)
    patient.pass_time(30 * MINUTE)
    patient.wait(30 * SECOND)
    card = patient.card("C0ALL")
    assert len(patient.slack.thread("C0ALL", card.ts)) == 1

    patient.press("U0BOB", "accept", channel="C0ALL")
    assert "Accepted by" in patient.card("C0ALL").text
    assert "Meant for" in patient.card("C0ALL").plain()


def test_a_429_in_the_fallback_channel_holds_the_notes_of_cards_that_moved_there(patient: Patient) -> None:
    patient.slack.change_channel("C0EMEA", archived=True)
    for number in range(3):
        demo(patient, lead(number))
    assert len(patient.slack.messages("C0ALL")) == 3
    patient.slack.fail(POSTS, "ratelimited", channel="C0ALL", seconds=30)
    asked = patient.calls(POSTS)
    patient.pass_time(30 * MINUTE)
    patient.wait(5 * SECOND)
    assert patient.calls(POSTS) == asked + 1

    patient.wait(30 * SECOND)
    said = [patient.slack.thread("C0ALL", card.ts) for card in patient.slack.messages("C0ALL")]
    assert [len(notes) for notes in said] == [1, 1, 1]


def test_with_the_fallback_channel_closed_too_the_card_waits_and_the_admins_know(patient: Patient) -> None:
    for channel in ("C0EMEA", "C0ALL"):
        patient.slack.change_channel(channel, archived=True)
    demo(patient)
    patient.wait(10 * MINUTE)
    assert patient.state() == [("new", "is_archived")]
    assert sorted("<#C0ALL>" in alert for alert in patient.alerts()) == [False, True]

    patient.slack.change_channel("C0ALL", archived=False)
    patient.wait(MINUTE)
    assert len(patient.slack.messages("C0ALL")) == 1


def test_edits_of_a_channel_archived_later_wait_with_one_try_a_minute_and_one_alert(
    patient: Patient,
) -> None:
    for number in range(5):
        demo(patient, lead(number))
    patient.slack.change_channel("C0EMEA", archived=True)
    for number in range(1, 6):
        answer.accept(patient.baton.desk, number, "U0BOB")
    for _ in range(10):
        patient.wait(MINUTE)

    assert 5 <= patient.calls(EDITS) <= 12
    assert len(patient.alerts()) == 1
    patient.slack.change_channel("C0EMEA", archived=False)
    patient.wait(MINUTE)
    patient.wait(MINUTE)
    assert all("Accepted by" in card.text for card in patient.slack.messages("C0EMEA"))


@pytest.mark.parametrize("code", ["token_revoked", "invalid_auth", "account_inactive"])
def test_a_revoked_token_pauses_everything_with_a_few_tries_a_minute_and_all_goes_out_after_the_repair(
    either_patient: Patient, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    patient = either_patient
    patient.slack.fail("*", code, times=None)
    with caplog.at_level(logging.ERROR, "bot.desk.delivery"):
        for number in range(20):
            demo(patient, lead(number, "GB" if number % 2 else "US"))
        for _ in range(60):
            patient.wait(10 * SECOND)
    posts = patient.calls(POSTS)
    assert posts <= 32, "three tries a minute for ten minutes"
    assert settings(patient)["slack_trouble"] == code
    assert [record.getMessage() for record in caplog.records].count(
        "nothing is sent to Slack until this is repaired"
    ) == 1

    patient.slack.heal()
    patient.wait(20 * SECOND)
    patient.wait(SECOND)
    for channel, first in (("C0EMEA", 1), ("C0ALL", 0)):
        names = [card.text.split("Ada")[1].split(" ")[0] for card in patient.slack.messages(channel)]
        assert names == [str(number) for number in range(first, 20, 2)], "in order, each once"
    assert not {"slack_trouble", "slack_trouble_since"} & settings(patient).keys()
    assert "slack" not in {row.key for row in rows(patient, PaceRow)}
    assert [f"refused Baton's token ({code}) for 10 min" in alert for alert in patient.alerts()] == [True]


def test_one_method_without_its_scope_is_no_pause(patient: Patient) -> None:
    demo(patient)
    patient.slack.fail(EDITS, "missing_scope", times=None)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    demo(patient, lead(2))

    assert len(patient.slack.messages("C0EMEA")) == 2
    assert "slack_trouble" not in settings(patient)
    assert ["chat.update (missing_scope)" in alert for alert in patient.alerts()] == [True]


def test_a_full_workspace_is_left_alone_for_an_hour_while_edits_go_on(patient: Patient) -> None:
    demo(patient)
    patient.slack.fail(POSTS, "message_limit_exceeded", times=None)
    demo(patient, lead(2))
    demo(patient, lead(3, "US"))
    for _ in range(5):
        patient.wait(10 * MINUTE)
    assert patient.calls(POSTS) == 2, "the first card, and the one that was refused"
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    assert "Accepted by" in patient.card().text

    patient.slack.heal()
    patient.wait(11 * MINUTE)
    assert len(patient.slack.messages("C0EMEA")) == 2
    assert len(patient.slack.messages("C0ALL")) == 1
    assert ["limit of messages" in alert for alert in patient.alerts()] == [True]


def test_a_retry_after_of_a_look_up_holds_nobody_but_who_asked(patient: Patient) -> None:
    patient.slack.fail(POSTS, "drop")
    demo(patient)
    patient.slack.fail(HISTORY, "ratelimited", seconds=30)
    patient.wait(GRACE)
    demo(patient, lead(2))
    assert len(patient.slack.messages("C0EMEA")) == 2

    patient.wait(31 * SECOND)
    assert patient.calls(POSTS, "C0EMEA") == 2
    assert [state for state, _ in patient.state()] == ["sent"]


def test_slack_away_for_two_hours_is_asked_now_and_then_and_everything_goes_out_in_order(
    either_patient: Patient,
) -> None:
    patient = either_patient
    port = int(patient.slack.url.split(":")[2].split("/")[0])
    patient.slack.stop()
    for number in range(12):
        demo(patient, lead(number, "GB" if number % 2 else "US"))
    for _ in range(240):
        patient.wait(30 * SECOND)
    tries = sum(row.attempts for row in letters(patient))
    assert 60 <= tries <= 140, "about one a minute, however many wait"

    patient.slack.start(port)
    patient.wait(MINUTE)
    patient.wait(SECOND)
    for channel, first in (("C0EMEA", 1), ("C0ALL", 0)):
        names = [card.text.split("Ada")[1].split(" ")[0] for card in patient.slack.messages(channel)]
        assert names == [str(number) for number in range(first, 12, 2)]
    assert ["did not answer for 2 h" in alert for alert in patient.alerts()] == [True]
    assert "slack_trouble" not in settings(patient)


def test_a_slack_that_loses_every_answer_for_two_hours_gets_each_card_once(patient: Patient) -> None:
    patient.slack.fail("*", "500_before", times=None)
    for number in range(12):
        demo(patient, lead(number))
    for _ in range(240):
        patient.wait(30 * SECOND)
    assert len(patient.slack.calls) < 200

    patient.slack.heal()
    for _ in range(4):
        patient.wait(MINUTE)
    names = [card.text.split("Ada")[1].split(" ")[0] for card in patient.slack.messages("C0EMEA")]
    assert sorted(names, key=int) == [str(number) for number in range(12)]


def test_one_lost_answer_pauses_nobody(patient: Patient) -> None:
    patient.slack.fail(POSTS, "drop", channel="C0EMEA", times=2)
    demo(patient)
    demo(patient, lead(2))
    demo(patient, lead(3, "US"))

    assert len(patient.slack.messages("C0ALL")) == 1
    assert "slack_trouble" not in settings(patient)


def test_a_history_that_lags_is_waited_for(patient: Patient) -> None:
    patient.slack.fail(POSTS, "drop")
    patient.slack.fail(HISTORY, "history_lag", times=None, seconds=0.001)
    demo(patient)
    patient.wait(GRACE - SECOND)
    assert patient.calls(HISTORY) == 0

    patient.wait(2 * SECOND)
    assert patient.calls(HISTORY) == 1
    assert patient.calls(POSTS, "C0EMEA") == 1


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel"])
def test_where_the_history_stays_closed_the_card_is_sent_once_more_marked_and_never_a_third_time(
    either_patient: Patient, code: str
) -> None:
    patient = either_patient
    patient.slack.fail(POSTS, "drop", channel="C0EMEA")
    patient.slack.fail(HISTORY, code, times=None)
    demo(patient)
    for _ in range(13):
        patient.wait(MINUTE)
    assert patient.state()[0][0] == "unknown"
    assert patient.calls(POSTS, "C0EMEA") == 1
    assert ["may not read the history of <#C0EMEA>" in alert for alert in patient.alerts()] == [True]

    patient.slack.fail(POSTS, "drop", channel="C0EMEA")
    for _ in range(60):
        patient.wait(MINUTE)
    first, second = patient.slack.messages("C0EMEA")
    assert "This may be a duplicate" not in first.plain()
    assert "This may be a duplicate" in second.plain()
    assert patient.calls(POSTS, "C0EMEA") == 2
    assert patient.state()[0][0] == "unknown"
    assert patient.occurrences() == ["sent again in doubt"]

    patient.press("U0BOB", "accept", channel="C0EMEA", ts=second.ts)
    patient.slack.wait_for(lambda: rows(patient, CardRow)[0].ts == second.ts)
    patient.wait(MINUTE)
    assert "Accepted by" in patient.card().text
    assert "This may be a duplicate" in patient.card().plain()


def test_a_press_tells_where_a_card_stands_before_anybody_looked_for_it(patient: Patient) -> None:
    patient.slack.fail(POSTS, "drop")
    patient.slack.fail(HISTORY, "missing_scope", times=None)
    demo(patient)
    patient.slack.press("U0BOB", "accept")
    patient.slack.wait_for(lambda: rows(patient, CardRow)[0].ts == patient.card().ts)
    patient.wait(SECOND)

    assert patient.calls(HISTORY) == 0
    assert patient.calls(POSTS) == 1
    assert "Accepted by" in patient.card().text


def test_a_button_of_another_message_is_not_taken_for_the_card(patient: Patient) -> None:
    demo(patient)
    before = rows(patient, CardRow)[0].ts
    copied = patient.slack.workspace.find("C0EMEA", before)
    assert copied is not None
    patient.slack.workspace.add(type(copied)("C0EMEA", "", copied.user, copied.text, copied.blocks))
    patient.press("U0BOB", "accept", ts=patient.card().ts)
    patient.wait(SECOND)

    assert rows(patient, CardRow)[0].ts == before
    assert "Accepted by" in patient.slack.messages("C0EMEA")[0].text


def stale_press(patient: Patient, user: str, old: list[dict[str, Any]]) -> None:
    """Press Accept as it stood on the card before somebody took the lead."""
    place = patient.slack.workspace.messages["C0EMEA"][0]
    now = place.blocks
    place.blocks = old
    try:
        patient.slack.press(user, "accept")
    finally:
        place.blocks = now


def test_a_press_on_an_old_card_is_refused_and_the_card_is_drawn_anew_once(patient: Patient) -> None:
    demo(patient)
    old = patient.card().blocks
    patient.accept("U0BOB")
    assert patient.calls(EDITS) == 1
    stale_press(patient, "U0ANN", old)
    stale_press(patient, "U0ANN", old)
    assert patient.whispered("U0ANN", 2)[0] == "<@U0BOB> accepted this lead first."
    patient.slack.wait_for(lambda: rows(patient, CardRow)[0].hash is None)
    patient.slack.wait_for(lambda: rows(patient, CardRow)[0].wanted == 4)
    patient.deliver()
    patient.deliver()

    assert patient.calls(EDITS) == 2
    assert "Accepted by @Bob" in patient.card().plain()


def delete_card(patient: Patient) -> None:
    patient.slack.workspace.remove(patient.slack.workspace.messages["C0EMEA"][0])


def test_a_deleted_card_comes_back_once_and_is_audited(either_patient: Patient) -> None:
    patient = either_patient
    demo(patient)
    delete_card(patient)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    assert "Accepted by" in patient.card().text
    assert patient.occurrences() == ["reposted"]

    delete_card(patient)
    taking_back.undo(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    answer.accept(patient.baton.desk, 1, "U0ANN")
    for _ in range(3):
        patient.wait(MINUTE)
    assert patient.slack.messages("C0EMEA") == []
    assert patient.calls(POSTS, "C0EMEA") == 2
    assert patient.occurrences() == ["reposted"]
    assert ["deleted again" in alert for alert in patient.alerts()] == [True]


def test_a_429_on_a_card_that_comes_back_holds_what_is_posted_there_and_not_what_is_edited(
    patient: Patient,
) -> None:
    demo(patient)
    demo(patient, lead(2))
    delete_card(patient)
    patient.slack.fail(POSTS, "ratelimited", channel="C0EMEA", seconds=30)
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    asked = patient.calls(POSTS)
    answer.accept(patient.baton.desk, 2, "U0BOB")
    demo(patient, lead(3))
    assert "Accepted by" in patient.card(place=0).text
    assert patient.calls(POSTS) == asked

    patient.wait(30 * SECOND)
    assert len(patient.slack.messages("C0EMEA")) == 3


def test_a_nudge_finds_that_the_card_was_deleted_and_follows_the_new_one(patient: Patient) -> None:
    demo(patient)
    delete_card(patient)
    patient.pass_time(30 * MINUTE)
    for _ in range(3):
        patient.wait(5 * SECOND)

    assert len(patient.slack.thread("C0EMEA", patient.card().ts)) == 1
    delete_card(patient)
    patient.pass_time(18 * MINUTE)
    for _ in range(6):
        patient.wait(5 * SECOND)
    assert patient.slack.messages("C0EMEA") == []
    assert patient.state()[-1] == ("dropped", "its card was deleted")


def test_a_card_posted_again_with_its_answer_lost_comes_back_once_too(patient: Patient) -> None:
    demo(patient)
    delete_card(patient)
    patient.slack.fail(POSTS, "drop", channel="C0EMEA")
    answer.accept(patient.baton.desk, 1, "U0BOB")
    patient.deliver()
    patient.wait(GRACE)

    assert len(patient.slack.messages("C0EMEA")) == 1
    assert patient.occurrences() == ["reposted"]


def test_everything_that_was_posted_is_known_by_channel_and_ts(patient: Patient) -> None:
    demo(patient)
    patient.accept("U0BOB")
    patient.pass_time(30 * MINUTE)
    patient.pass_time(30 * MINUTE)
    sent = [row for row in letters(patient) if row.state == "sent" and row.kind != "members"]
    there = {(row.sent_to, row.ts) for row in sent}

    messages = [*patient.slack.messages("C0EMEA"), *patient.slack.thread("C0EMEA", patient.card().ts)]
    messages += [*patient.slack.dms("U0BOB"), *patient.slack.dms("U0MAX")]
    assert there == {(message.channel, message.ts) for message in messages}
    assert {row.kind for row in sent} == {"card", "note", "dm"}


def test_notes_whose_card_waits_take_no_turn_of_its_channel(patient: Patient) -> None:
    """A digest goes out after its notes were due: they must not keep it from its channel's turns."""
    patient.slack.fail(POSTS, "500_before", channel="C0EMEA")
    demo(patient)
    patient.pass_time(30 * MINUTE)
    before = {row.key: row.next_at for row in rows(patient, PaceRow)}["post:C0EMEA"]
    patient.wait(2 * SECOND)
    after = {row.key: row.next_at for row in rows(patient, PaceRow)}["post:C0EMEA"]

    assert after - before < 3 * SECOND
    patient.wait(GRACE)
    patient.wait(SECOND)
    assert len(patient.slack.thread("C0EMEA", patient.card().ts)) == 1


def in_hand(patient: Patient) -> tuple[outbox.Claimed, Parcel]:
    """The next letter, as a courier holds it."""
    with patient.baton.desk.database.writing() as session:
        (letter,) = outbox.claim(session, patient.clock.checked(), 1, {})
    parcel = Parcel(
        letter.id, letter.kind, letter.card_id, letter.handoff_id, letter.body, letter.attempts,
        letter.doubtful, letter.leased_until,
    )  # fmt: skip
    return letter, parcel


def test_a_card_whose_baton_died_before_it_was_posted_is_posted_once_by_the_next_one(
    slack: Slack, database_url: str
) -> None:
    first = raise_patient(slack, database_url)
    first.post({"events": [first.event("demo_request")]})
    raze(first)
    assert slack.messages("C0EMEA") == []

    second = raise_patient(slack, database_url)
    second.wait(SECOND)
    second.wait(MINUTE)
    assert len(slack.messages("C0EMEA")) == second.calls(POSTS) == 1
    raze(second)


def test_a_card_whose_baton_died_before_it_wrote_down_the_post_is_found_and_not_posted_again(
    either_patient: Patient,
) -> None:
    patient = either_patient
    patient.post({"events": [patient.event("demo_request")]})
    _, parcel = in_hand(patient)
    slack = SlackClient(BOT_TOKEN, patient.slack.url)
    Deliverer(patient.baton.desk, slack, patient.clock).senders()["card"](parcel)
    assert len(patient.slack.messages("C0EMEA")) == 1

    patient.wait(LEASE + SECOND)
    patient.wait(MINUTE)
    assert patient.calls(POSTS) == 1
    assert rows(patient, CardRow)[0].ts == patient.card().ts


def test_a_zombie_that_wakes_after_its_lease_neither_calls_slack_nor_writes(either_patient: Patient) -> None:
    patient = either_patient
    patient.post({"events": [patient.event("demo_request")]})
    letter, parcel = in_hand(patient)
    patient.wait(LEASE + SECOND)
    assert len(patient.slack.messages("C0EMEA")) == 1
    before = [(row.state, row.fence, row.ts) for row in letters(patient)]

    slack = SlackClient(BOT_TOKEN, patient.slack.url)
    outcome = Deliverer(patient.baton.desk, slack, patient.clock).senders()["card"](parcel)
    assert outcome.idle
    with patient.baton.desk.database.writing() as session:
        assert not outbox.settle(session, letter, "new")
        assert not cards.shown(session, letter, "1.2", 9, "hash")
    assert patient.calls(POSTS) + patient.calls(EDITS) == 1
    assert [(row.state, row.fence, row.ts) for row in letters(patient)] == before


def test_a_lease_too_short_for_slacks_time_out_is_not_used(patient: Patient) -> None:
    patient.post({"events": [patient.event("demo_request")]})
    _, parcel = in_hand(patient)
    patient.clock.waited += LEASE - 8 * SECOND  # type: ignore[attr-defined]
    slack = SlackClient(BOT_TOKEN, patient.slack.url)
    outcome = Deliverer(patient.baton.desk, slack, patient.clock).senders()["card"](parcel)

    assert isinstance(outcome, Later)
    assert patient.calls(POSTS) == 0


@pytest.fixture(autouse=True)
def manners(slack: Slack) -> Iterator[None]:
    """Whatever happens, we send nothing that the real Slack would refuse, but for what was staged."""
    yield
    allowed = ("is_inactive", "is_archived", "not_in_channel", "message_not_found", "thread_not_found",
               "before Retry-After had passed")  # fmt: skip
    assert [said for said in slack.complaints if not any(word in said for word in allowed)] == []
