"""The modals: their inputs, their codes, and the sum under Why?"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.desk.report import Shown
from bot.slack.views import forms
from scoring.definition import read_definition
from scoring.dispositions import REASONS
from tests import shown as states
from tests.world import DEFINITION, World

FORMS: dict[str, Callable[[list[Shown]], Any]] = {
    "reject_form": forms.reject_form,
    "touch_form": forms.touch_form,
    "qualify_form": forms.qualify_form,
}


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Block id to input element."""
    return {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}


def codes(element: dict[str, Any]) -> list[str]:
    """The values of a select's options, in groups or not."""
    groups = element.get("option_groups") or [element]
    return [option["value"] for group in groups for option in group["options"]]


@pytest.mark.parametrize("name", FORMS)
def test_the_block_and_the_input_of_a_question_have_one_name(name: str) -> None:
    view = FORMS[name]([states.accepted(id=17)])

    assert view["callback_id"] == name
    assert view["private_metadata"] == "17"
    assert all(block == element["action_id"] for block, element in inputs(view).items())
    assert states.refused_view(view) == []


def test_the_reject_form_asks_for_a_reason_a_date_and_a_note() -> None:
    view = forms.reject_form([states.shown()])

    assert set(inputs(view)) == {"reason", "date", "note"}
    assert codes(inputs(view)["reason"]) == list(REASONS)
    required = [
        block["block_id"]
        for block in view["blocks"]
        if block["type"] == "input" and not block.get("optional")
    ]
    assert required == ["reason"]


def test_the_reject_form_is_titled_by_what_it_does() -> None:
    titles = [forms.reject_form([state])["title"]["text"] for state in (states.shown(), states.accepted())]

    assert titles == ["Reject this lead", "Recycle or disqualify"]


def test_the_touch_form_offers_the_agreed_kinds_and_outcomes() -> None:
    """ "Outcomes: reached, voicemail, no answer, replied, held." """
    found = inputs(forms.touch_form([states.accepted()]))

    assert codes(found["kind"]) == ["call", "email", "meeting"]
    assert codes(found["outcome"]) == ["reached", "voicemail", "no_answer", "replied", "held", "booked"]


@pytest.mark.parametrize(
    ("pressed", "chosen"), [("call", "call"), ("email", "email"), (None, None), ("nonsense", None)]
)
def test_i_called_has_the_call_filled_in_already(pressed: str | None, chosen: str | None) -> None:
    initial = inputs(forms.touch_form([states.accepted()], pressed))["kind"].get("initial_option")

    assert (initial and initial["value"]) == chosen


def test_the_qualify_form_asks_the_four_questions() -> None:
    found = inputs(forms.qualify_form([states.accepted()]))

    assert set(found) == {"budget", "authority", "need", "timeline", "ae", "note"}
    assert [codes(found[name]) for name in ("budget", "authority", "need", "timeline")] == [
        ["yes", "can_get", "no", "unknown"]
    ] * 4


@pytest.mark.parametrize(("required", "words"), [("[budget, need]", "budget, need"), ("need", "need")])
def test_the_qualify_form_names_what_the_definition_requires(required: str, words: str) -> None:
    definition = read_definition(DEFINITION + f"qualify: {{required: {required}}}\n")

    asked = forms.qualify_form([states.shown(definition=definition)])["blocks"][0]["text"]["text"]

    assert asked.endswith(f"Required: {words}.")


def rows_of(view: dict[str, Any]) -> Iterator[int]:
    """The points of each row as they are printed."""
    for line in "\n".join(block["text"]["text"] for block in view["blocks"][2:]).split("\n"):
        yield int(line.split()[0].replace("−", "-"))


@pytest.mark.parametrize("rows", [1, 4, 200])
def test_the_rows_under_why_add_up_to_the_total(rows: int) -> None:
    worth = [7 - n % 11 or 3 for n in range(rows)]
    receipt = tuple({**states.FIT, "points": points, "label": "a row"} for points in worth)
    total = sum(worth)
    view = forms.why_view([states.shown(receipt=receipt, fit=total, intent=0)])

    assert list(rows_of(view)) == worth
    assert f"*{total}* = fit {total} + intent 0" in view["blocks"][0]["text"]["text"]


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("fast_track", "fast-track"),
        ("threshold", "reached the threshold"),
        ("rule: <!here> *rule*", "rule “&lt;!here&gt; ∗rule∗”"),
    ],
)
def test_why_says_what_made_it_an_mql(why: str, words: str) -> None:
    assert words in forms.why_view([states.shown(why=why)])["blocks"][1]["text"]["text"]


def test_why_shows_the_card_owner_every_row_and_their_sum(world: World) -> None:
    world.send(world.event("demo_request"), world.event("pricing_page"))
    world.press("U0ANN", "why")

    view = world.slack.modal("U0ANN")
    assert view is not None
    assert sum(rows_of(view)) == 105
    assert "*105* = fit 40 + intent 65" in view["blocks"][0]["text"]["text"]
