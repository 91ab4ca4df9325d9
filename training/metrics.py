"""Figures of merit, each with its bootstrap 95 % interval.

Every figure is a function of counts (a confusion matrix, or sums per confidence bin), so a resample is
a row of weighted counts and a thousand resamples are one matrix product: no model is run twice.
Percentile bootstrap after Efron & Tibshirani (1993); expected calibration error after Guo et al. (2017).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.labels import LABELS

RESAMPLES = 1000
BINS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure on the data as they are, and the 2.5th and 97.5th percentile over resamples."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one model on one set. `confusion[i][j]`: truth LABELS[i], prediction LABELS[j]."""

    rows: int
    macro_f1: Estimate
    accuracy: Estimate
    calibration_error: Estimate
    precision: dict[str, Estimate]
    recall: dict[str, Estimate]
    f1: dict[str, Estimate]
    confusion: list[list[int]]
    abstained: float
    accuracy_if_not_abstained: float | None

    def to_dict(self) -> dict[str, Any]:
        per_class = {
            label.value: {
                "support": sum(self.confusion[index]),
                "precision": self.precision[label].to_dict(),
                "recall": self.recall[label].to_dict(),
                "f1": self.f1[label].to_dict(),
            }
            for index, label in enumerate(LABELS)
        }
        return {
            "rows": self.rows,
            "macro_f1": self.macro_f1.to_dict(),
            "accuracy": self.accuracy.to_dict(),
            "calibration_error": self.calibration_error.to_dict(),
            "per_class": per_class,
            "confusion": self.confusion,
            "abstained": self.abstained,
            "accuracy_if_not_abstained": self.accuracy_if_not_abstained,
        }


def resample_weights(rows: int, *, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float32]:
    """How often each row is drawn in each resample; shape (1 + resamples, rows), the first all ones."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(rows, np.full(rows, 1 / rows), size=resamples).astype(np.float32)
    return np.vstack([np.ones((1, rows), dtype=np.float32), drawn])


def confusions(truth: NDArray[np.int64], predicted: NDArray[np.int64], weights: NDArray[np.float32]) -> Floats:
    """Confusion matrices under each row of `weights`; shape (draws, labels, labels)."""
    labels = len(LABELS)
    cells = np.zeros((len(truth), labels * labels), dtype=np.float32)
    cells[np.arange(len(truth)), truth * labels + predicted] = 1
    return (weights @ cells).astype(np.float64).reshape(-1, labels, labels)


def precision_of(matrices: Floats) -> Floats:
    return _ratio(np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=1))


def recall_of(matrices: Floats) -> Floats:
    return _ratio(np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=2))


def f1_of(matrices: Floats) -> Floats:
    """F1 of each label; shape (draws, labels)."""
    return _ratio(2 * np.diagonal(matrices, axis1=1, axis2=2), matrices.sum(axis=1) + matrices.sum(axis=2))


def macro_f1_of(matrices: Floats) -> Floats:
    """Mean F1 over the labels that occur in truth or prediction, as scikit-learn counts it; shape (draws,)."""
    occurs = (matrices.sum(axis=1) + matrices.sum(axis=2)) > 0
    return _ratio((f1_of(matrices) * occurs).sum(axis=1), occurs.sum(axis=1))


def calibration_error_of(confidence: Floats, correct: NDArray[np.bool_], weights: NDArray[np.float32]) -> Floats:
    """Expected calibration error of the predicted label over `BINS` equal-width bins; shape (draws,)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.zeros((len(confidence), BINS), dtype=np.float32)
    gaps[np.arange(len(confidence)), bins] = correct - confidence
    return np.asarray(np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1), dtype=np.float64)


def compute_figures(
    truth: NDArray[np.int64], probabilities: Floats, abstained: NDArray[np.bool_], *, resamples: int = RESAMPLES
) -> Figures:
    """Return all figures of `probabilities`, shape (rows, labels), against `truth`, label indices of shape (rows,)."""
    weights = resample_weights(len(truth), resamples=resamples)
    predicted = probabilities.argmax(axis=1)
    correct = predicted == truth
    matrices = confusions(truth, predicted, weights)
    trace = np.trace(matrices, axis1=1, axis2=2)
    return Figures(
        rows=len(truth),
        macro_f1=estimate(macro_f1_of(matrices)),
        accuracy=estimate(trace / matrices.sum(axis=(1, 2))),
        calibration_error=estimate(calibration_error_of(probabilities.max(axis=1), correct, weights)),
        precision=_by_label(precision_of, matrices),
        recall=_by_label(recall_of, matrices),
        f1=_by_label(f1_of, matrices),
        confusion=matrices[0].astype(int).tolist(),
        abstained=float(abstained.mean()),
        accuracy_if_not_abstained=float(correct[~abstained].mean()) if not abstained.all() else None,
    )


def estimate(draws: Floats) -> Estimate:
    """The first draw, and the 95 % interval of the others."""
    low, high = np.percentile(draws[1:], [2.5, 97.5])
    return Estimate(float(draws[0]), float(low), float(high))


def _by_label(figure: Callable[[Floats], Floats], matrices: Floats) -> dict[str, Estimate]:
    draws = figure(matrices)
    return {label.value: estimate(draws[:, index]) for index, label in enumerate(LABELS)}


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    zeros = np.zeros(denominator.shape, dtype=np.float64)
    return np.asarray(np.divide(numerator, denominator, out=zeros, where=denominator > 0))
