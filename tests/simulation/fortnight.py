"""Two weeks, minute by minute: what should happen by the reference beside what Slack shows."""

import random
import re
from collections import Counter
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta

from bot.playground import Message
from tests.simulation.arrivals import Arrivals
from tests.simulation.books import Books
from tests.simulation.cast import LEAVES, MANAGERS, SEGMENTS, START, TEAM
from tests.simulation.floor import Floor
from tests.simulation.hours import shift
from tests.simulation.managers import Managers, Notice
from tests.simulation.owners import Owners
from tests.simulation.reference import Lead
from tests.simulation.reps import Reps
from tests.simulation.slack_reader import Reader, Said, notices_of, step_of
from tests.world import World

GRID = 30
"""Minutes after which Baton is looked at though nothing is expected; all openings lie on it."""
WITH, BACK = r"\b(is|are) with\b", r"\b(is|are) back in the pool"


@dataclass
class Fortnight:
    """The whole of it; *wrong* are the sentences about everything that differs."""

    world: World
    chance: random.Random
    arrivals: list[int]
    minutes: int
    wrong: list[str] = field(default_factory=list)
    floor: Floor = field(default_factory=Floor)
    said: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    minute: int = 0
    expected_steps: int = 0

    def __post_init__(self) -> None:
        self.reader = Reader(self.world.slack)
        self.reps = Reps(self.world, self.floor, self.reader, self.chance)
        self.books = Books(self.floor, self.world)
        self.managers = Managers(self.floor)
        self.owners = Owners(self.reader, self.books, self.managers, self._complain)
        self.door = Arrivals(self.world, self.reader, self.books, self.managers, self.chance, self._complain)

    def run(self) -> None:
        """Let the weeks pass."""
        leaves = int(LEAVES[1].total_seconds() // 60)
        coming = sorted(self.arrivals, reverse=True)
        for minute in range(1, self.minutes + 1):
            self.minute = minute
            self._time_passes()
            while coming and coming[-1] <= self.minute:
                coming.pop()
                self.reps.plan(self.door.arrive(self.minute))
            self.reps.act(self.minute)
            self._look_at_acts()
            if self.minute == leaves:
                self._leave(LEAVES[0])
            if self.minute % 1440 == 0:
                self.wrong += self.books.compare(self.minute)
                self._nothing_lost()

    # -- a minute -----------------------------------------------------------------------------

    def _time_passes(self) -> None:
        waiting = [lead for lead in self.floor.leads.values() if lead.open]
        for lead in waiting:
            lead.minute_passed(self.minute)
        if self._worth_a_look(waiting):
            self._look(waiting)
        else:
            self.world.clock.advance_to(START + timedelta(minutes=self.minute))

    def _worth_a_look(self, waiting: list[Lead]) -> bool:
        """Whether something is expected now or in a minute, so that nothing comes too early either."""
        if self.minute % GRID == 0 or any(lead.anything_due(self.minute) for lead in waiting):
            return True
        if any(self.managers.reads(manager, self.minute + look) for manager in TEAM for look in (0, 1)):
            return True
        for lead in waiting:
            ahead = copy(lead)
            ahead.minute_passed(self.minute + 1)
            if ahead.anything_due(self.minute + 1):
                return True
        return False

    def _look(self, waiting: list[Lead]) -> None:
        self.world.until(START + timedelta(minutes=self.minute))
        expected = self._steps(waiting)
        for lead in waiting:
            if (decision := lead.due_decision(self.minute)) is not None:
                lead.asked.update(("half", decision))
                self.managers.decision(lead, decision)
                self.expected_steps += 1
        rungs = self.owners.reached(waiting, self.minute)
        seen = list(self.reader.news())
        self.owners.look(rungs, self.minute)
        expected += self._steps([lead for lead in waiting if lead.name in self.reader.edited])
        self._compare(expected, seen)
        self.managers.minute_is_over()

    def _steps(self, leads: list[Lead]) -> list[Said]:
        """What is to be said of *leads* now."""
        found = []
        for lead in leads:
            step = lead.step_to_say(self.minute)
            if step is None or not lead.card.speaks(lead, self.minute):
                continue
            share, kind = step
            if kind == "breach":
                self.managers.notice(lead.name, "breach")
            where = "thread" if lead.owner is None or kind == "breach" else "D" + lead.owner[1:]
            found.append(Said(where, lead.name, str(share), self._mentioned(lead, kind)))
        self.expected_steps += len(found)
        return found

    def _mentioned(self, lead: Lead, kind: str) -> frozenset[str]:
        """ "Unowned ones mention on-shift pool members once", once a card; everyone calls the managers too."""
        if lead.owner is not None:
            there = self.floor.on_shift([lead.owner], self.minute) if kind == "breach" else set()
            return frozenset(there)
        pool = SEGMENTS[lead.segment].pool
        if kind == "everyone":
            lead.card.called = True
            return frozenset(self.floor.on_shift([*pool, *MANAGERS], self.minute))
        there = set() if lead.card.called else self.floor.on_shift(pool, self.minute)
        lead.card.called = lead.card.called or bool(there)
        return frozenset(there)

    def _compare(self, expected: list[Said], seen: list[Message]) -> None:
        shown: list[Said] = []
        collected: dict[str, tuple[list[Notice], int]] = {}
        for message in seen:
            step, notices = step_of(message), notices_of(message)
            if step is not None:
                shown.append(step)
                self.said[step.where, step.lead, step.step] += 1
                self._in_hours(message.channel, message.text) if step.where != "thread" else None
            elif notices is not None:
                collected[message.channel] = notices
            elif message.channel.startswith("D"):
                self._in_hours(message.channel, message.text)
                self._known(message.text, "came while you were off")
            elif message.thread_ts:
                self._known(message.plain(), WITH, BACK)
        for each in sorted(set(expected) - set(shown), key=str):
            self._complain(each.lead, f"expected and not seen: {each}")
        for each in sorted(set(shown) - set(expected), key=str):
            self._complain(each.lead, f"seen and not expected: {each}")
        if len(shown) != len(set(shown)):
            self._complain("-", f"said twice in one minute: {shown}")
        for manager in TEAM:
            seen_of = collected.get("D" + manager[1:], ([], 0))
            differs = self.managers.compare(manager, self.minute, *seen_of)
            if differs:
                self._complain("-", differs)

    def _known(self, text: str, *known: str) -> None:
        if not any(re.search(words, text) for words in known):
            self._complain("-", f"an unknown message: {text[:200]}")

    def _in_hours(self, channel: str, text: str) -> None:
        person = "U" + channel[1:]
        if person in TEAM and not shift(person)[self.minute]:
            self._complain("-", f"{person} is off and reads: {text[:80]}")

    def _complain(self, lead: str, what: str) -> None:
        at = START + timedelta(minutes=self.minute)
        known = self.floor.leads.get(lead)
        self.wrong.append(f"{at:%a %d %b %H:%M} (minute {self.minute}) {lead}: {what}; {known}")

    # -- what people do -----------------------------------------------------------------------

    def _look_at_acts(self) -> None:
        """Cards say what people did; whoever was given a lead by a colleague is called in the thread."""
        for message in self.reader.news():
            text = message.plain()
            # On a slow machine a note that waited for its pool's hours is sent again after a while of real time.
            if message.thread_ts and re.search(f"{WITH}|{BACK}", text):
                continue
            self._complain("-", f"said after a press: {text[:200]}")
        for name in self.reader.edited:
            lead = self.floor.leads[name]
            if lead.open and self.reader.owner(name) != lead.owner:
                self._complain(name, f"the card says {self.reader.owner(name)}")

    def _leave(self, person: str) -> None:
        """An account is deactivated: what they had goes back to its pool."""
        self.floor.gone.add(person)
        self.world.slack.change_user(person, deleted=True)
        self.world.deliver()
        for message in self.reader.news():
            self._known(message.plain(), BACK, "was deactivated")
        for lead in self.floor.leads.values():
            if lead.open and lead.owner == person:
                lead.handed(None, self.minute, given=False)

    def _nothing_lost(self) -> None:
        """Every open lead has an owner, or a card that its pool can press."""
        for name, lead in self.floor.leads.items():
            card = self.reader.cards[name]
            buttons = str(card.blocks)
            if lead.open and lead.owner is None and "'accept'" not in buttons:
                self._complain(name, "nobody has it, and its card cannot be accepted")
            if lead.open and self.reader.owner(name) != lead.owner:
                self._complain(name, f"its card says {self.reader.owner(name)}")
            if name not in card.plain():
                self._complain(name, "its card does not show it any more")
