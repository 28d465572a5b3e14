"""Whose account a company is."""

from sqlalchemy import bindparam, select
from sqlmodel import Session, SQLModel

from storage.statements import rows_of

_COMPANY = SQLModel.metadata.tables["company"].c
_H = SQLModel.metadata.tables["handoff"].c

# Built once: intake asks for every customer that comes back.
_NAMED = select(_COMPANY.owner).where(_COMPANY.domain == bindparam("domain"), _COMPANY.owner.is_not(None))
_WON = (
    select(_H.owner)
    .where(_H.company == bindparam("domain"), _H.stage == "won", _H.owner.is_not(None))
    .order_by(_H.ended_at.desc(), _H.id.desc())
    .limit(1)
)


def owners(session: Session, domain: str) -> list[str]:
    """Who looks after the company: whom the list of accounts names, then who won the newest deal there."""
    return [owner for query in (_NAMED, _WON) for (owner,) in rows_of(session, query, domain=domain)]
