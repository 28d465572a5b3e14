"""The definition's and the team's versions, as texts; and small facts about this installation."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, text
from sqlmodel import Session, col

from storage.statements import upsert
from storage.tables import DefinitionRow, SettingRow, TeamRow

TEAM_EDITED = "team_edited_at"
"""The setting whose row is held while the team is changed."""


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A version of the definition; *signed* once both sides have."""

    version: int
    text: str
    digest: str
    signed: bool


@dataclass(frozen=True, slots=True)
class TeamVersion:
    """A version of the team; *live* False is a shadow start."""

    version: int
    text: str
    digest: str
    live: bool


def digest(written: str) -> str:
    """A fingerprint of a file's text, blind to line ends and trailing blanks."""
    lines = "\n".join(line.rstrip() for line in written.splitlines()).strip()
    return hashlib.sha256(lines.encode()).hexdigest()


def current_definition(session: Session) -> DefinitionVersion | None:
    """The newest version, or None before the first start."""
    row = session.scalars(select(DefinitionRow).order_by(col(DefinitionRow.version).desc()).limit(1)).first()
    return _definition(row)


def definition_version(session: Session, version: int) -> DefinitionVersion | None:
    """One version, or None."""
    return _definition(session.get(DefinitionRow, version))


def _definition(row: DefinitionRow | None) -> DefinitionVersion | None:
    if row is None or row.version is None:
        return None
    signed = row.signed_marketing_at is not None and row.signed_sales_at is not None
    return DefinitionVersion(row.version, row.text, row.digest, signed)


_STAMP = text(
    "SELECT (SELECT MAX(version) FROM definition), (SELECT MAX(version) FROM team), "
    "(SELECT COUNT(signed_marketing_at) + COUNT(signed_sales_at) FROM definition), "
    "EXISTS (SELECT 1 FROM tombstone)"
)


def stamp(session: Session) -> tuple[int | None, int | None, int, bool]:
    """Changes whenever what is agreed changes: the newest versions, and how many signatures there are.

    And whether anybody was ever erased: asked here, because every request asks this anyway.
    """
    definition, team, signatures, erasures = session.connection().execute(_STAMP).one()
    return definition, team, signatures, bool(erasures)


def add_definition(session: Session, written: str, at: datetime) -> None:
    """Store the next version."""
    session.execute(insert(DefinitionRow), {"text": written, "digest": digest(written), "created_at": at})


def current_team(session: Session) -> TeamVersion | None:
    """The newest version, or None before the first start."""
    return _team(session.scalars(select(TeamRow).order_by(col(TeamRow.version).desc()).limit(1)).first())


def team_version(session: Session, version: int) -> TeamVersion | None:
    """One version, or None."""
    return _team(session.get(TeamRow, version))


def team_before(session: Session, version: int) -> TeamVersion | None:
    """The version before *version*, or None."""
    earlier = select(TeamRow).where(col(TeamRow.version) < version).order_by(col(TeamRow.version).desc())
    return _team(session.scalars(earlier.limit(1)).first())


def teams_since(session: Session, at: datetime) -> list[tuple[datetime, str]]:
    """What was in force just before *at* and since, oldest first: when it was stored, and its text."""
    before = select(func.max(col(TeamRow.version))).where(col(TeamRow.created_at) < at).scalar_subquery()
    since = select(col(TeamRow.created_at), col(TeamRow.text)).where(
        col(TeamRow.version) >= func.coalesce(before, 0)
    )
    return [(at, written) for at, written in session.execute(since.order_by(col(TeamRow.version)))]


def _team(row: TeamRow | None) -> TeamVersion | None:
    if row is None or row.version is None:
        return None
    return TeamVersion(row.version, row.text, row.digest, row.live)


def lock_team(session: Session, at: datetime) -> None:
    """From here to the commit nobody else changes the team: the second of two editors sees the first one's text."""
    remember(session, TEAM_EDITED, at.isoformat())


def add_team(
    session: Session, written: str, *, live: bool, at: datetime, by: str | None = None, why: str | None = None
) -> int:
    """Store the next version; gives its number."""
    row = {"text": written, "digest": digest(written), "live": live, "created_at": at}
    made = insert(TeamRow).returning(col(TeamRow.version))
    return session.execute(made, row | {"created_by": by, "why": why}).scalar_one() or 0


_SETTINGS = select(col(SettingRow.key), col(SettingRow.value))
"""Built once: every request of Slack's asks who we are."""


def settings(session: Session) -> Mapping[str, str]:
    """Everything remembered about this installation."""
    rows = session.connection().execute(_SETTINGS).all()
    return {row[0]: row[1] for row in rows}


def remember_once(session: Session, key: str, value: str) -> str:
    """Keep a small fact unless it is known already; gives what is known, on every replica the same."""
    statement = upsert(session, SettingRow).values(key=key, value=value)
    session.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    return settings(session)[key]


def remember(session: Session, key: str, value: str) -> None:
    """Keep a small fact."""
    statement = upsert(session, SettingRow).values(key=key, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
