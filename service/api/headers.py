"""Headers that keep a browser from doing with an answer what it was not meant for."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
# FastAPI's page loads Swagger UI from this host and starts it by an inline script.
_SWAGGER = "https://cdn.jsdelivr.net"
_DOCS_POLICY = (
    f"{_POLICY}; script-src 'self' 'unsafe-inline' {_SWAGGER}; style-src 'self' 'unsafe-inline' {_SWAGGER}; "
    "img-src 'self' data:"
)
# Files of the page are asked for anew each time (and mostly answered 304), so that no release mixes with another.
_REVALIDATED = ("text/html", "text/css", "text/javascript", "image/svg+xml")


class SafeHeaders:
    """Puts them on every answer that the app itself gives, and a Content-Security-Policy on pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_EVERYWHERE | _for_content(message, scope["path"]))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _for_content(message: Message, path: str) -> dict[str, str]:
    kind = Headers(raw=message["headers"]).get("content-type", "").partition(";")[0]
    caching = {"Cache-Control": "no-cache"} if kind in _REVALIDATED else {}
    if kind != "text/html":
        return caching
    return {"Content-Security-Policy": _DOCS_POLICY if path.startswith("/docs") else _POLICY, **caching}
