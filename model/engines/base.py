"""The protocol that every engine keeps, and the one place that picks an engine by name."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.batching import Batch
from model.errors import SettingsError


class Engine(Protocol):
    """Runs batches. Not required to be safe for calls from several threads at once."""

    @property
    def name(self) -> str:
        """What runs where and how precisely, for example `torch-cpu-float32`."""
        ...

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Return logits of shape (windows, labels); raises `EngineError` when it cannot."""
        ...


def load_engine(directory: Path, *, name: str = "auto", threads: int | None = None) -> Engine:
    """Load the model in `directory` into the engine called `name`.

    `auto` and `torch` pick device and precision by what the processor has; `torch-float32` is the
    reference precision everywhere; `torch-bfloat16` halves it.

    Raises:
        SettingsError: no engine has that name.
        MissingExtraError: the engine's library is not installed.
    """
    from model.engines.pytorch import PRECISIONS, TorchEngine

    if name in ("auto", "torch"):
        return TorchEngine.load(directory, threads=threads)
    precision = name.removeprefix("torch-")
    if precision in PRECISIONS and name != precision:
        return TorchEngine.load(directory, precision=precision, threads=threads)
    known = ", ".join(["auto", "torch", *(f"torch-{precision}" for precision in PRECISIONS)])
    raise SettingsError(f"there is no engine {name!r}; choose one of: {known}")
