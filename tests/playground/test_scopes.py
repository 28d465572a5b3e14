"""Scopes, and what every answer says in its headers."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import Channel, Slack, User


@pytest.fixture
def poor() -> Iterator[Slack]:
    """A workspace that granted the app one scope."""
    rooms = [Channel("C0ALL", "sales"), Channel("C0IN", "inner", private=True)]
    with Slack(users=[User("U0ANN", "Ann")], channels=rooms, scopes=["commands"]) as started:
        yield started


@pytest.mark.parametrize(
    ("method", "arguments", "needed"),
    [
        ("chat.postMessage", {"channel": "C0ALL", "text": "x"}, "chat:write"),
        ("chat.update", {"channel": "C0ALL", "ts": "1.1", "text": "x"}, "chat:write"),
        ("chat.postEphemeral", {"channel": "C0ALL", "user": "U0ANN", "text": "x"}, "chat:write"),
        ("conversations.info", {"channel": "C0ALL"}, "channels:read"),
        ("conversations.info", {"channel": "C0IN"}, "groups:read"),
        ("conversations.members", {"channel": "C0ALL"}, "channels:read"),
        ("conversations.history", {"channel": "C0ALL"}, "channels:history"),
        ("conversations.history", {"channel": "C0IN"}, "groups:history"),
        ("conversations.open", {"users": "U0ANN"}, "im:write"),
        ("users.info", {"user": "U0ANN"}, "users:read"),
        ("users.list", {}, "users:read"),
        ("files.getUploadURLExternal", {"filename": "a", "length": 1}, "files:write"),
    ],
)
def test_a_call_without_its_scope_is_refused_and_the_scope_is_named(
    poor: Slack, method: str, arguments: dict[str, Any], needed: str
) -> None:
    client = WebClient(token=poor.bot_token, base_url=poor.url, retry_handlers=[])
    with pytest.raises(SlackApiError) as refused:
        client.api_call(method, json=arguments)
    answer = refused.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", needed, "commands")
    assert poor.messages("C0ALL") == []


def test_every_answer_says_what_was_granted_and_what_time_it_is(client: WebClient, slack: Slack) -> None:
    answer = client.auth_test()
    assert answer.headers["x-oauth-scopes"] == ",".join(slack.scopes)
    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == slack.clock()


def test_who_may_post_anywhere_posts_in_public_channels_only() -> None:
    rooms = [Channel("C0A", "a", app_is_member=False), Channel("C0B", "b", private=True, app_is_member=False)]
    with Slack(channels=rooms, scopes=["chat:write", "chat:write.public"]) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.url, retry_handlers=[])
        client.chat_postMessage(channel="C0A", text="x")
        with pytest.raises(SlackApiError) as refused:
            client.chat_postMessage(channel="C0B", text="x")
    assert refused.value.response["error"] == "channel_not_found"
    assert [message.text for message in slack.messages("C0A")] == ["x"]
