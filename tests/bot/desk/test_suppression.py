"""Suppression: customers and competitors by company, who opted out by address, free mail by address only."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.desk import answer, report
from scoring.dispositions import Disposition
from storage.tables import SuppressionRow
from tests.bot.desk.shift import Shift
from tests.world import ADA, World


def lead(email: str) -> dict[str, object]:
    return ADA | {"email": email}


def ended(shift: Shift, code: str, email: str = "ada@engines.example") -> None:
    answer.end(shift.desk, shift.demo(lead(email)), "U0ANN", Disposition(code))


@pytest.mark.parametrize("code", ["customer", "competitor"])
def test_a_colleague_of_a_customer_or_competitor_is_not_handed_over(shift: Shift, code: str) -> None:
    ended(shift, code)

    for colleague in ("bea@engines.example", "cy@ENGINES.example", "ada@engines.example"):
        assert shift.arrive(shift.event("demo_request", lead(colleague))).handoffs == 0
    assert shift.arrive(shift.event("demo_request", lead("dora@other.example"))).handoffs == 1


@pytest.mark.parametrize("code", ["customer", "competitor"])
def test_free_mail_has_no_company_so_only_the_address_is_listed(shift: Shift, code: str) -> None:
    ended(shift, code, "ada@gmail.com")

    assert shift.arrive(shift.event("demo_request", lead("stranger@gmail.com"))).handoffs == 1
    assert shift.arrive(shift.event("demo_request", lead("ada@gmail.com"))).handoffs == 0


def test_who_opted_out_is_left_alone_and_their_colleagues_are_not(shift: Shift) -> None:
    ended(shift, "opted_out")

    assert shift.arrive(shift.event("demo_request", lead("bea@engines.example"))).handoffs == 1
    assert shift.arrive(shift.event("demo_request", lead("ada@engines.example"))).handoffs == 0


@pytest.mark.parametrize("code", ["not_fit.size", "no_budget", "spam", "duplicate", "left_company"])
def test_other_reasons_suppress_no_colleague(shift: Shift, code: str) -> None:
    ended(shift, code)

    assert shift.arrive(shift.event("demo_request", lead("bea@engines.example"))).handoffs == 1


def test_a_listing_that_expired_does_not_hide_a_new_one(shift: Shift) -> None:
    ended(shift, "customer")
    with shift.desk.database.writing() as session:
        session.execute(update(SuppressionRow).values(until=shift.now + timedelta(days=1)))
    shift.clock.advance(timedelta(days=2))
    ended(shift, "customer", "bea@engines.example")

    assert shift.arrive(shift.event("demo_request", lead("cy@engines.example"))).handoffs == 0


def test_an_open_hand_off_of_a_colleague_is_not_closed_by_a_listing(shift: Shift) -> None:
    bea = shift.demo(lead("bea@engines.example"))
    ended(shift, "customer")

    assert shift.handoff(bea).open


def test_why_names_the_suppression(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="customer")
    world.send(world.event("demo_request", lead("bea@engines.example")))

    assert len(world.slack.messages("C0EMEA")) == 1
    assert "suppression list (customer)" in world.ask("U0MIA", "why bea@engines.example")


def test_the_explanation_of_a_suppressed_lead_is_a_sentence(shift: Shift) -> None:
    ended(shift, "opted_out")

    explained = report.explain(shift.desk, "ada@engines.example")

    assert explained.verdict.blocked == "suppressed"
    assert "This address is on the suppression list (opted_out)" in explained.verdict.sentences[0]
