"""The definition's and the team's versions, as texts; and small facts about this installation."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlmodel import Session, col

from storage.statements import upsert
from storage.tables import DefinitionRow, SettingRow, TeamRow


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
    row = session.scalars(select(TeamRow).order_by(col(TeamRow.version).desc()).limit(1)).first()
    if row is None or row.version is None:
        return None
    return TeamVersion(row.version, row.text, row.digest, row.live)


def add_team(session: Session, written: str, *, live: bool, at: datetime, by: str | None = None) -> None:
    """Store the next version."""
    session.execute(
        insert(TeamRow),
        {"text": written, "digest": digest(written), "live": live, "created_at": at, "created_by": by},
    )


_SETTINGS = select(col(SettingRow.key), col(SettingRow.value))
"""Built once: every request of Slack's asks who we are."""


def settings(session: Session) -> Mapping[str, str]:
    """Everything remembered about this installation."""
    rows = session.connection().execute(_SETTINGS).all()
    return {row[0]: row[1] for row in rows}


def remember(session: Session, key: str, value: str) -> None:
    """Keep a small fact."""
    statement = upsert(session, SettingRow).values(key=key, value=value)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
