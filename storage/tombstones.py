"""Erased people, as keyed hashes of the names their sources knew them by: what they did before stays away."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from scoring.arrival import Arrival
from storage.keyed import keyed
from storage.statements import in_parts, rows_of

_TOMBS = SQLModel.metadata.tables["tombstone"]
_AMONG = select(_TOMBS.c.hash, _TOMBS.c.erased_at).where(
    _TOMBS.c.hash.in_(bindparam("these", expanding=True))
)


def bury(session: Session, secret: bytes, keys: Iterable[str], erased_at: int) -> None:
    """Keep the hashes of an erased person's identities; erased twice, the later time counts."""
    rows = [{"hash": keyed(secret, "tombstone", key), "erased_at": erased_at} for key in sorted(set(keys))]
    if rows:
        session.connection().execute(_bury_statement(session.get_bind().dialect.name), rows)


@cache
def _bury_statement(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_TOMBS)
    later = func.max if dialect == "sqlite" else func.greatest
    return statement.on_conflict_do_update(
        index_elements=["hash"], set_={"erased_at": later(_TOMBS.c.erased_at, statement.excluded.erased_at)}
    )


def of_the_living(
    session: Session, arrivals: Sequence[Arrival], secret: bytes, *, dated: bool = True
) -> list[Arrival]:
    """Those of *arrivals* that happened after the erasure of everybody they name, or name nobody erased.

    With *dated* False they come from a file, whose rows happen at the import where they have no date of their
    own: what claims to happen just now about an erased person is as old as the file, and stays away too.
    """
    hash_of = {key: keyed(secret, "tombstone", key) for arrival in arrivals for key in arrival.keys}
    erased: dict[str, int] = {}
    for part in in_parts(sorted(set(hash_of.values()))):
        erased.update((row.hash, row.erased_at) for row in rows_of(session, _AMONG, these=part))
    if not erased:
        return list(arrivals)

    def lives(arrival: Arrival) -> bool:
        gone = max((erased.get(hash_of[key], -1) for key in arrival.keys), default=-1)
        undated = gone >= 0 and not dated and arrival.occurred == arrival.received
        return arrival.occurred > gone and not undated

    return [arrival for arrival in arrivals if lives(arrival)]
