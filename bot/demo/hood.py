"""Under the hood of the demo: what is on its way to Slack, and what is to come, as it moves."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.theatre import Theatre
from bot.desk import post_office, remind, report
from bot.playground import Panel, Table
from bot.slack.views.card import plain_name
from bot.slack.views.text import span

MOST = 20
LONGEST_NAME = 40
STATES = {
    "new": "waits", "sending": "in the courier's hands", "sent": "sent", "unknown": "may have arrived: looked for",
    "dropped": "no longer needed", "dead": "given up",
}  # fmt: skip
"""The outbox's states, in words."""


def panel(theatre: Theatre) -> Panel:
    """The outbox and the deadlines."""
    about = "What Baton has decided to send, and what falls due next. Both are rows of its database, and move here."
    return Panel("Queues", about, watch=lambda: (deadlines(theatre), outbox(theatre)))


def deadlines(theatre: Theatre) -> Table:
    """What is due next, soonest first, on the demo's clock."""
    rows = remind.to_come(theatre.baton.desk, MOST)
    leads = _names(theatre, [int(row.subject) for row in rows if row.subject.isdigit()])
    now = theatre.clock.business()
    told = [
        (_due(row.due_at, now, theatre), _words(row.kind, row.step), _whose(row.subject, leads, theatre))
        for row in rows
    ]
    return Table("To come", ("When", "What", "For"), told, "Nothing is to come. Send a lead first.")


def outbox(theatre: Theatre) -> Table:
    """The newest letters and what became of them."""
    letters = post_office.passing_through(theatre.baton.desk, MOST)
    leads = _names(theatre, [letter.handoff_id for letter in letters if letter.handoff_id is not None])
    rows = []
    for letter in letters:
        state = STATES.get(letter.state, letter.state)
        tries = f", try {letter.attempts}" if letter.attempts > 1 else ""
        trouble = f": {letter.error}" if letter.error else ""
        where = _place(letter.pace, theatre)
        rows.append(
            (
                str(letter.id),
                f"{letter.kind} {where}".strip(),
                leads.get(letter.handoff_id or 0, ""),
                state + tries + trouble,
            )
        )
    return Table("Outbox, newest first", ("No.", "What", "About", "State"), rows, "Nothing was sent yet.")


def _names(theatre: Theatre, handoffs: list[int]) -> dict[int, str]:
    """The leads' names by hand-off."""
    found = {}
    for id_ in set(handoffs):
        shown = report.shown(theatre.baton.desk, id_)
        if shown is not None:
            found[id_] = plain_name(shown, LONGEST_NAME)
    return found


def _due(at: datetime, now: datetime, theatre: Theatre) -> str:
    local = at.astimezone(ZoneInfo(theatre.team.timezone))
    left = at - now
    return f"{local:%a %H:%M} · {'now' if left <= timedelta(0) else f'in {span(left)}'}"


def _words(kind: str, step: str) -> str:
    return (step if step.startswith(kind) else f"{kind}: {step}").replace("_", " ")


def _whose(subject: str, leads: dict[int, str], theatre: Theatre) -> str:
    person = theatre.team.person(subject)
    if person is not None:
        return person.name
    return leads.get(int(subject), "") if subject.isdigit() else subject


def _place(pace: str, theatre: Theatre) -> str:
    """ "post:C0EMEA" as "to #emea"."""
    name = theatre.slack.workspace.names.get(pace.partition(":")[2])
    return f"to {name}" if name else pace.partition(":")[0]
