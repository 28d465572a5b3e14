"""A digest: the hand-offs of one tier on one message, each a line with its buttons."""

from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import Message, buttons, ended_line, name_of, promise_line, who_line
from bot.slack.views.text import FALLBACK, cut, mention, safe

MOST = 50
"""Characters of a name, a title or a company: ten leads with their buttons stay under Slack's 13,200."""


def digest_card(on_it: list[Shown]) -> Message:
    """One line a lead, best first as they came; *on_it* has at most ten."""
    first = on_it[0].handoff
    count = f"{len(on_it)} lead{'' if len(on_it) == 1 else 's'}"
    head = f"🗞 {count} · {safe(first.tier, 60)} · {safe(first.segment, 60)}"
    parts: list[Block] = [blocks.context(head)]
    for shown in on_it:
        parts += _lead(shown)
    names = ", ".join(name_of(shown, 60) for shown in on_it)
    return Message(parts, cut(f"{count}, {safe(first.tier, 40)}: {names}", FALLBACK))


def _lead(shown: Shown) -> list[Block]:
    handoff = shown.handoff
    if not handoff.open:
        return [ended_line(shown, f"who-{handoff.id}")]
    owner = f" · ✅ {mention(handoff.owner)}" if handoff.owner else ""
    score = f"*{handoff.score}* = fit {handoff.fit} + intent {handoff.intent}"
    text = "\n".join([f"{who_line(shown, MOST)} · {score}{owner}", *promise_line(shown)])
    return [blocks.section(text, f"who-{handoff.id}"), buttons(shown) | {"block_id": f"do-{handoff.id}"}]
