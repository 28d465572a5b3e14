"""A person hands a lead to sales: for themselves or for a pool, with a reason, marked, and counted apart."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, by_hand, taking_back
from bot.desk.bench import Mistaken
from bot.desk.by_hand import ME, Request
from bot.slack.typed import arrival_of
from scoring.dispositions import Disposition
from scoring.stages import Refused
from storage import leads
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION, TEAM, World

COLD = ADA | {"email": "cold@engines.example", "first_name": "Cold", "employees": 5}
"""Too small a company, and no points from any deed: no score makes this an MQL."""
WHY = "Met her at the fair; she leads the evaluation."


def known(shift: Shift, lead: dict[str, Any] = COLD) -> int:
    """Somebody Baton has heard of and nobody handed over; gives the lead's id."""
    shift.arrive(shift.event("email_open", lead))
    with shift.desk.database.reading() as session:
        found = leads.by_email(session, lead["email"])
        assert found is not None
        return found.id


def give(shift: Shift, user: str, pool: str, lead: int, why: str = WHY) -> int:
    """The new hand-off."""
    made = by_hand.hand_over_by_hand(shift.desk, user, Request(why, pool, lead))
    assert made is not None
    return made


def test_an_sdr_hands_a_lead_to_themselves_and_has_accepted_it_at_once(either_shift: Shift) -> None:
    shift = either_shift

    made = shift.handoff(give(shift, "U0ANN", ME, known(shift)))

    assert (made.stage, made.owner, made.accepted_at) == ("sal", "U0ANN", shift.now)
    assert (made.origin, made.given_by, made.given_why, made.why) == ("by_hand", "U0ANN", WHY, "by_hand")
    assert shift.actions(made.id) == ["create", "accept"]
    assert (made.segment, made.channel) == ("EMEA", "C0EMEA"), "its card is where its segment's cards are"


def test_the_clock_of_ones_own_lead_runs_by_its_tier_and_by_ones_own_hours(either_shift: Shift) -> None:
    made = either_shift.handoff(give(either_shift, "U0ANN", ME, known(either_shift)))

    assert made.tier == "standard"
    # Ann works in Berlin: it is ten there, and seven of eight working hours are left of her day.
    assert made.due_at == either_shift.now + timedelta(days=1)
    assert ("first_touch", "nudge 50%") in either_shift.due(made.id)


def test_marketing_hands_a_lead_to_a_pool_and_whoever_is_first_accepts_it(either_shift: Shift) -> None:
    made = either_shift.handoff(give(either_shift, "U0MIA", "everyone else", known(either_shift)))

    assert (made.stage, made.owner, made.segment, made.channel) == ("mql", None, "everyone else", "C0ALL")
    assert made.pool == ("U0ANN", "U0BOB", "U0CAT")
    assert answer.accept(either_shift.desk, made.id, "U0CAT").owner == "U0CAT"


@pytest.mark.parametrize(("user", "pool"), [("U0MAX", ME), ("U0MAX", "EMEA")])
def test_a_manager_may_do_both(shift: Shift, user: str, pool: str) -> None:
    made = shift.handoff(give(shift, user, pool, known(shift)))

    assert made.owner == ("U0MAX" if pool == ME else None)


@pytest.mark.parametrize(
    ("user", "pool"), [("U0ANN", "EMEA"), ("U0MIA", ME), ("U0MAX", "nowhere"), ("U0MIA", "")]
)
def test_nobody_chooses_for_whom_they_may_not(shift: Shift, user: str, pool: str) -> None:
    with pytest.raises(Mistaken) as wrong:
        by_hand.hand_over_by_hand(shift.desk, user, Request(WHY, pool, known(shift)))

    assert set(wrong.value.fields) == {"pool"}
    assert shift.rows() == []


@pytest.mark.parametrize("user", ["U0ADA", "U0EVE"])
def test_an_admin_or_a_stranger_hands_nothing_over(shift: Shift, user: str) -> None:
    lead = known(shift)

    assert refusal(by_hand.hand_over_by_hand, shift.desk, user, Request(WHY, ME, lead))
    assert refusal(by_hand.choices, shift.desk, user)
    assert shift.rows() == []


