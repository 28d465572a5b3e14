"""What every statement here needs: ON CONFLICT in this database's dialect, lists in parts, rows changed."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

MOST_IN_ONE_STATEMENT = 500
"""Values in one IN list; SQLite allows 32,766 parameters, and a plan for 500 is cached."""

T = TypeVar("T")


def upsert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT of this database's dialect that knows ON CONFLICT."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def in_parts(values: Iterable[T]) -> Iterable[list[T]]:
    """The values in lists short enough for one statement."""
    rows = list(values)
    for start in range(0, len(rows), MOST_IN_ONE_STATEMENT):
        yield rows[start : start + MOST_IN_ONE_STATEMENT]


def rows_changed(session: Session, statement: Executable) -> int:
    """Run an UPDATE or DELETE; gives how many rows its WHERE let through."""
    options = {"synchronize_session": False}
    return cast("CursorResult[Any]", session.execute(statement, execution_options=options)).rowcount


def rows_of(session: Session, statement: Executable, **parameters: Any) -> Sequence[Any]:
    """The rows of a statement that was built once, straight from the connection: nothing is mapped to objects."""
    return session.connection().execute(statement, parameters).all()
