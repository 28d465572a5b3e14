"""The Web API as slack_sdk talks to it: tokens, channels, messages, people, files."""

import json
import time
import urllib.request
from collections.abc import Callable

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import Channel, Slack, User

Refused = Callable[..., tuple[str, str]]


def error_of(client: WebClient, method: str) -> str:
    with pytest.raises(SlackApiError) as caught:
        client.api_call(method)
    return str(caught.value.response["error"])


def test_the_playground_starts_and_stops_in_less_than_half_a_second() -> None:
    started = time.monotonic()
    with Slack(users=[User("U0ANN", "Ann")], channels=[Channel("C0ALL", "sales")]).start() as slack:
        assert WebClient(token=slack.bot_token, base_url=slack.url).auth_test()["team_id"] == "T0BATON"
    assert time.monotonic() - started < 0.5


def test_a_wrong_or_missing_or_unfit_token_is_refused(slack: Slack) -> None:
    assert error_of(WebClient(token="xoxb-other", base_url=slack.url), "auth.test") == "invalid_auth"
    assert error_of(WebClient(base_url=slack.url), "auth.test") == "not_authed"
    assert error_of(WebClient(token="xapp-1", base_url=slack.url), "auth.test") == "not_allowed_token_type"
    bot = WebClient(token=slack.bot_token, base_url=slack.url)
    assert error_of(bot, "apps.connections.open") == "not_allowed_token_type"


def test_an_unknown_method_is_refused(refused: Refused) -> None:
    assert refused("chat.teleport")[0] == "unknown_method"


def test_a_token_in_the_form_and_blocks_as_a_string_are_understood(slack: Slack) -> None:
    form = {
        "token": slack.bot_token,
        "channel": "C0ALL",
        "text": "hi",
        "blocks": json.dumps([{"type": "divider"}]),
    }
    answer = httpx.post(slack.url + "chat.postMessage", data=form, trust_env=False, verify=False).json()
    assert answer["ok"], answer
    assert slack.messages("C0ALL")[0].blocks[0]["type"] == "divider"


def test_a_message_is_posted_changed_and_deleted(client: WebClient, slack: Slack) -> None:
    posted = client.chat_postMessage(
        channel="C0ALL", text="one", metadata={"event_type": "card", "event_payload": {}}
    )
    client.chat_update(channel="C0ALL", ts=posted["ts"], text="two")
    (message,) = slack.messages("C0ALL")
    assert (message.text, message.edited, message.metadata) == (
        "two",
        True,
        {"event_type": "card", "event_payload": {}},
    )
    assert client.chat_getPermalink(channel="C0ALL", message_ts=posted["ts"])["permalink"].endswith(
        message.ts.replace(".", "")
    )
    client.chat_delete(channel="C0ALL", ts=posted["ts"])
    assert slack.messages("C0ALL") == []


def test_every_message_of_a_channel_has_a_later_ts_though_the_clock_stands(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel="C0ALL", text="x")["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NONE", "channel_not_found"),
        ("#sales", "channel_not_found"),
        ("C0OLD", "is_archived"),
        ("C0CLOSED", "not_in_channel"),
        ("C0SECRET", "channel_not_found"),
        ("U0NONE", "channel_not_found"),
        ("U0OLD", "user_not_found"),
    ],
)
def test_nothing_is_posted_where_the_app_may_not(channel: str, error: str, refused: Refused) -> None:
    assert refused("chat.postMessage", channel=channel, text="x")[0] == error


def test_a_message_to_a_person_lands_in_their_dm(client: WebClient, slack: Slack) -> None:
    posted = client.chat_postMessage(channel="U0ANN", text="hello")
    assert posted["channel"] == client.conversations_open(users="U0ANN")["channel"]["id"]
    assert [message.text for message in slack.dms("U0ANN")] == ["hello"]
    assert slack.dms("U0BOB") == []


def test_a_reply_needs_the_message_it_replies_to(client: WebClient, refused: Refused, slack: Slack) -> None:
    parent = client.chat_postMessage(channel="C0ALL", text="parent")["ts"]
    client.chat_postMessage(channel="C0ALL", text="reply", thread_ts=parent)
    assert [message.text for message in slack.thread("C0ALL", parent)] == ["reply"]
    assert [message.text for message in slack.messages("C0ALL")] == ["parent"]
    assert [one["text"] for one in client.conversations_replies(channel="C0ALL", ts=parent)["messages"]] == [
        "parent",
        "reply",
    ]
    assert refused("chat.postMessage", channel="C0ALL", text="x", thread_ts="1.1")[0] == "thread_not_found"


def test_only_the_apps_own_messages_can_be_changed(slack: Slack, refused: Refused) -> None:
    theirs = slack.say("U0ANN", "C0ALL", "hello")
    assert refused("chat.update", channel="C0ALL", ts=theirs, text="x")[0] == "cant_update_message"
    assert refused("chat.delete", channel="C0ALL", ts=theirs)[0] == "cant_delete_message"
    assert refused("chat.update", channel="C0ALL", ts="1.1", text="x")[0] == "message_not_found"
    assert refused("chat.update", channel="U0ANN", ts=theirs, text="x")[0] == "channel_not_found"