@pytest.mark.parametrize("why", ["", "   ", "x" * 2_001])
def test_a_reason_is_required_and_of_readable_length(shift: Shift, why: str) -> None:
    with pytest.raises(Mistaken) as wrong:
        by_hand.hand_over_by_hand(shift.desk, "U0ANN", Request(why, ME, known(shift)))

    assert set(wrong.value.fields) == {"reason"}


def test_a_lead_that_sales_has_is_refused_with_who_has_it(either_shift: Shift) -> None:
    shift = either_shift
    lead = known(shift, ADA)
    first = give(shift, "U0MIA", "EMEA", lead)
    waiting = refusal(by_hand.hand_over_by_hand, shift.desk, "U0BOB", Request(WHY, ME, lead))
    answer.accept(shift.desk, first, "U0ANN")
    taken = refusal(by_hand.hand_over_by_hand, shift.desk, "U0BOB", Request(WHY, ME, lead))

    assert "waits in the pool of EMEA" in waiting
    assert "<@U0ANN>" in taken
    assert "/mql lead ada@engines.example" in taken
    assert len(shift.rows()) == 1


def test_two_who_hand_over_the_same_lead_at_once_make_one_hand_off(either_shift: Shift) -> None:
    lead = known(either_shift)

    def try_it(user: str) -> str:
        try:
            give(either_shift, user, ME, lead)
        except Refused as refused:
            return refused.sentence
        return "done"

    with ThreadPoolExecutor(4) as crowd:
        said = list(crowd.map(try_it, ("U0ANN", "U0BOB", "U0CAT", "U0MAX")))

    assert said.count("done") == 1
    assert len(either_shift.rows()) == 1


def test_a_soft_gate_and_the_threshold_do_not_bind_a_person_and_a_hard_gate_does(shift: Shift) -> None:
    small = known(shift)
    forbidden = known(shift, COLD | {"email": "kim@north.example", "country": "KP"})

    assert give(shift, "U0ANN", ME, small)
    said = refusal(by_hand.hand_over_by_hand, shift.desk, "U0ANN", Request(WHY, ME, forbidden))
    assert "A hard gate of the definition stops this lead" in said
    assert "KP" not in said, "what somebody said of themselves stands in no sentence of ours"


def test_a_gate_that_only_waits_for_a_fact_does_not_stop_a_person(shifts: Any, sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=DEFINITION.replace("unknown: pass", "unknown: hold"))
    nowhere = {"email": "ada@engines.example"}

    assert shift.arrive(shift.event("demo_request", nowhere)).handoffs == 0
    assert give(shift, "U0ANN", ME, 1)


@pytest.mark.parametrize(
    ("code", "email", "value"),
    [("customer", "bea@engines.example", "engines.example"), ("opted_out", ADA["email"], ADA["email"])],
)
def test_the_suppression_list_binds_a_person_and_the_sentence_says_who_can_lift_it(
    shift: Shift, code: str, email: str, value: str
) -> None:
    answer.end(shift.desk, shift.demo(), "U0ANN", Disposition(code))
    lead = known(shift, ADA | {"email": email})

    said = refusal(by_hand.hand_over_by_hand, shift.desk, "U0MAX", Request(WHY, ME, lead))

    assert f"suppression list ({code})" in said
    assert f"/mql suppression lift {value}" in said
    assert len(shift.rows()) == 1


def test_a_waiting_time_after_an_end_does_not_bind_a_person(shift: Shift) -> None:
    answer.end(shift.desk, shift.demo(), "U0ANN", Disposition("no_budget"))

    made = shift.handoff(give(shift, "U0ANN", ME, 1))

    assert made.returning, "and its card tells how it went before"
    assert made.tier == "returning"


