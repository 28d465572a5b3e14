"""Bolt, wired to the listeners' tables: one wrapper a kind of request; nothing of Bolt beyond this file."""

import logging
from collections.abc import Callable
from typing import Any

from slack_bolt import Ack, App, BoltRequest, Respond
from slack_bolt.authorization import AuthorizeResult

from bot.desk import people, report
from bot.desk.answer import Mistaken
from bot.slack.client import person_of
from bot.slack.listeners import commands
from bot.slack.listeners.floor import Filled, Floor, filled_of, press_of
from bot.slack.listeners.presses import BUTTONS, Button
from bot.slack.listeners.submissions import FORMS, Form
from bot.slack.views import answers
from scoring.stages import Refused

log = logging.getLogger(__name__)

NOT_SAVED = "Not saved: Baton could not write it down. Press again."


def build_bolt(floor: Floor, signing_secret: str, bot_token: str) -> App:
    """The Bolt app. It never calls auth.test by itself: who we are is read from what was stored."""

    def authorize() -> AuthorizeResult:
        us = people.app(floor.desk)
        return AuthorizeResult(
            enterprise_id=None,
            team_id=us.get(people.OUR_TEAM),
            bot_user_id=us.get(people.OUR_BOT),
            bot_id=us.get(people.OUR_BOT_ID),
            bot_token=bot_token,
        )

    bolt = App(
        signing_secret=signing_secret,
        authorize=authorize,
        client=floor.slack.web,
        process_before_response=True,
    )
    for action_id, button in BUTTONS.items():
        bolt.action(action_id)(_pressing(floor, button))
    for callback_id, form in FORMS.items():
        bolt.view(callback_id)(_submitting(floor, form))
    bolt.command("/mql")(ack=_at_once, lazy=[_answering(floor)])
    bolt.event("app_home_opened")(_opening_home(floor))
    bolt.event("user_change")(_learning(floor))
    return bolt


def _pressing(floor: Floor, button: Button) -> Callable[..., None]:
    def on_press(
        ack: Ack, request: BoltRequest, body: dict[str, Any], action: dict[str, Any], respond: Respond
    ) -> None:
        press = press_of(body, action, _seal(request))

        def tell(sentence: str) -> None:
            floor.whisper(press.channel, press.user, sentence, lambda text: _privately(respond, text))

        try:
            people.check_person(floor.desk, press.user, press.team_id)
            button.pressed(floor, press)
        except Refused as refused:
            tell(refused.sentence)
        except Mistaken as mistaken:
            tell(str(mistaken))
        except Exception:
            tell(NOT_SAVED)
            raise
        ack()

    return on_press


def _seal(request: BoltRequest) -> str | None:
    """The request's signature: the same again is the same request. Socket Mode has none, and repeats none."""
    given = request.headers.get("x-slack-signature")
    return given[0] if given else None


def _privately(respond: Respond, text: str) -> object:
    return respond(text=text, response_type="ephemeral", replace_original=False)


def _submitting(floor: Floor, form: Form) -> Callable[..., None]:
    def on_submit(ack: Ack, request: BoltRequest, body: dict[str, Any], view: dict[str, Any]) -> None:
        filled = filled_of(body, view, _seal(request))
        try:
            people.check_person(floor.desk, filled.user, filled.team_id)
            form.submitted(floor, filled)
        except Refused as refused:
            ack(response_action="errors", errors={form.first: report.named(floor.desk, refused.sentence)})
            return
        except Mistaken as mistaken:
            shown = {field: text for field, text in mistaken.fields.items() if field in filled.values}
            ack(response_action="errors", errors=shown or {form.first: str(mistaken)})
            return
        except Exception:
            # Not acknowledged: the form stays open with what was typed; a form has no channel to whisper in.
            floor.aside_logged(lambda: _tell_not_saved(floor, filled))
            raise
        ack()

    return on_submit


def _tell_not_saved(floor: Floor, filled: Filled) -> None:
    shown = report.shown(floor.desk, filled.handoff)
    if shown is not None:
        floor.slack.whisper(shown.handoff.channel, filled.user, NOT_SAVED)


def _at_once(ack: Ack) -> None:
    ack()


def _answering(floor: Floor) -> Callable[..., None]:
    def on_command(command: dict[str, Any], respond: Respond) -> None:
        user, team_id = command["user_id"], command.get("team_id")
        try:
            people.check_person(floor.desk, user, team_id)
            message = commands.answered(floor, user, team_id, command.get("text") or "")
            respond(text=message.text, blocks=message.blocks, response_type="ephemeral")
        except Refused as refused:
            respond(text=refused.sentence, response_type="ephemeral")
        except Exception:  # the boundary of a lazy answer: logged, and the person is told
            log.exception("a question could not be answered")
            respond(text="Baton could not answer. Try again in a minute.", response_type="ephemeral")

    return on_command


def _opening_home(floor: Floor) -> Callable[..., None]:
    def on_home(event: dict[str, Any]) -> None:
        if event.get("tab") != "home":
            return
        user = event["user"]
        try:
            people.check_person(floor.desk, user, None)
            view = answers.home(report.queue(floor.desk, user))
        except Refused as refused:
            view = answers.home(None, refused.sentence)
        floor.aside_logged(lambda: floor.slack.publish_home(user, view))

    return on_home


def _learning(floor: Floor) -> Callable[..., None]:
    def on_user_change(event: dict[str, Any]) -> None:
        person = person_of(event["user"])
        people.learn(
            floor.desk, [people.Seen(person.id, person.team_id, person.deleted, person.guest, person.bot)]
        )

    return on_user_change
