"""The page in a real browser: what a person at the keyboard or with a mouse does, and what they see."""

import json
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import Command, Control, Field, Form, Panel, Shortcut, Slack, Table, Told
from tests.browser import complaints_of

Opening = Callable[..., Page]


@pytest.fixture
def opened(slack: Slack, browser: Browser) -> Any:
    """Opens the page as somebody; nothing may go wrong in its scripts."""
    pages: list[tuple[Page, list[str]]] = []

    def open_as(user: str = "U0ANN", width: int = 1300, room: str | None = None) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append((page, complaints_of(page)))
        page.goto(f"{slack.page}?user={user}")
        if room:
            page.locator(f"[data-room={room}]").click()
        return page

    yield open_as
    for page, broken in pages:
        page.close()
        assert broken == []


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


def test_a_slash_is_completed_by_the_keyboard(slack: Slack, app: Any, opened: Opening) -> None:
    slack.commands = [
        Command("/mql", "queue | lead EMAIL", "Leads", [("queue", "Yours"), ("lead EMAIL", "One lead")])
    ]
    page = opened()
    line = page.get_by_role("combobox", name="Message or command")
    line.press_sequentially("/m")
    expect(page.locator("#offers").get_by_role("option")).to_have_text(["/mql queue | lead EMAILLeads"])
    line.press("Tab")
    expect(line).to_have_value("/mql ")
    expect(page.locator("#offers").get_by_role("option")).to_have_count(2)
    line.press("ArrowDown")
    line.press("ArrowDown")
    expect(page.locator("#offers").get_by_role("option", selected=True)).to_contain_text("/mql lead EMAIL")
    line.press("Enter")
    expect(line).to_have_value("/mql lead ")
    line.press_sequentially("ada@engines.example")
    line.press("Enter")
    slack.wait_for(lambda: app.payloads)
    assert app.last["text"] == "lead ada@engines.example"
    line.fill("/mlq")
    line.press("Enter")
    expect(page.locator("#toast")).to_contain_text("/mlq is not a valid command.")


def test_what_came_elsewhere_is_marked_unread_and_mentions_are_counted(
    slack: Slack, client: WebClient, opened: Opening
) -> None:
    page = opened("U0ANN", room="C0ALL")
    client.chat_postMessage(channel="C0EMEA", text="for everybody")
    emea = page.get_by_role("button", name="emea, 1 unread")
    expect(emea).to_be_visible()
    expect(emea.locator(".badge")).to_have_count(0)
    client.chat_postMessage(channel="C0EMEA", text="for <@U0ANN>")
    expect(page.locator("[data-room=C0EMEA] .badge")).to_have_text("1")
    client.chat_postMessage(channel="U0ANN", text="psst")
    expect(page.locator("[data-room=D0ANN] .badge")).to_have_text("1")
    page.locator("[data-room=C0EMEA]").click()
    expect(page.get_by_role("button", name="emea", exact=True)).to_be_visible()
    page.locator("[data-room=C0ALL]").click()
    client.chat_postMessage(channel="C0EMEA", text="later")
    page.get_by_role("button", name="emea, 1 unread").click()
    expect(page.locator(".new + .message")).to_contain_text("later")


def test_a_message_that_comes_leaves_the_keyboard_where_it_is(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], opened: Opening
) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)["ts"]
    page = opened(room="C0ALL")
    page.get_by_role("button", name="Accept").focus()
    client.chat_postMessage(channel="C0ALL", text="another")
    expect(page.locator(".message")).to_have_count(2)
    expect(page.get_by_role("button", name="Accept")).to_be_focused()
    card[0]["text"]["text"] = "*Ada*, changed"
    client.chat_update(channel="C0ALL", ts=ts, text="Ada", blocks=card)
    expect(page.locator(".message").first).to_contain_text("changed")
    expect(page.get_by_role("button", name="Accept")).to_be_focused()