def test_a_lead_that_would_go_to_nurture_gets_the_last_tier_that_does_not(
    shifts: Any, sqlite_url: str
) -> None:
    nurture = DEFINITION.replace(
        "{name: standard, first_touch: 8h, clock: business}", "{name: calm, handoff: nurture}"
    )
    shift = shifts(sqlite_url, definition=nurture)

    made = shift.handoff(give(shift, "U0ANN", ME, known(shift)))

    assert (made.tier, made.open) == ("returning", True)


def test_in_shadow_nothing_is_handed_over(shifts: Any, sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team=f"live: false\n{TEAM}")

    assert "shadow" in refusal(by_hand.choices, shift.desk, "U0ANN")
    assert "shadow" in refusal(by_hand.hand_over_by_hand, shift.desk, "U0ANN", Request(WHY, ME, known(shift)))


def test_undoing_ones_own_acceptance_leaves_the_lead_with_oneself_to_answer(shift: Shift) -> None:
    made = give(shift, "U0ANN", ME, known(shift))

    taking_back.undo(shift.desk, made, "U0ANN")

    back = shift.handoff(made)
    assert (back.stage, back.owner, back.accepted_at) == ("mql", "U0ANN", None)


def test_what_people_hand_over_is_counted_apart_and_in_no_rate(either_shift: Shift) -> None:
    shift = either_shift
    scored = shift.demo()
    answer.accept(shift.desk, scored, "U0ANN")
    given = give(shift, "U0ANN", ME, known(shift))
    answer.end(shift.desk, given, "U0ANN", Disposition("no_budget"))

    figures = shift.figures()

    assert (figures.leads, figures.qualified) == (2, 1)
    assert figures.reached == {"mql": 1, "sal": 1, "sql": 0, "opportunity": 0, "won": 0}
    assert (figures.ended, figures.reasons) == ({}, {})
    assert (figures.by_hand, figures.spot_checks, figures.returning) == (1, 0, 0)


def test_returning_leads_are_counted_beside_the_rates(shift: Shift) -> None:
    """ "returning ones shown apart." """
    answer.end(shift.desk, shift.demo(), "U0ANN", Disposition("no_budget"))
    shift.clock.advance(timedelta(minutes=1))
    shift.demo()

    assert (shift.figures().reached["mql"], shift.figures().returning) == (2, 1)


# -- /mql add -----------------------------------------------------------------------------------------


def typed(shift: Shift, **values: str) -> Any:
    return arrival_of({"email": "grace@navy.example", **values}, "U0ANN", shift.now)


def test_a_lead_that_is_typed_in_is_stored_and_handed_over_in_one(either_shift: Shift) -> None:
    shift = either_shift
    told = typed(shift, first_name="Grace", title="VP Marketing", company="Navy")

    made = by_hand.hand_over_by_hand(shift.desk, "U0ANN", Request(WHY, ME, told=told))

    assert made == 1
    with shift.desk.database.reading() as session:
        found = leads.by_email(session, "grace@navy.example")
    assert found is not None
    assert (found.facts["seniority"], found.facts["email_kind"]) == ("vp", "company"), (
        "classified as at intake"
    )
    assert found.typed is not None
    assert found.typed["title"] == {"by": "U0ANN", "at": int(shift.now.timestamp())}
    assert shift.handoff(1).fit == 20


def test_what_is_refused_leaves_no_lead_behind(either_shift: Shift) -> None:
    told = typed(either_shift)

    with pytest.raises(Mistaken):
        by_hand.hand_over_by_hand(either_shift.desk, "U0ANN", Request("", ME, told=told))

    with either_shift.desk.database.reading() as session:
        assert leads.by_email(session, "grace@navy.example") is None


def test_a_source_does_not_overwrite_what_was_typed(either_shift: Shift) -> None:
    shift = either_shift
    told = typed(shift, title="VP Marketing", company="Navy")
    by_hand.hand_over_by_hand(shift.desk, "U0ANN", Request(WHY, ME, told=told))
    shift.clock.advance(timedelta(hours=1))

    said = {"email": "grace@navy.example", "title": "Intern", "company": "US Navy", "phone": "1"}
    shift.arrive(shift.event("webinar", said))

    with shift.desk.database.reading() as session:
        found = leads.by_email(session, "grace@navy.example")
    assert found is not None
    kept = {name: found.facts.get(name) for name in ("title", "seniority", "company", "phone")}
    assert kept == {"title": "VP Marketing", "seniority": "vp", "company": "Navy", "phone": "1"}


