"""Edits of the team's text: people, pools, hours, absences. What is not edited stays as somebody wrote it.

Each gives the new text; `checked` reads it. Fields are named as the file's keys and the forms' inputs; an empty one
is the default, so its key is removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from scoring.place import listed
from scoring.roster import Away, Hours, Person, Segment, Team
from scoring.splice import Page, Written
from scoring.stages import Refused
from scoring.team import TeamError, read_team
from scoring.worktime import DAYS, Week, parse_hours

HOURS_FIELDS = ("timezone", "hours", "holidays")
PERSON_FIELDS = ("name", "role", *HOURS_FIELDS, "weight", "capacity", "signs", "booking_url")
SEGMENT_FIELDS = ("pool", "assign", *HOURS_FIELDS, "booking_url")
REMOVE = "remove"
"""The field of who is to leave the team."""

MOST_CHOSEN = 100
"""People a form can show as chosen. Source: Slack, options of a select."""

KEPT = timedelta(days=30)
"""Absences that ended longer ago go when the text is edited, so that it does not grow for years."""

_FIELDS = frozenset({*PERSON_FIELDS, *SEGMENT_FIELDS})
_PROBLEM = re.compile(r"[^ ]+?(?::\d+)?: (?P<path>[^ ]+) (?P<words>.*)", re.DOTALL)
_LINE = re.compile(r"([a-z][a-z ,\-]*?)[ :]+(\d.*)", re.IGNORECASE)


class WrongEdit(Exception):
    """The edit would make the team unreadable: field to sentence, "" where it is about no field of its own."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


def checked(text: str) -> Team:
    """The team *text* describes.

    Raises:
        WrongEdit: with every mistake, beside its field.
    """
    try:
        return read_team(text)
    except TeamError as wrong:
        fields: dict[str, str] = {}
        for problem in wrong.problems:
            field, sentence = _placed(problem)
            fields[field] = f"{fields[field]} {sentence}" if field in fields else sentence
        raise WrongEdit(fields) from wrong


def _placed(problem: str) -> tuple[str, str]:
    """ "team.yaml:9: people.U0ANN.weight must be …" is about the field weight: "Must be …"."""
    found = _PROBLEM.fullmatch(problem)
    parts = re.sub(r"\[\d+\]", "", found["path"]).split(".") if found else []
    field = next((part for part in reversed(parts) if part in _FIELDS), "")
    if found is None or not field:
        return "", problem.partition(": ")[2] or problem
    return field, found["words"][:1].upper() + found["words"][1:]


# -- what the forms show ----------------------------------------------------------------------------------


def person_fields(person: Person | None) -> dict[str, str]:
    """A person's values as a form shows them, None's for somebody new; empty where the default counts."""
    if person is None:
        return {"weight": "1"}
    return {
        "name": person.name,
        "role": person.role,
        **hours_fields(person.hours),
        "weight": str(person.weight),
        "capacity": "" if person.capacity is None else str(person.capacity),
        "signs": person.signs or "",
        "booking_url": person.booking_url or "",
    }


def segment_fields(segment: Segment) -> dict[str, str]:
    """A segment's values as a form shows them; of its pool the first 100, as ids with blanks between."""
    return {
        "pool": " ".join(segment.pool[:MOST_CHOSEN]),
        "assign": segment.assign,
        **hours_fields(segment.hours),
        "booking_url": segment.booking_url or "",
    }


def team_fields(team: Team) -> dict[str, str]:
    """The team's own hours as a form shows them."""
    return hours_fields(Hours(team.timezone, team.week, team.holidays))


def hours_fields(hours: Hours) -> dict[str, str]:
    """Hours as a form shows them; empty where others' count."""
    return {
        "timezone": hours.timezone or "",
        "hours": hours_text(hours.week) if hours.week is not None else "",
        "holidays": hours.holidays or "",
    }


