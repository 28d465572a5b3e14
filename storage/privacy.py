"""The end of what is held about a person. Figures stay: ids, times, points, stages and the log do."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel

from storage.engine import IN_THE_BACKGROUND, Database
from storage.outbox import IN_FLIGHT
from storage.statements import rows_of

_T = SQLModel.metadata.tables
_LEAD, _IDENTITY, _ACTIVITY, _HANDOFF = _T["lead"], _T["identity"], _T["activity"], _T["handoff"]
_LOG, _TOUCH, _NOTICE, _OUTBOX, _CARD = _T["transition"], _T["touch"], _T["notice"], _T["outbox"], _T["card"]
_SUPPRESSION, _SHADOW, _DRAWN, _ASSIGNMENT, _COMPANY = (
    _T["suppression"],
    _T["shadow"],
    _T["spot_check"],
    _T["assignment"],
    _T["company"],
)
_O = _OUTBOX.c

_SAID = ("events", "words", "note", "said")
"""What a letter's body holds that somebody wrote."""

TOUCHED = (
    "lead",
    "identity",
    "activity",
    "handoff",
    "transition",
    "touch",
    "notice",
    "outbox",
    "suppression",
    "company",
    "assignment",
    "spot_check",
)
"""Tables an erasure writes to."""

_THESE: BindParameter[Any] = bindparam("these", expanding=True)

# Intake locks a lead in the same way (storage.leads), and after it the lead's hand-offs.
_LOCK = select(_LEAD.c.erased_at).where(_LEAD.c.id == bindparam("lead")).with_for_update(key_share=True)
_LOCK_HANDOFFS = (
    select(_HANDOFF.c.id)
    .where(_HANDOFF.c.lead_id == bindparam("lead"))
    .order_by(_HANDOFF.c.id)
    .with_for_update(key_share=True)
)
_KEYS = select(_IDENTITY.c.key).where(_IDENTITY.c.lead_id == bindparam("lead")).order_by(_IDENTITY.c.key)
_BLANK = (
    update(_LEAD)
    .where(_LEAD.c.id == bindparam("this"))
    .values(email=None, facts={}, fact_times={}, wanted=None, typed=None, erased_at=bindparam("gone_at"))
)
_FORGET_DEEDS = delete(_ACTIVITY).where(_ACTIVITY.c.lead_id == bindparam("this"))
# A draw that came to something is a figure; one that did not is only about them.
_FORGET_DRAWS = delete(_DRAWN).where(_DRAWN.c.lead_id == bindparam("this"), _DRAWN.c.handoff_id.is_(None))
_FORGET_NAMES = delete(_IDENTITY).where(_IDENTITY.c.lead_id == bindparam("this"))
_FORGET_WORDS = (
    update(_HANDOFF)
    .where(_HANDOFF.c.id.in_(_THESE))
    .values(
        receipt=[], flag=None, note=None, bant=None, undo=None, given_why=None, routed=None, company=None
    ),
    update(_ASSIGNMENT).where(_ASSIGNMENT.c.handoff_id.in_(_THESE)).values(skipped=[]),
    update(_LOG).where(_LOG.c.handoff_id.in_(_THESE), _LOG.c.before.is_not(None)).values(before=None),
    update(_TOUCH).where(_TOUCH.c.handoff_id.in_(_THESE)).values(note=None),
)
_FORGET_COMPANIES = delete(_COMPANY).where(
    _COMPANY.c.owner.is_(None),
    _COMPANY.c.domain.not_in(select(_HANDOFF.c.company).where(_HANDOFF.c.company.is_not(None))),
)
"""Companies of which nothing is left: a domain may be a person's name."""
_NOTICES = select(_NOTICE.c.id).where(_NOTICE.c.handoff_id.in_(_THESE))
_FORGET_NOTICES = delete(_NOTICE).where(_NOTICE.c.handoff_id.in_(_THESE))
_HIDE = (
    update(_SUPPRESSION)
    .where(_SUPPRESSION.c.kind == "address", _SUPPRESSION.c.value == bindparam("address"))
    .values(value=bindparam("hash"), note=None)
)

