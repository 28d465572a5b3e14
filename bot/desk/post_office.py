"""What is on its way to Slack and to webhooks, for whoever looks on."""

from bot.desk.desk import Desk
from storage import outbox
from storage.outbox import Passing


def passing_through(desk: Desk, most: int) -> list[Passing]:
    """The newest *most* letters, whatever has become of them, the newest first."""
    with desk.database.reading() as session:
        return outbox.newest(session, most)
