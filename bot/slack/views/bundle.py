"""The card of several people of one company: one head, a line or two each, and one row of buttons for all of them.

Who has become an SQL has a row of their own, and who is at an end a line: from there on each goes their own way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import (
    ERASED,
    Message,
    buttons,
    ended_line,
    level_words,
    more,
    name_of,
    promise_line,
    reach,
    row_line,
    tried,
    who_line,
    whose_line,
)
from bot.slack.views.text import FALLBACK, clock_time, cut, mention, plain, safe
from scoring import bundling

ROWS = 2
"""Rows of each one's score, while there are few people; the rest is under Why?"""
FEW = 3
"""So many people are shown with rows of their scores and what they wrote."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each person is shown."""

    most: int
    """Characters of a name, a title or an address."""
    rows: bool
    """With rows of the score and what they wrote."""
    menu: bool = True
    """With a ⋯ beside the name; its links may be long."""


ROOMS = (Room(40, rows=False), Room(20, rows=False), Room(12, rows=False, menu=False))
FEW_ROOMS = (Room(80, rows=True), *ROOMS)
"""From the widest to what always fits. What is left out is under Why?"""

_ORDER = ("accept", "reject", "touch", "qualify", "recycle", "undo", "why")


def bundle_card(on_it: Sequence[Shown]) -> Message:
    """The card, the first one first, as wide as Slack takes it; *on_it* has at most bundling.MOST."""
    groups: dict[str | None, list[Shown]] = {}
    alone: list[Shown] = []
    for shown in on_it:
        if bundling.worked_on(shown.handoff):
            groups.setdefault(shown.handoff.owner, []).append(shown)
        else:
            alone.append(shown)
    parts: list[Block] = []
    for room in FEW_ROOMS if len(on_it) <= FEW else ROOMS:
        parts = []
        for group in groups.values():
            parts += _group(group, room)
        parts += [{"type": "divider"}] if groups and alone else []
        for shown in alone:
            parts += _alone(shown, room)
        if blocks.size(parts) <= blocks.MESSAGE:
            break
    return Message(parts, _fallback(list(groups.values()), on_it))


def _group(group: Sequence[Shown], room: Room) -> list[Block]:
    """Those whom one person, or pool, works on: they share the buttons, the owner and the clock that runs out first."""
    first, value = group[0], group[0].handoff.id
    tight = _tightest(group)
    head = [f"*{_count(group)}*{_at_company(first)}", *promise_line(tight)]
    parts = [blocks.section("\n".join(head), f"who-all-{value}")]
    parts.append(blocks.context(_situation(group)))
    for shown in group:
        parts += _person(shown, room)
    owner = _owner(group)
    parts += [blocks.section("\n".join(owner), f"owned-{value}")] if owner else []
    return [*parts, shared_buttons(group)]


def _tightest(group: Sequence[Shown]) -> Shown:
    first = bundling.tightest(shown.handoff for shown in group)
    return next((shown for shown in group if first is not None and shown.handoff.id == first.id), group[0])


def _count(group: Sequence[Shown]) -> str:
    return name_of(group[0], 80) if len(group) == 1 else f"{len(group)} people"


def _at_company(shown: Shown) -> str:
    company = safe(shown.facts.get("company", ""), 80) or safe(shown.handoff.company or "", 80)
    return f" of {company}" if company else ""


def _situation(group: Sequence[Shown]) -> str:
    shown = group[0]
    facts = shown.facts
    words = [safe(shown.handoff.segment, 60)]
    words += [safe(facts.get(name, ""), 40) for name in ("industry", "country")]
    plays = dict.fromkeys(f"▶ {safe(each.tier.play, 200)}" for each in group if each.tier.play)
    return " · ".join(word for word in [*list(plays)[:1], *words] if word)