_LETTER = select(
    _O.id, _O.key, _O.kind, _O.pace, _O.state, _O.attempts, _O.handoff_id, _O.card_id, _O.body, _O.created_at,
    _O.leased_until, _O.sent_to, _O.ts,
)  # fmt: skip
_OF_HANDOFFS = _LETTER.where(_O.handoff_id.in_(_THESE), _O.kind.in_(("note", "dm"))).order_by(_O.id)
_COLLECTED = _LETTER.where(_O.kind == "dm", _O.handoff_id.is_(None)).order_by(_O.id)
_DIGESTS = _LETTER.where(_O.kind == "notice", _O.key.like("shadow:%")).order_by(_O.id)
_BY_ID = _LETTER.where(_O.id == bindparam("letter"))
_SHADOWED = select(_SHADOW.c.at).where(_SHADOW.c.lead_id == bindparam("lead"))
_THREAD = select(_CARD.c.ts).where(_CARD.c.id == bindparam("card"))
_SILENCE = (
    update(_OUTBOX)
    .where(_O.id == bindparam("letter"))
    .values(key=bindparam("new_key"), body=bindparam("rest"), error=None)
)
_DROP = (
    update(_OUTBOX)
    .where(_O.id == bindparam("letter"), _O.state.in_(("new", "unknown")))
    .values(state="dropped", fence=_O.fence + 1)
)
_DROP_WANTED = (
    update(_OUTBOX)
    .where(_O.key.like(bindparam("asked")), _O.state.in_(IN_FLIGHT))
    .values(state="dropped", fence=_O.fence + 1)
)
_UNPOSTED = (
    select(_O.id)
    .join_from(_OUTBOX, _CARD, _CARD.c.id == _O.card_id)
    .where(
        _O.kind == "card", _O.state == "new", _O.attempts == 0, _CARD.c.ts.is_(None), _CARD.c.id.in_(_THESE),
        ~select(_HANDOFF.c.id)
        .where(_HANDOFF.c.card_id == _CARD.c.id, _HANDOFF.c.lead_id != bindparam("lead"))
        .exists(),
    )
)  # fmt: skip
_DROP_CARDS = (
    update(_OUTBOX)
    .where(_O.id.in_(_THESE), _O.state == "new")
    .values(state="dropped", fence=_O.fence + 1)
    .returning(_O.card_id)
)

_IDLE = (
    _LEAD.c.erased_at.is_(None),
    _LEAD.c.received < bindparam("second"),
    ~select(_ACTIVITY.c.id)
    .where(_ACTIVITY.c.lead_id == _LEAD.c.id, _ACTIVITY.c.received >= bindparam("second"))
    .exists(),
    ~select(_HANDOFF.c.id)
    .where(
        _HANDOFF.c.lead_id == _LEAD.c.id,
        or_(
            _HANDOFF.c.ended_at.is_(None),
            _HANDOFF.c.crossed_at >= bindparam("moment"),
            select(_LOG.c.id)
            .where(and_(_LOG.c.handoff_id == _HANDOFF.c.id, _LOG.c.at >= bindparam("moment")))
            .exists(),
        ),
    )
    .exists(),
)
_ALL_IDLE = select(_LEAD.c.id).where(*_IDLE).order_by(_LEAD.c.id).limit(bindparam("most"))
_STILL_IDLE = select(_LEAD.c.id).where(_LEAD.c.id == bindparam("lead"), *_IDLE)


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as it left us or is about to, with its place in Slack where that is known."""

    id: int
    key: str
    kind: str
    pace: str
    state: str
    attempts: int
    handoff_id: int | None
    card_id: int | None
    body: dict[str, Any]
    created_at: datetime
    leased_until: datetime | None
    sent_to: str | None
    ts: str | None


@contextmanager
def overwriting(session: Session) -> Iterator[None]:
    """What is deleted meanwhile is overwritten with zeros in SQLite's file; PostgreSQL knows no such thing."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete={int(before)}")


def hold(session: Session, lead_id: int) -> bool:
    """Keep everybody else from the lead and its hand-offs until the commit; False where it is erased already."""
    erased = [at for (at,) in rows_of(session, _LOCK, lead=lead_id)]
    rows_of(session, _LOCK_HANDOFFS, lead=lead_id)
    return erased == [None]


def names_of(session: Session, lead_id: int) -> list[str]:
    """Every identity of a lead."""
    return [key for (key,) in rows_of(session, _KEYS, lead=lead_id)]


def forget_person(session: Session, lead_id: int, erased_at: int) -> tuple[int, int]:
    """Blank the lead, remove what they did and their identities; gives how many of each."""
    connection = session.connection()
    deeds = connection.execute(_FORGET_DEEDS, {"this": lead_id}).rowcount
    names = connection.execute(_FORGET_NAMES, {"this": lead_id}).rowcount
    connection.execute(_FORGET_DRAWS, {"this": lead_id})
    connection.execute(_BLANK, {"this": lead_id, "gone_at": erased_at})
    connection.execute(_DROP_WANTED, {"asked": f"webhook:lead:{lead_id}:%"})
    return deeds, names


def forget_words(session: Session, handoffs: Sequence[int]) -> None:
    """Empty what was written about the person beside these hand-offs' stages, and what waits to be told."""
    for statement in (*_FORGET_WORDS, _FORGET_NOTICES):
        session.connection().execute(statement, {"these": list(handoffs)})
    session.connection().execute(_FORGET_COMPANIES)