def test_a_menu_is_used_by_the_keyboard_alone(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], app: Any, opened: Opening
) -> None:
    card[1]["elements"][1]["options"].append({"text": text("Give it away", "plain_text"), "value": "give:17"})
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = opened(room="C0ALL")
    more = page.get_by_label("More actions")
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Snooze")).to_be_focused()
    assert more.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    expect(page.get_by_role("menuitem", name="Snooze")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    slack.wait_for(lambda: app.payloads)
    assert app.last["actions"][0]["selected_option"]["value"] == "give:17"


def test_a_reply_leaves_the_replies_before_it_alone(slack: Slack, client: WebClient, opened: Opening) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="Ada")["ts"]
    client.chat_postMessage(channel="C0ALL", text="first", thread_ts=ts)
    page = opened(room="C0ALL")
    first = page.locator(".thread .message").element_handle()
    client.chat_postMessage(channel="C0ALL", text="second", thread_ts=ts)
    expect(page.locator(".thread .message")).to_have_count(2)
    assert first.evaluate("node => node.isConnected")
    expect(page.get_by_role("group", name="2 replies")).to_be_visible()


def test_a_person_replies_in_a_thread(slack: Slack, client: WebClient, opened: Opening) -> None:
    ts = client.chat_postMessage(channel="C0ALL", text="Ada")["ts"]
    page = opened(room="C0ALL")
    page.locator(".message").hover()
    page.get_by_role("button", name="Reply").click()
    expect(page.locator("#replying")).to_contain_text("thread")
    page.locator("#line").fill("I know her")
    page.locator("#line").press("Enter")
    expect(page.locator(".thread .message")).to_contain_text("I know her")
    assert [one.text for one in slack.thread("C0ALL", ts)] == ["I know her"]
    expect(page.locator("#replying")).to_be_hidden()


def test_escape_closes_a_modal_and_the_keyboard_is_back_where_it_was(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], rejecting: Any, opened: Opening
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = opened(room="C0ALL")
    page.get_by_role("button", name="Accept").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Reject")).to_be_visible()
    expect(page.locator("[data-block=reason] select")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".modal")).to_have_count(0)
    expect(page.get_by_role("button", name="Accept")).to_be_focused()
    assert slack.modal("U0ANN") is None


def test_a_picture_is_shown_and_another_file_is_offered(
    slack: Slack, client: WebClient, opened: Opening
) -> None:
    alt = "12 of 30"
    client.files_upload_v2(
        channel="C0ALL", content=two_pixels(), filename="funnel.png", title="F", alt_txt=alt
    )
    client.files_upload_v2(channel="C0ALL", content=b"a,b", filename="leads.csv", title="Leads")
    page = opened(room="C0ALL")
    image = page.get_by_role("img", name=alt)
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 2)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Leads").click()
    assert saved.value.suggested_filename == "leads.csv"


def two_pixels() -> bytes:
    """Two red pixels."""
    row = zlib.compress(b"\x00" + b"\xff\x00\x00" * 2)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "bold", "style": {"bold": True}}]},
        {"type": "rich_text_list", "style": "bullet", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0BOB"}]}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a < b"}]},
    ],
}  # fmt: skip
TABLE = {
    "type": "table", "column_settings": [{"align": "left"}, {"align": "right"}],
    "rows": [[{"type": "raw_text", "text": "Stage"}, {"type": "raw_text", "text": "Leads"}],
             [{"type": "raw_text", "text": "MQL"}, {"type": "raw_text", "text": "12"}]],
}  # fmt: skip


def text(words: str, kind: str = "mrkdwn") -> dict[str, str]:
    return {"type": kind, "text": words}


