"""From logits to probabilities that mean what they say, and the decision not to trust them."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.errors import SettingsError
from model.labels import LABELS


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising, piecewise linear map from the probability of one label to how often that label is right.

    Raises:
        SettingsError: the points do not rise, or a value lies outside (0, 1].
    """

    points: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.points) != len(self.values) or not self.points:
            raise SettingsError("calibration curve: there must be as many points as values, and at least one")
        if not all(a < b for a, b in pairwise(self.points)) or not all(a <= b for a, b in pairwise(self.values)):
            raise SettingsError("calibration curve: points and values must rise")
        if not 0 < self.values[0] <= self.values[-1] <= 1:
            raise SettingsError("calibration curve: values must be above 0 and at most 1")

    def __call__(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(probabilities, self.points, self.values)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature scaling (Guo et al., 2017), then a curve for each label (Zadrozny & Elkan, 2002) where there are any.

    A text of less confidence than `abstain_threshold` is abstained on.

    Raises:
        SettingsError: a value out of range.
    """

    temperature: float = 1.0
    abstain_threshold: float = 0.0
    curves: tuple[Curve, ...] = ()

    def __post_init__(self) -> None:
        if not (0 < self.temperature < math.inf and 0 <= self.abstain_threshold <= 1):
            raise SettingsError(f"{self}: temperature must be positive and finite, abstain_threshold from 0 to 1")
        if len(self.curves) not in (0, len(LABELS)):
            raise SettingsError(f"calibration curves: {len(self.curves)} for {len(LABELS)} labels")

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map logits of shape (..., labels) to float64 probabilities of the same shape; each row sums to 1."""
        scaled = np.asarray(logits, dtype=np.float64) / self.temperature
        exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        tempered = exponentials / exponentials.sum(axis=-1, keepdims=True)
        if not self.curves:
            return np.asarray(tempered)
        curved = np.stack([curve(tempered[..., label]) for label, curve in enumerate(self.curves)], axis=-1)
        return np.asarray(curved / curved.sum(axis=-1, keepdims=True))

    def abstains(self, confidence: float) -> bool:
        return confidence < self.abstain_threshold
