"""The sender of scrub letters: deletes one message of ours that was about somebody who was erased."""

from bot.desk import privacy
from bot.desk.desk import Desk
from bot.desk.post import Dead, Delivered, Dropped, Later, Outcome, Parcel
from bot.desk.privacy import Scrub
from bot.slack.client import Declined, Sent, SlackClient

GONE = frozenset({"message_not_found", "thread_not_found"})
"""Somebody was faster, which is as good."""

FORBIDDEN = frozenset({"cant_delete_message", "compliance_exports_prevent_deletion"})
"""A person with more rights than ours must do it."""


def scrub(desk: Desk, slack: SlackClient, parcel: Parcel) -> Outcome:
    """Delete the message of another letter, looking for it first where its place is not known.

    Raises:
        SlackTrouble: Slack could not do it now.
    """
    found = privacy.to_scrub(desk, int(parcel.body["letter"]))
    if found is None:
        return Dropped("the letter is gone", idle=True)
    if found.wait:
        return Later(found.wait, "it may be on its way at this moment", idle=True)
    try:
        there = _place(slack, found)
        return Dropped("it never arrived") if there is None else _deleted(desk, slack, found, there)
    except Declined as declined:
        if declined.code in GONE:
            return Delivered()
        raise


def _place(slack: SlackClient, found: Scrub) -> Sent | None:
    if found.ts is not None:
        return Sent(found.channel, found.ts)
    return slack.find(found.channel, found.send, found.thread_ts)


def _deleted(desk: Desk, slack: SlackClient, found: Scrub, there: Sent) -> Outcome:
    try:
        slack.delete(there.channel, there.ts)
    except Declined as declined:
        if declined.code not in FORBIDDEN:
            raise
        privacy.cannot_delete(desk, found, declined.code, slack.permalink(there.channel, there.ts))
        return Dead(declined.code)
    return Delivered()
