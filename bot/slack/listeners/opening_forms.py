"""Opening a form: before the press is acknowledged, within the 2 s that the trigger lives."""

from bot.slack.client import Declined, SlackTrouble
from bot.slack.listeners.floor import Floor, Press, from_home
from bot.slack.views.blocks import Block
from scoring.stages import Refused


def open_form(floor: Floor, press: Press, view: Block) -> None:
    """Open a form for whoever pressed.

    Raises:
        Refused: Slack did not open it; the person is asked to press again.
    """
    open_view(floor, press.trigger_id, view if press.home is None else from_home(view, press.home))


def open_view(floor: Floor, trigger_id: str, view: Block) -> None:
    """Open a form for whoever pressed, chose or asked.

    Raises:
        Refused: Slack did not open it; the person is asked to press again.
    """
    try:
        floor.slack.open_view(trigger_id, view)
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
