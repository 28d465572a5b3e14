"""What managers and owners are to read of leads by DM: the first notice at once, later ones collected."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.cast import MANAGERS, TEAM
from tests.simulation.floor import Floor
from tests.simulation.hours import shift
from tests.simulation.reference import Lead

COLLECTED = 15
"""Minutes for which later breaches are collected for a manager."""

CROWD = 20
"""So many notices in one minute may be more than are decided at a time."""

Notice = tuple[str, str]
"""A lead, and what is said of it: breach, nobody, reassign, half, all."""


@dataclass
class Managers:
    """What waits for each of them; the same is told once."""

    floor: Floor
    _untold: dict[str, list[Notice]] = field(default_factory=lambda: {reader: [] for reader in TEAM})
    _noticed: set[tuple[str, str, str]] = field(default_factory=set)
    _fresh: set[Notice] = field(default_factory=set)
    _told_at: dict[str, int] = field(default_factory=dict)
    _maybe: dict[str, set[Notice]] = field(default_factory=dict)

    def notice(self, lead: str, kind: str, readers: Iterable[str] = MANAGERS) -> None:
        """They are to hear of it, once each."""
        self._fresh.add((lead, kind))
        for reader in dict.fromkeys(readers):
            if (reader, lead, kind) not in self._noticed:
                self._noticed.add((reader, lead, kind))
                self._untold[reader].append((lead, kind))

    def decision(self, lead: Lead, step: str) -> None:
        """The owner first; at the full time, and while nobody owns it, the managers too."""
        owner = [lead.owner] if lead.owner else []
        self.notice(lead.name, step, [*owner, *(MANAGERS if step == "all" or not owner else ())])

    def reads(self, manager: str, minute: int) -> bool:
        """Whether what waits for a manager is told at *minute*: "the first by DM at once, later ones collected for
        15 minutes", and never outside their hours."""
        last = self._told_at.get(manager, -COLLECTED)
        waits = self._untold[manager] or self._maybe.get(manager)
        return bool(waits and shift(manager)[minute] and minute >= last + COLLECTED)

    def minute_is_over(self) -> None:
        """What was decided in it is not new any more."""
        self._fresh.clear()

    def compare(self, manager: str, minute: int, seen: list[Notice], more: int) -> str | None:
        """What is wrong with what a manager read at *minute*: these, and so many more that are not named."""
        due: Counter[Notice] = Counter()
        maybe: set[Notice] = set()
        if self.reads(manager, minute):
            if self._untold[manager] or seen:
                self._told_at[manager] = minute
            maybe = self._maybe.pop(manager, set())
            due = Counter(each for each in self._untold[manager] if self._still(*each))
            self._untold[manager] = []
        due = Counter(_as_read(each) for each in due.elements())
        read, missing = Counter(seen), due - Counter(seen)
        read -= Counter(maybe)
        # Owners are looked for one by one, and of a crowd of steps some are decided at a time: what is decided after
        # the DM is one of the later ones.
        fresh = {_as_read(each) for each in self._fresh}
        kinds = {"nobody", "reassign", *(["decide"] if len(fresh) > CROWD else [])}
        later = {each for each in missing if each[1] in kinds and each in fresh}
        if missing and not more and set(missing) == later:
            self._untold[manager] = list(missing.elements())
            due -= missing
            missing = Counter()
        elif (
            more and not read - due and 0 <= missing.total() - more <= len(later)
        ):  # a long list does not name all: any of them
            self._maybe[manager] = later
            return None
        if read - due or missing.total() != more:
            return f"{manager} should read {sorted(due.elements())}, reads {sorted(seen)} and {more} more"
        return None

    def _still(self, name: str, kind: str) -> bool:
        """What is done already is not told any more."""
        lead = self.floor.leads[name]
        if kind in ("half", "all", "decide"):
            return lead.open
        return lead.open and lead.owner is None if kind == "nobody" else lead.wants_touch


def _as_read(notice: Notice) -> Notice:
    """As a message says it: half of the time or all of it, it asks for a decision."""
    name, kind = notice
    return name, "decide" if kind in ("half", "all") else kind
