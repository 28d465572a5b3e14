"""What a card says and offers from SQL to won."""

from datetime import date

from bot.desk import ladder
from bot.desk.deal import BANT, BANT_ANSWERS
from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.text import mention, safe, when
from scoring import closing
from scoring.handoff import Handoff


def named(shown: Shown, person: str | None) -> str:
    """Somebody by the team file's name, who is not called by it; "somebody" where it has none any more."""
    known = shown.team.person(person) if person is not None else None
    return safe(known.name, 80) if known is not None else "somebody"


def money(amount: int | None, currency: str | None) -> str:
    """25,000 EUR; empty where there is no amount."""
    return "" if amount is None else f"{amount:,} {safe(currency or '', 10)}".strip()


def closes(close_on: date | str | None) -> str:
    """The expected day in words; empty where there is none."""
    return f"close by {close_on}" if close_on is not None else ""


def waits_for_ae(shown: Shown) -> bool:
    """An SQL that an account executive has yet to accept; a team without any waits for nobody."""
    handoff = shown.handoff
    waiting = handoff.stage == "sql" and handoff.ae_accepted_at is None
    return waiting and bool(closing.takers(handoff.ae, shown.team.ae))


def progress(shown: Shown) -> str:
    """What comes next, behind the stage on the card's second line."""
    handoff = shown.handoff
    if waits_for_ae(shown):
        whom = named(shown, handoff.ae) if handoff.ae is not None else "any account executive"
        by = when(ladder.accept_by(handoff, shown.definition, shown.team), shown.calendar.zone)
        return f" · Handed to {whom}, accept by {by}"
    parts = [money(handoff.amount, handoff.currency), closes(handoff.close_on)]
    return "".join(f" · {part}" for part in parts if part) if handoff.stage == "opportunity" else ""


def bant_line(handoff: Handoff) -> list[str]:
    """The four answers in one line; none where nobody was asked."""
    if not handoff.bant:
        return []
    said = (f"{name} {BANT_ANSWERS.get(handoff.bant.get(name, ''), 'unknown').lower()}" for name in BANT)
    return ["📋 " + " · ".join(said)]


def held_by(shown: Shown) -> str | None:
    """The owner's line once they own it as account executive; None before."""
    handoff = shown.handoff
    if handoff.ae_accepted_at is None or handoff.owner is None or handoff.owner != handoff.ae:
        return None
    return f"🤝 {mention(handoff.owner)} has taken it on; qualified by {named(shown, handoff.sdr)}"


def buttons(shown: Shown) -> list[Block]:
    """The buttons of an SQL and of an opportunity; none before and after."""
    handoff, value = shown.handoff, str(shown.handoff.id)
    if handoff.stage == "opportunity":
        return [
            blocks.button("Won", "won", value, "primary"),
            blocks.button("Lost", "lost", value),
            blocks.button("Change opportunity", "opportunity", value),
        ]
    if handoff.stage != "sql":
        return []
    waiting = waits_for_ae(shown)
    row = [blocks.button("Accept as AE", "ae_accept", value, "primary")] if waiting else []
    row.append(blocks.button("Opportunity", "opportunity", value, None if waiting else "primary"))
    if waiting or handoff.ae_accepted_at is not None:
        row.append(blocks.button("Send back", "send_back", value))
    return row
