"""A day on the page, in a real browser: what people do with a lead is done by clicking, and each of it is refused to
somebody whose work it is not."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.playground import Shortcut
from tests.bot.desk.deals import TEAM_WITH_AES
from tests.browser import PICTURES
from tests.world import ADA, DEFINITION, World

ANN, BOB, CAT, MAX, MIA, SUE, TOM, EVE = (
    "U0ANN", "U0BOB", "U0CAT", "U0MAX", "U0MIA", "U0SUE", "U0TOM", "U0EVE",
)  # fmt: skip
EMEA, ALL = "C0EMEA", "C0ALL"
BERT = ADA | {"email": "bert@engines.example", "first_name": "Bert", "last_name": "Babbage", "title": "CTO"}
ZOE = ADA | {"email": "zoe@other.example", "first_name": "Zoe", "company": "Other Works"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Day:
    """A Baton, its page, and a window for each person."""

    world: World
    browser: Browser
    windows: dict[str, Page] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _pictures: list[int] = field(default_factory=lambda: [0])

    def window(self, user: str, room: str | None = None) -> Page:
        """What *user* has in front of them."""
        if user not in self.windows:
            page = self.browser.new_page(viewport={"width": 1300, "height": 1000})
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: self.broken.append(str(error)))
            page.goto(f"{self.world.slack.page}?user={user}")
            self.windows[user] = page
        page = self.windows[user]
        if room is not None:
            page.locator(f"[data-room={room}]").click()
        return page

    @contextmanager
    def answered(self, page: Page) -> Iterator[None]:
        """What is done in here is sent, answered, and what follows from it is in Slack."""
        with page.expect_response(lambda each: each.request.method == "POST", timeout=20_000):
            yield
        self.world.deliver()
        self._pictures[0] += 1
        if PICTURES:
            page.wait_for_timeout(700)
            page.screenshot(path=f"{PICTURES}/{self._pictures[0]:03}.png")

    def press(self, user: str, button: str, room: str = EMEA, within: str = ".message") -> Page:
        """Press a button of the newest message that has it."""
        page = self.window(user, room)
        found = page.locator(within).get_by_role("button", name=button, exact=True)
        with self.answered(page):
            found.last.click()
        return page

    def menu(self, user: str, item: str, room: str = EMEA) -> Page:
        """Choose something of the newest ⋯ menu that offers it."""
        page = self.window(user, room)
        holder = page.locator(".overflow:not(.own)").filter(has=page.locator(".menu", has_text=item)).last
        holder.get_by_label("More actions").click()
        with self.answered(page):
            holder.get_by_role("menuitem", name=item).click()
        return page

    def shortcut(self, user: str, name: str, text: str, room: str) -> Page:
        """Choose a message's shortcut."""
        page = self.window(user, room)
        holder = page.locator(".message", has_text=text).last
        holder.get_by_label("Message shortcuts").first.click()
        with self.answered(page):
            holder.get_by_role("menuitem", name=name).click()
        return page

    def fill(self, user: str, **values: str | list[str]) -> Page:
        """Fill in the open form by block and send it."""
        page = self.windows[user]
        for block, value in values.items():
            place = page.locator(f".modal [data-block='{block}']")
            expect(place).to_be_visible()
            if isinstance(value, list):
                for one in value:
                    place.get_by_label(one).check()
            elif place.locator("select").count():
                place.locator("select").select_option(value)
            else:
                place.locator("input, textarea").fill(value)
        with self.answered(page):
            page.locator("[data-submit]").click()
        return page

    def saved(self, user: str, **values: str | list[str]) -> None:
        """As fill; it is taken, and the form closes."""
        expect(self.fill(user, **values).locator(".modal")).to_have_count(0)

    def wrong(self, user: str, block: str, sentence: str, **values: str | list[str]) -> None:
        """As fill; what is wrong is said beside the field, and the form stays."""
        page = self.fill(user, **values)
        expect(page.locator(f".modal [data-block='{block}'] .error")).to_contain_text(sentence)

    def ask(self, user: str, line: str, answer: str | re.Pattern[str], room: str = ALL) -> Page:
        """Type a command; the newest answer says this."""
        page = self.window(user, room)
        before = page.locator(".whisper").count()
        page.locator("#line").fill(line)
        with self.answered(page):
            page.locator("#line").press("Enter")
        expect(page.locator(".whisper")).to_have_count(before + 1)
        expect(page.locator(".whisper").last).to_contain_text(answer)
        return page

    def refused(self, page: Page, sentence: str) -> None:
        """The newest thing only they see says this, and no form is open."""
        expect(page.locator(".whisper").last).to_contain_text(sentence)
        expect(page.locator(".modal")).to_have_count(0)

    def card(self, user: str, lead: str, room: str = EMEA) -> Locator:
        """The newest card that names the lead."""
        page = self.window(user, room)
        return page.locator("#stream > .message").filter(has_text=lead).last

    def home(self, user: str) -> Locator:
        """Their Home tab, just opened."""
        page = self.window(user, ALL)
        with self.answered(page):
            page.locator("[data-room=home]").click()
        return page.locator(".home")

    def dm(self, user: str) -> Locator:
        """The newest direct message."""
        return self.window(user, f"D{user[1:]}").locator(".message").last


