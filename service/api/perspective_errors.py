"""The errors of Google's APIs: `{"error": {"code", "message", "status", "details"}}`, and Perspective's `errorType`."""

from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.api.errors import InvalidRequestError, Problem, json_error


class GoogleStatus(BaseModel):
    code: int
    message: str
    status: str = Field(examples=["INVALID_ARGUMENT"])
    details: list[dict[str, Any]] = Field(default=[], description="With `errorType`, for example `COMMENT_EMPTY`.")


class GoogleError(BaseModel):
    error: GoogleStatus


class PerspectiveError(InvalidRequestError):
    """A request that Perspective, too, would refuse; `details` go into the answer."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, fields={}, details=details)


_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_ERROR_TYPES = {
    "empty-text": "COMMENT_EMPTY",
    "text-too-long": "COMMENT_TOO_LONG",
    "request-too-large": "COMMENT_TOO_LONG",
}
# The names of google.rpc.Code; what is not listed is the request's fault, and 400.
_STATUSES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_DESCRIPTIONS: dict[int | str, str] = {
    400: "Not JSON, wrong shape, no text that can be scored, or an attribute or language that there is not",
    401: "No key, or a wrong one",
    403: "The key may not do this",
    413: "The body is too large",
    429: "Overloaded, or over the rate; see Retry-After",
    "4XX": "Any other fault of the request",
    500: "The engine failed",
    503: "Shutting down, not ready, or the database failed",
    504: "Over the deadline",
}
PERSPECTIVE_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "model": GoogleError} for status, description in _DESCRIPTIONS.items()
}


def render_perspective(request: Request, problem: Problem) -> Response:
    code = _code(problem)
    status = _STATUSES.get(code, "INVALID_ARGUMENT")
    error: dict[str, Any] = {"code": code, "message": _message(problem), "status": status}
    if status == "INVALID_ARGUMENT":
        error_type = _ERROR_TYPES.get(problem.kind, "INVALID_REQUEST")
        error["details"] = [{"@type": _TYPE, "errorType": error_type, **problem.details}]
    return json_error(request, replace(problem, status=code), {"error": error})


def _code(problem: Problem) -> int:
    known = problem.status in _STATUSES or problem.kind == "body-too-large"
    return problem.status if known else 400


def _message(problem: Problem) -> str:
    """Google has no place for several fields; each is named in the message."""
    return "; ".join(f"{pointer}: {wrong}" for pointer, wrong in problem.fields.items()) or problem.detail
