"""What Baton says beside the card: in its thread, by DM, in the admin channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.desk.customers import Request
from bot.desk.govern import Shadow
from bot.desk.report import Several, Shown, Told
from bot.desk.waking import Reminder
from bot.slack.views import blocks, deal_notes
from bot.slack.views.card import Message, accept_word, name_of, who_line, whom
from bot.slack.views.entry import card_link, expected
from bot.slack.views.text import FALLBACK, cut, mention, safe, when
from scoring import stages
from scoring.attribution import CAUSES, Cause
from scoring.contract import Definition
from scoring.dispositions import REASONS
from scoring.labels import sentence_case
from scoring.lead import Activity
from scoring.worth import Worth


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
    ask = f"First touch by {_due(shown)}; press {accept_word(shown.definition)} to take it."
    line = f"⏳ {step_words(step)}: nobody has touched {whom(shown)} yet. {ask} {called}".strip()
    return Message([blocks.section(line)], cut(f"{step_words(step)}: {name_of(shown)}", FALLBACK))


def nudge_owner(shown: Shown, step: str, link: str | None) -> Message:
    """A nudge to the owner by DM, with what they most likely did on it."""
    value = str(shown.handoff.id)
    card = f" <{link}|Open the card>" if link else ""
    line = f"⏳ {step_words(step)}: log the first touch of {whom(shown)} by {_due(shown)}.{card}"
    row = blocks.actions(
        blocks.button("I called", "touch_call", value, "primary"),
        blocks.button("I e-mailed", "touch_email", value),
        blocks.button("Booked", "touch_booked", value),
    )
    return Message([blocks.section(line), row], cut(f"{step_words(step)}: {name_of(shown)}", FALLBACK))


@dataclass(frozen=True, slots=True)
class Broken:
    """A breach as it was decided: its step, who is called, whose the lead was, and what was in the way."""

    step: str
    readers: Sequence[str] = ()
    owner: str | None = None
    cause: Cause | None = None


def breach_thread(shown: Shown, broken: Broken) -> Message:
    """The breach, in the card's thread. Its owner is named, and mentioned only where among the readers."""
    owner, readers = broken.owner, broken.readers
    whose = "Nobody has accepted it"
    if owner is not None:
        whose = f"{_named(owner, shown, readers)} has not logged a first touch"
    called = " ".join(mention(reader) for reader in readers if reader != owner)
    late = f"the first touch of {whom(shown)} was due {_due(shown)}"
    why = f" Most of the time went to {CAUSES[broken.cause]}." if broken.cause not in (None, "rep") else ""
    line = f"🔴 {step_words(broken.step)}: {late}. {whose}; the managers know.{why} {called}".strip()
    return Message([blocks.section(line)], cut(f"{step_words(broken.step)}: {name_of(shown)}", FALLBACK))


def _named(owner: str, shown: Shown, readers: Sequence[str]) -> str:
    person = shown.team.person(owner)
    return mention(owner) if owner in readers or person is None else safe(person.name, 80)


def released(shown: Shown, now: datetime) -> Message:
    """Its owner's account was deactivated: the pool is asked to take it, and who works at *now* is called."""
    called = _there(shown, now)
    press = f"Press {accept_word(shown.definition)} to take it."
    line = f"↩️ {whom(shown)} {_is(shown)} back in the pool: the owner has left. {press} {called}"
    return Message([blocks.section(line.strip())], cut(f"Back in the pool: {name_of(shown)}", FALLBACK))


@dataclass(frozen=True, slots=True)
class Handed:
    """A lead changed hands: to whom (None: its pool), from whom, how, by whom (None: Baton), and what they said."""

    to: str | None
    giver: str | None = None
    how: str = "reassigned"
    by: str | None = None
    note: str = ""
    said: str | None = None


def handed(shown: Shown, change: Handed, now: datetime) -> Message:
    """In the card's thread: who has it now is mentioned, unless they did it themselves."""
    name, why = name_of(shown), _why_handed(shown, change)
    press = f"Press {accept_word(shown.definition)}"
    if change.to is None:
        line = (
            f"↩️ {whom(shown)} {_is(shown)} back in the pool: {why} {press} to take it. {_there(shown, now)}"
        )
        return Message([blocks.section(line.strip())], cut(f"Back in the pool: {name}", FALLBACK))
    readers = [] if change.to == change.by else [change.to]
    now_with = f"{whom(shown)} {_is(shown)} with {_named(change.to, shown, readers)} now"
    line = f"↪️ {now_with}: {why} {press} to say that you have it."
    return Message([blocks.section(line)], cut(f"Yours now: {name}", FALLBACK))


