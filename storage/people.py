"""Stored copies of Slack users; the suppression list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlmodel import Session, col

from storage.keyed import keyed
from storage.statements import in_parts, upsert
from storage.tables import MemberRow, SuppressionRow


@dataclass(frozen=True, slots=True)
class Member:
    """A Slack user as last heard of."""

    id: str
    team_id: str | None
    deleted: bool = False
    guest: bool = False
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An entry of the suppression list: `domain` or `address`, and why.

    *until*: it holds up to then, None for good; *erased*: of a person whose data was erased, a hash in the database.
    """

    kind: str
    value: str
    reason: str
    until: datetime | None = None
    erased: bool = False


_MEMBER = select(
    col(MemberRow.id),
    col(MemberRow.team_id),
    col(MemberRow.deleted),
    col(MemberRow.guest),
    col(MemberRow.bot),
).where(col(MemberRow.id) == bindparam("user"))
"""Built once: every press asks it."""


def member(session: Session, id_: str) -> Member | None:
    """The stored copy of a user, or None."""
    row = session.connection().execute(_MEMBER, {"user": id_}).one_or_none()
    return None if row is None else Member(*row)


_DEPARTED = select(col(MemberRow.id)).where(
    col(MemberRow.deleted), col(MemberRow.id).in_(bindparam("these", expanding=True))
)


def departed(session: Session, ids: Iterable[str]) -> set[str]:
    """Those of *ids* whose Slack accounts are deactivated."""
    return set(session.connection().execute(_DEPARTED, {"these": list(ids)}).scalars())


def keep_members(session: Session, members: Sequence[Member], at: datetime) -> None:
    """Store what Slack says of users."""
    if not members:
        return
    statement = upsert(session, MemberRow)
    names = ("team_id", "deleted", "guest", "bot", "seen_at")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={name: getattr(statement.excluded, name) for name in names}
        ),
        [
            {
                "id": m.id,
                "team_id": m.team_id,
                "deleted": m.deleted,
                "guest": m.guest,
                "bot": m.bot,
                "seen_at": at,
            }
            for m in members
        ],
    )


_LISTED = select(
    col(SuppressionRow.kind), col(SuppressionRow.value), col(SuppressionRow.reason), col(SuppressionRow.until)
).where(col(SuppressionRow.value).in_(bindparam("these", expanding=True)))
"""Built once: intake asks it for every request."""


def suppressed(
    session: Session, values: Iterable[str], now: datetime, secret: bytes = b""
) -> dict[str, Suppressed]:
    """The entries in force for these domains and addresses, by value.

    With *secret* those of erased people too, whose addresses stand there as keyed hashes.
    """
    asked = {value: value for value in values}
    if secret:
        asked |= {keyed(secret, "suppression", value): value for value in asked if "@" in value}
    found: dict[str, Suppressed] = {}
    for part in in_parts(sorted(asked)):
        for kind, value, reason, until in session.connection().execute(_LISTED, {"these": part}):
            if until is None or until > now:
                hashed = asked[value] != value
                found[asked[value]] = Suppressed(kind, asked[value], reason, until, erased=hashed)
    return found


_OPTED_OUT = select(col(SuppressionRow.until)).where(
    col(SuppressionRow.value).in_(bindparam("these", expanding=True)),
    col(SuppressionRow.reason) == "opted_out",
)


def opted_out(session: Session, address: str, now: datetime, secret: bytes = b"") -> bool:
    """Whether this address asked not to be contacted, whatever else stands on the list about it.

    *secret* as in `suppressed`.
    """
    these = [address, *([keyed(secret, "suppression", address)] if secret else [])]
    rows = session.connection().execute(_OPTED_OUT, {"these": these})
    return any(until is None or until > now for (until,) in rows)


def suppress(session: Session, entry: Suppressed, handoff_id: int, at: datetime) -> None:
    """List a domain or an address because of a hand-off's reason.

    Each hand-off has a row of its own, so that one taken back lifts nothing that another still says.
    """
    session.execute(
        upsert(session, SuppressionRow)
        .values(kind=entry.kind, value=entry.value, reason=entry.reason, handoff_id=handoff_id, listed_at=at)
        .on_conflict_do_nothing(index_elements=["kind", "value", "handoff_id"])
    )


def unsuppress(session: Session, handoff_id: int) -> None:
    """Take back what a hand-off's reason listed (its rejection was undone)."""
    session.execute(
        delete(SuppressionRow)
        .where(col(SuppressionRow.handoff_id) == handoff_id)
        .execution_options(synchronize_session=False)
    )
