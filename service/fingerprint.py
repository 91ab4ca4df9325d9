"""What makes two scoring runs the same: equal arguments, inputs and model give an equal record."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from model.classifier import StanceClassifier

_HEAD_BYTES = 2**20


def describe_inputs(paths: tuple[Path, ...]) -> dict[str, Any]:
    """Return what tells whether the inputs are still the same files with the same content.

    Reads the first MiB of each; beyond that, size and time of change stand for the content.
    """
    described: dict[str, Any] = {"inputs": [printable(path.resolve()) for path in paths]}
    for path in paths:
        status = path.stat()
        name = f"input {printable(path)}"
        described[name] = [status.st_size, status.st_mtime_ns, _head_hash(path)]
    return described


def describe_model(classifier: StanceClassifier) -> dict[str, Any]:
    """Return name, version and weights of the model, and the engine, whose precision shows in the last digits."""
    checksums = json.dumps(classifier.manifest.checksums, sort_keys=True).encode()
    digest = hashlib.sha256(checksums).hexdigest()
    return {"model": [classifier.manifest.reference, digest], "engine": classifier.engine.name}


def printable(path: Path) -> str:
    """Return `path` as valid Unicode; file systems allow names that are none."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _head_hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.sha256(stream.read(_HEAD_BYTES)).hexdigest()
