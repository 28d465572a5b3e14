"""The senders of what goes to Slack: each renders the state of this moment and sends it once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Clock
from bot.desk import delivery, people, remind, report, steps
from bot.desk.desk import Desk
from bot.desk.post import Also, Delivered, Dropped, Later, Outcome, Parcel
from bot.desk.report import COMPANY, Shown
from bot.slack.client import Declined, Hidden, Posting, Sent, SlackClient
from bot.slack.letters import SLOWEST, Letters
from bot.slack.refusals import AT_ONCE, CHANNEL, REPAIR, TOKEN, Refusals
from bot.slack.rooms import Rooms
from bot.slack.scrub import scrub
from bot.slack.views.bundle import bundle_card
from bot.slack.views.card import Message, card
from bot.slack.views.digest import digest_card
from bot.slack.views.remarks import remarked
from scoring.worktime import WorkCalendar

CARD, NOTE = "baton_card", "baton_note"
NOT_READY = timedelta(seconds=1)
"""A note whose card is not posted yet waits this long, then twice as long, and so on; the post wakes it."""
LONGEST_NOT_READY = timedelta(seconds=30)
GONE = timedelta(seconds=5)
"""A note whose card somebody deleted waits this long for the card to come back."""

_NO_PARENT = frozenset({"thread_not_found", "message_not_found"})


_DRAWN: dict[str | None, Callable[[list[Shown]], Message]] = {
    None: lambda on_it: card(on_it[0]),
    COMPANY: bundle_card,
}
"""How a card is drawn, by what it collects; else as a digest."""


class Deliverer:
    """Sends cards, notes, DMs and notices."""

    def __init__(self, desk: Desk, slack: SlackClient, clock: Clock) -> None:
        self._desk = desk
        self._slack = slack
        self._clock = clock
        self._refusals = Refusals(desk)
        self._rooms = Rooms(slack, clock)
        self._letters = Letters(desk, slack, clock)

    def senders(self) -> dict[str, Callable[[Parcel], Outcome]]:
        """The sender of each outbox kind that goes to Slack."""
        return {
            "card": self._refusals.guarded(self.card),
            "note": self._refusals.guarded(self.note),
            "dm": self._refusals.guarded(self.dm),
            "notice": self._refusals.guarded(self.notice),
            "members": self._refusals.guarded(self.members),
            "scrub": self._refusals.guarded(partial(scrub, self._desk, self._slack)),
        }

    def card(self, parcel: Parcel) -> Outcome:
        """Post a card, or edit it to what it should show; an equal rendering is not sent."""
        found = report.shown_card(self._desk, parcel.card_id or 0)
        if found is None:
            return Dropped("the card is gone", idle=True)
        row, on_it = found
        plain = _DRAWN.get(row.collects, digest_card)(on_it)
        message = remarked(plain, row.meant_for, bool(parcel.body.get(delivery.AGAIN)))
        digest = _digest(message)
        posting = self._posting(parcel, row.channel, message, CARD)
        there = Sent(row.channel, row.ts) if row.ts is not None else None
        if there is None and parcel.doubtful:
            there = self._found(posting, parcel)
        shows = Delivered(hash=digest, version=row.wanted)
        # After a doubtful edit nobody knows what stands there, whatever the hash says.
        if there is not None and row.hash == digest and not parcel.doubtful:
            return _at(shows, there, idle=True)
        if self._expired(parcel):
            return _expired()
        if there is None:
            return self._first_post(shows, posting, row.id, moved=row.meant_for is not None)
        if self._edited(posting, there.ts):
            return _at(shows, there)
        return self._post_again(shows, posting, parcel)

    def _first_post(self, shows: Delivered, posting: Posting, card_id: int, *, moved: bool) -> Outcome:
        """Post it; where its channel cannot be posted to, it goes to the fallback channel, once."""
        try:
            self._rooms.check(posting.channel)
            return _at(shows, self._slack.post(posting))
        except Declined as declined:
            nowhere = moved or posting.channel == delivery.fallback(self._desk)
            if declined.code not in CHANNEL or nowhere:
                raise
            away = delivery.to_fallback(self._desk, card_id, declined.code)
            return Later(AT_ONCE, str(declined), also=away)

    def _edited(self, posting: Posting, ts: str) -> bool:
        """Whether the message could be edited; False where somebody deleted it."""
        try:
            self._slack.edit(posting, ts)
        except Declined as declined:
            if declined.code != "message_not_found":
                raise
            return False
        return True

    def _post_again(self, shows: Delivered, posting: Posting, parcel: Parcel) -> Outcome:
        """Somebody deleted the card: it comes back once, where an earlier try has not brought it back already."""
        card_id = parcel.card_id or 0
        if parcel.body.get(delivery.REPOSTED):
            gone = delivery.deleted_again(self._desk, card_id)
            return Dropped("somebody deleted the card twice", also=gone)
        back = self._found(posting, parcel) if parcel.doubtful else None
        if self._expired(parcel):
            return _expired()
        if back is None or not self._edited(posting, back.ts):
            self._rooms.check(posting.channel)
            back = self._slack.post(posting)
        audited = delivery.reposted(card_id, parcel.handoff_id, parcel.send)
        return _at(shows, back, also=audited)

    def _found(self, posting: Posting, parcel: Parcel) -> Sent | None:
        """Where an earlier try arrived, None where it did not.

        Raises:
            Hidden: nobody can say, because the history cannot be read.
        """
        age = self._clock.real() - parcel.tried_at if parcel.tried_at is not None else None
        try:
            return self._slack.find(posting.channel, parcel.send, posting.thread_ts, age)
        except Declined as declined:
            if declined.code in TOKEN or declined.code in _NO_PARENT:
                raise
            hidden = Hidden(declined.code)
            hidden.method, hidden.channel = declined.method, posting.channel
            raise hidden from declined

    def note(self, parcel: Parcel) -> Outcome:
        """Something in a card's thread; dropped where it is about something done already."""
        shown = report.shown(self._desk, parcel.handoff_id or 0)
        # The hand-off's card of now: it may have been gathered onto a digest since.
        row = report.card_of(self._desk, shown.handoff.card_id or 0) if shown is not None else None
        if row is None or shown is None:
            return Dropped("the card is gone", idle=True)
        if row.ts is None:
            wait = min(NOT_READY * 2 ** min(parcel.attempts - 1, 9), LONGEST_NOT_READY)
            return Later(wait, "the card is not posted yet", idle=True)
        step = str(parcel.body.get("step", ""))
        if step and self._letters.needless(step, shown):
            return Dropped("it was done meanwhile", idle=True)
        if step and (late := self._off(self._reader_hours(parcel, shown).next_open(self._now))):
            return late
        if (reader := self._called(parcel)) and (late := self._off(remind.back_at(self._desk, reader))):
            return late
        message = self._letters.note(parcel, shown)
        if message is None:
            return Dropped("there is nothing to say", idle=True)
        try:
            return self._say(self._posting(parcel, row.channel, message, NOTE, row.ts), parcel)
        except Declined as declined:
            if declined.code not in _NO_PARENT:
                raise
            if delivery.gone_for_good(self._desk, row.id):
                return Dropped("its card was deleted")
            return Later(GONE, "its card was deleted", also=delivery.look_again(row.id))

    @staticmethod
    def _reader_hours(parcel: Parcel, shown: Shown) -> WorkCalendar:
        """Of a breach: the hours of whose lead it was, though it may have gone to somebody else in the same moment."""
        owner = parcel.body.get("owner") if parcel.body["view"] == "breach" else None
        return shown.team.calendar_of(owner) if owner else shown.calendar

    def _called(self, parcel: Parcel) -> str | None:
        """Whom a note waits for: an SQL sent back has no other message to its SDR."""
        back = parcel.body["view"] == steps.VIEW and parcel.body["did"] == "send_back"
        return parcel.body["to"] if back else None

    def dm(self, parcel: Parcel) -> Outcome:
        """A direct message to one person."""
        reader = parcel.body["reader"]
        if people.departed(self._desk, reader):
            return Dropped("its reader's account is deactivated")
        if late := self._off(remind.back_at(self._desk, reader)):
            return late
        message = self._letters.direct(parcel)
        if message is None:
            return Dropped("it was done meanwhile", idle=True)
        return self._say(self._posting(parcel, reader, message, NOTE), parcel)

    @property
    def _now(self) -> datetime:
        return self._desk.clock.business()

    def _off(self, opens: datetime) -> Later | None:
        """What waited for a repair until its reader went home waits on; None while they are there."""
        if opens <= self._now:
            return None
        return Later(min(opens - self._now, REPAIR), "its reader is off", idle=True)

    def notice(self, parcel: Parcel) -> Outcome:
        """Something in a channel that is about no hand-off."""
        message = self._letters.channel(parcel)
        if message is None:
            return Dropped("it was decided meanwhile", idle=True)
        return self._say(self._posting(parcel, parcel.body["channel"], message, NOTE), parcel)

    def members(self, _parcel: Parcel) -> Outcome:
        """Learn who is who, and who we are."""
        me = self._slack.who_am_i()
        people.remember_app(self._desk, me["team_id"], me["user_id"], me["bot_id"], url=me["url"])
        people.learn(
            self._desk,
            [people.Seen(p.id, p.team_id, p.deleted, p.guest, p.bot) for p in self._slack.people()],
        )
        return Delivered()

    def _say(self, posting: Posting, parcel: Parcel) -> Outcome:
        if parcel.doubtful:
            there = self._found(posting, parcel)
            if there is not None:
                return _at(Delivered(), there)
        if self._expired(parcel):
            return _expired()
        return _at(Delivered(), self._slack.post(posting))

    def _expired(self, parcel: Parcel) -> bool:
        """Slack's time-out must fit into what is left of the lease; checked right before the call."""
        return self._clock.checked() + SLOWEST > parcel.leased_until

    def _posting(
        self, parcel: Parcel, channel: str, message: Message, kind: str, thread_ts: str | None = None
    ) -> Posting:
        payload = {"handoff": parcel.handoff_id or 0, "send": parcel.send}
        if kind == NOTE:
            message = remarked(message, None, bool(parcel.body.get(delivery.AGAIN)))
        metadata = {"event_type": kind, "event_payload": payload}
        return Posting(channel, message.blocks, message.text, metadata, thread_ts)


def _at(shows: Delivered, there: Sent, *, idle: bool = False, also: Also | None = None) -> Delivered:
    return replace(shows, ts=there.ts, sent_to=there.channel, idle=idle, also=also)


def _expired() -> Later:
    return Later(NOT_READY, "the lease ran out before the call", idle=True)


def _digest(message: Message) -> str:
    whole = json.dumps([message.blocks, message.text], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()
