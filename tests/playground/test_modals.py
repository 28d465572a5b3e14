"""Modals and Home: what Slack asks of them, what a person can fill in, and how they stack."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground import NotThere, Slack

Refused = Callable[..., tuple[str, str]]
Form = dict[str, Any]


def plain(text: str) -> Form:
    return {"type": "plain_text", "text": text}


@pytest.fixture
def trigger(slack: Slack, app: Any) -> Callable[[], str]:
    """A fresh trigger of Ann's."""

    def make() -> str:
        slack.command("U0ANN", "/mql")
        return str(app.last["trigger_id"])

    return make


@pytest.fixture
def opened(client: WebClient, trigger: Callable[[], str], form: Form) -> str:
    """The form in front of Ann; its view id."""
    return str(client.views_open(trigger_id=trigger(), view=form)["view"]["id"])


def changed(form: Form, **parts: Any) -> Form:
    return {key: value for key, value in {**form, **parts}.items() if value is not None}


WRONG: dict[str, tuple[Form, str]] = {
    "a title of 25 characters": ({"title": plain("x" * 25)}, "/view/title/text"),
    "no title": ({"title": None}, "missing required field: title"),
    "a submit label of 25 characters": ({"submit": plain("x" * 25)}, "/view/submit/text"),
    "a close label of 25 characters": ({"close": plain("x" * 25)}, "/view/close/text"),
    "inputs without submit": ({"submit": None}, "`submit` is required"),
    "private_metadata of 3001 characters": ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
    "an external_id of 256 characters": ({"external_id": "x" * 256}, "/view/external_id"),
    "a callback_id of 256 characters": ({"callback_id": "x" * 256}, "/view/callback_id"),
    "101 blocks": ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
    "an unknown key": ({"colour": "red"}, "invalid additional property: colour"),
    "a Home": ({"type": "home"}, "/view/type"),
    "a label of 2001 characters": (
        {"blocks": [{"type": "input", "label": plain("x" * 2001), "element": {"type": "plain_text_input"}}]},
        "/view/blocks/0/label/text",
    ),
    "a hint of 2001 characters": (
        {
            "blocks": [
                {
                    "type": "input",
                    "label": plain("x"),
                    "hint": plain("x" * 2001),
                    "element": {"type": "plain_text_input"},
                }
            ]
        },
        "/view/blocks/0/hint/text",
    ),
    "an input that starts with 3001 characters": (
        {
            "blocks": [
                {
                    "type": "input",
                    "label": plain("x"),
                    "element": {"type": "email_text_input", "initial_value": "x" * 3001},
                }
            ]
        },
        "/view/blocks/0/element/initial_value",
    ),
    "an input without label": (
        {"blocks": [{"type": "input", "element": {"type": "plain_text_input"}}]},
        "missing required field: label",
    ),
    "a button as input": (
        {
            "blocks": [
                {"type": "input", "label": plain("x"), "element": {"type": "button", "text": plain("x")}}
            ]
        },
        "unsupported type: button",
    ),
    "a length that cannot be": (
        {
            "blocks": [
                {
                    "type": "input",
                    "label": plain("x"),
                    "element": {"type": "plain_text_input", "min_length": 9, "max_length": 3},
                }
            ]
        },
        "min_length must not be above max_length",
    ),
    "a max_length of 3001": (
        {
            "blocks": [
                {
                    "type": "input",
                    "label": plain("x"),
                    "element": {"type": "plain_text_input", "max_length": 3001},
                }
            ]
        },
        "/element/max_length",
    ),
    "a table": (
        {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}]},
        "unsupported type: table",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_modal_beyond_slacks_limits_is_refused(
    name: str, refused: Refused, trigger: Callable[[], str], form: Form, slack: Slack
) -> None:
    parts, expected = WRONG[name]
    error, why = refused("views.open", trigger_id=trigger(), view=changed(form, **parts))
    assert (error, expected in why) == ("invalid_arguments", True), why
    assert slack.modal("U0ANN") is None


def long_view(form: Form, size: int) -> Form:
    """The form with so many words in it that its JSON has *size* bytes, every block within its own limits."""
    words = [{"type": "section", "text": plain("x" * 2_600)} for _ in range(93)]
    view = {**form, "blocks": [*form["blocks"], *words, {"type": "section", "text": plain("")}]}
    view["blocks"][-1]["text"]["text"] = "x" * (size - len(json.dumps(view)))
    return view


def test_a_view_of_more_than_250000_bytes_is_too_large(
    client: WebClient, refused: Refused, trigger: Callable[[], str], form: Form, slack: Slack
) -> None:
    over = long_view(form, 250_001)
    assert refused("views.open", trigger_id=trigger(), view=over)[0] == "view_too_large"
    assert slack.modal("U0ANN") is None
    client.views_open(trigger_id=trigger(), view=long_view(form, 250_000))
    assert slack.modal("U0ANN") is not None


