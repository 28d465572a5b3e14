"""An event as it came in: who, what was said of them, and what they did."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.lead import Fact


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as it came in: who, what was said of them, and what they did.

    Attributes:
        keys: the identities by which the source knows the person, best first.
        facts: attribute to value; unknown ones left out.
        facts_at: epoch second at which the source knew them.
        signal: None where the event brings facts alone.
    """

    keys: tuple[str, ...]
    email: str | None
    facts: Mapping[str, Fact]
    facts_at: int
    source: str
    event: str
    signal: str | None
    asset: str | None
    occurred: int
    received: int
