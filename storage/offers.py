"""Team files that differ from what is stored, as they were shown to the admins, and what was decided about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, SQLModel

from storage.contracts import digest
from storage.statements import rows_of, upsert
from storage.tables import OfferedFileRow

_OFFERS = SQLModel.metadata.tables["offered_file"]
_O = _OFFERS.c

_COLUMNS = (_O.digest, _O.text, _O.at, _O.decided_by, _O.taken)
_BY_DIGEST = select(*_COLUMNS).where(_O.digest.startswith(bindparam("beginning"))).order_by(_O.digest)
_DECIDE = (
    update(_OFFERS)
    .where(_O.digest == bindparam("which"), _O.taken.is_(None))
    .values(decided_by=bindparam("who"), decided_at=bindparam("moment"), taken=bindparam("answer"))
    .returning(_O.digest)
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A changed team file; *taken* is None while no admin has decided."""

    digest: str
    text: str
    at: datetime
    decided_by: str | None
    taken: bool | None


def offer(session: Session, written: str, at: datetime) -> Offer:
    """Keep a file that changed; what was decided about the same text before is open again."""
    fresh: dict[str, Any] = {"text": written, "at": at, "decided_by": None, "decided_at": None, "taken": None}
    made = upsert(session, OfferedFileRow).values(digest=digest(written), **fresh)
    session.execute(made.on_conflict_do_update(index_elements=["digest"], set_=fresh))
    return Offer(digest(written), written, at, None, None)


def offered(session: Session, beginning: str) -> Offer | None:
    """The offer whose digest begins with these hexadecimal digits, or None."""
    rows = rows_of(session, _BY_DIGEST, beginning=beginning)
    return Offer(*rows[0]) if rows else None


def decide(session: Session, which: Offer, by: str, at: datetime, *, taken: bool) -> bool:
    """Note what *by* decided; False where somebody decided before."""
    return bool(rows_of(session, _DECIDE, which=which.digest, who=by, moment=at, answer=taken))
