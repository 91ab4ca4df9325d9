"""From logits to probabilities that mean what they say, and the decision not to trust them."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.errors import SettingsError
from model.labels import LABELS

_LEAD = 1e-6


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising, piecewise linear map from the probability of a label that is the best to how often it is right then.

    Raises:
        SettingsError: the points do not rise, or a point or value lies outside 0 to 1.
    """

    points: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.points) != len(self.values) or not self.points:
            raise SettingsError("calibration curve: there must be as many points as values, and at least one")
        if not all(0 <= number <= 1 for number in (*self.points, *self.values)):
            raise SettingsError("calibration curve: points and values must be from 0 to 1")
        if not all(a < b for a, b in pairwise(self.points)) or not all(a <= b for a, b in pairwise(self.values)):
            raise SettingsError("calibration curve: points and values must rise")

    def __call__(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(probabilities, self.points, self.values)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature scaling (Guo et al., 2017), then, where there are any, the best label's curve for its confidence.

    A curve is isotonic regression (Zadrozny & Elkan, 2002) of whether the label is right where it is the best. It moves
    no label, however frequent the labels were where it was fitted: the others share what the best one leaves, as they
    did before. A text of less confidence than `abstain_threshold` is abstained on.

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
        tempered = self.temper(logits)
        return _with_confidence(tempered, self.curves) if self.curves else tempered

    def temper(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probabilities before the curves, shapes as in `probabilities`; every change of a logit shows."""
        scaled = np.asarray(logits, dtype=np.float64) / self.temperature
        exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=-1, keepdims=True))

    def abstains(self, confidence: float) -> bool:
        return confidence < self.abstain_threshold


def _with_confidence(probabilities: NDArray[np.float64], curves: tuple[Curve, ...]) -> NDArray[np.float64]:
    best = probabilities.argmax(axis=-1, keepdims=True)
    before = np.take_along_axis(probabilities, best, axis=-1)
    others = probabilities.copy()
    np.put_along_axis(others, best, 0.0, axis=-1)
    others /= np.maximum(others.sum(axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    # However low the curve, the best label stays ahead of the second.
    second = others.max(axis=-1, keepdims=True)
    curved = np.choose(best, [curve(before) for curve in curves])
    confidence = np.maximum(curved, second / (1 + second) + _LEAD)
    others *= 1 - confidence
    np.put_along_axis(others, best, confidence, axis=-1)
    return np.asarray(others / others.sum(axis=-1, keepdims=True))
