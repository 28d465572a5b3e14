"""What a person reads: blocks as plain lines."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground import Message, Slack

NAMES = {"U0ANN": "Ann", "C0ALL": "sales"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*85* = fit _35_ + ~intent~ `50`", "85 = fit 35 + intent 50"),
        ("<@U0ANN> in <#C0ALL|x>", "@Ann in #sales"),
        ("<https://x.example/a_b|the page> <!here>", "the page @here"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("<!date^1800000000^{date_num} {time}|then>", "2027-01-15 09:00"),
        ("by <!date^1800000000^{date_short_pretty} at {time}|then>", "by Jan 15, 2027 at 09:00"),
    ],
)
def test_marks_mentions_links_and_dates_are_read_as_in_slack(written: str, read: str) -> None:
    assert Message("C0ALL", "1.1", "U0ANN", written, names=NAMES).plain("Europe/Berlin") == read


def test_every_text_of_a_card_is_read_from_top_to_bottom(
    client: WebClient, slack: Slack, card: list[dict[str, Any]]
) -> None:
    table = {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "MQL"}, {"type": "raw_text", "text": "12"}]],
    }
    context = {"type": "context", "elements": [{"type": "plain_text", "text": "v3"}]}
    client.chat_postMessage(channel="C0ALL", text="x", blocks=[*card, table, context])
    assert slack.messages("C0ALL")[0].plain().splitlines() == [
        "Ada for @Ann",
        "[Accept] [⋯ Snooze] []",
        "MQL | 12",
        "v3",
    ]


def test_a_reader_keeps_what_they_read_though_the_message_changes(client: WebClient, slack: Slack) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="one")["ts"]
    (before,) = slack.messages("C0ALL")
    client.chat_update(channel="C0ALL", ts=ts, text="two")
    assert (before.text, slack.messages("C0ALL")[0].text) == ("one", "two")


def test_waiting_in_vain_tells_what_happened_last(client: WebClient, slack: Slack) -> None:
    client.chat_postMessage(channel="C0ALL", text="one")
    assert slack.wait_for(lambda: slack.messages("C0ALL"))[0].text == "one"
    with pytest.raises(TimeoutError, match=r"chat\.postMessage"):
        slack.wait_for(lambda: slack.dms("U0ANN"), timeout=0.05)
