"""/mql team: who works where and when, and the ways to change it; a changed team file, for the admins."""

import json
from collections.abc import Sequence
from datetime import datetime

from bot.desk.team import TeamShown
from bot.desk.team_file import Difference
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import Message
from bot.slack.views.text import mention, safe
from scoring.roster import Hours, Person, Segment, Team
from scoring.team_edit import hours_text, until_words

ASSIGN = {
    "claim": "the first to accept owns it",
    "round_robin": "given by turns",
    "named": "the account's owner, else by turns",
}
ROLES = {"sdr": "SDR", "ae": "AE", "manager": "manager", "marketing": "marketing", "admin": "admin"}

MOST_SEGMENTS = 40
"""Segments to choose from in the answer: each takes about 130 of a message's 13,200 characters."""
MOST_NAMED = 30
"""People of a pool that are named; more are counted."""
DIFF_ROOM = 8_000
"""Characters of JSON for the lines of a diff."""


def team(found: TeamShown, more: Sequence[str] = ()) -> Message:
    """The team for *found.asker*, with what they may change; *more* lines follow what stands in the team file."""
    buttons = [_own_row(found), *(_editing(found) if found.may_edit else [])]
    room = blocks.ROOM - len(json.dumps(buttons))
    lines = [_head(found), "", *_segments(found.team), "", *_people(found), *more]
    return Message([*blocks.paragraphs(lines, room), *buttons], f"The team, version {found.version}")


def _head(found: TeamShown) -> str:
    own = Hours(found.team.timezone, found.team.week, found.team.holidays)
    return f"*The team* (version {found.version}) · {_hours(own)}"


def _segments(team: Team) -> list[str]:
    return ["*Segments*, the first that matches takes a lead", *(_segment(each) for each in team.segments)]


def _segment(segment: Segment) -> str:
    named = " ".join(mention(id_) for id_ in segment.pool[:MOST_NAMED])
    left = len(segment.pool) - MOST_NAMED
    pool = named + (f" and {left} more" if left > 0 else "")
    parts = [f" *{safe(segment.name, 80)}*", f"<#{segment.channel}>", ASSIGN[segment.assign], pool]
    return " · ".join([*parts, *filter(None, [_hours(segment.hours)])])


def _people(found: TeamShown) -> list[str]:
    people = found.team.people.values()
    return [f"*People* ({len(people)})", *(_person(each, found.team, found.now) for each in people)]


def _person(person: Person, team: Team, now: datetime) -> str:
    parts = [f" {mention(person.id)} {safe(person.name, 60)}", ROLES[person.role], _there(person, team, now)]
    parts += [_hours(person.hours)] if _hours(person.hours) else []
    parts += [f"weight {person.weight}"] if person.weight != 1 else []
    parts += [f"at most {person.capacity} open leads"] if person.capacity is not None else []
    parts += [f"signs for {person.signs}"] if person.signs else []
    return " · ".join(parts)


def _there(person: Person, team: Team, now: datetime) -> str:
    until = team.away_wall(person, now)
    if until is not None:
        return f"🌴 away until {until_words(until)}"
    return "🟢 on shift" if team.on_shift(person, now) else "off now"


def _hours(hours: Hours) -> str:
    """Hours in one line; empty where others' count."""
    week = ", ".join(hours_text(hours.week).splitlines()) if hours.week is not None else ""
    holidays = f"holidays {hours.holidays}" if hours.holidays else ""
    # With en dashes, because ":00-17:" would be an emoji's code.
    parts = (safe(hours.timezone or "", 60), week.replace("-", "–"), holidays)
    return " · ".join(filter(None, parts))


# -- away -------------------------------------------------------------------------------------------------


def away_line(person: Person, team: Team, now: datetime) -> list[Block]:
    """Whether somebody is away, with the switch beside it; for the Home tab."""
    until = team.away_wall(person, now)
    words = "You are not away." if until is None else f"🌴 You are away until {until_words(until)}."
    return [blocks.section(words) | {"accessory": away_switch(person, team, now)}]


def away_switch(person: Person, team: Team, now: datetime) -> Block:
    """The button that begins or ends an absence."""
    if team.away_wall(person, now) is None:
        return blocks.button("I am away", "away", person.id)
    return blocks.button("I am back", "back", person.id, "primary")


def _own_row(found: TeamShown) -> Block:
    return blocks.actions(away_switch(found.asker, found.team, found.now), block_id="own")


def _editing(found: TeamShown) -> list[Block]:
    """What managers and admins change."""
    segments = [
        blocks.option(each.name, f"{found.version}:{at}")
        for at, each in enumerate(found.team.segments[:MOST_SEGMENTS])
    ]
    row = blocks.actions(
        blocks.choice_of_person("edit_person", "Edit or add a person"),
        blocks.choice("edit_pool", "Edit a pool", segments),
        blocks.button("Team hours", "edit_hours", "team"),
        block_id="editing",
    )
    left = len(found.team.segments) - MOST_SEGMENTS
    told = [blocks.context(f"{left} more segments: change them in the team file.")] if left > 0 else []
    return [row, *told]


# -- what the admins read ---------------------------------------------------------------------------------


def changed(by: str, what: str) -> Message:
    """Somebody changed the team; nobody is mentioned."""
    line = f"👥 {safe(by, 80)} {safe(what, 1_000)}"
    return Message([blocks.section(line)], f"{safe(by, 80)} {safe(what, 1_000)}")


def changed_file(found: Difference) -> Message:
    """A changed team file as a diff, with the two answers. Only differences are shown, and no lead is in them."""
    head = (
        f"📄 *The team file was changed*: {found.added} lines added, {found.removed} removed against the stored "
        f"version {found.version}, which counts until an admin decides."
    )
    lines = blocks.fitting([line[:500] for line in found.lines], DIFF_ROOM)
    row = blocks.actions(
        blocks.button("Take the file", "take_team_file", found.short, "primary"),
        blocks.button("Keep what is stored", "keep_team_file", found.short),
    )
    told = blocks.context("Taking it replaces the stored team, with what was edited in Slack since.")
    return Message(
        [blocks.section(head), blocks.preformatted(lines), told, row],
        f"The team file was changed: {found.added} lines added, {found.removed} removed. An admin decides.",
    )
