"""Answers to /mql: for the asker alone, within one message."""

from collections.abc import Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.desk.hand_over import receipt
from bot.desk.report import Explained, Figures, Queue, Shown
from bot.slack.views import blocks
from bot.slack.views.card import Message, name_of, row_line
from bot.slack.views.text import mention, points, safe, when
from scoring import stages
from scoring.contract import Definition
from scoring.dispositions import REASONS
from scoring.funnel import Rate
from scoring.handoff import Handoff

MOST = 20
"""Leads listed of each kind; 40 lines of 250 characters stay under Slack's 13,200 a message."""

MOST_ROWS = 40


def helped(commands: Mapping[str, str]) -> Message:
    """What /mql can do: usage to help line."""
    lines = ["*Baton* hands leads from marketing to sales. Type:"]
    lines += [f" `/mql {usage}`  {line}" for usage, line in commands.items()]
    return Message(blocks.paragraphs(lines), "What /mql can do")


def queue(found: Queue) -> Message:
    """Who waits for the asker, soonest due first."""
    lines = [f"*Yours* ({found.mine.count})"]
    lines += [_waiting(shown) for shown in found.mine.first[:MOST]] or [" Nothing waits for you."]
    lines += _left(found.mine.count)
    lines += ["", f"*To be claimed* ({found.unclaimed.count})"]
    lines += [_waiting(shown) for shown in found.unclaimed.first[:MOST]] or [" Every lead has an owner."]
    lines += _left(found.unclaimed.count)
    if found.on_hold:
        wanted = ", ".join(f"{safe(name, 40)} ({count})" for name, count in sorted(found.on_hold.items()))
        lines += ["", f"*On hold until somebody finds out:* {wanted}"]
    return Message(
        blocks.paragraphs(lines), f"{found.mine.count} yours, {found.unclaimed.count} to be claimed"
    )


def _left(count: int) -> list[str]:
    return [f" … and {count - MOST} more"] if count > MOST else []


def _waiting(shown: Shown) -> str:
    handoff = shown.handoff
    company = safe(shown.facts.get("company", ""), 60)
    who = f"*{name_of(shown, 60)}*" + (f", {company}" if company else "")
    stage = stages.label(handoff.stage, shown.definition.labels)
    due = (
        f" · first touch by {when(handoff.due_at, shown.calendar.zone)}"
        if handoff.wants_touch and handoff.due_at
        else ""
    )
    return f" {handoff.score}  {who} · {safe(handoff.tier, 40)} · {safe(stage, 30)}{due}"


def lead(found: Explained) -> Message:
    """What is known of a lead, and its hand-offs."""
    facts = found.known.facts
    name = " ".join(str(facts[key]) for key in ("first_name", "last_name") if facts.get(key))
    lines = [f"*{safe(name, 120) or safe(found.known.email or 'Somebody without a name', 120)}*"]
    lines += [
        f" {safe(key.replace('_', ' '), 60)}: {safe(_value(value), 200)}"
        for key, value in sorted(facts.items())[:MOST_ROWS]
    ]
    lines.append(_head(found))
    lines += [f" {safe(sentence, 300)}" for sentence in found.verdict.sentences]
    if found.history:
        lines.append("*Hand-offs*")
        lines += [_past(each, found) for each in found.history[:10]]
    return Message(blocks.paragraphs(lines), f"What Baton knows of {safe(found.known.email or name, 120)}")


def _value(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _past(handoff: Handoff, found: Explained) -> str:
    zone = ZoneInfo(found.team.timezone)
    stage = safe(stages.label(handoff.stage, found.definition.labels), 40)
    reason = REASONS.get(handoff.reason or "")
    words = [f" {when(handoff.crossed_at, zone)}", f"{handoff.score} points", safe(handoff.tier, 40), stage]
    words += [reason.words] if reason else []
    words += [mention(handoff.owner)] if handoff.owner else []
    return " · ".join(words)


def _head(found: Explained) -> str:
    score = found.score
    return (
        f"*{score.total}* = fit {score.fit} + intent {score.intent} · MQL at {found.definition.threshold} · "
        f"definition v{found.version}"
    )


def why(found: Explained) -> Message:
    """The arithmetic, row by row, under the definition in force."""
    calendar = found.team.calendar
    rows = [row_line(row, calendar) for row in receipt(found.score.parts)]
    lines = [_head(found), *rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f" … and {len(rows) - MOST_ROWS} more rows; baton score EMAIL has them all")
    if not rows:
        lines.append(f" {points(0)}  Nothing counts yet.")
    lines += [_verdict(found), *(f" {safe(sentence, 300)}" for sentence in found.verdict.sentences)]
    return Message(blocks.paragraphs(lines), f"{found.score.total} points")


def _verdict(found: Explained) -> str:
    open_one = next((each for each in found.history if each.open), None)
    if open_one is not None:
        return f"*It is with sales* as {safe(stages.label(open_one.stage, found.definition.labels), 40)}."
    if found.verdict.mql:
        return "*It would be an MQL at its next event.*"
    return "*It is no MQL now.*"


def funnel(found: Figures) -> Message:
    """How far the hand-offs of the period came: rates first, volume second, each with its interval."""
    figures, definition = found.funnel, found.definition
    steps = ["lead", "mql", *(["sal"] if definition.sal else []), "sql", "opportunity", "won"]
    lines = [f"*The funnel of the last {found.days} day{'' if found.days == 1 else 's'}*"]
    for earlier, later in pairwise(steps):
        step = f"{_name(earlier, definition)} → {_name(later, definition)}"
        lines.append(f" {step}: {_rate(figures.rate(later, earlier))}")
    counts = [
        f"{figures.leads} leads",
        *(f"{figures.reached.get(s, 0)} {_name(s, definition)}" for s in steps[1:]),
    ]
    lines.append("Volume: " + " · ".join(counts))
    if figures.ended:
        lines.append(
            "Ended: "
            + " · ".join(f"{n} {_name(end, definition)}" for end, n in sorted(figures.ended.items()))
        )
    lines += [
        f" {n} × {REASONS[code].words if code in REASONS else safe(code)}"
        for code, n in sorted(figures.reasons.items(), key=lambda row: -row[1])
    ]
    signed = "" if found.signed else ", unsigned"
    lines.append(
        f"Lead → {_name('mql', definition)} counts people first seen in the period; the other rates count "
        "the hand-offs that began in it, as far as they are now, with 95 % intervals. "
        f"Definition v{found.version}{signed}."
    )
    return Message(blocks.paragraphs(lines), f"The funnel of the last {found.days} days")


def _name(stage: str, definition: Definition) -> str:
    return "Lead" if stage == "lead" else safe(stages.label(stage, definition.labels), 40)


def _rate(rate: Rate) -> str:
    if rate.share is None:
        return "no cases yet"
    low, high = rate.interval
    return f"*{100 * rate.share:.0f} %* [{100 * low:.0f}–{100 * high:.0f}] ({rate.hits} of {rate.n})"


def home(found: Queue | None, sentence: str = "") -> dict[str, object]:
    """The Home tab: what waits for its reader, or the sentence why nothing can be shown."""
    parts = [blocks.header("Baton")]
    if found is None:
        parts.append(blocks.section(safe(sentence, 500)))
    else:
        parts += queue(found).blocks
        parts.append(blocks.context("`/mql` tells what else Baton answers."))
    return {"type": "home", "blocks": parts}
