"""The modals for leads that a person hands over, and for what a person knows of them.

`private_metadata` is `lead:ID`, or empty where the form is about nobody known yet.
"""

import re
from hashlib import sha256

from bot.desk.by_hand import ME, Choices
from bot.desk.typing_in import Wanted
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.text import literal, safe
from scoring.asked import Compared
from scoring.dispositions import NOTE_LIMIT

PERSON = {
    "first_name": "First name", "last_name": "Last name", "company": "Company", "title": "Title", "phone": "Phone",
}  # fmt: skip
"""What /mql add asks beside the address; none of it is required."""

MOST_VALUES = 12
"""Values of a rule that an input names as examples."""

_PLAIN_ID = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def handoff_form(asked: Choices) -> Block:
    """Hand a known lead over by hand."""
    return blocks.modal(
        "handoff_form",
        "Hand to sales",
        [
            blocks.section(
                f"*{safe(asked.email, 200)}* goes to sales because you say so. The card says who and why."
            ),
            _reason(),
            *_pool(asked),
        ],
        submit="Hand over",
        private=f"lead:{asked.lead}",
    )


def add_form(asked: Choices, email: str = "", reason: str = "") -> Block:
    """Type in a lead and hand it over; *email* and *reason* are filled in."""
    return blocks.modal(
        "add_form",
        "Hand to sales",
        [
            blocks.words("email", "E-mail", email, required=True),
            *(blocks.words(name, label) for name, label in PERSON.items()),
            _reason(reason),
            *_pool(asked),
        ],
        submit="Hand over",
    )


def _reason(initial: str = "") -> Block:
    return blocks.words(
        "reason", "Why should sales have it?", initial, required=True, most=NOTE_LIMIT, lines=True
    )


def _pool(asked: Choices) -> list[Block]:
    """For whom it is; nothing where there is no choice."""
    if list(asked.pools) == [ME]:
        return []
    options = [blocks.option(literal(words, blocks.OPTION), choice) for choice, words in asked.pools.items()]
    likely = next((each for each in options if each["value"] == asked.likely), None)
    return [blocks.select("pool", "For whom", options, likely)]


def facts_form(wanted: Wanted) -> Block:
    """Type what is unknown of a lead; an input left empty changes nothing."""
    known = "What a person types stands: no source overwrites it. What you leave empty stays unknown."
    return blocks.modal(
        "facts_form",
        "Complete facts",
        [
            blocks.section(f"What do you know of *{safe(wanted.name, 120)}*? {known}"),
            *(_fact(name, wanted.rules.get(name)) for name in wanted.names),
        ],
        submit="Save",
        private=f"lead:{wanted.lead}",
    )


_HINTS = {
    "country": "A name or a code, such as Germany or DE",
    "employees": "How many people work there, such as 120",
    "title": "As on their card; Baton reads seniority and function from it",
}


def _fact(name: str, rule: Compared | None) -> Block:
    made = blocks.words(fact_id(name), literal(name.replace("_", " ").capitalize(), 200))
    said = _HINTS.get(name) or (_compared_with(rule) if rule is not None else "")
    return blocks.hint(made, said) if said else made


def _compared_with(rule: Compared) -> str:
    if rule.kind == "truth":
        return "yes or no"
    if rule.kind == "number":
        return "A number"
    some = literal(", ".join(str(value) for value in rule.values[:MOST_VALUES]), 400)
    several = "Several with commas between" if rule.kind == "list" else ""
    return ". ".join(part for part in (several, f"Such as {some}" if some else "") if part)


def fact_id(name: str) -> str:
    """The block id of an attribute's input: its name, or a hash of one that would be no id."""
    if _PLAIN_ID.fullmatch(name):
        return name
    return "fact-" + sha256(name.encode(errors="backslashreplace")).hexdigest()[:16]
