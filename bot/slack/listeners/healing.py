"""What a press tells about the message it was pressed on: where a card stands, and that it is out of date."""

from bot.desk import delivery
from bot.slack.listeners.floor import Floor, Press

ON_CARDS = frozenset(
    {
        "accept", "reject", "recycle", "touch", "qualify", "undo", "why", "more",
        "ae_accept", "send_back", "opportunity", "won", "lost",
    }
)  # fmt: skip
"""Buttons that stand on cards, or else in direct messages, where no card stands. Reopen is not among them: the answer
to a question may stand in a card's channel."""


def heal(floor: Floor, action_id: str, press: Press, *, refused: bool) -> None:
    """After the answer: recognise a card whose post was never confirmed, and redraw one that misled somebody."""
    channel, ts = press.channel, press.ts
    if action_id not in ON_CARDS or channel is None or ts is None:
        return

    def job() -> None:
        delivery.recognise(floor.desk, press.handoff, channel, ts)
        if refused and action_id not in ("why", "more"):
            delivery.redraw(floor.desk, press.handoff)

    floor.aside_logged(job)
