"""The errors of vLLM, which are OpenAI's: `{"error": {"message", "type", "param", "code"}}`."""

from dataclasses import replace
from http.client import responses
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.api.errors import Problem, json_error


class VllmErrorInfo(BaseModel):
    message: str
    type: str = Field(examples=["BadRequestError"])
    param: str | None = Field(description="The field of the request that is to blame.", examples=["input"])
    code: int = Field(description="The status.", examples=[400])


class VllmError(BaseModel):
    error: VllmErrorInfo


# Where vLLM has a word of its own; the rest go by the name of their status.
_TYPES = {400: "BadRequestError", 404: "NotFoundError", 500: "InternalServerError"}
_DESCRIPTIONS: dict[int | str, str] = {
    400: "Not JSON, wrong shape, token ids, or a text that cannot be scored",
    404: "Another model than the one that is served",
    413: "Too many or too large",
    429: "Overloaded; see Retry-After",
    500: "The engine failed",
    503: "Shutting down, or not ready",
    504: "Over the deadline",
    "4XX": "Anything else that is wrong with the request",
}
VLLM_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "model": VllmError} for status, description in _DESCRIPTIONS.items()
}


def render_vllm(request: Request, problem: Problem) -> Response:
    """A request that cannot be used is 400 there, never 422."""
    status = 400 if problem.status == 422 else problem.status
    error = {
        "message": problem.line,
        "type": _TYPES.get(status) or responses.get(status, problem.title),
        "param": _param(problem),
        "code": status,
    }
    return json_error(request, replace(problem, status=status), {"error": error})


def _param(problem: Problem) -> str | None:
    if problem.kind == "model-not-found":
        return "model"
    pointer = next(iter(problem.fields), "")
    return pointer.split("/")[1] if pointer else None
