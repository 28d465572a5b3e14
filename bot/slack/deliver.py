"""The senders of what goes to Slack: each renders the state of this moment and sends it once."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.desk import govern, ladder, people, remind, report
from bot.desk.desk import Desk
from bot.desk.post import Dead, Delivered, Doubtful, Dropped, Later, Outcome, Parcel
from bot.desk.report import Shown
from bot.slack.client import Busy, Declined, Posting, SlackClient, Uncertain
from bot.slack.views import notes
from bot.slack.views.card import Message, card
from bot.slack.views.digest import digest_card

CARD, NOTE = "baton_card", "baton_note"
NOT_READY = timedelta(seconds=1)
"""A note whose card is not posted yet waits this long."""
REPAIR = timedelta(seconds=60)
"""How long a send waits for somebody to repair a channel or a token."""

NEEDS_REPAIR = frozenset(
    {
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "org_login_required", "ekm_access_denied", "channel_not_found", "not_in_channel", "is_archived",
        "is_inactive", "restricted_action", "messages_tab_disabled", "message_limit_exceeded",
        "no_permission",
    }
)  # fmt: skip
"""Refusals that a person can put right: the letter waits, nothing is lost."""


class Deliverer:
    """Sends cards, notes, DMs and notices."""

    def __init__(self, desk: Desk, slack: SlackClient, clock: Clock) -> None:
        self._desk = desk
        self._slack = slack
        self._clock = clock
        self._notes: dict[str, Callable[[Parcel, Shown], Message | None]] = {
            "nudge": self._nudge_note,
            "breach": self._breach_note,
            "activity": self._activity,
        }

        self._direct: dict[str, Callable[[Parcel], Message | None]] = {
            "nudge": self._nudge_dm,
            "notices": self._collected,
            "opening": self._opening,
        }

    def senders(self) -> dict[str, Callable[[Parcel], Outcome]]:
        """The sender of each outbox kind that goes to Slack."""
        return {
            "card": self._guarded(self.card),
            "note": self._guarded(self.note),
            "dm": self._guarded(self.dm),
            "notice": self._guarded(self.notice),
            "members": self._guarded(self.members),
        }

    def _guarded(self, send: Callable[[Parcel], Outcome]) -> Callable[[Parcel], Outcome]:
        def sender(parcel: Parcel) -> Outcome:
            try:
                return send(parcel)
            except Busy as busy:
                return Later(timedelta(seconds=busy.seconds), str(busy), whole_pace=True)
            except Uncertain as unsure:
                return Doubtful(str(unsure))
            except Declined as declined:
                if declined.code in NEEDS_REPAIR:
                    return Later(REPAIR, str(declined))
                return Dead(str(declined))

        return sender

    def card(self, parcel: Parcel) -> Outcome:
        """Post a card, or edit it to what it should show; an equal rendering is not sent."""
        found = report.shown_card(self._desk, parcel.card_id or 0)
        if found is None:
            return Dropped("the card is gone")
        row, on_it = found
        message = card(on_it[0]) if row.collects is None else digest_card(on_it)
        digest = _digest(message)
        posting = self._posting(parcel, row.channel, message, CARD)
        ts = row.ts
        if ts is None and parcel.doubtful:
            ts = self._slack.find(row.channel, parcel.send)
        # After a doubtful edit nobody knows what stands there, whatever the hash says.
        if ts is not None and row.hash == digest and not parcel.doubtful:
            return Delivered(ts, digest, row.wanted)
        if self._expired(parcel):
            return Later(NOT_READY, "the lease ran out before the call")
        if ts is not None and self._edited(posting, ts):
            return Delivered(ts, digest, row.wanted)
        return Delivered(self._post_again(posting, ts, parcel), digest, row.wanted)

    def _edited(self, posting: Posting, ts: str) -> bool:
        """Whether the message could be edited; False where somebody deleted it."""
        try:
            self._slack.edit(posting, ts)
        except Declined as declined:
            if declined.code != "message_not_found":
                raise
            return False
        return True

    def _post_again(self, posting: Posting, deleted: str | None, parcel: Parcel) -> str:
        """Post it; in place of a *deleted* message only where an earlier try has not done so already."""
        if deleted is not None and parcel.doubtful:
            there = self._slack.find(posting.channel, parcel.send)
            if there is not None and self._edited(posting, there):
                return there
        return self._slack.post(posting)

    def note(self, parcel: Parcel) -> Outcome:
        """Something in a card's thread; dropped where it is about something done already."""
        row = report.card_of(self._desk, parcel.card_id or 0)
        shown = report.shown(self._desk, parcel.handoff_id or 0)
        if row is None or shown is None:
            return Dropped("the card is gone")
        if row.ts is None:
            return Later(NOT_READY, "the card is not posted yet")
        step = str(parcel.body.get("step", ""))
        if step and self._needless(step, shown):
            return Dropped("it was done meanwhile")
        if step and (late := self._off(shown.calendar.next_open(self._now))):
            return late
        message = self._notes[parcel.body["view"]](parcel, shown)
        if message is None:
            return Dropped("there is nothing to say")
        return self._say(self._posting(parcel, row.channel, message, NOTE, row.ts), parcel)

    def _nudge_note(self, parcel: Parcel, shown: Shown) -> Message | None:
        if shown.handoff.owner is not None:
            return None
        return notes.nudge_thread(shown, parcel.body["step"], list(parcel.body.get("mention") or []))

    def _breach_note(self, parcel: Parcel, shown: Shown) -> Message:
        return notes.breach_thread(shown, parcel.body["step"], list(parcel.body.get("mention") or []))

    def _activity(self, parcel: Parcel, shown: Shown) -> Message | None:
        done = report.activities(self._desk, parcel.handoff_id or 0, parcel.body["events"])
        if not done:
            return None
        return notes.activity(done, shown.definition, parcel.body.get("raised"), shown.calendar.zone)

    def dm(self, parcel: Parcel) -> Outcome:
        """A direct message to one person."""
        reader = parcel.body["reader"]
        if late := self._off(remind.back_at(self._desk, reader)):
            return late
        message = self._direct[parcel.body["view"]](parcel)
        if message is None:
            return Dropped("it was done meanwhile")
        return self._say(self._posting(parcel, reader, message, NOTE), parcel)

    def _nudge_dm(self, parcel: Parcel) -> Message | None:
        shown = report.shown(self._desk, parcel.handoff_id or 0)
        if shown is None or shown.handoff.owner != parcel.body["reader"]:
            return None
        if self._needless(parcel.body["step"], shown):
            return None
        return notes.nudge_owner(shown, parcel.body["step"], self._link(shown))

    @property
    def _now(self) -> datetime:
        return self._desk.clock.business()

    def _needless(self, step: str, shown: Shown) -> bool:
        """Done meanwhile, or a later step speaks: what waited for a repair is not sent all at once."""
        return not report.still_open(shown.handoff, step) or ladder.overtaken(
            step, shown.handoff, shown.definition, shown.team, self._now
        )

    def _off(self, opens: datetime) -> Later | None:
        """What waited for a repair until its reader went home waits on; None while they are there."""
        if opens <= self._now:
            return None
        return Later(min(opens - self._now, REPAIR), "its reader is off")

    def _collected(self, parcel: Parcel) -> Message | None:
        rows = report.told(self._desk, parcel.body["notices"])
        if not rows:
            return None
        links = {each.shown.handoff.id: self._link(each.shown) for each in rows[:10]}
        return notes.notices(rows, {id_: link for id_, link in links.items() if link})

    def _opening(self, parcel: Parcel) -> Message | None:
        rows = report.unclaimed(self._desk, parcel.body["handoffs"])
        if not rows:
            return None
        links = {each.handoff.id: self._link(each) for each in rows[:10]}
        return notes.opening_list(rows, {id_: link for id_, link in links.items() if link})

    def _link(self, shown: Shown) -> str | None:
        row = report.card_of(self._desk, shown.handoff.card_id or 0)
        return self._slack.permalink(row.channel, row.ts) if row is not None and row.ts else None

    def notice(self, parcel: Parcel) -> Outcome:
        """Something in a channel that is about no hand-off."""
        if parcel.body["view"] == "shadow":
            since, until = (datetime.fromisoformat(parcel.body[end]) for end in ("since", "until"))
            message = notes.shadow_digest(govern.shadow_day(self._desk, since, until))
        elif parcel.body["view"] == "alert":
            message = notes.alert(parcel.body["sentence"])
        else:
            message = notes.live(parcel.body["by"])
        return self._say(self._posting(parcel, parcel.body["channel"], message, NOTE), parcel)

    def members(self, _parcel: Parcel) -> Outcome:
        """Learn who is who, and who we are."""
        me = self._slack.who_am_i()
        people.remember_app(self._desk, me["team_id"], me["user_id"], me["bot_id"])
        people.learn(
            self._desk,
            [people.Seen(p.id, p.team_id, p.deleted, p.guest, p.bot) for p in self._slack.people()],
        )
        return Delivered()

    def _say(self, posting: Posting, parcel: Parcel) -> Outcome:
        if parcel.doubtful:
            there = self._slack.find(posting.channel, parcel.send, posting.thread_ts)
            if there is not None:
                return Delivered(there)
        if self._expired(parcel):
            return Later(NOT_READY, "the lease ran out before the call")
        return Delivered(self._slack.post(posting))

    def _expired(self, parcel: Parcel) -> bool:
        """Slack's time-out must fit into what is left of the lease; checked right before the call."""
        return self._clock.real() + timedelta(seconds=9) > parcel.leased_until

    def _posting(
        self, parcel: Parcel, channel: str, message: Message, kind: str, thread_ts: str | None = None
    ) -> Posting:
        payload = {"handoff": parcel.handoff_id or 0, "send": parcel.send}
        metadata = {"event_type": kind, "event_payload": payload}
        return Posting(channel, message.blocks, message.text, metadata, thread_ts)


def _digest(message: Message) -> str:
    whole = json.dumps([message.blocks, message.text], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()