def test_a_whisper_reaches_one_member_of_the_channel(
    client: WebClient, refused: Refused, slack: Slack
) -> None:
    client.chat_postEphemeral(channel="C0ALL", user="U0ANN", text="psst")
    assert (slack.whispers("U0ANN"), slack.whispers("U0BOB"), slack.messages("C0ALL")) == (["psst"], [], [])
    assert refused("chat.postEphemeral", channel="C0EMEA", user="U0BOB", text="x")[0] == "user_not_in_channel"
    assert refused("chat.postEphemeral", channel="C0ALL", user="U0OLD", text="x")[0] == "user_not_in_channel"
    assert refused("chat.postEphemeral", channel="U0ANN", user="U0ANN", text="x")[0] == "channel_not_found"


def test_metadata_is_in_the_history_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "baton_card", "event_payload": {"handoff": 1}}
    client.chat_postMessage(channel="C0ALL", text="x", metadata=metadata)
    (without,) = client.conversations_history(channel="C0ALL")["messages"]
    (with_it,) = client.conversations_history(channel="C0ALL", include_all_metadata=True)["messages"]
    assert "metadata" not in without
    assert with_it["metadata"] == metadata


def test_the_history_is_read_newest_first_and_page_by_page(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel="C0ALL", text=str(number))["ts"] for number in range(5)]
    first = client.conversations_history(channel="C0ALL", limit=2)
    assert [one["text"] for one in first["messages"]] == ["4", "3"]
    cursor = first["response_metadata"]["next_cursor"]
    second = client.conversations_history(channel="C0ALL", limit=2, cursor=cursor)
    assert [one["text"] for one in second["messages"]] == ["2", "1"]
    span = client.conversations_history(channel="C0ALL", oldest=stamps[1], latest=stamps[3])
    assert [one["text"] for one in span["messages"]] == ["2"]
    span = client.conversations_history(channel="C0ALL", oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [one["text"] for one in span["messages"]] == ["3", "2", "1"]


def test_a_channel_shared_with_another_company_says_so(client: WebClient) -> None:
    assert client.conversations_info(channel="C0SHARED")["channel"]["is_ext_shared"] is True
    assert client.conversations_info(channel="C0ALL")["channel"]["is_ext_shared"] is False
    listed = {channel["id"] for channel in client.conversations_list(exclude_archived=True)["channels"]}
    assert listed == {"C0ALL", "C0EMEA", "C0CLOSED", "C0SHARED"}


def test_people_are_listed_with_zone_and_state(client: WebClient, refused: Refused) -> None:
    people = {user["id"]: user for user in client.users_list()["members"]}
    assert (people["U0ANN"]["tz"], people["U0OLD"]["deleted"]) == ("Europe/Berlin", True)
    assert client.users_info(user="U0BOB")["user"]["real_name"] == "Bob"
    assert refused("users.info", user="U0NONE")[0] == "user_not_found"


def test_a_missing_argument_is_named(refused: Refused) -> None:
    error, why = refused("chat.update", channel="C0ALL", text="x")
    assert (error, "missing required field: ts" in why) == ("invalid_arguments", True)


def test_an_argument_slack_does_not_know_is_bad_manners(client: WebClient, slack: Slack) -> None:
    client.api_call(
        "chat.postMessage", json={"channel": "C0ALL", "text": "x", "team_id": "T0BATON", "colour": "red"}
    )
    assert slack.complaints == ["chat.postMessage: unknown arguments ['colour']"]


def test_every_call_is_remembered_with_its_error(client: WebClient, refused: Refused, slack: Slack) -> None:
    client.chat_postMessage(channel="C0ALL", text="x")
    refused("chat.postMessage", channel="C0NONE", text="x")
    assert [(method, call.error) for call in slack.calls for method, _ in [call]] == [
        ("chat.postMessage", None),
        ("chat.postMessage", "channel_not_found"),
    ]
    assert slack.complaints == ["chat.postMessage: channel_not_found"]


def test_a_file_is_uploaded_in_three_steps(client: WebClient, refused: Refused, slack: Slack) -> None:
    client.files_upload_v2(
        channel="C0ALL", filename="funnel.csv", content="a,b\n1,2\n", initial_comment="Here."
    )
    (message,) = slack.messages("C0ALL")
    assert (message.text, message.files[0]["name"]) == ("Here.", "funnel.csv")
    assert slack.files()[0]["content"] == b"a,b\n1,2\n"
    assert refused("files.completeUploadExternal", files=[{"id": "F0NONE"}])[0] == "file_not_found"


def test_a_file_of_another_length_than_announced_is_refused(client: WebClient, slack: Slack) -> None:
    url = client.files_getUploadURLExternal(filename="a.txt", length=3)["upload_url"]
    assert httpx.post(url, content=b"1234", trust_env=False, verify=False).status_code == 404
    assert "3 bytes announced, 4 sent" in slack.complaints[0]


def test_the_server_listens_to_this_machine_only(slack: Slack) -> None:
    assert slack.url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(slack.page) as answer:
        assert answer.status == 200
