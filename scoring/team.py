"""The team file: segments, people and hours, read and checked.

`read_team` takes the text; what comes out, and is re-exported here, is in `scoring.roster`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scoring.contractfile import ContractError, Notes, TeamError, paths, plant
from scoring.place import Fields, Place
from scoring.roster import Assign, Away, Channels, Hours, Person, Role, Segment, Side, Snooze, Team
from scoring.team_file import (
    read_bundle,
    read_channels,
    read_crm_url,
    read_currency,
    read_holidays,
    read_people,
    read_pool,
    read_segments,
    read_snooze,
    read_timezone,
    read_week,
)

__all__ = [
    "KEYS",
    "Assign",
    "Away",
    "Channels",
    "ContractError",
    "Hours",
    "Person",
    "Role",
    "Segment",
    "Side",
    "Snooze",
    "Team",
    "TeamError",
    "read_team",
]

# Every key of the file's first level, as the written semantics list them under "Keys and defaults".
KEYS = (
    "live", "timezone", "hours", "holidays", "channels", "segments", "people", "snooze", "bundle",
    "opening_grace", "accounts", "ae", "deal_value", "target", "currency", "crm_url",
)  # fmt: skip
_REQUIRED = {
    "timezone": "Europe/London",
    "hours": '{mon-fri: "09:00-17:00"}',
    "channels": "{fallback: C0123ABCD}",
    "segments": "[{name: everyone, channel: C0123ABCD, pool: [U0123ABCD]}]",
    "people": "{U0123ABCD: {name: Ann, role: sdr}}",
}
_NOBODY: dict[str, Person] = {}


def read_team(text: str, file: str = "team.yaml") -> Team:
    """The team written in *text* (YAML, 64 KiB at most); *file* is its name in sentences.

    Raises:
        TeamError: with every mistake of the file at once, a sentence each.
    """
    notes = Notes(file)
    root = plant(text, notes)
    if root is None:
        raise TeamError(notes.problems)
    fields = Place(root, "", notes).fields(KEYS, _REQUIRED)
    team = _with_habits(fields, _with_people(fields))
    if notes.problems:
        raise TeamError(notes.problems)
    told = tuple(f"{file}: {sentence}" for sentence in _missing_roles(team))
    return replace(team, keys=frozenset(paths(root)), warnings=(*notes.warnings, *told))


def _with_people(fields: Fields) -> Team:
    people = fields.get("people", read_people, _NOBODY)
    all_aes = tuple(person.id for person in people.values() if person.role == "ae")
    return Team(
        timezone=fields.get("timezone", read_timezone, "UTC"),
        week=fields.get("hours", read_week, ((), (), (), (), (), (), ())),
        channels=fields.get("channels", read_channels, Channels("", "", "")),
        segments=fields.get("segments", lambda at: read_segments(at, people), ()),
        people=people,
        holidays=fields.get("holidays", read_holidays, None),
        ae=fields.get("ae", lambda at: read_pool(at, people), all_aes),
    )


def _with_habits(fields: Fields, team: Team) -> Team:
    for money in ("deal_value", "target"):
        if money in fields and "currency" not in fields:
            fields.entries[money].wrong("has no currency; add currency: EUR.")
    return replace(
        team,
        live=fields.get("live", Place.yes_no, True),
        snooze=fields.get("snooze", read_snooze, team.snooze),
        bundle=fields.get("bundle", read_bundle, team.bundle),
        opening_grace=fields.get("opening_grace", Place.length, timedelta(minutes=30)),
        accounts=fields.get("accounts", Place.text, None),
        deal_value=fields.get("deal_value", _amount, None),
        target=fields.get("target", _amount, None),
        currency=fields.get("currency", read_currency, None),
        crm_url=fields.get("crm_url", read_crm_url, None),
    )


def _amount(place: Place) -> int:
    return place.whole(1, MOST_MONEY)


# In whole units; a number that JSON and SQL hold exactly (2**53 is about 9e15).
MOST_MONEY = 10**15


def _missing_roles(team: Team) -> tuple[str, ...]:
    told = []
    if not team.managers:
        told.append("people: nobody has role manager, so nobody hears of breaches; add one.")
    if not team.admins:
        told.append("people: nobody has role admin; the admin channel alone hears of trouble.")
    for side in ("sales", "marketing"):
        if not any(person.signs == side for person in team.people.values()):
            told.append(
                f"people: nobody signs for {side}, so no definition can take effect; add signs: {side}."
            )
    return tuple(told)