def hours_text(week: Week) -> str:
    """A week as it is typed: a line for neighbouring days with the same ranges, "mon-fri 09:00-17:00"."""
    lines = []
    for ranges, run in groupby(range(7), key=lambda day: week[day]):
        days = [*run]
        if ranges:
            named = DAYS[days[0]] if len(days) == 1 else f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
            lines.append(
                f"{named} {', '.join(f'{_clock(opens)}-{_clock(closes)}' for opens, closes in ranges)}"
            )
    return "\n".join(lines)


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second % 3600 // 60:02}"


def until_words(until: datetime) -> str:
    """The end of an absence by the person's own clock: its last day where that counts in full, else the moment."""
    whole = until.time() == time.min
    day = until - timedelta(days=1) if whole else until
    return f"{day:%a} {day.day} {day:%b}" + ("" if whole else f" {until:%H:%M}")


def hours_written(typed: str) -> dict[str, str | list[str]]:
    """Typed lines as the file's `hours:`; days on several lines get all their ranges.

    Raises:
        WrongEdit: beside `hours`.
    """
    found: dict[str, list[str]] = {}
    for line in filter(str.strip, typed.splitlines()):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise WrongEdit(
                {
                    "hours": f"“{line.strip()[:60]}” names no days and hours; write mon-fri 09:00-17:00, a line each."
                }
            )
        days = match[1].replace(" ", "").lower()
        found.setdefault(days, []).extend(part.strip() for part in match[2].split(","))
    try:
        parse_hours(found)
    except ValueError as reason:
        raise WrongEdit({"hours": str(reason)}) from reason
    return {days: ranges[0] if len(ranges) == 1 else ranges for days, ranges in found.items()}


