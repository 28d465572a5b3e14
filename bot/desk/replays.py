"""What Slack sent before: a request that was answered once changes nothing when it comes again.

A decision notes its request in its own transaction (`answer`, `govern`). Here stands the rest: refusals, which
must not become decisions minutes later because somebody repeats the request, and events.
"""

from datetime import timedelta

from sqlmodel import Session

from bot.desk.desk import Desk
from storage import requests

SEEN_REQUESTS = "seen_requests"
KEPT = timedelta(minutes=15)
"""A signature is taken for 10 minutes at most, 5 either way; an event is repeated for 6."""


def note(desk: Desk, seal: str) -> None:
    """Remember that the request of this signature, or the event of this id, was answered."""
    with desk.database.writing() as session:
        requests.first_time(session, seal, desk.clock.real())


def seen(desk: Desk, seal: str) -> bool:
    """Whether it was answered before."""
    with desk.database.reading() as session:
        return requests.seen(session, seal)


def forget(session: Session, desk: Desk) -> None:
    """Remove what cannot be repeated any more, because its signature would be too old."""
    requests.forget(session, desk.clock.real() - KEPT)
