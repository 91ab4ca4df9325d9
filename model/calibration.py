"""From logits to probabilities that mean what they say, and the decision not to trust them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature scaling (Guo et al., 2017) and the confidence below which the model abstains.

    Raises:
        SettingsError: a value out of range.
    """

    temperature: float = 1.0
    abstain_threshold: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.temperature < math.inf and 0 <= self.abstain_threshold <= 1):
            raise SettingsError(f"{self}: temperature must be positive and finite, abstain_threshold from 0 to 1")

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map logits of shape (..., labels) to float64 probabilities of the same shape; each row sums to 1."""
        scaled = np.asarray(logits, dtype=np.float64) / self.temperature
        exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))

    def abstains(self, confidence: float) -> bool:
        return confidence < self.abstain_threshold
