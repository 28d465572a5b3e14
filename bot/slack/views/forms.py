"""The modals. Every input's block id is its action id; `private_metadata` is the hand-off's id."""

from collections.abc import Sequence

from bot.desk.deal import BANT, BANT_ANSWERS
from bot.desk.deal_hands import is_deal
from bot.desk.passing import POOL
from bot.desk.report import Shown
from bot.desk.resting import lengths
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import Message, name_of, plain_name, row_line, whom
from bot.slack.views.text import literal, safe, span
from scoring import stages
from scoring.dispositions import NOTE_LIMIT, groups
from scoring.handoff import KINDS, OUTCOMES

ROOM = 200_000
"""Bytes of JSON for a receipt's rows: Slack refuses views of over 250,000; fewer than 100 blocks hold it."""


def reject_form(group: Sequence[Shown], pressed: int = 0) -> Block:
    """Reject, or recycle after acceptance: who of *group*, one reason, a note, a date where the reason asks for one."""
    accepted = any(shown.handoff.accepted_at is not None for shown in group)
    reasons = [
        (heading, [blocks.option(row.words, row.code) for row in rows]) for heading, rows in groups().items()
    ]
    return blocks.modal(
        "reject_form",
        "Recycle or disqualify" if accepted else "Reject this lead",
        [
            blocks.section(f"Why {_is(group)} {_whom(group)} not for sales now? Marketing reads this."),
            *_people(group, "Who is not for sales now", ()),
            blocks.grouped_select("reason", "Reason", reasons),
            blocks.date("date", "Back on (timing reasons need it)"),
            blocks.note("note", "Note for marketing", NOTE_LIMIT),
        ],
        submit="Save",
        private=_private(group, pressed),
    )


def _is(group: Sequence[Shown]) -> str:
    return "is" if len(group) == 1 else "are"


def _whom(group: Sequence[Shown]) -> str:
    return f"*{name_of(group[0])}*" if len(group) == 1 else "these people"


def _private(group: Sequence[Shown], pressed: int) -> str:
    """The hand-off that was pressed, where it is among those the form is about; else the first one."""
    ids = [shown.handoff.id for shown in group]
    return str(pressed if pressed in ids else ids[0])


def _people(group: Sequence[Shown], label: str, ticked: Sequence[int]) -> list[Block]:
    """Of several on a card: who is meant, those *ticked* to begin with."""
    if len(group) == 1:
        return []
    options = _persons(group)
    initial = [each for each in options if int(each["value"]) in ticked]
    return [blocks.ticks("people", label, options, initial, required=True)]


def _persons(group: Sequence[Shown]) -> list[Block]:
    return [blocks.option(_described(shown), str(shown.handoff.id)) for shown in group]


def _described(shown: Shown) -> str:
    title = literal(shown.facts.get("title", ""), 30)
    return plain_name(shown, 40) + (f", {title}" if title else "")


def touch_form(group: Sequence[Shown], kind: str | None = None, pressed: int = 0) -> Block:
    """A try to reach the lead, or who of *group*: how, and how it went."""
    kinds = [blocks.option(words, code) for code, words in KINDS.items()]
    chosen = next((each for each in kinds if each["value"] == kind), None)
    private = _private(group, pressed)
    return blocks.modal(
        "touch_form",
        "Log a touch",
        [
            blocks.section(f"How did you try to reach {_whom(group)}?"),
            *_people(group, "Whom you tried to reach", (int(private),)),
            blocks.select("kind", "How", kinds, chosen),
            blocks.select(
                "outcome", "How it went", [blocks.option(words, code) for code, words in OUTCOMES.items()]
            ),
            blocks.note("note", "Note", NOTE_LIMIT),
        ],
        submit="Save",
        private=private,
    )


