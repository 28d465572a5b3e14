"""Presses, commands, shortcuts and events: what reaches the app, and what the person sees."""

import time
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.playground import NotThere, Slack, User

Blocks = list[dict[str, Any]]


@pytest.fixture
def ts(client: WebClient, card: Blocks) -> str:
    return str(client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)["ts"])


def test_a_press_reaches_the_app_signed_and_complete(slack: Slack, http_app: Any, ts: str) -> None:
    answer = slack.press("U0ANN", "accept")
    assert (answer.status, answer.error, http_app.forged) == (200, None, 0)
    payload = http_app.last
    assert payload["type"] == "block_actions"
    assert payload["team"] == {"id": "T0BATON", "domain": "t0baton"}
    assert payload["user"] == {"id": "U0ANN", "username": "ann", "name": "ann", "team_id": "T0BATON"}
    assert payload["container"] == {
        "type": "message", "message_ts": ts, "channel_id": "C0ALL", "is_ephemeral": False,
    }  # fmt: skip
    assert payload["channel"] == {"id": "C0ALL", "name": "sales"}
    assert (payload["message"]["ts"], payload["message"]["text"]) == (ts, "Ada")
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == (
        "accept",
        "row",
        "17",
        "button",
    )
    assert payload["response_url"].startswith("http://127.0.0.1")


def test_a_wrong_signing_secret_is_noticed_by_the_app(slack: Slack, app: Any, ts: str) -> None:
    app.secret = "another"
    assert slack.press("U0ANN", "accept").error == "http_client_error"
    assert (app.forged, app.payloads) == (1, [])


def test_menus_send_the_chosen_option_and_the_state_of_the_message(slack: Slack, app: Any, ts: str) -> None:
    slack.press("U0ANN", "more", option="snooze:17")
    assert app.last["actions"][0]["selected_option"]["value"] == "snooze:17"
    slack.press("U0ANN", "play", option="mail")
    assert app.last["state"]["values"]["row"]["play"]["selected_option"]["value"] == "mail"
    slack.press("U0BOB", "accept")
    assert app.last["state"]["values"]["row"]["play"]["selected_option"] is None


def test_nobody_can_press_what_is_not_in_front_of_them(
    slack: Slack, app: Any, ts: str, client: WebClient, card: Blocks
) -> None:
    attempts: list[tuple[str, str, dict[str, str]]] = [
        ("U0ANN", "reject", {}),
        ("U0ANN", "accept", {"value": "18"}),
        ("U0ANN", "more", {"option": "reassign:17"}),
        ("U0ANN", "accept", {"channel": "C0EMEA"}),
        ("U0OLD", "accept", {}),
        ("U0NOBODY", "accept", {}),
    ]
    for user, action, narrowed in attempts:
        with pytest.raises(NotThere):
            slack.press(user, action, **narrowed)
    hidden = client.chat_postMessage(channel="C0EMEA", text="Ada", blocks=card)["ts"]
    with pytest.raises(NotThere):
        slack.press("U0BOB", "accept", channel="C0EMEA", ts=hidden)
    assert app.payloads == []


def test_a_person_of_another_company_is_sent_with_their_own_team(app: Any, slack: Slack, ts: str) -> None:
    slack.workspace.users["U0EVE"] = User("U0EVE", "Eve", team_id="T0OTHER")
    slack.press("U0EVE", "accept")
    assert app.last["user"]["team_id"] == "T0OTHER"


@pytest.mark.parametrize(
    ("status", "error"), [(500, "http_service_error"), (404, "http_client_error"), (200, None)]
)
def test_a_press_the_app_fails_on_shows_an_error_and_is_never_sent_again(
    slack: Slack, app: Any, ts: str, status: int, error: str | None
) -> None:
    app.answer = lambda _payload: (status, "")
    assert slack.press("U0ANN", "accept").error == error
    assert len(app.payloads) == 1


def test_an_app_that_takes_longer_than_3_seconds_is_a_timeout(slack: Slack, http_app: Any, ts: str) -> None:
    def slow(_payload: dict[str, Any]) -> tuple[int, str]:
        time.sleep(3.3)
        return 200, ""

    http_app.answer = slow
    assert slack.press("U0ANN", "accept").error == "operation_timeout"


def test_an_app_that_is_not_there_cannot_be_reached(slack: Slack, ts: str) -> None:
    assert slack.press("U0ANN", "accept").error == "dispatch_failed"
    slack.events_url = "http://127.0.0.1:9/slack/events"
    assert slack.press("U0ANN", "accept").error == "dispatch_failed"


