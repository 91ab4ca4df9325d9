"""Installs what ours is measured against: python -m benchmarks.peers [NAME...].

Each gets an environment of its own, or their requirements would fight. One that cannot be installed is written down
with its reason, and the page says so.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.footprint import installed_mb
from benchmarks.places import PEERS, REQUIREMENTS, ROOT, executable
from benchmarks.processes import output
from benchmarks.results import load, save
from benchmarks.samples import calibration_texts

# The package whose version is told; `ours` is the base install of this project.
PACKAGES = {
    "ours": "comment-stance",
    "infinity": "infinity-emb",
    "litserve": "litserve",
    "bentoml": "bentoml",
    "ray": "ray",
    "onnxruntime": "onnxruntime",
    "nncf": "nncf",
}
_CALIBRATED_ON = 300


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(PACKAGES)))
def main(names: tuple[str, ...]) -> None:
    """Install the peers called NAMES, or all; what is installed already is brought to its requirements."""
    found = (load("peers") or {}).get("peers", {})
    for name in names or PACKAGES:
        click.echo(f"{name} ...", err=True)
        found[name] = _install(name)
        save("peers", peers=found, calibrated_on=_CALIBRATED_ON)
        click.echo(f"{name}: {found[name].get('reason') or found[name]['versions']}", err=True)


def _install(name: str) -> dict[str, Any]:
    start = time.perf_counter()
    python = executable(name)
    try:
        _make_environment(name)
        if prepare := _PREPARE.get(name):
            prepare()
        versions = _versions(python, name)
    except RuntimeError as error:
        return {"installed": False, "reason": str(error)}
    seconds = round(time.perf_counter() - start)
    return {"installed": True, "versions": versions, "install_mb": installed_mb(python), "seconds": seconds}


def _make_environment(name: str) -> None:
    python = executable(name)
    try:
        if not python.exists():
            output([sys.executable, "-m", "venv", PEERS / name])
        output([python, "-m", "pip", "install", "--quiet", *_wanted(name)])
    except RuntimeError:
        shutil.rmtree(PEERS / name, ignore_errors=True)  # or the next attempt would start from half an install
        raise


def _wanted(name: str) -> list[str | Path]:
    if name == "ours":
        return ["--constraint", ROOT / "requirements.lock", "--editable", ROOT]
    return ["--requirement", REQUIREMENTS / f"{name}.txt"]


def _versions(python: Path, name: str) -> dict[str, str]:
    listed = json.loads(output([python, "-m", "pip", "list", "--format", "json"]))
    chosen = {PACKAGES[name], "torch", "transformers", "openvino"}
    return {row["name"]: row["version"] for row in listed if row["name"].lower().replace("_", "-") in chosen}


def _make_graphs(name: str, *, texts: int = 0) -> None:
    python, module = executable(name), f"benchmarks.contenders.{name}_graph"
    output([python, "-m", module, "prepare"], stdin=json.dumps(calibration_texts(texts)))


_PREPARE: dict[str, Callable[[], None]] = {
    "onnxruntime": partial(_make_graphs, "onnxruntime"),
    "nncf": partial(_make_graphs, "nncf", texts=_CALIBRATED_ON),
}

if __name__ == "__main__":
    main()
