"""What Baton says of the steps from SQL to won: in the card's thread, and to the account executive."""

from bot.desk import ladder
from bot.desk.report import Shown
from bot.desk.steps import GIVEN, LEFT, SENT_BACK, Step
from bot.slack.views import blocks
from bot.slack.views.card import Message, name_of, who_line
from bot.slack.views.deal import bant_line, closes, money, named, waits_for_ae
from bot.slack.views.deal_forms import pressed
from bot.slack.views.text import FALLBACK, cut, mention, safe, when
from scoring import stages
from scoring.dispositions import REASONS

WORDS = 1_500
"""Characters of a colleague's note in a message."""


def step(shown: Shown, taken: Step, *, call: bool) -> Message:
    """One step in the card's thread. Who took it is named; whose turn it is now is mentioned where *call* says so."""
    by = named(shown, taken.by)
    amount, currency, close_on = taken.deal
    worth = ", ".join(part for part in (money(amount, currency), closes(close_on)) if part)
    match taken.did:
        case "qualify":
            line = f"🎯 Qualified by {by}. {_next(shown, taken, call=call)}"
        case "ae_accept":
            line = f"🤝 {by} has accepted this {safe(stages.label('sql', shown.definition.labels), 60)}."
        case "send_back":
            line = f"↩️ Sent back by {by}{_to(shown, taken, call=call)}."
        case "assign":
            line = f"↪️ {_handed(shown, taken, by, call=call)}"
        case "opportunity":
            line = f"💼 Opportunity by {by}: {worth}."
        case "won":
            line = f"🏆 Won by {by}" + (f": {money(amount, currency)}." if amount is not None else ".")
        case "lost":
            reason = REASONS.get(shown.handoff.reason or "")
            line = f"Lost, says {by}" + (f": {reason.words.lower()}." if reason is not None else ".")
        case _:
            back = "Reopened" if taken.did == "reopen" else "Taken back"
            line = f"↩️ {back} by {by}: “{pressed(shown, taken.undone)}”."
    said = f" “{safe(taken.words, WORDS)}”" if taken.words else ""
    whose = f"*{name_of(shown)}*: " if shown.handoff.bundled else ""
    return Message([blocks.section(whose + line + said)], cut(f"{line} {name_of(shown)}", FALLBACK))


def _next(shown: Shown, taken: Step, *, call: bool) -> str:
    if taken.to is not None:
        return f"{_who(shown, taken.to, call=call)}, accept it with the button on the card, or send it back."
    waiting = shown.handoff.ae is None and shown.team.ae
    return "Any account executive may accept it." if waiting else ""


def _handed(shown: Shown, taken: Step, by: str, *, call: bool) -> str:
    if taken.to is None:
        return f"{by} takes this on from here."
    who = _who(shown, taken.to, call=call)
    if waits_for_ae(shown):
        return f"{by} gave this to {who}: accept it with the button on the card, or send it back."
    return f"{by} gave this to {who}."


def _to(shown: Shown, taken: Step, *, call: bool) -> str:
    if taken.to is not None:
        return f": {_who(shown, taken.to, call=call)}, it is yours again"
    return ": it is back in the pool" if shown.handoff.owner is None else ""


def _who(shown: Shown, person: str, *, call: bool) -> str:
    return mention(person) if call else named(shown, person)


def to_ae(shown: Shown, link: str | None, *, half: bool = False) -> Message:
    """An SQL for its account executive: who it is, what they said, and the buttons. *half*: half the time is used."""
    handoff, value = shown.handoff, str(shown.handoff.id)
    an_sql = safe(stages.one("sql", shown.definition.labels), 60)
    due = "Half the time is used:" if half else f"{an_sql[:1].upper()}{an_sql[1:]} for you:"
    by = when(ladder.accept_by(handoff, shown.definition, shown.team), shown.calendar.zone)
    lines = [f"🎯 {due} {who_line(shown)}", f"Qualified by {named(shown, handoff.sdr)}; accept by {by}."]
    lines += bant_line(handoff)
    reach = [safe(value, 120) for value in (shown.email, shown.facts.get("phone")) if value]
    lines += ["✉️ " + " · ".join(reach)] if reach else []
    lines += [f"“{safe(handoff.note, WORDS)}”"] if handoff.note else []
    lines += [f"<{link}|Open the card>"] if link else []
    row = blocks.actions(
        blocks.button("Accept as AE", "ae_accept", value, "primary"),
        blocks.button("Send back", "send_back", value),
    )
    return Message([blocks.section("\n".join(lines)), row], cut(f"{due} {name_of(shown)}", FALLBACK))


def close_date(shown: Shown, link: str | None) -> Message:
    """The close date has come: how did it end, or when will it?"""
    handoff, value = shown.handoff, str(shown.handoff.id)
    worth = money(handoff.amount, handoff.currency)
    card = f" <{link}|Open the card>" if link else ""
    line = (
        f"📅 The close date of *{name_of(shown)}* ({', '.join(filter(None, (worth, str(handoff.close_on))))}) "
        f"has come. Say how it ended, or set a new date.{card}"
    )
    row = blocks.actions(
        blocks.button("Won", "won", value, "primary"),
        blocks.button("Lost", "lost", value),
        blocks.button("Change opportunity", "opportunity", value),
    )
    return Message([blocks.section(line), row], cut(f"Close date: {name_of(shown)}", FALLBACK))


def _worth(shown: Shown) -> str:
    """The stage by its name, and amount and close date where there are any."""
    handoff = shown.handoff
    label = safe(stages.label(handoff.stage, shown.definition.labels), 60)
    parts = (label, money(handoff.amount, handoff.currency), closes(handoff.close_on))
    return ", ".join(part for part in parts if part)


def notice(about: str, shown: Shown) -> str | None:
    """A line of the collected messages about a later clock; None where the step *about* is of another."""
    handoff, who = shown.handoff, f"*{name_of(shown)}*"
    kind = about.partition(" ")[0]
    whom = named(shown, handoff.ae) if handoff.ae is not None else "the account executives"
    if kind == ladder.AE_ACCEPT:
        return (
            f"🤝 Not accepted yet: {who}, handed to {whom}. Accept it as AE, or send it back with a reason."
        )
    if kind == ladder.CLOSE_DATE:
        return f"📅 The close date of {who} ({handoff.close_on}) has passed: set won, lost or a new date."
    if kind == LEFT:
        return (
            f"👋 {mention(about.split()[1])} has left and has {who}, {_worth(shown)}: "
            "give it to another account executive (⋯ on its card)."
        )
    if kind == GIVEN:
        return f"↪️ {who}, {_worth(shown)}, is yours now; its thread says from whom."
    if kind == SENT_BACK:
        return f"↩️ {who} was sent back, and who qualified it has left: accept it, or see that somebody does."
    if kind in (ladder.OPPORTUNITY, ladder.FOLLOW_UP) and handoff.stage == "sql":
        holder = f", with {mention(handoff.owner)}" if handoff.owner else ""
        return (
            f"💼 No opportunity yet on {who}{holder}: enter amount and close date, or end it with a reason."
        )
    return None
