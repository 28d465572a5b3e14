"""Socket Mode connections that nobody of ours holds: Slack gives them a share of the presses, which are lost."""

from bot.desk import alert
from bot.desk.desk import Desk
from storage import standing


def count(desk: Desk, connections: int, reconnected: bool) -> None:
    """Tell the admins where Slack counts more *connections* than there are replicas.

    After a reconnect our own earlier connection may still be counted. Source: SLACK.md, "ghost connections".
    """
    ours = standing.replicas(desk.database) + (1 if reconnected else 0)
    if connections <= ours:
        return
    sentence = (
        f"Slack counts {connections} Socket Mode connections of this app, and {ours} are Baton's: some presses go "
        "to the others and are lost. Stop whatever else uses this app's token, or make a new app token."
    )
    with desk.database.writing() as session:
        key = f"connections:{desk.clock.real():%Y-%m-%d}"
        alert.admins(session, desk, desk.agreed(session), key, sentence)
    desk.wake()