def test_a_body_in_the_answer_to_a_press_is_bad_manners(slack: Slack, app: Any, ts: str) -> None:
    app.answer = lambda _payload: (200, "thanks")
    slack.press("U0ANN", "accept")
    assert "Slack ignores the body" in slack.complaints[0]


def test_a_command_is_answered_in_a_whisper(slack: Slack, app: Any) -> None:
    app.answer = lambda _payload: (200, '{"text": "12 MQLs"}')
    answer = slack.command("U0ANN", "/mql", "funnel", "C0ALL")
    assert answer.status == 200
    assert (app.last["command"], app.last["text"], app.last["channel_id"]) == ("/mql", "funnel", "C0ALL")
    assert (app.last["user_id"], app.last["team_id"], app.last["is_enterprise_install"]) == (
        "U0ANN",
        "T0BATON",
        "false",
    )
    assert (slack.whispers("U0ANN"), slack.whispers("U0BOB")) == (["12 MQLs"], [])
    app.answer = lambda _payload: (200, "plain words")
    slack.command("U0ANN", "/mql")
    assert slack.whispers("U0ANN")[-1] == "plain words"


def test_a_command_may_answer_the_whole_channel(slack: Slack, app: Any) -> None:
    app.answer = lambda _payload: (200, '{"response_type": "in_channel", "text": "12 MQLs"}')
    slack.command("U0ANN", "/mql", "", "C0ALL")
    assert [message.text for message in slack.messages("C0ALL")] == ["12 MQLs"]


def test_a_command_that_fails_tells_the_person_as_slack_does(slack: Slack, app: Any) -> None:
    app.answer = lambda _payload: (500, "")
    slack.command("U0ANN", "/mql")
    assert slack.whispers("U0ANN") == ['/mql failed with the error "http_service_error"']


def test_a_command_cannot_be_written_where_the_person_is_not(slack: Slack, app: Any) -> None:
    for channel in ("C0EMEA", "C0OLD"):
        with pytest.raises(NotThere):
            slack.command("U0BOB", "/mql", "", channel)


def test_a_shortcut_on_a_message_carries_the_message(slack: Slack, app: Any, ts: str) -> None:
    slack.shortcut("U0ANN", "make_lead", "C0ALL", ts)
    assert (app.last["type"], app.last["message"]["ts"], app.last["message_ts"]) == ("message_action", ts, ts)
    slack.shortcut("U0ANN", "make_lead")
    assert app.last["type"] == "shortcut"
    with pytest.raises(NotThere):
        slack.shortcut("U0ANN", "make_lead", "C0ALL", "1.1")


def test_events_carry_what_slack_sends(slack: Slack, app: Any) -> None:
    slack.open_home("U0ANN")
    assert (app.last["event"]["type"], app.last["event"]["tab"], app.last["event"]["user"]) == (
        "app_home_opened",
        "home",
        "U0ANN",
    )
    slack.change_user("U0BOB", deleted=True)
    assert (app.last["event"]["type"], app.last["event"]["user"]["deleted"]) == ("user_change", True)
    with pytest.raises(NotThere):
        slack.command("U0BOB", "/mql")


def test_a_repeated_event_keeps_its_id_and_says_that_it_is_a_repetition(slack: Slack, app: Any) -> None:
    slack.event("channel_archive", event_id="Ev1", channel="C0ALL", user="U0ANN")
    slack.event("channel_archive", event_id="Ev1", retry=(1, "http_timeout"), channel="C0ALL", user="U0ANN")
    assert [payload["event_id"] for payload in app.payloads] == ["Ev1", "Ev1"]
    assert "X-Slack-Retry-Num" not in app.headers[0]
    assert (app.headers[1]["X-Slack-Retry-Num"], app.headers[1]["X-Slack-Retry-Reason"]) == (
        "1",
        "http_timeout",
    )


def test_the_request_url_is_verified_with_a_challenge(slack: Slack, app: Any) -> None:
    app.answer = lambda payload: (200, payload["challenge"])
    assert slack.verify_url().text == "playground-challenge"


# -- response_url ---------------------------------------------------------------------------------


def reply(url: str, **said: Any) -> tuple[int, str]:
    answer = WebhookClient(url, retry_handlers=[]).send_dict(said)
    return answer.status_code, answer.body


