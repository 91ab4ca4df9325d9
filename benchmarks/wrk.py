"""Load from `wrk`, a generator in C: one in Python would take the processor from what it measures."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.places import RESULTS
from benchmarks.processes import output
from benchmarks.servers import Server

_SCRIPT = Path(__file__).with_name("wrk.lua")
# Slower answers than that are counted as broken.
_TIMEOUT = "60s"


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk, the load generator, is missing; install it: apt-get install wrk")


def write_bodies(name: str, server: Server, texts: Sequence[str]) -> Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"bodies, {name}.txt"
    path.write_text("".join(json.dumps(server.body(text)) + "\n" for text in texts), encoding="utf-8")
    return path


def load(url: str, bodies: Path, *, clients: int, seconds: int) -> dict[str, Any]:
    """Each of `clients` sends its next request as soon as it has its answer."""
    pressure = ("--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s", "--timeout", _TIMEOUT)
    printed = output(["wrk", *pressure, "--script", _SCRIPT, url, "--", bodies])
    found = dict(json.loads(printed.strip().splitlines()[-1]))
    return {**found, "rate": (found["answers"] - found["refused"]) / found["seconds"]}
