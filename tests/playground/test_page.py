"""The page: who may ask for it, what it shows to whom, and that its buttons work in a real browser."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from slack_sdk import WebClient

from bot.playground import Control, Shortcut, Slack

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


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
    assert state(slack, "U0ANN")["controls"] == ["Send a demo request"]
    assert state(slack, "U0ANN")["caption"] == "It is 09:12."
    assert post(slack, "control", index=0).json() == {"said": "Ada asked for a demo."}


def test_what_is_not_displayed_cannot_be_pressed_on_the_page_either(slack: Slack, app: Any) -> None:
    answer = post(slack, "press", user="U0ANN", action_id="accept")
    assert (answer.status_code, app.payloads) == (409, [])
    assert post(slack, "press", user="U0ANN").status_code == 400
    assert post(slack, "explode", user="U0ANN").status_code == 404


@pytest.fixture
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing, and CI must look at the page in a browser")
        pytest.skip(f"{CHROMIUM} is not installed: the page is not looked at in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def rejecting(
    slack: Slack, app: Any, client: WebClient, form: dict[str, Any]
) -> Callable[[], dict[str, Any]]:
    """An app that opens the form on Accept, wants a date, and takes the rest; returns what was sent."""

    def answer(payload: dict[str, Any]) -> tuple[int, str]:
        if payload.get("type") == "block_actions":
            client.views_open(trigger_id=payload["trigger_id"], view=form)
        if payload.get("type") == "view_submission":
            if not payload["view"]["state"]["values"]["date"]["date"]["selected_date"]:
                return 200, json.dumps(
                    {"response_action": "errors", "errors": {"date": "When shall we call?"}}
                )
            client.chat_postEphemeral(channel="C0ALL", user="U0ANN", text="Saved.")
        return (200, "12 MQLs") if payload.get("command") else (200, "")

    app.answer = answer
    return lambda: dict(app.last)


def test_a_rep_rejects_a_lead_on_the_page(
    slack: Slack,
    client: WebClient,
    card: list[dict[str, Any]],
    rejecting: Callable[[], dict[str, Any]],
    browser: Browser,
) -> None:
    page = browser.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page.goto(slack.page)
    expect(page.locator(".message b", has_text="Ada")).to_be_visible()
    expect(page.locator(".mention")).to_have_text("@Ann")

    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".modal h2")).to_have_text("Reject")
    page.locator("[data-submit]").click()
    expect(page.locator("[data-block=reason] .error")).to_have_text("Please complete this required field.")
    page.locator("[data-block=reason] select").select_option("timing.no_project")
    page.locator("[data-block=note] input").fill("in spring")
    page.get_by_label("Mail").first.check()
    page.locator("[data-submit]").click()
    expect(page.locator("[data-block=date] .error")).to_have_text("When shall we call?")
    expect(page.locator("[data-block=note] input")).to_have_value("in spring")
    page.locator("[data-block=date] input").fill("2027-03-01")
    page.locator("[data-block=who] select").select_option("U0BOB")
    page.locator("[data-submit]").click()
    expect(page.locator(".modal")).to_have_count(0)

    values = rejecting()["view"]["state"]["values"]
    assert values["note"]["note"]["value"] == "in spring"
    assert (values["kind"]["kind"]["selected_option"] or {})["value"] == "mail"
    assert values["who"]["who"]["selected_user"] == "U0BOB"
    expect(page.locator(".whisper")).to_contain_text("Saved.")

    page.locator("#line").fill("/mql funnel")
    page.locator("#line").press("Enter")
    expect(page.locator(".whisper").last).to_contain_text("12 MQLs")
    page.locator("#actas").select_option("U0BOB")
    expect(page.locator(".whisper")).to_have_count(0)
    expect(page.locator(".message")).to_have_count(1)
    assert broken == []


def test_a_messages_menu_offers_the_apps_shortcuts(
    slack: Slack, client: WebClient, app: Any, browser: Browser
) -> None:
    slack.shortcuts = [
        Shortcut("why_this_lead", "Why this lead?"),
        Shortcut("hand_to_sales", "Hand to sales"),
    ]
    ts = client.chat_postMessage(channel="C0ALL", text="Ada asked for a demo")["ts"]
    client.chat_postEphemeral(channel="C0ALL", user="U0ANN", text="psst")
    page = browser.new_page()
    page.goto(f"{slack.page}?user=U0ANN")

    expect(page.get_by_label("Message shortcuts")).to_have_count(1)  # none on what only Ann sees
    page.get_by_label("Message shortcuts").click()
    page.get_by_role("menuitem", name="Why this lead?").click()

    slack.wait_for(lambda: app.payloads)
    told = app.last
    assert (told["type"], told["callback_id"], told["message_ts"]) == ("message_action", "why_this_lead", ts)
    assert told["user"]["id"] == "U0ANN"
    assert (
        post(slack, "shortcut", user="U0ANN", callback_id="x", channel="C0ALL", ts="1.0").status_code == 409
    )


def test_what_a_lead_wrote_is_only_ever_text_on_the_page(
    slack: Slack, client: WebClient, browser: Browser
) -> None:
    trap = "<img src=x onerror=alert(1)> &lt;script&gt;alert(1)&lt;/script&gt; <javascript:alert(1)|click>"
    client.chat_postMessage(channel="C0ALL", text=trap)
    page = browser.new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    page.goto(slack.page)
    expect(page.locator(".message")).to_contain_text("<script>alert(1)</script>")
    assert page.locator(".message img, .message script, .message a").count() == 0
    assert alerts == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_its_window_and_follows_the_readers_scheme(
    slack: Slack,
    client: WebClient,
    card: list[dict[str, Any]],
    browser: Browser,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    slack.caption = "The demo's clock: Monday 23 November, 10:00, Europe/London · working hours until 17:00"
    slack.controls.extend(Control(f"{number} hours later", lambda: "") for number in range(8))
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(slack.page)
    expect(page.get_by_role("button", name="Accept")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
    assert page.evaluate("document.getElementById('stream').scrollWidth") <= width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