@pytest.fixture
def day(worlds: Callable[..., World], sqlite_url: str, browser: Browser) -> Iterator[Day]:
    paused = DEFINITION + "\npause: {reasons: [on leave], limit: 2d}\n"
    world = worlds(
        sqlite_url, team=TEAM_WITH_AES + "crm_url: https://crm.example/lead?e={email}\n", definition=paused
    )
    world.slack.shortcuts = [
        Shortcut("why_this_lead", "Why this lead?"),
        Shortcut("hand_to_sales", "Hand to sales"),
    ]
    made = Day(world, browser)
    yield made
    for page in made.windows.values():
        page.close()
    assert made.broken == []
    assert world.slack.complaints == []


def came(day: Day, *leads: dict[str, object]) -> None:
    for lead in leads or (ADA,):
        day.world.send(day.world.event("demo_request", lead))


def talked(day: Day) -> None:
    """Ann has Ada's lead and reached her."""
    came(day)
    day.press(ANN, "Accept")
    day.press(ANN, "Log first touch")
    day.saved(ANN, kind="call", outcome="reached")


def qualified(day: Day) -> None:
    """It is an SQL, for Sue."""
    talked(day)
    day.press(ANN, "Qualify")
    day.saved(
        ANN, budget="yes", authority="can_get", need="yes", timeline="yes", ae=SUE, note="Wants a trial"
    )


def test_an_sdr_claims_touches_and_qualifies_and_others_are_refused(day: Day) -> None:
    came(day)
    for person, why in ((CAT, "another team's pool"), (EVE, "not in Baton's team file")):
        day.refused(day.press(person, "Accept"), why)
        day.refused(day.press(person, "Reject"), why)
    day.press(ANN, "Accept")
    expect(day.card(BOB, "Ada Lovelace")).to_contain_text("Accepted by @Ann")
    for button in ("Log first touch", "Qualify", "Recycle or disqualify"):
        day.refused(day.press(BOB, button), "belongs to @Ann")
    day.refused(day.press(BOB, "Undo"), "only they can undo it")

    day.refused(day.press(ANN, "Qualify"), "needs a conversation")
    day.press(ANN, "Log first touch")
    day.saved(ANN, kind="call", outcome="no_answer")
    day.refused(day.press(ANN, "Qualify"), "needs a conversation")
    day.press(ANN, "Log a touch")
    day.saved(ANN, kind="email", outcome="replied", note="Call me on Friday")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("2 touches logged")
    day.press(ANN, "Qualify")
    day.wrong(
        ANN, "need", "requires need", budget="yes", authority="no", need="unknown", timeline="yes", ae=SUE
    )
    day.saved(ANN, need="yes")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("SQL · Handed to Sue")


