"""Who may do what, and how often. Decided before a body is read."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.errors import SettingsError, StanceError
from service.keys import KeyRecord, KeyRing
from service.keys import Scope as Right

# The longest prefix decides. None: open to all. Routes that are not listed need `admin`.
RIGHTS: dict[str, Right | None] = {
    "/": None,
    "/static": None,
    "/docs": None,
    "/openapi.json": None,
    "/livez": None,
    "/readyz": None,
    "/info": None,
    "/metrics": None,
    "/hooks/coral": None,  # signed by Coral, with a secret of its own
    "/v1/classify": "classify",
    "/predict": "classify",
    "/classify": "classify",
    "/v1alpha1/comments:analyze": "classify",
    "/v1alpha1/comments:suggestscore": "label",
    "/v1/labels": "label",
    "/label-studio": "label",
    "/label-studio/": None,
    "/label-studio/health": None,
    "/v1/jobs": "classify",
    "/v1/models": "admin",
}
# Google's clients send their key in the URL, and Label Studio as a password.
_KEY_IN_URL = "/v1alpha1/"
_KEY_AS_PASSWORD = "/label-studio/"
_ANYBODY = "anybody"


class UnauthorizedError(StanceError):
    """No key, or one that is not known (any more)."""


class ForbiddenError(StanceError):
    """A good key without the right."""


class TooManyRequestsError(StanceError):
    """A client sends more requests than it may; `retry_after` is in seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too many requests from this client; try again in {retry_after} s")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of a client's requests: `remaining` of `limit` in each `seconds`, and `reset` seconds until more."""

    limit: int
    seconds: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """After the Internet-Draft "RateLimit header fields for HTTP"."""
        return {
            "RateLimit-Policy": f'"requests";q={self.limit};w={self.seconds}',
            "RateLimit": f'"requests";r={self.remaining};t={self.reset}',
        }


class RateLimiter:
    """So many requests of each client within a moving window; each process counts for itself."""

    def __init__(self, rate: str) -> None:
        self._item = _parse_rate(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, client: str) -> Window:
        """Count one request.

        Raises:
            TooManyRequestsError: it is one too many.
        """
        allowed = self._limiter.hit(self._item, client)
        stats = self._limiter.get_window_stats(self._item, client)
        reset = max(1, ceil(stats.reset_time - time()))
        if not allowed:
            raise TooManyRequestsError(retry_after=reset)
        return Window(self._item.amount, self._item.get_expiry(), stats.remaining, reset)


class Access:
    """Finds out who asks (`client` and `admin` of the request's state), and refuses what they may not do."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: KeyRing | None,
        limiter: RateLimiter | None,
        refuse: Callable[[Request, StanceError], ASGIApp],
    ) -> None:
        self._app = app
        self._keys = keys
        self._limiter = limiter
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        right, sent = right_for(scope["path"]), _sent_key(scope)
        _hide_key(scope)
        try:
            scope["state"].update(self._identity(sent, right))
            window = self._limiter.hit(_counted_as(scope)) if self._limiter and right else None
        except StanceError as error:
            await self._refuse(Request(scope), error)(scope, receive, send)
            return

        async def send_with_window(message: Message) -> None:
            if window and message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(window.headers)
            await send(message)

        await self._app(scope, receive, send_with_window)

    def _identity(self, sent: str | None, right: Right | None) -> dict[str, Any]:
        if self._keys is None or right is None:
            return {"client": _ANYBODY, "admin": self._keys is None}
        record = self._known(sent)
        if not record.allows(right):
            raise ForbiddenError(f"this key has not the scope {right!r}; make another with `stance keys create`")
        return {"client": record.name, "admin": record.allows("admin")}

    def _known(self, sent: str | None) -> KeyRecord:
        record = self._keys.find(sent) if self._keys and sent else None
        if record is None:
            raise UnauthorizedError("send a valid key, as Authorization: Bearer KEY or X-API-Key: KEY")
        return record


def right_for(path: str) -> Right | None:
    """The scope that a key must have for `path`; None where none is needed."""
    prefixes = [prefix for prefix in RIGHTS if path == prefix or (prefix != "/" and path.startswith(f"{prefix}/"))]
    return RIGHTS[max(prefixes, key=len)] if prefixes else "admin"


def _sent_key(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    if scheme.lower() == "basic" and scope["path"].startswith(_KEY_AS_PASSWORD):
        return _password(credentials)
    if key := headers.get("x-api-key"):
        return key
    if scope["path"].startswith(_KEY_IN_URL):
        return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("key", [])), None)
    return None


def _hide_key(scope: Scope) -> None:
    """Take any key out of the URL: the server logs what this scope holds when the answer begins."""
    pairs = scope["query_string"].split(b"&")
    kept = [pair for pair in pairs if unquote_plus(pair.partition(b"=")[0].decode("latin-1")) != "key"]
    scope["query_string"] = b"&".join(kept)


def _password(credentials: str) -> str | None:
    try:
        return base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")[2]
    except (binascii.Error, ValueError):
        return None


def _counted_as(scope: Scope) -> str:
    """A key's name; without keys, the address that the request comes from."""
    client = str(scope["state"]["client"])
    return client if client != _ANYBODY else str((scope.get("client") or [""])[0])


def _parse_rate(rate: str) -> RateLimitItem:
    try:
        [item] = parse_many(rate)
        if item.amount < 1:
            raise ValueError(rate)
    except ValueError as error:
        raise SettingsError("STANCE_RATE_LIMIT: write it as 600/minute, or 20/second") from error
    return item
