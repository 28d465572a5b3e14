"""The words of a receipt's rows, as a rep reads them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from scoring.conditions import All, Condition, Has, Is, IsNot, attributes_in
from scoring.definition import FitRow, IntentRow
from scoring.durations import spoken
from scoring.lead import Fact
from scoring.wording import describe

_WORDS = {
    "c_level": "C-level",
    "vp": "VP",
    "individual": "Individual contributor",
    "bofu": "BOFU",
    "tofu": "TOFU",
    "cta": "CTA",
    "roi": "ROI",
    "sdr": "SDR",
}
"""Words that sentence case would misspell; everything else is its name without underscores."""

Target = Mapping[str, Sequence[str]]


def sentence_case(name: str) -> str:
    """`demo_request` as "Demo request"; abbreviations keep their capitals."""
    if name in _WORDS:
        return _WORDS[name]
    text = " ".join(_WORDS.get(word, word) for word in name.replace("_", " ").split())
    return text[:1].upper() + text[1:]


def intent_label(row: IntentRow, asset: str | None, nth: int) -> str:
    """Such as "Demo request: Enterprise demo"; from the 2nd of a list on, with its number."""
    name = row.label or sentence_case(row.signal)
    return (name if asset is None else f"{name}: {asset}") + (f" ({_ordinal(nth)})" if nth > 1 else "")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def inactivity_label(signal: str | None, none_for: timedelta) -> str:
    """Such as "No activity for 30 days" or "No email open for 30 days"."""
    return f"No {'activity' if signal is None else signal.replace('_', ' ')} for {spoken(none_for)}"


def cap_label(what: str, points: int) -> str:
    """Such as "Cap: low-intent signals count 20 at most"."""
    return f"Cap: {what} {points} at most"


def fit_label(row: FitRow, facts: Mapping[str, Fact], target: Target) -> str:
    """Such as "VP of a target function", "50–500 employees", "Target industry: software"."""
    if row.label:
        return row.label
    parts = list(row.when.parts) if isinstance(row.when, All) else [row.when]
    phrases = [_phrase(part, facts, target) for part in parts]
    if [attributes_in(part) for part in parts[:2]] == [("seniority",), ("function",)]:
        phrases[:2] = [f"{phrases[0]} {_of_function(parts[1], facts, target)}"]
    text = ", ".join(phrases)
    return text[:1].upper() + text[1:]


def told_attributes(row: FitRow) -> tuple[str, ...]:
    """The attributes whose values stand in the label of *row*; none where all leads read the same."""
    if row.label:
        return ()
    parts = row.when.parts if isinstance(row.when, All) else (row.when,)
    return tuple(part.attribute for part in parts if isinstance(part, Is | IsNot | Has))


def _of_function(part: Condition, facts: Mapping[str, Fact], target: Target) -> str:
    if _is_target(part, target):
        return "of a target function" if isinstance(part, Is) else "outside the target functions"
    return f"in {in_words(facts.get('function')).replace('_', ' ')}"


def _is_target(part: Condition, target: Target) -> bool:
    return isinstance(part, Is | IsNot) and any(part.values == tuple(wanted) for wanted in target.values())


def _phrase(part: Condition, facts: Mapping[str, Fact], target: Target) -> str:
    """Rows that list values are told by the lead's own value; the others by what the row asks."""
    if not isinstance(part, Is | IsNot | Has):
        return describe(part)
    name, value = part.attribute.replace("_", " "), in_words(facts.get(part.attribute))
    if _is_target(part, target):
        return f"Target {name}: {value}" if isinstance(part, Is) else f"Outside the target {name}: {value}"
    if part.attribute == "seniority":
        return sentence_case(value)
    if part.attribute == "email_kind":
        return f"{sentence_case(value)} e-mail address"
    return f"{name} is {value}"


def in_words(fact: Fact | None) -> str:
    """A fact as text: lists by commas, yes and no, "unknown" for none."""
    if fact is None:
        return "unknown"
    if isinstance(fact, tuple):
        return ", ".join(in_words(each) for each in fact)
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return fact if isinstance(fact, str) else f"{fact:,}"
