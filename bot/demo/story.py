"""`baton demo --story`: the main job from lead to funnel, played by the real code, told in this terminal."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.demo import leads
from bot.demo.leads import Person
from bot.demo.theatre import Theatre, open_theatre
from bot.desk import remind, report
from bot.playground import Message, NotThere
from bot.playground.plain import lines_of
from bot.settings import Settings
from scoring.handoff import Handoff

Say = Callable[[str], None]

MOST_SIGNALS = 12
"""How many different things a lead does before the story gives up on it: the definition may be very strict."""

MOST_STEPS = 40
"""How often the clock is put forward to the next due row before the story gives up waiting for one."""


class StoryBroken(Exception):
    """The story could not be played; the message says where it stopped."""


@dataclass(slots=True)
class Teller:
    """Plays the scenes; *heard* is how much of each place was told already."""

    theatre: Theatre
    say: Say
    heard: dict[str, int]

    # -- scenes ---------------------------------------------------------------------------------

    def play(self) -> None:
        """All scenes in order. A scene whose lead does not become an MQL says why and ends."""
        self.scene("A lead comes in")
        first = self.lead_in(leads.ADA)
        if first is not None:
            self.scene("Two people press Accept")
            self.two_accept(first)
            self.scene("The clock is put forward: a nudge for the owner")
            self.wait_for_step(first, "nudge")
            self.scene("The owner logs the first touch")
            self.touch(first)
        second = self.scene_with_lead("A lead is rejected with a reason", leads.GRACE)
        if second is not None:
            self.reject(second)
        third = self.scene_with_lead("Nobody accepts: nudge, then breach", leads.ALAN)
        if third is not None:
            self.wait_for_step(third, "breach")
        self.scene("A manager asks for the funnel")
        asker = next(iter((*self.theatre.team.managers, *self.theatre.team.people)))
        self.theatre.slack.command(asker, "/mql", "funnel")
        self.tell_whispers(asker)
        self.say("")
        self.say("The end. Everything above was said by the code that serves.")

    def scene(self, title: str) -> None:
        """A heading with the story's time."""
        self.say("")
        self.say(f"== {title} · {self.theatre.clock.business():%a %d %b %H:%M} UTC")

    def scene_with_lead(self, title: str, person: Person) -> Handoff | None:
        """A scene that begins with a new lead."""
        self.scene(title)
        return self.lead_in(person)

    def lead_in(self, person: Person) -> Handoff | None:
        """The lead does the strongest things the definition knows until a card appears."""
        address = str(person["email"])
        rows = self.theatre.definition.intent.values()
        ranked = sorted(rows, key=lambda row: (not row.fast_track, -_most(row.points)))
        for row in ranked[:MOST_SIGNALS]:
            self.say(f"{person['first_name']} {person['last_name']} ({address}): {row.signal}")
            self.theatre.send(self.theatre.event(row.signal, person, leads.ASSETS.get(row.signal)))
            self.theatre.baton.courier.drain()
            found = report.explain(self.theatre.baton.desk, address)
            if found.history:
                return self.card_of(found.history[0])
        self.say("No card: the definition does not make this lead an MQL.")
        for sentence in found.verdict.sentences:
            self.say(f"   {sentence}")
        return None

    def card_of(self, handoff: Handoff) -> Handoff | None:
        """What the channel sees of a new hand-off, once it does; None where it goes to nurture."""
        tier = next(tier for tier in self.theatre.definition.tiers if tier.name == handoff.tier)
        if tier.nurture:
            self.say(f"No card: the tier {tier.name} goes to nurture.")
            return None
        if tier.digest is not None:
            self.say(
                f"The tier {tier.name} is gathered on one card; the clock is put forward until it comes."
            )
            self.theatre.clock.advance_to(self.theatre.clock.business() + tier.digest)
            self.theatre.baton.schedule.tick()
            self.theatre.baton.courier.drain()
        self.tell_channel(handoff.channel)
        self.tell_why(handoff)
        return handoff

    def two_accept(self, handoff: Handoff) -> None:
        """Two people of the pool (or a manager) press in the same moment."""
        pair = [*handoff.pool, *(m for m in self.theatre.team.managers if m not in handoff.pool)][:2]
        pressing = [threading.Thread(target=self.press, args=(user, "accept", handoff)) for user in pair]
        for thread in pressing:
            thread.start()
        for thread in pressing:
            thread.join()
        self.theatre.baton.courier.drain()
        self.tell_channel(handoff.channel)
        owner = self.now(handoff).owner
        for user in pair:
            if user != owner:
                self.tell_whispers(user)

    def reject(self, handoff: Handoff) -> None:
        """A rep rejects for timing: first without a date, which Slack's form refuses, then with one."""
        rep = handoff.pool[0]
        self.press(rep, "reject", handoff)
        day = (self.theatre.clock.business() + timedelta(days=90)).date().isoformat()
        refused = self.theatre.slack.submit(rep, {"reason": "timing.no_project"})
        for field, sentence in refused.errors.items():
            self.say(f"{self.name(rep)} sees beside {field}: {sentence}")
        self.theatre.slack.submit(
            rep, {"reason": "timing.no_project", "date": day, "note": "Budget opens in spring"}
        )
        self.theatre.baton.courier.drain()
        self.tell_channel(handoff.channel)

    def touch(self, handoff: Handoff) -> None:
        """The owner reached the lead."""
        owner = self.now(handoff).owner
        if owner is None:
            return
        self.press(owner, "touch", handoff)
        self.theatre.slack.submit(owner, {"kind": "call", "outcome": "reached"})
        self.theatre.baton.courier.drain()
        self.tell_channel(handoff.channel)

    def wait_for_step(self, handoff: Handoff, wanted: str) -> None:
        """Put the clock forward from due row to due row until *wanted* was said or nothing is due any more."""
        for _ in range(MOST_STEPS):
            due = remind.next_due(self.theatre.baton.desk, handoff.id)
            if due is None:
                self.say("Nothing is due for this lead.")
                return
            step, at = due
            self.theatre.clock.advance_to(at)
            self.theatre.baton.schedule.tick()
            self.theatre.baton.courier.drain()
            self.tell_everyone(handoff)
            if step.startswith(wanted):
                return

    # -- telling --------------------------------------------------------------------------------

    def press(self, user: str, action: str, handoff: Handoff) -> None:
        """A person presses a button of the hand-off's card; what they may not see they cannot press."""
        try:
            self.theatre.slack.press(user, action, channel=handoff.channel, value=str(handoff.id))
        except NotThere as gone:
            raise StoryBroken(f"{self.name(user)} finds no {action} button on the card: {gone}") from gone
        self.say(f"{self.name(user)} presses {action}")

    def now(self, handoff: Handoff) -> Handoff:
        """The hand-off as it is now."""
        found = report.shown(self.theatre.baton.desk, handoff.id)
        return found.handoff if found else handoff

    def name(self, user: str) -> str:
        """What people call *user*."""
        person = self.theatre.team.person(user)
        return person.name if person else user

    def tell_channel(self, channel: str) -> None:
        """The newest card of a channel, as everybody there sees it."""
        messages = self.theatre.slack.messages(channel)
        if messages:
            self.quote(f"#{channel}", messages[-1])

    def tell_why(self, handoff: Handoff) -> None:
        """Every row of the card's score, as Why? shows them."""
        reader = next(iter((*handoff.pool, *self.theatre.team.people)))
        self.press(reader, "why", handoff)
        modal = self.theatre.slack.modal(reader)
        if modal is not None:
            for line in "\n".join(lines_of(modal["blocks"], {}, self.theatre.team.timezone)).splitlines():
                self.say(f"   | {line}")
            self.theatre.slack.close(reader)

    def tell_everyone(self, handoff: Handoff) -> None:
        """What is new in the hand-off's thread and in people's DMs."""
        card = self.theatre.slack.messages(handoff.channel)
        for message in card:
            thread = self.theatre.slack.thread(handoff.channel, message.ts)
            self.tell_new(f"thread in #{handoff.channel}", f"{handoff.channel}:{message.ts}", thread)
        for user in self.theatre.team.people:
            self.tell_new(f"DM to {self.name(user)}", f"dm:{user}", self.theatre.slack.dms(user))

    def tell_new(self, place: str, key: str, messages: list[Message]) -> None:
        """The messages of a place that were not told yet."""
        for message in messages[self.heard.get(key, 0) :]:
            self.quote(f"{place} · {self.theatre.clock.business():%a %H:%M} UTC", message)
        self.heard[key] = len(messages)

    def tell_whispers(self, user: str) -> None:
        """What only *user* sees."""
        key = f"whisper:{user}"
        self.theatre.slack.wait_for(
            lambda: len(self.theatre.slack.whispers(user)) > self.heard.get(key, 0), timeout=5
        )
        self.tell_new(f"only {self.name(user)} sees", key, self.theatre.slack.whispered(user))

    def quote(self, place: str, message: Message) -> None:
        """A message, line by line."""
        self.say(f"{place}:")
        for line in message.plain(self.theatre.team.timezone).splitlines():
            self.say(f"   | {line}")


def _most(points: int | tuple[int, ...]) -> int:
    return points if isinstance(points, int) else max(points, default=0)


def play_story(settings: Settings, say: Say) -> None:
    """Play the story with the definition and team the settings name.

    Raises:
        StoryBroken: a person could not do what the story needs.
        ContractError: the files hold mistakes.
    """
    with open_theatre(settings, live=False) as theatre:
        Teller(theatre, say, {}).play()