def _person(shown: Shown, room: Room) -> list[Block]:
    handoff, most = shown.handoff, room.most
    title = safe(shown.facts.get("title", ""), most)
    words = [f"*{name_of(shown, most)}*" + (f", {title}" if title else "")]
    words.append(f"*{handoff.score}* = fit {handoff.fit} + intent {handoff.intent}")
    words += [level_words(handoff), safe(handoff.tier, 40)]
    words += ["fit check"] if handoff.fit_check else []
    words += ["returning"] if handoff.returning else []
    lines = [" · ".join(word for word in words if word)]
    if handoff.flag:
        lines.append(f"⚠️ {safe(handoff.flag, 200 if room.rows else 60)}")
    if handoff.owner is not None:
        lines += [line for line in (reach(shown, most), tried(shown)) if line]
    if room.rows:
        ordered = sorted(handoff.receipt, key=lambda row: -abs(int(row["points"])))
        lines += [row_line(row, shown.calendar) for row in ordered[:ROWS]]
    menu = more(shown, work=False) if room.menu else []
    line = blocks.section("\n".join(lines), f"who-{handoff.id}")
    parts = [line | {"accessory": menu[0]} if menu else line]
    message = plain(shown.facts.get("message", ""), 200) if room.rows else ""
    return parts + ([blocks.quote(f"“{message}” (what they wrote)")] if message else [])


def _owner(group: Sequence[Shown]) -> list[str]:
    """Who has them, and who of them is yet to be accepted."""
    shown = group[0]
    handoff = shown.handoff
    if handoff.owner is None:
        return [safe(handoff.routed, 300)] if handoff.routed else []
    fresh = [each for each in group if each.handoff.accepted_at is None]
    if not fresh or len(fresh) == len(group):
        return [whose_line(shown)]
    accepted = next(each for each in group if each.handoff.accepted_at is not None)
    names = ", ".join(name_of(each, 40) for each in fresh)
    return [whose_line(accepted), f"🆕 Came since, yours to accept: {names}"]


def shared_buttons(group: Sequence[Shown]) -> Block:
    """One row for all: each button is there once, with the first one's number it is possible for."""
    row: dict[str, Block] = {}
    for shown in group:
        for button in buttons(shown, menu=False)["elements"]:
            there = row.setdefault(button["action_id"], button)
            if "style" in button and "style" not in there:  # somebody is yet to be touched for the first time
                row[button["action_id"]] = button
    if "recycle" in row:
        row.pop("reject", None)  # one form for all of them, whichever is accepted
    newest = max(group, key=lambda each: each.handoff.last.at.timestamp() if each.handoff.last else 0)
    if newest.handoff.last is not None:
        row["undo"] = blocks.button("Undo", "undo", str(newest.handoff.id))
    menu = more(_tightest(group), lead=False)
    found = [row[name] for name in _ORDER if name in row]
    return blocks.actions(*found, *menu, block_id=f"do-{group[0].handoff.id}")


def _alone(shown: Shown, room: Room) -> list[Block]:
    handoff = shown.handoff
    if handoff.erased:
        return [blocks.section(ERASED, f"who-{handoff.id}")]
    if not handoff.open:
        return [ended_line(shown, f"who-{handoff.id}")]
    lines = [f"{who_line(shown, min(room.most, 40))} · *{handoff.score}*", *promise_line(shown)]
    if handoff.owner is not None:
        lines.append(whose_line(shown))
    return [
        blocks.section("\n".join(lines), f"who-{handoff.id}"),
        buttons(shown, menu=room.menu) | {"block_id": f"do-{handoff.id}"},
    ]


def _fallback(groups: Sequence[Sequence[Shown]], on_it: Sequence[Shown]) -> str:
    people = next(iter(groups), [shown for shown in on_it if not shown.handoff.erased])
    if not people:
        return ERASED
    names = ", ".join(name_of(shown, 60) for shown in people)
    count = "One person" if len(people) == 1 else f"{len(people)} people"
    words = [f"{count}{_at_company(people[0])}", names]
    due = _tightest(people).handoff
    if groups and due.wants_touch and due.due_at is not None:
        words.append(f"call by {clock_time(due.due_at, people[0].calendar.zone)}")
    if groups and due.owner is not None:
        how = "Accepted by" if due.accepted_at is not None else "For"
        words.append(f"{how} {mention(due.owner)}")
    return cut(" · ".join(words), FALLBACK)
