"""What the service logs: one line for each request, as text or as JSON. Never a text, a key, or a query string."""

import logging
from typing import Any, Literal

LogFormat = Literal["text", "json"]
_ACCESS = logging.getLogger("service.access")


def log_config(log_format: LogFormat) -> dict[str, Any]:
    """The logging of this process, for `logging.config.dictConfig`.

    Requests are logged by `log_request`, since uvicorn's own log would show the query, and with it keys in URLs. Of
    uvicorn's other messages, and of ours, only what calls for attention.
    """
    formatters: dict[LogFormat, dict[str, Any]] = {
        "text": {"format": "%(asctime)s %(levelname)s %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"default": formatters[log_format]},
        "handlers": {
            "stdout": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stdout"},
            "stderr": {"class": "logging.StreamHandler", "formatter": "default", "stream": "ext://sys.stderr"},
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "service.access": {"handlers": ["stdout"], "level": "INFO", "propagate": False},
            "uvicorn": {"level": "WARNING"},
        },
    }


def log_request(
    *, method: str, path: str, status: int, seconds: float, request_id: str, client: str, model: str | None
) -> None:
    """Log a request that is over. `path` has no query; `client` is the name of a key."""
    fields = {
        "method": method,
        "path": path,
        "status": status,
        "milliseconds": round(1000 * seconds, 1),
        "request_id": request_id,
        "client": client,
        "model": model,
    }
    _ACCESS.info("%s %r %d in %.1f ms, %s", method, path, status, 1000 * seconds, request_id, extra=fields)
