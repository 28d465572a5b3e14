"""What every statement here needs: ON CONFLICT in this database's dialect, lists in parts, rows changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import ARRAY, BindParameter, Column, CursorResult, Executable, Select, any_, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

MOST_IN_ONE_STATEMENT = 500
"""Values in one IN list; SQLite allows 32,766 parameters, and a plan for 500 is cached."""

T = TypeVar("T")


def upsert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT of this database's dialect that knows ON CONFLICT."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def on_postgres(session: Session) -> bool:
    """Whether this is PostgreSQL; else it is SQLite."""
    return session.get_bind().dialect.name == "postgresql"


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


@dataclass(frozen=True, slots=True)
class Among:
    """A select of the rows whose column is among some values, in the form each number of them runs fastest.

    One value is most requests. PostgreSQL takes several as one array: a list of 100 parameters is read, planned
    and sent one by one.
    """

    one: Select[Any]
    listed: Select[Any]
    array: Select[Any]


def among(query: Select[Any], column: Column[Any]) -> Among:
    """*query*, asked about some values of *column*; to be built once."""
    array: BindParameter[Any] = bindparam("these", type_=ARRAY(column.type))
    return Among(
        query.where(column == bindparam("these")),
        query.where(column.in_(bindparam("these", expanding=True))),
        query.where(column == any_(array)),
    )


def rows_among(session: Session, query: Among, these: Iterable[Any], **also: Any) -> Sequence[Any]:
    """The rows about *these* values, *also* being the query's other parameters.

    More than 500 values are asked about in parts, each in the query's order.
    """
    several = query.array if on_postgres(session) else query.listed
    rows: list[Any] = []
    for part in in_parts(these):
        statement, values = (query.one, part[0]) if len(part) == 1 else (several, part)
        rows += rows_of(session, statement, these=values, **also)
    return rows
