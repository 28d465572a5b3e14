"""The rows. Columns are typed; times of decisions are aware UTC datetimes, times of activities epoch seconds.

Longer than other files because it is one table of tables: splitting it would hide which row points where.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel


def _json(**options: Any) -> Any:
    return Field(
        sa_column=Column(JSON(none_as_null=True), nullable=options.pop("nullable", False)), **options
    )


def _text(*, nullable: bool = False, **options: Any) -> Any:
    return Field(sa_column=Column(Text, nullable=nullable), **options)


def _seconds(**options: Any) -> Any:
    return Field(sa_type=BigInteger, **options)


class LeadRow(SQLModel, table=True):
    """A person. `facts`: attribute → value; `fact_times`: attribute → epoch second its source spoke.

    `wanted` names the unknown facts for which a gate holds the lead; `typed` those that a person typed, which no
    source overwrites: attribute → {"by": user, "at": epoch second}.
    """

    __tablename__ = "lead"
    id: int | None = Field(default=None, primary_key=True)
    email: str | None = Field(default=None, index=True)
    facts: dict[str, Any] = _json()
    fact_times: dict[str, int] = _json()
    first_seen: int = _seconds(index=True)
    received: int = _seconds()
    fit: int = 0
    intent: int = 0
    scored_at: int | None = _seconds(default=None)
    changed_facts_at: int | None = _seconds(default=None)
    typed: dict[str, Any] | None = _json(default=None, nullable=True)
    wanted: list[str] | None = _json(default=None, nullable=True)
    erased_at: int | None = _seconds(default=None)


class IdentityRow(SQLModel, table=True):
    """A name a source knows a lead by: `email:ada@engines.example`, `id:native:17`, `event:native:evt-1`."""

    __tablename__ = "identity"
    key: str = Field(primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)


class ActivityRow(SQLModel, table=True):
    """The append-only log of what leads did; `signal` is null for facts without an activity."""

    __tablename__ = "activity"
    __table_args__ = (UniqueConstraint("source", "event", name="uq_activity_event"),)
    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    source: str
    event: str
    signal: str | None = None
    asset: str | None = None
    occurred: int = _seconds()
    received: int = _seconds()


class DefinitionRow(SQLModel, table=True):
    """A version of the written definition, as the text both sides read."""

    __tablename__ = "definition"
    version: int | None = Field(default=None, primary_key=True)
    text: str = _text()
    digest: str
    created_at: datetime
    signed_marketing_by: str | None = None
    signed_marketing_at: datetime | None = None
    signed_sales_by: str | None = None
    signed_sales_at: datetime | None = None


class TeamRow(SQLModel, table=True):
    """A version of the team file; `live` is what counts, whatever the text's `live:` said first."""

    __tablename__ = "team"
    version: int | None = Field(default=None, primary_key=True)
    text: str = _text()
    digest: str
    live: bool
    created_at: datetime
    created_by: str | None = None
    why: str | None = _text(default=None, nullable=True)


class OfferedFileRow(SQLModel, table=True):
    """A team file that differs from what is stored, as it was shown to the admins; `taken` says what one of them
    decided, null while nobody has."""

    __tablename__ = "offered_file"
    digest: str = Field(primary_key=True)
    text: str = _text()
    at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    taken: bool | None = None


class CardRow(SQLModel, table=True):
    """A message that shows hand-offs. `wanted` counts changes, `shown` is the change Slack has.

    `collects` names the tier whose hand-offs a digest gathers, "@" several people of one company; null for a card
    of one hand-off. `meant_for` is the channel it could not be posted to, where it stands in the fallback channel
    instead. `posted_after_s`: seconds from its being asked for to its first post, null until then.
    """

    __tablename__ = "card"
    id: int | None = Field(default=None, primary_key=True)
    channel: str
    collects: str | None = None
    ts: str | None = Field(default=None, index=True)
    wanted: int = 1
    shown: int = 0
    hash: str | None = None
    meant_for: str | None = None
    posted_after_s: int | None = None


