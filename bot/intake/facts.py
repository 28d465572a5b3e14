"""What a sender says of a person, as stored facts; and the names by which a person and an event are known.

Shared by every way in. Titles, addresses and countries are classified here, so that scoring only compares
(DESIGN, rule 10). Pure: no clock, no database.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from bot.intake.countries import country_code, only_timezone
from scoring.emails import company_domain, email_kind, normalise
from scoring.lead import Fact, Scalar
from scoring.titles import classify_title

TEXT_FIELDS = (
    "id", "email", "first_name", "last_name", "title", "company", "industry", "country", "source", "phone",
    "url", "campaign", "message", "seniority", "function", "timezone",
)  # fmt: skip
"""Fields that are words, whatever type a sender gives them: a phone number is no quantity."""

LEAD_FIELDS = (*TEXT_FIELDS, "employees", "consent")
"""Everything a lead may carry beside its free attributes (DESIGN, the native format)."""

_WORDS, _FIELDS = frozenset(TEXT_FIELDS), frozenset(LEAD_FIELDS)  # asked of every fact of every event

# Baton's own bounds: a card shows a few hundred characters, and one lead must not fill the database.
LONGEST_TEXT = 1_000
LONGEST_MESSAGE = 5_000
LONGEST_NAME = 80
MOST_ATTRIBUTES = 50
MOST_ITEMS = 100
# Whole numbers up to 15 digits are exact in a float too, so that Python, SQL and JSON agree.
LARGEST_NUMBER = 10**15
# An index entry of PostgreSQL holds about 2,700 bytes: 500 characters of four bytes fit.
LONGEST_KEY = 500

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_EMPLOYEES = re.compile(r"(\d{1,3}(?:[,  '’]\d{3})+|\d+)(?:\.0)?")


def facts_of(given: Mapping[str, object]) -> dict[str, Fact]:
    """What *given* says of a person, cleaned and classified; what it does not say is absent.

    *given* maps lead fields and free attributes to scalars or lists; a mapping under `attributes` is taken
    in as if its entries stood beside. Empty text, None, NaN, infinity, numbers of more than 15 digits, an
    address that is none and a head count that is no number are unknown. Text is cut to 1,000 characters
    (message 5,000), and loses what no database stores.

    Raises:
        ValueError: over 50 attributes, over 100 items in a list, a name that is empty or too long, or a
            value that is neither a scalar nor a list of scalars; the message is a sentence.
    """
    flat = _flat(given)
    _check_number_of_attributes(flat)
    facts = {
        name if name in _FIELDS else clean(name): fact
        for name, value in flat.items()
        if (fact := _fact(name, value)) is not None
    }
    return facts | _derived(facts)


def identity(source: str, email: str | None, id: str | None, event: str) -> tuple[str, ...]:
    """The keys that name a person, best first: the address, the source's own id; else only this event.

    Without address and id every event is a person of its own: two strangers are never merged for want of
    data. Keys are 1 to about 600 characters.
    """
    keys = []
    address = normalise(email) if email else None
    if address:
        keys.append(f"email:{address}")
    own = clean(id, len(id)) if id else ""
    if own:
        keys.append(f"id:{source}:{short_key(own)}")
    return tuple(keys) or (f"event:{source}:{short_key(event)}",)


def event_id(content: Mapping[str, object]) -> str:
    """An id for an event whose sender gave none: `sha256:` and the hash of its canonical JSON."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{sha256(canonical.encode('ascii')).hexdigest()}"


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """*text* trimmed, without NUL, lone surrogates replaced by U+FFFD, at most *longest* characters."""
    storable = text.replace("\0", "")
    if not storable.isascii():
        storable = _LONE_SURROGATE.sub("�", storable)
    return storable.strip()[:longest].rstrip()


def short_key(key: str) -> str:
    """*key*, or its hash where it has over 500 characters, too many for an index."""
    return key if len(key) <= LONGEST_KEY else event_id({"key": key})


def _flat(given: Mapping[str, object]) -> dict[str, object]:
    nested = given.get("attributes")
    if not isinstance(nested, Mapping):
        return dict(given)
    own = {name: value for name, value in given.items() if name != "attributes"}
    return {**{str(name): value for name, value in nested.items()}, **own}


def _check_number_of_attributes(given: Mapping[str, object]) -> None:
    free = [name for name in given if name not in _FIELDS]
    if len(free) > MOST_ATTRIBUTES:
        raise ValueError(
            f"A lead may carry {MOST_ATTRIBUTES} attributes of its own; this one has {len(free)}."
        )
    wrong = next((name for name in free if not clean(name) or len(name) > LONGEST_NAME), None)
    if wrong is not None:
        raise ValueError(f'An attribute\'s name has 1 to {LONGEST_NAME} characters; "{wrong[:20]}" has not.')


def _fact(name: str, value: object) -> Fact | None:
    if name == "employees":
        return _head_count(value)
    if isinstance(value, list | tuple) and name not in _WORDS:
        return _several(name, value)
    scalar = _scalar(name, value)
    if scalar is None or name not in _WORDS:
        return scalar
    text = scalar if isinstance(scalar, str) else str(scalar)
    if name == "email":
        return normalise(text)
    return _country(text) if name == "country" else text


_country = lru_cache(maxsize=1_024)(country_code)


def _several(name: str, values: list[object] | tuple[object, ...]) -> tuple[Scalar, ...] | None:
    if len(values) > MOST_ITEMS:
        raise ValueError(f"A list may have {MOST_ITEMS} items; {name[:40]} has {len(values)}.")
    kept = [item for value in values if (item := _scalar(name, value)) is not None]
    return tuple(kept) or None


def _scalar(name: str, value: object) -> Scalar | None:
    """The value as stored, or None where it says nothing."""
    if isinstance(value, str):
        return clean(value, LONGEST_MESSAGE if name == "message" else LONGEST_TEXT) or None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < LARGEST_NUMBER else None  # NaN is not less than anything
    raise ValueError(f"{name[:40]} must be a text, a number, true, false, or a list of these.")


def _head_count(value: object) -> int | None:
    """A whole number of 0 or more; "1,200" is one, "100-500" and "many" are unknown."""
    if isinstance(value, str):
        found = _EMPLOYEES.fullmatch(clean(value))
        if found is None or len(value) > LONGEST_NAME:
            return None
        value = int(re.sub(r"\D", "", found[1]))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LARGEST_NUMBER:
        return None
    return int(value) if value == int(value) else None


def _derived(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """What the facts imply. What a sender said itself is never overruled, except about its own address."""
    found: dict[str, Fact | None] = {}
    title, email, country = facts.get("title"), facts.get("email"), facts.get("country")
    if isinstance(title, str):
        found = dict(classify_title(title)._asdict())
    if isinstance(country, str):
        found["timezone"] = only_timezone(country)
    implied = {name: fact for name, fact in found.items() if fact is not None and name not in facts}
    if isinstance(email, str):
        about = {"email_kind": email_kind(email), "email_domain": company_domain(email)}
        implied |= {name: fact for name, fact in about.items() if fact is not None}
    return implied
