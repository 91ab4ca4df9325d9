"""Pages of other origins: none may call the service from a reader's browser, unless its settings name them."""

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from model.errors import SettingsError, StanceError

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class CrossSiteError(StanceError):
    """A page of another origin tried to change something here."""


class CrossSite:
    """Refuses requests that change something and come from pages of origins that are not among `origins`.

    Without a key, a service on a laptop would do what any page in the laptop's browser sends: a form needs no leave.
    Browsers tell by `Sec-Fetch-Site` (W3C, "Fetch Metadata Request Headers"); programs do not send it.
    """

    def __init__(
        self, app: ASGIApp, *, origins: Sequence[str], refuse: Callable[[Request, StanceError], ASGIApp]
    ) -> None:
        self._app = app
        self._origins = origins
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS and self._is_foreign(Headers(scope=scope)):
            error = CrossSiteError("a page of another origin sent this; STANCE_CORS_ORIGINS names those that may")
            await self._refuse(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        other = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        return other and headers.get("origin") not in self._origins


def parse_origins(listed: str | None) -> list[str]:
    """Return the origins in a list with commas, for example `https://desk.example`.

    Raises:
        SettingsError: one of them is no origin.
    """
    origins = [origin.strip().rstrip("/") for origin in (listed or "").split(",") if origin.strip()]
    for origin in origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "/" in host or "*" in host:
            raise SettingsError("STANCE_CORS_ORIGINS: write origins as https://desk.example, commas between them")
    return origins
