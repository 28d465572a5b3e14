"""Buttons. Decisions are committed before the press is acknowledged; forms open before it, within 2 s."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import (
    answer,
    deal,
    govern,
    merge,
    opportunity,
    passing,
    report,
    resting,
    taking_back,
    typing_in,
)  # fmt: skip
from bot.desk.deal_hands import is_deal
from bot.desk.report import Shown
from bot.slack.listeners import team_floor
from bot.slack.listeners.floor import Floor, Policy, Press
from bot.slack.listeners.home import turn_page
from bot.slack.listeners.opening_forms import open_form
from bot.slack.views import by_hand_forms, deal_forms, forms
from scoring.handoff import Touch
from scoring.stages import Refused


@dataclass(frozen=True, slots=True)
class Button:
    """A button: its action id is its place in BUTTONS; *policy* says who may press it."""

    policy: Policy
    pressed: Callable[[Floor, Press], None]


def _shown(floor: Floor, press: Press, handoff: int | None = None) -> Shown:
    """What was pressed, or another *handoff* of its card."""
    shown = report.shown_to(floor.desk, handoff or press.handoff, press.user)
    if shown is None:
        raise Refused("Baton does not know this lead any more, so nothing was changed. Use /mql lead EMAIL.")
    return shown


def accept(floor: Floor, press: Press) -> None:
    """Take the lead."""
    answer.accept(floor.desk, press.handoff, press.user, seal=press.seal)


def reject(floor: Floor, press: Press) -> None:
    """Say why it is not for sales."""
    asked = answer.may_reject(floor.desk, press.handoff, press.user)
    open_form(floor, press, forms.reject_form(report.several(floor.desk, asked), press.handoff))


def recycle(floor: Floor, press: Press) -> None:
    """End it after acceptance."""
    asked = answer.may_reject(floor.desk, press.handoff, press.user, "recycle")
    open_form(floor, press, forms.reject_form(report.several(floor.desk, asked), press.handoff))


def touch(floor: Floor, press: Press) -> None:
    """Log a try to reach the lead."""
    _touch_form(floor, press, None)


def touch_call(floor: Floor, press: Press) -> None:
    """ "I called", from a nudge."""
    _touch_form(floor, press, "call")


def touch_email(floor: Floor, press: Press) -> None:
    """ "I e-mailed", from a nudge."""
    _touch_form(floor, press, "email")


def _touch_form(floor: Floor, press: Press, kind: str | None) -> None:
    asked = answer.may_touch(floor.desk, press.handoff, press.user)
    open_form(floor, press, forms.touch_form(report.several(floor.desk, asked), kind, press.handoff))


def touch_booked(floor: Floor, press: Press) -> None:
    """ "Booked", from a nudge: nothing more to ask."""
    tried = Touch("meeting", "booked", press.user, floor.desk.clock.business())
    answer.touch(floor.desk, press.handoff, press.user, tried, seal=press.seal, once=True)


def qualify(floor: Floor, press: Press) -> None:
    """Make it an SQL."""
    asked = deal.may_qualify(floor.desk, press.handoff, press.user)
    open_form(floor, press, forms.qualify_form(report.several(floor.desk, asked)))


def undo(floor: Floor, press: Press) -> None:
    """Take back one's own last press; a manager who may not is asked whether to reopen it."""
    try:
        taking_back.undo(floor.desk, press.handoff, press.user, seal=press.seal)
    except taking_back.OnlyReopen:
        if not report.manages(floor.desk, press.user):
            raise
        reopen(floor, press)


def reopen(floor: Floor, press: Press) -> None:
    """Say why somebody's press is taken back."""
    taking_back.may_reopen(floor.desk, press.handoff, press.user)
    open_form(floor, press, deal_forms.reopen_form(_shown(floor, press)))


def ae_accept(floor: Floor, press: Press) -> None:
    """Take an SQL on as its account executive."""
    deal.ae_accept(floor.desk, press.handoff, press.user, seal=press.seal)


def send_back(floor: Floor, press: Press) -> None:
    """Say why an SQL goes back to who qualified it."""
    deal.may_send_back(floor.desk, press.handoff, press.user)
    open_form(floor, press, deal_forms.send_back_form(_shown(floor, press)))


def make_opportunity(floor: Floor, press: Press) -> None:
    """Say what the deal is worth, and when it closes."""
    opportunity.may_open(floor.desk, press.handoff, press.user)
    open_form(floor, press, deal_forms.opportunity_form(_shown(floor, press)))


def won(floor: Floor, press: Press) -> None:
    """The deal is won."""
    opportunity.won(floor.desk, press.handoff, press.user, seal=press.seal)


def lost(floor: Floor, press: Press) -> None:
    """Say why the deal is lost."""
    opportunity.may_lose(floor.desk, press.handoff, press.user)
    open_form(floor, press, deal_forms.lost_form(_shown(floor, press)))


