"""Bolt, wired to the listeners' tables: one wrapper a kind of request; nothing of Bolt beyond this file."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App, BoltRequest, BoltResponse, Respond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError

from bot.desk import health, people, replays, report
from bot.desk.bench import Mistaken
from bot.slack.client import person_of
from bot.slack.listeners import commands, home
from bot.slack.listeners.floor import Chosen, Filled, Floor, Press, chosen_of, filled_of, press_of
from bot.slack.listeners.healing import heal
from bot.slack.listeners.presses import BUTTONS, Button
from bot.slack.listeners.shortcuts import SHORTCUTS, Shortcut
from bot.slack.listeners.submissions import FORMS, Form
from scoring.stages import Refused

log = logging.getLogger(__name__)

NOT_SAVED = "Not saved: Baton could not write it down. Press again."

_ID = re.compile(r"[A-Za-z0-9]{1,40}")
_ODD = (KeyError, IndexError, TypeError, AttributeError, ValueError)
"""What reading a payload raises that has not the shape of Slack's."""


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

    # Bolt's loggers take their level from this one; at INFO they log whole bodies.
    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.WARNING)
    bolt = App(
        name="baton",  # or it reads the source of every caller to find one
        logger=quiet,
        signing_secret=signing_secret,
        authorize=authorize,
        client=floor.slack.web,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        listener_executor=floor.aside,  # so that who stops Baton waits for the answers too
    )
    for action_id, button in BUTTONS.items():
        bolt.block_action(action_id)(_pressing(floor, action_id, button))
    for callback_id, form in FORMS.items():
        bolt.view_submission(callback_id)(_submitting(floor, callback_id, form))
    for callback_id, shortcut in SHORTCUTS.items():
        bolt.message_shortcut(callback_id)(_choosing(floor, callback_id, shortcut))
    bolt.command("/mql")(ack=_at_once, lazy=[_answering(floor)])
    bolt.event("app_home_opened")(_opening_home(floor))
    bolt.event("user_change")(_learning(floor))
    bolt.error(_failed)
    return bolt


def _failed(error: Exception) -> BoltResponse:
    """The answer where a request could not be handled. Bolt's own handler would log what people wrote."""
    if isinstance(error, BoltUnhandledRequestError):
        log.warning("nobody listens to this request of Slack's")
        return BoltResponse(status=404, body="")
    odd = isinstance(error, _ODD)
    log.error("a request of Slack's could not be handled", exc_info=error, extra={"odd": odd})
    return BoltResponse(status=400 if odd else 500, body="")


def _check_ids(*ids: object) -> None:
    """Raises ValueError unless each is an id of Slack's: it goes into queries and calls."""
    if not all(isinstance(each, str) and _ID.fullmatch(each) for each in ids):
        raise ValueError("this is not an id of Slack's")


@dataclass(slots=True)
class _Deed:
    """How a press or a form ended: done, refused, mistaken (a form's field) or failed."""

    outcome: str = "done"


@contextmanager
def _noted(floor: Floor, event: str, action: str, sent: Press | Filled | Chosen) -> Iterator[_Deed]:
    """One line of log, and one count, for what somebody decided: ids and codes, never a name or what was typed."""
    deed, began = _Deed(), time.perf_counter()
    try:
        yield deed
    except Exception:
        deed.outcome = "failed"
        raise
    finally:
        seconds = time.perf_counter() - began
        floor.pressed(action, deed.outcome, seconds)
        told = {"action": action, "handoff": sent.handoff, "actor": sent.user, "outcome": deed.outcome}
        log.info(event, extra={**told, "ms": round(1000 * seconds)})


def _pressing(floor: Floor, action_id: str, button: Button) -> Callable[..., None]:
    def on_press(
        ack: Ack, request: BoltRequest, body: dict[str, Any], action: dict[str, Any], respond: Respond
    ) -> None:
        press = press_of(body, action, _seal(request))
        _check_ids(press.user)

        def tell(sentence: str) -> None:
            if press.home is not None:
                home.show_again(floor, press, sentence)
                return
            floor.whisper(press.channel, press.user, sentence, lambda text: _privately(respond, text))

        admitted = False
        with _noted(floor, "a button was pressed", action_id, press) as deed:
            try:
                people.check_person(floor.desk, press.user, press.team_id)
                admitted = True
                button.pressed(floor, press)
            except Refused as refused:
                deed.outcome = "refused"
                _refused(floor, press.seal)
                tell(refused.sentence)
            except Mistaken as mistaken:
                deed.outcome = "mistaken"
                _refused(floor, press.seal)
                tell(str(mistaken))
            except Exception:
                tell(NOT_SAVED)
                raise
        heal(floor, action_id, press, refused=admitted and deed.outcome == "refused")
        if press.home is not None and deed.outcome == "done":
            home.show_again(floor, press)
        ack()

    return on_press


