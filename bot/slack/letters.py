"""What each letter says, rendered from the state of this moment; None where it is needless by now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.desk import bundle, customers, govern, ladder, people, remind, report, steps, team_file, waking
from bot.desk.desk import Desk
from bot.desk.post import Parcel
from bot.desk.report import Shown
from bot.slack.client import SlackClient
from bot.slack.views import deal_notes, notes, team
from bot.slack.views.card import Message

SLOWEST = timedelta(seconds=9)
"""Slack's time-out of 8 s and a little: so much of the lease must be left when Slack is called."""


class Letters:
    """Notes in a card's thread, direct messages, and what is said in a channel about no hand-off."""

    def __init__(self, desk: Desk, slack: SlackClient, clock: Clock) -> None:
        self._desk = desk
        self._slack = slack
        self._clock = clock
        self._notes: dict[str, Callable[[Parcel, Shown], Message | None]] = {
            "nudge": self._nudge_note,
            "breach": self._breach_note,
            "activity": self._activity,
            "raised": self._activity,
            "released": self._released,
            "handed": self._handed,
            bundle.JOINED: self._joined,
            steps.VIEW: self._step,
            "typed": self._typed,
        }

        self._direct: dict[str, Callable[[Parcel], Message | None]] = {
            "nudge": self._nudge_dm,
            "notices": self._collected,
            "opening": self._opening,
            "wake": self._wake,
            steps.TO_AE: self._to_ae,
            ladder.CLOSE_DATE: self._close_date,
            "customer": self._customer,
        }

    def note(self, parcel: Parcel, shown: Shown) -> Message | None:
        """A note in the thread of the hand-off's card."""
        return self._notes[parcel.body["view"]](parcel, shown)

    def direct(self, parcel: Parcel) -> Message | None:
        """A direct message to the reader that the parcel names."""
        return self._direct[parcel.body["view"]](parcel)

    def channel(self, parcel: Parcel) -> Message | None:
        """Something in a channel that is about no hand-off."""
        body = parcel.body
        match body["view"]:
            case "shadow":
                since, until = (datetime.fromisoformat(body[end]) for end in ("since", "until"))
                return notes.shadow_digest(govern.shadow_day(self._desk, since, until))
            case "alert":
                return notes.alert(body["sentence"])
            case "team":
                return team.changed(body["by"], body["what"])
            case "team_file":
                offered = team_file.shown(self._desk, body["digest"])
                return team.changed_file(offered) if offered is not None else None
            case _:
                return notes.live(body["by"])

    @property
    def _now(self) -> datetime:
        return self._desk.clock.business()

    def needless(self, step: str, shown: Shown) -> bool:
        """Done meanwhile, or a later step speaks: what waited for a repair is not sent all at once."""
        return not report.still_open(shown.handoff, step) or ladder.overtaken(
            step, shown.handoff, shown.definition, shown.team, self._now
        )

    def _nudge_note(self, parcel: Parcel, shown: Shown) -> Message | None:
        if shown.handoff.owner is not None:
            return None
        return notes.nudge_thread(shown, parcel.body["step"], list(parcel.body.get("mention") or []))

    def _breach_note(self, parcel: Parcel, shown: Shown) -> Message:
        body = parcel.body
        owner = body.get("owner", shown.handoff.owner)
        broken = notes.Broken(body["step"], list(body.get("mention") or []), owner, body.get("cause"))
        return notes.breach_thread(shown, broken)

    def _handed(self, parcel: Parcel, shown: Shown) -> Message | None:
        body = parcel.body
        if not shown.handoff.open or shown.handoff.owner != body["to"]:
            return None
        change = notes.Handed(body["to"], body["from"], body["how"], body["by"], body["note"], body["said"])
        return notes.handed(shown, change, self._now)

    def _joined(self, parcel: Parcel, shown: Shown) -> Message | None:
        call = shown.handoff.owner == parcel.body["to"]
        return notes.joined(shown, call=call) if shown.handoff.stage == "mql" else None

    def _released(self, _parcel: Parcel, shown: Shown) -> Message | None:
        return notes.released(shown, self._now) if shown.handoff.owner is None else None

    def _step(self, parcel: Parcel, shown: Shown) -> Message | None:
        if report.taken_back(self._desk, shown.handoff.id, parcel.body["n"]):
            return None
        taken = steps.of_body(parcel.body)
        call = taken.to is not None and remind.back_at(self._desk, taken.to) <= self._now
        return deal_notes.step(shown, taken, call=call)

    def _activity(self, parcel: Parcel, shown: Shown) -> Message | None:
        raised = parcel.body.get("raised")
        done = report.activities(self._desk, parcel.handoff_id or 0, parcel.body["events"])
        if not shown.handoff.open or not (done or raised):
            return None
        return notes.activity(shown, done, raised)

    def _typed(self, parcel: Parcel, shown: Shown) -> Message:
        return notes.typed(shown, parcel.body["by"], list(parcel.body["names"]))

    def _nudge_dm(self, parcel: Parcel) -> Message | None:
        shown = report.shown(self._desk, parcel.handoff_id or 0)
        if shown is None or shown.handoff.owner != parcel.body["reader"]:
            return None
        if self.needless(parcel.body["step"], shown):
            return None
        return notes.nudge_owner(shown, parcel.body["step"], self._link(shown))

    def _to_ae(self, parcel: Parcel) -> Message | None:
        shown, step = report.shown(self._desk, parcel.handoff_id or 0), parcel.body["step"]
        if shown is None or not report.still_open(shown.handoff, step):
            return None
        if shown.handoff.ae not in (None, parcel.body["reader"]):
            return None
        return deal_notes.to_ae(shown, self._link(shown), half="half" in step)

    def _close_date(self, parcel: Parcel) -> Message | None:
        shown = report.shown(self._desk, parcel.handoff_id or 0)
        if shown is None or shown.handoff.owner != parcel.body["reader"]:
            return None
        if not report.still_open(shown.handoff, parcel.body["step"]):
            return None
        return deal_notes.close_date(shown, self._link(shown))

    def _collected(self, parcel: Parcel) -> Message | None:
        rows = report.told(self._desk, parcel.body["notices"])
        if not rows.count:
            return None
        return notes.notices(rows, self._links(parcel, [each.shown for each in rows.first]))

    def _opening(self, parcel: Parcel) -> Message | None:
        rows = report.to_open(self._desk, parcel.body["handoffs"], parcel.body["reader"])
        if not rows.count:
            return None
        return notes.opening_list(rows, self._links(parcel, rows.first), report.worth_now(self._desk))

    def _wake(self, parcel: Parcel) -> Message | None:
        found = waking.reminder(self._desk, parcel.handoff_id or 0)
        return notes.wake(found, parcel.body["reader"], self._link(found.shown)) if found else None

    def _customer(self, parcel: Parcel) -> Message | None:
        asked = customers.request(self._desk, parcel.body["lead"], parcel.body["signal"])
        return notes.customer(asked) if asked is not None else None

    def _links(self, parcel: Parcel, leads: Sequence[Shown]) -> dict[int, str]:
        """Links to the cards, by hand-off. Where Slack is asked for them they are as many as there is time for."""
        links = report.links(self._desk, (shown.handoff for shown in leads))
        if self._desk.us.get(people.OUR_URL):
            return links
        for shown in leads:
            if parcel.leased_until - self._clock.real() < 2 * SLOWEST:
                break
            link = self._asked_for(shown)
            links |= {shown.handoff.id: link} if link else {}
        return links

    def _link(self, shown: Shown) -> str | None:
        return report.links(self._desk, [shown.handoff]).get(shown.handoff.id) or self._asked_for(shown)

    def _asked_for(self, shown: Shown) -> str | None:
        row = report.card_of(self._desk, shown.handoff.card_id or 0)
        return self._slack.permalink(row.channel, row.ts) if row is not None and row.ts else None
