"""The suppression list in Slack: marketing and managers keep it; a customer who asks for a demo is an account's."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import SQLModel, col

from bot.desk import answer, customers, deal, listing, privacy
from bot.desk.deal import BANT, Bant
from bot.desk.listing import Entry
from scoring.dispositions import Disposition
from scoring.stages import Refused
from storage.tables import HandoffRow, OccurrenceRow
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, World

ADDRESS = str(ADA["email"])
SECRET = b"the tests' secret"


def listed(shift: Shift, *words: str, user: str = "U0MIA") -> listing.Changed:
    """`/mql suppression add …`."""
    return listing.add(shift.desk, user, listing.entry_of(words))


def asks(shift: Shift, email: str = "bea@engines.example") -> int:
    """How many hand-offs a demo request makes."""
    return shift.arrive(shift.event("demo_request", ADA | {"email": email})).handoffs


# -- listing --------------------------------------------------------------------------------------------


def test_a_company_that_marketing_lists_is_not_handed_over_and_once_lifted_is(either_shift: Shift) -> None:
    shift = either_shift
    done = listed(shift, "engines.example")
    assert (done.kind, done.value, done.reason, done.open) == ("domain", "engines.example", "customer", 0)
    assert asks(shift) == 0

    assert listing.lift(shift.desk, "U0MAX", "engines.example").rows == 1
    assert asks(shift) == 1


def test_an_address_opts_out_alone(either_shift: Shift) -> None:
    assert listed(either_shift, "Bea@ENGINES.example").reason == "opted_out"

    assert asks(either_shift) == 0
    assert asks(either_shift, "cy@engines.example") == 1


def test_an_entry_ends_with_its_day_in_the_teams_time_zone(either_shift: Shift) -> None:
    shift = either_shift
    listed(shift, "engines.example", "customer", "until", "2026-11-24", "renewal", "talks")
    shift.clock.advance(timedelta(days=1, hours=14, minutes=59))
    assert asks(shift) == 0, "23:59 of the last day"

    shift.clock.advance(timedelta(minutes=2))

    assert asks(shift, "cy@engines.example") == 1
    (row,) = listing.page(shift.desk, "U0MIA").rows
    assert (row.reason, row.note, row.listed_by) == ("customer", "renewal talks", "U0MIA")


def test_who_lists_it_again_replaces_what_people_said_before(either_shift: Shift) -> None:
    listed(either_shift, "engines.example", "customer", "first")
    listed(either_shift, "engines.example", "competitor", user="U0MAX")

    (row,) = listing.page(either_shift.desk, "U0MIA").rows
    assert (row.reason, row.note, row.listed_by) == ("competitor", None, "U0MAX")


@pytest.mark.parametrize(
    ("words", "entry"),
    [
        (["a.example"], Entry("a.example")),
        (["a.example", "Competitor"], Entry("a.example", "competitor")),
        (["a.example", "UNTIL", "2027-01-31"], Entry("a.example", None, date(2027, 1, 31))),
        (["a.example", "2027-01-31", "so", "said"], Entry("a.example", None, date(2027, 1, 31), "so said")),
        (["a@a.example", "not", "until", "spring"], Entry("a@a.example", None, None, "not until spring")),
    ],
)  # fmt: skip
def test_what_may_be_typed_after_add(words: list[str], entry: Entry) -> None:
    assert listing.entry_of(words) == entry


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Type `/mql suppression add"),
        (["engines.example", "until"], "The date is missing"),
        (["engines.example", "until", "2027-02-30"], "is no date"),
        (["engines.example", "until", "tomorrow"], "is no date"),
        (["engines.example", "until", "2026-11-22"], "is past"),
        (["gmail.com"], "is everybody's"),
        (["@gmail.com"], "is everybody's"),
        (["nonsense"], "neither a company's domain nor an e-mail address"),
        (["a@b"], "is not an e-mail address"),
        (["engines.example", "opted_out"], "A company does not opt out"),
        (["engines.example", "n" * 2_001], "Shorten it"),
    ],
)
def test_what_cannot_be_listed_is_said_and_changes_nothing(shift: Shift, words: list[str], said: str) -> None:
    def try_it() -> None:
        listed(shift, *words)

    assert said in refusal(try_it)
    assert listing.page(shift.desk, "U0MIA").count == 0


@pytest.mark.parametrize(
    "typed", ["https://www.engines.example/about", "@engines.example", "ENGINES.example"]
)
def test_a_company_is_recognised_however_it_is_written(shift: Shift, typed: str) -> None:
    assert listed(shift, typed).value == "engines.example"


@pytest.mark.parametrize("user", ["U0ANN", "U0ADA", "U0EVE"])
def test_only_marketing_and_managers_see_list_and_lift(shift: Shift, user: str) -> None:
    def add() -> None:
        listed(shift, "engines.example", user=user)

    assert refusal(add)
    assert refusal(listing.page, shift.desk, user)
    assert refusal(listing.lift, shift.desk, user, "engines.example")


def test_open_hand_offs_of_a_listed_company_are_counted_and_stay_open(either_shift: Shift) -> None:
    made = either_shift.demo()

    assert listed(either_shift, "engines.example").open == 1
    assert listed(either_shift, ADDRESS).open == 1
    assert either_shift.handoff(made).open


# -- lifting --------------------------------------------------------------------------------------------


def test_lifting_takes_off_what_hand_offs_said_too(either_shift: Shift) -> None:
    answer.end(either_shift.desk, either_shift.demo(), "U0ANN", Disposition("competitor"))
    listed(either_shift, "engines.example", "competitor")

    assert listing.lift(either_shift.desk, "U0MIA", "engines.example").rows == 2
    assert asks(either_shift) == 1


def test_what_is_not_listed_cannot_be_lifted(shift: Shift) -> None:
    assert "not on the suppression list" in refusal(listing.lift, shift.desk, "U0MIA", "engines.example")


def test_an_erased_persons_opt_out_shows_no_address_and_is_not_lifted(either_shift: Shift) -> None:
    shift = either_shift
    shift.desk.secret = SECRET
    shift.demo()
    listed(shift, ADDRESS, "opted_out", "she", "wrote", "to", "us")
    privacy.erase(shift.desk, ADDRESS)

    (row,) = listing.page(shift.desk, "U0MIA").rows
    assert (row.erased, row.note) == (True, None)
    assert "stays on the list" in refusal(listing.lift, shift.desk, "U0MIA", ADDRESS)
    for forged in (row.value, f"{row.value}@x"):
        assert refusal(listing.lift, shift.desk, "U0MIA", forged)
    assert listing.page(shift.desk, "U0MIA").count == 1


def test_who_listed_and_lifted_is_on_record_without_the_address(either_shift: Shift) -> None:
    listed(either_shift, ADDRESS)
    listing.lift(either_shift.desk, "U0MAX", ADDRESS)

    with either_shift.desk.database.reading() as session:
        rows = list(session.scalars(select(OccurrenceRow).order_by(col(OccurrenceRow.id))))
    assert [(row.action, row.actor) for row in rows] == [
        ("suppression_listed", "U0MIA"), ("suppression_lifted", "U0MAX"),
    ]  # fmt: skip
    assert ADDRESS not in str([row.detail for row in rows])


# -- in Slack -------------------------------------------------------------------------------------------


def test_marketing_keeps_the_list_in_slack(world: World) -> None:
    world.send(world.event("demo_request"))
    assert "Nobody is on the list" in world.ask("U0MIA", "suppression")

    said = world.ask("U0MIA", "suppression add engines.example customer until 2027-01-31 renewal *talks*")
    assert "engines.example is on the suppression list (customer) until the end of 2027-01-31" in said
    assert "1 open hand-off stays open" in said
    shown = world.ask("U0MAX", "suppression")
    assert "engines.example · customer · by Mia" in shown
    assert "renewal ∗talks∗" in shown
    assert "off the suppression list" in world.ask("U0MAX", "suppression lift engines.example")
    assert "Marketing and managers" in world.ask("U0ANN", "suppression")


def test_a_long_list_is_shown_page_by_page(world: World) -> None:
    for n in range(60):
        listing.add(world.baton.desk, "U0MIA", Entry(f"company{n:02}.example"))

    first, last = world.ask("U0MIA", "suppression"), world.ask("U0MIA", "suppression 3")

    assert "(60)" in first
    assert "company59.example" in first
    assert "and 35 more: /mql suppression 2" in first
    assert "company00.example" in last
    assert "more:" not in last
    assert "no page 4" in world.ask("U0MIA", "suppression 4")
    assert "Type /mql suppression" in world.ask("U0MIA", "suppression zero").replace("`", "")


# -- a customer asks for a demo --------------------------------------------------------------------------


def told(shift: Shift) -> list[str]:
    """Who is told of a customer's request."""
    return [row.body["reader"] for row in shift.letters("dm") if row.body["view"] == "customer"]


