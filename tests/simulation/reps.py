"""What the reps and managers do with the leads: at random, but only what a person in their place can do."""

import heapq
import random
from dataclasses import dataclass, field

from tests.simulation.cast import MANAGERS, SEGMENTS, TIERS
from tests.simulation.floor import Floor
from tests.simulation.reference import Lead
from tests.simulation.slack_reader import Reader
from tests.world import World

REASONS = ["not_fit.size", "not_fit.persona", "no_budget", "timing.no_project", "spam", "left_company"]
TOUCHES = [
    ("call", "reached"),
    ("call", "voicemail"),
    ("call", "no_answer"),
    ("email", "replied"),
    ("meeting", "booked"),
]
SNOOZES = 2
"""How often nudges of a lead may be put off."""
FATES = {"prompt": 50, "slow": 16, "accepts and forgets": 10, "ignored": 12, "rejected": 12}


@dataclass
class Reps:
    """Acts that are to come, as (minute, order, lead, act)."""

    world: World
    floor: Floor
    reader: Reader
    chance: random.Random
    _acts: list[tuple[int, int, str, str]] = field(default_factory=list)
    _order: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def plan(self, lead: Lead) -> None:
        """Decide what becomes of a new lead."""
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        first = lead.arrived + self.chance.randint(1, 90)
        pace = max(TIERS[lead.tier].minutes // 2, 30)
        if fate in ("prompt", "slow", "accepts and forgets"):
            self._later(first, lead.name, "accept")
        if fate in ("prompt", "slow"):
            wait = pace if fate == "prompt" else 4 * pace
            self._later(first + self.chance.randint(0, wait), lead.name, "touch")
        if fate == "rejected":
            self._later(first, lead.name, "reject")
        if self.chance.random() < 0.15:
            self._later(first + self.chance.randint(1, pace), lead.name, "snooze")
        if self.chance.random() < 0.08:
            self._later(first + self.chance.randint(1, 3 * pace), lead.name, "pass")

    def _later(self, minute: int, lead: str, act: str) -> None:
        self._order += 1
        heapq.heappush(self._acts, (minute, self._order, lead, act))

    def act(self, minute: int) -> None:
        """Do what is to be done by *minute*, as far as somebody is there to do it."""
        while self._acts and self._acts[0][0] <= minute:
            _, _, name, act = heapq.heappop(self._acts)
            lead = self.floor.leads[name]
            if not lead.open:
                continue
            actor = self._actor(lead, act, minute)
            if actor is None:
                self._later(minute + self.chance.randint(15, 90), name, act)
            elif getattr(self, f"_{act}")(lead, actor, minute):
                self.done[act] = self.done.get(act, 0) + 1

    def _actor(self, lead: Lead, act: str, minute: int) -> str | None:
        owners = [lead.owner] if lead.owner else list(SEGMENTS[lead.segment].pool)
        people = MANAGERS if act == "pass" else owners
        there = sorted(self.floor.on_shift(people, minute) - self.floor.gone)
        return self.chance.choice(there) if there else None

    def _press(self, lead: Lead, actor: str, action: str, option: str | None = None) -> None:
        card = self.reader.cards[lead.name]
        self.world.press(actor, action, channel=card.channel, ts=card.ts, option=option)

    def _meant(self, lead: Lead, actor: str, often: float) -> tuple[list[Lead], dict[str, list[str]]]:
        """Whom the open form is about, the lead and some of the others on its card, and what to fill in for that:
        a form that could be about several offers all of them."""
        everybody = lead.card.together(lead)
        numbers = [self.reader.handoff(each.name) for each in everybody]
        offered = self.reader.offered(actor)
        assert offered == (numbers if len(numbers) > 1 else []), (lead, everybody, offered)
        meant = [each for each in everybody if each is lead or self.chance.random() < often]
        people = [self.reader.handoff(each.name) for each in meant]
        return meant, {"people": people} if offered else {}

    def _submit(self, actor: str, **values: str | list[str]) -> None:
        answer = self.world.submit(actor, **values)
        assert not answer.errors, (actor, values, answer.errors)

    def _accept(self, lead: Lead, actor: str, minute: int) -> bool:
        if lead.accepted:
            return False
        self._press(lead, actor, "accept")
        for each in lead.card.together(lead):
            if each.owner != actor:
                each.handed(actor, minute, given=False)
                self.floor.taken_up(each.segment, actor)
            each.accepted = True
        return True

    def _touch(self, lead: Lead, actor: str, minute: int) -> bool:
        if not lead.accepted:
            self._accept(lead, actor, minute)
        if lead.touched:
            return False
        kind, outcome = self.chance.choice(TOUCHES)
        self._press(lead, actor, "touch")
        meant, asked = self._meant(lead, actor, 0.4)
        self._submit(actor, kind=kind, outcome=outcome, **asked)
        for each in meant:
            if not each.touched:
                each.touched, each.touched_at = True, minute
                self._later(minute + self.chance.randint(30, 2 * 1440), each.name, "reject")
        return True

    def _reject(self, lead: Lead, actor: str, _minute: int) -> bool:
        reason = self.chance.choice(REASONS)
        accepted = any(each.accepted for each in lead.card.together(lead))
        self._press(lead, actor, "recycle" if accepted else "reject")
        values = {"date": "2026-09-01"} if reason.startswith("timing") else {}
        meant, asked = self._meant(lead, actor, 0.2)
        self._submit(actor, reason=reason, **values, **asked)
        for each in meant:
            each.open = False
        return True

    def _snooze(self, lead: Lead, actor: str, minute: int) -> bool:
        if lead.owner is None or lead.touched or lead.snoozes == SNOOZES:
            return False
        code, minutes = self.chance.choice([("30m", 30), ("1h", 60), ("2h", 120)])
        self._press(lead, actor, "more", self.reader.choice(lead.name, "snooze"))
        self._submit(actor, length=code)
        for each in lead.card.together(lead):
            if each.snoozes < SNOOZES:
                each.snoozed_until, each.snoozes = minute + minutes, each.snoozes + 1
        return True

    def _pass(self, lead: Lead, actor: str, minute: int) -> bool:
        there = [each for each in self.floor.there(lead.segment, minute) if each != lead.owner]
        if not there or lead.touched:
            return False
        to = self.chance.choice(there)
        self._press(lead, actor, "more", self.reader.choice(lead.name, "reassign"))
        self._submit(actor, person=to)
        for each in lead.card.together(lead):
            each.handed(to, minute, given=True)
            self.floor.taken_up(each.segment, to)
        return True
