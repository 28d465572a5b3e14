"""Several people of one company on one card: whom a card takes in, and whose press is about whom.

Source: MISSION N12 "several contacts of one company within a window make one card with the people listed, one owner";
SEMANTICS "Bundle".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.handoff import Handoff

MOST = 10
"""People on one card: as many as Slack's check boxes take, and with their lines below its 50 blocks."""


@dataclass(slots=True)
class Carded:
    """A card and who is on it: where it stands, who has them (None: their pool), since when, how many.

    *card* is None for one that is only being made.
    """

    card: int | None
    segment: str
    channel: str
    pool: tuple[str, ...]
    owner: str | None
    began: datetime
    people: int = 1

    def takes_in(self, owner: str | None, now: datetime, window: timedelta) -> bool:
        """Whether somebody whom *owner* gets at *now* joins it: the same owner, within the window, and room."""
        return self.owner == owner and self.people < MOST and now - self.began < window


def carded(on_it: Sequence[Handoff], company: str) -> Carded | None:
    """The card of *on_it* (not empty, the first one first) as one that may take in people of *company*.

    None where it is another company's, where a person put somebody there, or where its people have several owners.
    """
    live = [each for each in on_it if worked_on(each)]
    owners = {each.owner for each in live}
    scored = all(each.origin == "scored" and each.company == company for each in on_it)
    if len(owners) != 1 or not scored:
        return None
    first = live[0]
    began = min(each.crossed_at for each in on_it)
    return Carded(first.card_id, first.segment, first.channel, first.pool, first.owner, began, len(on_it))


def worked_on(handoff: Handoff) -> bool:
    """Open, and no SQL yet: from there on each goes its own way."""
    return handoff.stage in ("mql", "sal") and not handoff.erased


def together(handoff: Handoff, on_it: Iterable[Handoff]) -> list[Handoff]:
    """Those of *on_it* whom the same person, or pool, works on as *handoff*; nobody once that is an SQL or at an
    end."""
    if not worked_on(handoff):
        return []
    return [each for each in on_it if worked_on(each) and each.owner == handoff.owner]


def tightest(on_it: Iterable[Handoff]) -> Handoff | None:
    """Whose first touch is due first, and for whom nudges speak: "the tightest SLA rules". None where none is due."""
    waiting = [each for each in on_it if each.wants_touch and each.due_at is not None]
    return min(waiting, key=lambda each: (each.due_at, each.id), default=None)
