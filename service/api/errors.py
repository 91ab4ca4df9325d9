"""The one table from errors to HTTP, and their shape: RFC 9457 `application/problem+json`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from model.errors import EngineError, ModelError, ModelNotFoundError, StanceError, TextError
from service.api.access import ForbiddenError, TooManyRequestsError, UnauthorizedError
from service.api.origins import CrossSiteError
from service.background.uploads import StorageFullError, UploadError
from service.batcher import DeadlineError
from service.host import FixedModelError
from service.keys import KeysError
from service.signatures import SignatureError
from service.store.database import DatabaseError
from service.store.idempotency import KeyReusedError
from service.store.jobs import JobNotFoundError, JobUnfinishedError
from service.waiting import QueueFullError, RequestTooLargeError
from service.worker import UnavailableError


class InvalidItemError(TextError):
    """One of the texts of a request is neither a string nor an object with the right fields."""

    kind = "invalid-item"
    title = "The item has the wrong shape"


class InvalidRequestError(StanceError):
    """A request cannot be used as a whole; `fields` maps the JSON pointer of each bad field to what is wrong.

    `details` are what the shape of a compatible route has beside that.
    """

    def __init__(self, message: str, *, fields: Mapping[str, str], details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.fields = fields
        self.details = details or {}


class NotConfiguredError(StanceError):
    """A route that works only after a setting has been made; the message names it."""


class ClientGoneError(StanceError):
    """The client closed the connection before its answer; nobody reads this."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as HTTP knows it, whatever shape it is sent in."""

    status: int
    kind: str
    title: str
    detail: str
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """All of it in one line, for the shapes that have no list of fields."""
        return "; ".join(f"{pointer or 'body'}: {detail}" for pointer, detail in self.fields.items()) or self.detail


class ProblemBody(BaseModel):
    """The shape of every error of our own routes (RFC 9457)."""

    type: str = Field(examples=["urn:comment-stance:queue-full"])
    title: str = Field(examples=["Too much is waiting"])
    status: int = Field(examples=[429])
    detail: str = Field(examples=["too many texts are waiting; try again in 3 s"])
    instance: str = Field(examples=["/v1/classify"])
    request_id: str
    errors: list[dict[str, str]] = Field(description="`pointer` (JSON pointer) and `detail` of each bad field.")


_TABLE: dict[type[StanceError], tuple[int, str, str]] = {
    UnauthorizedError: (401, "unauthorized", "A key is needed"),
    SignatureError: (401, "bad-signature", "The signature is missing or wrong"),
    CrossSiteError: (403, "cross-site", "A page of another origin may not do this"),
    ForbiddenError: (403, "forbidden", "The key may not do this"),
    TooManyRequestsError: (429, "too-many-requests", "Too many requests"),
    KeyReusedError: (422, "idempotency-key-reused", "The idempotency key was used before"),
    FixedModelError: (409, "fixed-model", "The model cannot be changed"),
    NotConfiguredError: (404, "not-configured", "Not set up here"),
    ModelNotFoundError: (404, "model-not-found", "No such model"),
    ModelError: (409, "model-unusable", "The model cannot be used"),
    JobNotFoundError: (404, "job-not-found", "No such job"),
    JobUnfinishedError: (409, "job-unfinished", "The job has no result"),
    UploadError: (422, "upload", "The file cannot be used"),
    KeysError: (503, "keys", "The keys cannot be read"),
    StorageFullError: (507, "storage-full", "There is no room"),
    DatabaseError: (503, "database", "The database failed"),
    TextError: (422, "text", "The text cannot be scored"),
    InvalidRequestError: (422, "invalid-request", "The request cannot be used"),
    RequestTooLargeError: (413, "request-too-large", "The request is too large"),
    QueueFullError: (429, "queue-full", "Too much is waiting"),
    ClientGoneError: (499, "client-gone", "The client closed the connection"),
    EngineError: (500, "engine-failed", "The engine failed"),
    UnavailableError: (503, "unavailable", "The service cannot score now"),
    DeadlineError: (504, "deadline", "The deadline has passed"),
}
_HTTP_TABLE = {
    400: ("not-json", "The body cannot be read", "the body is not JSON in UTF-8, or is nested too deeply"),
    404: ("not-found", "Not found", "there is no such path; /docs lists those there are"),
    405: ("method-not-allowed", "Method not allowed", "the header Allow lists the methods that this path takes"),
    413: ("body-too-large", "The body is too large", "the body is over the size limit; send the texts in several"),
    415: ("not-declared-json", "Not JSON", "send the body with the header Content-Type: application/json"),
}
_INTERNAL = Problem(500, "internal", "Internal error", "the service failed; its log has the cause")


