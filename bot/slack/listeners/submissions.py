"""Forms. Saved before Slack is answered; what is wrong is said beside the field; nothing typed is lost."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import answer, by_hand, deal, opportunity, passing, resting, taking_back, typing_in
from bot.slack import typed
from bot.slack.listeners import team_floor
from bot.slack.listeners.floor import Filled, Floor, Policy
from scoring import closing
from scoring.dispositions import Disposition
from scoring.handoff import Touch


@dataclass(frozen=True, slots=True)
class Form:
    """A modal: its callback id is its place in FORMS. *first* is the input that carries a refusal; empty: the
    first of those that were drawn."""

    policy: Policy
    first: str
    submitted: Callable[[Floor, Filled], None]


def reject_form(floor: Floor, filled: Filled) -> None:
    """Reject or recycle with a reason."""
    given, people = _disposition(filled), filled.people
    answer.end(floor.desk, filled.handoff, filled.user, given, seal=filled.seal, people=people)


def _disposition(filled: Filled) -> Disposition:
    return Disposition(
        filled.values.get("reason") or "",
        filled.values.get("note") or "",
        answer.parse_date(filled.values.get("date")),
    )


def touch_form(floor: Floor, filled: Filled) -> None:
    """A try to reach the lead."""
    tried = Touch(
        filled.values.get("kind") or "",
        filled.values.get("outcome") or "",
        filled.user,
        floor.desk.clock.business(),
    )
    note = filled.values.get("note") or ""
    people = filled.people
    answer.touch(floor.desk, filled.handoff, filled.user, tried, note, seal=filled.seal, people=people)


def qualify_form(floor: Floor, filled: Filled) -> None:
    """BANT, answered by a person."""
    bant = {name: filled.values.get(name) or "" for name in deal.BANT}
    given = deal.Bant(bant, filled.values.get("ae"), filled.values.get("note") or "")
    deal.qualify(floor.desk, filled.handoff, filled.user, given, seal=filled.seal, person=filled.person)


def reassign_form(floor: Floor, filled: Filled) -> None:
    """Give it to somebody, or back to its pool."""
    person, note = filled.values.get("person") or "", filled.values.get("note") or ""
    to = None if person == passing.POOL else person
    passing.reassign(floor.desk, filled.handoff, filled.user, to, note, seal=filled.seal)


def snooze_form(floor: Floor, filled: Filled) -> None:
    """Put the owner's nudges off."""
    length = filled.values.get("length") or ""
    resting.snooze(floor.desk, filled.handoff, filled.user, length, seal=filled.seal)


def pause_form(floor: Floor, filled: Filled) -> None:
    """Let the clock stand still."""
    reason = filled.values.get("reason") or ""
    resting.pause(floor.desk, filled.handoff, filled.user, reason, seal=filled.seal)


def opportunity_form(floor: Floor, filled: Filled) -> None:
    """What the deal is worth, and when it closes."""
    given = opportunity.Offer(
        closing.whole_amount(filled.values.get("amount")),
        answer.parse_date(filled.values.get("close_on")),
        filled.values.get("note") or "",
    )
    opportunity.opportunity(floor.desk, filled.handoff, filled.user, given, seal=filled.seal)


def lost_form(floor: Floor, filled: Filled) -> None:
    """Why the deal is lost."""
    opportunity.lost(floor.desk, filled.handoff, filled.user, _disposition(filled), seal=filled.seal)


def send_back_form(floor: Floor, filled: Filled) -> None:
    """Why the SQL goes back to who qualified it."""
    note = filled.values.get("note") or ""
    deal.send_back(floor.desk, filled.handoff, filled.user, note, seal=filled.seal)


def reopen_form(floor: Floor, filled: Filled) -> None:
    """Why a manager takes somebody's press back."""
    note = filled.values.get("note") or ""
    taking_back.reopen(floor.desk, filled.handoff, filled.user, note, seal=filled.seal)


def handoff_form(floor: Floor, filled: Filled) -> None:
    """A known lead goes to sales by hand."""
    _by_hand(floor, filled, by_hand.Request(filled.values.get("reason") or "", _pool(filled), filled.lead))


def add_form(floor: Floor, filled: Filled) -> None:
    """A lead is typed in and goes to sales by hand."""
    told = typed.arrival_of(filled.values, filled.user, floor.desk.clock.business())
    _by_hand(floor, filled, by_hand.Request(filled.values.get("reason") or "", _pool(filled), told=told))


def _pool(filled: Filled) -> str:
    """Who has no choice is not asked: they take it themselves."""
    return filled.values.get("pool") or (by_hand.ME if "pool" not in filled.values else "")


def _by_hand(floor: Floor, filled: Filled, asked: by_hand.Request) -> None:
    by_hand.hand_over_by_hand(floor.desk, filled.user, asked, seal=filled.seal)


def facts_form(floor: Floor, filled: Filled) -> None:
    """What a person knows of a lead."""
    wanted = typing_in.asked(floor.desk, filled.user, lead=filled.lead, filled=True)
    said = typed.facts_typed(wanted, filled.values)
    typing_in.type_facts(floor.desk, filled.user, filled.lead, said, seal=filled.seal)


FORMS: dict[str, Form] = {
    "reject_form": Form("decide", "reason", reject_form),
    "touch_form": Form("decide", "kind", touch_form),
    "qualify_form": Form("decide", "budget", qualify_form),
    "reassign_form": Form("decide", "person", reassign_form),
    "snooze_form": Form("decide", "length", snooze_form),
    "pause_form": Form("decide", "reason", pause_form),
    "person_form": Form("manage", "name", team_floor.person_form),
    "pool_form": Form("manage", "pool", team_floor.pool_form),
    "hours_form": Form("manage", "timezone", team_floor.hours_form),
    "away_form": Form("member", "until_date", team_floor.away_form),
    "opportunity_form": Form("decide", "amount", opportunity_form),
    "lost_form": Form("decide", "reason", lost_form),
    "send_back_form": Form("decide", "note", send_back_form),
    "reopen_form": Form("manager", "note", reopen_form),
    "handoff_form": Form("hand_over", "reason", handoff_form),
    "add_form": Form("hand_over", "email", add_form),
    "facts_form": Form("facts", "", facts_form),
}