def test_a_home_of_101_blocks_is_refused_and_the_one_before_stays(
    client: WebClient, refused: Refused, slack: Slack
) -> None:
    client.views_publish(user_id="U0ANN", view={"type": "home", "blocks": [{"type": "divider"}] * 100})
    over = {"type": "home", "blocks": [{"type": "divider"}] * 101}
    error, why = refused("views.publish", user_id="U0ANN", view=over)
    assert error == "invalid_arguments"
    assert "no more than 100 items allowed [json-pointer:/view/blocks]" in why
    assert len((slack.home("U0ANN") or {})["blocks"]) == 100


def test_a_form_that_is_not_complete_is_not_sent(slack: Slack, app: Any, opened: str) -> None:
    before = len(app.payloads)
    answer = slack.submit("U0ANN", {})
    assert answer.errors == {"reason": "Please complete this required field."}
    assert slack.submit("U0ANN", {"reason": "timing.no_project", "note": "x" * 21}).errors.keys() == {"note"}
    assert slack.submit("U0ANN", {"note": None, "date": "2026-02-30"}).errors.keys() == {"date"}
    assert len(app.payloads) == before


def test_nobody_can_fill_in_what_is_not_offered(slack: Slack, opened: str) -> None:
    with pytest.raises(NotThere):
        slack.submit("U0ANN", {"reason": "not_fit.size"})
    with pytest.raises(NotThere):
        slack.submit("U0ANN", {"reasons": "timing.no_project"})
    with pytest.raises(NotThere):
        slack.submit("U0BOB", {})


def test_what_was_filled_in_arrives_as_state_values(slack: Slack, app: Any, opened: str) -> None:
    slack.submit(
        "U0ANN",
        {
            "reason": "timing.no_project",
            "note": "in spring",
            "date": "2027-03-01",
            "ways": ["call", "mail"],
            "who": "U0BOB",
        },
    )
    view = app.last["view"]
    values = {block: next(iter(kept.values())) for block, kept in view["state"]["values"].items()}
    assert app.last["type"] == "view_submission"
    assert (view["id"], view["callback_id"], view["private_metadata"]) == (opened, "reject_form", "17")
    assert values["reason"]["selected_option"] == {
        "text": {**plain("No project"), "emoji": True},
        "value": "timing.no_project",
    }
    assert (values["note"]["value"], values["date"]["selected_date"], values["who"]["selected_user"]) == (
        "in spring",
        "2027-03-01",
        "U0BOB",
    )
    assert values["kind"]["selected_option"]["value"] == "call"  # its initial value
    assert [one["value"] for one in values["ways"]["selected_options"]] == ["call", "mail"]
    assert slack.modal("U0ANN") is None  # an empty answer closes it


def test_errors_of_the_app_stand_under_their_inputs(slack: Slack, app: Any, opened: str) -> None:
    app.answer = lambda _payload: (
        200,
        json.dumps({"response_action": "errors", "errors": {"date": "When?"}}),
    )
    answer = slack.submit("U0ANN", {"reason": "timing.no_project"})
    assert answer.errors == {"date": "When?"}
    assert slack.modal("U0ANN") is not None
    assert slack.complaints == []


@pytest.mark.parametrize(
    "body",
    [
        '{"response_action": "errors", "errors": {"nothing": "x"}}',
        '{"response_action": "errors", "errors": {}}',
        '{"response_action": "explode"}',
        '{"response_action": "update", "view": {"type": "modal"}}',
        "thanks",
    ],
)
def test_a_wrong_answer_to_a_submission_is_the_apps_fault(
    body: str, slack: Slack, app: Any, opened: str
) -> None:
    app.answer = lambda _payload: (200, body)
    assert slack.submit("U0ANN", {"reason": "timing.no_project"}).error == "invalid_response"
    assert slack.complaints
    assert slack.modal("U0ANN") is not None


def test_a_submission_the_app_fails_on_keeps_the_modal_and_what_was_typed(
    slack: Slack, app: Any, opened: str
) -> None:
    app.answer = lambda _payload: (500, "")
    assert (
        slack.submit("U0ANN", {"reason": "timing.no_project", "note": "mine"}).error == "http_service_error"
    )
    view = slack.modal("U0ANN")
    assert view is not None
    assert view["state"]["values"]["note"]["note"]["value"] == "mine"


def test_an_answer_may_push_update_and_clear(slack: Slack, app: Any, opened: str, form: Form) -> None:
    def answering(action: str) -> Callable[[Any], tuple[int, str]]:
        body = {"response_action": action, "view": {**form, "title": plain(action)}}
        return lambda _payload: (200, json.dumps(body))

    app.answer = answering("push")
    slack.submit("U0ANN", {"reason": "timing.no_project"})
    assert [view["title"]["text"] for view in slack.modals("U0ANN")] == ["Reject", "push"]
    app.answer = answering("update")
    slack.submit("U0ANN", {"reason": "timing.no_project"})
    assert [view["title"]["text"] for view in slack.modals("U0ANN")] == ["Reject", "update"]
    app.answer = answering("clear")
    slack.submit("U0ANN", {"reason": "timing.no_project"})
    assert slack.modals("U0ANN") == []


