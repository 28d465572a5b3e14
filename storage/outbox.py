"""What must be sent: written in the decision's transaction, claimed by lease, one at a time per pace.

States: new, sending, sent, unknown (it may have been sent), dropped (no longer needed), dead (given up).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from storage.statements import rows_changed, upsert
from storage.tables import OutboxRow, PaceRow

LEASE = timedelta(seconds=20)
"""How long a claim holds; longer than Slack's time-out of 8 s. Source: DESIGN, rule 5."""

IN_FLIGHT = ("new", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to send. *pace* is the channel or system it queues for; a lower *rank* goes first."""

    key: str
    kind: str
    pace: str
    at: datetime
    rank: int = 100
    card_id: int | None = None
    handoff_id: int | None = None
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter in our hands until *leased_until*; *doubtful*: an earlier try may have arrived."""

    id: int
    key: str
    kind: str
    pace: str
    card_id: int | None
    handoff_id: int | None
    body: dict[str, Any]
    attempts: int
    fence: int
    doubtful: bool
    created_at: datetime
    leased_until: datetime

    @property
    def claimed_at(self) -> datetime:
        """When this claim was made (real time)."""
        return self.leased_until - LEASE


def put(session: Session, letters: Sequence[Letter]) -> None:
    """Add letters; one whose key is there already is left as it is."""
    if letters:
        session.execute(
            upsert(session, OutboxRow).on_conflict_do_nothing(index_elements=["key"]),
            [_row(letter) for letter in letters],
        )


def arm(session: Session, letters: Sequence[Letter]) -> None:
    """Ask for a delivery that may have happened before (a card's edit): a settled row becomes new again.

    A row that is being sent right now is left alone: its sender looks for newer changes when it is done.
    """
    if not letters:
        return
    statement = upsert(session, OutboxRow)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={"state": "new", "not_before": statement.excluded.not_before, "attempts": 0, "error": None},
            # Not IN (…): its parameters cannot be used for several rows at once.
            where=or_(*(col(OutboxRow.state) == settled for settled in ("sent", "dropped", "dead"))),
        ),
        [_row(letter) for letter in letters],
    )


def _row(letter: Letter) -> dict[str, Any]:
    return {
        "key": letter.key,
        "kind": letter.kind,
        "pace": letter.pace,
        "rank": letter.rank,
        "state": "new",
        "card_id": letter.card_id,
        "handoff_id": letter.handoff_id,
        "body": letter.body,
        "not_before": letter.at,
        "created_at": letter.at,
        "attempts": 0,
        "fence": 0,
    }


def _ready(now: datetime) -> Any:
    return (
        select(OutboxRow)
        .outerjoin(PaceRow, col(PaceRow.key) == col(OutboxRow.pace))
        .where(
            col(OutboxRow.state).in_(IN_FLIGHT),
            col(OutboxRow.not_before) <= now,
            or_(col(OutboxRow.state) != "sending", col(OutboxRow.leased_until) < now),
            or_(col(PaceRow.next_at).is_(None), col(PaceRow.next_at) <= now),
        )
        .order_by(col(OutboxRow.rank), col(OutboxRow.id))
    )


def anything_ready(session: Session, now: datetime) -> bool:
    """Whether a claim would find something; a look that locks nothing."""
    return session.scalars(_ready(now).limit(1)).first() is not None


def claim(session: Session, now: datetime, most: int, gap: dict[str, timedelta]) -> list[Claimed]:
    """Take up to *most* letters, at most one per pace, hot tiers first.

    *gap* gives the time between two sends by the first word of a pace (`post` of `post:C1`). The claim
    writes the pace's row too, so that replicas share one queue per channel.
    """
    rows = session.scalars(_ready(now).limit(most * 8).with_for_update(of=OutboxRow, skip_locked=True)).all()
    taken: list[Claimed] = []
    paces: set[str] = set()
    for row in rows:
        if len(taken) == most:
            break
        if row.pace in paces:
            continue
        paces.add(row.pace)
        if not _take_turn(session, row.pace, now, gap.get(row.pace.partition(":")[0], timedelta(0))):
            continue
        doubtful = row.state in ("sending", "unknown")
        row.state, row.fence, row.leased_until = "sending", row.fence + 1, now + LEASE
        row.attempts += 1
        taken.append(
            Claimed(
                row.id, row.key, row.kind, row.pace, row.card_id, row.handoff_id, dict(row.body),
                row.attempts, row.fence, doubtful, row.created_at, row.leased_until,
            )
        )  # fmt: skip
    session.flush()
    return taken


def _take_turn(session: Session, pace: str, now: datetime, gap: timedelta) -> bool:
    statement = upsert(session, PaceRow).values(key=pace, next_at=now + gap)
    won = session.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={"next_at": now + gap}, where=col(PaceRow.next_at) <= now
        ).returning(col(PaceRow.key))
    )
    return won.first() is not None


def hold(session: Session, pace: str, until: datetime) -> None:
    """Slack said Retry-After: nobody calls this pace before *until*."""
    statement = upsert(session, PaceRow).values(key=pace, next_at=until)
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"next_at": until}))


def settle(session: Session, letter: Claimed, state: str, **columns: Any) -> bool:
    """Write down how a send ended, if the claim is still ours (its fence); False where it is not."""
    statement = (
        update(OutboxRow)
        .where(col(OutboxRow.id) == letter.id, col(OutboxRow.fence) == letter.fence)
        .values(state=state, leased_until=None, **columns)
    )
    return rows_changed(session, statement) == 1


def still_ours(session: Session, letter: Claimed) -> bool:
    """Whether nobody else has taken this letter since."""
    fence = session.scalars(select(col(OutboxRow.fence)).where(col(OutboxRow.id) == letter.id)).one()
    return bool(fence == letter.fence)


def depths(session: Session) -> dict[tuple[str, str], int]:
    """Letters by (kind, state), settled ones left out except the dead."""
    rows = session.execute(
        select(col(OutboxRow.kind), col(OutboxRow.state), func.count())
        .where(col(OutboxRow.state).in_((*IN_FLIGHT, "dead")))
        .group_by(col(OutboxRow.kind), col(OutboxRow.state))
    )
    return {(kind, state): count for kind, state, count in rows}


def oldest(session: Session) -> datetime | None:
    """When the oldest letter still to be sent was written."""
    return session.scalars(
        select(func.min(col(OutboxRow.created_at))).where(col(OutboxRow.state).in_(IN_FLIGHT))
    ).one()
