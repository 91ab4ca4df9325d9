"""The shapes that Label Studio and its machine-learning backends exchange, as `/docs` shows them.

Label Studio sends much more than is read here; the rest is ignored.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi.openapi.models import Example
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from service.api.label_schemas import Name

# The events that carry labels.
LABELLING = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED")
# Parsed while the event loop waits, so there must be an end to it.
_MAX_CONFIG_CHARS = 100_000
Config = Annotated[str, Field(max_length=_MAX_CONFIG_CHARS, description="The labelling configuration, in XML.")]
Id = Annotated[int, Field(ge=0, lt=2**63)]

_CONFIG = (
    '<View><Text name="text" value="$text"/><Choices name="stance" toName="text"><Choice value="Skeptical"/>'
    '<Choice value="Supportive"/><Choice value="Neutral"/></Choices></View>'
)
_DATA = {"text": "I agree.", "context": "A reset with Moscow is overdue."}
SETUP_EXAMPLES: dict[str, Example] = {
    "setup": {"summary": "A project is connected", "value": {"project": "12.1712345678", "schema": _CONFIG}}
}
PREDICT_EXAMPLES: dict[str, Example] = {
    "task": {
        "summary": "A comment with the comment it answers",
        "value": {"project": "12.1712345678", "label_config": _CONFIG, "tasks": [{"id": 7, "data": _DATA}]},
    }
}
WEBHOOK_EXAMPLES: dict[str, Example] = {
    "annotation": {
        "summary": "An annotation",
        "value": {
            "action": "ANNOTATION_CREATED",
            "annotation": {
                "id": 3,
                "task": 7,
                "completed_by": 1,
                "was_cancelled": False,
                "updated_at": "2026-11-22T10:00:00.000000Z",
                "result": [
                    {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["Supportive"]}}
                ],
            },
            "task": {"id": 7, "data": _DATA},
            "project": {"id": 12, "label_config": _CONFIG},
        },
    },
    "other": {"summary": "An event without labels", "value": {"action": "PROJECT_UPDATED"}},
}


class Health(BaseModel):
    status: str = Field(examples=["UP"])
    model_class: str


class SetupRequest(BaseModel):
    label_config: Config = Field(alias="schema")


class SetupResponse(BaseModel):
    model_version: str = Field(examples=["comment-stance@1.3"])


class Task(BaseModel):
    data: dict[str, Any]


class PredictTasks(BaseModel):
    tasks: list[Task]
    label_config: Config


class Choices(BaseModel):
    choices: list[Any] = []


class Region(BaseModel):
    """One answer within an annotation; of the kinds that there are only choices are read."""

    from_name: str | None = None
    value: Choices = Choices()


class PredictedRegion(BaseModel):
    from_name: str
    to_name: str
    type: str
    value: Choices
    score: float


class TaskPrediction(BaseModel):
    """`result` is empty where the text of the task cannot be scored."""

    model_version: str
    score: float
    result: list[PredictedRegion]


class TaskPredictions(BaseModel):
    """`results` holds one prediction for each task, in the order sent."""

    results: list[TaskPrediction]
    model_version: str


class Person(BaseModel):
    id: Id | None = None
    email: Name | None = None


class Annotation(BaseModel):
    id: Id
    task: Id | None = None
    result: list[Region]
    completed_by: Id | Person | None = None
    was_cancelled: bool = False
    updated_at: datetime | None = None


class AnnotatedTask(Task):
    id: Id


class Project(BaseModel):
    id: Id
    label_config: Config


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


class Event(BaseModel):
    """What a webhook sends; of events without labels only the action is read."""

    action: str
    annotation: Annotated[
        list[Annotation], BeforeValidator(_listed, json_schema_input_type=Annotation | list[Annotation])
    ] = []
    task: Annotated[
        list[AnnotatedTask], BeforeValidator(_listed, json_schema_input_type=AnnotatedTask | list[AnnotatedTask])
    ] = []
    project: Project | None = None

    @model_validator(mode="before")
    @classmethod
    def only_labelling(cls, sent: Any) -> Any:
        """Label Studio has many events and gets more; none of the others may fail for its shape."""
        if isinstance(sent, dict) and sent.get("action") not in LABELLING:
            return {name: value for name, value in sent.items() if name == "action"}
        return sent


class StoredLabels(BaseModel):
    stored: int
