"""What a person typed into a form about a lead, as facts: read by intake's own rules, mistakes said by the field."""

import re
from collections.abc import Mapping
from datetime import datetime

from bot.desk.bench import Mistaken
from bot.desk.typing_in import Typed, Wanted
from bot.intake.facts import clean, event_id, facts_of, identity
from bot.slack.views.by_hand_forms import PERSON, fact_id
from scoring.arrival import Arrival
from scoring.asked import Compared
from scoring.emails import normalise
from scoring.lead import Fact

SOURCE = "slack"
"""The source of what people type; its events are named by their content."""

_CODE = re.compile("[A-Z]{2}")
_YES, _NO = frozenset({"yes", "true", "y", "1"}), frozenset({"no", "false", "n", "0"})


def arrival_of(values: Mapping[str, str | None], by: str, now: datetime) -> Arrival:
    """The lead of add_form, as it comes in.

    Raises:
        Mistaken: the address is none.
    """
    given = {name: text for name in PERSON if (text := clean(values.get(name) or ""))}
    email = normalise(values.get("email") or "")
    if email is None:
        raise Mistaken({"email": "That is not an e-mail address. Write it as in ada@engines.example."})
    at = int(now.timestamp())
    event = event_id({"by": by, "at": now.isoformat(), "email": email, **given})
    return Arrival(
        keys=identity(SOURCE, email, None, event), email=email, facts=facts_of({**given, "email": email}),
        facts_at=at, source=SOURCE, event=event, signal=None, asset=None, occurred=at, received=at,
    )  # fmt: skip


def facts_typed(wanted: Wanted, values: Mapping[str, str | None]) -> Typed:
    """What was filled in of facts_form; empty inputs say nothing.

    Raises:
        Mistaken: a value is not what its attribute needs.
    """
    name_of = {fact_id(name): name for name in (*wanted.names, *wanted.rules)}
    filled = {name_of[block]: clean(text or "") for block, text in values.items() if block in name_of}
    given = {name: text for name, text in filled.items() if text}
    read = {name: _read(text, wanted.rules.get(name)) for name, text in given.items()}
    facts = facts_of({name: value for name, value in read.items() if value is not None})
    wrong = {
        fact_id(name): sentence
        for name in given
        if (sentence := _problem(name, facts.get(name), wanted.rules.get(name)))
    }
    if wrong:
        raise Mistaken(wrong)
    return Typed(tuple(given), facts)


def _read(text: str, rule: Compared | None) -> object:
    """The text as the kind of value that the rules compare; None where it is none."""
    match rule.kind if rule is not None else "text":
        case "truth":
            word = text.casefold()
            return True if word in _YES else False if word in _NO else None
        case "number":
            return _number(text)
        case "list":
            return [_as_ruled(part, rule) for each in text.split(",") if (part := each.strip())]
        case _:
            return _as_ruled(text, rule)


def _as_ruled(text: str, rule: Compared | None) -> str:
    """The rules' own spelling of the value, where it is one of theirs: "C level" is c_level."""
    theirs = {_spelled(value): value for value in (rule.values if rule else ()) if isinstance(value, str)}
    return theirs.get(_spelled(text), text)


def _spelled(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.casefold()).strip()


def _number(text: str) -> float | int | None:
    digits = re.sub(r"(?<=\d)[,  '’](?=\d{3})", "", text)
    if re.fullmatch(r"[-+]?\d{1,15}", digits):
        return int(digits)
    return float(digits) if re.fullmatch(r"[-+]?\d{1,15}\.\d{1,15}", digits) else None


def _problem(name: str, fact: Fact | None, rule: Compared | None) -> str | None:
    if name == "country" and isinstance(fact, str):
        codes = rule.values if rule is not None else ()
        return None if _CODE.fullmatch(fact) or fact in codes else "Write a country, such as Germany or DE."
    if fact is not None:
        return None
    if name == "employees" or (rule is not None and rule.kind == "number"):
        return "Write a number, such as 120."
    return (
        "Write yes or no."
        if rule is not None and rule.kind == "truth"
        else "This says nothing; leave it empty."
    )