def _why_handed(shown: Shown, change: Handed) -> str:
    giver = _named(change.giver, shown, ()) if change.giver else "nobody"
    by = _named(change.by, shown, ()) if change.by else "Baton"
    words = {
        "by_itself": f"{giver} had{' not' if change.giver else ''} touched it in time.",
        "passed_on": f"{by} passed on what {'they have' if change.by == change.giver else f'{giver} has'}.",
        "round_robin": "it is their turn.",
        "reassigned": f"{by} gave it to them.",
        "pool": f"{by} gave it back.",
    }
    said = safe(change.said, 300) if change.said else words.get(change.how, words["reassigned"])
    return f"{said} “{safe(change.note, 500)}”" if change.note else said


def _is(shown: Shown) -> str:
    return "are" if shown.beside else "is"


def joined(shown: Shown, *, call: bool) -> Message:
    """Somebody came onto a card that stands there, in its thread; *call*: their owner is mentioned."""
    owner = shown.handoff.owner
    whose = f"{accept_word(shown.definition)} takes everybody on the card."
    if owner is not None:
        name = mention(owner) if call else _named(owner, shown, ())
        whose = f"Yours too, {name}: press {accept_word(shown.definition)} on the card."
    line = f"🆕 {who_line(shown)} came onto this card with *{shown.handoff.score}* points. {whose}"
    return Message([blocks.section(line)], cut(f"One more on this card: {name_of(shown)}", FALLBACK))


def _there(shown: Shown, now: datetime) -> str:
    people = (shown.team.person(id_) for id_ in shown.handoff.pool)
    there = [person.id for person in people if person is not None and shown.team.on_shift(person, now)]
    return " ".join(mention(reader) for reader in there)


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


def opening_list(rows: Several[Shown], links: Mapping[int, str], worth: Worth) -> Message:
    """What came outside hours, best first, for somebody who has it or may claim it."""
    count = "One lead" if rows.count == 1 else f"{rows.count} leads"
    lines = [f"☀️ {count} came while you were off, best first:"]
    for shown in rows.first:
        words = [f" *{shown.handoff.score}*  {name_of(shown)}", expected(shown, worth)]
        words += [f"first touch by {_due(shown)}", "yours" if shown.handoff.owner else ""]
        words.append(card_link(shown, links))
        lines.append(" · ".join(word for word in words if word))
    lines += _more(rows)
    first = f"; the best is {name_of(rows.first[0])}" if rows.first else ""
    return Message(blocks.paragraphs(lines), cut(f"{count} came while you were off{first}", FALLBACK))


def _notice(step: str, shown: Shown, link: str | None) -> str:
    handoff = shown.handoff
    who = f"with {mention(handoff.owner)}" if handoff.owner else "accepted by nobody"
    card = f" <{link}|Open the card>" if link else ""
    if step.startswith("nobody"):
        return f"🙋 Nobody of its pool is there for *{name_of(shown)}*; all of them may claim it. Give it to one.{card}"
    if step.startswith("reassign"):
        lies = f"{whom(shown)} {'lie' if shown.beside else 'lies'} untouched and nobody else is there"
        return f"🔴 {lies}, {who}: give it to somebody.{card}"
    if step.startswith(("nudge", "breach", "everyone")):
        return f"🔴 {step_words(step)}: *{name_of(shown)}*, due {_due(shown)}, {who}.{card}"
    later = deal_notes.notice(step, shown)
    if later is not None:
        return later + card
    tries = len(handoff.touches)
    tried = f"{tries} touch{'' if tries == 1 else 'es'} logged"
    undecided = f"No decision yet on *{name_of(shown)}*, {who}, {tried}"
    return f"🕰 {undecided}: qualify it, or recycle it with a reason.{card}"


def _due(shown: Shown) -> str:
    due = shown.handoff.due_at
    return when(due, shown.calendar.zone) if due else "the agreed time"


def activity(shown: Shown, activities: list[Activity], raised: str | None) -> Message:
    """New activity of a lead whose hand-off is open, in its thread; of several on the card it says whose it is."""
    zone, whose = shown.calendar.zone, f"{name_of(shown, 60)}: " if shown.handoff.bundled else ""
    lines = [
        f"➕ {whose}{safe(_did(each, shown.definition), 160)} · {_at(each, zone)}" for each in activities[:20]
    ]
    left = len(activities) - len(lines)
    lines += [f"… and {left} more"] if left > 0 else []
    if raised:
        lines.append(f"⬆️ {whose}Raised to *{safe(raised, 60)}*; the card shows what is promised now.")
    return Message(blocks.paragraphs(lines), cut(lines[0], FALLBACK))


def _did(each: Activity, definition: Definition) -> str:
    row = definition.intent.get(each.signal)
    words = row.label if row is not None and row.label else sentence_case(each.signal)
    return f"{words}: {each.asset}" if each.asset else words


def _at(each: Activity, zone: ZoneInfo) -> str:
    return when(datetime.fromtimestamp(each.occurred, UTC), zone)


