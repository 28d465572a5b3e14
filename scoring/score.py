"""Points: what a lead is worth under a definition, with the receipt.

Source: SEMANTICS "Points". Each occurrence is faded to whole points, rows are summed, then capped.
"""

from collections.abc import Sequence
from datetime import datetime

from scoring.compile import Cap, FitCount, Rulebook, Silence, rulebook
from scoring.definition import Definition, Level
from scoring.evaluate import Situation, by_signal, newest_first, seconds
from scoring.lead import Activity, Lead
from scoring.receipt import Part, Score

__all__ = ["Part", "Score", "score"]


def score(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    now: datetime,
    *,
    since: int | None = None,
    returning: bool = False,
) -> Score:
    """The points of *lead* at *now* (aware), in any order of *activities*.

    *since* (UTC epoch seconds) gives the qualifying score of a lead that returns after its last hand-off
    ended then: fit in full, and of intent only what happened later. Counters that carry no date
    (`counts_as: intent`) are then left out, and silence is still judged by all activities. *returning*: it had
    a hand-off that ended, which *since* says too.

    Raises:
        ValueError: *now* has no time zone.
    """
    book = rulebook(definition)
    as_of = seconds(now)
    ordered = newest_first(activities, as_of)
    came_back = returning or since is not None
    situation = Situation(lead.facts, by_signal(ordered, since), as_of, returning=came_back)
    rows: list[Part] = []
    fit = _capped(book.fit_cap, _fit(book.fit, situation, rows), rows)
    intent, active = _intent(book, situation, rows)
    if book.undated and since is None:
        dated = len(rows)
        intent += _fit(book.undated, situation, rows)
        active += sum(part.points > 0 for part in rows[dated:])
    for silence in book.inactivity:
        if _is_silent(silence, book.known_signals, ordered, (lead.first_seen, as_of)):
            rows.append(silence.part)
            intent += silence.part.points
    intent = _capped(book.intent_cap, intent, rows)
    return Score(fit, intent, tuple(rows), active)


def _capped(cap: Cap | None, points: int, rows: list[Part]) -> int:
    if cap is None or points <= cap.most:
        return points
    rows.append(cap.part(points - cap.most))
    return cap.most


def _fit(groups: tuple[FitCount, ...], situation: Situation, rows: list[Part]) -> int:
    total = 0
    for count in groups:
        part = count(situation)
        if part is not None:
            rows.append(part)
            total += part[3]
    return total


def _intent(book: Rulebook, situation: Situation, rows: list[Part]) -> tuple[int, int]:
    """Points after the caps of rows and levels, and active intents, of intent rows and bonuses."""
    total = active = 0
    of_level: dict[Level, int] = {}
    by_signal, as_of = situation.by_signal, situation.as_of
    for signal, level, count, when in book.intent:
        if signal in by_signal and (when is None or when(situation)):
            points, deeds = count(by_signal[signal], as_of, rows)
            total += points
            active += deeds
            if level is not None:
                of_level[level] = of_level.get(level, 0) + points
    for when, part, level, is_active in book.bonus:
        if when(situation):
            rows.append(part)
            total += part[3]
            active += is_active
            if level is not None:
                of_level[level] = of_level.get(level, 0) + part[3]
    for level, cap in book.level_caps:
        excess = of_level.get(level, 0) - cap.most
        if excess > 0:
            rows.append(cap.part(excess))
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
        if activity[1] in signals:
            return as_of - activity[3] >= silence.none_for
    return True