def qualify_form(group: Sequence[Shown]) -> Block:
    """Who of *group*, and BANT, four answers; who takes the opportunity. Source: S3, "Budget, Authority, Need, and
    Timeline"."""
    answers = [blocks.option(words, code) for code, words in BANT_ANSWERS.items()]
    required = ", ".join(group[0].definition.required_bant) or "an answer to each"
    who = [blocks.select("person", "Who", _persons(group))] if len(group) > 1 else []
    ask = "did they" if who else f"did {_whom(group)}"
    return blocks.modal(
        "qualify_form",
        "Qualify",
        [
            blocks.section(f"What {ask} say? Required: {safe(required)}."),
            *who,
            *(blocks.select(name, name.capitalize(), answers) for name in BANT),
            blocks.person("ae", "Account executive"),
            blocks.note("note", "Note for the account executive", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(group[0].handoff.id),
    )


MOST_CHOICES = 100
"""Options of a select. Source: docs.slack.dev, "Select menu element"."""


def reassign_form(shown: Shown, candidates: Sequence[tuple[str, str]]) -> Block:
    """Who gets it: somebody (id and words), or its pool where somebody has it; a deal has none to go back to."""
    people = [blocks.option(words, id_) for id_, words in candidates[: MOST_CHOICES - 1]]
    back = shown.handoff.owner is not None and not is_deal(shown.handoff)
    pool = [blocks.option("Back to the pool", POOL)] if back else []
    return blocks.modal(
        "reassign_form",
        "Give it to somebody",
        [
            blocks.section(f"Who works on {whom(shown)}? They are told in the card's thread."),
            blocks.select("person", "Who", [*people, *pool]),
            blocks.note("note", "A word for them", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def snooze_form(shown: Shown) -> Block:
    """How long the owner's nudges are put off, within the team's policy."""
    policy = shown.team.snooze
    left = policy.times - shown.handoff.snoozes
    options = [blocks.option(f"For {span(length)}", code) for code, length in lengths(policy).items()]
    return blocks.modal(
        "snooze_form",
        "Put nudges off",
        [
            blocks.section(
                f"You hear nothing of {whom(shown)} meanwhile. The clock runs on, and the managers hear of a "
                f"breach. You can do this {left} more time{'' if left == 1 else 's'}."
            ),
            blocks.select("length", "How long", options, options[0]),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def pause_form(shown: Shown) -> Block:
    """Why the clock stands still: one of the definition's reasons."""
    options = [blocks.option(reason, reason) for reason in shown.definition.pause_reasons[:MOST_CHOICES]]
    return blocks.modal(
        "pause_form",
        "Pause the clock",
        [
            blocks.section(
                f"The first-touch clock of {whom(shown)} stands still, for {span(shown.definition.pause_limit)} "
                "in all at most; then it runs again by itself."
            ),
            blocks.select("reason", "Why", options),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def explained_view(answer: Message) -> Block:
    """The answer to /mql why, as a view."""
    return blocks.modal("why_view", "Why this lead?", answer.blocks, submit=None)


def why_view(group: Sequence[Shown]) -> Block:
    """The whole receipt, row by row, of everybody in *group*; the rows sum to the totals."""
    parts: list[Block] = []
    for shown in group:
        parts += _receipt(shown, ROOM // len(group))
    return blocks.modal("why", "Why this lead?", parts, submit=None, private=str(group[0].handoff.id))


def _receipt(shown: Shown, room: int) -> list[Block]:
    handoff = shown.handoff
    line = f"{safe(stages.label('mql', shown.definition.labels), 60)} at {shown.definition.threshold}"
    head = (
        f"*{name_of(shown)}*: *{handoff.score}* = fit {handoff.fit} + intent {handoff.intent} · "
        f"{line} · definition v{handoff.version}"
    )
    lines = [row_line(row, shown.calendar) for row in handoff.receipt]
    rows = blocks.paragraphs(blocks.fitting(lines, room, ascii_json=True), room)
    return [blocks.section(head), blocks.section(_why(handoff.why)), *rows]


def _why(why: str) -> str:
    if why == "fast_track":
        return "It asked for sales: a fast-track signal qualifies at once."
    if why == "by_hand":
        return "A person handed it over; the card says who and why."
    if why.startswith("rule: "):
        return f"It met the rule “{safe(why.removeprefix('rule: '))}”."
    if why == "spot_check":
        return "It is below the line: a spot check, drawn at random so that the definition learns."
    return "Its points reached the threshold."
