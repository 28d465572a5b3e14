"""The demo as a visitor meets it: every view in both schemes and two widths, by the accessibility rules of axe; from
a sample lead to Accept; and the README's own pictures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import browser as watching
from tests.program import Running, free_port, program_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Scheme = Literal["light", "dark"]
WIDE, NARROW = 1440, 390
HEIGHTS = {WIDE: 900, NARROW: 844}
SERIOUS = {"serious", "critical"}
CARD = "#stream > .message"
LISE = "lise@nucleus.example,Lise,Meitner,DE,demo_request\n"
CARRYING = """text => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], "leads.csv"));
  return carried;
}"""
"""What a mouse that carries a file hands to where it lets go."""


@contextmanager
def demo_in(folder: Path) -> Iterator[tuple[Running, str]]:
    """A `baton demo` and its page's address."""
    ports = {"BATON_PLAYGROUND_PORT": str(free_port()), "BATON_PORT": str(free_port())}
    with program_in(folder / "program", **ports) as program:
        running = program.start("demo")
        running.wait_for("Ctrl-C ends the demo.")
        yield running, f"http://127.0.0.1:{ports['BATON_PLAYGROUND_PORT']}/"
        assert running.stop() == 0


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of one `baton demo` for all tests in which nothing goes wrong."""
    with demo_in(tmp_path_factory.mktemp("demo")) as (running, page):
        yield page
    assert running.err == "", "a demo has nothing to complain of"


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of another one, whose Slack is in trouble."""
    with demo_in(tmp_path_factory.mktemp("troubled")) as (running, page):
        yield page
    assert "Traceback" not in running.err


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page; nothing may go wrong in its scripts."""
    opened: list[tuple[Page, list[str]]] = []

    def open_page(scheme: Scheme = "light", width: int = WIDE, at: str = address) -> Page:
        view = {"width": width, "height": HEIGHTS[width]}
        page = browser.new_page(viewport=view, color_scheme=scheme)  # type: ignore[arg-type]
        page.set_default_timeout(15_000)
        opened.append((page, watching.complaints_of(page)))
        page.goto(f"{at}?user=U0ANN")
        expect(page.locator("[data-room=C0EMEA]")).to_be_visible()
        if page.locator(".modal").count():  # the last visitor left a form open
            page.keyboard.press("Escape")
        page.locator("[data-room=C0EMEA]").click()
        expect(page.locator(CARD).first).to_be_visible()
        return page

    yield open_page
    for page, broken in opened:
        page.close()
        assert broken == []


def tool(page: Page, name: str) -> None:
    """Open a sheet of the tools, wherever the tools are."""
    if page.locator("#side").is_hidden():
        page.get_by_role("button", name="Tools").click()
    page.get_by_role("tab", name=name).click()


def put_tools_away(page: Page) -> None:
    if page.viewport_size and page.viewport_size["width"] == NARROW and page.locator("#side").is_visible():
        page.get_by_role("button", name="Tools").click()


def channel(page: Page) -> None:
    put_tools_away(page)


def thread(page: Page) -> None:
    """A nudge below its card."""
    tool(page, "Play")
    page.get_by_role("button", name="To the next deadline").click()
    put_tools_away(page)
    expect(page.locator(".thread .message").first).to_be_visible()
    page.locator(".thread .message").last.scroll_into_view_if_needed()


def modal_with_an_error(page: Page) -> None:
    put_tools_away(page)
    page.locator(CARD).get_by_role("button", name="Reject").first.click()
    page.locator("[data-submit]").click()
    expect(page.locator("[data-block=reason] .error")).to_be_visible()


def home(page: Page) -> None:
    put_tools_away(page)
    page.locator("[data-room=home]").click()
    expect(page.locator(".home")).to_contain_text("My week")


def lead_desk(page: Page) -> None:
    tool(page, "Lead desk")
    form = page.locator("[data-form='From the source documents']")
    form.get_by_role("button", name="Send it").click()
    expect(form.locator(".told table").first).to_be_visible()


def queues(page: Page) -> None:
    tool(page, "Queues")
    expect(page.get_by_role("region", name="Outbox, newest first")).to_be_visible()


def inspector(page: Page) -> None:
    tool(page, "Traffic")
    line = page.locator("[data-name='chat.postMessage']").first
    line.locator("summary").click()
    expect(line.locator("meter").first).to_be_visible()


def trouble(page: Page) -> None:
    tool(page, "Trouble")
    expect(page.get_by_label("What goes wrong")).to_have_value("ratelimited")


def completion(page: Page) -> None:
    put_tools_away(page)
    page.locator("#line").press_sequentially("/mql ")
    expect(page.locator("#offers")).to_be_visible()


VIEWS = (channel, thread, modal_with_an_error, home, lead_desk, queues, inspector, trouble, completion)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_and_axe_finds_nothing_serious(
    scheme: Scheme, width: int, view: Callable[[Page], None], visit: Callable[..., Page]
) -> None:
    page = visit(scheme, width)
    view(page)
    watching.shoot(page, f"{view.__name__}-{scheme}-{width}")

    assert page.evaluate("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
    assert page.evaluate("document.getElementById('stream').scrollWidth") <= width
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    """What axe calls serious or worse: the rule, and where."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


def test_axe_would_find_what_is_wrong(visit: Callable[..., Page]) -> None:
    page = visit()
    page.evaluate(
        "document.getElementById('actas').closest('label').replaceWith(document.getElementById('actas'))"
    )
    assert any(each.startswith("select-name") for each in serious(page))


