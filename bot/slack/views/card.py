"""The card: one hand-off, edited in place. The first two lines are what a phone shows.

Nothing on it is relative to now ("2 h left"), so that only a change of state is an edit. The only person
mentioned is the owner.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.desk import deal_hands
from bot.desk.desk import where
from bot.desk.report import Shown
from bot.slack.views import blocks, deal
from bot.slack.views.blocks import Block
from bot.slack.views.text import (
    FALLBACK,
    address,
    allowance,
    clean,
    clock_time,
    cut,
    literal,
    mention,
    plain,
    points,
    safe,
    span,
    when,
)
from scoring import stages
from scoring.contract import Definition
from scoring.dispositions import REASONS
from scoring.handoff import KINDS, OUTCOMES, Handoff
from scoring.worktime import WorkCalendar

ROWS = 3
"""Rows of the score on the card; the rest is under Why? Source: DESIGN, "The card"."""

LEVELS = {"high": "🔥 High intent", "medium": "✨ Medium intent", "low": "🌱 Low intent"}


LONGEST_URL = 3_000
"""Characters of a link in a menu. Source: docs.slack.dev, "Option object"."""

SPOT_CHECK = (
    "🎲 Spot check: below the line on purpose, so that the definition learns; work it like any other."
)
ERASED = "A lead whose data was erased on request."


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: blocks, and the text for notifications and screen readers."""

    blocks: list[Block]
    text: str


def card(shown: Shown) -> Message:
    """The card of one hand-off, as its state is."""
    handoff = shown.handoff
    if handoff.erased:
        return Message([blocks.section(ERASED, "who")], ERASED)
    if not handoff.open:
        return Message([ended_line(shown)], _fallback(shown))
    parts = [blocks.section("\n".join([who_line(shown), *promise_line(shown)]), "who")]
    parts.append(blocks.context(_situation(shown)))
    if handoff.origin == "spot_check":
        parts.append(blocks.context(SPOT_CHECK))
    parts += _by_hand(shown)
    if handoff.flag:
        parts.append(blocks.section(f"⚠️ {safe(handoff.flag, 500)} Check before you call.", "flag"))
    message = plain(shown.facts.get("message", ""), 400)
    if message:
        parts.append(blocks.quote(f"“{message}” (what they wrote)"))
    parts += _returning(shown)
    parts.append(blocks.section("\n".join(_score(shown)), "score"))
    if handoff.owner is not None:
        parts.append(blocks.section("\n".join(_owned(shown)), "owned"))
    elif handoff.routed:
        parts.append(blocks.context(safe(handoff.routed, 300)))
    parts.append(buttons(shown))
    return Message(parts, _fallback(shown))


def name_of(shown: Shown, most: int = 120) -> str:
    """The lead's name, or the best there is instead of it, ready for mrkdwn."""
    return safe(_raw_name(shown), most) or "Somebody without a name"


def plain_name(shown: Shown, most: int) -> str:
    """The same for where nothing is read as mrkdwn."""
    return literal(_raw_name(shown), most) or "Somebody without a name"


def _raw_name(shown: Shown) -> str:
    facts = shown.facts
    name = " ".join(str(facts.get(key, "")) for key in ("first_name", "last_name"))
    instead = (shown.email, facts.get("company"), facts.get("phone"), facts.get("id"))
    return next((found for found in (clean(name), *(clean(each or "") for each in instead)) if found), "")


def whom(shown: Shown) -> str:
    """The lead, in bold, and how many others of its card one works on with it."""
    others = (
        "" if not shown.beside else f" and {shown.beside} other{'' if shown.beside == 1 else 's'} on its card"
    )
    return f"*{name_of(shown)}*{others}"


def who_line(shown: Shown, most: int = 120) -> str:
    """The first line: who it is; name, title and company of at most *most* characters each."""
    title, company = (safe(shown.facts.get(name, ""), most) for name in ("title", "company"))
    described = " · ".join(part for part in (title, company) if part)
    return f"*{name_of(shown, most)}*" + (f", {described}" if described else "")


def promise_line(shown: Shown) -> list[str]:
    """The second line: what is due, or was done."""
    handoff = shown.handoff
    if handoff.stage not in ("mql", "sal"):
        return [f"🏁 {_stage(shown)}{deal.progress(shown)}"]
    if handoff.touched_at is not None:
        after = span(handoff.touched_at - handoff.crossed_at)
        return [
            f"☎️ First touch {when(handoff.touched_at, shown.calendar.zone)}, {after} after the lead came in"
        ]
    if handoff.paused_until is not None and handoff.due_at is not None:
        zone = shown.calendar.zone
        why, until = safe(handoff.pause_reason or "", 80), when(handoff.paused_until, zone)
        return [f"⏸ Paused until {until}: {why}. First touch by {when(handoff.due_at, zone)}"]
    if handoff.due_at is None or handoff.allowance is None:
        by = when(handoff.crossed_at + shown.definition.decide, shown.calendar.zone)
        return [f"🕰 Old news: no first-touch clock runs. Decide by {by}"]
    promise = allowance(handoff.allowance, handoff.clock or "business")
    line = f"⏱ First touch by {when(handoff.due_at, shown.calendar.zone)} ({promise})"
    theirs = _their_zone(shown.facts.get("timezone"))
    return [line + (f" · their time {clock_time(handoff.due_at, theirs)}" if theirs else "")]


