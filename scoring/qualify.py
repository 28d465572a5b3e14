"""Qualifying: whether a lead goes to sales now, into which tier, and if not, why not.

Source: SEMANTICS "Qualifying". The order is: suppression, hard gates, what a past hand-off left behind, fast
track, soft gates, threshold or a rule, `require`. Ask only when an event, a fact or a new version arrived:
time alone qualifies nobody, and nothing here takes an MQL back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from scoring import stages
from scoring.compile import Rulebook, rulebook
from scoring.conditions import Did, Returning, ScoreAtLeast, attributes_in, parts_of
from scoring.definition import Definition, Gate, IntentRow, Rule, Tier
from scoring.evaluate import Outcome, Situation, by_signal, check_of, gate_outcome, newest_first, seconds
from scoring.labels import in_words, intent_label
from scoring.lead import Activity, Lead
from scoring.past import Past, why_away
from scoring.score import Score
from scoring.score import score as score_of
from scoring.wording import describe, heading

__all__ = [
    "FRESH",
    "Blocked",
    "Past",
    "Standing",
    "Verdict",
    "asks_for_sales",
    "failed_hard_gates",
    "is_stale",
    "qualify",
    "tier_of",
]

FRESH = timedelta(days=3)
"""How old an event may be on arrival to count as news. Source: SEMANTICS "History is not news"."""

DEMOS = ("demo_request", "demo")
"""Signals that ask for a demo, in every preset."""

Blocked = Literal["suppressed", "hard_gate", "held", "waiting", "soft_gate", "score", "require"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a lead beside its facts and activities.

    Attributes:
        suppressed: the sentence why nobody may contact it; None where somebody may.
        past: the end of its last hand-off; None where it had none.
        arrived: event ids of the activities that came with this request.
    """

    suppressed: str | None = None
    past: Past | None = None
    arrived: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a lead is an MQL now.

    Attributes:
        why: `fast_track`, `threshold` or `rule: NAME`; None where it does not qualify.
        tier: only of an MQL.
        fit_check: fast-tracked although a soft gate fails.
        returning: it had a hand-off before, and that ended.
        stale: everything that came with this request was old news on arrival.
        blocked: the first step of the order that stopped it.
        sentences: for people: what speaks for it, or why not.
        wanted: unknown attributes that a gate on hold asks for.
        gates_pass: no gate fails or holds; for `gates: pass` in a segment.
    """

    mql: bool
    why: str | None
    tier: Tier | None
    fit_check: bool
    returning: bool
    stale: bool
    blocked: Blocked | None
    sentences: tuple[str, ...]
    wanted: tuple[str, ...]
    gates_pass: bool = True


Answers = Sequence[tuple[Gate, Outcome]]


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One lead's case: what every step of the order looks at; *asked* is the situation of the gates."""

    book: Rulebook
    lead: Lead
    activities: Sequence[Activity]
    standing: Standing
    now: datetime
    score: Score
    situation: Situation
    asked: Situation
    answers: Answers

    @property
    def returning(self) -> bool:
        return self.standing.past is not None

    def gates(self, outcome: Outcome) -> list[Gate]:
        """The gates that come out as *outcome*, hard ones included."""
        return [gate for gate, answer in self.answers if answer == outcome]


def qualify(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    standing: Standing,
    now: datetime,
    *,
    score: Score | None = None,
) -> Verdict:
    """Whether *lead* is an MQL at *now* (aware UTC).

    *score* saves computing it again; for a lead that returns it must be the score `since` its last end.
    """
    hearing = _hearing(lead, activities, definition, standing=standing, now=now, score=score)
    if standing.suppressed is not None:
        return _refused(hearing, "suppressed", standing.suppressed)
    hard = [gate for gate in hearing.gates("fail") if gate.hard]
    if hard:
        return _refused(hearing, "hard_gate", *(_fails(gate, hearing) for gate in hard))
    held = [gate for gate in hearing.gates("hold") if gate.hard]
    if held:
        return _refused(hearing, "held", *(_holds(gate, hearing) for gate in held))
    request = _fast_track(hearing)
    away = _why_away(hearing, fresh_demo=request is not None or _asks_for_demo(hearing))
    if away is not None:
        return _refused(hearing, "waiting", away)
    if request is not None:
        return _fast_tracked(hearing, request)
    return _by_points_or_rule(hearing)


def tier_of(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    score: Score,
    *,
    now: datetime,
    since: int | None,
    returning: bool,
    fit_check: bool,
) -> Tier:
    """The first tier that matches; the last one where none does (it is unconditional).

    *since* (UTC epoch seconds, the last hand-off's end) hides older activities from the tiers' conditions;
    *score* is the qualifying score. Asked again while a hand-off is open: new activity may raise its tier.
    """
    as_of, book = seconds(now), rulebook(definition)
    ordered = newest_first(activities, as_of)
    situation = Situation(
        lead.facts, by_signal(ordered, since), as_of, score.total, returning=returning, fit_check=fit_check
    )
    situation.gates_pass = _all_pass(_answers(book, _of_a_lifetime(situation, ordered, since)))
    return _first_tier(book, situation)


