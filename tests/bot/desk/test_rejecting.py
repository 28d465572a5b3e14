"""Reject: never without a reason, never in place of somebody else's answer, and the card shrinks to a line."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.desk import answer, taking_back
from bot.desk.bench import Mistaken
from scoring.dispositions import REASONS, Disposition
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, World

LATER = date(2027, 2, 1)


def given(code: str) -> Disposition:
    return Disposition(code, note="as they said", again_on=LATER)


def mistakes(shift: Shift, disposition: Disposition) -> dict[str, str]:
    with pytest.raises(Mistaken) as wrong:
        answer.end(shift.desk, 1, "U0ANN", disposition)
    return wrong.value.fields


def forged_submit(world: World, user: str, form: str, values: dict[str, Any], private: str = "1") -> Any:
    """What a client that is not Slack's may send."""
    team = world.slack.team_id
    view = {
        "id": "V0",
        "type": "modal",
        "callback_id": form,
        "private_metadata": private,
        "state": {"values": values},
    }
    payload = {
        "type": "view_submission", "team": {"id": team}, "user": {"id": user, "team_id": team},
        "api_app_id": "A0", "token": "t", "view": view,
    }  # fmt: skip
    answered = world.slack.delivery.send("interactive", payload)
    world.deliver()
    return answered


def test_the_reject_form_cannot_be_sent_without_a_reason(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")

    unsent = world.submit("U0ANN", note="just no")
    assert (unsent.status, list(unsent.errors)) == (0, ["reason"])

    forged = forged_submit(world, "U0ANN", "reject_form", {})
    assert forged.status == 200
    assert '"response_action": "errors"' in forged.text
    assert "Choose one of the reasons" in forged.text
    empty = {"reason": {"reason": {"type": "static_select", "selected_option": None}}}
    assert '"reason"' in forged_submit(world, "U0ANN", "reject_form", empty).text
    assert "Accept" in world.card().plain()


@pytest.mark.parametrize("private", ["", "999", "1; DROP TABLE handoff", "-1"])
def test_a_form_about_a_lead_nobody_knows_is_answered_beside_its_first_field(
    world: World, private: str
) -> None:
    chosen = {"reason": {"reason": {"type": "static_select", "selected_option": {"value": "spam"}}}}

    answered = forged_submit(world, "U0ANN", "reject_form", chosen, private)

    assert answered.status == 200
    assert "does not know this lead" in answered.text


def test_timing_without_a_date_is_answered_beside_the_date(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")

    errors = world.submit("U0ANN", reason="timing.no_project").errors
    assert list(errors) == ["date"]
    assert "date" in errors["date"]

    assert list(world.submit("U0ANN", reason="timing.no_project", date="2026-11-23").errors) == ["date"]
    assert world.submit("U0ANN", reason="timing.no_project", date="2026-11-24").errors == {}
    assert world.slack.modal("U0ANN") is None
    assert "back on 2026-11-24" in world.card().plain()


@pytest.mark.parametrize(
    ("again_on", "says"),
    [
        (None, "choose one"),
        (date(2026, 11, 22), "future"),
        (date(2026, 11, 23), "future"),
        (date(2031, 1, 1), "three years"),
    ],
)
def test_a_timing_reason_asks_for_a_sensible_date(shift: Shift, again_on: date | None, says: str) -> None:
    shift.demo()

    wrong = mistakes(shift, Disposition("timing.budget_cycle", again_on=again_on))

    assert list(wrong) == ["date"]
    assert says in wrong["date"]
    assert shift.actions() == ["create"]


@pytest.mark.parametrize("note", ["", "   ", "\n\t"])
def test_something_else_needs_a_note(shift: Shift, note: str) -> None:
    """ "The codes: `not_fit.size, not_fit.persona, timing.no_project, timing.budget_cycle, no_budget,
    customer, competitor, unreachable, bad_data, duplicate, spam, left_company, opted_out, other` (other needs
    a note)." """
    shift.demo()

    assert list(mistakes(shift, Disposition("other", note=note))) == ["note"]


def test_a_note_is_kept_for_marketing_and_a_book_is_refused(shift: Shift) -> None:
    shift.demo()
    assert list(mistakes(shift, Disposition("other", note="x" * 2_001))) == ["note"]

    answer.end(shift.desk, 1, "U0ANN", Disposition("other", note="  works for our landlord "))

    assert shift.handoff().note == "works for our landlord"


@pytest.mark.parametrize(
    ("tries", "days", "enough"), [(4, 12, False), (5, 9, False), (5, 10, True), (0, 0, False)]
)
def test_unreachable_needs_five_logged_attempts_over_ten_days(
    shift: Shift, tries: int, days: int, enough: bool
) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    for _ in range(tries):
        answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome="no_answer"))
    shift.clock.advance(timedelta(days=days))

    if enough:
        assert answer.end(shift.desk, 1, "U0ANN", Disposition("unreachable")).stage == "recycled"
    else:
        wrong = mistakes(shift, Disposition("unreachable"))
        assert "5 logged attempts over 10 days" in wrong["reason"]
        assert f"this lead has {tries}" in wrong["reason"]


