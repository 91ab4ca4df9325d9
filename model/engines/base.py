"""The protocol that every engine keeps."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.batching import Batch, Limits


class Engine(Protocol):
    """Runs batches. Not required to be safe for calls from several threads at once."""

    @property
    def name(self) -> str:
        """What runs where and how precisely, for example `torch-cpu-float32`."""
        ...

    @property
    def limits(self) -> Limits:
        """Past these a larger batch is no faster."""
        ...

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Return logits of shape (windows, labels); raises `EngineError` when it cannot."""
        ...
