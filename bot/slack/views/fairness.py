"""The fairness ledger as lines of an answer."""

from zoneinfo import ZoneInfo

from bot.desk.fairness import Ledger, Shares, Standing
from bot.slack.views.text import safe, when
from scoring.assigning import A_LEAD, LACKS, name_of, next_words

WAYS = {"claim": "first to accept", "round_robin": "by turns", "named": "account owners, then by turns"}


def ledger_lines(found: Ledger) -> list[str]:
    """A paragraph a segment: what each got in the last 30 days, what turns owe them, who is next."""
    lines = []
    for shares in found.segments:
        lines += [
            "",
            f"*{safe(shares.segment, 60)}* ({WAYS.get(shares.assign, shares.assign)}), last 30 days",
        ]
        lines += [_standing(each, shares, found) for each in shares.people]
        lines += _next(shares, found)
    return lines[1:]


def _standing(each: Standing, shares: Shares, found: Ledger) -> str:
    name = safe(name_of(found.team, each.person), 60)
    counts = f"given {each.given}, accepted {each.accepted}, taken away {each.reassigned}, open {each.open}"
    owed = "" if shares.assign == "claim" else f" · {_owed(each.credit)}"
    return f" {name}: {counts}{owed}"


def _owed(credit: int) -> str:
    """What turns owe, in leads: "0.4 of a lead owed", "0.6 of a lead ahead"."""
    leads = round(credit / A_LEAD, 1)
    if leads == 0:
        return "even"
    unit = "of a lead" if abs(leads) < 1 else "leads"
    return f"{abs(leads):g} {unit} {'owed' if leads > 0 else 'ahead'}"


def _next(shares: Shares, found: Ledger) -> list[str]:
    if shares.assign == "claim":
        return []
    zone = ZoneInfo(found.team.timezone)
    lines = [f" Next: {safe(next_words(shares.next, found.team, 'round_robin'), 200)}"]
    for each in shares.next.skipped:
        until = f" until {when(each.until, zone)}" if each.until else ""
        lines.append(f" Not {safe(name_of(found.team, each.person), 60)}: {LACKS[each.why]}{until}")
    return lines