def test_an_account_executive_takes_an_sql_to_won_and_others_are_refused(day: Day) -> None:
    qualified(day)
    expect(day.dm(SUE)).to_contain_text("An SQL for you")
    day.refused(day.press(TOM, "Accept as AE"), "handed to @Sue")
    day.refused(day.press(BOB, "Opportunity"), "handed to @Sue")
    day.press(SUE, "Send back")
    day.saved(SUE, note="No budget holder yet")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("Accepted by @Ann")
    day.press(ANN, "Qualify")
    day.saved(ANN, budget="yes", authority="yes", need="yes", timeline="yes", ae=SUE)
    day.press(SUE, "Accept as AE")
    day.press(SUE, "Opportunity")
    day.wrong(SUE, "close_on", "past", amount="25000", close_on="2020-01-01")
    day.saved(SUE, close_on="2026-12-18")
    expect(day.card(SUE, "Ada Lovelace")).to_contain_text("25,000 EUR · close by 2026-12-18")
    day.refused(day.press(ANN, "Won"), "belongs to @Sue")
    day.refused(day.press(ANN, "Lost"), "belongs to @Sue")
    day.press(SUE, "Lost")
    day.saved(SUE, reason="competitor", note="They chose another")
    expect(day.card(SUE, "Ada Lovelace")).to_contain_text("Lost")
    day.press(SUE, "Undo")
    day.press(SUE, "Won")
    expect(day.card(SUE, "Ada Lovelace")).to_contain_text("Won · 25,000 EUR")
    thread = day.window(SUE, EMEA).locator(".thread")
    for words in (
        "Qualified by Ann",
        "Sent back by Sue",
        "Opportunity by Sue",
        "Taken back by Sue",
        "Won by Sue",
    ):
        expect(thread).to_contain_text(words)


def test_a_recycled_lead_wakes_up_on_its_day(day: Day) -> None:
    talked(day)
    day.press(ANN, "Recycle or disqualify")
    day.wrong(ANN, "date", "date", reason="timing.no_project", note="In spring")
    day.wrong(ANN, "date", "later", date="2020-01-01")
    day.saved(ANN, date="2026-11-30")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("back on 2026-11-30")
    day.world.pass_time(timedelta(days=7))
    expect(day.dm(ANN)).to_contain_text("Get in touch again with Ada Lovelace")

    came(day, ZOE)
    day.press(BOB, "Accept")
    day.press(BOB, "Recycle or disqualify")
    day.wrong(BOB, "reason", "5", reason="unreachable")
    day.saved(BOB, reason="customer")
    day.ask(MIA, "/mql suppression", "other.example")


def test_undo_is_the_pressers_and_reopen_a_managers(day: Day) -> None:
    came(day)
    day.press(ANN, "Reject")
    day.saved(ANN, reason="spam")
    day.refused(day.press(BOB, "Undo"), "only they can undo it")
    day.press(ANN, "Undo")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("First touch by")
    day.press(ANN, "Reject")
    day.saved(ANN, reason="spam")
    day.world.clock.advance(timedelta(hours=1))
    day.refused(day.press(ANN, "Undo"), "A manager can reopen it")
    day.press(MAX, "Undo")
    day.saved(MAX, note="They are real")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("First touch by")
    expect(day.window(ANN, EMEA).locator(".thread")).to_contain_text("Reopened by Max")


def test_leads_are_handed_over_by_hand_by_those_who_may(day: Day) -> None:
    day.ask(SUE, "/mql add", "SDRs, marketing and managers")
    page = day.window(ANN, ALL)
    page.locator("#line").fill("/mql add")
    with day.answered(page):
        page.locator("#line").press("Enter")
    day.wrong(ANN, "email", "e-mail", email="nobody", reason="Met at the fair")
    day.saved(ANN, email="eva@fair.example")
    expect(day.card(ANN, "eva@fair.example", ALL)).to_contain_text("by Ann: Met at the fair")

    day.world.send(day.world.event("ebook", ZOE))
    page = day.window(MIA, ALL)
    page.locator("#line").fill("/mql handoff zoe@other.example")
    with day.answered(page):
        page.locator("#line").press("Enter")
    day.saved(MIA, reason="Asked me in person", pool="EMEA")
    expect(day.card(BOB, "Zoe Lovelace")).to_contain_text("by Mia: Asked me in person")

    day.world.slack.say(BOB, ALL, "please call paul@third.example, he wants a demo")
    day.shortcut(BOB, "Hand to sales", "paul@third.example", ALL)
    expect(day.windows[BOB].locator(".modal [data-block=email] input")).to_have_value("paul@third.example")
    day.saved(BOB)
    expect(day.card(BOB, "paul@third.example", ALL)).to_contain_text("by Bob")
    page = day.shortcut(SUE, "Hand to sales", "paul@third.example", ALL)
    day.refused(page, "SDRs, marketing and managers")


