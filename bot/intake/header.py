"""A file's header against its mapping; or, without one, the columns that say by their name what they hold."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.intake.facts import LEAD_FIELDS
from bot.intake.mapping import ISO, ColumnRule, DateColumn, FileMapping, MappingError, SignalColumn
from bot.intake.rows import Reading
from scoring.lead import Scalar
from scoring.place import nearest

UNNAMED_SOURCE = "csv"
"""The source of files without a mapping."""

_SYNONYMS = {
    "mail": "email", "emailaddress": "email", "jobtitle": "title", "companyname": "company",
    "organization": "company", "organisation": "company", "numberofemployees": "employees",
    "leadsource": "source", "phonenumber": "phone", "website": "url", "leadid": "id",
    "surname": "last_name", "familyname": "last_name", "givenname": "first_name",
}  # fmt: skip
"""Header words (letters alone) that mean a lead field under another name."""

_EVENT_FIELDS = ("signal", "asset", "occurred_at")
_YES_NO: Mapping[str, Scalar | None] = {"yes": True, "true": True, "no": False, "false": False}


def fit_to_header(mapping: FileMapping, columns: Sequence[str], file: str) -> Reading:
    """How rows under the header *columns* are read by *mapping*; *file* is the name of the file in messages.

    Raises:
        MappingError: a column the mapping reads is missing or stands twice; all of them are named.
    """
    problems = []
    for name in mapping.used:
        times = columns.count(name)
        if times == 0:
            near = nearest(name, columns, 0.5)
            hint = f'; the nearest is "{near}"' if near else ""
            problems.append(f'{file} has no column "{name}", which the mapping reads{hint}.')
        elif times > 1:
            problems.append(f'{file} has {times} columns named "{name}"; rename all but the one to import.')
    if problems:
        raise MappingError(tuple(problems))
    spoken_of = {*mapping.used, *mapping.not_imported}
    ignored = tuple(dict.fromkeys(name for name in columns if name and name not in spoken_of))
    return Reading(mapping, {name: columns.index(name) for name in mapping.used}, ignored)


def by_names(columns: Sequence[str], file: str, name: str) -> Reading:
    """How rows are read where no mapping was given: columns named like our lead fields, in any spelling.

    *file* is the file's name in messages, *name* the part of it that tells files of one system apart.
    Dates are ISO 8601.

    Raises:
        MappingError: no column has such a name, or two have the same.
    """
    column_of, problems = _recognised(columns, file)
    if not column_of and not problems:
        known = ", ".join(("email", "first_name", "last_name", "title", "company"))
        problems = (f"No column of {file} is named like a lead's ({known}, …); write a mapping file.",)
    if problems:
        raise MappingError(problems)
    facts = [field for field in column_of if field in LEAD_FIELDS and field not in ("id", "email")]
    rules = {
        column_of[field]: ColumnRule(field, values=_YES_NO if field == "consent" else {}) for field in facts
    }
    dated, told = column_of.get("occurred_at"), column_of.get("signal")
    mapping = FileMapping(
        UNNAMED_SOURCE,
        rules,
        id=column_of.get("id"),
        email=column_of.get("email"),
        date=None if dated is None else DateColumn(dated, ISO, ZoneInfo("UTC")),
        signal=None if told is None else SignalColumn(told, None),
        asset=column_of.get("asset"),
    )
    reading = fit_to_header(mapping, columns, file)
    return Reading(mapping, reading.places, reading.ignored, unnamed=name)


def _recognised(columns: Sequence[str], file: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The column of each field that one names, and what is wrong where two do."""
    known = {_letters(field): field for field in (*LEAD_FIELDS, *_EVENT_FIELDS)} | _SYNONYMS
    fields = [(known[_letters(name)], name) for name in columns if _letters(name) in known]
    number = Counter(field for field, _ in fields)
    problems = tuple(
        f"{file} has {times} columns for {field} "
        f"({', '.join(name for each, name in fields if each == field)}); keep one, or write a mapping file."
        for field, times in number.items()
        if times > 1
    )
    return dict(fields), problems


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
