"""What admins are told in their channel: that something is wrong with Baton, and what to do.

A sentence holds ids, codes and channels, never anything about a lead: the admin channel is not the lead's.
"""

import logging

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk
from storage import outbox
from storage.outbox import Letter

log = logging.getLogger(__name__)

RANK = 5
"""Before every card: what is wrong may be why the cards wait."""


def admins(session: Session, desk: Desk, agreed: Agreed, key: str, sentence: str) -> None:
    """Ask for one message in the admin channel; the same *key* is told once. It is logged in any case."""
    log.warning(sentence, extra={"alert": key})
    channel = agreed.team.channels.admin
    body = {"view": "alert", "channel": channel, "sentence": sentence}
    letter = Letter(f"alert:{key}", "notice", f"post:{channel}", desk.clock.real(), RANK, body=body)
    outbox.put(session, [letter])
