"""The receipt of a score: every row that counted, with its points, so that anybody can add it up again."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from scoring.definition import Level

Side = Literal["fit", "intent"]
Kind = Literal["fit", "intent", "bonus", "inactivity", "cap"]


class Part(NamedTuple):
    """One row of the receipt; the points of all rows of a side sum to that side.

    Attributes:
        side: what the points count towards.
        kind: where they come from; `cap` rows are negative and take away what was too much.
        name: the fit group, the signal, the bonus, or for a cap what is capped (a signal, a level, a side).
        points: whole points, after fading; never 0.
        label: the row in words, for people.
        level: strength of the intent; None for fit, inactivity and caps of a side.
        asset: the page, paper or webinar, where one activity gave the points and its source named it.
        occurred: UTC epoch seconds of that activity; None for rows without a date.
        event: that activity's event id.
    """

    side: Side
    kind: Kind
    name: str
    points: int
    label: str
    level: Level | None
    asset: str | None
    occurred: int | None
    event: str | None


@dataclass(slots=True)  # not frozen: a frozen one takes a tenth of the scoring time to build
class Score:
    """What a lead is worth under a definition, kept apart as fit and intent.

    Attributes:
        fit, intent: whole points, after caps; either may be negative.
        parts: the receipt; `sum(part.points for part in parts) == total`.
        active_intents: how much of the intent is a deed that counts for `require`: unexpired, worth more
            than 0, level low or better. Source: SEMANTICS "Qualifying".
    """

    fit: int
    intent: int
    parts: tuple[Part, ...]
    active_intents: int

    @property
    def total(self) -> int:
        """Fit plus intent, in points."""
        return self.fit + self.intent
