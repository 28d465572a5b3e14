"""A hand-off as an entry of a list: its worth, its time, the way to its card."""

import re
from collections.abc import Mapping
from datetime import datetime

from bot.desk.report import Shown
from bot.slack.views.card import name_of
from bot.slack.views.text import mention, safe, span, when
from scoring import stages
from scoring.worth import Worth

_FIRST_NUMBER = re.compile(r"^(\d+) ")


def who(shown: Shown, most: int = 60) -> str:
    """The lead's name and company, at most *most* characters each."""
    company = safe(shown.facts.get("company", ""), most)
    return f"*{name_of(shown, most)}*" + (f", {company}" if company else "")


def stage_of(shown: Shown) -> str:
    """The stage, as people here call it."""
    return safe(stages.label(shown.handoff.stage, shown.definition.labels), 30)


def expected(shown: Shown, worth: Worth) -> str:
    """What the lead is worth in a few characters, such as "≈ 1,620 EUR" or "≈ 18 %"; empty once it is an SQL."""
    handoff = shown.handoff
    if handoff.stage not in ("mql", "sal"):
        return ""
    if worth.deal_value is None:
        return f"≈ {round(100 * worth.chance(handoff.score))} %"
    return money(round(worth.value(handoff.score)), worth.currency, about=True)


def money(amount: int, currency: str | None, *, about: bool = False) -> str:
    """Whole units with their currency, such as "9,000 EUR"."""
    return f"{'≈ ' if about else ''}{amount:,} {safe(currency or '', 10)}".rstrip()


def legend(worth: Worth, labels: dict[str, str]) -> str:
    """What the sign in front of a worth means; *labels* are the stages' names here."""
    chance = f"the chance that a lead of this score becomes {safe(stages.one('sql', labels), 60)}"
    if worth.deal_value is None:
        return f"≈ is {chance}, by what became of others."
    return f"≈ is {chance}, times {money(worth.deal_value, worth.currency)} a deal."


def card_link(shown: Shown, links: Mapping[int, str]) -> str:
    """A link to the card, or nothing where it is not known."""
    link = links.get(shown.handoff.id)
    return f"<{link}|Open the card>" if link else ""


def time_left(shown: Shown, now: datetime) -> str:
    """What comes next and how much time there is, relative to *now*: for what is drawn anew whenever it is opened."""
    handoff, zone = shown.handoff, shown.calendar.zone
    if handoff.stage not in ("mql", "sal"):
        return _later(shown)
    if handoff.paused_at is not None:
        return "⏸ The first-touch clock is paused"
    if not handoff.wants_touch or handoff.due_at is None:
        decide = (handoff.touched_at or handoff.crossed_at) + shown.definition.decide
        done = "☎️ Touched; decide" if handoff.touched_at is not None else "🕰 Decide"
        return f"{done} by {when(shown.calendar.next_open(decide), zone)}"
    if handoff.due_at <= now:
        return f"🔴 First touch overdue since {when(handoff.due_at, zone)}"
    left = handoff.due_at - now
    words = span(left)
    if handoff.clock == "business":
        words = _FIRST_NUMBER.sub(r"\1 working ", span(shown.calendar.between(now, handoff.due_at)))
    return f"⏱ {words[:1].upper()}{words[1:]} left for the first touch, by {when(handoff.due_at, zone)}"


def _later(shown: Shown) -> str:
    handoff = shown.handoff
    if handoff.stage == "sql" and handoff.ae is not None and handoff.ae_accepted_at is None:
        return f"🏁 {stage_of(shown)}, waits for {mention(handoff.ae)} to accept it"
    closes = f", closes {handoff.close_on:%Y-%m-%d}" if handoff.close_on else ""
    worth = f" · {money(handoff.amount, handoff.currency)}" if handoff.amount is not None else ""
    return f"🏁 {stage_of(shown)}{worth}{closes}"
