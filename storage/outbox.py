"""What must be sent: written in the decision's transaction, claimed by lease, one at a time per pace.

States: new, sending, sent, unknown (it may have been sent), dropped (no longer needed), dead (given up).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from storage.statements import rows_of
from storage.tables import OutboxRow

LEASE = timedelta(seconds=20)
"""How long a claim holds; longer than Slack's time-out of 8 s. Source: DESIGN, rule 5."""

IN_FLIGHT = ("new", "sending", "unknown")

_OUTBOX = SQLModel.metadata.tables["outbox"]
_O = _OUTBOX.c
_PACES = SQLModel.metadata.tables["pace"]

# Built once: the courier looks after every commit.
_READY = (
    select(*_O)
    .outerjoin_from(_OUTBOX, _PACES, _PACES.c.key == _O.pace)
    .where(
        _O.state.in_(IN_FLIGHT),
        _O.not_before <= bindparam("now"),
        or_(_O.state != "sending", _O.leased_until < bindparam("now")),
        or_(_PACES.c.next_at.is_(None), _PACES.c.next_at <= bindparam("now")),
    )
    .order_by(_O.rank, _O.id)
    .limit(bindparam("most"))
)
_READY_LOCKED = _READY.with_for_update(of=_OUTBOX, skip_locked=True)
_FENCE = select(_O.fence).where(_O.id == bindparam("letter"))
_TAKE = (
    update(_OUTBOX)
    .where(_O.id == bindparam("letter"))
    .values(state="sending", fence=_O.fence + 1, attempts=_O.attempts + 1, leased_until=bindparam("until"))
)


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
    _write(session, letters, _put_statement)


def arm(session: Session, letters: Sequence[Letter]) -> None:
    """Ask for a delivery that may have happened before (a card's edit): a settled row becomes new again.

    A row that is being sent right now is left alone: its sender looks for newer changes when it is done.
    """
    _write(session, letters, _arm_statement)


def _write(session: Session, letters: Sequence[Letter], statement: Callable[[str], Any]) -> None:
    if letters:
        rows = [_row(letter) for letter in letters]
        session.connection().execute(statement(session.get_bind().dialect.name), rows)


@cache
def _put_statement(dialect: str) -> Any:
    return _insert(dialect).on_conflict_do_nothing(index_elements=["key"])


@cache
def _arm_statement(dialect: str) -> Any:
    statement = _insert(dialect)
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"state": "new", "not_before": statement.excluded.not_before, "attempts": 0, "error": None},
        # Not IN (…): its parameters cannot be used for several rows at once.
        where=or_(*(_O.state == settled for settled in ("sent", "dropped", "dead"))),
    )


def _insert(dialect: str) -> Any:
    return _dialect(dialect).insert(_OUTBOX)


def _dialect(name: str) -> Any:
    return sqlite if name == "sqlite" else postgresql


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


def anything_ready(session: Session, now: datetime) -> bool:
    """Whether a claim would find something; a look that locks nothing."""
    return bool(rows_of(session, _READY, now=now, most=1))


def claim(session: Session, now: datetime, most: int, gap: dict[str, timedelta]) -> list[Claimed]:
    """Take up to *most* letters, at most one per pace, hot tiers first.

    *gap* gives the time between two sends by the first word of a pace (`post` of `post:C1`). The claim
    writes the pace's row too, so that replicas share one queue per channel.
    """
    taken: list[Claimed] = []
    paces: set[str] = set()
    for row in rows_of(session, _READY_LOCKED, now=now, most=most * 8):
        if len(taken) == most:
            break
        if row.pace in paces:
            continue
        paces.add(row.pace)
        if not _take_turn(session, row.pace, now, gap.get(row.pace.partition(":")[0], timedelta(0))):
            continue
        doubtful = row.state in ("sending", "unknown")
        taken.append(
            Claimed(
                row.id, row.key, row.kind, row.pace, row.card_id, row.handoff_id, dict(row.body),
                row.attempts + 1, row.fence + 1, doubtful, row.created_at, now + LEASE,
            )
        )  # fmt: skip
    if taken:
        session.connection().execute(
            _TAKE, [{"letter": each.id, "until": each.leased_until} for each in taken]
        )
    return taken


def _take_turn(session: Session, pace: str, now: datetime, gap: timedelta) -> bool:
    statement = _turn_statement(session.get_bind().dialect.name)
    return bool(rows_of(session, statement, pace=pace, now=now, then=now + gap))


@cache
def _turn_statement(dialect: str) -> Any:
    """The pace's next turn, if its time has come: the WHERE decides between replicas."""
    statement = _dialect(dialect).insert(_PACES).values(key=bindparam("pace"), next_at=bindparam("then"))
    return statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"next_at": statement.excluded.next_at},
        where=_PACES.c.next_at <= bindparam("now"),
    ).returning(_PACES.c.key)


def hold(session: Session, pace: str, until: datetime) -> None:
    """Slack said Retry-After: nobody calls this pace before *until*."""
    statement = _hold_statement(session.get_bind().dialect.name)
    session.connection().execute(statement, {"pace": pace, "then": until})


@cache
def _hold_statement(dialect: str) -> Any:
    statement = _dialect(dialect).insert(_PACES).values(key=bindparam("pace"), next_at=bindparam("then"))
    return statement.on_conflict_do_update(
        index_elements=["key"], set_={"next_at": statement.excluded.next_at}
    )


def settle(session: Session, letter: Claimed, state: str, **columns: Any) -> bool:
    """Write down how a send ended, if the claim is still ours (its fence); False where it is not."""
    values = {f"new_{name}": value for name, value in columns.items()}
    done = session.connection().execute(
        _settle_statement(tuple(columns)),
        {"letter": letter.id, "held": letter.fence, "new_state": state, **values},
    )
    return done.rowcount == 1


@cache
def _settle_statement(names: tuple[str, ...]) -> Any:
    new = {name: bindparam(f"new_{name}", type_=_O[name].type) for name in ("state", *names)}
    return (
        update(_OUTBOX)
        .where(_O.id == bindparam("letter"), _O.fence == bindparam("held"))
        .values(leased_until=None, **new)
    )


def still_ours(session: Session, letter: Claimed) -> bool:
    """Whether nobody else has taken this letter since."""
    return bool(rows_of(session, _FENCE, letter=letter.id)[0].fence == letter.fence)


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
