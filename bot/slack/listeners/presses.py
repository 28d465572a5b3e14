"""Buttons. Decisions are committed before the press is acknowledged; forms open before it, within 2 s."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import answer, govern, report
from bot.desk.report import Shown
from bot.slack.client import Declined, SlackTrouble
from bot.slack.listeners.floor import Floor, Policy, Press
from bot.slack.views import forms
from bot.slack.views.blocks import Block
from scoring.handoff import Touch
from scoring.stages import Refused


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its action id is its place in BUTTONS; *policy* says who may press it."""

    policy: Policy
    pressed: Callable[[Floor, Press], None]


def _open(floor: Floor, press: Press, view: Block) -> None:
    """Open a form for whoever pressed.

    Raises:
        Refused: Slack did not open it; the person is asked to press again.
    """
    try:
        floor.slack.open_view(press.trigger_id, view)
    except Declined as declined:
        if "trigger" in declined.code:
            raise Refused(
                "Slack took too long to open the form, and nothing was changed. Press again."
            ) from declined
        raise Refused(
            f"Slack refused to open the form ({declined.code}). Tell whoever runs Baton."
        ) from declined
    except SlackTrouble as trouble:
        raise Refused("Slack did not open the form, and nothing was changed. Press again.") from trouble


def _shown(floor: Floor, press: Press) -> Shown:
    shown = report.shown_to(floor.desk, press.handoff, press.user)
    if shown is None:
        raise Refused("Baton does not know this lead any more, so nothing was changed. Use /mql lead EMAIL.")
    return shown


def accept(floor: Floor, press: Press) -> None:
    """Take the lead."""
    answer.accept(floor.desk, press.handoff, press.user, seal=press.seal)


def reject(floor: Floor, press: Press) -> None:
    """Say why it is not for sales."""
    answer.may_reject(floor.desk, press.handoff, press.user)
    _open(floor, press, forms.reject_form(_shown(floor, press)))


def recycle(floor: Floor, press: Press) -> None:
    """End it after acceptance."""
    answer.may_reject(floor.desk, press.handoff, press.user, "recycle")
    _open(floor, press, forms.reject_form(_shown(floor, press)))


def touch(floor: Floor, press: Press) -> None:
    """Log a try to reach the lead."""
    _touch_form(floor, press, None)


def touch_call(floor: Floor, press: Press) -> None:
    """ "I called", from a nudge."""
    _touch_form(floor, press, "call")


def touch_email(floor: Floor, press: Press) -> None:
    """ "I e-mailed", from a nudge."""
    _touch_form(floor, press, "email")


def _touch_form(floor: Floor, press: Press, kind: str | None) -> None:
    answer.may_touch(floor.desk, press.handoff, press.user)
    _open(floor, press, forms.touch_form(_shown(floor, press), kind))


def touch_booked(floor: Floor, press: Press) -> None:
    """ "Booked", from a nudge: nothing more to ask."""
    tried = Touch("meeting", "booked", press.user, floor.desk.clock.business())
    answer.touch(floor.desk, press.handoff, press.user, tried, seal=press.seal, once=True)


def qualify(floor: Floor, press: Press) -> None:
    """Make it an SQL."""
    answer.may_qualify(floor.desk, press.handoff, press.user)
    _open(floor, press, forms.qualify_form(_shown(floor, press)))


def undo(floor: Floor, press: Press) -> None:
    """Take back one's own last press."""
    answer.undo(floor.desk, press.handoff, press.user, seal=press.seal)


def why(floor: Floor, press: Press) -> None:
    """Show the whole receipt."""
    _open(floor, press, forms.why_view(_shown(floor, press)))


def go_live(floor: Floor, press: Press) -> None:
    """End the shadow start."""
    govern.go_live(floor.desk, press.user, seal=press.seal)


BUTTONS: dict[str, Button] = {
    "accept": Button("decide", accept),
    "reject": Button("decide", reject),
    "recycle": Button("decide", recycle),
    "touch": Button("decide", touch),
    "touch_call": Button("decide", touch_call),
    "touch_email": Button("decide", touch_email),
    "touch_booked": Button("decide", touch_booked),
    "qualify": Button("decide", qualify),
    "undo": Button("decide", undo),
    "why": Button("member", why),
    "go_live": Button("admin", go_live),
}
