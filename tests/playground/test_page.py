"""The page as JSON: who may ask for it, and what it shows to whom."""

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from bot.playground import Command, Control, Slack


def state(slack: Slack, user: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(
        f"{slack.page}page/state?user={user}", trust_env=False, verify=False
    ).json()
    return answer


def post(slack: Slack, action: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return httpx.post(f"{slack.page}page/{action}", json=body, headers=headers, trust_env=False, verify=False)


def test_the_page_shows_each_person_what_they_may_see(slack: Slack, client: WebClient) -> None:
    client.chat_postMessage(channel="C0EMEA", text="for Ann's channel")
    client.chat_postMessage(channel="U0BOB", text="for Bob")
    client.chat_postEphemeral(channel="C0ALL", user="U0ANN", text="psst")
    assert {one["text"] for one in state(slack, "U0ANN")["messages"]} == {"for Ann's channel", "psst"}
    assert [one["text"] for one in state(slack, "U0BOB")["messages"]] == ["for Bob"]
    assert "C0EMEA" not in [room["id"] for room in state(slack, "U0BOB")["rooms"]]


def test_an_unchanged_state_is_sent_without_messages(slack: Slack, client: WebClient) -> None:
    version = state(slack, "U0ANN")["version"]
    again = httpx.get(
        f"{slack.page}page/state", params={"user": "U0ANN", "since": version}, trust_env=False
    ).json()
    assert again == {"version": version, "caption": ""}
    client.chat_postMessage(channel="C0ALL", text="x")
    assert state(slack, "U0ANN")["version"] != version


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_no_other_web_site_can_press_buttons_here(headers: dict[str, str], slack: Slack, app: Any) -> None:
    assert post(slack, "write", headers, user="U0ANN", channel="C0ALL", line="/mql").status_code == 403
    assert (
        httpx.get(slack.page + "page/state", headers=headers, trust_env=False, verify=False).status_code
        == 403
    )
    assert app.payloads == []


def test_a_plain_form_from_anywhere_is_refused(slack: Slack) -> None:
    assert (
        httpx.post(
            slack.page + "page/write", data={"user": "U0ANN"}, trust_env=False, verify=False
        ).status_code
        == 403
    )


def test_the_page_serves_its_own_files_and_nothing_else(slack: Slack) -> None:
    def status(path: str) -> int:
        return httpx.get(slack.page + path, trust_env=False, verify=False).status_code

    assert [status(name) for name in ("", "page.js", "page.css", "text.js", "blocks.js", "fields.js")] == [
        200
    ] * 6
    assert [status(name) for name in ("slack.py", "..%2fslack.py", "nothing.js")] == [404] * 3


def test_a_control_runs_and_its_sentence_is_returned(slack: Slack) -> None:
    slack.controls.append(Control("Send a demo request", lambda: "Ada asked for a demo."))
    slack.caption = lambda: "It is 09:12."
    assert state(slack, "U0ANN")["controls"] == [{"label": "Send a demo request", "group": ""}]
    assert state(slack, "U0ANN")["caption"] == "It is 09:12."
    assert post(slack, "control", index=0).json() == {"said": "Ada asked for a demo."}


def test_what_is_not_displayed_cannot_be_pressed_on_the_page_either(slack: Slack, app: Any) -> None:
    answer = post(slack, "press", user="U0ANN", action_id="accept")
    assert (answer.status_code, app.payloads) == (409, [])
    assert post(slack, "press", user="U0ANN").status_code == 400
    assert post(slack, "explode", user="U0ANN").status_code == 404


def test_a_shortcut_of_a_message_nobody_sees_cannot_be_chosen(slack: Slack) -> None:
    answer = post(slack, "shortcut", user="U0ANN", callback_id="x", channel="C0ALL", ts="1.0")
    assert answer.status_code == 409


def test_a_command_nobody_entered_is_refused_as_slack_refuses_it(slack: Slack, app: Any) -> None:
    slack.commands = [Command("/mql", "queue", "Leads")]
    told = post(slack, "write", user="U0ANN", channel="C0ALL", line="/mlq queue")
    assert (told.status_code, app.payloads) == (200, [])
    assert told.json()["refused"].startswith("/mlq is not a valid command.")
    assert post(slack, "write", user="U0ANN", channel="C0ALL", line="/mql queue").status_code == 200
    assert app.last["text"] == "queue"


def test_a_reply_goes_into_the_thread(slack: Slack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="Ada")["ts"]
    post(slack, "write", user="U0ANN", channel="C0ALL", line="I know her", thread_ts=ts)
    assert [one.text for one in slack.thread("C0ALL", ts)] == ["I know her"]


def test_a_permalink_opens_the_page_at_its_message(slack: Slack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="Ada")["ts"]
    link = client.chat_getPermalink(channel="C0ALL", message_ts=ts)["permalink"]
    told = httpx.get(link, trust_env=False, verify=False)
    assert told.headers["location"] == f"/?room=C0ALL&message=p{ts.replace('.', '')}"