def test_every_block_is_drawn_as_slack_draws_it(slack: Slack, client: WebClient, opened: Opening) -> None:
    file = client.files_upload_v2(content=two_pixels(), filename="p.png", title="P")["file"]["id"]
    when = int(slack.clock()) - 86_400
    marks = f"*b* _i_ ~s~ `c` <@U0BOB> <#C0EMEA> <!date^{when}^{{date_short_pretty}} {{time}}|x> &lt;3 :fire:"
    picture = {"type": "image", "image_url": "https://x.example/p.png", "alt_text": "a pie"}
    client.chat_postMessage(channel="C0ALL", text="all", blocks=[
        {"type": "header", "text": text("Head", "plain_text")},
        {"type": "section", "text": text(marks), "accessory": picture},
        {"type": "section", "fields": [text("*one*"), text("two")]},
        {"type": "divider"},
        {"type": "context", "elements": [text("small"), picture]},
        {"type": "image", "slack_file": {"id": file}, "alt_text": "uploaded", "title": text("T", "plain_text")},
        RICH,
        TABLE,
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "go", "style": "danger", "text": text("Go", "plain_text")},
            {"type": "overflow", "action_id": "more", "options": [{"text": text("Later", "plain_text"), "value": "x"}]},
        ]},
    ])  # fmt: skip
    message = opened(room="C0ALL").locator(".message")
    expect(message.get_by_role("heading", name="Head")).to_be_visible()
    section = message.locator(".section").first
    for tag, words in (("b", "b"), ("i", "i"), ("s", "s"), ("code", "c")):
        expect(section.locator(tag)).to_have_text(words)
    expect(section.locator(".mention")).to_have_text(["@Bob", "#emea"])
    expect(section.locator("time")).to_have_text(re.compile(r"^yesterday \d\d:\d\d$"))
    expect(section).to_contain_text("<3 🔥")
    expect(section.get_by_role("img", name="a pie")).to_be_visible()
    expect(message.locator(".fields > div")).to_have_text(["one", "two"])
    expect(message.locator("hr")).to_have_count(1)
    expect(message.locator(".context").first).to_contain_text("small")
    expect(message.get_by_role("img", name="uploaded")).to_have_js_property("naturalWidth", 2)
    expect(message.locator("figcaption")).to_have_text("T")
    expect(message.locator("li .mention, li")).to_contain_text(["@Bob"])
    expect(message.locator("pre")).to_have_text("a < b")
    expect(message.get_by_role("columnheader")).to_have_text(["Stage", "Leads"])
    expect(message.get_by_role("cell", name="12")).to_have_class("align-right")
    expect(message.get_by_role("button", name="Go")).to_have_class("danger")
    message.get_by_label("More actions").click()
    expect(message.get_by_role("menuitem", name="Later")).to_be_visible()


def test_an_alert_is_drawn_in_a_modal(slack: Slack, client: WebClient, card: list[dict[str, Any]], app: Any,
                                      opened: Opening) -> None:  # fmt: skip
    view = {
        "type": "modal", "title": text("Careful", "plain_text"),
        "blocks": [{"type": "alert", "level": "warning", "text": text("This *cannot* be undone.")}],
    }  # fmt: skip

    def answer(payload: dict[str, Any]) -> tuple[int, str]:
        client.views_open(trigger_id=payload["trigger_id"], view=view)
        return 200, ""

    app.answer = answer
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = opened(room="C0ALL")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".alert.warning")).to_have_text("This cannot be undone.")
    expect(page.locator(".alert b")).to_have_text("cannot")


def test_a_link_to_a_message_brings_it_into_view(slack: Slack, client: WebClient, opened: Opening) -> None:
    first = client.chat_postMessage(channel="C0EMEA", text="the first")["ts"]
    for number in range(40):
        client.chat_postMessage(channel="C0EMEA", text=f"line {number}")
    link = client.chat_getPermalink(channel="C0EMEA", message_ts=first)["permalink"]
    client.chat_postMessage(channel="C0ALL", text=f"<{link}|Open the card>")
    page = opened(room="C0ALL")
    page.get_by_role("link", name="Open the card").click()
    expect(page.locator("#title")).to_have_text("# emea")
    expect(page.locator(".message.pointed")).to_contain_text("the first")
    expect(page.locator(".message.pointed")).to_be_in_viewport()


