"""What Baton holds about a person: shown to them, erased at their wish.

An erased lead keeps its id, times and points, so that no figure changes; everything that says who it was goes,
from the rows, from Slack, and from what a sender delivers again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.desk import alert, announce, ladder
from bot.desk.desk import Desk
from scoring.emails import company_domain, normalise
from scoring.handoff import Handoff
from scoring.stages import Refused
from storage import cards, deadlines, findings, handoffs, holdings, leads, moves, outbox, privacy, tombstones
from storage.engine import IN_THE_BACKGROUND
from storage.findings import Occurrence
from storage.handoffs import ERASE
from storage.keyed import keyed
from storage.moves import Move
from storage.outbox import LEASE, Letter
from storage.privacy import Posted

SCRUB = "scrub"
"""The kind of letter that asks for one message of ours to be deleted."""

SCRUB_RANK = 70


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed; *messages* are still to be deleted from Slack by whoever serves.

    *wiped*: it is gone from the database's files too, as far as the database can do that.
    """

    lead: int
    handoffs: int
    activities: int
    messages: int
    wiped: bool = True


def held(desk: Desk, who: str) -> dict[str, Any]:
    """Everything about the person with this address (or identity), ready for JSON.

    Raises:
        Refused: nobody of that name is known.
    """
    with desk.database.reading() as session:
        lead = _lead_of(session, who)
        email = leads.load(session, [lead])[lead].email
        listed_as = [value for value in (email, company_domain(email)) if value] if email else []
        return holdings.of(session, lead, listed_as)


def _lead_of(session: Session, who: str) -> int:
    address = normalise(who)
    key = f"email:{address}" if address else who
    found = leads.identities(session, [key]).get(key)
    if found is None:
        raise Refused(f"Nobody called {address or who} has been heard of. Check the spelling.")
    return found


def erase(desk: Desk, who: str) -> Erased:
    """Erase the person with this address (or identity).

    Raises:
        Refused: nobody of that name is known, or BATON_SECRET is not set.
        sqlalchemy.exc.OperationalError: the database cannot take it; nothing was erased.
    """
    _check_secret(desk)
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        done = _erased(session, desk, _lead_of(session, who), "request")
    if done is None:
        raise Refused("Somebody else has erased them just now.")
    desk.wake()
    wiped = privacy.wipe(desk.database, rewrite=True)
    return Erased(done.lead, done.handoffs, done.activities, done.messages, wiped)


def _check_secret(desk: Desk) -> None:
    if not desk.secret:
        raise Refused(
            "BATON_SECRET is not set, and without it an erased person would come back with the next delivery. "
            "Set the one that serve has."
        )


def erase_idle(desk: Desk, lead: int, since: datetime) -> bool:
    """Erase a lead of whom nothing was heard since *since*; False where somebody has meanwhile.

    Raises:
        Refused: BATON_SECRET is not set.
    """
    _check_secret(desk)
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        if not privacy.still_idle(session, lead, since):
            return False
        return _erased(session, desk, lead, "retention", since) is not None


def _erased(
    session: Session, desk: Desk, lead: int, why: str, idle_since: datetime | None = None
) -> Erased | None:
    """Everything in the one transaction; None where the lead is erased already, or not idle any more."""
    if not privacy.hold(session, lead):
        return None
    if idle_since is not None and not privacy.still_idle(session, lead, idle_since):
        return None
    now = desk.clock.business()
    with privacy.overwriting(session):
        mine = handoffs.of_lead(session, lead)
        email = leads.load(session, [lead])[lead].email
        names = privacy.names_of(session, lead)
        ids = [each.id for each in mine]
        tombstones.bury(
            session, desk.secret, [*names, *([f"email:{email}"] if email else [])], int(now.timestamp())
        )
        _hide(
            session,
            desk,
            [email, *(name.removeprefix("email:") for name in names if name.startswith("email:"))],
        )
        _close(session, desk, mine, now)
        # Only now: closing waits for whoever is deciding a step of theirs, and sees what they wrote.
        letters = privacy.letters_about(session, lead, ids)
        deeds, _ = privacy.forget_person(session, lead, int(now.timestamp()))
        privacy.forget_words(session, ids)
        privacy.silence(session, letters)
        asked = _scrub(session, desk, letters)
        _redraw(session, desk, lead, mine)
        done = Erased(lead, len(ids), deeds, asked)
        detail = {"lead": lead, "why": why, "handoffs": len(ids), "activities": deeds, "messages": asked}
        findings.note(session, [Occurrence(desk.clock.real(), "erased", detail=detail)])
    return done


