"""What Baton says beside the card: in its thread, by DM, in the admin channel."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk.govern import Shadow
from bot.desk.report import Several, Shown, Told
from bot.slack.views import blocks
from bot.slack.views.card import Message, name_of
from bot.slack.views.text import FALLBACK, cut, mention, safe, when
from scoring.contract import Definition
from scoring.labels import sentence_case
from scoring.lead import Activity


def step_words(step: str) -> str:
    """A rung of the ladder as a person reads it, such as "80 % of the time is used" or "Overdue"."""
    kind, _, share = step.partition(" ")
    if kind == "breach":
        return "Overdue" if not share else f"Overdue ({share.removesuffix('%')} % of the time)"
    if share == "50%":
        return "Half the time is used"
    return f"{share.removesuffix('%')} % of the time is used"


def nudge_thread(shown: Shown, step: str, readers: list[str]) -> Message:
    """A nudge, or a call to everyone, in the card's thread while nobody owns the lead."""
    called = " ".join(mention(reader) for reader in readers)
    ask = f"First touch by {_due(shown)}; press Accept to take it."
    line = f"⏳ {step_words(step)}: nobody has touched *{name_of(shown)}* yet. {ask} {called}".strip()
    return Message([blocks.section(line)], cut(f"{step_words(step)}: {name_of(shown)}", FALLBACK))


def nudge_owner(shown: Shown, step: str, link: str | None) -> Message:
    """A nudge to the owner by DM, with what they most likely did on it."""
    value = str(shown.handoff.id)
    card = f" <{link}|Open the card>" if link else ""
    line = f"⏳ {step_words(step)}: log the first touch of *{name_of(shown)}* by {_due(shown)}.{card}"
    row = blocks.actions(
        blocks.button("I called", "touch_call", value, "primary"),
        blocks.button("I e-mailed", "touch_email", value),
        blocks.button("Booked", "touch_booked", value),
    )
    return Message([blocks.section(line), row], cut(f"{step_words(step)}: {name_of(shown)}", FALLBACK))


def breach_thread(shown: Shown, step: str, readers: Sequence[str] = ()) -> Message:
    """The breach, in the card's thread. Its owner is named, and mentioned only where among *readers*."""
    owner = shown.handoff.owner
    whose = "Nobody has accepted it"
    if owner is not None:
        whose = f"{_named(owner, shown, readers)} has not logged a first touch"
    called = " ".join(mention(reader) for reader in readers if reader != owner)
    late = f"the first touch of *{name_of(shown)}* was due {_due(shown)}"
    line = f"🔴 {step_words(step)}: {late}. {whose}; the managers know. {called}".strip()
    return Message([blocks.section(line)], cut(f"{step_words(step)}: {name_of(shown)}", FALLBACK))


def _named(owner: str, shown: Shown, readers: Sequence[str]) -> str:
    person = shown.team.person(owner)
    return mention(owner) if owner in readers or person is None else safe(person.name, 80)


def released(shown: Shown, now: datetime) -> Message:
    """Its owner's account was deactivated: the pool is asked to take it, and who works at *now* is called."""
    people = (shown.team.person(id_) for id_ in shown.handoff.pool)
    there = [person.id for person in people if person is not None and shown.team.on_shift(person, now)]
    called = " ".join(mention(reader) for reader in there)
    line = f"↩️ *{name_of(shown)}* is back in the pool: its owner has left. Press Accept to take it. {called}"
    return Message([blocks.section(line.strip())], cut(f"Back in the pool: {name_of(shown)}", FALLBACK))


def notices(rows: Several[Told], links: Mapping[int, str]) -> Message:
    """What a person must know, collected into one message."""
    lines = [_notice(each.step, each.shown, links.get(each.shown.handoff.id)) for each in rows.first]
    lines += _more(rows)
    head = "One lead needs you" if rows.count == 1 else f"{rows.count} leads need you"
    first = name_of(rows.first[0].shown)
    return Message(
        blocks.paragraphs(lines),
        cut(f"{head}: {first}" + (" and others" if rows.count > 1 else ""), FALLBACK),
    )


def _more(rows: Several[Any]) -> list[str]:
    left = rows.count - len(rows.first)
    return [f"… and {left} more. /mql queue lists them."] if left > 0 else []