def why(floor: Floor, press: Press) -> None:
    """Show the whole receipt."""
    pressed = _shown(floor, press)
    open_form(floor, press, forms.why_view(report.with_colleagues(floor.desk, pressed)))


def more(floor: Floor, press: Press) -> None:
    """The ⋯ menu: a word and the hand-off's id, such as reassign:17."""
    chosen = MORE.get(press.value.partition(":")[0])
    if chosen is None:
        raise Refused(
            "Baton does not know this choice, so nothing was changed. Choose again from the card's menu."
        )
    chosen(floor, press)


def _reassign(floor: Floor, press: Press) -> None:
    handoff = passing.may_reassign(floor.desk, press.handoff, press.user)
    candidates = passing.candidates(floor.desk, handoff)
    if not candidates and is_deal(handoff):
        raise Refused(
            "Nobody else is there who could be given this deal, so it stays. Ask for another account executive in the "
            "team: /mql team."
        )
    if not candidates and handoff.owner is None:
        raise Refused(
            "Nobody is there who could be given this lead. It stays in the pool; accept it, or ask later."
        )
    open_form(floor, press, forms.reassign_form(_shown(floor, press), candidates))


def _snooze(floor: Floor, press: Press) -> None:
    first = resting.may_snooze(floor.desk, press.handoff, press.user)
    open_form(floor, press, forms.snooze_form(_shown(floor, press, first.id)))


def _pause(floor: Floor, press: Press) -> None:
    resting.may_pause(floor.desk, press.handoff, press.user)
    open_form(floor, press, forms.pause_form(_shown(floor, press)))


def _resume(floor: Floor, press: Press) -> None:
    resting.resume(floor.desk, press.handoff, press.user, seal=press.seal)


def _opened_elsewhere(_floor: Floor, _press: Press) -> None:
    """Slack opened the link; there is nothing to do."""


def facts(floor: Floor, press: Press) -> None:
    """Type what is unknown of the lead."""
    wanted = typing_in.asked(floor.desk, press.user, lead=press.lead, handoff=press.handoff)
    open_form(floor, press, by_hand_forms.facts_form(wanted))


def merge_leads(floor: Floor, press: Press) -> None:
    """Two leads become one."""
    keep, other = merged_ids(press.value)
    one = merge.merge(floor.desk, press.user, keep, other, seal=press.seal)
    if one is not None:
        said = "Merged: the two are one lead now, and what comes in under either name goes to it."
        floor.whisper(press.channel, press.user, said, lambda _: None)


def merged_ids(value: str) -> tuple[int, int]:
    """The two leads that a value `17:18` names; zeros, which there are never, where it is forged."""
    numbers = [part for part in value.split(":") if part.isascii() and part.isdigit() and len(part) < 10]
    return (int(numbers[0]), int(numbers[1])) if len(numbers) == 2 == len(value.split(":")) else (0, 0)


def go_live(floor: Floor, press: Press) -> None:
    """End the shadow start."""
    govern.go_live(floor.desk, press.user, seal=press.seal)


MORE: dict[str, Callable[[Floor, Press], None]] = {
    "reassign": _reassign,
    "snooze": _snooze,
    "pause": _pause,
    "facts": facts,
    "resume": _resume,
    "crm": _opened_elsewhere,
}
"""What the ⋯ menu holds: the word before the hand-off's id to what happens."""

BUTTONS: dict[str, Button] = {
    "accept": Button("decide", accept),
    "reject": Button("decide", reject),
    "recycle": Button("decide", recycle),
    "touch": Button("decide", touch),
    "touch_call": Button("decide", touch_call),
    "touch_email": Button("decide", touch_email),
    "touch_booked": Button("decide", touch_booked),
    "qualify": Button("decide", qualify),
    "ae_accept": Button("decide", ae_accept),
    "send_back": Button("decide", send_back),
    "opportunity": Button("decide", make_opportunity),
    "won": Button("decide", won),
    "lost": Button("decide", lost),
    "undo": Button("decide", undo),
    "reopen": Button("manager", reopen),
    "why": Button("member", why),
    "more": Button("decide", more),
    "facts": Button("facts", facts),
    "merge": Button("leader", merge_leads),
    "go_live": Button("admin", go_live),
    "home_page": Button("member", turn_page),
    "home_previous": Button("member", turn_page),
    "away": Button("member", team_floor.away),
    "back": Button("member", team_floor.back),
    "edit_person": Button("manage", team_floor.edit_person),
    "edit_pool": Button("manage", team_floor.edit_pool),
    "edit_hours": Button("manage", team_floor.edit_hours),
    "take_team_file": Button("admin", team_floor.take_team_file),
    "keep_team_file": Button("admin", team_floor.keep_team_file),
}