def test_marketing_keeps_the_list_and_merges_leads_and_sdrs_do_not(day: Day) -> None:
    came(day, ZOE)
    day.ask(ANN, "/mql suppression add third.example competitor", "Marketing and managers")
    day.ask(MIA, "/mql suppression add third.example competitor", "is on the suppression list")
    day.ask(MIA, "/mql suppression lift third.example", "is off the suppression list")
    came(day, ZOE | {"email": "zoe.second@other.example"})
    merge = "/mql merge zoe@other.example zoe.second@other.example"
    day.ask(ANN, merge, "Marketing and managers")
    page = day.ask(MIA, merge, "joins")
    page.locator(".whisper").last.get_by_role("button", name="Merge").click()
    with day.answered(page):
        page.locator(".confirm").get_by_role("button", name="Merge").click()
    expect(page.locator(".whisper").last).to_contain_text("Merged: the two are one lead now")


def test_facts_are_typed_by_the_owner_and_a_menu_leads_to_the_crm(day: Day) -> None:
    came(day, {key: value for key, value in ADA.items() if key != "employees"})
    day.press(ANN, "Accept")
    day.menu(BOB, "Complete facts")
    day.refused(day.window(BOB, EMEA), "belongs to @Ann")
    day.menu(ANN, "Complete facts")
    fields = day.windows[ANN].locator(".modal [data-block]")
    expect(fields.first).to_be_visible()
    day.windows[ANN].locator(".modal [data-block] input").first.fill("80")
    with day.answered(day.windows[ANN]):
        day.windows[ANN].locator("[data-submit]").click()
    expect(day.window(ANN, EMEA).locator(".thread")).to_contain_text(
        "Ann typed what was unknown of Ada Lovelace"
    )
    day.window(ANN, EMEA).locator(".overflow:not(.own) [aria-label='More actions']").last.click()
    expect(day.windows[ANN].get_by_role("menuitem", name="Open in CRM")).to_be_visible()


def test_nudges_have_buttons_and_the_owner_may_put_them_off(day: Day) -> None:
    came(day)
    day.press(ANN, "Accept")
    day.menu(BOB, "Put nudges off")
    day.refused(day.window(BOB, EMEA), "belongs to @Ann")
    day.menu(ANN, "Put nudges off")
    day.saved(ANN, length="15m")
    day.menu(ANN, "Pause the clock")
    day.saved(ANN, reason="on leave")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("Paused until")
    day.menu(ANN, "Let the clock run again")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("First touch by")
    day.world.pass_time(timedelta(minutes=40))
    nudge = day.dm(ANN)
    expect(nudge).to_contain_text("log the first touch of Ada Lovelace")
    day.press(ANN, "I e-mailed", f"D{ANN[1:]}")
    day.saved(ANN, outcome="no_answer")
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("E-mail: no answer yet · 1 touch logged")


