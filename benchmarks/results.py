"""What was measured, as JSON: the page is written from these files alone."""

import json
from typing import Any

from benchmarks.machine import describe
from benchmarks.places import RESULTS


def save(name: str, **figures: Any) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    content = {"machine": describe(), **figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load(name: str) -> dict[str, Any] | None:
    """None where it was not measured."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def installed_peers() -> set[str]:
    """Those that `benchmarks.peers` installed."""
    peers = (load("peers") or {}).get("peers", {})
    return {name for name, peer in peers.items() if peer["installed"]}
