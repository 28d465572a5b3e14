"""The whole way in Slack: an SDR claims and qualifies, an account executive accepts, offers and wins; or does not."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.playground import Message
from tests.bot.desk.deals import TEAM_WITH_AES
from tests.world import ADA, World

HOUR = timedelta(hours=1)
YES = dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")


@pytest.fixture
def office(worlds: Callable[..., World], database_url: str) -> World:
    """A team with Sue and Tom, account executives; Ann has reached Ada. Once on each database."""
    return at_work(worlds(database_url, team=TEAM_WITH_AES))


@pytest.fixture
def desk(worlds: Callable[..., World], sqlite_url: str) -> World:
    """The same on SQLite alone."""
    return at_work(worlds(sqlite_url, team=TEAM_WITH_AES))


def at_work(world: World) -> World:
    world.send(world.event("demo_request"))
    world.accept("U0ANN")
    world.press("U0ANN", "touch")
    world.submit("U0ANN", kind="call", outcome="reached")
    return world


def qualify(world: World, ae: str | None = "U0SUE", note: str = "Wants a trial") -> None:
    world.press("U0ANN", "qualify")
    assert world.submit("U0ANN", **YES, ae=ae, note=note).errors == {}


def opportunity(world: World, user: str = "U0SUE", **values: str) -> None:
    world.press(user, "opportunity", channel="C0EMEA")
    given = {"amount": "25000", "close_on": "2026-12-18", **values}
    assert world.submit(user, **given).errors == {}


def thread(world: World) -> list[Message]:
    return world.slack.thread("C0EMEA", world.card().ts)


def said(world: World) -> list[str]:
    return [note.plain() for note in thread(world)]


def test_a_lead_goes_from_a_claim_to_won_by_the_right_persons(office: World) -> None:
    world = office
    qualify(world)
    card = world.card().plain()
    assert "SQL · Handed to Sue, accept by" in card
    assert "budget yes · authority yes · need yes · timeline yes" in card
    assert "[Accept as AE]" in card
    assert "<@U0SUE>" not in str(world.card().blocks) + world.card().text
    dm = world.slack.dms("U0SUE")[-1].plain()
    for words in ("An SQL for you", "Ada Lovelace", "Analytical Engines", "Qualified by Ann", "need yes",
                  "“Wants a trial”", "+44 20 7946 0000", "[Accept as AE]", "[Send back]"):  # fmt: skip
        assert words in dm

    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    assert "@Sue has taken it on; qualified by Ann" in world.card().plain()
    assert "Accept as AE" not in world.card().plain()
    opportunity(world)
    card = world.card().plain()
    assert "Opportunity · 25,000 EUR · close by 2026-12-18" in card
    assert "[Won]" in card
    assert "Recycle" not in card
    opportunity(world, amount="30000")
    world.press("U0SUE", "won", channel="C0EMEA")
    assert world.card().plain().startswith("Ada Lovelace, Analytical Engines · Won · 30,000 EUR · @Sue")

    assert said(world) == [
        "🎯 Qualified by Ann. @Sue, accept it with the button on the card, or send it back. “Wants a trial”",
        "🤝 Sue has accepted this SQL.",
        "💼 Opportunity by Sue: 25,000 EUR, close by 2026-12-18.",
        "💼 Opportunity by Sue: 30,000 EUR, close by 2026-12-18.",
        "🏆 Won by Sue: 30,000 EUR.",
    ]
    assert all("<@" not in str(note.blocks) for note in thread(world)[1:]), (
        "nobody is called about what they did"
    )
    funnel = world.ask("U0MAX", "funnel")
    assert "Opportunity → Won: 100 %" in funnel
    assert world.slack.complaints == []


def test_at_every_step_the_wrong_person_is_refused_with_a_sentence(office: World) -> None:
    world = office
    qualify(world)
    before = world.card().plain()
    for user in ("U0TOM", "U0BOB", "U0MIA", "U0EVE"):
        for action in ("ae_accept", "send_back", "opportunity"):
            world.press(user, action, channel="C0EMEA")
            assert world.slack.modal(user) is None
        assert len(world.whispered(user, 3)) == 3
    world.press("U0ANN", "opportunity", channel="C0EMEA")
    assert "handed to <@U0SUE>" in world.whispered("U0ANN")[-1]
    assert world.card().plain() == before

    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    opportunity(world)
    before = world.card().plain()
    for user in ("U0TOM", "U0ANN", "U0EVE"):
        told = len(world.slack.whispers(user))
        for count, action in enumerate(("won", "lost", "opportunity"), start=1):
            world.press(user, action, channel="C0EMEA")
            assert world.slack.modal(user) is None
            assert world.whispered(user, told + count)
    assert world.card().plain() == before


def test_the_account_executive_accepts_in_the_message_and_sends_back_with_a_reason(office: World) -> None:
    world = office
    qualify(world)
    world.press("U0SUE", "ae_accept", ts=world.slack.dms("U0SUE")[-1].ts)
    assert "@Sue has taken it on" in world.card().plain()
    world.press("U0SUE", "send_back", channel="C0EMEA")
    assert world.submit("U0SUE", note="She decides nothing").errors == {}

    assert "Accepted by @Ann" in world.card().plain()
    assert "[Qualify]" in world.card().plain()
    assert said(world)[-1] == "↩️ Sent back by Sue: @Ann, it is yours again. “She decides nothing”"
    world.press("U0SUE", "ae_accept", ts=world.slack.dms("U0SUE")[-1].ts)
    assert "not possible" in world.whispered("U0SUE")[-1]


def test_a_lost_deal_asks_for_its_reason_and_shows_it(desk: World) -> None:
    world = desk
    qualify(world)
    opportunity(world)
    world.press("U0SUE", "lost", channel="C0EMEA")
    assert world.submit("U0SUE", reason="timing.no_project").errors.keys() == {"date"}
    assert world.submit("U0SUE", date="2027-04-01", note="After the merger").errors == {}

    assert "Lost · No active project · back on 2027-04-01 · @Sue" in world.card().plain()
    assert said(world)[-1] == "Lost, says Sue: no active project. “After the merger”"


def test_the_form_shows_what_the_deal_is_and_refuses_a_day_that_has_passed(desk: World) -> None:
    world = desk
    qualify(world)
    opportunity(world)
    world.press("U0SUE", "opportunity", channel="C0EMEA")
    form = str(world.slack.modal("U0SUE"))
    assert "Amount in EUR" in form
    assert "'initial_value': '25000'" in form
    assert "'initial_date': '2026-12-18'" in form
    assert world.submit("U0SUE", close_on="2026-11-20").errors.keys() == {"close_on"}
    assert world.submit("U0SUE", close_on="2027-01-20").errors == {}
    assert "25,000 EUR · close by 2027-01-20" in world.card().plain()


def test_whoever_names_themselves_gets_no_message_about_it(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    team = TEAM_WITH_AES.replace("people:", "ae: [U0ANN, U0SUE]\npeople:")
    world = at_work(worlds(sqlite_url, team=team))
    qualify(world, "U0ANN")
    assert world.slack.dms("U0ANN") == []
    assert all("<@" not in str(note.blocks) for note in thread(world))
    world.press("U0ANN", "ae_accept")
    assert "@Ann has taken it on" in world.card().plain()


def test_what_is_taken_back_is_taken_back_in_the_thread_too(desk: World) -> None:
    world = desk
    qualify(world)
    world.press("U0ANN", "undo")
    assert said(world)[-1] == "↩️ Taken back by Ann: “Qualify”."
    assert "[Qualify]" in world.card().plain()
    world.press("U0SUE", "ae_accept", ts=world.slack.dms("U0SUE")[-1].ts)
    assert "[Qualify]" in world.card().plain(), "the message's button leads nowhere any more"


def test_a_step_taken_back_before_it_was_said_is_not_said_at_all(desk: World) -> None:
    world = desk
    qualify(world)
    before = said(world)
    world.slack.press("U0SUE", "ae_accept", channel="C0EMEA")
    world.slack.press("U0SUE", "undo", channel="C0EMEA")
    world.deliver()
    assert "[Accept as AE]" in world.card().plain()
    assert said(world) == before


def test_outside_their_hours_the_account_executive_is_not_called(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    late = TEAM_WITH_AES.replace("Sue, role: ae", "Sue, role: ae, hours: {mon-fri: '14:00-20:00'}")
    world = at_work(worlds(sqlite_url, team=late))
    qualify(world)
    assert world.slack.dms("U0SUE") == []
    assert "Sue, accept it with the button" in said(world)[-1]
    assert "<@U0SUE>" not in str(thread(world)[-1].blocks)


def test_the_reminder_in_a_message_carries_the_buttons_that_answer_it(desk: World) -> None:
    world = desk
    world.pass_time(HOUR)
    qualify(world)
    world.until(world.now.replace(day=24, hour=9))
    dm = world.slack.dms("U0SUE")[-1]
    assert "Half the time is used" in dm.plain()
    world.press("U0SUE", "ae_accept", ts=dm.ts)
    opportunity(world)
    world.until(world.now.replace(month=12, day=18, hour=9, minute=0))
    dm = world.slack.dms("U0SUE")[-1]
    assert "The close date of Ada Lovelace (25,000 EUR, 2026-12-18) has come" in dm.plain()
    world.press("U0SUE", "won", ts=dm.ts)
    assert "Won · 25,000 EUR" in world.card().plain()


def test_the_managers_hear_of_each_clock_in_words(desk: World) -> None:
    world = desk
    qualify(world)
    world.until(world.now.replace(day=24, hour=12))
    assert "Not accepted yet: Ada Lovelace, handed to Sue" in world.slack.dms("U0MAX")[-1].plain()
    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    world.until(world.now.replace(month=12, day=9, hour=9))
    assert "No opportunity yet on Ada Lovelace, with @Sue" in world.slack.dms("U0MAX")[-1].plain()
    opportunity(world)
    world.until(world.now.replace(month=12, day=29, hour=12))
    assert "The close date of Ada Lovelace (2026-12-18) has passed" in world.slack.dms("U0MAX")[-1].plain()


def test_an_sdr_who_has_left_gets_nothing_back_and_the_managers_are_told(desk: World) -> None:
    world = desk
    qualify(world)
    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    world.slack.change_user("U0ANN", deleted=True)
    world.press("U0SUE", "send_back", channel="C0EMEA")
    world.submit("U0SUE", note="No budget")
    world.pass_time(HOUR)

    assert "[Accept]" in world.card().plain()
    assert said(world)[-1] == "↩️ Sent back by Sue: it is back in the pool. “No budget”"
    assert "<@" not in str(thread(world)[-1].blocks)
    assert "was sent back, and who qualified it has left" in world.slack.dms("U0MAX")[-1].plain()


def test_what_a_colleague_types_is_words_and_nothing_else(desk: World) -> None:
    world = desk
    qualify(world, note="<!channel> *now* <https://x.example|y>")
    for message in (thread(world)[-1], world.slack.dms("U0SUE")[-1]):
        assert "<!channel>" not in str(message.blocks)
        assert "&lt;!channel&gt;" in str(message.blocks)


def test_two_leads_are_two_deals(desk: World) -> None:
    world = desk
    qualify(world)
    world.send(world.event("demo_request", ADA | {"email": "bea@other.example", "first_name": "Bea"}))
    opportunity(world)
    assert "[Accept]" in world.card().plain()
    assert "25,000 EUR" in world.card(place=0).plain()


def test_a_deal_whose_account_executive_left_is_given_to_another(desk: World) -> None:
    world = desk
    qualify(world)
    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    opportunity(world)
    assert world.slack.change_user("U0SUE", deleted=True).error is None
    world.pass_time(timedelta(0))
    assert "@Sue has left and has Ada Lovelace, Opportunity, 25,000 EUR, close by 2026-12-18" in (
        world.slack.dms("U0MAX")[-1].plain()
    )

    world.press("U0MAX", "more", option="reassign:1", channel="C0EMEA")
    assert "Back to the pool" not in str(world.slack.modal("U0MAX"))
    assert world.submit("U0MAX", person="U0TOM", note="Call *today*").errors == {}

    assert "Opportunity · 25,000 EUR · close by 2026-12-18" in world.card().plain()
    assert "@Tom has taken it on; qualified by Ann" in world.card().plain()
    assert said(world)[-1] == "↪️ Max gave this to @Tom. “Call ∗today∗”"
    world.pass_time(timedelta(0))
    assert "is yours now" in world.slack.dms("U0TOM")[-1].plain()
