"""Who serves texts over HTTP, how each is started, and in which words it is asked. One text a request, always."""

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.places import MODEL, executable
from benchmarks.processes import Command

OURS = "ours"
INFINITY, INFINITY_HALF = "infinity float32", "infinity bfloat16"


@dataclass(frozen=True, slots=True)
class Server:
    """`command` makes a command line out of a port, `body` a request out of a text."""

    peer: str
    command: Callable[[int], Command]
    path: str
    body: Callable[[str], Any]


def available(installed: Collection[str]) -> dict[str, Server]:
    """Ours, and those of the `installed` peers that serve."""
    found = {
        OURS: ours("ours" in installed),
        INFINITY: _infinity("float32"),
        INFINITY_HALF: _infinity("bfloat16"),
        "LitServe": _script("litserve", "serve_litserve", path="/predict"),
        "BentoML": Server("bentoml", _bentoml, "/classify", lambda text: {"texts": [text]}),
        "Ray Serve": _script("ray", "serve_ray", path="/"),
    }
    return {name: server for name, server in found.items() if name == OURS or server.peer in installed}


def ours(base_install: bool) -> Server:
    """From an environment with nothing but the base package, where there is one."""
    program = executable("ours", "stance") if base_install else Path(sys.executable).with_name("stance")
    return Server(
        "ours",
        lambda port: (program, "serve", "--model", "embedded", "--port", str(port)),
        "/v1/classify",
        lambda text: {"texts": [text]},
    )


def _infinity(dtype: str) -> Server:
    flags = ("--engine", "torch", "--device", "cpu", "--dtype", dtype, "--batch-size", "32")

    def command(port: int) -> Command:
        names = ("--model-id", str(MODEL), "--served-model-name", "stance")
        place = ("--host", "127.0.0.1", "--port", str(port))
        return (executable("infinity", "infinity_emb"), "v2", *names, *flags, *place, "--log-level", "warning")

    return Server("infinity", command, "/classify", lambda text: {"model": "stance", "input": [text]})


def _script(peer: str, name: str, *, path: str) -> Server:
    return Server(
        peer,
        lambda port: (executable(peer), "-m", f"benchmarks.peers.{name}", str(port)),
        path,
        lambda text: {"text": text},
    )


def _bentoml(port: int) -> Command:
    service = "benchmarks.peers.serve_bentoml:Stance"
    return (executable("bentoml", "bentoml"), "serve", service, "--host", "127.0.0.1", "--port", str(port))