def test_from_a_sample_lead_to_accept(visit: Callable[..., Page]) -> None:
    page = visit()
    cards = page.locator(CARD, has_text="Mary Somerville")
    before = cards.count()
    tool(page, "Lead desk")
    form = page.locator("[data-form='From the source documents']")
    form.get_by_label("Lead").select_option("s0-demo")
    form.get_by_role("button", name="Send it").click()
    expect(form.locator(".told")).to_contain_text("Its card is in #emea.")
    expect(cards).to_have_count(before + 1)
    cards.last.get_by_role("button", name="Accept", exact=True).click()
    expect(cards.last).to_contain_text("Accepted by @Ann")
    tool(page, "Queues")
    expect(page.get_by_role("region", name="To come")).to_contain_text("Mary Somerville")


def test_a_file_is_dropped_on_the_lead_desk(visit: Callable[..., Page]) -> None:
    page = visit()
    tool(page, "Lead desk")
    form = page.locator("[data-form='A CSV file']")
    carried = page.evaluate_handle(CARRYING, "email,first_name,last_name,country,signal\n" + LISE)
    form.locator("[data-field=file]").dispatch_event("drop", {"dataTransfer": carried})
    form.get_by_role("button", name="Read it").click()
    expect(form.locator(".told")).to_contain_text("1 rows read: 1 new leads")
    expect(page.locator(CARD, has_text="Lise Meitner")).to_be_visible()


def ordered(page: Page, kind: str, method: str, seconds: str = "1") -> None:
    """Order trouble once, by the sheet."""
    tool(page, "Trouble")
    page.get_by_label("What goes wrong").select_option(kind)
    page.get_by_label("With which call").select_option(method)
    page.get_by_label("Seconds, where it is about time").fill(seconds)
    page.get_by_role("button", name="Order it").click()
    expect(page.locator(".waiting")).to_contain_text("Any call" if method == "*" else method)


def test_a_429_is_waited_out(visit: Callable[..., Page], troubled: str) -> None:
    page = visit(at=troubled)
    ordered(page, "ratelimited", "chat.update")
    card = page.locator(CARD, has_text="Grace Hopper").last
    card.get_by_role("button", name="Accept", exact=True).click()
    expect(card).to_contain_text("Accepted by @Ann", timeout=20_000)
    tool(page, "Traffic")
    expect(page.locator("[data-name='chat.update'].refused").first).to_contain_text("ratelimited")


def sent_by_form(page: Page, first: str) -> None:
    """A lead of that name asks for a demo, by the lead desk's form."""
    tool(page, "Lead desk")
    form = page.locator("[data-form='A lead or an activity']")
    for label, value in (("E-mail", f"{first}@{first}.example"), ("First name", first), ("Country", "GB")):
        form.get_by_label(label).fill(value)
    form.get_by_label("What they did").select_option("demo_request")
    form.get_by_role("button", name="Send it").click()
    expect(form.locator(".told")).to_contain_text("Its card is in #emea.")


def test_a_card_whose_answer_got_lost_is_there_once(visit: Callable[..., Page], troubled: str) -> None:
    page = visit(at=troubled)
    ordered(page, "drop", "chat.postMessage")
    sent_by_form(page, "Lostina")
    tool(page, "Traffic")
    expect(page.locator("[data-name='chat.postMessage'].refused").first).to_contain_text("drop")
    tool(page, "Queues")
    outbox = page.get_by_role("region", name="Outbox, newest first").get_by_role("row", name="Lostina")
    expect(outbox.filter(has_text="card").last).to_contain_text("may have arrived")
    expect(outbox.filter(has_text="card").last).to_contain_text("sent", timeout=40_000)
    expect(page.locator(CARD, has_text="Lostina")).to_have_count(1)


def test_a_revoked_token_holds_a_card_back_until_it_is_mended(
    visit: Callable[..., Page], troubled: str
) -> None:
    page = visit(at=troubled)
    tool(page, "Trouble")
    page.get_by_label("How often").fill("1000")
    ordered(page, "token_revoked", "*")
    sent_by_form(page, "Heldina")
    tool(page, "Traffic")
    expect(page.locator(".exchange.refused").first).to_contain_text("token_revoked")
    expect(page.locator(CARD, has_text="Heldina")).to_have_count(0)
    tool(page, "Trouble")
    page.get_by_role("button", name="Call it all off").click()
    expect(page.locator(CARD, has_text="Heldina")).to_have_count(1, timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pictures_of_the_readme(scheme: Scheme, browser: Browser, tmp_path: Path) -> None:
    """Of a demo that has just begun, so that they are the same each time."""
    folder = Path(watching.PICTURES or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    with demo_in(tmp_path) as (_, address):
        view = {"width": 1280, "height": 800}
        page = browser.new_page(viewport=view, color_scheme=scheme, device_scale_factor=2)  # type: ignore[arg-type]
        page.goto(f"{address}?user=U0ANN")
        page.locator("[data-room=C0EMEA]").click()
        card = page.locator(CARD, has_text="Ada Lovelace")
        expect(card.get_by_role("button", name="Accept")).to_be_visible()
        card.screenshot(path=folder / f"card-{scheme}.png")
        card.get_by_role("button", name="Accept", exact=True).click()
        expect(card).to_contain_text("Accepted by @Ann")
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"page-{scheme}.png")
        page.close()
    assert all((folder / f"{name}-{scheme}.png").stat().st_size > 10_000 for name in ("card", "page"))