def test_a_panels_form_is_sent_and_its_answer_drawn(slack: Slack, opened: Opening) -> None:
    def send(values: Any) -> Told:
        if not values["name"]:
            return Told(errors={"name": "Write a name."})
        return Told(
            [f"{values['name']} came."], [Table("Score", ("Points", "Why"), [("+50", values["file"])])]
        )

    asked = Form("A lead", [Field("name", "Name"), Field("file", "File", "file")], "Send it", send)
    slack.panels.append(
        Panel("Desk", "What one can send.", [asked], lambda: [Table("Waiting", ("Who",), [("Ada",)])])
    )
    page = opened()
    page.get_by_role("tab", name="Desk").click()
    expect(page.get_by_role("cell", name="Ada")).to_be_visible()
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("[data-field=name] .error")).to_have_text("Write a name.")
    page.get_by_label("Name").fill("Grace")
    page.get_by_label("File").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"row"})
    page.get_by_role("button", name="Send it").click()
    expect(page.locator(".ask .told").first).to_contain_text("Grace came.")
    expect(page.get_by_role("row").filter(has_text="+50")).to_contain_text("row")
    expect(page.locator("[data-field=name] .error")).to_be_hidden()


def test_the_traffic_is_shown_with_its_limits_and_trouble_can_be_ordered(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], opened: Opening
) -> None:
    page = opened(width=1440)
    page.get_by_role("button", name="Tools").click()
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    line = page.locator("[data-name='chat.postMessage']")
    expect(line).to_contain_text("ok")
    line.locator("summary").click()
    expect(line).to_contain_text("2 of 50 blocks")
    page.get_by_role("tab", name="Traffic").press("ArrowRight")
    expect(page.get_by_role("tab", name="Trouble")).to_be_focused()
    page.get_by_label("What goes wrong").select_option("is_archived")
    page.get_by_label("With which call").select_option("chat.postMessage")
    page.get_by_role("button", name="Order it").click()
    expect(page.locator(".waiting")).to_contain_text("chat.postMessage")
    with pytest.raises(SlackApiError, match="is_archived"):
        client.chat_postMessage(channel="C0ALL", text="x")
    expect(page.locator(".waiting")).to_contain_text("No trouble is on order.")
    page.get_by_role("tab", name="Traffic").click()
    page.get_by_label("Show").select_option("refused")
    expect(page.locator(".exchange:visible")).to_have_count(1)
    expect(page.locator(".exchange:visible")).to_contain_text("is_archived")


@pytest.mark.parametrize(
    "date", ["<!date^abc^{date}|on Monday>", "<!date^^{date}|on Monday>", "<!date^9e99^{date}|on Monday>"]
)
def test_a_date_that_is_none_is_its_fallback_and_nothing_else_is_lost(
    date: str, slack: Slack, client: WebClient, opened: Opening
) -> None:
    client.chat_postMessage(channel="C0ALL", text=f"Call {date}")
    client.chat_postMessage(channel="C0ALL", text="the next one")
    expect(opened(room="C0ALL").locator(".message .body > div:last-child")).to_have_text(
        ["Call on Monday", "the next one"]
    )


def test_what_is_typed_is_shown_as_it_was_typed(slack: Slack, client: WebClient, opened: Opening) -> None:
    page = opened(room="C0ALL")
    page.locator("#line").fill("if 3 < 5 & 7 > 2 <!channel> for @Bob, not a@Bob.example")
    page.locator("#line").press("Enter")
    message = page.locator(".message")
    expect(message).to_contain_text("if 3 < 5 & 7 > 2 <!channel> for @Bob, not a@Bob.example")
    expect(message.locator(".mention")).to_have_text(["@Bob"])


