"""What the courier hands to a sender, and how a send can end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

Also = Callable[[Session, datetime], None]
"""What else is written in the transaction that records an outcome, given the real time."""


def together(*wanted: Also | None) -> Also:
    """All of them, one after the other."""

    def also(session: Session, now: datetime) -> None:
        for each in wanted:
            if each is not None:
                each(session, now)

    return also


@dataclass(frozen=True, slots=True)
class Parcel:
    """One outbox row in a sender's hands until *leased_until* (real time).

    Attributes:
        doubtful: an earlier try may have arrived, so look before sending again.
        tried_at: when the first such try was made (real time), None where there was none.
        probing: Slack is in trouble, and this parcel tries whether it still is.
    """

    send: int
    kind: str
    card_id: int | None
    handoff_id: int | None
    body: dict[str, Any]
    attempts: int
    doubtful: bool
    leased_until: datetime
    tried_at: datetime | None = None
    probing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """Common to all outcomes.

    Attributes:
        idle: nobody was called, so the channel's turn is given back.
        also: what else follows, in the same transaction; only whoever still holds the letter may write it.
    """

    idle: bool = False
    also: Also | None = None


@dataclass(frozen=True, slots=True)
class Delivered(_Ended):
    """It arrived, as message *ts* of Slack's channel *sent_to*.

    For a card: what was shown, and the change that rendering shows.
    """

    ts: str | None = None
    hash: str | None = None
    version: int | None = None
    sent_to: str | None = None


@dataclass(frozen=True, slots=True)
class Dropped(_Ended):
    """Nobody needs it any more."""

    why: str


@dataclass(frozen=True, slots=True)
class Later(_Ended):
    """It was not sent. *holds*: the pace that nobody may use before then either, as in storage.paces."""

    wait: timedelta
    why: str
    holds: str | None = None


@dataclass(frozen=True, slots=True)
class Doubtful(_Ended):
    """It may have arrived; look before sending again."""

    why: str


@dataclass(frozen=True, slots=True)
class Dead(_Ended):
    """It will never arrive as it is."""

    why: str


Outcome = Delivered | Dropped | Later | Doubtful | Dead
