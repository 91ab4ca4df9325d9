"""The shapes of vLLM's classification API, as `/docs` shows them."""

from typing import Annotated, Any, Literal

from fastapi.openapi.models import Example
from pydantic import BaseModel, Field, WithJsonSchema

VLLM_EXAMPLES: dict[str, Example] = {
    "text": {"summary": "One text", "value": {"input": "A reset with Moscow is overdue."}},
    "batch": {
        "summary": "Several",
        "value": {"input": ["A reset is overdue.", "No deal with the Kremlin will hold."]},
    },
}


class VllmRequest(BaseModel):
    """Fields that are not listed are ignored, as vLLM does."""

    model: str | None = Field(default=None, description="Name, version or `name@version` of the served model.")
    input: Annotated[
        Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
    ] = Field(description="A text or a list of texts. Token ids are not taken.")
    user: str | None = Field(default=None, description="Taken, not used.")
    priority: int = Field(default=0, description="Taken, not used: requests are served by what they cost.")
    truncate_prompt_tokens: int | None = Field(
        default=None,
        ge=-1,
        description="Taken, not needed: a long text is read whole, in windows. `usage` says how much was read.",
    )
    use_activation: Literal[True] | None = Field(default=None, description="Probabilities are all there is here.")


class Classification(BaseModel):
    index: int
    label: str
    probs: list[float] = Field(description="Calibrated, in the order of the labels that `/info` lists.")
    num_classes: int


class Usage(BaseModel):
    prompt_tokens: int = Field(description="Tokens of the texts as the model reads them, special tokens included.")
    total_tokens: int
    completion_tokens: int
    prompt_tokens_details: None


class VllmResponse(BaseModel):
    id: str = Field(pattern="^classify-[0-9a-f]{32}$")
    object: Literal["list"]
    created: int = Field(description="Unix time.")
    model: str = Field(examples=["comment-stance@1.3"])
    data: list[Classification]
    usage: Usage