def test_marks_go_around_links_mentions_and_code(slack: Slack, client: WebClient, opened: Opening) -> None:
    lines = [
        "*by <@U0ANN>*",
        "_it `code` it_",
        "&gt; quoted <https://x.example|label> tail",
        "&gt; more",
        "after",
    ]
    client.chat_postMessage(channel="C0ALL", text="\n".join(lines))
    message = opened(room="C0ALL").locator(".message .body > div:last-child")
    expect(message.locator("b")).to_have_text("by @Ann")
    expect(message.locator("b .mention")).to_have_text("@Ann")
    expect(message.locator("i code")).to_have_text("code")
    expect(message.locator("i")).to_have_text("it code it")
    expect(message.locator("blockquote")).to_have_text("quoted label tailmore")
    expect(message.locator("blockquote a")).to_have_attribute("href", "https://x.example")
    expect(message).to_contain_text("after")
    assert not any(sign in message.inner_text() for sign in "*_>")


def test_an_address_is_a_link_unless_the_text_is_to_be_taken_as_it_is(
    slack: Slack, client: WebClient, opened: Opening
) -> None:
    told = "see https://x.example/a?b=1&amp;c=2, please"
    blocks = [
        {"type": "section", "text": text(told)},
        {"type": "section", "text": {**text(told), "verbatim": True}},
    ]
    client.chat_postMessage(channel="C0ALL", text="x", blocks=blocks)
    linked, taken = opened(room="C0ALL").locator(".section").all()
    expect(linked.locator("a")).to_have_attribute("href", "https://x.example/a?b=1&c=2")
    expect(linked).to_have_text("see https://x.example/a?b=1&c=2, please")
    expect(taken.locator("a")).to_have_count(0)


def test_rich_text_draws_links_dates_and_emoji(slack: Slack, client: WebClient, opened: Opening) -> None:
    when = int(slack.clock())
    parts = [
        {"type": "link", "url": "https://x.example", "text": "label"}, {"type": "emoji", "name": "fire"},
        {"type": "date", "timestamp": when, "format": "{date_short_pretty}", "fallback": "x"},
    ]  # fmt: skip
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}
    client.chat_postMessage(channel="C0ALL", text="x", blocks=[rich])
    message = opened(room="C0ALL").locator(".message")
    expect(message.locator("a")).to_have_attribute("href", "https://x.example")
    expect(message.locator(".blocks")).to_have_text("label🔥today")


def test_a_card_that_is_drawn_anew_does_not_say_edited_and_a_text_does(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], opened: Opening
) -> None:
    drawn = client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)["ts"]
    said = client.chat_postMessage(channel="C0ALL", text="Bob")["ts"]
    client.chat_update(channel="C0ALL", ts=drawn, text="Ada", blocks=card)
    client.chat_update(channel="C0ALL", ts=said, text="Bob and Ann")
    messages = opened(room="C0ALL").locator(".message")
    expect(messages.last).to_contain_text("(edited)")
    expect(messages.first).not_to_contain_text("(edited)")


def test_the_keyboard_stays_on_the_room_it_entered_and_what_was_read_stays_read(
    slack: Slack, client: WebClient, opened: Opening
) -> None:
    client.chat_postMessage(channel="C0EMEA", text="x")
    page = opened(room="C0ALL")
    emea = page.locator("[data-room=C0EMEA]")
    emea.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("# emea")
    expect(emea).to_be_focused()
    page.locator("[data-room=C0ALL]").click()
    page.reload()
    expect(page.get_by_role("button", name="emea", exact=True)).to_be_visible()


def test_a_message_elsewhere_leaves_home_where_it_was_scrolled_to(
    slack: Slack, client: WebClient, opened: Opening
) -> None:
    lines = [{"type": "section", "text": text(f"line {number}")} for number in range(80)]
    client.views_publish(user_id="U0ANN", view={"type": "home", "blocks": lines})
    page = opened(room="home")
    box = page.locator("#stream")
    expect(page.get_by_text("line 79")).to_be_attached()
    assert box.evaluate("box => box.scrollTop") == 0
    box.evaluate("box => { box.scrollTop = 1e6; }")
    there = box.evaluate("box => box.scrollTop")
    client.chat_postMessage(channel="C0ALL", text="elsewhere")
    expect(page.get_by_role("button", name="sales, 1 unread")).to_be_visible()
    assert box.evaluate("box => box.scrollTop") == there > 0


