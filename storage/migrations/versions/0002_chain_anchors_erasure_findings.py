"""The log's chain and anchors, erasure, seen requests, findings of the auditor.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("heads", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("cleared_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(
            "uq_finding_open",
            ["kind", "subject"],
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        )

    op.create_table(
        "seen_request",
        sa.Column("seal", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seal"),
    )
    with op.batch_alter_table("seen_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_request_at"), ["at"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("handoff_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"],
            ["handoff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_occurrence_at"), ["at"], unique=False)

    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.add_column(sa.Column("meant_for", sa.String(), nullable=True))

    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.add_column(sa.Column("head", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("anchored_n", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("undo", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index(
            "ix_handoff_unanchored",
            ["id"],
            unique=False,
            sqlite_where=sa.text("anchored_n < n"),
            postgresql_where=sa.text("anchored_n < n"),
        )

    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent_to", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("ts", sa.String(), nullable=True))
        batch_op.create_index("ix_outbox_handoff", ["handoff_id"], unique=False)
        batch_op.create_index("ix_outbox_card", ["card_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_dead",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
        batch_op.create_index(
            "ix_outbox_pace",
            ["pace", "rank", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('new', 'sending', 'unknown')"),
            postgresql_where=sa.text("state IN ('new', 'sending', 'unknown')"),
        )

    with op.batch_alter_table("transition", schema=None) as batch_op:
        batch_op.add_column(sa.Column("salt", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("link", sa.String(), nullable=True))
    # Lines of the log up to this one have no link in the chain; audit verify asks none of them.
    op.execute(
        "INSERT INTO setting (key, value) SELECT 'chained_after', CAST((SELECT MAX(id) FROM transition) AS VARCHAR) "
        "WHERE EXISTS (SELECT 1 FROM transition)"
    )
