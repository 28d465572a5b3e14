"""The modals. Every input's block id is its action id; `private_metadata` is the hand-off's id."""

from bot.desk.answer import BANT, BANT_ANSWERS
from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import name_of, row_line
from bot.slack.views.text import safe
from scoring.dispositions import NOTE_LIMIT, groups
from scoring.handoff import KINDS, OUTCOMES

ROOM = 200_000
"""Bytes of JSON for a receipt's rows: Slack refuses views of over 250,000; fewer than 100 blocks hold it."""


def reject_form(shown: Shown) -> Block:
    """Reject, or recycle after acceptance: one reason, a note, a date where the reason asks for one."""
    accepted = shown.handoff.accepted_at is not None
    reasons = [
        (heading, [blocks.option(row.words, row.code) for row in rows]) for heading, rows in groups().items()
    ]
    return blocks.modal(
        "reject_form",
        "Recycle or disqualify" if accepted else "Reject this lead",
        [
            blocks.section(f"Why is *{name_of(shown)}* not for sales now? Marketing reads this."),
            blocks.grouped_select("reason", "Reason", reasons),
            blocks.date("date", "Back on (timing reasons need it)"),
            blocks.note("note", "Note for marketing", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def touch_form(shown: Shown, kind: str | None = None) -> Block:
    """A try to reach the lead: how, and how it went."""
    kinds = [blocks.option(words, code) for code, words in KINDS.items()]
    chosen = next((each for each in kinds if each["value"] == kind), None)
    return blocks.modal(
        "touch_form",
        "Log a touch",
        [
            blocks.section(f"How did you try to reach *{name_of(shown)}*?"),
            blocks.select("kind", "How", kinds, chosen),
            blocks.select(
                "outcome", "How it went", [blocks.option(words, code) for code, words in OUTCOMES.items()]
            ),
            blocks.note("note", "Note", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def qualify_form(shown: Shown) -> Block:
    """BANT, four answers; who takes the opportunity. Source: S3, "Budget, Authority, Need, and Timeline"."""
    answers = [blocks.option(words, code) for code, words in BANT_ANSWERS.items()]
    required = ", ".join(shown.definition.required_bant) or "an answer to each"
    return blocks.modal(
        "qualify_form",
        "Qualify",
        [
            blocks.section(f"What did *{name_of(shown)}* say? Required: {safe(required)}."),
            *(blocks.select(name, name.capitalize(), answers) for name in BANT),
            blocks.person("ae", "Account executive"),
            blocks.note("note", "Note for the account executive", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def why_view(shown: Shown) -> Block:
    """The whole receipt, row by row; the rows sum to the total."""
    handoff = shown.handoff
    head = (
        f"*{name_of(shown)}*: *{handoff.score}* = fit {handoff.fit} + intent {handoff.intent} · "
        f"MQL at {shown.definition.threshold} · definition v{handoff.version}"
    )
    lines = [row_line(row, shown.calendar) for row in handoff.receipt]
    rows = blocks.paragraphs(blocks.fitting(lines, ROOM, ascii_json=True), ROOM)
    parts = [blocks.section(head), blocks.section(_why(handoff.why)), *rows]
    return blocks.modal("why", "Why this lead?", parts, submit=None, private=str(handoff.id))


def _why(why: str) -> str:
    if why == "fast_track":
        return "It asked for sales: a fast-track signal qualifies at once."
    if why.startswith("rule: "):
        return f"It met the rule “{safe(why.removeprefix('rule: '))}”."
    return "Its points reached the threshold."