def test_what_is_typed_stays_when_the_app_shows_the_form_anew(
    slack: Slack,
    client: WebClient,
    card: list[dict[str, Any]],
    rejecting: Any,
    form: dict[str, Any],
    opened: Opening,
) -> None:
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = opened(room="C0ALL")
    page.get_by_role("button", name="Accept").click()
    page.locator("[data-block=note] input").fill("in spring")
    modal = slack.modal("U0ANN")
    assert modal is not None
    form["blocks"].append({"type": "section", "text": text("Something new.")})
    client.views_update(view_id=modal["id"], view=form)
    expect(page.locator(".modal")).to_contain_text("Something new.")
    expect(page.locator("[data-block=note] input")).to_have_value("in spring")
    expect(page.locator("[data-block=note] input")).to_be_focused()


def test_escape_answers_no_to_a_question_and_takes_it_away(
    slack: Slack, client: WebClient, card: list[dict[str, Any]], app: Any, opened: Opening
) -> None:
    card[1]["elements"][0]["confirm"] = {
        "title": text("Sure?", "plain_text"), "text": text("Take it?", "plain_text"),
        "confirm": text("Yes", "plain_text"), "deny": text("No", "plain_text"),
    }  # fmt: skip
    client.chat_postMessage(channel="C0ALL", text="Ada", blocks=card)
    page = opened(room="C0ALL")
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".confirm")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".confirm")).to_have_count(0)
    assert app.payloads == []
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Yes").click()
    slack.wait_for(lambda: app.payloads)


def test_a_file_that_windows_wrote_is_read_with_its_letters(slack: Slack, opened: Opening) -> None:
    asked = Form("A file", [Field("file", "File", "file")], "Read it", lambda values: Told([values["file"]]))
    slack.panels.append(Panel("Desk", "About", [asked]))
    page = opened()
    page.get_by_role("tab", name="Desk").click()
    for content in ("Zoë, Müller".encode("cp1252"), "Zoë, Müller".encode()):
        page.get_by_label("File").set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": content}
        )
        page.get_by_role("button", name="Read it").click()
        expect(page.locator(".ask .told").first).to_have_text("Zoë, Müller")


def test_a_page_that_stays_open_while_the_program_is_started_anew_shows_the_new_one(
    slack: Slack, client: WebClient, browser: Browser
) -> None:
    client.chat_postMessage(channel="C0ALL", text="before")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{slack.page}?user=U0ANN")
    page.locator("[data-room=C0ALL]").click()
    page.get_by_role("button", name="Tools").click()
    expect(page.locator("[data-name='chat.postMessage']")).to_have_count(1)
    port = int(slack.workspace.base.rpartition(":")[2])
    slack.stop()
    expect(page.locator("#caption")).to_have_text("The playground has stopped.")
    again = Slack(users=slack.users, channels=slack.channels, clock=slack.clock)
    with again.start(port):
        WebClient(token=again.bot_token, base_url=again.url).chat_postMessage(channel="C0ALL", text="after")
        expect(page.locator(".message")).to_have_count(1)
        expect(page.locator(".message")).to_contain_text("after")
        expect(page.locator("[data-name='chat.postMessage']")).to_have_count(1)
        expect(page.locator("[data-name='chat.postMessage']")).to_contain_text("ok")
        page.close()


def test_a_buttons_link_opens_a_window_and_the_app_is_told(
    slack: Slack, client: WebClient, app: Any, opened: Opening
) -> None:
    there = f"{slack.page}?user=U0BOB"
    button = {"type": "button", "action_id": "b", "url": there, "text": text("Open", "plain_text")}
    client.chat_postMessage(channel="C0ALL", text="x", blocks=[{"type": "actions", "elements": [button]}])
    page = opened(room="C0ALL")
    with page.context.expect_page() as window:
        page.get_by_role("button", name="Open", exact=True).click()
    assert window.value.url == there
    window.value.close()
    slack.wait_for(lambda: app.payloads)
    assert app.last["actions"][0]["url"] == there
