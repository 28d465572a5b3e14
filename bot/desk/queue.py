"""Who waits: somebody's own hand-offs and those they may claim, best first, a page of each at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.desk.desk import Desk, presser
from bot.desk.report import Several, Shown, all_shown, links_of
from scoring import roles
from scoring.worth import Worth
from storage import board, handoffs, leads, queues
from storage.queues import Listing

MOST = 20
"""Leads of each kind that one answer lists; the others are counted, and cost no reading."""

OVERSEERS = ("manager", "marketing", "admin")
"""Roles that see the whole floor."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for somebody: their own hand-offs, those to claim, and what marketing must find out."""

    mine: Several[Shown]
    unclaimed: Several[Shown]
    on_hold: Mapping[str, int]
    role: str
    now: datetime
    worth: Worth
    links: Mapping[int, str]
    held: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The leads that a gate holds, the newest first: address, and what is unknown of them."""
    labels: dict[str, str] = field(default_factory=dict)
    """What people here call the stages."""


def queue(desk: Desk, user: str) -> Queue:
    """What waits for *user*, best first; managers see every unclaimed lead.

    Raises:
        Refused: *user* is not in the team file.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        who = presser(agreed.team, user)
        roles.check_member(who)
        everything = who.role in OVERSEERS
        mine = _first(session, desk, queues.OWNED, whose=user)
        if everything:
            unclaimed = _first(session, desk, queues.UNOWNED)
        else:
            unclaimed = _first(session, desk, queues.IN_POOLS, pools=queues.pools_with(session, user))
        listed = [shown.handoff for shown in (*mine.first, *unclaimed.first)]
        return Queue(
            mine, unclaimed, board.lacking(session) if everything else {}, who.role or "",
            desk.clock.business(), desk.worth(session), links_of(session, desk, listed),
            _held(session) if everything else (), agreed.definition.labels,
        )  # fmt: skip


def _held(session: Session) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((email, tuple(names)) for email, names in leads.on_hold(session, MOST) if email)


def _first(session: Session, desk: Desk, listing: Listing, **about: Any) -> Several[Shown]:
    count = queues.count(session, listing, **about)
    return Several(page(session, desk, listing, most=MOST, **about) if count else (), count)


def page(
    session: Session, desk: Desk, listing: Listing, *, most: int, skipped: int = 0, **about: Any
) -> tuple[Shown, ...]:
    """The hand-offs of one page of a list, in its order."""
    ids = queues.page(session, listing, desk.worth(session), most=most, skipped=skipped, **about)
    there = handoffs.many(session, ids)
    return tuple(all_shown(session, desk, [there[id_] for id_ in ids]))