def failed_hard_gates(
    lead: Lead, activities: Sequence[Activity], definition: Definition, standing: Standing, now: datetime
) -> tuple[Gate, ...]:
    """The hard gates *lead* fails at *now*: they flag an open card and close nothing."""
    hearing = _hearing(lead, activities, definition, standing=standing, now=now, score=None)
    return tuple(gate for gate in hearing.gates("fail") if gate.hard)


def is_stale(activity: Activity) -> bool:
    """Older than 3 days on arrival: history, not news."""
    return activity.received - activity.occurred > FRESH.total_seconds()


def asks_for_sales(activity: Activity, definition: Definition) -> bool:
    """A demo request, or another signal that goes straight to sales: somebody waits for an answer to it.

    What was old news on arrival is no such request any more.
    """
    row = definition.intent.get(activity.signal)
    asks = activity.signal in DEMOS or (row is not None and row.fast_track)
    return asks and not is_stale(activity)


def _hearing(
    lead: Lead,
    activities: Sequence[Activity],
    definition: Definition,
    *,
    standing: Standing,
    now: datetime,
    score: Score | None,
) -> _Hearing:
    since = None if standing.past is None else standing.past.ended_at
    points = score if score is not None else score_of(lead, activities, definition, now, since=since)
    as_of, book = seconds(now), rulebook(definition)
    ordered = newest_first(activities, as_of)
    situation = Situation(
        lead.facts, by_signal(ordered, since), as_of, points.total, returning=since is not None
    )
    asked = _of_a_lifetime(situation, ordered, since)
    answers = _answers(book, asked)
    situation.gates_pass = _all_pass(answers)
    return _Hearing(book, lead, activities, standing, now, points, situation, asked, answers)


def _of_a_lifetime(situation: Situation, ordered: Sequence[Activity], since: int | None) -> Situation:
    """The situation of the gates: an end wipes out intent, and not what a lead is known to have done."""
    return situation if since is None else replace(situation, by_signal=by_signal(ordered))


def _answers(book: Rulebook, asked: Situation) -> Answers:
    return [(gate, gate_outcome(gate, check(asked))) for gate, check in book.gates]


def _all_pass(answers: Answers) -> bool:
    return all(answer == "pass" for _, answer in answers)


def _verdict(hearing: _Hearing, why: str, *, fit_check: bool, sentences: tuple[str, ...]) -> Verdict:
    hearing.situation.fit_check = fit_check
    return Verdict(
        mql=True,
        why=why,
        tier=_first_tier(hearing.book, hearing.situation),
        fit_check=fit_check,
        returning=hearing.returning,
        stale=_old_news(hearing),
        blocked=None,
        sentences=sentences,
        wanted=_wanted(hearing),
        gates_pass=_all_pass(hearing.answers),
    )


def _refused(hearing: _Hearing, step: Blocked, *sentences: str) -> Verdict:
    return Verdict(
        mql=False,
        why=None,
        tier=None,
        fit_check=False,
        returning=hearing.returning,
        stale=_old_news(hearing),
        blocked=step,
        sentences=sentences,
        # Nobody pays to enrich a lead that may not be contacted anyhow.
        wanted=() if step in ("suppressed", "hard_gate") else _wanted(hearing),
        gates_pass=_all_pass(hearing.answers),
    )


def _old_news(hearing: _Hearing) -> bool:
    arrived = [each for each in hearing.activities if each.event in hearing.standing.arrived]
    return bool(arrived) and all(is_stale(each) for each in arrived)


def _wanted(hearing: _Hearing) -> tuple[str, ...]:
    asked = (name for gate in hearing.gates("hold") for name in _unknown(gate, hearing.lead))
    return tuple(dict.fromkeys(asked))


def _unknown(gate: Gate, lead: Lead) -> Sequence[str]:
    """The missing attributes of *gate*; where all are there, one of them cannot be compared: then all."""
    attributes = attributes_in(gate.when)
    return [name for name in attributes if name not in lead.facts] or attributes


def _first_tier(book: Rulebook, situation: Situation) -> Tier:
    matching = (tier for tier, check in book.tiers if check is None or check(situation))
    return next(matching, book.definition.tiers[-1])


def _why_away(hearing: _Hearing, *, fresh_demo: bool) -> str | None:
    past = hearing.standing.past
    if past is None:
        return None
    return why_away(past, hearing.book.definition.again, hearing.now, fresh_demo=fresh_demo)


