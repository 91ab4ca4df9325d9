"""The errors of the Label Studio backend: `{"detail", "status"}`; Label Studio shows people the status and the body."""

from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from service.api.errors import Problem, json_error


class LabelStudioError(BaseModel):
    detail: str
    status: int = Field(examples=[400])


_DESCRIPTIONS: dict[int | str, str] = {
    400: "Not JSON, wrong shape, or a labelling configuration that does not fit",
    401: "No valid key",
    413: "Too many or too large",
    429: "Overloaded; see Retry-After",
    500: "The engine failed",
    503: "Shutting down, or not ready",
    504: "Over the deadline",
    "4XX": "Anything else that is wrong with the request",
}
LABEL_STUDIO_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "model": LabelStudioError} for status, description in _DESCRIPTIONS.items()
}


def render_label_studio(request: Request, problem: Problem) -> Response:
    """A request that cannot be used is 400 in a backend's protocol, never 422."""
    status = 400 if problem.status == 422 else problem.status
    return json_error(request, replace(problem, status=status), {"detail": problem.line, "status": status})
