"""The shapes of requests and answers, as `/docs` shows them."""

from typing import Annotated, Any, Literal

from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from model.records import Prediction
from service.api.errors import ProblemBody

# Read one by one in `items.py`: a schema would refuse the whole request for one bad text.
Item = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "required": ["text"],
                    "additionalProperties": False,
                    "properties": {
                        "text": {"type": "string"},
                        "context": {
                            "type": ["string", "null"],
                            "description": "What the text answers: a parent comment or a title. Read, never scored.",
                        },
                        "id": {"type": ["string", "null"], "description": "Given back unchanged."},
                    },
                },
            ]
        }
    ),
]


class ClassifyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    texts: list[Item] = Field(min_length=1)
    split: Literal["none", "paragraphs"] = Field(
        default="none", description="`paragraphs` adds the stance of each paragraph as `segments`."
    )
    explain: bool = Field(
        default=False,
        description="Adds `attributions`: for each word, how far the probability of the label falls without it.",
    )


class ModelName(BaseModel):
    name: str
    version: str


class TextProblem(BaseModel):
    type: str
    title: str
    detail: str


class FailedText(BaseModel):
    """Stands in the place of a text that cannot be scored."""

    index: int
    id: str | None
    error: TextProblem


class Counts(BaseModel):
    ok: int
    failed: int


class ClassifyResponse(BaseModel):
    """`results` holds one entry for each text, in the order sent."""

    model: ModelName
    results: list[Prediction | FailedText]
    counts: Counts


class Status(BaseModel):
    status: str


class Limits(BaseModel):
    max_texts: int
    max_text_chars: int
    max_body_bytes: int
    max_queue_tokens: int
    deadline_seconds: float


class Info(BaseModel):
    service_version: str
    model: ModelName
    engine: str
    labels: list[str]
    abstain_threshold: float
    limits: Limits


class PredictParameters(BaseModel):
    """The parameters of the Hugging Face Inference API."""

    top_k: int | None = Field(default=None, ge=1)
    function_to_apply: Literal["softmax", "sigmoid", "none"] | None = None


class PredictRequest(BaseModel):
    """Fields that are not listed are ignored, as in the APIs that this one stands in for."""

    inputs: Annotated[
        Any,
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
                ]
            }
        ),
    ]
    raw_scores: bool = Field(default=False, description="Logits in place of probabilities.")
    truncate: bool | None = Field(default=None, description="False: a text that would be cut is an error.")
    parameters: PredictParameters | None = None


class LabelScore(BaseModel):
    label: str
    score: float


CLASSIFY_EXAMPLES: dict[str, Example] = {
    "strings": {
        "summary": "Two comments",
        "value": {
            "texts": ["Talking to Moscow beats another cold war.", "Lift no sanctions while the shelling goes on."]
        },
    },
    "reply": {
        "summary": "A reply with the comment it answers",
        "value": {"texts": [{"id": "c-17", "text": "I agree.", "context": "No deal with the Kremlin will hold."}]},
    },
    "article": {
        "summary": "An article, paragraph by paragraph",
        "value": {
            "texts": ["The summit ended.\n\nA reset is overdue, and trade would help both."],
            "split": "paragraphs",
        },
    },
}
PREDICT_EXAMPLES: dict[str, Example] = {
    "text": {"summary": "One text", "value": {"inputs": "A reset with Moscow is overdue."}},
    "pair": {"summary": "A text and its context", "value": {"inputs": ["I agree.", "A reset is overdue."]}},
    "batch": {"summary": "Several", "value": {"inputs": [["A reset is overdue."], ["I agree.", "No deal will hold."]]}},
    "hugging face": {
        "summary": "As huggingface_hub.InferenceClient sends it",
        "value": {"inputs": "A reset is overdue.", "parameters": {"top_k": 1}},
    },
}
_PROBLEM_CONTENT = {"application/problem+json": {"schema": ProblemBody.model_json_schema()}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": _PROBLEM_CONTENT}
    for status, description in {
        400: "Not JSON",
        413: "Body or request too large",
        415: "Not declared as JSON",
        422: "Wrong shape, or no text that can be scored",
        429: "Too much is waiting; see Retry-After",
        500: "The engine failed",
        503: "Shutting down, or not ready",
        504: "Over the deadline",
    }.items()
}