def _fast_track(hearing: _Hearing) -> tuple[IntentRow, Activity] | None:
    """The newest deed that goes straight to sales: unexpired, fresh on arrival, since the last end."""
    situation = hearing.situation
    found = []
    for row, when in hearing.book.fast_tracks:
        if when is not None and not when(situation):
            continue
        window = None if row.within is None else row.within.total_seconds()
        for each in situation.by_signal.get(row.signal, ()):
            if not is_stale(each) and (window is None or situation.as_of - each.occurred < window):
                found.append((row, each))
    return max(found, key=lambda pair: pair[1].occurred, default=None)


def _asks_for_demo(hearing: _Hearing) -> bool:
    """ "A new demo overrides waiting times", also where the definition fast-tracks nothing."""
    demos = (each for name in DEMOS for each in hearing.situation.by_signal.get(name, ()))
    return any(not is_stale(each) for each in demos)


def _fast_tracked(hearing: _Hearing, request: tuple[IntentRow, Activity]) -> Verdict:
    row, activity = request
    failed = [gate for gate in hearing.gates("fail") if not gate.hard]
    sentences = (
        f"{intent_label(row, activity.asset, 1)} goes straight to sales.",
        *(f"Fit check: {_fails(gate, hearing)}" for gate in failed),
    )
    return _verdict(hearing, "fast_track", fit_check=bool(failed), sentences=sentences)


def _by_points_or_rule(hearing: _Hearing) -> Verdict:
    failed = hearing.gates("fail")
    if failed:
        return _refused(hearing, "soft_gate", *(_fails(gate, hearing) for gate in failed))
    held = hearing.gates("hold")
    if held:
        return _refused(hearing, "held", *(_holds(gate, hearing) for gate in held))
    definition, total = hearing.book.definition, hearing.score.total
    over = total >= definition.threshold
    rules = [rule for rule, check in hearing.book.rules if check(hearing.situation)]
    if not over and not rules:
        short = definition.threshold - total
        return _refused(hearing, "score", f"{total} points, {short} short of {definition.threshold}.")
    return _required(hearing, over=over, rules=rules)


def _required(hearing: _Hearing, *, over: bool, rules: Sequence[Rule]) -> Verdict:
    """The last step: `require` binds the threshold and every rule that does not waive it."""
    missing = _missing(hearing)
    if over and not missing:
        definition = hearing.book.definition
        name = stages.label("mql", definition.labels)
        said = f"{hearing.score.total} points, {name} at {definition.threshold}."
        return _verdict(hearing, "threshold", fit_check=False, sentences=(said,))
    nothing_new = _nothing_new(hearing)
    for rule in rules:
        if not missing or (rule.waived and not nothing_new):
            said = f'The rule "{rule.name}" is met.'
            return _verdict(hearing, f"rule: {rule.name}", fit_check=False, sentences=(said,))
    return _refused(hearing, "require", *missing)


def _nothing_new(hearing: _Hearing) -> bool:
    """ "Only active intent newer than the end can qualify again": a rule that waives `require` does not waive that."""
    return hearing.returning and hearing.score.active_intents == 0


def _missing(hearing: _Hearing) -> list[str]:
    require, points = hearing.book.definition.require, hearing.score
    missing = []
    if points.active_intents < require.active_intent:
        counted = f"{points.active_intents} of {require.active_intent}"
        missing.append(f"{counted} active intents; passive signals do not count.")
    elif hearing.returning and points.active_intents == 0:
        missing.append("No active intent since the last hand-off ended.")
    if require.fit is not None and points.fit < require.fit:
        missing.append(f"Fit is {points.fit}; at least {require.fit} is required.")
    if require.intent is not None and points.intent < require.intent:
        missing.append(f"Intent is {points.intent}; at least {require.intent} is required.")
    return missing


def _gate_words(gate: Gate) -> str:
    return gate.label or heading(gate.when)


def _told(gate: Gate, hearing: _Hearing) -> str:
    facts = hearing.lead.facts
    known = [f"{name} is {in_words(facts.get(name))}" for name in attributes_in(gate.when)]
    others = (part for part in parts_of(gate.when) if isinstance(part, Did | ScoreAtLeast | Returning))
    known += [f"{describe(part)}: {in_words(check_of(part)(hearing.asked))}" for part in others]
    return ", ".join(known).replace("_", " ")


def _fails(gate: Gate, hearing: _Hearing) -> str:
    return f'The gate "{_gate_words(gate)}" fails: {_told(gate, hearing)}.'


def _holds(gate: Gate, hearing: _Hearing) -> str:
    return f'The gate "{_gate_words(gate)}" waits for enrichment: {_told(gate, hearing)}.'
