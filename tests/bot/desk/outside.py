"""What the outside is told, as the courier would send it now."""

from typing import Any

from bot.desk import announce
from bot.desk.post import Parcel
from storage.tables import OutboxRow
from tests.bot.desk.shift import Shift


def kinds(shift: Shift) -> list[str]:
    """The types of all webhooks that were asked for, in order."""
    return [letter.body["type"] for letter in shift.letters("webhook")]


def sent(shift: Shift, kind: str) -> list[dict[str, Any] | None]:
    """The data of every webhook of that type, read now; None where it would be dropped."""
    payloads = [announce.payload(shift.desk, parcel(letter)) for letter in _of(shift, kind)]
    return [payload and payload["data"] for payload in payloads]


def _of(shift: Shift, kind: str) -> list[OutboxRow]:
    return [letter for letter in shift.letters("webhook") if letter.body["type"] == kind]


def parcel(letter: OutboxRow) -> Parcel:
    """A letter in the sender's hands."""
    return Parcel(
        letter.id or 0, letter.kind, None, letter.handoff_id, letter.body, 1, False, letter.not_before
    )
