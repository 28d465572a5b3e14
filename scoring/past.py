"""What the end of the last hand-off means for a lead that comes back.

Source: SEMANTICS "After an end".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scoring.dispositions import DEFAULT_WAITS, REASONS, Reason


@dataclass(frozen=True, slots=True)
class Past:
    """How the last hand-off of this lead ended.

    Attributes:
        ended_at: UTC epoch seconds.
        stage: `recycled`, `disqualified`, `lost` or `won`.
        reason: its reason code; None where there was none (won, lost).
        again_on: for timing, the day from which the lead may come back (UTC midnight).
        facts_changed: a fact of the lead changed since then.
    """

    ended_at: int
    stage: str
    reason: str | None
    again_on: date | None
    facts_changed: bool

    @property
    def row(self) -> Reason:
        """Its reason; a deal lost without one counts as "other".

        Raises:
            KeyError: no such reason code.
        """
        return REASONS[self.reason or "other"]


def waiting_ends_at(past: Past, again: Mapping[str, timedelta]) -> datetime | None:
    """When the lead may come back (aware UTC); None where no date brings it back.

    *again* is the definition's waiting time per reason. A lost deal without a date waits like "other", and so
    does a timing reason without one (a connector may report it).
    """
    if past.stage == "won" or past.row.again in ("never", "changed_fact"):
        return None
    if past.again_on is not None:
        return datetime.combine(past.again_on, time(), tzinfo=UTC)
    waits = {**DEFAULT_WAITS, **again}
    return datetime.fromtimestamp(past.ended_at, UTC) + waits.get(past.row.code, waits["other"])


def why_away(past: Past, again: Mapping[str, timedelta], now: datetime, *, fresh_demo: bool) -> str | None:
    """The sentence why the last end keeps the lead away at *now* (aware); None where it does not.

    A demo newer than the end (*fresh_demo*) overrides waiting times, and nothing else.
    """
    ended = _ended_as(past)
    if past.stage == "won" or past.row.again == "never":
        return f"{ended}; this lead does not come back."
    if past.row.again == "changed_fact":
        return None if past.facts_changed else f"{ended}; only a changed fact brings this lead back."
    until = waiting_ends_at(past, again)
    if fresh_demo or until is None or now >= until:
        return None
    return f"{ended}; this lead may come back from {until:%Y-%m-%d}."


def _ended_as(past: Past) -> str:
    words = past.stage if past.reason is None else f'{past.stage}, "{past.row.words}"'
    return f"The last hand-off ended as {words}"
