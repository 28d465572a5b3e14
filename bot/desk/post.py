"""What the courier hands to a sender, and how a send can end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Parcel:
    """One outbox row in a sender's hands until *leased_until* (real time).

    *doubtful*: an earlier try may have arrived, so look before sending again.
    """

    send: int
    kind: str
    card_id: int | None
    handoff_id: int | None
    body: dict[str, Any]
    attempts: int
    doubtful: bool
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """It arrived. For a card: where, what was shown, and the change that rendering shows."""

    ts: str | None = None
    hash: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nobody needs it any more."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """It was not sent. *whole_pace*: nobody may use this channel or system before then."""

    wait: timedelta
    why: str
    whole_pace: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """It may have arrived; look before sending again."""

    why: str


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never arrive as it is."""

    why: str


Outcome = Delivered | Dropped | Later | Doubtful | Dead
