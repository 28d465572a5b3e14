"""A lead and what it did: the facts every rule is applied to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Scalar = str | int | float | bool
Fact = Scalar | tuple[Scalar, ...]

OF_THE_VISIT = frozenset({"message", "url", "campaign", "source"})
"""Facts about how somebody came, not about who they are: a new one is no "changed fact" for a lead that was
rejected as not a fit."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A person, as far as anybody told us.

    Attributes:
        facts: attribute name to value; an attribute that is absent is unknown (never null, never "").
        first_seen: UTC epoch seconds of the first thing we heard of this person.
    """

    facts: Mapping[str, Fact]
    first_seen: int


class Activity(NamedTuple):
    """A dated thing a lead did. Times are whole UTC epoch seconds, so that Python and SQL agree.

    Attributes:
        event: the source's event id; breaks ties between activities of the same second.
        signal: the kind of thing, as the definition names it.
        asset: the page, paper or webinar; None where the source named none.
        occurred: when it happened; never after *received*.
        received: when Baton heard of it; an event over 3 days old on arrival does not fast-track.
    """

    event: str
    signal: str
    asset: str | None
    occurred: int
    received: int
