"""A person types what is unknown of a lead: it outranks every source, and the lead is judged again at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, typing_in
from bot.desk.bench import Mistaken
from bot.desk.typing_in import Typed
from bot.slack.typed import facts_typed
from bot.slack.views import by_hand_forms
from scoring.stages import Refused
from storage import leads
from storage.leads import Known
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION, World

HOLDING = DEFINITION.replace("unknown: pass", "unknown: hold")
"""A lead waits until somebody knows its country."""
STRANGER = {"email": "ada@engines.example", "first_name": "Ada", "last_name": "Lovelace"}


@pytest.fixture
def held(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """A stranger asked for a demo and is held, because nobody knows their country."""
    shift = shifts(database_url, definition=HOLDING)
    assert shift.arrive(shift.event("demo_request", STRANGER)).handoffs == 0
    return shift


def ada(shift: Shift) -> Known:
    with shift.desk.database.reading() as session:
        return leads.load(session, [1])[1]


def type_in(shift: Shift, user: str, **values: str) -> None:
    """As the form is filled in."""
    wanted = typing_in.asked(shift.desk, user, lead=1, filled=True)
    typing_in.type_facts(shift.desk, user, 1, facts_typed(wanted, values))


def test_what_a_gate_on_hold_lacks_is_asked_first_and_then_what_the_rules_compare(held: Shift) -> None:
    wanted = typing_in.asked(held.desk, "U0MIA", lead=1)

    assert wanted.name == "Ada Lovelace"
    assert wanted.names == ("country", "employees", "title", "industry")


def test_a_lead_on_hold_qualifies_by_what_marketing_types(held: Shift) -> None:
    type_in(held, "U0MIA", country="Germany")

    made = held.handoff()
    assert (made.tier, made.segment, made.origin) == ("demo", "EMEA", "scored")
    assert ada(held).facts["country"] == "DE"
    assert ada(held).typed == {"country": {"by": "U0MIA", "at": int(held.now.timestamp())}}


def test_typed_facts_are_classified_and_no_source_overwrites_them_or_what_follows_from_them(
    held: Shift,
) -> None:
    type_in(held, "U0MIA", country="DE", title="VP Marketing", employees="1,200")
    held.clock.advance(timedelta(hours=1))
    held.arrive(
        held.event(None, STRANGER | {"country": "KP", "title": "Intern", "employees": 3, "phone": "1"})
    )

    facts = ada(held).facts
    assert {name: facts[name] for name in ("country", "title", "seniority", "function", "employees")} == {
        "country": "DE", "title": "VP Marketing", "seniority": "vp", "function": "marketing", "employees": 1200,
    }  # fmt: skip
    assert facts["phone"] == "1", "what nobody typed is still learned"


def test_a_person_overwrites_a_source_and_an_earlier_person(held: Shift) -> None:
    held.arrive(held.event(None, STRANGER | {"industry": "fishing"}))
    type_in(held, "U0MIA", industry="software")
    type_in(held, "U0MAX", industry="shipping")

    assert ada(held).facts["industry"] == "shipping"
    assert (ada(held).typed or {})["industry"]["by"] == "U0MAX"


def test_an_empty_input_changes_nothing(held: Shift) -> None:
    before = ada(held)

    type_in(held, "U0MIA", country="  ", employees="", title="")

    assert (ada(held).facts, ada(held).typed) == (before.facts, None)
    assert held.rows() == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("employees", "many", "number"), ("employees", "-3", "number"), ("country", "Atlantis", "country")],
)
def test_what_makes_no_sense_is_said_beside_the_field(held: Shift, name: str, text: str, words: str) -> None:
    with pytest.raises(Mistaken) as wrong:
        type_in(held, "U0MIA", **{name: text, "title": "VP"})

    assert words in wrong.value.fields[name]
    assert ada(held).typed is None, "and nothing of the rest is stored"


def test_truths_numbers_and_lists_of_ones_own_are_read_as_the_rules_compare_them(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    rows = """
  seats: [{between: [10, null], points: 5}]
  partner: [{is: true, points: 5}]
  tech: [{has: [python, rust], points: 5}]
  "größe / ±": [{is: klein, points: 5}]
