"""Whether a card may stand in a channel: not where another company reads along.

Source: SLACK, "Refuse externally shared channels for cards".
"""

import threading
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.slack.client import Declined, SlackClient, Uncertain, Unreachable

SHARED = "is_ext_shared"
"""The code of a channel shared with another company; it is Slack's field, and no refusal of Slack's."""

BELIEVED = timedelta(minutes=10)
"""How long what was seen is believed: somebody may share a channel at any time."""


class Rooms:
    """What is known of the channels that cards go to; one a process."""

    def __init__(self, slack: SlackClient, clock: Clock) -> None:
        self._slack = slack
        self._clock = clock
        self._seen: dict[str, tuple[datetime, bool]] = {}
        self._lock = threading.Lock()

    def check(self, channel: str) -> None:
        """Look at *channel*, unless that was done a moment ago.

        Raises:
            Declined: SHARED, because strangers would read the card.
            Unreachable: Slack did not say; nothing was sent.
        """
        now = self._clock.real()
        with self._lock:
            at, shared = self._seen.get(channel, (datetime.min.replace(tzinfo=now.tzinfo), False))
        if now - at >= BELIEVED:
            shared = self._asked(channel)
            with self._lock:
                self._seen[channel] = (now, shared)
        if shared:
            refused = Declined(SHARED)
            refused.method, refused.channel = "conversations_info", channel
            raise refused

    def _asked(self, channel: str) -> bool:
        try:
            return self._slack.room(channel).strangers
        except Declined:  # what is wrong with the channel, or with our scopes, the post will say
            return False
        except Uncertain as silent:
            raise Unreachable(str(silent)) from silent