# -- as people do it ------------------------------------------------------------------------------------


def test_marketing_adds_a_lead_in_slack_and_the_card_says_who_gave_it_and_why(world: World) -> None:
    world.slack.command("U0MIA", "/mql", "add", "C0ALL")
    world.slack.wait_for(lambda: world.slack.modal("U0MIA"))

    answered = world.submit("U0MIA", email="Grace@Navy.example", first_name="Grace", reason=WHY, pool="EMEA")

    assert answered.errors == {}
    card = world.card("C0EMEA")
    assert f"✋ by Mia: {WHY}" in card.plain()
    assert "<@U0MIA>" not in card.plain(), "nobody is pinged about their own action"
    assert "Grace" in card.text


def opened(world: World, user: str) -> Any:
    """The form in front of somebody, once it is there."""
    return world.slack.wait_for(lambda: world.slack.modal(user))


def test_an_sdr_hands_a_known_lead_to_themselves_in_slack(world: World) -> None:
    world.send(world.event("email_open", COLD))
    world.slack.command("U0ANN", "/mql", "handoff cold@engines.example", "C0ALL")
    form = opened(world, "U0ANN")

    assert "pool" not in str(form["blocks"]), "an SDR hands over to themselves: there is nothing to choose"
    assert world.submit("U0ANN", reason=WHY).errors == {}
    assert "Accepted by <@U0ANN>" in world.card().text


def test_the_form_proposes_the_segment_to_which_the_lead_belongs(world: World) -> None:
    world.send(world.event("email_open", COLD))
    world.slack.command("U0MIA", "/mql", "handoff cold@engines.example", "C0ALL")
    form = opened(world, "U0MIA")

    pool = next(block for block in form["blocks"] if block.get("block_id") == "pool")
    assert pool["element"]["initial_option"]["value"] == "EMEA"
    assert [each["value"] for each in pool["element"]["options"]] == ["EMEA", "everyone else"]


@pytest.mark.parametrize(
    ("user", "text", "words"),
    [
        ("U0ADA", "add", "SDRs, marketing and managers"),
        ("U0EVE", "add", "not in Baton's team file"),
        ("U0ANN", "handoff nobody@there.example", "has been heard of"),
        ("U0ANN", "handoff", "Type `/mql handoff EMAIL`"),
        ("U0ANN", "handoff ada@engines.example", "Sales has this lead already"),
        ("U0ANN", "add somebody", "Type `/mql add` alone"),
    ],
)
def test_who_may_not_or_asks_for_what_is_not_possible_reads_why(
    world: World, user: str, text: str, words: str
) -> None:
    world.send(world.event("demo_request"))

    assert words in world.ask(user, text)
    assert world.slack.modal(user) is None


def test_a_wrong_address_is_said_beside_the_field(world: World) -> None:
    world.slack.command("U0ANN", "/mql", "add", "C0ALL")
    world.slack.wait_for(lambda: world.slack.modal("U0ANN"))

    answered = world.submit("U0ANN", email="grace at navy", reason=WHY)

    assert "e-mail address" in answered.errors["email"]
    assert world.submit("U0ANN", email="grace@navy.example", reason=WHY).errors == {}


def test_a_form_that_slack_repeats_hands_over_once(world: World) -> None:
    lead = Request(WHY, ME, told=arrival_of({"email": "grace@navy.example"}, "U0ANN", world.now))

    assert by_hand.hand_over_by_hand(world.baton.desk, "U0ANN", lead, seal="v0=same") == 1
    assert by_hand.hand_over_by_hand(world.baton.desk, "U0ANN", lead, seal="v0=same") is None
