"""When a channel, or Slack as a whole, may be called next: rows that all replicas share.

A pace is named like the letters that queue for it: `post:C1`, `edit:C1`, `webhook`. Two rows stand for more:
`post` for posting anywhere, `slack` for everything that goes to Slack. The row `slack` is there only while Slack is
in trouble; while it is, one letter at a time may try.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage import contracts
from storage.engine import Database
from storage.statements import rows_of

SLACK, POST = "slack", "post"

TROUBLE, TROUBLE_SINCE = "slack_trouble", "slack_trouble_since"
"""Settings: the code of what is wrong with Slack while it lasts, and since when."""

PACES = SQLModel.metadata.tables["pace"]
_P = PACES.c
_SETTINGS = SQLModel.metadata.tables["setting"]

_GATES = select(_P.key, _P.next_at).where(_P.key.in_((SLACK, POST)))
_GIVE_BACK = (
    update(PACES)
    .where(_P.key == bindparam("pace"), _P.next_at == bindparam("ours"))
    .values(next_at=bindparam("then"))
)
_LIFT = delete(PACES).where(_P.key == bindparam("pace"))
_FORGET = delete(_SETTINGS).where(_SETTINGS.c.key.in_((TROUBLE, TROUBLE_SINCE)))
_TIME = text("SELECT clock_timestamp()")

Turn = tuple[str, datetime]
"""A pace whose turn was taken, and the time of its next one as it was written then."""


def real_time(database: Database) -> datetime:
    """PostgreSQL's clock, in one statement.

    Raises:
        sqlalchemy.exc.DBAPIError: it does not answer.
    """
    with database.reading() as session:
        found: datetime = session.connection().execute(_TIME).scalar_one()
        return found


def gates(session: Session) -> dict[str, datetime]:
    """When posting, and Slack as a whole, may be called next; what is not in it is not held."""
    return {row.key: row.next_at for row in rows_of(session, _GATES)}


def take_turn(session: Session, pace: str, now: datetime, then: datetime) -> bool:
    """Take the pace's turn if its time has come; its next one is at *then*. The WHERE decides between replicas."""
    return bool(rows_of(session, _turn(session.get_bind().dialect.name), pace=pace, now=now, then=then))


@cache
def _turn(dialect: str) -> Any:
    statement = _insert(dialect)
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"next_at": statement.excluded.next_at},
        where=_P.next_at <= bindparam("now"),
    ).returning(_P.key)


def give_back(session: Session, turns: Iterable[Turn], now: datetime) -> None:
    """Nobody was called after all: the next turn is now, unless somebody has set another time meanwhile."""
    for pace, ours in turns:
        session.connection().execute(_GIVE_BACK, {"pace": pace, "ours": ours, "then": now})


def hold(session: Session, pace: str, until: datetime) -> None:
    """Nobody calls this pace before *until*; where it is held longer already, it stays so."""
    session.connection().execute(_hold(session.get_bind().dialect.name), {"pace": pace, "then": until})


@cache
def _hold(dialect: str) -> Any:
    statement = _insert(dialect)
    given = statement.excluded.next_at
    return statement.on_conflict_do_update(
        index_elements=["key"], set_={"next_at": case((_P.next_at > given, _P.next_at), else_=given)}
    )


def _insert(dialect: str) -> Any:
    made = (sqlite if dialect == "sqlite" else postgresql).insert(PACES)
    return made.values(key=bindparam("pace"), next_at=bindparam("then"))


def trouble(session: Session) -> tuple[str, datetime] | None:
    """What is wrong with Slack, and since when; None where nothing is."""
    kept = contracts.settings(session)
    if TROUBLE not in kept or TROUBLE_SINCE not in kept:
        return None
    return kept[TROUBLE], datetime.fromisoformat(kept[TROUBLE_SINCE])


def begin_trouble(session: Session, code: str, now: datetime) -> bool:
    """Remember what is wrong with Slack; True where nothing was wrong before."""
    statement = _begin(session.get_bind().dialect.name)
    begun = rows_of(session, statement, name=TROUBLE_SINCE, content=now.isoformat())
    contracts.remember(session, TROUBLE, code)
    return bool(begun)


@cache
def _begin(dialect: str) -> Any:
    made = (sqlite if dialect == "sqlite" else postgresql).insert(_SETTINGS)
    made = made.values(key=bindparam("name"), value=bindparam("content"))
    return made.on_conflict_do_nothing(index_elements=["key"]).returning(_SETTINGS.c.key)


def end_trouble(session: Session) -> bool:
    """Slack listens again: everything may go out. False where somebody else has said so before."""
    lifted = session.connection().execute(_LIFT, {"pace": SLACK}).rowcount
    session.connection().execute(_FORGET)
    return lifted == 1
