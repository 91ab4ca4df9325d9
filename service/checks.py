"""What `stance doctor` looks at: installation, model, processors and speed; each finding says what to change."""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from model.artifact import Manifest, verify
from model.engines.base import Engine
from model.engines.openvino import has_graph
from model.engines.selection import NAMES, has_gpu, load_engine, tokens_per_second
from model.errors import ModelError, StanceError
from model.registry import find_model
from service.settings import Settings

Status = Literal["ok", "note", "problem"]
_EXTRAS = {
    "parquet": ("pyarrow", "reads and writes Parquet"),
    "torch": ("transformers", "runs models on a GPU, or without a graph"),
    "train": ("datasets", "trains, retrains and evaluates"),
}
_LIBRARIES = ("openvino", "tokenizers", "numpy", "fastapi")
# Others that compute leave less than this of a processor: the measured speed is theirs as well as ours.
_BUSY = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is what to do about it, empty where there is nothing to do."""

    status: Status
    subject: str
    detail: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield the findings, the slow ones last; a problem with the model ends them."""
    yield _installation()
    yield from _extras()
    yield _home(settings.home)
    yield _processors(settings)
    try:
        directory = find_model(settings.model, home=settings.home)
        manifest = verify(directory)
    except ModelError as error:
        yield Finding("problem", "model", str(error), "name another with --model, or restore this one")
        return
    yield from _model(manifest, directory)
    yield from _speed(directory, manifest, settings)


def _installation() -> Finding:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return Finding("ok", "installation", f"comment-stance {version('comment-stance')}, Python {_python()}, {libraries}")


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _extras() -> Iterator[Finding]:
    for extra, (module, purpose) in _EXTRAS.items():
        if find_spec(module) is None:
            install = f"if wanted: pip install 'comment-stance[{extra}]'"
            yield Finding("note", f"extra {extra}", f"not installed ({purpose})", install)
        else:
            yield Finding("ok", f"extra {extra}", f"installed ({purpose})")


def _home(home: Path) -> Finding:
    existing = next(path for path in (home, *home.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding("ok", "registry", f"{home} can be written")
    except OSError as error:
        advice = "set STANCE_HOME to a folder that can; serving works without, retraining does not"
        return Finding("note", "registry", f"{home} cannot be written ({error.strerror})", advice)


def _processors(settings: Settings) -> Finding:
    from loky import cpu_count

    usable, there = cpu_count(), os.cpu_count() or 1
    threads = settings.threads or usable
    detail = f"{threads} threads on {usable} usable of {there} processors"
    if threads > usable:
        return Finding(
            "problem", "threads", detail, f"lower STANCE_THREADS to {usable}: more threads wait for each other"
        )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > there - _BUSY:
        advice = "other programs compute as well; the speeds below are what they leave"
        return Finding("note", "threads", f"{detail}, load {load:.1f}", advice)
    return Finding("ok", "threads", detail)


def _model(manifest: Manifest, directory: Path) -> Iterator[Finding]:
    yield Finding("ok", "model", f"{manifest.reference}, every file as sealed ({directory})")
    if not has_graph(directory):
        advice = "train it again with this release to serve it without PyTorch"
        yield Finding("note", "graph", "the model has none for OpenVINO", advice)
    for precision, measured in manifest.fidelity.items():
        detail = (
            f"{measured.agreement:.2%} of the labels of float32, macro F1 {measured.macro_f1_change:+.4f}, "
            f"on {measured.texts:,} held-out texts"
        )
        unfit = Finding("note", precision, detail, "not used unasked: labels differ too much")
        yield Finding("ok", precision, detail) if measured.suffices else unfit


def _speed(directory: Path, manifest: Manifest, settings: Settings) -> Iterator[Finding]:
    chosen = _chosen(directory, manifest, settings).name
    speeds: dict[str, float] = {}
    for name in [name for name in NAMES[1:] if _can_run(name, directory)]:
        try:
            speeds[name] = tokens_per_second(load_engine(directory, name=name, threads=settings.threads))
            yield Finding("ok", name, f"{speeds[name]:,.0f} tokens a second")
        except StanceError as error:
            yield Finding("problem", name, str(error), "choose another engine")
    yield Finding("ok", "engine", f"{chosen} serves (STANCE_ENGINE={settings.engine})")
    trusted = {name: speed for name, speed in speeds.items() if name.split("-")[1] in ("float32", *manifest.precisions)}
    served = speeds.get(settings.engine)
    if served and trusted and served < _BUSY * max(trusted.values()):
        best = max(trusted, key=lambda name: trusted[name])
        detail = f"{best} is {trusted[best] / served:.1f} times as fast as {settings.engine}"
        yield Finding("note", "speed", detail, f"set STANCE_ENGINE to auto or to {best}")


def _can_run(name: str, directory: Path) -> bool:
    if name.startswith("openvino"):
        return has_graph(directory)
    installed = find_spec("torch") is not None and find_spec("transformers") is not None
    return installed and (name == "torch-float32" or has_gpu())


def _chosen(directory: Path, manifest: Manifest, settings: Settings) -> Engine:
    return load_engine(directory, name=settings.engine, threads=settings.threads, precisions=manifest.precisions)
