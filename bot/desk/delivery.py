"""What follows when a message cannot be delivered as it should be, and what heals a card.

What a sender asks for here (`Also`) is written in the transaction that records how its letter ended.
"""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.clock import Clock, SharedClock
from bot.desk import alert
from bot.desk.desk import Desk
from bot.desk.post import Also
from storage import cards, findings, outbox, paces, relief
from storage.engine import Database
from storage.findings import Occurrence

log = logging.getLogger(__name__)

PROBE = outbox.PROBE
SOONEST, LATEST = timedelta(seconds=5), timedelta(seconds=60)
"""While Slack does not answer, it is tried again after as long as that has lasted, within these bounds."""

WORTH_TELLING = timedelta(minutes=5)
"""Admins are told of a Slack that did not answer for this long, once it does."""

AN_HOUR = timedelta(hours=1)
"""How long nothing is posted once the workspace has reached its limit of messages."""

UNREACHABLE = "unreachable"
"""The code of a Slack that does not answer; the others are Slack's own words."""

REPAIR = "Unarchive it or invite Baton to it (/invite @Baton), or name another channel in the team file."
REPAIRS = {
    "is_ext_shared": "Another company reads that channel, so no card goes there. Name another one in the team file."
}
"""What to do about a channel, by code, where it is something else."""

AGAIN = "again"
"""In a letter's body: it was sent once more though the first message may be there."""
REPOSTED = "reposted"
"""In a card's letter's body: somebody deleted the card and it was posted again, once."""


def clock_of(database: Database, own: Clock) -> Clock:
    """Real time as all replicas have it: PostgreSQL's; on SQLite, which has one process, the process's *own*."""
    return own if database.sqlite else SharedClock(lambda: paces.real_time(database))


def fallback(desk: Desk) -> str:
    """The channel for cards whose own cannot be posted to."""
    with desk.database.reading() as session:
        return desk.agreed(session).team.channels.fallback


def gone_for_good(desk: Desk, card_id: int) -> bool:
    """Whether a card that somebody deleted does not come back."""
    with desk.database.reading() as session:
        return outbox.state_of(session, f"card:{card_id}") in ("dropped", "dead")


def to_fallback(desk: Desk, card_id: int, code: str) -> Also:
    """The card's channel cannot be posted to: let it stand in the fallback channel, and tell the admins."""

    def also(session: Session, now: datetime) -> None:
        agreed = desk.agreed(session)
        meant = cards.move(session, card_id, agreed.team.channels.fallback, now)
        if meant is None:
            return
        what = Occurrence(now, "fallback", detail=_moved(card_id, meant, code))
        findings.note(session, [what])
        _tell_of_channel(session, desk, meant, code, "its cards go to the fallback channel meanwhile")

    return also


def _moved(card_id: int, meant: str, code: str) -> dict[str, object]:
    return {"card": card_id, "channel": meant, "code": code}


def closed_channel(desk: Desk, channel: str, code: str) -> Also:
    """A channel cannot be written to, and there is nowhere else: what waits there goes out after the repair."""

    def also(session: Session, _now: datetime) -> None:
        _tell_of_channel(session, desk, channel, code, "what is to be said there waits")

    return also


def _tell_of_channel(session: Session, desk: Desk, channel: str, code: str, meanwhile: str) -> None:
    key = f"channel:{channel}:{_day(desk)}"
    repair = REPAIRS.get(code, REPAIR)
    sentence = f"Baton cannot write to <#{channel}> ({code}); {meanwhile}. {repair}"
    alert.admins(session, desk, desk.agreed(session), key, sentence)


def _day(desk: Desk) -> str:
    return f"{desk.clock.business():%Y-%m-%d}"


def wants_permission(desk: Desk, method: str, code: str) -> Also:
    """Slack refuses one method for want of a scope or a permission; what needs it waits."""

    def also(session: Session, _now: datetime) -> None:
        sentence = (
            f"Slack refuses {method.replace('_', '.')} ({code}), and what needs it waits. Install the app again "
            "with the scopes of `baton manifest`, or ask an admin of the workspace to permit it."
        )
        alert.admins(session, desk, desk.agreed(session), f"scope:{method}:{_day(desk)}", sentence)

    return also


def full_workspace(desk: Desk) -> Also:
    """The workspace has reached its limit of messages: nothing is posted for an hour; edits go on."""

    def also(session: Session, now: datetime) -> None:
        paces.hold(session, paces.POST, now + AN_HOUR)
        sentence = (
            "The workspace has reached Slack's limit of messages (message_limit_exceeded). Baton posts nothing "
            "for an hour, then tries again; nothing is lost. Ask an admin of the workspace to raise the limit."
        )
        alert.admins(session, desk, desk.agreed(session), f"limit:{_day(desk)}", sentence)

    return also


def pause(code: str) -> Also:
    """Slack refuses our token, or does not answer at all: nothing goes there but one try from time to time."""

    def also(session: Session, now: datetime) -> None:
        if paces.begin_trouble(session, code, now):
            log.error("nothing is sent to Slack until this is repaired", extra={"slack": code})
        paces.hold(session, paces.SLACK, now + _wait(session, code, now))

    return also


