"""The fairness ledger as /mql team shows it, beside the one that is counted here."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from tests.simulation.cast import ACCOUNTS, SEGMENTS, TEAM
from tests.simulation.floor import Floor
from tests.world import World

LINE = re.compile(r"^ ?(\w+): given (\d+), accepted \d+, taken away \d+, open (\d+)(?: · (.*))?$")


@dataclass
class Books:
    """Counts gives as they are seen."""

    floor: Floor
    world: World

    def heir(
        self, segment: str, company: str | None, minute: int, besides: Collection[str] = ()
    ) -> str | None:
        """Whose company it is, or whose account: off shift does not take it away; being away, full or gone does."""
        whose = [self.floor.company_owner(company)]
        if SEGMENTS[segment].assign == "named":
            whose.append(ACCOUNTS.get(company or ""))
        theirs = (each for each in whose if each and each not in besides)
        return next((each for each in theirs if self.floor.yields(each, minute) is None), None)

    def given_to(self, owner: str, segment: str, there: list[str], leads: int = 1, *, turn: bool) -> None:
        """So many leads of *segment* went to *owner* while these were *there*; by *turn*, if so the first of them."""
        for _ in range(leads):
            self.floor.count(segment, there, owner)
        self.floor.out_of_turn[segment] += leads - turn

    def compare(self, minute: int) -> list[str]:
        """What /mql team says differently, or where somebody is more than a lead off."""
        wrong, segment = [], ""
        answer = self.world.ask("U0MAX", "team")
        names = {worker.name: person for person, worker in TEAM.items()}
        for line in answer.splitlines():
            head = re.match(r"^\*?(\w+)\*? \(.*\), last 30 days", line)
            segment = head[1] if head else segment
            found = LINE.match(line)
            if not found or segment not in SEGMENTS:
                continue
            person = names[found[1]]
            owed = _leads(found[4])
            here = f"minute {minute}, {segment}: {line.strip()}"
            if SEGMENTS[segment].assign == "claim":
                continue
            credit = float(self.floor.credits.get((segment, person), 0))
            if abs(owed - credit) > 0.051:
                wrong.append(f"{here}: counted {credit:.2f}")
            bound = 1 + self.floor.out_of_turn[segment]
            if abs(owed) > bound and SEGMENTS[segment].assign == "round_robin":
                wrong.append(f"{here}: more than a lead off")
            if int(found[2]) != self.floor.given.get((segment, person), 0):
                wrong.append(f"{here}: counted {self.floor.given.get((segment, person), 0)} given")
        if not segment:
            wrong.append(f"minute {minute}: no ledger in {answer[:300]}")
        return wrong


def _leads(words: str | None) -> float:
    if not words or words == "even":
        return 0.0
    number = float(words.split()[0])
    return number if words.endswith("owed") else -number
