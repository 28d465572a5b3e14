"""The Home tab: what its reader works on, and for those who lead, the floor. Bounded: counts in SQL, a page of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.desk import ladder
from bot.desk.desk import Desk, presser
from bot.desk.queue import OVERSEERS, page
from bot.desk.report import Shown, links_of
from scoring import roles
from scoring.roster import Person, Team
from scoring.worth import Worth
from storage import board, queues
from storage.board import Load, Unowned, Week
from storage.queues import Listing

__all__ = ["Home", "Load", "Overview", "Page", "Rep", "Reps", "Unowned", "Week", "check_reader", "home"]

PER_PAGE = {"mine": 7, "pools": 6, "to_accept": 5, "deals": 6, "decisions": 8, "spot_checks": 5, "reps": 12}
"""Entries of a page, by list: with their buttons they stay under Slack's 100 blocks even where one person has all."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: page *number* of *pages*, the first being 1, and how many entries the list has."""

    first: tuple[Shown, ...]
    count: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Rep:
    """A line of the team board. *away_until* is None for who is there."""

    person: Person
    load: Load
    away_until: datetime | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Reps:
    """A page of the team board."""

    first: tuple[Rep, ...]
    count: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What who leads sees: the team, what nobody has, spot checks, and what wants a decision."""

    reps: Reps
    unowned: tuple[Unowned, ...]
    spot_checks: Page
    decisions: Page
    lacking: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Home:
    """What the Home tab shows somebody, as of *now*. *overview* only for who leads, *week* only for who works leads."""

    reader: Person
    team: Team
    now: datetime
    mine: Page
    pools: Page
    to_accept: Page
    deals: Page
    week: Week | None
    overview: Overview | None
    worth: Worth
    links: Mapping[int, str]
    labels: dict[str, str]
    """What people here call the stages."""


def check_reader(desk: Desk, user: str) -> None:
    """Raises Refused for somebody whom the team file does not name."""
    with desk.database.reading() as session:
        roles.check_member(presser(desk.agreed(session).team, user))


def home(desk: Desk, user: str, turned: Mapping[str, int] | None = None) -> Home:
    """The Home tab of *user*, its lists turned to the pages *turned* says (by list; 1 is the first).

    Raises:
        Refused: *user* is not in the team file.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        team = agreed.team
        who = presser(team, user)
        roles.check_member(who)
        look = _Look(session, desk, user, team, desk.clock.business(), turned or {})
        mine, pools = look.page("mine", queues.OWNED, whose=user), look.pools()
        to_accept = look.page("to_accept", queues.FOR_AE, whose=user)
        deals = look.page("deals", queues.DEALS, whose=user)
        overview = _overview(look) if who.role in OVERSEERS else None
        listed = [
            mine,
            pools,
            to_accept,
            deals,
            *([overview.spot_checks, overview.decisions] if overview else []),
        ]
        return Home(
            team.people[user], team, look.now, mine, pools, to_accept, deals,
            board.week(session, user, look.monday(user)) if who.role in ("sdr", "ae") or mine.count else None,
            overview, desk.worth(session),
            links_of(session, desk, [shown.handoff for each in listed for shown in each.first]),
            agreed.definition.labels,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at everything, within one transaction."""

    session: Session
    desk: Desk
    user: str
    team: Team
    now: datetime
    turned: Mapping[str, int]

    def page(self, name: str, listing: Listing, **about: Any) -> Page:
        count = queues.count(self.session, listing, **about)
        number, pages = self.turn(name, count)
        if not count:
            return Page((), 0, 1, 1)
        most = PER_PAGE[name]
        skipped = most * (number - 1)
        return Page(
            page(self.session, self.desk, listing, most=most, skipped=skipped, **about), count, number, pages
        )

    def pools(self) -> Page:
        return self.page("pools", queues.IN_POOLS, pools=queues.pools_with(self.session, self.user))

    def turn(self, name: str, count: int) -> tuple[int, int]:
        """The page to show and how many there are; the last one where the list became shorter."""
        pages = max(1, -(-count // PER_PAGE[name]))
        return min(max(1, self.turned.get(name, 1)), pages), pages

    def monday(self, person: str) -> datetime:
        """When the week began where *person* is."""
        zone = self.team.calendar_of(person).zone
        today = self.now.astimezone(zone).date()
        return datetime.combine(today - timedelta(days=today.weekday()), time.min, zone)


def _overview(look: _Look) -> Overview:
    asked = {"now": look.now, "decision": ladder.DECIDE}
    return Overview(
        reps=_reps(look),
        unowned=tuple(board.unowned(look.session)),
        spot_checks=look.page("spot_checks", queues.SPOT_CHECKS),
        decisions=look.page("decisions", queues.WANTS_DECISION, **asked),
        lacking=board.lacking(look.session),
    )


def _reps(look: _Look) -> Reps:
    """Who works leads, and whoever else has some; the most overdue first."""
    loads = board.loads(look.session, look.monday(look.user), look.now)
    people = [each for each in look.team.people.values() if each.role in ("sdr", "ae") or each.id in loads]
    lines = [
        Rep(
            each,
            loads.get(each.id, Load()),
            look.team.away_until(each, look.now),
            look.team.calendar_of(each.id).zone,
        )
        for each in people
    ]
    lines.sort(key=lambda rep: (-rep.load.overdue, -rep.load.breaches, -rep.load.open, rep.person.name))
    number, pages = look.turn("reps", len(lines))
    begin = PER_PAGE["reps"] * (number - 1)
    return Reps(tuple(lines[begin : begin + PER_PAGE["reps"]]), len(lines), number, pages)