def with_button(form: Form) -> Form:
    row = {"type": "actions", "elements": [{"type": "button", "action_id": "next", "text": plain("Next")}]}
    return {**form, "blocks": [*form["blocks"], row]}


def test_three_modals_can_lie_on_one_another_and_no_fourth(
    slack: Slack, app: Any, client: WebClient, refused: Refused, trigger: Callable[[], str], form: Form
) -> None:
    client.views_open(trigger_id=trigger(), view=with_button(form))
    for _ in range(2):
        slack.press("U0ANN", "next")
        client.views_push(trigger_id=app.last["trigger_id"], view=with_button(form))
    slack.press("U0ANN", "next")
    assert refused("views.push", trigger_id=app.last["trigger_id"], view=form)[0] == "push_limit_reached"
    first, second, third = slack.modals("U0ANN")
    assert (second["previous_view_id"], third["root_view_id"]) == (first["id"], first["id"])
    slack.close("U0ANN")
    assert len(slack.modals("U0ANN")) == 2


def test_a_push_needs_a_trigger_from_a_modal(
    refused: Refused, trigger: Callable[[], str], form: Form
) -> None:
    assert refused("views.push", trigger_id=trigger(), view=form)[0] == "not_found"


def test_a_button_in_a_modal_sends_the_view_and_no_message(
    slack: Slack, app: Any, client: WebClient, trigger: Callable[[], str], form: Form
) -> None:
    view = client.views_open(trigger_id=trigger(), view=with_button(form))["view"]["id"]
    slack.press("U0ANN", "next")
    assert app.last["container"] == {"type": "view", "view_id": view}
    assert "message" not in app.last
    assert app.last["view"]["state"]["values"]["kind"]["kind"]["selected_option"]["value"] == "call"


def test_an_update_keeps_what_was_typed_and_respects_the_hash(
    slack: Slack, app: Any, client: WebClient, opened: str, refused: Refused, form: Form
) -> None:
    app.answer = lambda _payload: (500, "")
    slack.submit("U0ANN", {"reason": "timing.no_project", "note": "mine"})
    shown = slack.modal("U0ANN")
    assert shown is not None
    client.views_update(view_id=opened, hash=shown["hash"], view={**form, "title": plain("New")})
    view = slack.modal("U0ANN")
    assert view is not None
    assert (view["title"]["text"], view["state"]["values"]["note"]["note"]["value"]) == ("New", "mine")
    assert refused("views.update", view_id=opened, hash=shown["hash"], view=form)[0] == "hash_conflict"
    assert refused("views.update", view_id="V0NONE", view=form)[0] == "not_found"


def test_the_app_hears_of_a_closed_modal_only_if_it_asked(
    slack: Slack, app: Any, client: WebClient, trigger: Callable[[], str], form: Form
) -> None:
    client.views_open(trigger_id=trigger(), view=form)
    before = len(app.payloads)
    slack.close("U0ANN")
    assert len(app.payloads) == before
    client.views_open(trigger_id=trigger(), view={**form, "notify_on_close": True})
    slack.close("U0ANN")
    assert (app.last["type"], app.last["is_cleared"]) == ("view_closed", False)
    with pytest.raises(NotThere):
        slack.close("U0ANN")


def test_home_is_published_per_person_and_can_be_pressed(
    slack: Slack, app: Any, client: WebClient, refused: Refused, form: Form
) -> None:
    row = {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "funnel", "text": plain("Funnel")}],
    }
    client.views_publish(user_id="U0ANN", view={"type": "home", "blocks": [row]})
    slack.press("U0ANN", "funnel")
    home = slack.home("U0ANN")
    assert home is not None
    assert (app.last["container"]["view_id"], app.last["view"]["type"]) == (home["id"], "home")
    assert slack.home("U0BOB") is None
    with pytest.raises(NotThere):
        slack.press("U0BOB", "funnel")
    titled = {"type": "home", "blocks": [], "title": plain("x")}
    assert "invalid additional property: title" in refused("views.publish", user_id="U0ANN", view=titled)[1]
    assert (
        refused("views.publish", user_id="U0NONE", view={"type": "home", "blocks": []})[0]
        == "invalid_arguments"
    )


def test_an_external_id_belongs_to_one_open_view(
    client: WebClient, refused: Refused, trigger: Callable[[], str], form: Form, slack: Slack
) -> None:
    named = {**deepcopy(form), "external_id": "handoff-17"}
    client.views_open(trigger_id=trigger(), view=named)
    assert refused("views.open", trigger_id=trigger(), view=named)[0] == "duplicate_external_id"
    client.views_update(external_id="handoff-17", view={**named, "title": plain("New")})
    assert (slack.modal("U0ANN") or {})["title"]["text"] == "New"
