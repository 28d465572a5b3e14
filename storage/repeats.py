"""Events that came again under the same id, and are not the same."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from scoring.arrival import Arrival
from storage import leads
from storage.statements import among, rows_among

_A = SQLModel.metadata.tables["activity"].c

_KEPT = among(
    select(_A.source, _A.event, _A.lead_id, _A.signal, _A.asset, _A.occurred, _A.received), _A.event
)


def altered(session: Session, again: Sequence[Arrival]) -> list[Arrival]:
    """Those of *again*, whose ids are in the log, that say something else than the first one did.

    Compared are the person, the signal, the asset and the time; a fact about the person is not kept by event. A time
    ahead of the arrival was stored as the arrival.
    """
    kept = {
        (row.source, row.event): row for row in rows_among(session, _KEPT, {each.event for each in again})
    }
    who = leads.identities(session, {key for each in again for key in each.keys})
    found = []
    for each in again:
        first = kept.get((each.source, each.event))
        if first is None:
            continue
        same_person = first.lead_id in {who[key] for key in each.keys if key in who}
        same_time = first.occurred == min(each.occurred, first.received)
        if not (same_person and same_time and (first.signal, first.asset) == (each.signal, each.asset)):
            found.append(each)
    return found
