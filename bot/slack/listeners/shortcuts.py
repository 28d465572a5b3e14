"""Message shortcuts: what a message's own menu offers. They open a form or a view, and decide nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import by_hand, report
from bot.slack.listeners.floor import Chosen, Floor, Policy
from bot.slack.listeners.opening_forms import open_view
from bot.slack.views import answers, by_hand_forms, forms
from scoring.emails import normalise
from scoring.stages import Refused

_ADDRESS = re.compile(r"[^\s<>|:;,()\[\]\"']{1,64}@[^\s<>|:;,()\[\]\"'@]{1,255}")
MOST_READ = 20_000
"""Characters of a message that are looked through."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A message shortcut: its callback id is its place in SHORTCUTS; *name* and *says* as the menu shows them."""

    policy: Policy
    name: str
    says: str
    chosen: Callable[[Floor, Chosen], None]


def hand_to_sales(floor: Floor, chosen: Chosen) -> None:
    """Hand over whom the message is about."""
    choices = by_hand.choices(floor.desk, chosen.user)
    address = next(iter(addresses_in(chosen.text)), "")
    open_view(floor, chosen.trigger_id, by_hand_forms.add_form(choices, address, chosen.text))


def why_this_lead(floor: Floor, chosen: Chosen) -> None:
    """Explain the lead of the message."""
    handoff = chosen.handoff or report.on_message(floor.desk, chosen.channel, chosen.thread_ts or chosen.ts)
    if handoff:
        shown = report.shown_to(floor.desk, handoff, chosen.user)
        if shown is not None:
            open_view(floor, chosen.trigger_id, forms.why_view(report.with_colleagues(floor.desk, shown)))
            return
    report.check_member(floor.desk, chosen.user)
    for address in addresses_in(chosen.text):
        if report.knows(floor.desk, address):
            found = report.explain(floor.desk, address, chosen.user)
            open_view(floor, chosen.trigger_id, forms.explained_view(answers.why(found)))
            return
    raise Refused(
        "This message is about no lead that Baton knows. Choose it on a card, or on a message with a lead's address."
    )


def addresses_in(text: str) -> list[str]:
    """The e-mail addresses of a message, normalised, each once."""
    found = (normalise(each.strip(".!?")) for each in _ADDRESS.findall(text[:MOST_READ]))
    return list(dict.fromkeys(address for address in found if address))


SHORTCUTS: dict[str, Shortcut] = {
    "hand_to_sales": Shortcut(
        "hand_over",
        "Hand to sales",
        "Makes a lead of whom the message is about, with a reason",
        hand_to_sales,
    ),
    "why_this_lead": Shortcut("member", "Why this lead?", "A lead's score, row by row", why_this_lead),
}
