"""Answers to the commands that keep the data in order: the suppression list, and leads that are one person."""

from zoneinfo import ZoneInfo

from bot.desk.listing import PAGE, Changed, Listed, Page
from bot.desk.merge import Merging, Side
from bot.slack.views import blocks
from bot.slack.views.card import Message
from bot.slack.views.text import mention, safe, when
from scoring.handoff import Handoff
from scoring.team import Team

ERASED = "an erased person"


def suppression(found: Page) -> Message:
    """The list, the newest row first."""
    lines = [f"*Never handed over* ({found.count})"]
    lines += [_row(each, found) for each in found.rows] or [" Nobody is on the list."]
    left = found.count - found.page * PAGE
    if left > 0:
        lines.append(f" … and {left} more: `/mql suppression {found.page + 1}`")
    lines.append(
        "`/mql suppression add engines.example customer until 2027-01-31 a note` lists, `lift` takes off."
    )
    return Message(blocks.paragraphs(lines), f"The suppression list: {found.count}")


def _row(row: Listed, found: Page) -> str:
    value = ERASED if row.erased else f"*{safe(row.value, 120)}*"
    zone = ZoneInfo(found.team.timezone)
    how = f"hand-off {row.handoff}" if row.listed_by is None else f"by {_name(row.listed_by, found.team)}"
    words = [value, safe(row.reason, 40), f"{how}, {when(row.listed_at, zone)}"]
    if row.until is not None:
        words.append(f"{'until' if row.until > found.now else 'over since'} {when(row.until, zone)}")
    note = f" “{safe(row.note, 200)}”" if row.note else ""
    return f" {' · '.join(words)}{note}"


def _name(user: str, team: Team) -> str:
    person = team.person(user)
    return safe(person.name, 60) if person else "a colleague"


def listed(done: Changed) -> Message:
    """A company or an address was listed."""
    until = f" until the end of {done.until}" if done.until else ""
    line = f"*{safe(done.value, 200)}* is on the suppression list ({safe(done.reason, 40)}){until}."
    if done.open:
        several = "1 open hand-off stays" if done.open == 1 else f"{done.open} open hand-offs stay"
        line += f" {several} open: end them on their cards if sales should stop."
    return Message([blocks.section(line)], "It is on the suppression list")


def lifted(done: Changed) -> Message:
    """A company or an address was taken off."""
    rows = f" ({done.rows} entries)" if done.rows > 1 else ""
    line = f"*{safe(done.value, 200)}* is off the suppression list{rows}: its leads may qualify again."
    return Message([blocks.section(line)], "It is off the suppression list")


def merging(asked: Merging) -> Message:
    """What a merge would do, and the button that does it."""
    keep, other = _who(asked.keep), _who(asked.other)
    lines = [
        f"{other} joins {keep}: what both did and what is known of both is one lead's from then on.",
        "What a person typed counts first, then what is newer.",
    ]
    if asked.moves:
        lines.append(
            f"{asked.moves} hand-off{'' if asked.moves == 1 else 's'} of {other} {_go(asked.moves)} along."
        )
    if asked.stays is not None and asked.ends is not None:
        ends = f"the newer one{_with(asked.ends)} ends as duplicate"
        lines.append(f"Both are with sales: the older hand-off{_with(asked.stays)} stays, {ends}.")
    pressed = blocks.button("Merge", "merge", f"{asked.keep.id}:{asked.other.id}", "danger")
    sure = "The two leads become one. This cannot be undone."
    button = blocks.asking_first(pressed, "Merge these leads?", sure, "Merge")
    return Message([*blocks.paragraphs(lines), blocks.actions(button)], "Two leads become one")


def _go(count: int) -> str:
    return "goes" if count == 1 else "go"


def _with(handoff: Handoff) -> str:
    return f" (with {mention(handoff.owner)})" if handoff.owner else ""


def _who(side: Side) -> str:
    said = safe(side.name, 80)
    address = safe(side.email, 120)
    return f"*{said}* ({address})" if said else f"*{address}*"
