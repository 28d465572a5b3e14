"""How Baton is: what stops it from serving, and what waits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError, PendingRollbackError, SQLAlchemyError

from bot.desk.desk import Desk
from scoring.contractfile import ContractError
from scoring.stages import Refused
from storage import deadlines, outbox, schema
from storage.engine import StorageError

TROUBLE = (DBAPIError, PendingRollbackError, StorageError)
"""What a database that cannot take something raises: locked, full, read-only, restarting or gone."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: letters by (kind, state), the oldest one, deadlines that are late and since when.

    Both times are real time; a demo's business time may be far ahead of it.
    """

    letters: dict[tuple[str, str], int]
    oldest_letter: datetime | None
    late_deadlines: int
    oldest_deadline: datetime | None


def problems(desk: Desk) -> list[str]:
    """Sentences about what stops Baton from serving; none where nothing does. Slack being away does not."""
    try:
        schema.check(desk.database)
        with desk.database.reading() as session:
            desk.agreed(session)
    except (StorageError, Refused, ContractError) as known:
        return [str(known)]
    except SQLAlchemyError as broken:
        return [f"The database does not answer ({type(broken).__name__})."]
    return []


def backlog(desk: Desk) -> Backlog:
    """What waits, for the metrics."""
    with desk.database.reading() as session:
        now = desk.clock.business()
        late, since = deadlines.counts(session, now)
        due_at = desk.clock.real() - (now - since) if since is not None else None
        return Backlog(outbox.depths(session), outbox.oldest(session), late, due_at)
