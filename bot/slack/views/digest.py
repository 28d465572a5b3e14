"""A digest: the hand-offs of one tier on one message, each a line with its buttons."""

from collections.abc import Collection

from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import ERASED, Message, buttons, ended_line, name_of, promise_line, who_line
from bot.slack.views.text import FALLBACK, cut, mention, safe

MOST = 50
"""Characters of a name, a title or a company: ten leads with their buttons stay under Slack's 13,200."""


def digest_card(on_it: list[Shown]) -> Message:
    """One line a lead, best first as they came; *on_it* has at most ten."""
    tiers = dict.fromkeys(safe(shown.handoff.tier, 60) for shown in on_it)
    segments = dict.fromkeys(safe(shown.handoff.segment, 60) for shown in on_it)
    count = f"{len(on_it)} lead{'' if len(on_it) == 1 else 's'}"
    head = f"🗞 {count} · {_some(tiers, 'tiers')} · {_some(segments, 'segments')}"
    parts: list[Block] = [blocks.context(head)]
    for shown in on_it:
        parts += _lead(shown)
    names = ", ".join(name_of(shown, 60) for shown in on_it if not shown.handoff.erased)
    return Message(parts, cut(f"{count}, {_some(tiers, 'tiers')}: {names}", FALLBACK))


def _some(names: Collection[str], what: str) -> str:
    """Up to three names; more are counted."""
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} {what}"


def _lead(shown: Shown) -> list[Block]:
    handoff = shown.handoff
    if handoff.erased:
        return [blocks.section(ERASED, f"who-{handoff.id}")]
    if not handoff.open:
        return [ended_line(shown, f"who-{handoff.id}")]
    owner = f" · ✅ {mention(handoff.owner)}" if handoff.owner else ""
    mark = " · 🎲 spot check" if handoff.origin == "spot_check" else ""
    score = f"*{handoff.score}* = fit {handoff.fit} + intent {handoff.intent}"
    text = "\n".join([f"{who_line(shown, MOST)} · {score}{mark}{owner}", *promise_line(shown)])
    return [
        blocks.section(text, f"who-{handoff.id}"),
        buttons(shown, menu=False) | {"block_id": f"do-{handoff.id}"},
    ]
