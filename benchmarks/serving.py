"""A server that runs for as long as it is measured."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from benchmarks.places import RESULTS
from benchmarks.processes import last_words, running
from benchmarks.servers import Server

_PATIENCE = 90
_PROBE = "Lift the sanctions and talk."
_LABELS = ("skeptical", "supportive", "neutral")


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    pid: int
    body: bytes
    # From the start of the process to the first answer.
    start_seconds: float

    def settle(self) -> None:
        """Wait until what an ended load left in the queue is worked off: the next load must not pay for it."""
        while not _answers(self.url, self.body):
            time.sleep(0.05)


@contextmanager
def serving(name: str, server: Server) -> Iterator[Running]:
    """Start `server` on a free port and wait for its first answer.

    Raises:
        RuntimeError: it ended, or did not answer in time; with its last words.
    """
    port = _free_port()
    log = RESULTS / "logs" / f"server, {name}.log"
    url = f"http://127.0.0.1:{port}{server.path}"
    start = time.perf_counter()
    with running(server.command(port), log=log) as process:
        body = json.dumps(server.body(_PROBE)).encode()
        while not _answers(url, body):
            if process.poll() is not None or time.perf_counter() - start > _PATIENCE:
                raise RuntimeError(last_words(log.read_text(encoding="utf-8")))
            time.sleep(0.05)
        yield Running(url, process.pid, body, time.perf_counter() - start)


def _answers(url: str, body: bytes) -> bool:
    """True for a label, false while nothing is there or it is not ready."""
    request = Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 our own address
    try:
        with urlopen(request, timeout=_PATIENCE) as response:  # noqa: S310 our own address
            answer = response.read().decode()
    except HTTPError as error:
        if error.code in (404, 503):
            return False
        raise RuntimeError(f"status {error.code}: {error.read().decode()[:200]}") from error
    except (URLError, ConnectionError, TimeoutError):
        return False
    if not any(label in answer for label in _LABELS):
        raise RuntimeError(f"no label in the answer: {answer[:200]}")
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