intent:"""
    shift = shifts(sqlite_url, definition=DEFINITION.replace("\nintent:", rows, 1))
    shift.arrive(shift.event("email_open", STRANGER))
    wanted = typing_in.asked(shift.desk, "U0MIA", lead=1)
    odd = next(name for name in wanted.names if "größe" in name)
    from_form = {"seats": "1,200", "partner": "Yes", "tech": "Python, go"}
    typed = facts_typed(wanted, from_form | {form_id(odd): "Klein"})
    typing_in.type_facts(shift.desk, "U0MIA", 1, typed)

    facts = ada(shift).facts
    assert (facts["seats"], facts["partner"], facts["tech"], facts[odd]) == (
        1200,
        True,
        ["python", "go"],
        "klein",
    )


def form_id(name: str) -> str:
    """The block id that the form gives an attribute that would be no id."""
    assert by_hand_forms.fact_id(name) != name
    return by_hand_forms.fact_id(name)


def test_at_most_ten_things_are_asked(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    rows = "".join(f"\n  thing_{n}: [{{is: yes, points: 1}}]" for n in range(12))
    shift = shifts(sqlite_url, definition=HOLDING.replace("\nintent:", rows + "\nintent:", 1))
    shift.arrive(shift.event("demo_request", STRANGER))

    names = typing_in.asked(shift.desk, "U0MIA", lead=1).names

    assert (len(names), names[0]) == (10, "country")


# -- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["U0ANN", "U0ADA"])
def test_while_sales_does_not_have_a_lead_marketing_and_managers_type(held: Shift, user: str) -> None:
    assert "marketing and managers" in refusal(lambda u: typing_in.asked(held.desk, u, lead=1), user)
    with pytest.raises(Refused):
        typing_in.type_facts(held.desk, user, 1, Typed(("country",), {"country": "DE"}))
    assert typing_in.asked(held.desk, "U0MAX", lead=1)


def test_the_pool_may_while_nobody_owns_it_and_then_its_owner(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo({name: value for name, value in ADA.items() if name != "employees"})
    assert typing_in.asked(shift.desk, "U0BOB", handoff=1)
    assert "another team's pool" in refusal(lambda u: typing_in.asked(shift.desk, u, lead=1), "U0CAT")

    answer.accept(shift.desk, 1, "U0ANN")

    assert "<@U0ANN>" in refusal(lambda u: typing_in.asked(shift.desk, u, handoff=1), "U0BOB")
    with pytest.raises(Refused):
        typing_in.type_facts(shift.desk, "U0BOB", 1, Typed(("employees",), {"employees": 60}))
    type_in(shift, "U0ANN", employees="60")
    assert ada(shift).facts["employees"] == 60


@pytest.mark.parametrize("user", ["U0EVE", ""])
def test_nobody_else_does(held: Shift, user: str) -> None:
    assert "team file" in refusal(lambda u: typing_in.asked(held.desk, u, lead=1), user)


def test_a_lead_nobody_knows_and_one_of_which_all_is_known_say_so(either_shift: Shift) -> None:
    either_shift.demo()

    assert "does not know" in refusal(lambda n: typing_in.asked(either_shift.desk, "U0MIA", lead=n), 99)
    assert "does not know" in refusal(lambda n: typing_in.asked(either_shift.desk, "U0MIA", handoff=n), 99)
    assert "is known already" in refusal(lambda n: typing_in.asked(either_shift.desk, "U0MIA", lead=n), 1)


# -- what follows ------------------------------------------------------------------------------------


def test_typed_facts_of_an_open_lead_redraw_its_card_and_its_thread_names_them_without_their_values(
    world: World,
) -> None:
    lead = {name: value for name, value in ADA.items() if name not in ("employees", "industry")}
    world.send(world.event("demo_request", lead))
    world.accept()
    wanted = typing_in.asked(world.baton.desk, "U0ANN", handoff=1)
    assert wanted.names == ("employees", "industry")
    typed = facts_typed(wanted, {"employees": "9", "industry": "tugboats"})
    typing_in.type_facts(world.baton.desk, "U0ANN", 1, typed)
    world.deliver()

    card = world.card()
    assert "9 staff, tugboats" in card.plain()
    notes = [each.plain() for each in world.slack.thread("C0EMEA", card.ts)]
    assert any("Ann typed what was unknown of Ada Lovelace: employees, industry." in note for note in notes)
    assert not any("tugboats" in note or "<@U0ANN>" in note for note in notes)


def test_a_typed_fact_that_fails_a_hard_gate_flags_the_card_and_closes_nothing(world: World) -> None:
    world.send(world.event("demo_request", {"email": "ada@engines.example"}))
    typing_in.type_facts(world.baton.desk, "U0MIA", 1, Typed(("country",), {"country": "KP"}))
    world.deliver()

    assert "Fails the gate" in world.card("C0ALL").plain()


def test_marketing_completes_a_held_lead_in_slack(worlds: Any, sqlite_url: str) -> None:
    world = worlds(sqlite_url, definition=HOLDING)
    world.send(world.event("demo_request", STRANGER))
    queue = world.ask("U0MIA", "queue")
    assert "ada@engines.example: country" in queue
    assert "/mql lead EMAIL" in queue
    assert "ada@engines.example" not in world.ask("U0ANN", "queue"), "an SDR's queue is their own"

    assert "[Complete facts]" in world.ask("U0MIA", "lead ada@engines.example")
    world.press("U0MIA", "facts")
    assert world.submit("U0MIA", country="Atlantis").errors["country"]
    assert world.submit("U0MIA", country="Germany").errors == {}

    assert "Ada Lovelace" in world.card("C0EMEA").plain()


def test_an_sdr_who_may_not_is_told_so_when_they_press(worlds: Any, sqlite_url: str) -> None:
    world = worlds(sqlite_url, definition=HOLDING)
    world.send(world.event("demo_request", STRANGER))
    world.ask("U0ANN", "lead ada@engines.example")

    world.press("U0ANN", "facts")

    assert "marketing and managers complete it" in world.whispered("U0ANN", 2)[-1]
    assert world.slack.modal("U0ANN") is None
