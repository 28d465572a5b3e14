"""The funnel's stages and the moves between them. Source: S3 "The funnel: Lead → MQL → SAL → SQL → …"."""

from dataclasses import dataclass
from typing import Literal

STAGES = ("mql", "sal", "sql", "opportunity", "won")
"""The way forward, in order."""

ENDS = ("recycled", "disqualified", "lost")
"""The ways out; "won" ends a hand-off too."""

CLOSED = (*ENDS, "won")

Action = Literal[
    "accept", "reject", "touch", "qualify", "recycle", "ae_accept", "send_back", "opportunity", "won", "lost",
    "undo", "reopen", "release", "assign", "snooze", "pause", "resume",
]  # fmt: skip
"""What may be done to a hand-off. assign: give it to somebody (or another one); release: back to its pool;
ae_accept, send_back: the account executive takes the SQL, or returns it to who qualified it; reopen: a manager takes
back somebody's press, however long ago."""

DEFAULT_LABELS = {
    "mql": "MQL",
    "sal": "SAL",
    "sql": "SQL",
    "opportunity": "Opportunity",
    "won": "Won",
    "recycled": "Recycled",
    "disqualified": "Disqualified",
    "lost": "Lost",
}
"""Stage names differ between companies; a definition may rename them (`stages: labels`)."""


class Refused(Exception):
    """Something a person asked for is not possible; the message is the sentence they read."""

    @property
    def sentence(self) -> str:
        """What happened and what to do next."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Where:
    """As much of a hand-off as decides which moves are legal."""

    stage: str
    owner: str | None
    sal: bool
    taken: bool = False
    """Somebody pressed Accept: an owner may also have been given it."""
    with_ae: bool = False
    """The account executive has accepted it."""

    @property
    def open(self) -> bool:
        """Neither won nor at an end."""
        return self.stage not in CLOSED

    @property
    def accepted(self) -> bool:
        """Somebody took responsibility and nobody has qualified or ended it since."""
        return self.stage == "sal" or (self.stage == "mql" and not self.sal and self.taken)


def label(stage: str, labels: dict[str, str]) -> str:
    """The name people here give to *stage*."""
    return labels.get(stage, DEFAULT_LABELS.get(stage, stage))


def one(stage: str, labels: dict[str, str]) -> str:
    """One of *stage* with its article, as people here say it: "an SQL", "a hot lead". Capitals are spelled out."""
    name = label(stage, labels)
    sounds = "AEFHILMNORSX" if name[:2].isupper() else "AEIOUaeiou"
    return f"{'an' if name[:1] in sounds else 'a'} {name}"


def legal(action: Action, at: Where) -> bool:
    """Whether *action* leads anywhere from *at*."""
    match action:
        case "accept" | "reject":
            return at.stage == "mql" and not at.accepted
        case "touch":
            return at.open and at.owner is not None
        case "qualify":
            return at.accepted
        case "recycle":
            return at.accepted or at.stage in ("sql", "opportunity")
        case "ae_accept" | "send_back":
            return at.stage == "sql" and (action == "send_back" or not at.with_ae)
        case "opportunity":
            return at.stage in ("sql", "opportunity")
        case "won" | "lost":
            return at.stage == "opportunity"
        case "undo" | "reopen":
            return True
        case "release":
            return at.stage in ("mql", "sal") and at.owner is not None
        case "assign":
            return at.open
        case "snooze" | "pause" | "resume":
            return at.open and at.owner is not None


def accepted_stage(sal: bool) -> str:
    """Where Accept leads: with SAL switched off a claim changes the owner and leaves the stage alone."""
    return "sal" if sal else "mql"


def reached(stage: str) -> int:
    """How far along the way *stage* is, 0 for mql; −1 for an end other than won."""
    return STAGES.index(stage) if stage in STAGES else -1
