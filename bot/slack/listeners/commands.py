"""/mql. A subcommand is a function whose docstring is its help line; its name and arguments are its usage."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.desk import report
from bot.slack.listeners.floor import Floor, Policy
from bot.slack.views import answers
from bot.slack.views.card import Message
from scoring.stages import Refused


@dataclass(frozen=True, slots=True)
class Asked:
    """A slash command: who asked, and the words after the subcommand."""

    user: str
    team_id: str | None
    words: tuple[str, ...]

    def only(self, usage: str) -> str:
        """The one word there must be.

        Raises:
            Refused: there is none, or more than one.
        """
        if len(self.words) != 1:
            raise Refused(f"Type `/mql {usage}`.")
        return self.words[0].removeprefix("<mailto:").partition("|")[0].rstrip(">")


@dataclass(frozen=True, slots=True)
class Subcommand:
    """What follows /mql."""

    usage: str
    policy: Policy
    answer: Callable[[Floor, Asked], Message]

    @property
    def help_line(self) -> str:
        """The first line of the function's docstring."""
        return (self.answer.__doc__ or "").partition("\n")[0]


def queue(floor: Floor, asked: Asked) -> Message:
    """Your leads and those you may claim, soonest due first."""
    return answers.queue(report.queue(floor.desk, asked.user))


def lead(floor: Floor, asked: Asked) -> Message:
    """What is known of a lead, and its hand-offs."""
    return answers.lead(report.explain(floor.desk, asked.only("lead EMAIL"), asked.user))


def why(floor: Floor, asked: Asked) -> Message:
    """A lead's score, row by row, and why it is or is not an MQL."""
    return answers.why(report.explain(floor.desk, asked.only("why EMAIL"), asked.user))


def funnel(floor: Floor, asked: Asked) -> Message:
    """The conversion of the last 30 days, or of as many as you name."""
    words = asked.words or ("30",)
    if len(words) != 1 or not words[0].isascii() or not words[0].isdigit() or len(words[0]) > 6:
        raise Refused("Type `/mql funnel`, or `/mql funnel 90` for the last 90 days.")
    return answers.funnel(report.figures(floor.desk, int(words[0]), asked.user))


def helped(_floor: Floor, _asked: Asked) -> Message:
    """This list."""
    return answers.helped({sub.usage: sub.help_line for sub in SUBCOMMANDS.values()})


SUBCOMMANDS: dict[str, Subcommand] = {
    "queue": Subcommand("queue", "member", queue),
    "lead": Subcommand("lead EMAIL", "member", lead),
    "why": Subcommand("why EMAIL", "member", why),
    "funnel": Subcommand("funnel [DAYS]", "member", funnel),
    "help": Subcommand("help", "anybody", helped),
}


def answered(floor: Floor, user: str, team_id: str | None, text: str) -> Message:
    """The answer to `/mql TEXT`; nothing after /mql is help.

    Raises:
        Refused: no such subcommand, wrong arguments, or *user* may not ask.
    """
    name, *words = text.split() or ["help"]
    sub = SUBCOMMANDS.get(name.lower())
    if sub is None:
        known = ", ".join(SUBCOMMANDS)
        raise Refused(f"There is no `/mql` subcommand of that name. There are: {known}.")
    return sub.answer(floor, Asked(user, team_id, tuple(words)))
