"""Leads as pranksters write them, by the thousand: `python -m tests.security.hostile [HOW_MANY] [SEED]`.

Each of the texts goes into every field of a lead; card, digest, notes, forms and answers are rendered, and what
Slack would read as its own is hunted for. A million take about four hours on one core.
"""

import random
import sys
import time
from dataclasses import replace
from typing import Any

from bot.slack.views import answers, forms, notes
from bot.slack.views.bundle import bundle_card
from bot.slack.views.card import card
from bot.slack.views.digest import digest_card
from scoring.lead import Activity
from tests import shown as states

TRAPS = (
    "<!channel>", "<@U0BOB> <@U0EVE>", "&lt;!channel&gt; &amp;lt; & &#60;!here&#62;",
    "<https://evil.example|Open the card>", "*Accepted by* _you_ ~not~ `code` ```block```",
    "x\n> quoted\n• item\n1. item\r\n- item", ":rotating_light: :+1: :a:b: :wave::skin-tone-2:",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c", "\x00\x07\x1b[31mred\x7f\x9b",
    "<!date^1^{date_short_pretty} {time}|Mon 1 Jan 10:00>", "<!here> <!everyone>", "<#C0ALL> <#C0ALL|sales>",
    "<!subteam^S0TEAM>", "https://evil.example/a?b=c&d www.evil.example mailto:a@evil.example tel:+1",
    "\u200b\u2060\ufeff\u00ad\u180e\u3164", "\ud800 \udfff", "\U000e0041\U000e007f tag",
    "@channel @here @everyone @bob", '=HYPERLINK("https://evil.example")', "+1-2@x", "\ufffe\uffff",
    "Z\u0335\u0336\u0337\u0338" * 40, "<" * 300 + "!channel" + ">" * 300, "&" * 3_000, "a" * 5_000,
    "\\u003c!channel\\u003e", '{"type": "mrkdwn"}', "</script><script>alert(1)</script>", "%3C!channel%3E",
    "＜!channel＞ ﹤@U0BOB﹥", "<!channel", "channel>", "<@U0BOB|x>", "|", "^", "<!channel|@channel>",
    "<\u200b!channel>",
)  # fmt: skip
"""What is tried one by one, through a whole round."""

FIELDS = (
    "first_name", "last_name", "title", "company", "industry", "country", "source", "phone", "url",
    "campaign", "message", "timezone", "seniority", "function", "id",
)  # fmt: skip
_WORDS = tuple(piece for trap in TRAPS for piece in trap.split(" "))
PIECES = (*_WORDS, " ", "\n", "<", ">", "&", "!", "@", "#", "|", "^", ":")

hunted = states.smuggled


def hostile_text(dice: random.Random) -> str:
    """One text: pieces of traps, and characters of all of Unicode."""
    made = []
    for _ in range(dice.randrange(1, 12)):
        made.append(dice.choice(PIECES) if dice.random() < 0.8 else chr(dice.randrange(0x110000)))
    return ("".join(made) * (20 if dice.random() < 0.02 else 1))[:2_000]


def examine(dice: random.Random, how_many: int) -> list[str]:
    """What *how_many* hostile leads smuggled into anything that is shown; nothing, if all is well."""
    found: list[str] = []
    for _ in range(how_many):
        text = hostile_text(dice)
        found += [f"{problem} in {text!r}" for problem in _smuggled(text)]
        if len(found) > 10:
            break
    return found


def _smuggled(text: str) -> list[str]:
    facts: dict[str, Any] = dict.fromkeys(FIELDS, text) | {
        "email": "ada@engines.example",
        f"a {text[:50]}": [text],
    }
    rows = ({**states.DEMO, "label": text}, *states.RECEIPT)
    state = states.accepted(facts, receipt=rows, note=text, flag=text or None)
    did = [Activity("e", text[:100] or "e", text[:500], 0, 0)]
    messages = (
        card(state),
        notes.activity(state, did, text[:500]),
        answers.lead(states.explained(facts)),
    )
    found = [problem for each in messages for problem in hunted(each.blocks, each.text)]
    if len(text) % 5:  # what is said more seldom is examined more seldom
        return found
    two = [state, replace(state, handoff=replace(state.handoff, id=2))]
    seldom = (digest_card([state]), bundle_card(two), notes.nudge_owner(state, "nudge 80%", None))
    found += [problem for each in seldom for problem in hunted(each.blocks, each.text)]
    return found + hunted(forms.reject_form([state])["blocks"], own_marks="*`")


def main() -> int:
    """Examine as many as asked, in parts, each with its seed."""
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 10**6
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9
    part, began = 10_000, time.monotonic()
    print(f"seed {seed}, {how_many:,} leads")
    for start in range(0, how_many, part):
        found = examine(random.Random(seed + start), min(part, how_many - start))
        if found:
            print(f"from {start:,} (seed {seed + start}):", *found, sep="\n  ")
            return 1
        print(f"{min(start + part, how_many):,} without a find, {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