def test_an_attempt_that_was_taken_back_does_not_count(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    for _ in range(5):
        answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN", outcome="no_answer"))
    taking_back.undo(shift.desk, 1, "U0ANN")
    shift.clock.advance(timedelta(days=11))

    assert "this lead has 4" in mistakes(shift, Disposition("unreachable"))["reason"]


def test_every_reason_of_both_levels_is_in_the_form_and_shrinks_the_card(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    view = world.slack.modal("U0ANN")
    assert view is not None
    groups = next(b["element"]["option_groups"] for b in view["blocks"] if b.get("block_id") == "reason")

    offered = {group["label"]["text"]: [option["value"] for option in group["options"]] for group in groups}

    assert sorted(code for codes in offered.values() for code in codes) == sorted(REASONS)
    assert offered["Not a fit"] == ["not_fit.size", "not_fit.persona"]
    assert offered["Timing"] == ["timing.no_project", "timing.budget_cycle"]


def test_each_reason_leads_to_its_end_and_is_counted_under_its_code(shift: Shift) -> None:
    """ "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost." """
    for id_ in range(1, len(REASONS) + 1):
        shift.demo(ADA | {"email": f"ada@company{id_}.example"})
        answer.accept(shift.desk, id_, "U0ANN")
        for _ in range(5):
            answer.touch(shift.desk, id_, "U0ANN", shift.tried("U0ANN", outcome="voicemail"))
    shift.clock.advance(timedelta(days=10))

    for id_, code in enumerate(REASONS, 1):
        ended = answer.end(shift.desk, id_, "U0ANN", given(code))

        assert (ended.stage, ended.reason, ended.open) == (REASONS[code].stage, code, False)
        assert (ended.again_on == LATER) == code.startswith("timing.")
        assert {kind for kind, _ in shift.due(id_)} == ({"wake"} if code.startswith("timing.") else set())
    assert shift.figures().reasons == dict.fromkeys(REASONS, 1)


def test_a_reason_that_is_not_in_the_list_is_refused(shift: Shift) -> None:
    shift.demo()

    for code in ("", "nonsense", "not_fit", "timing", "recycled"):
        assert list(mistakes(shift, Disposition(code))) == ["reason"]


def test_a_form_sent_after_somebody_else_rejected_says_so_and_loses_nothing(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.press("U0BOB", "reject")
    assert world.submit("U0ANN", reason="not_fit.size").errors == {}

    late = world.submit("U0BOB", reason="timing.no_project", date="2027-03-01", note="after the move")

    assert list(late.errors) == ["reason"]
    assert late.errors["reason"] == "This lead was closed by Ann as Disqualified, so nothing was changed."
    view = world.slack.modal("U0BOB")
    assert view is not None
    assert view["state"]["values"]["note"]["note"]["value"] == "after the move"
    assert "Wrong company size" in world.card().plain()
    assert "No active project" not in world.card().plain()
    assert world.slack.complaints == []


def test_a_form_sent_after_somebody_else_accepted_ends_nothing(world: World) -> None:
    world.send(world.event("demo_request"))
    world.press("U0BOB", "reject")
    world.press("U0ANN", "accept")

    late = world.submit("U0BOB", reason="spam")

    assert "Ann" in late.errors["reason"]
    assert "Accepted by @Ann" in world.card().plain()


def test_only_the_owner_and_managers_end_an_accepted_lead(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    for rep in ("U0BOB", "U0CAT", "U0MIA", "U0ADA"):
        assert "<@U0ANN>" in refusal(answer.end, shift.desk, 1, rep, given("spam"))
        assert "<@U0ANN>" in refusal(answer.may_reject, shift.desk, 1, rep, "recycle")
    assert "team file" in refusal(answer.end, shift.desk, 1, "U0EVE", given("spam"))
    assert answer.end(shift.desk, 1, "U0MAX", given("spam")).stage == "disqualified"


def test_the_owner_who_presses_an_old_reject_button_is_told_where_to_go(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    assert "accepted this lead already" in refusal(answer.may_reject, shift.desk, 1, "U0ANN")


def test_an_ended_card_is_one_line_and_undo(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request"))
    world.press("U0ANN", "reject")
    world.submit("U0ANN", reason="not_fit.persona")

    card = world.card()
    assert len(card.blocks) == 1
    assert card.blocks[0]["accessory"]["action_id"] == "undo"
    text = card.blocks[0]["text"]["text"]
    assert text == "*Ada Lovelace*, Analytical Engines · Disqualified · Wrong person · <@U0ANN>"
    assert "\n" not in text
    assert world.slack.complaints == []


def test_two_reps_who_reject_in_the_same_moment_end_it_once(either_shift: Shift) -> None:
    either_shift.demo()
    answer.end(either_shift.desk, 1, "U0ANN", given("not_fit.size"))

    assert "closed by <@U0ANN>" in refusal(answer.end, either_shift.desk, 1, "U0BOB", given("spam"))
    assert either_shift.actions() == ["create", "reject"]
    assert either_shift.handoff().reason == "not_fit.size"
