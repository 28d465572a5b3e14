"""Trouble on order, and the rate limit."""

from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.playground import Slack

Refused = Callable[..., tuple[str, str]]


def test_an_answer_can_be_lost_after_the_message_was_posted(slack: Slack, client: WebClient) -> None:
    slack.fail("chat.postMessage", "drop")
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        client.chat_postMessage(channel="C0ALL", text="once")
    assert [message.text for message in slack.messages("C0ALL")] == ["once"]
    client.chat_postMessage(channel="C0ALL", text="twice")
    assert len(slack.messages("C0ALL")) == 2


@pytest.mark.parametrize(("kind", "posted"), [("500_after", 1), ("500_before", 0)])
def test_a_server_error_may_come_before_or_after_the_message(
    kind: str, posted: int, slack: Slack, client: WebClient
) -> None:
    slack.fail("chat.postMessage", kind)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C0ALL", text="x")
    assert caught.value.response.status_code == 500
    assert len(slack.messages("C0ALL")) == posted
    assert slack.complaints == []


def test_a_slow_slack_makes_an_impatient_client_give_up_and_posts_all_the_same(slack: Slack) -> None:
    slack.fail("chat.postMessage", "latency", seconds=0.5)
    impatient = WebClient(token=slack.bot_token, base_url=slack.url, timeout=0.1, retry_handlers=[])  # type: ignore[arg-type]
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel="C0ALL", text="late")
    slack.wait_for(lambda: slack.messages("C0ALL"))


def test_young_messages_can_be_missing_from_the_history(slack: Slack, client: WebClient, clock: Any) -> None:
    slack.fail("conversations.history", "history_lag", times=None, seconds=5)
    client.chat_postMessage(channel="C0ALL", text="x")
    assert client.conversations_history(channel="C0ALL")["messages"] == []
    clock.now += 6
    assert len(client.conversations_history(channel="C0ALL")["messages"]) == 1
    slack.heal()
    client.chat_postMessage(channel="C0ALL", text="y")
    assert len(client.conversations_history(channel="C0ALL")["messages"]) == 2


@pytest.mark.parametrize("error", ["token_revoked", "is_archived", "internal_error"])
def test_any_refusal_of_slacks_can_be_ordered(
    error: str, slack: Slack, client: WebClient, refused: Refused
) -> None:
    slack.fail("chat.postMessage", error, times=2)
    assert [refused("chat.postMessage", channel="C0ALL", text="x")[0] for _ in range(2)] == [error, error]
    client.chat_postMessage(channel="C0ALL", text="x")
    assert slack.complaints == []


def test_a_429_says_how_long_to_wait_and_notices_who_does_not(
    slack: Slack, client: WebClient, clock: Any
) -> None:
    slack.fail("chat.postMessage", "ratelimited", channel="C0ALL", seconds=7)
    client.chat_postMessage(channel="C0EMEA", text="another channel")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C0ALL", text="x")
    assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
    assert caught.value.response.headers["Retry-After"] == "7"
    clock.now += 2
    client.chat_postMessage(channel="C0ALL", text="x")
    assert "before Retry-After" in slack.complaints[0]


def test_trouble_nobody_knows_is_not_ordered(slack: Slack) -> None:
    with pytest.raises(ValueError, match="neither one of"):
        slack.fail("chat.postMessage", "503!")


def test_a_response_url_can_fail_too(slack: Slack, app: Any) -> None:
    slack.fail("response_url", "500_after")
    slack.command("U0ANN", "/mql")
    hook = WebhookClient(app.last["response_url"], retry_handlers=[])
    assert hook.send(text="said, though the answer is an error").status_code == 500
    assert hook.send(text="and again").status_code == 200
    assert slack.whispers("U0ANN") == ["said, though the answer is an error", "and again"]


def test_a_channel_takes_one_message_a_second_after_a_short_burst(
    slack: Slack, client: WebClient, clock: Any
) -> None:
    slack.faults.rate = 1.0
    for _ in range(3):
        client.chat_postMessage(channel="C0ALL", text="x")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C0ALL", text="one too many")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    client.chat_postMessage(channel="C0EMEA", text="another channel is free")
    clock.now += 1.1
    client.chat_postMessage(channel="C0ALL", text="x")
    assert len(slack.messages("C0ALL")) == 4