class HandoffRow(SQLModel, table=True):
    """One passage of a lead from marketing to sales.

    `n` counts its moves, `head` is the hash of the newest one, `anchored_n` the move that the last anchor saw.
    `undo` holds what the newest press changed, as it was before. `company` is the registrable domain of the lead's
    address. `origin` is `scored`, `by_hand` (then `given_by` and `given_why`) or `spot_check`. `routed` is what to say
    of how it came to its owner. `sdr` qualified it; `ae` takes the opportunity. `bundled`: others of its company are,
    or were, on its card.
    """

    __tablename__ = "handoff"
    __table_args__ = (
        Index(
            "uq_handoff_one_open_a_lead",
            "lead_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_handoff_crossed_at", "crossed_at"),
        Index(
            "ix_handoff_open_due",
            "due_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_handoff_unanchored",
            "id",
            sqlite_where=text("anchored_n < n"),
            postgresql_where=text("anchored_n < n"),
        ),
        Index(
            "ix_handoff_open_company",
            "company",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    version: int = Field(foreign_key="definition.version")
    tier: str
    tier_rank: int
    why: str
    segment: str
    channel: str
    pool: list[str] = _json()
    stage: str
    owner: str | None = None
    fit: int
    intent: int
    receipt: list[dict[str, Any]] = _json()
    fit_check: bool = False
    came_back: bool = False
    stale: bool = False
    flag: str | None = _text(default=None, nullable=True)
    crossed_at: datetime
    clock: str | None = None
    allowance_s: int | None = None
    started_at: datetime | None = None
    used_s: int = 0
    since: datetime | None = None
    due_at: datetime | None = None
    accepted_at: datetime | None = None
    touched_at: datetime | None = None
    sql_at: datetime | None = None
    ae: str | None = None
    bant: dict[str, str] | None = _json(default=None, nullable=True)
    ended_at: datetime | None = None
    reason: str | None = None
    note: str | None = _text(default=None, nullable=True)
    again_on: date | None = None
    n: int = 0
    card_id: int | None = Field(default=None, foreign_key="card.id", index=True)
    company: str | None = None
    origin: str = Field(default="scored", sa_column_kwargs={"server_default": "scored"})
    given_by: str | None = None
    given_why: str | None = _text(default=None, nullable=True)
    routed: str | None = _text(default=None, nullable=True)
    assigned_at: datetime | None = None
    sent_back_at: datetime | None = None
    snoozed_until: datetime | None = None
    snoozes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    paused_s: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    pause_reason: str | None = None
    sdr: str | None = None
    ae_accepted_at: datetime | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = None
    close_on: date | None = None
    bundled: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    head: str | None = None
    anchored_n: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    undo: dict[str, Any] | None = _json(default=None, nullable=True)


class TransitionRow(SQLModel, table=True):
    """The append-only log of moves, chained by hashes (storage.chain); nothing here is about the lead.

    `before` is no longer written: what Undo restores is the hand-off's `undo`.
    """

    __tablename__ = "transition"
    __table_args__ = (
        UniqueConstraint("handoff_id", "n", name="uq_transition_n"),
        Index("ix_transition_at", "at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    handoff_id: int = Field(foreign_key="handoff.id")
    n: int
    at: datetime
    action: str
    from_stage: str | None = None
    to_stage: str
    owner: str | None = None
    actor: str | None = None
    source: str = "slack"
    reason: str | None = None
    undoes: int | None = None
    before: dict[str, Any] | None = _json(default=None, nullable=True)
    salt: str | None = None
    link: str | None = None


class AnchorRow(SQLModel, table=True):
    """The heads of the hand-offs that moved since the last anchor, `[[hand-off, n, head], …]`, under a keyed
    hash that covers the anchor before it."""

    __tablename__ = "anchor"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    heads: list[list[Any]] = _json()
    digest: str


class TombstoneRow(SQLModel, table=True):
    """An erased person: a keyed hash of a name a source knew them by. What they did before is not taken in."""

    __tablename__ = "tombstone"
    hash: str = Field(primary_key=True)
    erased_at: int = _seconds()


class SeenRequestRow(SQLModel, table=True):
    """A signature of Slack's whose request was decided, so that its repetition changes nothing."""

    __tablename__ = "seen_request"
    seal: str = Field(primary_key=True)
    at: datetime = Field(index=True)


class FindingRow(SQLModel, table=True):
    """Something the auditor found wrong; open until `cleared_at`."""

    __tablename__ = "finding"
    __table_args__ = (
        Index(
            "uq_finding_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    since: datetime
    cleared_at: datetime | None = None


class OccurrenceRow(SQLModel, table=True):
    """What happened beside the hand-offs' log and must be answered for: erasures, cards posted again, alerts.

    `actor` is a Slack user or null for Baton itself; `detail` holds ids and codes, nothing about a lead.
    """

    __tablename__ = "occurrence"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    action: str
    actor: str | None = None
    handoff_id: int | None = Field(default=None, foreign_key="handoff.id")
    detail: dict[str, Any] = _json()


class AssignmentRow(SQLModel, table=True):
    """The fairness ledger, append-only: who was given a hand-off, how, and who was skipped and why.

    `person` is null where it went to the pool; `taken_from` had it before. `how` is one of scoring.assigning.How;
    `by` the person who decided it, null for Baton itself. `skipped` is `[[person, reason, until], …]`; `undone_at` when
    it was taken back.
    """

    __tablename__ = "assignment"
    id: int | None = Field(default=None, primary_key=True)
    handoff_id: int = Field(foreign_key="handoff.id", index=True)
    segment: str
    person: str | None = Field(default=None, index=True)
    taken_from: str | None = None
    how: str
    by: str | None = None
    skipped: list[list[str]] = _json()
    at: datetime = Field(index=True)
    undone_at: datetime | None = None


class CreditRow(SQLModel, table=True):
    """What round robin owes somebody in a segment, in parts of scoring.assigning.A_LEAD; negative who is ahead."""

    __tablename__ = "credit"
    segment: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    credit: int = Field(default=0, sa_type=BigInteger)


class LoadRow(SQLModel, table=True):
    """Somebody who takes only so many leads: held while they may be given one, so that nobody counts their open leads
    at the same moment for another segment."""

    __tablename__ = "load"
    person: str = Field(primary_key=True)


class CompanyRow(SQLModel, table=True):
    """A company: whom the accounts file names as its owner, null where nobody.

    Also the row that is held while one of its people becomes a hand-off, so that two of them find each other.
    """

    __tablename__ = "company"
    domain: str = Field(primary_key=True)
    owner: str | None = None


class SpotCheckRow(SQLModel, table=True):
    """One draw for a lead below the line: `probability` is what it was drawn with, 0 where nobody had room."""

    __tablename__ = "spot_check"
    lead_id: int = Field(foreign_key="lead.id", primary_key=True)
    quarter: str = Field(primary_key=True)
    at: datetime
    probability: float
    handoff_id: int | None = Field(default=None, foreign_key="handoff.id")


class BreachRow(SQLModel, table=True):
    """A broken promise, and why: `causes` are the seconds of each cause of scoring.attribution.

    Rows are only added, so that who decides a due step never waits for a press on the hand-off.
    """

    __tablename__ = "breach"
    __table_args__ = (UniqueConstraint("handoff_id", "step", name="uq_breach_step"),)
    id: int | None = Field(default=None, primary_key=True)
    handoff_id: int = Field(foreign_key="handoff.id")
    step: str
    at: datetime = Field(index=True)
    owner: str | None = None
    segment: str
    tier: str
    causes: dict[str, Any] = _json()


class TouchRow(SQLModel, table=True):
    """A logged try to reach the lead; `undone_at` when it was taken back."""

    __tablename__ = "touch"
    id: int | None = Field(default=None, primary_key=True)
    handoff_id: int = Field(foreign_key="handoff.id", index=True)
    n: int
    kind: str
    outcome: str
    by: str
    at: datetime
    note: str | None = _text(default=None, nullable=True)
    undone_at: datetime | None = None


class DeadlineRow(SQLModel, table=True):
    """Something that is due: a step of a ladder, a digest, a daily look. Claimed by lease, done once."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "step", name="uq_deadline_step"),
        Index(
            "ix_deadline_open",
            "due_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    step: str
    due_at: datetime
    state: str = "open"
    decided_at: datetime | None = None


class NoticeRow(SQLModel, table=True):
    """Something a person is to be told by DM, kept until it may be said; collected into one message."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("reader", "handoff_id", "step", name="uq_notice_step"),)
    id: int | None = Field(default=None, primary_key=True)
    reader: str = Field(index=True)
    handoff_id: int = Field(foreign_key="handoff.id")
    step: str
    created_at: datetime
    told_at: datetime | None = None


class OutboxRow(SQLModel, table=True):
    """Something to send. States: new, sending, sent, unknown, dead. `key` makes asking twice harmless.

    `sent_to` and `ts` are Slack's channel and message, for what was posted.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key", name="uq_outbox_key"),
        Index(
            "ix_outbox_ready",
            "rank",
            "not_before",
            sqlite_where=text("state IN ('new', 'sending', 'unknown')"),
            postgresql_where=text("state IN ('new', 'sending', 'unknown')"),
        ),
        Index(
            "ix_outbox_pace",
            "pace",
            "rank",
            "id",
            sqlite_where=text("state IN ('new', 'sending', 'unknown')"),
            postgresql_where=text("state IN ('new', 'sending', 'unknown')"),
        ),
        Index("ix_outbox_handoff", "handoff_id"),
        Index("ix_outbox_card", "card_id"),
        Index(
            "ix_outbox_dead",
            "id",
            sqlite_where=text("state = 'dead'"),
            postgresql_where=text("state = 'dead'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str
    kind: str
    pace: str
    rank: int = 100
    state: str = "new"
    card_id: int | None = Field(default=None, foreign_key="card.id")
    handoff_id: int | None = Field(default=None, foreign_key="handoff.id")
    body: dict[str, Any] = _json()
    not_before: datetime
    created_at: datetime
    attempts: int = 0
    fence: int = 0
    leased_until: datetime | None = None
    sent_at: datetime | None = None
    sent_to: str | None = None
    ts: str | None = None
    error: str | None = None


class PaceRow(SQLModel, table=True):
    """When a channel, method or system may be called next."""

    __tablename__ = "pace"
    key: str = Field(primary_key=True)
    next_at: datetime


class SuppressionRow(SQLModel, table=True):
    """Who is never handed over: a company's domain or one address; a row for each hand-off that says so."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("kind", "value", "handoff_id", name="uq_suppression"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    value: str
    reason: str
    handoff_id: int | None = Field(default=None, foreign_key="handoff.id")
    listed_at: datetime
    until: datetime | None = None
    listed_by: str | None = None
    note: str | None = _text(default=None, nullable=True)


class ShadowRow(SQLModel, table=True):
    """A lead that would have become an MQL while Baton was in shadow."""

    __tablename__ = "shadow"
    lead_id: int = Field(foreign_key="lead.id", primary_key=True)
    at: datetime = Field(index=True)
    score: int
    tier: str
    segment: str


class MemberRow(SQLModel, table=True):
    """A stored copy of a Slack user, so that a press can be judged without asking Slack."""

    __tablename__ = "member"
    id: str = Field(primary_key=True)
    team_id: str | None = None
    deleted: bool = False
    guest: bool = False
    bot: bool = False
    seen_at: datetime


class SettingRow(SQLModel, table=True):
    """Small facts about this installation, such as Slack's ids of our workspace and bot."""

    __tablename__ = "setting"
    key: str = Field(primary_key=True)
    value: str


class UnknownSignalRow(SQLModel, table=True):
    """A signal no definition names yet: kept, worth 0, and reported from here."""

    __tablename__ = "unknown_signal"
    signal: str = Field(primary_key=True)
    first_at: datetime
    last_at: datetime
    seen: int = 1
