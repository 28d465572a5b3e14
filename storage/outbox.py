"""What must be sent: written in the decision's transaction, claimed by lease, one at a time per pace.

States: new, sending, sent, unknown (it may have been sent), dropped (no longer needed), dead (given up).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col

from storage import paces
from storage.paces import PACES, POST, SLACK, Turn
from storage.statements import rows_of
from storage.tables import OutboxRow

LEASE = timedelta(seconds=20)
"""How long a claim holds; longer than Slack's time-out of 8 s. Source: DESIGN, rule 5."""

PROBE = timedelta(seconds=20)
"""While Slack is in trouble one letter in this time tries whether it still is: three calls a minute."""

IN_FLIGHT = ("new", "sending", "unknown")

NOT_SLACKS = ("webhook", "retention")
"""First words of the paces of what goes elsewhere; everything else goes to Slack."""

_OUTBOX = SQLModel.metadata.tables["outbox"]
_O = _OUTBOX.c


def _flying(table: Any) -> Any:
    """As the partial indexes say it, word by word: SQLite does not look through a parameter."""
    return table.state.in_([literal_column(f"'{state}'") for state in IN_FLIGHT])


def _at_hand(table: Any) -> Any:
    """Ready, and in nobody's hands."""
    return and_(
        _flying(table),
        table.not_before <= bindparam("now"),
        or_(table.state != "sending", table.leased_until < bindparam("now")),
    )


def _bound_for(words: Sequence[str], pace: Any) -> Any:
    return or_(*(or_(pace == word, pace.like(f"{word}:%")) for word in words))