def test_a_response_url_whispers_speaks_replaces_and_deletes(slack: Slack, app: Any, ts: str) -> None:
    slack.press("U0ANN", "accept")
    url = app.last["response_url"]
    assert reply(url, text="only you") == (200, '{"ok":true}')
    assert slack.whispers("U0ANN") == ["only you"]
    reply(url, text="all of you", response_type="in_channel")
    assert slack.messages("C0ALL")[-1].text == "all of you"
    reply(url, text="Ada, accepted", replace_original=True)
    assert (slack.messages("C0ALL")[0].text, slack.messages("C0ALL")[0].blocks) == ("Ada, accepted", [])
    reply(url, delete_original=True)
    assert [message.text for message in slack.messages("C0ALL")] == ["all of you"]
    assert slack.complaints == []


def test_a_response_url_works_five_times(slack: Slack, app: Any, ts: str) -> None:
    slack.press("U0ANN", "accept")
    assert [reply(app.last["response_url"], text="x")[0] for _ in range(5)] == [200] * 5
    assert reply(app.last["response_url"], text="x") == (404, "used_url")
    assert "response_url: used_url" in slack.complaints


def test_a_response_url_works_for_30_minutes(slack: Slack, app: Any, ts: str, clock: Any) -> None:
    slack.press("U0ANN", "accept")
    clock.now += 30 * 60
    assert reply(app.last["response_url"], text="x")[0] == 200
    clock.now += 1
    assert reply(app.last["response_url"], text="x") == (404, "expired_url")


def test_a_response_url_takes_no_worse_message_than_any_other(slack: Slack, app: Any, ts: str) -> None:
    slack.press("U0ANN", "accept")
    assert reply(app.last["response_url"], blocks=[{"type": "marquee"}], text="x") == (400, "invalid_blocks")
    assert reply(slack.workspace.base + "/response/none", text="x")[0] == 404


def test_a_button_in_a_whisper_comes_without_the_message(
    slack: Slack, app: Any, client: WebClient, card: Blocks
) -> None:
    client.chat_postEphemeral(channel="C0ALL", user="U0ANN", text="Ada", blocks=card)
    slack.press("U0ANN", "accept")
    assert (app.last["container"]["is_ephemeral"], "message" in app.last) == (True, False)
    reply(app.last["response_url"], delete_original=True)
    assert slack.whispers("U0ANN") == []


# -- triggers -------------------------------------------------------------------------------------


def open_error(client: WebClient, trigger: str, form: dict[str, Any]) -> str | None:
    try:
        client.views_open(trigger_id=trigger, view=form)
    except SlackApiError as refusal:
        return str(refusal.response["error"])
    return None


def test_a_trigger_works_once(
    slack: Slack, app: Any, ts: str, client: WebClient, form: dict[str, Any]
) -> None:
    slack.press("U0ANN", "accept")
    trigger = app.last["trigger_id"]
    assert [open_error(client, trigger, form), open_error(client, trigger, form)] == [
        None,
        "exchanged_trigger_id",
    ]
    assert open_error(client, "1.2.3", form) == "invalid_trigger_id"


def test_a_trigger_works_for_3_seconds(
    slack: Slack, app: Any, ts: str, client: WebClient, form: dict[str, Any], clock: Any
) -> None:
    slack.command("U0ANN", "/mql")
    clock.now += 3.1
    assert open_error(client, app.last["trigger_id"], form) == "expired_trigger_id"
    assert slack.modal("U0ANN") is None


def test_the_app_hears_of_a_message_only_where_it_asked_to_and_is_a_member(slack: Slack, app: Any) -> None:
    slack.say("U0ANN", "C0ALL", "hello")
    assert app.payloads == []
    slack.events = ["message.channels", "app_mention"]
    ts = slack.say("U0ANN", "C0ALL", "hello <@U0APPBOT>")
    heard = [one["event"] for one in app.payloads]
    assert [one["type"] for one in heard] == ["message", "app_mention"]
    assert (heard[0]["text"], heard[0]["ts"], heard[0]["channel_type"]) == (
        "hello <@U0APPBOT>",
        ts,
        "channel",
    )
    reply = slack.say("U0BOB", "C0ALL", "me too", thread_ts=ts)
    assert (app.last["event"]["thread_ts"], app.last["event"]["ts"]) == (ts, reply)
    slack.say("U0ANN", "C0CLOSED", "nobody invited the app")
    slack.open_home("U0ANN")
    assert len(app.payloads) == 3
