"""Buttons and forms of the team: /mql team, away, and a changed team file."""

import re

from bot.desk import team, team_file
from bot.desk.team import Filling
from bot.slack.listeners.floor import Filled, Floor, Press
from bot.slack.listeners.opening_forms import open_form
from bot.slack.views import team_forms
from scoring.stages import Refused
from scoring.team_edit import HOURS_FIELDS, PERSON_FIELDS, REMOVE, SEGMENT_FIELDS

_PERSON = re.compile(r"[UW][A-Z0-9]{1,20}")
_WHERE = re.compile(r"(?P<version>[0-9]{1,9}):(?P<what>[UW][A-Z0-9]{1,20}|[0-9]{1,4})")
_STRANGE = "Baton does not know what this is about, so nothing was changed. Start again from /mql team."


def _told(floor: Floor, press: Press, sentence: str) -> None:
    """A press that opens no form and changes no card is confirmed to whoever pressed."""
    if press.channel is not None:
        floor.whisper(press.channel, press.user, sentence, lambda _: None)


def _person(press: Press) -> str:
    if not _PERSON.fullmatch(press.value):
        raise Refused(_STRANGE)
    return press.value


def away(floor: Floor, press: Press) -> None:
    """Say until when somebody is away."""
    shown, person = team.may_send_away(floor.desk, press.user, press.value)
    open_form(floor, press, team_forms.away_form(shown, person))


def back(floor: Floor, press: Press) -> None:
    """End somebody's absence now."""
    team.come_back(floor.desk, press.user, press.value, seal=press.seal)
    _told(floor, press, "The absence is over as of now.")


def edit_person(floor: Floor, press: Press) -> None:
    """Change somebody of the team, or add them to it."""
    shown = team.may_edit(floor.desk, press.user)
    open_form(floor, press, team_forms.person_form(shown, _person(press)))


def edit_pool(floor: Floor, press: Press) -> None:
    """Change a segment: pool, assignment, hours."""
    shown = team.may_edit(floor.desk, press.user)
    version, place = _where(press.value)
    name = _segment(floor, version, place)
    now_at = next((at for at, each in enumerate(shown.team.segments) if each.name == name), None)
    if now_at is None:
        raise Refused("This segment is not in the team any more. Look at /mql team.")
    open_form(floor, press, team_forms.pool_form(shown, now_at))


def edit_hours(floor: Floor, press: Press) -> None:
    """Change the team's own hours."""
    shown = team.may_edit(floor.desk, press.user)
    open_form(floor, press, team_forms.hours_form(shown))


def take_team_file(floor: Floor, press: Press) -> None:
    """The changed file becomes the team."""
    team_file.take(floor.desk, press.user, press.value, seal=press.seal)


def keep_team_file(floor: Floor, press: Press) -> None:
    """The stored team stays."""
    team_file.keep(floor.desk, press.user, press.value, seal=press.seal)


def _where(written: str) -> tuple[int, str]:
    """The version of the team something was shown of, and what: a person's id, or a segment's place."""
    found = _WHERE.fullmatch(written)
    if found is None:
        raise Refused(_STRANGE)
    return int(found["version"]), found["what"]


def _segment(floor: Floor, version: int, place: str) -> str:
    segments = team.version(floor.desk, version).segments
    if not place.isdigit() or int(place) >= len(segments):
        raise Refused(_STRANGE)
    return segments[int(place)].name


def _given(filled: Filled, fields: tuple[str, ...]) -> dict[str, str]:
    return {name: filled.values.get(name) or "" for name in fields if name in filled.values}


def person_form(floor: Floor, filled: Filled) -> None:
    """Somebody's role, hours, weight and the like."""
    team.may_edit(floor.desk, filled.user)
    version, person = _where(filled.private)
    given = _given(filled, PERSON_FIELDS)
    if given.get("signs") == "none":
        given["signs"] = ""
    filling = Filling(version, given, filled.seal)
    team.edit_person(floor.desk, filled.user, person, filling, filled.values.get(REMOVE) or "")


def pool_form(floor: Floor, filled: Filled) -> None:
    """A segment's pool, assignment and hours."""
    team.may_edit(floor.desk, filled.user)
    version, place = _where(filled.private)
    filling = Filling(version, _given(filled, SEGMENT_FIELDS), filled.seal)
    team.edit_segment(floor.desk, filled.user, _segment(floor, version, place), filling)


def hours_form(floor: Floor, filled: Filled) -> None:
    """The team's own hours."""
    team.may_edit(floor.desk, filled.user)
    version, _ = _where(f"{filled.private}:0")
    team.edit_team_hours(floor.desk, filled.user, Filling(version, _given(filled, HOURS_FIELDS), filled.seal))


def away_form(floor: Floor, filled: Filled) -> None:
    """Until when somebody is away."""
    until = filled.values.get("until_date") or "", filled.values.get("until_time") or ""
    on = bool(filled.values.get("pass_on"))
    team.go_away(floor.desk, filled.user, filled.private, until, pass_on=on, seal=filled.seal)
