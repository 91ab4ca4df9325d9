"""The shapes of labels and of the review queue, as `/docs` shows them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Header
from fastapi.openapi.models import Example
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from model.labels import Stance
from service.api.schemas import Item

PAGE = 1_000


def valid_unicode(name: str | None) -> str | None:
    """Raises `ValueError` for a name with lone surrogates, which no file or database takes."""
    (name or "").encode()
    return name


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$"), AfterValidator(valid_unicode)
]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")
]
LABEL_EXAMPLES: dict[str, Example] = {
    "correction": {
        "summary": "A correction",
        "value": {
            "labels": [
                {
                    "text": "I agree.",
                    "context": "No deal with the Kremlin will hold.",
                    "label": "skeptical",
                    "id": "c-17",
                    "annotator": "ann",
                    "model": "comment-stance@1.3",
                }
            ]
        },
    }
}
QUEUE_EXAMPLES: dict[str, Example] = {
    "texts": {
        "summary": "Two texts",
        "value": {"texts": ["Trade first, then we will see.", {"id": "c-2", "text": "Ha."}]},
    }
}


class LabelIn(BaseModel):
    """A label for a text, or a correction of the model's."""

    model_config = ConfigDict(extra="forbid")

    text: str
    label: Stance
    context: str | None = Field(default=None, description="What the text answers: a parent comment or a title.")
    id: Name | None = Field(default=None, description="Your own id of the text; given back unchanged.")
    annotator: Name | None = Field(default=None, description="Who says so; a pseudonym will do.")
    source: Literal["api", "page"] = Field(default="api", description="Given by a program, or on our page.")
    model: Name | None = Field(default=None, description="`name@version` of the model that this label corrects.")


class LabelsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    labels: list[LabelIn] = Field(min_length=1)


class Stored(BaseModel):
    """The ids of the labels, in the order sent; all of them are on the disk."""

    ids: list[int]


class LabelOut(BaseModel):
    label_id: int
    created_at: datetime
    text: str
    context: str | None
    label: Stance
    id: str | None
    annotator: str | None
    source: str
    model: str | None


class LabelPage(BaseModel):
    labels: list[LabelOut]
    next: int | None = Field(description="Send it as `after` to get the next page; null where nothing follows.")


class QueueIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    texts: list[Item] = Field(min_length=1)


class Queued(BaseModel):
    waiting: int = Field(description="Texts in the queue now.")


class QueueText(BaseModel):
    queue_id: int
    created_at: datetime
    text: str
    context: str | None
    id: str | None
    label: Stance
    scores: dict[str, float]
    model: str


class QueuePage(BaseModel):
    texts: list[QueueText]
    waiting: int
