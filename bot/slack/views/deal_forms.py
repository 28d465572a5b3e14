"""The modals from SQL to won, and Reopen's. Every input's block id is its action id."""

from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import accept_word, name_of
from bot.slack.views.deal import named
from bot.slack.views.text import safe
from scoring import closing, stages
from scoring.dispositions import NOTE_LIMIT

_PRESSED: dict[str, str] = {
    "reject": "Reject",
    "touch": "a logged touch",
    "qualify": "Qualify",
    "recycle": "Recycle or disqualify",
    "ae_accept": "Accept as AE",
    "send_back": "Send back",
    "opportunity": "Opportunity",
    "won": "Won",
    "lost": "Lost",
    "assign": "Give it to somebody else",
    "release": "Give it to somebody else",
    "snooze": "Put nudges off",
    "pause": "Pause the clock",
    "resume": "Let the clock run again",
}
"""What somebody pressed, by the word in the log."""


def pressed(shown: Shown, action: str | None) -> str:
    """The button or form of *action*, the word in the log, as it is called here."""
    if action == "accept":
        return accept_word(shown.definition)
    return _PRESSED.get(action or "", "the last press")


def opportunity_form(shown: Shown) -> Block:
    """Amount and close date; what they are already stands in the fields."""
    handoff = shown.handoff
    currency = f" in {safe(shown.team.currency, 10)}" if shown.team.currency else ""
    amount = None if handoff.amount is None else str(handoff.amount)
    close_on = None if handoff.close_on is None else handoff.close_on.isoformat()
    return blocks.modal(
        "opportunity_form",
        "Opportunity",
        [
            blocks.section(f"What is the deal with *{name_of(shown)}* worth, and when will it close?"),
            blocks.number("amount", f"Amount{currency}, whole units", 1, closing.MOST_MONEY, amount),
            blocks.due_date("close_on", "Close date", close_on),
            blocks.note("note", "Note", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(handoff.id),
    )


def lost_form(shown: Shown) -> Block:
    """Why the deal is lost: one reason, a note, a date where the reason asks for one."""
    reasons = [
        (heading, [blocks.option(row.words, row.code) for row in rows])
        for heading, rows in closing.lost_groups().items()
    ]
    return blocks.modal(
        "lost_form",
        "Lost",
        [
            blocks.section(f"Why is the deal with *{name_of(shown)}* lost? Marketing reads this."),
            blocks.grouped_select("reason", "Reason", reasons),
            blocks.date("date", "Back on (timing reasons need it)"),
            blocks.note("note", "Note for marketing", NOTE_LIMIT),
        ],
        submit="Save",
        private=str(shown.handoff.id),
    )


def send_back_form(shown: Shown) -> Block:
    """Why an SQL goes back to who qualified it."""
    return blocks.modal(
        "send_back_form",
        "Send back",
        [
            blocks.section(
                f"What does *{name_of(shown)}* lack to be {_an_sql(shown)}? Who qualified it reads this."
            ),
            blocks.note("note", "Reason", NOTE_LIMIT, optional=False),
        ],
        submit="Send back",
        private=str(shown.handoff.id),
    )


def _an_sql(shown: Shown) -> str:
    return safe(stages.one("sql", shown.definition.labels), 60)


def reopen_form(shown: Shown) -> Block:
    """Why a manager takes somebody's press back."""
    last = shown.handoff.last
    what = pressed(shown, last.action if last is not None else None)
    whose = f" of {named(shown, last.by)}" if last is not None else ""
    return blocks.modal(
        "reopen_form",
        "Reopen",
        [
            blocks.section(
                f"*{name_of(shown)}* will stand as it did before “{what}”{whose}. "
                "Figures leave that press out, and its clocks run on as if it had never been."
            ),
            blocks.note("note", "Why", NOTE_LIMIT, optional=False),
        ],
        submit="Reopen",
        private=str(shown.handoff.id),
    )
