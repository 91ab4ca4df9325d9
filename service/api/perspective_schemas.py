"""The shapes of Google's Perspective API, `v1alpha1`."""

from typing import Annotated, Any, Literal

from fastapi.openapi.models import Example
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from service.api.label_schemas import Name

AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@+-]{1,100}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8}){0,4}$")]
# A pattern also keeps lone surrogates out, which no answer could carry back.
Token = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class _Message(BaseModel):
    """Read as Google reads JSON: names in either case, null or "" for what is not set; other fields are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_unset(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if value not in (None, "")}


class TextEntry(_Message):
    text: str = ""
    type: Literal["PLAIN_TEXT", "HTML", "TEXT_TYPE_UNSPECIFIED"] = "PLAIN_TEXT"


class ArticleAndParentComment(_Message):
    article: TextEntry = TextEntry()
    parent_comment: TextEntry = TextEntry()


class Context(_Message):
    """What the comment answers. Of what is sent the parent comment is read, else the article, else the first entry."""

    entries: list[TextEntry] = []
    article_and_parent_comment: ArticleAndParentComment = ArticleAndParentComment()


class AttributeParameters(_Message):
    score_type: Literal["PROBABILITY", "SCORE_TYPE_UNSPECIFIED"] = "PROBABILITY"
    score_threshold: float = Field(
        default=0.0, allow_inf_nan=False, description="Attributes that score below are left out of the answer."
    )


class CommentRequest(_Message):
    """What both calls have in common."""

    comment: TextEntry = TextEntry()
    context: Context = Context()
    languages: list[Language] = Field(default=[], description="Empty: the service guesses.")
    client_token: Token = Field(default="", description="Given back unchanged.")
    session_id: Token = Field(default="", description="Not used.")


class AnalyzeRequest(CommentRequest):
    requested_attributes: dict[AttributeName, AttributeParameters] = Field(
        default={},
        description="`SKEPTICAL`, `SUPPORTIVE`, `NEUTRAL`; with `@VERSION` an error where another version is served.",
    )
    span_annotations: bool = Field(default=False, description="One span for each paragraph.")
    do_not_store: bool = False
    drop_unsupported_attributes: bool = Field(
        default=False, description="In other languages than English: no scores in place of an error."
    )
    community_id: Token = Field(default="", description="Not used.")


class Score(_Message):
    value: float = Field(allow_inf_nan=False)
    type: str = "PROBABILITY"


class SuggestedScores(_Message):
    """Scores of spans are ignored: labels are of whole texts."""

    summary_score: Score | None = None


class SuggestRequest(CommentRequest):
    attribute_scores: dict[AttributeName, SuggestedScores] = Field(
        default={}, description="The attribute with the highest value becomes the label; that must be at least 0.5."
    )
    community_id: Name | None = Field(default=None, description="Kept as the label's annotator.")


class SpanScore(BaseModel):
    """Offsets count Unicode code points of the text as sent."""

    begin: int
    end: int
    score: Score


class AttributeScores(_Message):
    summary_score: Score
    span_scores: list[SpanScore]


class AnalyzeResponse(_Message):
    attribute_scores: dict[str, AttributeScores]
    languages: list[str]
    detected_languages: list[str]
    client_token: str | None = None


class SuggestResponse(_Message):
    requested_languages: list[str]
    detected_languages: list[str]
    client_token: str | None = None


ANALYZE_EXAMPLES: dict[str, Example] = {
    "coral": {
        "summary": "As Coral sends it",
        "value": {
            "comment": {"text": "A reset with Moscow is overdue."},
            "doNotStore": True,
            "requestedAttributes": {"SKEPTICAL": {}},
            "languages": ["en"],
        },
    },
    "reply": {
        "summary": "A reply, and every attribute",
        "value": {
            "comment": {"text": "I agree.", "type": "PLAIN_TEXT"},
            "context": {"articleAndParentComment": {"parentComment": {"text": "No deal with the Kremlin will hold."}}},
            "requestedAttributes": {"SKEPTICAL": {"scoreThreshold": 0.5}, "SUPPORTIVE": {}, "NEUTRAL": {}},
            "clientToken": "c-17",
        },
    },
    "paragraphs": {
        "summary": "Paragraph by paragraph",
        "value": {
            "comment": {"text": "The summit ended.\n\nA reset is overdue, and trade would help both."},
            "requestedAttributes": {"SUPPORTIVE": {}},
            "spanAnnotations": True,
        },
    },
}
SUGGEST_EXAMPLES: dict[str, Example] = {
    "label": {
        "summary": "This comment is skeptical",
        "value": {
            "comment": {"text": "No deal with the Kremlin will hold."},
            "attributeScores": {"SKEPTICAL": {"summaryScore": {"value": 1}}},
            "communityId": "desk",
            "clientToken": "c-18",
        },
    }
}