def opening_list(rows: Several[Shown], links: Mapping[int, str]) -> Message:
    """What came outside hours, best first, for somebody who may claim it."""
    count = "One lead" if rows.count == 1 else f"{rows.count} leads"
    lines = [f"☀️ {count} came while you were off, best first:"]
    for shown in rows.first:
        link = links.get(shown.handoff.id)
        card = f" <{link}|Open the card>" if link else ""
        lines.append(f" *{shown.handoff.score}*  {name_of(shown)} · first touch by {_due(shown)}.{card}")
    lines += _more(rows)
    return Message(blocks.paragraphs(lines), cut(f"{count} came while you were off", FALLBACK))


def _notice(step: str, shown: Shown, link: str | None) -> str:
    handoff = shown.handoff
    who = f"with {mention(handoff.owner)}" if handoff.owner else "accepted by nobody"
    card = f" <{link}|Open the card>" if link else ""
    if step.startswith(("nudge", "breach", "everyone")):
        return f"🔴 {step_words(step)}: *{name_of(shown)}*, due {_due(shown)}, {who}.{card}"
    tries = len(handoff.touches)
    tried = f"{tries} touch{'' if tries == 1 else 'es'} logged"
    undecided = f"No decision yet on *{name_of(shown)}*, {who}, {tried}"
    return f"🕰 {undecided}: qualify it, or recycle it with a reason.{card}"


def _due(shown: Shown) -> str:
    due = shown.handoff.due_at
    return when(due, shown.calendar.zone) if due else "the agreed time"


def activity(
    activities: list[Activity], definition: Definition, raised: str | None, zone: ZoneInfo
) -> Message:
    """New activity of a lead whose hand-off is open, in its thread."""
    lines = [f"➕ {safe(_did(each, definition), 160)} · {_at(each, zone)}" for each in activities[:20]]
    left = len(activities) - len(lines)
    lines += [f"… and {left} more"] if left > 0 else []
    if raised:
        lines.append(f"⬆️ Raised to *{safe(raised, 60)}*; the due time on the card is the new one.")
    return Message(blocks.paragraphs(lines), cut(lines[0], FALLBACK))


def _did(each: Activity, definition: Definition) -> str:
    row = definition.intent.get(each.signal)
    words = row.label if row is not None and row.label else sentence_case(each.signal)
    return f"{words}: {each.asset}" if each.asset else words


def _at(each: Activity, zone: ZoneInfo) -> str:
    return when(datetime.fromtimestamp(each.occurred, UTC), zone)


def shadow_digest(day: Shadow) -> Message:
    """A day in shadow: share, volume against capacity, samples, and the button that ends it."""
    share = f"{100 * day.would_be / day.leads:.0f} %" if day.leads else "none"
    room = f"; your SDRs hold {day.capacity} open leads at most" if day.capacity is not None else ""
    lines = [
        "*Baton runs in shadow: no cards are sent.*",
        f"In the last {_days(day)} {day.leads} new leads came in and {day.would_be} would have become MQLs "
        f"({share} of them){room}.",
        f"Since the shadow start: {day.total} would-be MQLs.",
    ]
    lines += [
        f" *{row.score}*  {_sample(facts)} · {safe(row.tier, 40)} · {safe(row.segment, 40)}"
        for row, facts in day.samples
    ]
    lines.append("If these are the leads sales wants, press Go live; from then on new MQLs become cards.")
    return Message(
        [*blocks.paragraphs(lines), blocks.actions(blocks.button("Go live", "go_live", "team", "primary"))],
        f"Shadow: {day.would_be} would-be MQLs of {day.leads} new leads",
    )


def _days(day: Shadow) -> str:
    days = round(day.span.total_seconds() / 86_400)
    return "day" if days == 1 else f"{days} days"


def _sample(facts: dict[str, object]) -> str:
    name = " ".join(str(facts[key]) for key in ("first_name", "last_name") if facts.get(key))
    who = name or str(facts.get("email") or facts.get("company") or "Somebody without a name")
    company = f", {facts['company']}" if facts.get("company") and name else ""
    return safe(who + company, 120) or "Somebody without a name"


def live(by: str) -> Message:
    """Go live was pressed."""
    line = f"🟢 Baton is live since {mention(by)} pressed Go live: new MQLs become cards from now on."
    return Message([blocks.section(line)], "Baton is live")


def alert(sentence: str) -> Message:
    """Something is wrong with Baton; the sentence is ours, with ids and channels and nothing of a lead."""
    return Message([blocks.section(f"⚠️ {sentence}")], sentence)
