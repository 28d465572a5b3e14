"""What every use case needs: the database, the clock, and what was agreed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from sqlmodel import Session

from bot.clock import Clock
from scoring.contract import Definition
from scoring.definition import read_definition
from scoring.handoff import Handoff
from scoring.roles import Presser
from scoring.stages import Refused, Where
from scoring.team import Team, read_team
from scoring.worktime import WorkCalendar
from scoring.worth import EXPECTED, Worth
from storage import contracts, handoffs, schema
from storage.engine import Database, Purpose, StorageError
from storage.worth import decided

__all__ = ["Agreed", "Desk", "StorageError", "open_database", "upgrade_database"]


WEIGHED_FOR = timedelta(minutes=10)
"""How long the figures behind the expected values are believed; they move by a hand-off a day."""
A_YEAR = timedelta(days=365)
"""What sales decided longer ago says little of the market of today."""

NURTURE = "nurture"
"""Why a hand-off of a nurture tier ends at once; no rep gives it, so it is no row of the reasons."""


def _nobody_to_wake() -> None:
    """A command that only records has no courier; serve delivers what it wrote."""


def _nobody_counts(_tier: str) -> None:
    """A command that decides something has no metrics; serve has."""


def open_database(url: str, purpose: Purpose) -> Database:
    """The database, its schema created where it was empty (to a reader: checked).

    Raises:
        StorageError: it cannot be used, or its schema is older or newer than this code.
    """
    database = Database(url, purpose)
    try:
        if purpose == "read":
            schema.check(database)
        else:
            schema.create(database)
    except BaseException:
        database.close()
        raise
    return database


def upgrade_database(url: str) -> tuple[str | None, str]:
    """Bring the schema up to this code's; gives the revision before and after.

    Raises:
        StorageError: it cannot be used, or its schema is newer than this code.
    """
    database = Database(url, "write")
    try:
        return schema.upgrade(database)
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Agreed:
    """The definition and the team in force. *live* False: shadow, would-be MQLs are only counted.

    *erasures*: somebody was erased once, so what comes in is compared with the tombstones.
    """

    version: int
    definition: Definition
    signed: bool
    team: Team
    live: bool
    erasures: bool = False


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What leads are worth, under what was agreed, as of *at* (business time)."""

    worth: Worth
    agreed: Agreed
    at: datetime


@dataclass(slots=True)
class Desk:
    """Where the use cases work.

    Attributes:
        webhooks: whether outgoing webhooks are asked for (BATON_WEBHOOK_URL).
        shadow: `serve --shadow`: no cards, whatever the team says.
        secret: BATON_SECRET, the key of tombstones and anchors; empty where it is not set.
        draws: whether spot checks are drawn where the definition asks for them; the demo's samples do without.
        breached: told the tier of each breach once it is committed, for the metrics.
        us: who we are in Slack, once that is known (`people.app`).
        wake: called after every commit that left something to send.
    """

    database: Database
    clock: Clock
    webhooks: bool = False
    shadow: bool = False
    draws: bool = True
    wake: Callable[[], None] = field(default=_nobody_to_wake)
    breached: Callable[[str], None] = field(default=_nobody_counts)
    secret: bytes = field(default=b"", repr=False)
    us: Mapping[str, str] = field(default_factory=dict)
    _kept: tuple[object, Agreed] | None = field(default=None, repr=False)
    _weighed: _Weighed | None = field(default=None, repr=False)
    _versions: dict[int, Definition] = field(default_factory=dict, repr=False)

    def agreed(self, session: Session) -> Agreed:
        """What counts now.

        Raises:
            Refused: nothing is stored yet (the program has never been started).
        """
        stamp = contracts.stamp(session)
        if self._kept is not None and self._kept[0] == stamp:
            return self._kept[1]
        definition, team = contracts.current_definition(session), contracts.current_team(session)
        if definition is None or team is None:
            raise Refused("Baton has no definition yet. Run baton serve once, or baton import.")
        agreed = Agreed(
            definition.version,
            definition_of(definition.text),
            definition.signed,
            team_of(team.text),
            team.live and not self.shadow,
            erasures=bool(stamp[3]),
        )
        self._kept = (stamp, agreed)
        return agreed

    def worth(self, session: Session) -> Worth:
        """What leads are worth now, by what became of those of the last 365 days; counted every ten minutes.

        Raises:
            Refused: nothing is stored yet.
        """
        agreed, now = self.agreed(session), self.clock.business()
        kept = self._weighed
        if kept is not None and kept.agreed is agreed and abs(now - kept.at) < WEIGHED_FOR:
            return kept.worth
        definition, team = agreed.definition, agreed.team
        tallies = decided(session, definition.threshold, now - A_YEAR, NURTURE)
        expected = definition.contract.expected_mql_to_sql
        found = Worth(
            definition.threshold,
            EXPECTED if expected is None else expected,
            tallies,
            team.deal_value,
            team.currency,
        )
        self._weighed = _Weighed(found, agreed, now)
        return found

    def definition(self, session: Session, version: int) -> Definition:
        """The definition under which a hand-off was made; a version's text never changes, so it is read once."""
        kept = self._versions.get(version)
        if kept is not None:
            return kept
        found = contracts.definition_version(session, version)
        if found is None:
            raise LookupError(f"definition version {version} is missing from the database")
        self._versions[version] = definition_of(found.text)
        return self._versions[version]


@lru_cache(maxsize=32)
def definition_of(text: str) -> Definition:
    """A stored text, read once; it was checked before it was stored."""
    return read_definition(text, "definition (stored)")


@lru_cache(maxsize=32)
def team_of(text: str) -> Team:
    """A stored text, read once; it was checked before it was stored."""
    return read_team(text, "team (stored)")


def presser(team: Team, user: str) -> Presser:
    """Who *user* is to the team file."""
    person = team.person(user)
    return Presser(user, person.role if person else None)


def where(handoff: Handoff, definition: Definition) -> Where:
    """As much of the hand-off as decides its moves."""
    taken, with_ae = handoff.accepted_at is not None, handoff.ae_accepted_at is not None
    return Where(handoff.stage, handoff.owner, definition.sal, taken, with_ae)


def found(session: Session, handoff_id: int) -> Handoff:
    """The hand-off.

    Raises:
        Refused: there is none of that number (a forged or very old button), or its lead was erased.
    """
    handoff = handoffs.get(session, handoff_id)
    if handoff is None:
        raise Refused("Baton does not know this lead any more, so nothing was changed. Use /mql lead EMAIL.")
    if handoff.erased:
        raise Refused("This lead's data was erased on request, so nothing can be done with it any more.")
    return handoff


def calendar_for(team: Team, owner: str | None, segment: str) -> WorkCalendar:
    """Whose hours count: the owner's once there is one, till then the segment's."""
    if owner is not None and team.person(owner) is not None:
        return team.calendar_of(owner)
    return team.calendar_of_segment(segment)
