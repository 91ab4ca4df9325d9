"""The errors of text-embeddings-inference: `{"error", "error_type"}`, and the statuses that its clients expect."""

from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.api.errors import Problem, json_error


class TeiError(BaseModel):
    error: str
    error_type: str = Field(examples=["overloaded"])


# Where text-embeddings-inference has a word and a status for it; the rest is `validation` under its own status.
_BY_KIND = {
    "empty-text": (400, "empty"),
    "text-too-long": (413, "validation"),
    "invalid-text": (422, "tokenizer"),
    "queue-full": (429, "overloaded"),
    "engine-failed": (424, "backend"),
    "unavailable": (503, "unhealthy"),
    "deadline": (504, "backend"),
    "internal": (500, "backend"),
}
TEI_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "model": TeiError}
    for status, description in {
        400: "Not JSON, or an empty text",
        413: "Too long, too many or too large",
        422: "Wrong shape, or not valid Unicode",
        424: "The engine failed",
        429: "Overloaded; see Retry-After",
        503: "Shutting down, or not ready",
        504: "Over the deadline",
    }.items()
}


def render_tei(request: Request, problem: Problem) -> Response:
    status, error_type = _BY_KIND.get(problem.kind, (problem.status, "validation"))
    body = {"error": problem.detail, "error_type": error_type}
    return json_error(request, replace(problem, status=status), body)