def _hottest() -> Any:
    """The first ready letter of each pace whose time has come, hot ones first: their ids.

    The paces are found one after the other by the index (pace, rank, id), and of each only its first ready letter
    is read: a look costs what there are paces, however many letters wait. No table is joined, so that no planner
    without statistics reads it whole.
    """
    least, more, first, whole = (_OUTBOX.alias(name).c for name in ("least", "more", "first", "whole"))
    found = select(func.min(least.pace).label("pace")).where(_flying(least)).cte("found", recursive=True)
    following = select(func.min(more.pace)).where(_flying(more), more.pace > found.c.pace).scalar_subquery()
    found = found.union_all(select(following).where(found.c.pace.is_not(None)))
    letter = (
        select(first.id)
        .where(first.pace == found.c.pace, _at_hand(first))
        .order_by(first.rank, first.id)
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    next_at = select(PACES.c.next_at).where(PACES.c.key == found.c.pace).correlate(found).scalar_subquery()
    letters = (
        select(letter.label("id"))
        .where(
            found.c.pace.is_not(None),
            func.coalesce(next_at, bindparam("now")) <= bindparam("now"),
            or_(bindparam("slack_open", type_=Boolean), _bound_for(NOT_SLACKS, found.c.pace)),
            or_(bindparam("posts_open", type_=Boolean), not_(_bound_for([POST], found.c.pace))),
        )
        .subquery()
    )
    rank = select(whole.rank).where(whole.id == letters.c.id).correlate(letters).scalar_subquery()
    return (
        select(letters.c.id)
        .where(letters.c.id.is_not(None))
        .order_by(rank, letters.c.id)
        .limit(bindparam("most"))
    )


# Built once: the courier looks after every commit.
_HOTTEST = _hottest()
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LOCKED = (
    select(*_O)
    .where(_O.id.in_(_IDS), _at_hand(_O))  # again: another replica may have taken one since
    .order_by(_O.rank, _O.id)
    .with_for_update(skip_locked=True)
)
_STATE = select(_O.state).where(_O.key == bindparam("wanted"))
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
    """A letter in our hands until *leased_until*.

    Attributes:
        doubtful: an earlier try may have arrived.
        created_at, ready_at: when it was asked for, and from when on it could be taken.
        tried_at: when the first try that may have arrived was made, None where there was none.
        probing: Slack is in trouble, and this letter tries whether it still is.
        turns: the turns taken for it, to be given back where nobody is called.
    """

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
    ready_at: datetime
    leased_until: datetime
    tried_at: datetime | None = None
    probing: bool = False
    turns: tuple[Turn, ...] = ()

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
        set_={
            "state": "new",
            "not_before": statement.excluded.not_before,
            "attempts": 0,
            "error": None,
            "sent_at": None,
            "created_at": statement.excluded.created_at,
        },
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
    return bool(_first_of_paces(session, now, 1, paces.gates(session)))


def _first_of_paces(session: Session, now: datetime, most: int, gates: dict[str, datetime]) -> list[int]:
    rows = rows_of(session, _HOTTEST, now=now, most=most, **_open(gates, now))
    return [id_ for (id_,) in rows]


def _open(gates: dict[str, datetime], now: datetime) -> dict[str, bool]:
    return {f"{word}_open": gates.get(key, now) <= now for word, key in (("slack", SLACK), ("posts", POST))}


def claim(session: Session, now: datetime, most: int, gap: dict[str, timedelta]) -> list[Claimed]:
    """Take up to *most* letters, at most one per pace, hot tiers first.

    *gap* gives the time between two sends by the first word of a pace (`post` of `post:C1`). The claim
    writes the pace's row too, so that replicas share one queue per channel. While Slack is in trouble only one
    letter goes there, at most every 20 s.
    """
    gates = paces.gates(session)
    taken: list[Claimed] = []
    # A few more than wanted: another replica may be faster at a pace's turn.
    ids = _first_of_paces(session, now, most + 3, gates)
    for row in rows_of(session, _LOCKED, ids=ids, now=now) if ids else ():
        if len(taken) == most:
            break
        probing = SLACK in gates and not _elsewhere(
            row.pace
        )  # then Slack's own turn is needed too: one has it
        turns = _turns(session, row.pace, now, gap, probing=probing)
        if turns is None:
            continue
        taken.append(_claimed(row, now, probing, turns))
    if taken:
        session.connection().execute(
            _TAKE, [{"letter": each.id, "until": each.leased_until} for each in taken]
        )
    return taken


def _elsewhere(pace: str) -> bool:
    return pace.partition(":")[0] in NOT_SLACKS


def _turns(
    session: Session, pace: str, now: datetime, gap: dict[str, timedelta], *, probing: bool
) -> tuple[Turn, ...] | None:
    """Take the turns a letter needs; None where another replica was faster."""
    wanted = [(SLACK, now + PROBE)] if probing else []
    wanted.append((pace, now + gap.get(pace.partition(":")[0], timedelta(0))))
    got: list[Turn] = []
    for key, then in wanted:
        if not paces.take_turn(session, key, now, then):
            paces.give_back(session, got, now)
            return None
        got.append((key, then))
    return tuple(got)


def _claimed(row: Any, now: datetime, probing: bool, turns: tuple[Turn, ...]) -> Claimed:
    doubtful = row.state in ("sending", "unknown")
    return Claimed(
        row.id, row.key, row.kind, row.pace, row.card_id, row.handoff_id, dict(row.body),
        row.attempts + 1, row.fence + 1, doubtful, row.created_at, row.not_before, now + LEASE,
        _first_try(row) if doubtful else None, probing, turns,
    )  # fmt: skip


def _first_try(row: Any) -> datetime:
    """When something may first have been sent that nobody saw arrive."""
    created: datetime = row.created_at
    times: list[datetime] = [row.sent_at] if row.sent_at is not None else []
    if row.state == "sending":  # whoever held it died, or sleeps
        times.append(row.leased_until - LEASE)
    return min(times, default=created)


def settle(session: Session, letter: Claimed, state: str, **columns: Any) -> bool:
    """Write down how a send ended, if the claim is still ours (its fence); False where it is not.

    `sent_at` of a letter in state unknown is when it may have been sent.
    """
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


def state_of(session: Session, key: str) -> str | None:
    """The state of the letter of that key, or None."""
    return next((row.state for row in rows_of(session, _STATE, wanted=key)), None)


def mark(session: Session, letter: int, word: str, now: datetime, *, fresh: bool = False) -> None:
    """Note *word* in a letter's body; *fresh*: it counts as never tried, and goes out at once."""
    row = session.get_one(OutboxRow, letter)
    row.body = {**row.body, word: True}
    if fresh:
        row.state, row.not_before, row.attempts, row.sent_at = "new", now, 0, None
    session.flush()


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


@dataclass(frozen=True, slots=True)
class Passing:
    """A letter as somebody who looks on sees it."""

    id: int
    kind: str
    pace: str
    state: str
    attempts: int
    handoff_id: int | None
    error: str | None


def newest(session: Session, most: int) -> list[Passing]:
    """The newest letters, whatever has become of them, the newest first."""
    names = [col(getattr(OutboxRow, each.name)) for each in fields(Passing)]
    return [
        Passing(*row)
        for row in session.execute(select(*names).order_by(col(OutboxRow.id).desc()).limit(most))
    ]


def oldest(session: Session) -> datetime | None:
    """When the oldest letter still to be sent was written."""
    return session.scalars(
        select(func.min(col(OutboxRow.created_at))).where(col(OutboxRow.state).in_(IN_FLIGHT))
    ).one()