def _their_zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (ValueError, OSError, KeyError):
        return None


def _situation(shown: Shown) -> str:
    facts, handoff = shown.facts, shown.handoff
    employees = facts.get("employees")
    company = ", ".join(
        part
        for part in (
            f"{employees:,} staff" if isinstance(employees, int) and not isinstance(employees, bool) else "",
            safe(facts.get("industry", ""), 60),
            safe(facts.get("country", ""), 40),
        )
        if part
    )
    play = f"▶ {safe(shown.tier.play, 300)}" if shown.tier.play else ""
    words = [level_words(handoff), safe(handoff.tier, 60), play, safe(handoff.segment, 60), company]
    words += ["fit check"] if handoff.fit_check else []
    words += ["returning"] if handoff.returning else []
    words += [f"from {safe(facts['source'], 40)}"] if facts.get("source") else []
    return " · ".join(word for word in words if word)


def level_words(handoff: Handoff) -> str:
    """How strong its intent is, in words; empty where nothing says so."""
    for level, words in LEVELS.items():
        if any(row.get("level") == level for row in handoff.receipt):
            return words
    return ""


def _returning(shown: Shown) -> list[Block]:
    if not shown.history:
        return []
    last = shown.history[0]
    reason = REASONS.get(last.reason or "")
    why = f": {reason.words.lower()}" if reason else ""
    day = f"{last.ended_at:%Y-%m-%d}" if last.ended_at else ""
    note = f" “{safe(last.note, 200)}”" if last.note else ""
    end = safe(_label(shown, last.stage).lower(), 60)
    return [blocks.context(f"↩ Back again; {end} on {day}{why}.{note}")]


def _by_hand(shown: Shown) -> list[Block]:
    handoff = shown.handoff
    if handoff.origin != "by_hand":
        return []
    person = shown.team.person(handoff.given_by or "")
    who = safe(person.name, 80) if person else "a colleague"
    return [blocks.context(f"✋ by {who}: {safe(handoff.given_why or '', 500)}")]


def _score(shown: Shown) -> list[str]:
    handoff = shown.handoff
    signed = "" if shown.signed else ", unsigned"
    head = (
        f"*{handoff.score}* = fit {handoff.fit} + intent {handoff.intent}"
        f"   · {_named(shown, 'mql')} at {shown.definition.threshold} · definition v{handoff.version}{signed}"
    )
    ordered = sorted(handoff.receipt, key=lambda row: -abs(int(row["points"])))
    rows = [row_line(row, shown.calendar) for row in ordered[:ROWS]]
    left = len(ordered) - len(rows)
    more = [f" …    {left} more row{'' if left == 1 else 's'} under Why?"] if left > 0 else []
    return [head, *rows, *more]


def row_line(row: dict[str, Any], calendar: WorkCalendar) -> str:
    """One row of a receipt: points, words, and when it happened."""
    at = row.get("occurred")
    dated = f" · {when(datetime.fromtimestamp(at, UTC), calendar.zone)}" if at is not None else ""
    return f" {points(int(row['points']))}  {safe(row['label'], 160)}{dated}"


def _owned(shown: Shown) -> list[str]:
    lines = [whose_line(shown), reach(shown, 120), tried(shown)]
    return [line for line in lines if line] + deal.bant_line(shown.handoff)


def whose_line(shown: Shown) -> str:
    """Whose it is, and whether they have accepted it; it has an owner."""
    handoff = shown.handoff
    owner = mention(handoff.owner or "")
    with_ae = deal.held_by(shown)
    if with_ae is not None:
        return with_ae
    if handoff.accepted_at is not None and handoff.sdr in (None, handoff.owner):
        return f"✅ Accepted by {owner} in {span(handoff.accepted_at - handoff.crossed_at)}"
    return f"👤 Yours, {owner}." + (f" {safe(handoff.routed, 200)}" if handoff.routed else "")


def reach(shown: Shown, most: int) -> str:
    """Address and telephone number, at most *most* characters each; empty where neither is known."""
    ways = [address(shown.email, most)] if shown.email else []
    ways += [safe(value, most) for value in (shown.facts.get("phone"),) if value]
    return "✉️ " + " · ".join(ways) if ways else ""


def tried(shown: Shown) -> str:
    """The last try to reach them, and how many there were; empty where nobody tried."""
    if not shown.handoff.touches:
        return ""
    last, tries = shown.handoff.touches[-1], len(shown.handoff.touches)
    how = f"{KINDS.get(last.kind, last.kind)}: {OUTCOMES.get(last.outcome, last.outcome).lower()}"
    return f"☎️ {how} · {tries} touch{'' if tries == 1 else 'es'} logged"


