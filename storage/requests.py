"""Slack's requests that were decided, by signature: a repetition changes nothing."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage.statements import rows_of

_SEEN = SQLModel.metadata.tables["seen_request"]
_FIND = select(_SEEN.c.seal).where(_SEEN.c.seal == bindparam("asked"))
_FORGET = delete(_SEEN).where(_SEEN.c.at < bindparam("before"))


def first_time(session: Session, seal: str, at: datetime) -> bool:
    """Note *seal* in this transaction; False where a decision of this request is committed already.

    Two replicas with the same request at once: the second waits for the first one's commit.
    """
    statement = _note_statement(session.get_bind().dialect.name)
    return bool(rows_of(session, statement, seal=seal, at=at))


@cache
def _note_statement(dialect: str) -> Any:
    insert = (sqlite if dialect == "sqlite" else postgresql).insert
    noted = insert(_SEEN).values(seal=bindparam("seal"), at=bindparam("at"))
    return noted.on_conflict_do_nothing(index_elements=["seal"]).returning(_SEEN.c.seal)


def seen(session: Session, seal: str) -> bool:
    """Whether *seal* was noted by a transaction that is committed."""
    return bool(rows_of(session, _FIND, asked=seal))


def forget(session: Session, before: datetime) -> None:
    """Remove what is older than any signature that would still be taken."""
    session.connection().execute(_FORGET, {"before": before})
