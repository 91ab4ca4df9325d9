"""The review queue: texts that a person's label would teach the model most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from model.labels import Stance
from model.records import Prediction, TextInput
from service.store.database import explain_failure, reading
from service.store.labels import text_hash
from service.store.tables import LABELS_TABLE, REVIEW


@dataclass(frozen=True, slots=True)
class ReviewText:
    """A text that waits, with the model's own view of it."""

    id: int
    created_at: datetime
    text: str
    context: str | None
    text_id: str | None
    label: Stance
    scores: dict[str, float]
    model: str


class ReviewQueue:
    """Ordered by margin: the difference of the two highest probabilities, smallest first.

    Margin sampling, after Scheffer, Decomain and Wrobel, "Active Hidden Markov Models for Information Extraction",
    IDA 2001. Holds at most `max_texts`; beyond that the texts that the model is surest of go.
    """

    def __init__(self, engine: Engine, *, max_texts: int) -> None:
        self._engine = engine
        self._max_texts = max_texts

    def add(self, texts: Sequence[TextInput], predictions: Sequence[Prediction], *, model: str) -> None:
        """Add texts that are neither in the queue nor labelled yet.

        Raises:
            DatabaseError: nothing was added.
        """
        rows = {
            text_hash(item): _row(item, prediction, model) for item, prediction in zip(texts, predictions, strict=True)
        }
        with explain_failure(), self._engine.begin() as connection:
            known = select(LABELS_TABLE.c.text_hash).where(LABELS_TABLE.c.text_hash.in_(rows))
            labelled = set(connection.execute(known).scalars())
            if new := [row for own, row in rows.items() if own not in labelled]:
                _insert(connection, new)
                self._drop_surest(connection)

    def read(self, *, limit: int) -> list[ReviewText]:
        """Return the first `limit` texts, least sure first.

        Raises:
            DatabaseError: the database does not answer.
        """
        query = select(REVIEW).order_by(REVIEW.c.margin, REVIEW.c.id).limit(limit)
        with explain_failure(), reading(self._engine) as connection:
            return [_review_text(row) for row in connection.execute(query).mappings()]

    def size(self) -> int:
        """How many texts wait.

        Raises:
            DatabaseError: the database does not answer.
        """
        with explain_failure(), reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(REVIEW)).scalar_one())

    def _drop_surest(self, connection: Connection) -> None:
        kept = select(REVIEW.c.id).order_by(REVIEW.c.margin, REVIEW.c.id).limit(self._max_texts)
        connection.execute(delete(REVIEW).where(REVIEW.c.id.not_in(kept)))


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    statement = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(REVIEW)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["text_hash"]), rows)


def _row(item: TextInput, prediction: Prediction, model: str) -> dict[str, Any]:
    first, second = sorted(prediction.scores.values(), reverse=True)[:2]
    return {
        "created_at": datetime.now(UTC),
        "text": item.text,
        "context": item.context,
        "text_hash": text_hash(item),
        "text_id": item.id,
        "label": prediction.label.value,
        "scores": prediction.scores,
        "margin": first - second,
        "model": model,
    }


def _review_text(row: Any) -> ReviewText:
    fields = {name: row[name] for name in ReviewText.__dataclass_fields__}
    return ReviewText(**{**fields, "label": Stance(row["label"])})
