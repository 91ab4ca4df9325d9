"""Labels, the review queue, answers by idempotency key, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LABELS = "label in ('skeptical', 'supportive', 'neutral')"
_STATES = "state in ('queued', 'running', 'done', 'failed', 'cancelled')"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "labels",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("context", sa.Text),
        sa.Column("text_hash", sa.String(64), nullable=False, index=True),
        sa.Column("label", sa.String(10), nullable=False),
        sa.Column("text_id", sa.Text, index=True),
        sa.Column("annotator", sa.Text),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("model", sa.Text),
        sa.CheckConstraint(_LABELS, name=op.f("ck_labels_label")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("context", sa.Text),
        sa.Column("text_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("text_id", sa.Text),
        sa.Column("label", sa.String(10), nullable=False),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("margin", sa.Float, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.CheckConstraint(_LABELS, name=op.f("ck_review_label")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_review_margin_id", "review", ["margin", "id"])
    op.create_table(
        "answered",
        sa.Column("client", sa.String(100), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("created_at", moment, nullable=False, index=True),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("created_at", moment, nullable=False, index=True),
        sa.Column("started_at", moment),
        sa.Column("finished_at", moment),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("client", sa.String(100), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("leased_until", moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("counts", sa.JSON),
        sa.Column("error", sa.Text),
        sa.CheckConstraint(_STATES, name=op.f("ck_jobs_state")),
    )


def downgrade() -> None:
    for table in ("jobs", "answered", "review", "labels"):
        op.drop_table(table)