def urn(kind: str) -> str:
    """The `type` of a problem: stable, for programs to compare."""
    return f"urn:comment-stance:{kind}"


def describe(error: Exception) -> Problem:
    """Return what `error` means in HTTP. No reader's text and no internals of ours get into it."""
    if isinstance(error, RequestValidationError):
        return _validation(error)
    if isinstance(error, HTTPException):
        return _http(error.status_code, error.headers)
    for kind in type(error).__mro__:
        if kind in _TABLE:
            return _known(error, *_TABLE[kind])
    return _INTERNAL


def render_problem(request: Request, problem: Problem) -> Response:
    body = {
        "type": urn(problem.kind),
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.url.path,
        "request_id": request.state.request_id,
        "errors": [{"pointer": pointer, "detail": detail} for pointer, detail in problem.fields.items()],
    }
    return json_error(request, problem, body, media_type="application/problem+json")


def json_error(request: Request, problem: Problem, body: Any, *, media_type: str = "application/json") -> Response:
    """Send `body` as ASCII, so that no name or path of a client's can fail to be encoded."""
    headers = {**problem.headers, "X-Request-ID": request.state.request_id}
    return Response(json.dumps(body), problem.status, headers, media_type=media_type)


Renderer = Callable[[Request, Problem], Response]


def renderer_for(path: str, renderers: Mapping[str, Renderer]) -> Renderer:
    """The shape of errors on `path`: a compatible route's own, or ours."""
    return next((own for prefix, own in renderers.items() if path.startswith(prefix)), render_problem)


def add_error_handlers(app: FastAPI, *, renderers: Mapping[str, Renderer]) -> None:
    """Answer every error as a problem, except under the prefixes in `renderers`, which have shapes of their own."""

    async def answer(request: Request, error: Exception) -> Response:
        return renderer_for(request.url.path, renderers)(request, describe(error))

    for kind in (StanceError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, answer)


def _known(error: Exception, status: int, kind: str, title: str) -> Problem:
    if isinstance(error, TextError):
        kind, title = error.kind, error.title
    problem = Problem(status, kind, title, str(error), headers=_headers_for(error))
    if isinstance(error, InvalidRequestError):
        return replace(problem, fields=error.fields, details=error.details)
    return problem


def _headers_for(error: Exception) -> dict[str, str]:
    if isinstance(error, QueueFullError | TooManyRequestsError):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, UnavailableError | DatabaseError | KeysError):
        return {"Retry-After": "1"}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, UnauthorizedError) else {}


def _http(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    other = (f"http-{status}", "The request failed", "the request cannot be answered")
    return Problem(status, *_HTTP_TABLE.get(status, other), headers=headers or {})


def _validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if isinstance(error.body, bytes):  # FastAPI parses no body that does not say that it is JSON
        return _http(415)
    if any(one["type"] == "json_invalid" for one in found):
        return _http(400)
    fields = {_pointer(one["loc"]): str(one["msg"]) for one in found}
    return _known(
        InvalidRequestError("the body has the wrong shape; see errors", fields=fields), *_TABLE[InvalidRequestError]
    )


def _pointer(location: tuple[str | int, ...]) -> str:
    """The JSON pointer (RFC 6901) into the body."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location[1:])