def hide(session: Session, hash_of: Mapping[str, str]) -> None:
    """Put keyed hashes in the place of addresses on the suppression list."""
    for address, hash_ in hash_of.items():
        session.connection().execute(_HIDE, {"address": address, "hash": hash_})


def letters_about(session: Session, lead_id: int, handoffs: Sequence[int]) -> list[Posted]:
    """What was or will be said in Slack of these hand-offs beside their cards.

    Messages that collect several leads are among them: notices, opening lists, and the shadow digest of the day of
    the lead's crossing; and what an account's owner was told of the lead itself. Call it before `forget_words`.
    """
    found = _posted(session, _OF_HANDOFFS, these=list(handoffs))
    notices = {id_ for (id_,) in rows_of(session, _NOTICES, these=list(handoffs))}
    for letter in _posted(session, _COLLECTED):
        told, listed = letter.body.get("notices") or (), letter.body.get("handoffs") or ()
        if notices & set(told) or set(handoffs) & set(listed) or letter.body.get("lead") == lead_id:
            found.append(letter)
    crossed = [at for (at,) in rows_of(session, _SHADOWED, lead=lead_id)]
    for letter in _posted(session, _DIGESTS) if crossed else ():
        since, until = (datetime.fromisoformat(letter.body[end]) for end in ("since", "until"))
        if since <= crossed[0] < until:
            found.append(letter)
    return found


def _posted(session: Session, statement: Any, **parameters: Any) -> list[Posted]:
    return [Posted(*row) for row in rows_of(session, statement, **parameters)]


def posted(session: Session, letter: int) -> tuple[Posted, str | None] | None:
    """A letter, and the message in whose thread it is; None where it is gone."""
    found = _posted(session, _BY_ID, letter=letter)
    if not found:
        return None
    thread = rows_of(session, _THREAD, card=found[0].card_id) if found[0].kind == "note" else ()
    return found[0], next((ts for (ts,) in thread), None)


def silence(session: Session, letters: Sequence[Posted]) -> None:
    """Take what says something of the person out of letters, and drop those that nobody is sending.

    A note's key holds its sender's ids of events, which may say anything; a step's note holds a colleague's words.
    """
    for letter in letters:
        in_hand = letter.state == "sending"
        rest = letter.body | {name: [] for name in _SAID if name in letter.body} if in_hand else {}
        key = letter.key if letter.handoff_id is None else f"erased:{letter.id}"
        session.connection().execute(_SILENCE, {"letter": letter.id, "new_key": key, "rest": rest})
        session.connection().execute(_DROP, {"letter": letter.id})


def drop_unposted(session: Session, lead_id: int, cards: Sequence[int]) -> set[int]:
    """Cards that show this lead alone and that nobody tried to post yet are not posted; gives them."""
    letters = [id_ for (id_,) in rows_of(session, _UNPOSTED, these=list(cards), lead=lead_id)]
    return {card for (card,) in rows_of(session, _DROP_CARDS, these=letters)} if letters else set()


def idle(session: Session, since: datetime, most: int) -> list[int]:
    """The first leads of whom nothing came in and about whom nothing was done since *since*.

    Who has an open hand-off is not among them.
    """
    times = {"second": int(since.timestamp()), "moment": since}
    return [id_ for (id_,) in rows_of(session, _ALL_IDLE, most=most, **times)]


def still_idle(session: Session, lead_id: int, since: datetime) -> bool:
    """Whether that is still so of one."""
    times = {"second": int(since.timestamp()), "moment": since}
    return bool(rows_of(session, _STILL_IDLE, lead=lead_id, **times))


def wipe(database: Database, *, rewrite: bool) -> bool:
    """Take what was deleted out of the files as well, as far as the database can; False where it could not.

    SQLite: with *rewrite* the whole file is written anew without its free space, in which older versions of rows
    may stand; then the write-ahead log is emptied. PostgreSQL: dead rows are vacuumed and the statistics, which
    hold samples of values, are taken anew; its write-ahead log ages out by retention.
    """
    try:
        if not database.sqlite:
            _vacuum_tables(database)
            return True
        with database.writing(IN_THE_BACKGROUND):  # this process's turn to write; no transaction is begun
            raw = database.engine.raw_connection()
            try:
                cursor = raw.cursor()
                if rewrite:
                    cursor.execute("VACUUM")
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                raw.close()
        return int(busy) == 0
    except (OperationalError, sqlite3.OperationalError):
        return False


def _vacuum_tables(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in TOUCHED:
            connection.exec_driver_sql(f'VACUUM (ANALYZE) "{name}"')


def count(session: Session) -> int:
    """How many names of erased people are kept as hashes."""
    return int(session.connection().execute(select(func.count()).select_from(_T["tombstone"])).scalar_one())