def test_a_breach_reaches_the_manager_who_gives_the_lead_to_somebody(day: Day) -> None:
    came(day)
    day.press(ANN, "Accept")
    day.world.pass_time(timedelta(minutes=70))
    expect(day.dm(MAX)).to_contain_text("Overdue: Ada Lovelace")
    expect(day.window(MAX, EMEA).locator(".thread")).to_contain_text("Overdue")
    day.menu(CAT, "Give it to somebody else")
    day.refused(day.window(CAT, EMEA), "belongs to @Ann")
    day.menu(MAX, "Give it to somebody else")
    day.saved(MAX, person=BOB, note="Please call today")
    expect(day.card(BOB, "Ada Lovelace")).to_contain_text("Yours, @Bob")
    expect(day.window(BOB, EMEA).locator(".thread")).to_contain_text("Please call today")


def test_people_of_one_company_share_a_card(day: Day) -> None:
    came(day, ADA, BERT)
    expect(day.card(ANN, "2 people of Analytical Engines")).to_contain_text("Bert Babbage, CTO")
    day.refused(day.press(CAT, "Accept"), "another team's pool")
    day.press(ANN, "Accept")
    day.press(ANN, "Recycle or disqualify")
    day.wrong(ANN, "people", "required", reason="not_fit.persona")
    day.saved(ANN, people=["Bert Babbage, CTO"])
    expect(day.card(ANN, "Ada Lovelace")).to_contain_text("Bert Babbage, Analytical Engines · Disqualified")
    day.world.send(day.world.event("pricing_page", ADA))
    expect(day.window(ANN, EMEA).locator(".thread")).to_contain_text("Ada Lovelace: Pricing page")


def test_somebody_goes_away_from_home_and_passes_the_leads_on(day: Day) -> None:
    came(day)
    day.press(ANN, "Accept")
    home = day.home(ANN)
    expect(home).to_contain_text("Ada Lovelace")
    with day.answered(day.windows[ANN]):
        home.get_by_role("button", name="I am away").click()
    day.wrong(ANN, "until_date", "This day is over", until_date="2020-01-01")
    day.saved(ANN, until_date="2026-11-27", pass_on=["Pass"])
    expect(day.card(BOB, "Ada Lovelace")).not_to_contain_text("Accepted by @Ann")
    day.ask(MAX, "/mql team", "away until")
    home = day.home(ANN)
    with day.answered(day.windows[ANN]):
        home.get_by_role("button", name="I am back").click()


def test_managers_edit_the_team_and_reps_do_not(day: Day) -> None:
    page = day.ask(ANN, "/mql team", "Bob")
    expect(page.locator(".whisper").last.get_by_role("combobox")).to_have_count(0)
    page = day.ask(MAX, "/mql team", "Bob")
    with day.answered(page):
        page.locator(".whisper").last.get_by_role("combobox").first.select_option(BOB)
    day.wrong(MAX, "weight", "number", weight="heavy")
    day.saved(MAX, weight="2", capacity="5")
    expect(day.window(MAX, "C0OPS").locator(".message").last).to_contain_text("Bob")


def test_questions_are_answered_and_strangers_are_refused(day: Day) -> None:
    came(day)
    day.ask(ANN, "/mql queue", "Ada Lovelace")
    day.ask(ANN, "/mql lead ada@engines.example", "Ada Lovelace")
    day.ask(ANN, "/mql why ada@engines.example", "+50")
    day.ask(MAX, "/mql funnel 30", "MQL")
    day.ask(ANN, "/mql lead nobody@engines.example", "Check the spelling")
    day.ask(EVE, "/mql queue", "not in Baton's team file")
    page = day.shortcut(ANN, "Why this lead?", "Ada Lovelace", EMEA)
    expect(page.locator(".modal")).to_contain_text("+50 Demo request")
    page.locator("[data-close]").click()
    day.refused(day.press(EVE, "Why?"), "not in Baton's team file")


def test_home_is_the_sdrs_day_and_the_managers_board(day: Day) -> None:
    came(day, ADA, ZOE)
    day.press(ANN, "Accept")
    home = day.home(ANN)
    for words in ("My open hand-offs", "Waiting in my pools", "My week"):
        expect(home).to_contain_text(words)
    board = day.home(MAX)
    for words in ("Team (5)", "Without an owner", "Needs a decision"):
        expect(board).to_contain_text(words)
    expect(day.home(EVE)).to_contain_text("not in Baton's team file")
