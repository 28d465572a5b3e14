"""Points: what a lead is worth under a definition, with the receipt.

Source: SEMANTICS "Points". Each occurrence is faded to whole points, rows are summed, then capped.
"""

from collections.abc import Sequence
from datetime import datetime

from scoring.compile import FitLines, Rulebook, Silence, level_cap, rulebook, side_cap
from scoring.definition import Definition, Level
from scoring.evaluate import Situation, by_signal, newest_first, seconds
from scoring.lead import Activity, Lead
from scoring.receipt import Part, Score, Side

__all__ = ["Part", "Score", "score"]


def score(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    now: datetime,
    *,
    since: int | None = None,
) -> Score:
    """The points of *lead* at *now* (aware), in any order of *activities*.

    *since* (UTC epoch seconds) gives the qualifying score of a lead that returns after its last hand-off
    ended then: fit in full, and of intent only what happened later. Counters that carry no date
    (`counts_as: intent`) are then left out, and silence is still judged by all activities.

    Raises:
        ValueError: *now* has no time zone.
    """
    book = rulebook(definition)
    as_of = seconds(now)
    ordered = newest_first(activities, as_of)
    situation = Situation(lead.facts, by_signal(ordered, since), as_of)
    rows: list[Part] = []
    undated: list[Part] = []
    fit = _capped("fit", _fit(book.fit, situation, rows, undated), definition.caps.fit, rows)
    intent, active = _intent(book, situation, rows)
    if undated and since is None:
        rows += undated
        intent += sum(part.points for part in undated)
        active += sum(part.points > 0 for part in undated)
    for silence in book.inactivity:
        if _is_silent(silence, book.known_signals, ordered, (lead.first_seen, as_of)):
            rows.append(silence.part)
            intent += silence.part.points
    intent = _capped("intent", intent, definition.caps.intent, rows)
    return Score(fit, intent, tuple(rows), active)


def _capped(side: Side, points: int, most: int | None, rows: list[Part]) -> int:
    if most is None or points <= most:
        return points
    rows.append(side_cap(side, most, points - most))
    return most


def _fit(groups: tuple[FitLines, ...], situation: Situation, rows: list[Part], undated: list[Part]) -> int:
    fit = 0
    for group in groups:
        for when, points, part in group.lines:
            if when(situation):
                if points:
                    (rows if group.is_fit else undated).append(part(situation.facts))
                    fit += points if group.is_fit else 0
                break
    return fit


def _intent(book: Rulebook, situation: Situation, rows: list[Part]) -> tuple[int, int]:
    """Points after the caps of rows and levels, and active intents, of intent rows and bonuses."""
    total = active = 0
    of_level: dict[Level | None, int] = {"high": 0, "medium": 0, "low": 0, "passive": 0, None: 0}
    by_signal, as_of = situation.by_signal, situation.as_of
    for signal, level, count, when in book.intent:
        if signal in by_signal and (when is None or when(situation)):
            points, deeds = count(by_signal[signal], as_of, rows)
            total += points
            active += deeds
            of_level[level] += points
    for bonus in book.bonus:
        if bonus.when(situation):
            rows.append(bonus.part)
            of_level[bonus.part.level] += bonus.part.points
            total += bonus.part.points
            active += bonus.active
    for level, most in book.level_caps:
        excess = of_level[level] - most
        if excess > 0:
            rows.append(level_cap(level, most, excess))
            total -= excess
    return total, active


def _is_silent(
    silence: Silence, known: frozenset[str], ordered: Sequence[Activity], span: tuple[int, int]
) -> bool:
    """Counted from the later of first seen and last such activity, passive ones too (SEMANTICS)."""
    first_seen, as_of = span
    if as_of - first_seen < silence.none_for:
        return False
    signals = known if silence.signal is None else (silence.signal,)
    for activity in ordered:
        if activity.signal in signals:
            return as_of - activity.occurred >= silence.none_for
    return True