def _seal(request: BoltRequest) -> str | None:
    """The request's signature: the same again is the same request. Socket Mode has none, and repeats none."""
    given = request.headers.get("x-slack-signature")
    return given[0] if given else None


def _refused(floor: Floor, seal: str | None) -> None:
    """A refusal stands: the same request, sent again once the lead is free, decides nothing."""
    if seal is None:
        return
    try:
        replays.note(floor.desk, seal)
    except health.TROUBLE as trouble:  # who was refused is told so all the same
        log.warning("a refusal could not be noted", extra={"why": type(trouble).__name__})


def _privately(respond: Respond, text: str) -> object:
    return _respond(respond, text, replace_original=False)


def _respond(respond: Respond, text: str, **more: Any) -> object:
    """For the asker alone; Slack fetches no address that a lead gave."""
    return respond(text=text, response_type="ephemeral", unfurl_links=False, unfurl_media=False, **more)


def _choosing(floor: Floor, callback_id: str, shortcut: Shortcut) -> Callable[..., None]:
    def on_shortcut(ack: Ack, request: BoltRequest, body: dict[str, Any], respond: Respond) -> None:
        chosen = chosen_of(body, _seal(request))
        _check_ids(chosen.user, chosen.channel)

        def tell(sentence: str) -> None:
            floor.whisper(chosen.channel, chosen.user, sentence, lambda text: _privately(respond, text))

        with _noted(floor, "a shortcut was chosen", callback_id, chosen) as deed:
            try:
                people.check_person(floor.desk, chosen.user, chosen.team_id)
                shortcut.chosen(floor, chosen)
            except Refused as refused:
                deed.outcome = "refused"
                tell(refused.sentence)
        ack()

    return on_shortcut


def _submitting(floor: Floor, callback_id: str, form: Form) -> Callable[..., None]:
    def on_submit(ack: Ack, request: BoltRequest, body: dict[str, Any], view: dict[str, Any]) -> None:
        filled = filled_of(body, view, _seal(request))
        _check_ids(filled.user)
        first = form.first or next(iter(filled.values), "")
        with _noted(floor, "a form was sent", callback_id, filled) as deed:
            try:
                people.check_person(floor.desk, filled.user, filled.team_id)
                form.submitted(floor, filled)
            except Refused as refused:
                deed.outcome = "refused"
                _refused(floor, filled.seal)
                ack(response_action="errors", errors={first: report.named(floor.desk, refused.sentence)})
                return
            except Mistaken as mistaken:
                deed.outcome = "mistaken"
                _refused(floor, filled.seal)
                shown = {field: text for field, text in mistaken.fields.items() if field in filled.values}
                ack(response_action="errors", errors=shown or {first: str(mistaken)})
                return
            except Exception:
                # Not acknowledged: the form stays open with what was typed; a form has no channel to whisper in.
                floor.aside_logged(lambda: _tell_not_saved(floor, filled))
                raise
        if filled.home is not None:
            home.show(floor, filled.user, filled.home)
        ack()

    return on_submit


def _tell_not_saved(floor: Floor, filled: Filled) -> None:
    shown = report.shown(floor.desk, filled.handoff)
    if shown is not None:
        floor.slack.whisper(shown.handoff.channel, filled.user, NOT_SAVED)


def _at_once(ack: Ack) -> None:
    ack()


def _answering(floor: Floor) -> Callable[..., None]:
    def on_command(request: BoltRequest, command: dict[str, Any], respond: Respond) -> None:
        user, team_id = command["user_id"], command.get("team_id")
        try:
            people.check_person(floor.desk, user, team_id)
            message = commands.answered(
                floor, user, team_id, command.get("text") or "",
                trigger_id=str(command.get("trigger_id") or ""), seal=_seal(request),
            )  # fmt: skip
            if message is not None:
                _respond(respond, message.text, blocks=message.blocks)
        except Refused as refused:
            _respond(respond, refused.sentence)
        except Exception:  # the boundary of a lazy answer: logged, and the person is told
            log.exception("a question could not be answered")
            _respond(respond, "Baton could not answer. Try again in a minute.")

    return on_command


def _opening_home(floor: Floor) -> Callable[..., None]:
    def on_home(event: dict[str, Any]) -> None:
        if event.get("tab") != "home":
            return
        user = event["user"]
        _check_ids(user)
        home.show(floor, user)

    return on_home


def _learning(floor: Floor) -> Callable[..., None]:
    def on_user_change(event: dict[str, Any], body: Mapping[str, Any]) -> None:
        person = person_of(event["user"])
        _check_ids(person.id)
        seal = f"event:{body['event_id']}"
        if replays.seen(floor.desk, seal):  # somebody may have been deactivated since
            return
        people.learn(
            floor.desk, [people.Seen(person.id, person.team_id, person.deleted, person.guest, person.bot)]
        )
        replays.note(floor.desk, seal)

    return on_user_change