def _wait(session: Session, code: str, now: datetime) -> timedelta:
    if code != UNREACHABLE:
        return PROBE
    trouble = paces.trouble(session)
    lasted = now - trouble[1] if trouble else SOONEST
    return min(max(lasted, SOONEST), LATEST)


def repaired(desk: Desk) -> Also:
    """Slack listens again: everything goes out, and the admins are told once what was and how long."""

    def also(session: Session, now: datetime) -> None:
        trouble = paces.trouble(session)
        if not paces.end_trouble(session) or trouble is None:
            return
        code, since = trouble
        log.info(
            "Slack listens again", extra={"slack": code, "seconds": round((now - since).total_seconds())}
        )
        if code == UNREACHABLE and now - since < WORTH_TELLING:
            return
        what = "did not answer" if code == UNREACHABLE else f"refused Baton's token ({code})"
        sentence = f"Slack {what} for {_words(now - since)}. It listens again, and what waited goes out now."
        alert.admins(session, desk, desk.agreed(session), f"slack:{since:%Y-%m-%dT%H:%M:%S}", sentence)

    return also


def _words(lasted: timedelta) -> str:
    minutes = max(1, round(lasted.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, *([f"{rest} min"] if rest or not hours else [])])


def hidden(desk: Desk, channel: str, code: str) -> Also:
    """A message may have arrived, and the channel's history cannot be read to see."""

    def also(session: Session, _now: datetime) -> None:
        sentence = (
            f"An answer of Slack's was lost, and Baton may not read the history of <#{channel}> to see whether its "
            f"message arrived ({code}). Give it the scopes of `baton manifest` and invite it. After a quarter of "
            "an hour the message is sent once more, marked as a possible duplicate."
        )
        alert.admins(session, desk, desk.agreed(session), f"hidden:{channel}:{_day(desk)}", sentence)

    return also


def once_more(send: int) -> Also:
    """Send it again though it may be there already, this once, marked as such."""

    def also(session: Session, now: datetime) -> None:
        outbox.mark(session, send, AGAIN, now, fresh=True)
        findings.note(session, [Occurrence(now, "sent again in doubt", detail={"send": send})])

    return also


def reposted(card_id: int, handoff_id: int | None, send: int) -> Also:
    """Somebody had deleted the card; it was posted again."""

    def also(session: Session, now: datetime) -> None:
        outbox.mark(session, send, REPOSTED, now)
        findings.note(session, [Occurrence(now, "reposted", handoff_id, detail={"card": card_id})])

    return also


def deleted_again(desk: Desk, card_id: int) -> Also:
    """Somebody deleted the card that was posted again: it stays away, and the admins know."""

    def also(session: Session, _now: datetime) -> None:
        sentence = (
            f"Card {card_id} was deleted in Slack, posted again, and deleted again. Baton leaves it at that; its "
            "leads are found by /mql queue and /mql lead EMAIL."
        )
        alert.admins(session, desk, desk.agreed(session), f"deleted:{card_id}", sentence)

    return also


def look_again(card_id: int) -> Also:
    """A card's message seems to be gone: let an edit find out."""

    def also(session: Session, now: datetime) -> None:
        cards.redraw(session, card_id, now)

    return also


def recognise(desk: Desk, handoff_id: int, channel: str, ts: str) -> None:
    """Somebody pressed a button of message *ts*: where the card's post was never confirmed, this is it."""
    with desk.database.reading() as session:
        card = cards.of_handoff(session, handoff_id)
    if card is None or card.ts is not None or card.channel != channel:
        return
    with desk.database.writing() as session:
        found = cards.adopt(session, handoff_id, channel, ts, desk.clock.real())
    if found:
        desk.wake()


def redraw(desk: Desk, handoff_id: int) -> None:
    """A press was refused, so the card shows something else than what is: send it as it should be."""
    with desk.database.writing() as session:
        card = cards.of_handoff(session, handoff_id)
        if card is not None:
            cards.redraw(session, card.id, desk.clock.real())
    desk.wake()


RELIEF = "relief"
A_MINUTE = timedelta(minutes=1)
LONG = 900
"""Cards a channel takes in 15 minutes, at one a second. Source: FAULTS 25."""
HOTTEST = 300
"""Cards that stay cards of their own: five minutes' worth."""
MOST_FOLDED = 1_000
"""Cards gathered in one transaction; the rest follows in the next round of the same tick."""


def relieve(session: Session, desk: Desk) -> bool:
    """Where a channel's queue is longer than a quarter of an hour, gather the cool leads onto digests.

    Gives whether there may be more to gather at once.
    """
    now = desk.clock.real()
    folded = {
        channel: relief.fold(session, channel, HOTTEST, MOST_FOLDED, now)
        for channel in relief.long_queues(session, LONG)
    }
    for channel, count in folded.items():
        if count:
            log.warning("a long queue was folded into digests", extra={"channel": channel, "leads": count})
    return any(count == MOST_FOLDED for count in folded.values())