def test_a_customers_demo_request_is_told_to_the_managers_where_nobody_has_the_account(
    either_shift: Shift,
) -> None:
    listed(either_shift, "engines.example")

    assert asks(either_shift) == 0
    assert told(either_shift) == ["U0MAX"]


def test_each_request_is_told_once_and_other_activity_is_not(either_shift: Shift) -> None:
    listed(either_shift, "engines.example")
    event = either_shift.event("demo_request", ADA)

    either_shift.arrive(event)
    either_shift.arrive(event)
    either_shift.arrive(either_shift.event("pricing_page", ADA))
    assert len(told(either_shift)) == 1
    either_shift.arrive(either_shift.event("demo_request", ADA))

    assert len(told(either_shift)) == 2


def test_who_ended_a_lead_as_customer_once_hears_of_the_next_request_though_it_never_comes_back(
    either_shift: Shift,
) -> None:
    answer.end(either_shift.desk, either_shift.demo(), "U0ANN", Disposition("customer"))
    either_shift.clock.advance(timedelta(days=1))

    assert asks(either_shift, ADDRESS) == 0
    assert told(either_shift) == ["U0MAX"]


def test_old_news_imports_competitors_and_opt_outs_are_told_to_nobody(shift: Shift) -> None:
    listed(shift, "engines.example")
    listed(shift, "other.example", "competitor")
    listed(shift, "bob@third.example")
    old = (shift.now - timedelta(days=4)).isoformat()
    shift.arrive(shift.event("demo_request", ADA, occurred_at=old))
    shift.arrive(shift.event("demo_request", ADA), live=False)
    for email in ("a@other.example", "bob@third.example"):
        asks(shift, email)

    assert told(shift) == []


