"""What stands beside the channels: forms and tables of the embedding program, the traffic, trouble, files."""

from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import Control, Field, Form, Panel, Slack, Table, Told
from bot.playground.traffic import KEPT
from tests.playground.test_page import post, state

BYTES = "application/octet-stream"


def get(slack: Slack, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(f"{slack.page}page/{path}", headers=headers, trust_env=False, verify=False)


def exchanges(slack: Slack, after: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(slack, f"traffic?after={after}").json()["exchanges"]
    return found


@pytest.fixture
def desk(slack: Slack) -> list[dict[str, str]]:
    """What was handed in at a panel with one form."""
    handed: list[dict[str, str]] = []

    def send(values: Any) -> Told:
        handed.append(dict(values))
        return Told(["Taken."], [Table("Rows", ("A",), [("1",)])], {"name": "Too short."})

    asked = Form("Lead", [Field("name", "Name"), Field("note", "Note", "lines")], "Send it", send)
    slack.panels.append(Panel("Desk", "About", [asked], lambda: [Table("Now", ("A",), [], "Nobody.")]))
    return handed


def test_a_panel_is_described_and_its_form_handed_in(slack: Slack, desk: list[dict[str, str]]) -> None:
    (panel,) = state(slack, "U0ANN")["panels"]
    assert (panel["name"], panel["watched"]) == ("Desk", True)
    assert [field["name"] for field in panel["forms"][0]["fields"]] == ["name", "note"]
    told = post(slack, "form", panel="Desk", form="Lead", values={"name": "Ada", "other": "x"}).json()
    assert desk == [{"name": "Ada", "note": ""}], "every field, and none that is not asked for"
    assert (told["sentences"], told["errors"]) == (["Taken."], {"name": "Too short."})
    assert told["tables"][0]["rows"] == [["1"]]
    assert get(slack, "panel?name=Desk").json()["tables"][0]["empty"] == "Nobody."


def test_a_panel_or_form_that_is_not_there_takes_nothing(slack: Slack, desk: list[dict[str, str]]) -> None:
    assert post(slack, "form", panel="Desk", form="x", values={}).status_code == 409
    assert post(slack, "form", panel="x", form="Lead", values={}).status_code == 409
    assert get(slack, "panel?name=x").json() == {"tables": []}
    assert desk == []


@pytest.mark.parametrize("path", ["panel?name=Desk", "traffic", "file/F1", "../archives/C0ALL/p1"])
def test_no_other_web_site_reads_them(path: str, slack: Slack) -> None:
    assert get(slack, path, {"Host": "evil.example"}).status_code == 403


def test_both_ways_are_in_the_traffic_with_what_was_sent_and_answered(
    slack: Slack, client: WebClient, app: Any
) -> None:
    app.answer = lambda _payload: (200, "12 MQLs")
    client.chat_postMessage(channel="C0ALL", text="Ada")
    slack.command("U0ANN", "/mql", "funnel", "C0ALL")
    call, event = exchanges(slack)
    assert (call["way"], call["name"], call["error"]) == ("call", "chat.postMessage", None)
    assert (call["sent"]["text"], call["answered"]["ok"]) == ("Ada", True)
    assert (event["way"], event["name"], event["answered"]) == ("event", "/mql funnel", "12 MQLs")
    run = get(slack, "traffic").json()["run"]
    assert [one["n"] for one in exchanges(slack, f"{run}:{call['n']}")] == [event["n"]]
    assert len(exchanges(slack, f"another:{call['n']}")) == 2, "numbers of an earlier run mean nothing"
    assert slack.bot_token not in str((call, event)), "the token is not for a page"


def test_a_press_and_its_answer_by_response_url_are_in_the_traffic(
    slack: Slack, client: WebClient, app: Any, card: list[dict[str, Any]]
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    slack.press("U0ANN", "accept")
    httpx.post(app.last["response_url"], json={"text": "Taken"}, trust_env=False, verify=False)
    assert [one["name"] for one in exchanges(slack)] == [
        "chat.postMessage",
        "block_actions accept",
        "response_url",
    ]


def test_each_call_is_measured_against_its_limits(
    slack: Slack, client: WebClient, card: list[dict[str, Any]]
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    client.views_publish(user_id="U0ANN", view={"type": "home", "blocks": card})
    message, home = exchanges(slack)
    measured = {one["what"]: (one["used"], one["most"]) for one in message["measures"]}
    assert measured["blocks"] == (2, 50)
    assert measured["characters of text"] == (3, 4_000)
    assert 200 < measured["characters of blocks"][0] < measured["characters of blocks"][1] == 13_200
    assert {one["what"]: one["most"] for one in home["measures"]} == {
        "blocks": 100,
        "bytes of the view": 250_000,
    }


def test_what_was_refused_or_lost_says_why(slack: Slack, client: WebClient) -> None:
    slack.fail("chat.postMessage", "drop")
    with pytest.raises(OSError):  # whatever a cut connection is to this machine
        client.chat_postMessage(channel="C0ALL", text="x")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C0OLD", text="x")
    assert [one["error"] for one in exchanges(slack)] == ["drop", "is_archived"]
    assert any("is_archived" in one for one in get(slack, "traffic").json()["complaints"])


def test_old_traffic_is_forgotten(slack: Slack, client: WebClient) -> None:
    for _ in range(KEPT + 5):
        client.api_test()
    assert [one["n"] for one in exchanges(slack)] == list(range(6, KEPT + 6))


def test_trouble_is_ordered_for_some_calls_and_called_off(slack: Slack, client: WebClient) -> None:
    asked: dict[str, Any] = {"kind": "ratelimited", "method": "chat.postMessage", "times": 1, "seconds": 7}
    assert "429" in post(slack, "trouble", **asked).json()["said"]
    with pytest.raises(SlackApiError) as limited:
        client.chat_postMessage(channel="C0ALL", text="x")
    assert limited.value.response.headers["Retry-After"] == "7"
    post(slack, "trouble", kind="token_revoked", method="*", times=1000, seconds=1)
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.auth_test()
    assert [one["times"] for one in get(slack, "traffic").json()["waiting"]] == [999]
    post(slack, "heal")
    assert client.auth_test()["ok"]


@pytest.mark.parametrize(
    "changed",
    [{"kind": "earthquake"}, {"method": "chat.shout"}, {"times": 0}, {"times": 10**6}, {"seconds": 3600}],
)
def test_trouble_that_is_not_offered_is_refused(changed: dict[str, Any], slack: Slack) -> None:
    asked = {"kind": "drop", "method": "*", "times": 1, "seconds": 1, **changed}
    assert post(slack, "trouble", **asked).status_code == 400
    assert get(slack, "traffic").json()["waiting"] == []


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("funnel.png", "image/png", True),
        ("leads.csv", BYTES, False),
        ("x.svg", BYTES, False),
    ],
)
def test_a_picture_is_shown_and_everything_else_is_only_saved(
    name: str, kind: str, shown: bool, slack: Slack, client: WebClient
) -> None:
    client.files_upload_v2(channel="C0ALL", content=b"content", filename=name)
    (message,) = state(slack, "U0ANN")["messages"]
    answer = get(slack, f"file/{message['files'][0]['id']}")
    assert (answer.content, answer.headers["content-type"].split(";")[0]) == (b"content", kind)
    assert ("content-disposition" not in answer.headers) == shown
    assert "sandbox" in answer.headers["content-security-policy"]
    assert get(slack, "file/F0NONE").status_code == 404


def test_trouble_of_a_response_url_strikes_it_and_is_in_the_traffic(
    slack: Slack, client: WebClient, app: Any, card: list[dict[str, Any]]
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    slack.press("U0ANN", "accept")
    for kind in ("500_before", "500_after"):
        post(slack, "trouble", kind=kind, method="response_url", times=1, seconds=1)
        link = app.last["response_url"]
        assert httpx.post(link, json={"text": kind}, trust_env=False, verify=False).status_code == 500
    told = [one for one in exchanges(slack) if one["name"] == "response_url"]
    assert [(one["error"], one["sent"]["text"]) for one in told] == [("500_before",) * 2, ("500_after",) * 2]
    assert slack.whispers("U0ANN") == ["500_after"]
    assert (
        post(slack, "trouble", kind="ratelimited", method="response_url", times=1, seconds=1).status_code
        == 400
    )


def test_trouble_of_any_call_that_cannot_strike_a_response_url_is_kept_for_the_next_call(
    slack: Slack, client: WebClient, app: Any, card: list[dict[str, Any]]
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    slack.press("U0ANN", "accept")
    post(slack, "trouble", kind="ratelimited", method="*", times=1, seconds=1)
    said = httpx.post(app.last["response_url"], json={"text": "x"}, trust_env=False, verify=False)
    assert said.status_code == 200
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.auth_test()


def test_what_goes_wrong_over_a_socket_is_among_the_complaints(slack: Slack) -> None:
    slack.sockets.faults.append("acknowledged an envelope that went to another connection: x")
    assert get(slack, "traffic").json()["complaints"] == slack.sockets.faults


def test_what_fails_behind_a_button_is_logged_and_said(
    slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> str:
        raise RuntimeError("the clock fell down")

    slack.controls.append(Control("Fall down", fails))
    told = post(slack, "control", index=0)
    assert (told.status_code, told.json()["refused"]) == (
        500,
        "Something went wrong; the program's log says what.",
    )
    assert "the clock fell down" in caplog.text
    assert post(slack, "control", index="one").status_code == 400
    assert "invalid literal" in caplog.text
