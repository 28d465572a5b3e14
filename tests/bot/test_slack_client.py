"""What an answer of Slack's means: sent, not sent and when again, not sent and why, or nobody knows."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.playground import Slack
from bot.slack.client import (
    Busy,
    Declined,
    Ear,
    Hidden,
    Posting,
    SlackClient,
    SlackTrouble,
    Uncertain,
    Unreachable,
)
from tests.world import BOT_TOKEN, workspace


def posting(channel: str = "C0ALL", send: int = 7, thread_ts: str | None = None) -> Posting:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "a card"}}
    metadata = {"event_type": "baton_card", "event_payload": {"handoff": 1, "send": send}}
    return Posting(channel, [block], "a card", metadata, thread_ts)


@pytest.fixture
def client(slack: Slack) -> SlackClient:
    return SlackClient(BOT_TOKEN, slack.url)


def test_a_post_gives_the_ts_by_which_it_is_edited(client: SlackClient, slack: Slack) -> None:
    ts = client.post(posting()).ts
    client.edit(posting(send=8), ts)

    (message,) = slack.messages("C0ALL")
    assert message.ts == ts
    assert message.edited


@pytest.mark.parametrize("fault", ["drop", "500_before", "500_after", "internal_error", "fatal_error"])
def test_an_answer_that_was_lost_or_broke_is_uncertain_and_is_not_sent_again(
    client: SlackClient, slack: Slack, fault: str
) -> None:
    slack.fail("chat.postMessage", fault)
    with pytest.raises(Uncertain):
        client.post(posting())
    assert sum(call.method == "chat.postMessage" for call in slack.calls) == 1, "the SDK sent it again"


def test_where_nobody_listens_nothing_was_sent() -> None:
    with pytest.raises(Unreachable):
        SlackClient(BOT_TOKEN, "http://127.0.0.1:9/api/").post(posting())


def test_a_429_tells_how_long_to_wait(client: SlackClient, slack: Slack) -> None:
    slack.fail("chat.postMessage", "ratelimited", seconds=17)
    with pytest.raises(Busy) as busy:
        client.post(posting())
    assert busy.value.seconds == 17


def test_a_refusal_gives_slacks_own_word_for_it(client: SlackClient, slack: Slack) -> None:
    slack.change_channel("C0ALL", archived=True)
    with pytest.raises(Declined) as declined:
        client.post(posting())
    assert declined.value.code == "is_archived"


def test_a_wrong_token_is_a_refusal(slack: Slack) -> None:
    with pytest.raises(Declined) as declined:
        SlackClient("xoxb-wrong", slack.url).post(posting())
    assert declined.value.code == "invalid_auth"


def test_bad_blocks_are_refused_with_the_place_of_the_mistake(client: SlackClient) -> None:
    bad = posting()
    bad.blocks[0]["text"]["text"] = "x" * 3_001
    with pytest.raises(Declined) as declined:
        client.post(bad)
    assert declined.value.code == "invalid_blocks"
    assert "/blocks/0" in str(declined.value)


def test_a_message_is_found_again_by_its_number_also_beyond_the_first_page(
    client: SlackClient, slack: Slack
) -> None:
    there = client.post(posting(send=41))
    client.post(posting(send=42))
    for number in range(2_100):
        slack.say("U0ANN", "C0ALL", f"chat {number}")

    assert client.find("C0ALL", 41) == there
    assert client.find("C0ALL", 41, age=timedelta(minutes=1)) == there
    assert client.find("C0ALL", 99) is None


def test_a_message_is_not_looked_for_much_further_back_than_it_was_sent() -> None:
    with workspace() as slack:
        client = SlackClient(BOT_TOKEN, slack.url)
        hour_ago = time.time() - 3_600
        slack.clock = lambda: hour_ago
        for number in range(700):
            slack.say("U0ANN", "C0ALL", f"chat {number}")
        slack.clock = time.time
        client.post(posting(send=1))

        assert client.find("C0ALL", 2, age=timedelta(minutes=5)) is None
        assert sum(call.method == "conversations.history" for call in slack.calls) == 1


def test_a_history_too_long_to_read_says_nothing_about_the_message(client: SlackClient, slack: Slack) -> None:
    for number in range(10_001):
        slack.say("U0ANN", "C0ALL", f"chat {number}")

    with pytest.raises(Hidden):
        client.find("C0ALL", 99)


def test_a_reply_is_found_in_its_thread_and_a_direct_message_with_its_reader(client: SlackClient) -> None:
    parent = client.post(posting(send=1)).ts
    reply = client.post(posting(send=2, thread_ts=parent))
    dm = client.post(posting("U0ANN", send=3))

    assert client.find("C0ALL", 2, parent) == reply
    assert client.find("C0ALL", 2) is None
    assert client.find("U0ANN", 3) == dm
    assert dm.channel == "D0ANN", "where it can be deleted again"


def test_everybody_is_listed_with_what_they_are(client: SlackClient) -> None:
    people = {person.id: person for person in client.people()}
    assert len(people) >= 8
    assert people["U0GUS"].guest
    assert not people["U0ANN"].guest
    assert not people["U0ANN"].bot


def test_who_we_are_is_learned_from_slack(client: SlackClient) -> None:
    me = client.who_am_i()
    assert (me["team_id"], me["user_id"], me["bot_id"]) == ("T0BATON", "U0APPBOT", "B0APPBOT")


def test_a_link_is_a_comfort_and_its_absence_no_trouble(client: SlackClient, slack: Slack) -> None:
    ts = client.post(posting()).ts
    assert str(client.permalink("C0ALL", ts)).startswith("http")
    slack.fail("chat.getPermalink", "ratelimited")
    assert client.permalink("C0ALL", ts) is None


@dataclass
class Proxy:
    """Something between us and Slack that answers with a page of its own."""

    status: int = 200
    page: bytes = b"<html>We are sorry</html>"
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(made.page)))
            self.end_headers()
            self.wfile.write(made.page)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("status", [200, 403, 404, 407, 502, 503])
def test_a_proxys_page_says_nothing_about_the_message_so_it_is_kept(proxy: Proxy, status: int) -> None:
    proxy.status = status
    with pytest.raises(Uncertain):
        SlackClient(BOT_TOKEN, f"http://127.0.0.1:{proxy.port}/api/").post(posting())


def test_a_429_without_json_still_tells_how_long_to_wait(proxy: Proxy) -> None:
    proxy.status, proxy.headers = 429, {"Retry-After": "12"}
    with pytest.raises(Busy) as busy:
        SlackClient(BOT_TOKEN, f"http://127.0.0.1:{proxy.port}/api/").post(posting())
    assert busy.value.seconds == 12


@pytest.mark.parametrize(
    "header",
    [{}, {"Retry-After": "soon"}, {"Retry-After": "0"}, {"Retry-After": "nan"}, {"Retry-After": "-5"}],
)
def test_a_429_that_does_not_say_how_long_waits_a_second(proxy: Proxy, header: dict[str, str]) -> None:
    proxy.status, proxy.headers, proxy.page = 429, header, b'{"ok": false, "error": "ratelimited"}'
    with pytest.raises(Busy) as busy:
        SlackClient(BOT_TOKEN, f"http://127.0.0.1:{proxy.port}/api").post(posting())
    assert busy.value.seconds == 1


@pytest.mark.parametrize("header", ["inf", "1e300", "99999999999999"])
def test_nobody_waits_for_ever_because_of_an_absurd_retry_after(proxy: Proxy, header: str) -> None:
    proxy.status, proxy.headers = 429, {"Retry-After": header}
    with pytest.raises(Busy) as busy:
        SlackClient(BOT_TOKEN, f"http://127.0.0.1:{proxy.port}/api/").post(posting())
    assert busy.value.seconds == 3_600


def test_a_message_to_a_channel_of_a_workspace_with_the_app_outside_is_refused() -> None:
    with workspace() as slack:
        slack.change_channel("C0ALL", app_is_member=False)
        with pytest.raises(Declined) as declined:
            SlackClient(BOT_TOKEN, slack.url).post(posting())
    assert declined.value.code == "not_in_channel"


def test_how_calls_end_is_heard_in_slacks_words_and_never_in_a_proxys(proxy: Proxy, slack: Slack) -> None:
    errors: list[tuple[str, str]] = []
    pauses: list[tuple[str, float]] = []
    ear = Ear(lambda method, code: errors.append((method, code)), lambda *pause: pauses.append(pause))
    behind = SlackClient(BOT_TOKEN, f"http://127.0.0.1:{proxy.port}/api/", ear)
    proxy.page = b"<html>ada@engines.example</html>"
    for status, headers in ((502, {}), (429, {"Retry-After": "12"})):
        proxy.status, proxy.headers = status, headers
        with pytest.raises(SlackTrouble):
            behind.post(posting())
    slack.change_channel("C0ALL", archived=True)
    for url in (slack.url, "http://127.0.0.1:9/api/"):
        with pytest.raises(SlackTrouble):
            SlackClient(BOT_TOKEN, url, ear).post(posting())

    assert [method for method, _ in errors] == ["chat.postMessage"] * 4
    assert [code for _, code in errors] == ["uncertain", "ratelimited", "is_archived", "unreachable"]
    assert pauses == [("chat.postMessage", 12)]