def buttons(shown: Shown, *, menu: bool = True) -> Block:
    """The buttons that lead anywhere from here; without the ⋯ *menu* where there is no room for it."""
    handoff, value = shown.handoff, str(shown.handoff.id)
    why = blocks.button("Why?", "why", value)
    at = where(handoff, shown.definition)
    row: list[Block] = []
    if stages.legal("accept", at):
        row += [
            blocks.button(accept_word(shown.definition), "accept", value, "primary"),
            blocks.button("Reject", "reject", value),
        ]
    if stages.legal("touch", at) and at.accepted:
        first = handoff.touched_at is None
        row.append(
            blocks.button(
                "Log first touch" if first else "Log a touch", "touch", value, "primary" if first else None
            )
        )
    if stages.legal("qualify", at):
        row.append(blocks.button("Qualify", "qualify", value))
    row += deal.buttons(shown)
    if stages.legal("recycle", at) and handoff.stage != "opportunity":  # a deal is lost, not recycled
        row.append(blocks.button("Recycle or disqualify", "recycle", value))
    if handoff.last is not None:
        row.append(blocks.button("Undo", "undo", value))
    return blocks.actions(*row, why, *(more(shown) if menu else []))


def accept_word(definition: Definition) -> str:
    """What the button says that takes a lead: Claim where there is no stage for having accepted it."""
    return "Accept" if definition.sal else "Claim"


def more(shown: Shown, *, work: bool = True, lead: bool = True) -> list[Block]:
    """The ⋯ menu, where there is something in it: what is rarely wanted, as a word and the hand-off's id.

    *work*: what is done to all on a card; *lead*: what is about this one.
    """
    words = [*(_work(shown) if work else []), *([("facts", "Complete facts")] if lead else [])]
    options = [blocks.option(label, f"{word}:{shown.handoff.id}") for word, label in words]
    everything = [*options, *(_crm(shown) if lead else [])]
    return [blocks.menu("more", everything)] if everything else []


def _work(shown: Shown) -> list[tuple[str, str]]:
    handoff, at = shown.handoff, where(shown.handoff, shown.definition)
    words = []
    if stages.legal("assign", at):
        words.append(("reassign", _giving(shown)))
    if handoff.owner is not None and handoff.wants_touch:
        words.append(("snooze", "Put nudges off"))
        if handoff.paused_until is not None:
            words.append(("resume", "Let the clock run again"))
        elif shown.definition.pause_reasons:
            words.append(("pause", "Pause the clock"))
    return words


def _giving(shown: Shown) -> str:
    if deal_hands.is_deal(shown.handoff) and shown.team.ae:
        return "Give it to another account executive"
    return "Give it to somebody else" if shown.handoff.owner else "Give it to somebody"


def _crm(shown: Shown) -> list[Block]:
    """ "Open in CRM", where the team file says where and the lead has what the link wants."""
    link, filled = shown.team.crm_url, {"id": shown.facts.get("id"), "email": shown.email}
    if link is None or any(f"{{{name}}}" in link and not value for name, value in filled.items()):
        return []
    for name, value in filled.items():
        link = link.replace(f"{{{name}}}", quote(str(value or ""), safe=""))
    return [blocks.link("Open in CRM", f"crm:{shown.handoff.id}", link)] if len(link) <= LONGEST_URL else []


def ended_line(shown: Shown, block_id: str = "who") -> Block:
    """An ended hand-off: one line and Undo."""
    handoff = shown.handoff
    company = safe(shown.facts.get("company", ""), 80)
    reason = REASONS.get(handoff.reason or "")
    words = [f"*{name_of(shown)}*" + (f", {company}" if company else ""), _stage(shown)]
    if handoff.stage == "won" and handoff.amount is not None:
        words.append(deal.money(handoff.amount, handoff.currency))
    if reason is not None:
        words.append(reason.words)
    if handoff.again_on is not None:
        words.append(f"back on {handoff.again_on:%Y-%m-%d}")
    if handoff.owner is not None:
        words.append(mention(handoff.owner))
    line = blocks.section(" · ".join(words), block_id)
    if handoff.last is None:
        return line
    return line | {"accessory": blocks.button("Undo", "undo", str(handoff.id))}


def _stage(shown: Shown) -> str:
    return _named(shown, shown.handoff.stage)


def _named(shown: Shown, stage: str) -> str:
    return safe(_label(shown, stage), 60)


def _label(shown: Shown, stage: str) -> str:
    return stages.label(stage, shown.definition.labels)


def _fallback(shown: Shown) -> str:
    handoff = shown.handoff
    company = safe(shown.facts.get("company", ""), 80)
    who = name_of(shown, 80) + (f", {company}" if company else "")
    if not handoff.open:
        return cut(f"{_stage(shown)} · {who}", FALLBACK)
    tier = safe(handoff.tier, 40)
    words = [tier[:1].upper() + tier[1:], who, str(handoff.score)]
    if handoff.wants_touch and handoff.due_at is not None:
        words.append(f"call by {clock_time(handoff.due_at, shown.calendar.zone)}")
    if handoff.owner is not None:
        how = "Accepted by" if handoff.accepted_at is not None else "For"
        words.append(f"{how} {mention(handoff.owner)}")
    return cut(" · ".join(words), FALLBACK)
