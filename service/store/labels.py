"""What people say of texts: added, read back, never changed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, union_all

from model.errors import StanceError
from model.labels import Stance
from model.records import TextInput
from service.store.database import explain_failure, reading
from service.store.idempotency import Once, answered, remember
from service.store.tables import LABELS_TABLE, REVIEW


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label as it comes in. `source` says through which door, `model` names the model that it corrects, if any."""

    text: str
    label: Stance
    source: str
    context: str | None = None
    text_id: str | None = None
    annotator: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is kept."""

    id: int
    created_at: datetime
    text: str
    context: str | None
    label: Stance
    text_id: str | None
    annotator: str | None
    source: str
    model: str | None


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """Which labels to read; None takes all."""

    label: Stance | None = None
    source: str | None = None
    annotator: str | None = None


class LabelStore:
    """May be used from several threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, labels: Sequence[NewLabel], *, once: Once | None = None) -> list[int]:
        """Store all or none, take the texts from the review queue, and return the ids; on return they are on disk.

        With `once`, what was stored under its key before is returned again, and nothing is stored.

        Raises:
            KeyReusedError: the key came with other labels before.
            DatabaseError: nothing was stored.
        """
        fingerprint = _fingerprint(labels)
        with explain_failure(), self._engine.begin() as connection:
            if once and (answer := answered(connection, once, fingerprint)) is not None:
                return list(answer["ids"])
            ids = [_insert(connection, label) for label in labels]
            if once:
                remember(connection, once, fingerprint, {"ids": ids})
            return ids

    def read(self, *, after: int = 0, limit: int = 100, wanted: LabelFilter | None = None) -> list[Label]:
        """Return up to `limit` labels whose ids are greater than `after`, in the order in which they came.

        Raises:
            DatabaseError: the database does not answer.
        """
        query = select(LABELS_TABLE).where(LABELS_TABLE.c.id > after).order_by(LABELS_TABLE.c.id).limit(limit)
        for name, value in asdict(wanted or LabelFilter()).items():
            if value is not None:
                query = query.where(LABELS_TABLE.c[name] == str(value))
        with explain_failure(), reading(self._engine) as connection:
            return [_label(row) for row in connection.execute(query).mappings()]

    def texts_of(self, text_ids: Sequence[str]) -> dict[str, str]:
        """Return those texts, labelled or in the review queue, that came under one of these ids of their own.

        Raises:
            DatabaseError: the database does not answer.
        """
        tables = (REVIEW, LABELS_TABLE)
        query = union_all(*(select(own.c.text_id, own.c.text).where(own.c.text_id.in_(text_ids)) for own in tables))
        with explain_failure(), reading(self._engine) as connection:
            return {row.text_id: row.text for row in connection.execute(query)}


def text_hash(item: TextInput) -> str:
    """The same for the same text under the same context."""
    return hashlib.sha256(json.dumps([item.text, item.context or ""]).encode()).hexdigest()


def _insert(connection: Connection, label: NewLabel) -> int:
    own = text_hash(TextInput(label.text, context=label.context))
    values = {**asdict(label), "label": label.label.value, "text_hash": own, "created_at": datetime.now(UTC)}
    key = connection.execute(insert(LABELS_TABLE).values(values)).inserted_primary_key
    if key is None:
        raise StanceError("the database gave a label no id")
    connection.execute(delete(REVIEW).where(REVIEW.c.text_hash == own))
    return int(key[0])


def _fingerprint(labels: Sequence[NewLabel]) -> str:
    content = json.dumps([asdict(label) for label in labels], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def _label(row: Any) -> Label:
    fields = {name: row[name] for name in Label.__dataclass_fields__}
    return Label(**{**fields, "label": Stance(row["label"])})
