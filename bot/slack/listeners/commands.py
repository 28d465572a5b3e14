"""/mql. A subcommand is a function whose docstring is its help line; its name and arguments are its usage."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import by_hand, fairness, listing, merge, report
from bot.desk import queue as desk_queue
from bot.desk import team as the_team
from bot.slack.listeners.floor import Floor, Policy
from bot.slack.listeners.opening_forms import open_view
from bot.slack.views import answers, by_hand_forms, upkeep
from bot.slack.views import team as team_views
from bot.slack.views.card import Message
from bot.slack.views.fairness import ledger_lines
from scoring.stages import Refused


@dataclass(frozen=True, slots=True)
class Asked:
    """A slash command: who asked, and the words after the subcommand. *trigger_id* opens a form, once."""

    user: str
    team_id: str | None
    words: tuple[str, ...]
    trigger_id: str = ""
    seal: str | None = None

    def only(self, usage: str) -> str:
        """The one word there must be.

        Raises:
            Refused: there is none, or more than one.
        """
        if len(self.words) != 1:
            raise Refused(f"Type `/mql {usage}`.")
        return unlinked(self.words[0])


def unlinked(word: str) -> str:
    """An address or a domain as it was typed: Slack may have made a link of it."""
    if not word.startswith("<"):
        return word
    link, _, shown = word.strip("<>").partition("|")
    return shown or link.removeprefix("mailto:")


@dataclass(frozen=True, slots=True)
class Subcommand:
    """What follows /mql. The answer is a message, or None where a form opened instead."""

    usage: str
    policy: Policy
    answer: Callable[[Floor, Asked], Message | None]

    @property
    def help_line(self) -> str:
        """The first line of the function's docstring."""
        return (self.answer.__doc__ or "").partition("\n")[0]


def queue(floor: Floor, asked: Asked) -> Message:
    """Your leads and those you may claim, best first."""
    return answers.queue(desk_queue.queue(floor.desk, asked.user))


def lead(floor: Floor, asked: Asked) -> Message:
    """What is known of a lead, its hand-offs, and what comes next."""
    return answers.lead(report.explain(floor.desk, asked.only("lead EMAIL"), asked.user), asked.user)


def why(floor: Floor, asked: Asked) -> Message:
    """A lead's score, row by row, why it is or is not an MQL, and what is missing to more."""
    return answers.why(report.explain(floor.desk, asked.only("why EMAIL"), asked.user))


def add(floor: Floor, asked: Asked) -> None:
    """Type in a lead and hand it to sales, with a reason."""
    if asked.words:
        raise Refused(
            "Type `/mql add` alone; the form asks for the rest. For a known lead: `/mql handoff EMAIL`."
        )
    open_view(floor, asked.trigger_id, by_hand_forms.add_form(by_hand.choices(floor.desk, asked.user)))


def handoff(floor: Floor, asked: Asked) -> None:
    """Hand a known lead to sales, with a reason."""
    choices = by_hand.choices(floor.desk, asked.user, asked.only("handoff EMAIL"))
    open_view(floor, asked.trigger_id, by_hand_forms.handoff_form(choices))


def suppression(floor: Floor, asked: Asked) -> Message:
    """Companies and addresses that are never handed over; list one, or lift it."""
    word, rest = (asked.words[0].lower(), asked.words[1:]) if asked.words else ("", ())
    if word == "add":
        entry = listing.entry_of([unlinked(each) for each in rest])
        return upkeep.listed(listing.add(floor.desk, asked.user, entry, seal=asked.seal))
    if word == "lift":
        if len(rest) != 1:
            raise Refused("Type `/mql suppression lift engines.example`, or an address.")
        return upkeep.lifted(listing.lift(floor.desk, asked.user, unlinked(rest[0]), seal=asked.seal))
    number = word or "1"
    if rest or not number.isascii() or not number.isdigit() or not 0 < int(number[:7]) < 100_000:
        raise Refused(f"Type `/mql suppression` for the list. {listing.USAGE}")
    return upkeep.suppression(listing.page(floor.desk, asked.user, int(number)))


def merge_asked(floor: Floor, asked: Asked) -> Message:
    """Make two leads one: the first address is kept, the second joins it."""
    if len(asked.words) != 2:
        raise Refused("Type `/mql merge KEEP_EMAIL OTHER_EMAIL`: the first lead stays, the second joins it.")
    keep, other = (unlinked(word) for word in asked.words)
    return upkeep.merging(merge.asked(floor.desk, asked.user, keep, other))


def funnel(floor: Floor, asked: Asked) -> Message:
    """The conversion of the last 30 days, or of as many as you name."""
    words = asked.words or ("30",)
    if len(words) != 1 or not words[0].isascii() or not words[0].isdigit() or len(words[0]) > 6:
        raise Refused("Type `/mql funnel`, or `/mql funnel 90` for the last 90 days.")
    return answers.funnel(report.figures(floor.desk, int(words[0]), asked.user))


def team(floor: Floor, asked: Asked) -> Message:
    """Who is in the team, who works and who is away, who got which leads and who is next; managers change it there."""
    found = the_team.team(floor.desk, asked.user)
    return team_views.team(found, ["", *ledger_lines(fairness.ledger(floor.desk, asked.user))])


def helped(_floor: Floor, _asked: Asked) -> Message:
    """This list."""
    return answers.helped({sub.usage: sub.help_line for sub in SUBCOMMANDS.values()})


SUBCOMMANDS: dict[str, Subcommand] = {
    "queue": Subcommand("queue", "member", queue),
    "lead": Subcommand("lead EMAIL", "member", lead),
    "why": Subcommand("why EMAIL", "member", why),
    "funnel": Subcommand("funnel [DAYS]", "member", funnel),
    "team": Subcommand("team", "member", team),
    "add": Subcommand("add", "hand_over", add),
    "handoff": Subcommand("handoff EMAIL", "hand_over", handoff),
    "suppression": Subcommand("suppression [add VALUE, lift VALUE]", "leader", suppression),
    "merge": Subcommand("merge KEEP_EMAIL OTHER_EMAIL", "leader", merge_asked),
    "help": Subcommand("help", "anybody", helped),
}


def answered(
    floor: Floor, user: str, team_id: str | None, text: str, *, trigger_id: str = "", seal: str | None = None
) -> Message | None:
    """The answer to `/mql TEXT`, None where a form opened; nothing after /mql is help.

    Raises:
        Refused: no such subcommand, wrong arguments, or *user* may not ask.
    """
    name, *words = text.split() or ["help"]
    sub = SUBCOMMANDS.get(name.lower())
    if sub is None:
        known = ", ".join(SUBCOMMANDS)
        raise Refused(f"There is no `/mql` subcommand of that name. There are: {known}.")
    return sub.answer(floor, Asked(user, team_id, tuple(words), trigger_id, seal))
