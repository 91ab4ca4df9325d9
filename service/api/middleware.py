"""What happens to every request, whatever its route. Plain ASGI, so that disconnects stay visible inside."""

import re
import uuid
from collections.abc import Mapping
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.metrics import Metrics
from service.logs import log_request

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class RequestContext:
    """Gives each request its id, names the model in the answer, and counts and times the request."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id
        status, begun = 500, perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if version := _model_version(scope):
                    headers["X-Model-Version"] = version
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._ended(scope, status=status, seconds=perf_counter() - begun)

    def _ended(self, scope: Scope, *, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.request_ended(route=route, status=status, seconds=seconds)
        state = scope["state"]
        log_request(
            method=scope["method"],
            path=scope["path"],
            status=status,
            seconds=seconds,
            request_id=state["request_id"],
            client=state.get("client", "refused"),
            model=_model_version(scope),
        )


class BodyLimit:
    """Answers 413 as soon as a body declares or shows more than `max_bytes`, without reading the rest.

    `longer` has other limits for single paths.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, longer: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        limit = self._longer.get(scope["path"], self._max_bytes)
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            _check(int(declared) if declared.isdecimal() else 0, limit)
            message = await receive()
            read += len(message.get("body", b""))
            _check(read, limit)
            return message

        await self._app(scope, receive_counted, send)


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise HTTPException(413)


def _model_version(scope: Scope) -> str | None:
    """That of the model that answered; where none did, of the one served now, and none before the start is through."""
    state = scope["state"]
    if "model_version" in state:
        return str(state["model_version"])
    services = state.get("services")
    return services.host.current.classifier.manifest.version if services else None


def _request_id(sent: str) -> str:
    """The client's id where it is fit for headers and logs, else a new one."""
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