def wake(told: Reminder, reader: str, link: str | None) -> Message:
    """The day on which a lead may come back is here, and it has not come back by itself: to who had it last."""
    shown, handoff = told.shown, told.shown.handoff
    back_on = f" On {handoff.again_on:%Y-%m-%d} this lead may come back." if handoff.again_on else ""
    lines = [f"⏰ Get in touch again with {who_line(shown)}.{back_on}", _ended(shown, reader)]
    did = [
        f"{safe(_did(each, shown.definition), 160)} · {_at(each, shown.calendar.zone)}" for each in told.since
    ]
    did += [f"{told.more} more"] if told.more else []
    lines.append(f"Since then: {'; '.join(did) if did else 'nothing new'}.")
    reach = [safe(value, 120) for value in (shown.email, shown.facts.get("phone")) if value]
    lines += [f"✉️ {' · '.join(reach)}"] if reach else []
    again = "To take it up, find it under its name in your CRM: it has no e-mail address here."
    if shown.email:
        again = f"To take it up with a new card, type */mql handoff {safe(shown.email, 254)}*."
    lines.append(again + (f" <{link}|Open the card>" if link else ""))
    return Message(blocks.paragraphs(lines), cut(f"Get in touch again: {name_of(shown)}", FALLBACK))


def _ended(shown: Shown, reader: str) -> str:
    """How it ended, when, why and with whom; in the rep's words where there are some."""
    handoff = shown.handoff
    label = safe(stages.label(handoff.stage, shown.definition.labels), 60)
    day = f" on {handoff.ended_at:%Y-%m-%d}" if handoff.ended_at else ""
    owner = shown.team.person(handoff.owner or "")
    by = ""
    if handoff.owner != reader:
        by = f", last with {safe(owner.name, 80)}" if owner else ", whose owner is not in the team any more"
    reason = REASONS.get(handoff.reason or "")
    why = f": {reason.words.lower()}" if reason else ""
    note = f" “{safe(handoff.note, 400)}”" if handoff.note else ""
    return f"{label}{day}{by}{why}.{note}"


def typed(shown: Shown, by: str, names: Sequence[str]) -> Message:
    """A person completed facts of the lead, in its thread: which ones, not what they are."""
    person = shown.team.person(by)
    who = safe(person.name, 80) if person else "A colleague"
    what = ", ".join(safe(name.replace("_", " "), 80) for name in names[:20])
    line = f"✏️ {who} typed what was unknown of *{name_of(shown)}*: {what}. No source overwrites it."
    return Message([blocks.section(line)], cut(f"{who} completed {name_of(shown)}", FALLBACK))


def customer(asked: Request) -> Message:
    """A customer asked for sales: for whoever looks after the account."""
    facts = asked.known.facts
    name = " ".join(str(facts[key]) for key in ("first_name", "last_name") if facts.get(key))
    who = safe(name or asked.known.email or "Somebody", 120)
    company = safe(facts.get("company", "") or (asked.known.email or "").rpartition("@")[2], 120)
    did = "asked for a demo" if asked.demo else f"asks for sales ({safe(asked.words, 120)})"
    reach = " · ".join(safe(each, 120) for each in (asked.known.email, facts.get("phone")) if each)
    line = f"🤝 *{who}* of {company or 'a company without a name'} (a customer) {did}.\n✉️ {reach}"
    return Message([blocks.section(line)], cut(f"A customer asks: {who} of {company} {did}", FALLBACK))


def shadow_digest(day: Shadow) -> Message:
    """A day in shadow: share, volume against capacity, samples, and the button that ends it."""
    mqls = f"{safe(stages.label('mql', day.labels), 60)}s"
    share = f"{100 * day.would_be / day.leads:.0f} %" if day.leads else "none"
    room = f"; your SDRs hold {day.capacity} open leads at most" if day.capacity is not None else ""
    lines = [
        "*Baton runs in shadow: no cards are sent.*",
        f"In the last {_days(day)} {day.leads} new leads came in and {day.would_be} would have become {mqls} "
        f"({share} of them){room}.",
        f"Since the shadow start: {day.total} would-be {mqls}.",
    ]
    lines += [
        f" *{row.score}*  {_sample(facts)} · {safe(row.tier, 40)} · {safe(row.segment, 40)}"
        for row, facts in day.samples
    ]
    lines.append(f"If these are the leads sales wants, press Go live; from then on new {mqls} become cards.")
    return Message(
        [*blocks.paragraphs(lines), blocks.actions(blocks.button("Go live", "go_live", "team", "primary"))],
        f"Shadow: {day.would_be} would-be {mqls} of {day.leads} new leads",
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
    line = (
        f"🟢 Baton is live since {mention(by)} pressed Go live: leads that qualify become cards from now on."
    )
    return Message([blocks.section(line)], "Baton is live")


def alert(sentence: str) -> Message:
    """Something is wrong with Baton; the sentence is ours, with ids and channels and nothing of a lead."""
    return Message([blocks.section(f"⚠️ {sentence}")], sentence)
