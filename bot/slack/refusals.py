"""What a call that did not do what was asked means for its letter: when to try again, and who must know."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.desk import delivery
from bot.desk.desk import Desk
from bot.desk.post import Also, Dead, Doubtful, Later, Outcome, Parcel, together
from bot.slack.client import Busy, Declined, Hidden, SlackTrouble, Uncertain, Unreachable
from bot.slack.rooms import SHARED

REPAIR = timedelta(seconds=60)
"""How long a send waits for somebody to repair a channel or a permission."""

PATIENCE = timedelta(minutes=15)
"""How long a message that may have arrived waits for a history that cannot be read."""

TOO_MANY = 3
"""Answers lost one after the other that mean Slack is down, rather than that one answer was lost."""

AT_ONCE = timedelta(0)

TOKEN = frozenset(
    {
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required",
        "ekm_access_denied", "team_access_not_granted", "not_allowed_token_type",
    }
)  # fmt: skip
"""Refusals of whatever we ask: nothing goes to Slack until the token is repaired."""

CHANNEL = frozenset({"is_archived", "is_inactive", "channel_not_found", "not_in_channel", SHARED})
"""Refusals of one channel, whatever we say there."""

PERMISSION = frozenset({"missing_scope", "no_permission", "restricted_action", "messages_tab_disabled"})
"""Refusals of one method, which an admin of the workspace can put right."""

PACED = {"chat_postMessage": "post", "chat_update": "edit"}
"""Methods whose Retry-After holds the channel's queue for them; that of a look-up holds the letter that asked."""


class Refusals:
    """Turns troubles into outcomes. It counts lost answers, so it is one a process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lost = 0
        self._lock = threading.Lock()

    def guarded(self, send: Callable[[Parcel], Outcome]) -> Callable[[Parcel], Outcome]:
        """A sender that never raises SlackTrouble."""

        def sender(parcel: Parcel) -> Outcome:
            try:
                outcome = send(parcel)
            except SlackTrouble as trouble:
                outcome = self.outcome(parcel, trouble)
                heard = isinstance(trouble, Declined | Busy | Hidden) and not _of_token(trouble)
            else:
                heard = not outcome.idle
            if not heard:
                return outcome
            self._count(lost=False)
            return self._repaired(outcome) if parcel.probing else outcome

        return sender

    def _repaired(self, outcome: Outcome) -> Outcome:
        return replace(outcome, also=together(outcome.also, delivery.repaired(self._desk)))

    def outcome(self, parcel: Parcel, trouble: SlackTrouble) -> Outcome:
        """How a letter ends whose call failed in a way that nobody nearer has handled."""
        match trouble:
            case Busy():
                return Later(timedelta(seconds=trouble.seconds), str(trouble), holds=_queue(trouble))
            case Unreachable():
                self._count(lost=True)
                return Later(AT_ONCE, str(trouble), also=delivery.pause(delivery.UNREACHABLE))
            case Hidden():
                return self._in_the_dark(parcel, trouble)
            case Declined():
                return self._declined(trouble)
            case Uncertain():
                down = self._count(lost=True) >= TOO_MANY or parcel.probing
                return Doubtful(str(trouble), also=delivery.pause(delivery.UNREACHABLE) if down else None)
        return Doubtful(str(trouble))

    def _declined(self, declined: Declined) -> Outcome:
        code, desk = declined.code, self._desk
        if code in TOKEN:
            return Later(AT_ONCE, str(declined), also=delivery.pause(code))
        if code == "message_limit_exceeded":
            return Later(AT_ONCE, str(declined), also=delivery.full_workspace(desk))
        if code in PERMISSION:
            return Later(REPAIR, str(declined), also=delivery.wants_permission(desk, declined.method, code))
        if code in CHANNEL:
            # An edit has nothing before it that could go elsewhere: one try a minute for the whole channel.
            held = _queue(declined) if declined.method == "chat_update" else None
            return Later(REPAIR, str(declined), holds=held, also=self._closed(declined))
        return Dead(str(declined))

    def _closed(self, declined: Declined) -> Also | None:
        channel = declined.channel or ""
        if not channel.startswith(("C", "G")):  # a person's DM: nobody can repair it but they
            return None
        return delivery.closed_channel(self._desk, channel, declined.code)

    def _in_the_dark(self, parcel: Parcel, hidden: Hidden) -> Outcome:
        """Wait for a history that can be read; in the end send once more, marked, and never a third time."""
        also = delivery.hidden(self._desk, hidden.channel or "", str(hidden))
        now = self._desk.clock.real()
        marked = bool(parcel.body.get(delivery.AGAIN))
        if marked or parcel.tried_at is None or now - parcel.tried_at < PATIENCE:
            return Later(REPAIR, str(hidden), also=also)
        return Later(AT_ONCE, str(hidden), also=together(delivery.once_more(parcel.send), also))

    def _count(self, *, lost: bool) -> int:
        with self._lock:
            self._lost = self._lost + 1 if lost else 0
            return self._lost


def _queue(trouble: SlackTrouble) -> str | None:
    """The pace of the call that failed. A letter that edits may post: a deleted card comes back that way."""
    kind = PACED.get(trouble.method)
    return f"{kind}:{trouble.channel}" if kind is not None and trouble.channel else None


def _of_token(trouble: SlackTrouble) -> bool:
    return isinstance(trouble, Declined) and trouble.code in TOKEN