def test_the_owner_of_the_newest_deal_won_there_is_told(either_shift: Shift) -> None:
    shift = either_shift
    made = shift.demo()
    answer.accept(shift.desk, made, "U0ANN")
    answer.touch(shift.desk, made, "U0ANN", shift.tried("U0ANN"))
    deal.qualify(shift.desk, made, "U0ANN", Bant(dict.fromkeys(BANT, "yes")))
    with shift.desk.database.writing() as session:
        session.execute(update(HandoffRow).values(stage="won", ended_at=shift.now))
    listed(shift, "engines.example")

    asks(shift)

    assert told(shift) == ["U0ANN"]


def test_the_owner_on_the_list_of_accounts_comes_first_and_a_stranger_there_counts_for_nobody(
    either_shift: Shift,
) -> None:
    shift = either_shift
    listed(shift, "engines.example")
    listed(shift, "other.example")
    companies = SQLModel.metadata.tables["company"]
    with shift.desk.database.writing() as session:
        for domain, owner in (("engines.example", "U0BOB"), ("other.example", "U0GONE")):
            session.execute(insert(companies).values(domain=domain, owner=owner))

    asks(shift)
    asks(shift, "a@other.example")

    assert told(shift) == ["U0BOB", "U0MAX"]


def test_the_account_owner_reads_who_asked_and_how_to_reach_them(world: World) -> None:
    listing.add(world.baton.desk, "U0MIA", Entry("engines.example"))

    world.send(world.event("demo_request"))

    (note,) = world.slack.dms("U0MAX")
    assert "Ada Lovelace of Analytical Engines (a customer) asked for a demo." in note.plain()
    assert "ada@engines.example · +44 20 7946 0000" in note.plain()
    assert world.slack.messages("C0EMEA") == []


def test_a_request_of_somebody_erased_meanwhile_is_told_to_nobody(shift: Shift) -> None:
    shift.desk.secret = SECRET
    listed(shift, "engines.example")
    asks(shift, ADDRESS)
    privacy.erase(shift.desk, ADDRESS)

    (letter,) = shift.letters("dm")
    assert letter.state == "dropped"
    assert customers.request(shift.desk, 1, "demo_request") is None


def test_a_lead_with_sales_keeps_its_thread_and_nobody_else_is_told(shift: Shift) -> None:
    shift.demo()
    listed(shift, "engines.example")

    asks(shift, ADDRESS)

    assert told(shift) == []


def test_a_list_that_somebody_may_not_change_raises_before_anything_is_written(shift: Shift) -> None:
    with pytest.raises(Refused):
        listing.add(shift.desk, "U0ANN", Entry("engines.example"), seal="v0=x")
    done: Any = listing.add(shift.desk, "U0MIA", Entry("engines.example"), seal="v0=x")

    assert done.value == "engines.example"
