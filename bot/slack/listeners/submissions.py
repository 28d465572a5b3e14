"""Forms. Saved before Slack is answered; what is wrong is said beside the field; nothing typed is lost."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import answer
from bot.slack.listeners.floor import Filled, Floor, Policy
from scoring.dispositions import Disposition
from scoring.handoff import Touch


@dataclass(frozen=True, slots=True)
class Form:
    """A modal: its callback id is its place in FORMS. *first* is the input that carries a refusal."""

    policy: Policy
    first: str
    submitted: Callable[[Floor, Filled], None]


def reject_form(floor: Floor, filled: Filled) -> None:
    """Reject or recycle with a reason."""
    given = Disposition(
        filled.values.get("reason") or "",
        filled.values.get("note") or "",
        answer.parse_date(filled.values.get("date")),
    )
    answer.end(floor.desk, filled.handoff, filled.user, given, seal=filled.seal)


def touch_form(floor: Floor, filled: Filled) -> None:
    """A try to reach the lead."""
    tried = Touch(
        filled.values.get("kind") or "",
        filled.values.get("outcome") or "",
        filled.user,
        floor.desk.clock.business(),
    )
    note = filled.values.get("note") or ""
    answer.touch(floor.desk, filled.handoff, filled.user, tried, note, seal=filled.seal)


def qualify_form(floor: Floor, filled: Filled) -> None:
    """BANT, answered by a person."""
    bant = {name: filled.values.get(name) or "" for name in answer.BANT}
    given = answer.Bant(bant, filled.values.get("ae"), filled.values.get("note") or "")
    answer.qualify(floor.desk, filled.handoff, filled.user, given, seal=filled.seal)


FORMS: dict[str, Form] = {
    "reject_form": Form("decide", "reason", reject_form),
    "touch_form": Form("decide", "kind", touch_form),
    "qualify_form": Form("decide", "budget", qualify_form),
}
