"""The reason codes: why a hand-off ended, what follows, and when the lead may come back.

One row here is a new reason: the modal, its validation, the funnel, the export and the rules of
requalification read this table. Source: SEMANTICS "Reasons"; S0 "What should SDRs do with MQLs that don't
convert?"; S3 "Rejected MQLs require a reason".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Again = Literal["date", "wait", "changed_fact", "never"]
Then = Literal["nurture", "suppress", "recycle"]
Track = Literal["general", "competitive"]

LONGEST_WAIT = timedelta(days=3 * 365)
"""A re-engagement date further away than three years is taken for a slip of the keyboard."""

NOTE_LIMIT = 2_000
"""Longest note, in characters; well under Slack's 3,000 for an input."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code.

    Attributes:
        code: what is stored, `group.detail` or a group of its own.
        group: the heading of the select's option group.
        words: what the rep reads.
        stage: the end the hand-off reaches.
        label: what calibration makes of it.
        then: what happens to the lead.
        again: what must be true before it may qualify again.
        suppress_by: what is put on the suppression list, where *then* is suppress.
        nurture: the track on which marketing mails the lead again; None where nobody does.
    """

    code: str
    group: str
    words: str
    stage: Literal["recycled", "disqualified"]
    label: Literal["negative", "none"]
    then: Then
    again: Again
    suppress_by: Literal["domain", "address"] | None = None
    needs_note: bool = False
    needs_attempts: bool = False
    nurture: Track | None = "general"

    @property
    def needs_date(self) -> bool:
        """Timing asks for the date on which the lead may come back."""
        return self.again == "date"


_TABLE = (
    Reason("not_fit.size", "Not a fit", "Wrong company size", "disqualified", "negative", "nurture", "changed_fact"),
    Reason("not_fit.persona", "Not a fit", "Wrong person", "disqualified", "negative", "nurture", "changed_fact"),
    Reason("timing.no_project", "Timing", "No active project", "recycled", "none", "recycle", "date"),
    Reason("timing.budget_cycle", "Timing", "Budget cycle does not match", "recycled", "none", "recycle", "date"),
    Reason("no_budget", "No deal now", "No budget", "recycled", "negative", "nurture", "wait"),
    Reason(
        "competitor", "No deal now", "Chose a competitor", "disqualified", "negative", "suppress", "never", "domain",
        nurture="competitive",
    ),
    Reason(
        "customer", "No deal now", "Already a customer", "disqualified", "negative", "suppress", "never", "domain",
        nurture=None,
    ),
    Reason(
        "unreachable", "No contact", "Unreachable after several attempts", "recycled", "none", "nurture", "wait",
        needs_attempts=True,
    ),
    Reason(
        "left_company", "No contact", "Left the company", "disqualified", "negative", "nurture", "changed_fact",
        nurture=None,
    ),
    Reason(
        "opted_out", "No contact", "Asked not to be contacted", "disqualified", "negative", "suppress", "never", "address",
        nurture=None,
    ),
    Reason(
        "bad_data", "Bad record", "Wrong contact details", "disqualified", "none", "nurture", "changed_fact", nurture=None,
    ),
    Reason("duplicate", "Bad record", "Duplicate of another lead", "disqualified", "none", "nurture", "never", nurture=None),
    Reason("spam", "Bad record", "Spam or a test", "disqualified", "negative", "nurture", "never", nurture=None),
    Reason("other", "Other", "Something else (say what in the note)", "recycled", "negative", "nurture", "wait", needs_note=True),
)  # fmt: skip

REASONS: dict[str, Reason] = {row.code: row for row in _TABLE}

DEFAULT_WAITS: dict[str, timedelta] = {
    "unreachable": timedelta(days=90),
    "no_budget": timedelta(days=30),
    "other": timedelta(days=30),
}
"""How long a "wait" reason waits unless the definition's `again:` says otherwise. Source: SEMANTICS."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Logged tries to reach a lead: how many, and the time between the first and the judgement."""

    count: int
    over: timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """What "unreachable" asks for: so many attempts over so much time."""

    attempts: int = 5
    over: timedelta = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Disposition:
    """What the rep filled in."""

    code: str
    note: str = ""
    again_on: date | None = None


def reason(code: str) -> Reason:
    """The row of *code*.

    Raises:
        KeyError: no such reason; callers read codes from our own select, so this is a bug or a forged form.
    """
    return REASONS[code]


def nurture_track(stage: str, code: str | None) -> Track | None:
    """The track that takes a lead whose hand-off ended at *stage* for *code*; None where nobody mails it again.

    Source: MISSION 31 "timing feeds nurture, … competitor feeds competitive nurture".
    """
    row = REASONS.get(code or "")
    if stage == "won":
        return None
    return "general" if row is None else row.nurture


def groups() -> Mapping[str, tuple[Reason, ...]]:
    """The reasons under their headings, in the order a rep reads them."""
    found: dict[str, list[Reason]] = {}
    for row in _TABLE:
        found.setdefault(row.group, []).append(row)
    return {heading: tuple(rows) for heading, rows in found.items()}


def problems(given: Disposition, *, attempts: Attempts, patience: Patience, today: date) -> dict[str, str]:
    """What is wrong with *given*, as field (`reason`, `note`, `date`) to sentence; empty where nothing is.

    Source: "Timing leads flagged for re-engagement with a trigger date" (S0); "not just marked as 'no
    response'" (S0), hence the attempts.
    """
    row = REASONS.get(given.code)
    if row is None:
        return {"reason": "Choose one of the reasons in the list."}
    found: dict[str, str] = {}
    if row.needs_attempts and (attempts.count < patience.attempts or attempts.over < patience.over):
        found["reason"] = (
            f"Unreachable needs {patience.attempts} logged attempts over {patience.over.days} days; "
            f"this lead has {attempts.count} over {attempts.over.days}. Log each try, or choose another reason."
        )
    if row.needs_note and not given.note.strip():
        found["note"] = "Say in a few words what the reason is."
    if len(given.note) > NOTE_LIMIT:
        found["note"] = f"The note is longer than {NOTE_LIMIT:,} characters; shorten it."
    if row.needs_date:
        found |= _date_problem(given.again_on, today)
    return found


def _date_problem(again_on: date | None, today: date) -> dict[str, str]:
    if again_on is None:
        return {"date": "Timing needs the date on which this lead may come back; choose one."}
    if again_on <= today:
        return {"date": "The date must lie in the future; choose a later one."}
    if again_on > today + LONGEST_WAIT:
        return {"date": "The date is more than three years away; choose an earlier one."}
    return {}