def differing(shown: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What somebody changed in a form: the fields that are not as they were *shown*."""
    return {name: one.strip() for name, one in given.items() if one.strip() != shown.get(name, "").strip()}


def merged_pool(shown: str, given: str, now: str) -> str:
    """The pool of *now* with what somebody added to and took out of the one they were *shown*."""
    before, after = shown.split(), given.split()
    kept = [one for one in now.split() if one in after or one not in before]
    return " ".join([*kept, *(one for one in after if one not in before and one not in kept)])


# -- edits ------------------------------------------------------------------------------------------------


def with_person(text: str, person_id: str, given: Mapping[str, str]) -> str:
    """Somebody's *given* fields changed; who is not in the team yet is added.

    Raises:
        WrongEdit: hours that cannot be read, or no name.
    """
    _needed(given, {"name": "Write their name.", "role": "Choose a role."})
    new = {name: _value(name, given[name]) for name in PERSON_FIELDS if name in given}
    page = Page(text)
    if ("people", person_id) in page:
        page.write(("people", person_id), new)
    else:
        page.write(("people",), {person_id: {name: one for name, one in new.items() if one is not None}})
    return page.changed


def without_person(text: str, team: Team, person_id: str, *, from_pools: bool) -> str:
    """Somebody leaves the team, and where told every pool.

    Raises:
        WrongEdit: they are in a pool, and *from_pools* is not set.
    """
    page = Page(text)
    lists = {segment.name: ("segments", at, "pool") for at, segment in enumerate(team.segments)}
    named = {name: path for name, path in {**lists, "ae": ("ae",)}.items() if person_id in page.items(path)}
    if named and not from_pools:
        raise WrongEdit(
            {REMOVE: f"They are in the pool of {listed(named, 'and')}. Take them out of every pool too."}
        )
    for path in named.values():
        page.relist(path, drop=[at for at, one in enumerate(page.items(path)) if one == person_id])
    page.write(("people",), {person_id: None})
    return page.changed


def with_segment(text: str, team: Team, name: str, given: Mapping[str, str]) -> str:
    """A segment's *given* fields changed. Of `pool` what differs from the team's is added and taken out.

    Raises:
        Refused: there is no segment of that name any more.
        WrongEdit: hours that cannot be read, an empty pool, or somebody in it who is not in the team.
    """
    _needed(given, {"pool": "Choose at least one person.", "assign": "Choose how leads find their owner."})
    at = next((at for at, segment in enumerate(team.segments) if segment.name == name), None)
    if at is None:
        raise Refused("This segment is not in the team any more, so nothing was changed. Look at /mql team.")
    page = Page(text)
    path = ("segments", at)
    page.write(path, {one: _value(one, given[one]) for one in SEGMENT_FIELDS[1:] if one in given})
    if "pool" in given:
        wanted, there = given["pool"].split(), page.items((*path, "pool"))
        if any(one not in team.people for one in wanted if one not in there):
            raise WrongEdit({"pool": "Somebody you chose is not in the team; add them to it first."})
        page.relist(
            (*path, "pool"),
            drop=[place for place, one in enumerate(there) if one not in wanted],
            add=[one for one in dict.fromkeys(wanted) if one not in there],
        )
    return page.changed


def with_team_hours(text: str, given: Mapping[str, str]) -> str:
    """The team's own time zone, hours, holidays changed.

    Raises:
        WrongEdit: hours that cannot be read, or none.
    """
    _needed(given, {"timezone": "Write a time zone.", "hours": "Write the team's hours."})
    page = Page(text)
    page.write((), {name: _value(name, given[name]) for name in HOURS_FIELDS if name in given})
    return page.changed


def with_absence(text: str, person: Person, wall: datetime, until: datetime) -> str:
    """Somebody is away from *wall* (now, by their clock) until just before *until*.

    Where they are away already, that absence ends then.
    """
    now = _minute(wall)
    current = [at for at, away in enumerate(person.away) if away.since <= now < away.until]
    since = min((person.away[at].since for at in current), default=now)
    return _absences(text, person, current, [Away(since, until)])


def without_absence(text: str, person: Person, wall: datetime) -> str:
    """Somebody is back at *wall* (now, by their clock): what they were away stays, what is still to come too."""
    now = _minute(wall)
    current = [at for at, away in enumerate(person.away) if away.since <= now < away.until]
    past = [Away(person.away[at].since, now) for at in current if person.away[at].since < now]
    return _absences(text, person, current, past)


def tidied(text: str, team: Team, today: date) -> str:
    """Without the absences that ended more than 30 days before *today*; *team* is what *text* describes."""
    oldest = datetime.combine(today, time.min) - KEPT
    for person in team.people.values():
        over = [at for at, away in enumerate(person.away) if away.until < oldest]
        if over:
            text = _absences(text, person, over, [])
    return text


def _absences(text: str, person: Person, drop: Sequence[int], add: Sequence[Away]) -> str:
    page = Page(text)
    path = ("people", person.id)
    new: list[Written] = [_absence(away) for away in add]
    if not add and len(drop) == len(person.away):
        page.write(path, {"away": None})
    elif person.away:
        page.relist((*path, "away"), drop, new)
    else:
        page.write(path, {"away": new})
    return page.changed


def _absence(away: Away) -> dict[str, str]:
    """As the file says it: a last day counts in full."""
    whole = away.until.time() == time.min
    until = str(away.until.date() - timedelta(days=1)) if whole else f"{away.until:%Y-%m-%d %H:%M}"
    begins = away.since.time() == time.min
    return {"from": str(away.since.date()) if begins else f"{away.since:%Y-%m-%d %H:%M}", "until": until}


def _minute(wall: datetime) -> datetime:
    return wall.replace(second=0, microsecond=0)


def _needed(given: Mapping[str, str], asked: Mapping[str, str]) -> None:
    missing = {
        name: sentence for name, sentence in asked.items() if name in given and not given[name].strip()
    }
    if missing:
        raise WrongEdit(missing)


def _value(name: str, typed: str) -> Written | None:
    """A field as the file holds it; None where its key is to go."""
    typed = typed.strip()
    if not typed:
        return None
    if name == "hours":
        return hours_written(typed)
    if name in ("weight", "capacity") and typed.isascii() and typed.isdigit():
        return int(typed) if len(typed) < 10 else typed
    return typed
