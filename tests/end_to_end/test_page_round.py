"""The whole round on the demo's page, in a real browser: the same buttons, forms and clock a visitor has."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.program import Program, Running, free_port

pytestmark = pytest.mark.slow  # a browser and a process of its own

ANN, BOB, MAX = "U0ANN", "U0BOB", "U0MAX"


class Visitor:
    """Somebody at the page; `broken` is what went wrong in its scripts."""

    def __init__(self, page: Page, url: str, shots: Path) -> None:
        self.page = page
        self.broken: list[str] = []
        self.shots = shots
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("console", lambda said: self.broken.append(said.text) if said.type == "error" else None)
        page.goto(url)

    def act_as(self, user: str) -> None:
        self.page.locator("#actas").select_option(user)

    def go(self, room: str) -> None:
        self.page.locator(f"[data-room='{room}']").click()

    def dm(self, user: str) -> None:
        self.go("D" + user[1:])

    def card(self, lead: str) -> Locator:
        """The newest message of the room that is *lead*'s card."""
        return self.page.locator("#stream > .message", has_text=lead).first

    def press(self, lead: str, label: str) -> None:
        self.card(lead).get_by_role("button", name=label, exact=True).click()

    def type(self, line: str) -> None:
        self.page.locator("#line").fill(line)
        self.page.locator("#line").press("Enter")

    def later(self, label: str) -> None:
        self.page.locator("#controls").get_by_role("button", name=label).click()

    def save(self) -> None:
        self.page.locator("[data-submit]").click()

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture
def demo(program: Program) -> Running:
    """`baton demo` on free ports."""
    program.environment |= {"BATON_PLAYGROUND_PORT": str(free_port()), "BATON_PORT": str(free_port())}
    running = program.start("demo")
    running.wait_for("Ctrl-C ends the demo.")
    return running


@pytest.fixture
def visitor(browser: Browser, demo: Running, program: Program) -> Visitor:
    shots = Path(os.environ.get("SHOTS") or program.logs)
    url = f"http://127.0.0.1:{program.environment['BATON_PLAYGROUND_PORT']}/"
    return Visitor(browser.new_context(viewport={"width": 1280, "height": 900}).new_page(), url, shots)


def test_the_whole_round_can_be_played_on_the_page(visitor: Visitor, demo: Running) -> None:
    page = visitor.page
    visitor.act_as(ANN)
    visitor.go("C0EMEA")
    expect(visitor.card("Ada Lovelace")).to_contain_text("= fit 35 + intent 50")
    expect(visitor.card("Ada Lovelace")).to_contain_text("First touch by")
    visitor.shoot("1-card")

    accept_and_be_too_late(visitor)
    reject_with_a_reason(visitor)
    log_a_touch(visitor)
    be_nudged(visitor)
    see_the_breach_and_the_funnel(visitor)

    assert visitor.broken == []
    page.close()
    assert demo.stop() == 0
    assert "Traceback" not in demo.err
    assert demo.err == "", "a demo has nothing to complain of"


def accept_and_be_too_late(visitor: Visitor) -> None:
    late = visitor.page.context.new_page()
    late.goto(visitor.page.url + "?user=" + BOB)
    late.locator("[data-room='C0EMEA']").click()
    # Bob's screen stands still while Ann presses: the page asks for news twice a second.
    expect(late.locator("#stream > .message", has_text="Ada Lovelace").first).to_be_visible()
    late.route("**/page/state*", lambda route: route.abort())
    visitor.press("Ada Lovelace", "Accept")
    expect(visitor.card("Ada Lovelace")).to_contain_text("Accepted by @Ann")
    expect(visitor.card("Ada Lovelace")).to_contain_text("ada@engines.example")
    bobs = late.locator("#stream > .message", has_text="Ada Lovelace").first
    bobs.get_by_role("button", name="Accept", exact=True).click()
    late.unroute("**/page/state*")
    expect(late.locator(".whisper").last).to_contain_text("@Ann accepted this lead first.")
    late.screenshot(path=visitor.shots / "2-too-late.png")
    late.close()


def reject_with_a_reason(visitor: Visitor) -> None:
    page = visitor.page
    visitor.press("Alan Turing", "Reject")
    expect(page.locator(".modal h2")).to_have_text("Reject this lead")
    page.locator("[data-block=reason] select").select_option("timing.no_project")
    page.locator("[data-block=note] :is(input, textarea)").fill("Budget opens in spring")
    visitor.save()
    expect(page.locator("[data-block=date] .error")).to_have_text(
        "Timing needs the date on which this lead may come back; choose one."
    )
    expect(page.locator("[data-block=note] :is(input, textarea)")).to_have_value("Budget opens in spring")
    visitor.shoot("3-reject-error")
    page.locator("[data-block=date] input").fill((datetime.now(UTC) + timedelta(days=90)).date().isoformat())
    visitor.save()
    expect(page.locator(".modal")).to_have_count(0)
    expect(visitor.card("Alan Turing")).to_contain_text("Recycled · No active project")
    visitor.shoot("4-rejected")


def log_a_touch(visitor: Visitor) -> None:
    page = visitor.page
    visitor.act_as(ANN)
    visitor.press("Ada Lovelace", "Log first touch")
    expect(page.locator(".modal h2")).to_have_text("Log a touch")
    page.locator("[data-block=kind] select").select_option("call")
    page.locator("[data-block=outcome] select").select_option("reached")
    visitor.shoot("5-touch")
    visitor.save()
    expect(visitor.card("Ada Lovelace")).to_contain_text("1 touch logged")
    visitor.shoot("6-touched")


def be_nudged(visitor: Visitor) -> None:
    visitor.later("A lead asks for a demo")
    said = visitor.page.locator("#said li").first
    expect(said).to_contain_text("demo request")
    name = (said.text_content() or "").partition(":")[0]
    visitor.go(find(visitor, name))
    visitor.press(name, "Accept")
    expect(visitor.card(name)).to_contain_text("Accepted by @Ann")
    visitor.later("5 minutes later")
    visitor.dm(ANN)
    nudges = visitor.page.locator("#stream > .message", has_text=name)
    expect(nudges.first).to_contain_text("Half the time is used: log the first touch")
    expect(nudges.nth(1)).to_contain_text("80 % of the time is used")
    expect(nudges.first.get_by_role("button", name="I called")).to_be_visible()
    visitor.shoot("7-nudge")


def find(visitor: Visitor, lead: str) -> str:
    """The channel that holds *lead*'s card."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for room in ("C0EMEA", "C0ALL"):
            visitor.go(room)
            if visitor.card(lead).count():
                return room
        visitor.page.wait_for_timeout(300)
    raise AssertionError(f"no card of {lead}")


def see_the_breach_and_the_funnel(visitor: Visitor) -> None:
    visitor.later("1 hour later")
    visitor.act_as(MAX)
    visitor.dm(MAX)
    expect(visitor.page.locator("#stream > .message").first).to_contain_text("Overdue")
    visitor.shoot("8-breach")
    visitor.go("C0ALL")
    visitor.type("/mql funnel")
    expect(visitor.page.locator(".whisper").last).to_contain_text("The funnel of the last 30 days")
    expect(visitor.page.locator(".whisper").last).to_contain_text("1 × No active project")
    visitor.shoot("9-funnel")
    visitor.go("home")
    expect(visitor.page.locator(".home")).to_contain_text("Without an owner (1)")
    visitor.shoot("10-home")