def _hide(session: Session, desk: Desk, addresses: Iterable[str | None]) -> None:
    """An opt-out outlives the address it was given for."""
    privacy.hide(
        session,
        {address: keyed(desk.secret, "suppression", address) for address in set(addresses) if address},
    )


def _close(session: Session, desk: Desk, mine: Sequence[Handoff], now: datetime) -> None:
    """A line in each log; an open hand-off ends with it. An end keeps its reason, so figures stay."""
    for handoff in mine:
        values = {"stage": "recycled", "ended_at": now} if handoff.open else {}
        change = Move(ERASE, None, now, values, reason=handoff.reason, source="erasure")
        ended = moves.move(session, handoff, change)
        if ended is not None and handoff.open:
            announce.outgoing(session, desk, ended, "handoff.recycled")
        deadlines.cancel(session, (*ladder.OF_A_HANDOFF, ladder.ACTIVITY), str(handoff.id))


def _scrub(session: Session, desk: Desk, letters: Sequence[Posted]) -> int:
    """Ask for the deletion of every message that may stand in Slack; gives how many.

    One whose place is not known is looked for once whoever may be sending it has ended.
    """
    now = desk.clock.real()
    asked = [
        Letter(
            f"{SCRUB}:{each.id}", SCRUB, f"edit:{_channel(each)}", now if each.ts else now + LEASE, SCRUB_RANK,
            handoff_id=each.handoff_id, body={"letter": each.id},
        )
        for each in letters
        if each.ts or each.attempts
    ]  # fmt: skip
    outbox.put(session, asked)
    return len(asked)


def _channel(letter: Posted) -> str:
    return letter.sent_to or letter.pace.partition(":")[2]


def _redraw(session: Session, desk: Desk, lead: int, mine: Sequence[Handoff]) -> None:
    """Cards shrink to one line; one that nobody tried to post yet is not posted any more."""
    on = {each.card_id for each in mine if each.card_id is not None}
    never = privacy.drop_unposted(session, lead, sorted(on))
    cards.changed(session, sorted(on - never), desk.clock.real())


@dataclass(frozen=True, slots=True)
class Scrub:
    """A message to delete: where, and what *send* its metadata names while its *ts* is not known.

    *wait* is how long whoever may be sending it at this moment still has.
    """

    send: int
    channel: str
    ts: str | None
    thread_ts: str | None
    handoff: int | None
    wait: timedelta


def to_scrub(desk: Desk, letter: int) -> Scrub | None:
    """Where the message of that letter stands; None where the letter is gone."""
    with desk.database.reading() as session:
        found = privacy.posted(session, letter)
    if found is None:
        return None
    posted, thread = found
    busy = posted.state == "sending" and posted.leased_until is not None
    wait = posted.leased_until - desk.clock.real() if busy and posted.leased_until else timedelta(0)
    return Scrub(posted.id, _channel(posted), posted.ts, thread, posted.handoff_id, max(wait, timedelta(0)))


def cannot_delete(desk: Desk, scrub: Scrub, code: str, link: str | None) -> None:
    """Slack does not let us delete a message about an erased person: a human must."""
    where = link or f"<#{scrub.channel}>"
    what = f"A message about an erased person cannot be deleted ({code}): {where}"
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        key = f"{SCRUB}:{scrub.send}:{code}"
        alert.admins(
            session, desk, desk.agreed(session), key, f"{what}. Delete it by hand, or let an owner do it."
        )
