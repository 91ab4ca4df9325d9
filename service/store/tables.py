"""The tables, as the newest migration leaves them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from model.labels import LABELS

METADATA = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"}
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no zone, so it is added again on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _known_label() -> CheckConstraint:
    return CheckConstraint("label in ({})".format(", ".join(f"'{label.value}'" for label in LABELS)), name="label")


# What people said of texts; never changed, so a correction is a newer row of the same text.
LABELS_TABLE = Table(
    "labels",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("context", Text),
    # SHA-256 of text and context: finds a text without an index over texts.
    Column("text_hash", String(64), nullable=False, index=True),
    Column("label", String(10), nullable=False),
    Column("text_id", Text, index=True),
    Column("annotator", Text),
    Column("source", String(20), nullable=False),
    Column("model", Text),
    _known_label(),
    sqlite_autoincrement=True,
)

# Texts that wait for a person, with what the model made of them.
REVIEW = Table(
    "review",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("context", Text),
    Column("text_hash", String(64), nullable=False, unique=True),
    Column("text_id", Text),
    Column("label", String(10), nullable=False),
    Column("scores", JSON, nullable=False),
    # The two highest probabilities lie this close: the queue's order.
    Column("margin", Float, nullable=False),
    Column("model", Text, nullable=False),
    _known_label(),
    Index(None, "margin", "id"),
    sqlite_autoincrement=True,
)

# What was answered under an Idempotency-Key, so that a request sent again is not done again.
ANSWERED = Table(
    "answered",
    METADATA,
    Column("client", String(100), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False, index=True),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("state", String(10), nullable=False, index=True),
    Column("client", String(100), nullable=False),
    Column("options", JSON, nullable=False),
    Column("model", Text, nullable=False),
    # Until when the process that runs the job is known to be alive.
    Column("leased_until", UtcTime),
    Column("attempts", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("counts", JSON),
    Column("error", Text),
    CheckConstraint("state in ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
)
