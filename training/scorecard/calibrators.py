"""Ways to turn logits into probabilities, compared on texts that they were not fitted on.

The model ships with one temperature, and curves for the confidence over it where they are better; see
`training.calibrate`. The last two also move labels toward those that were frequent where they were fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from model.calibration import Calibration
from model.labels import LABELS
from training.calibrate import fit_curves, fit_temperature
from training.evaluation import Outcome
from training.metrics import Estimate, Floats, compute_figures

_FOLDS = 5
Labels = np.ndarray[tuple[int], np.dtype[np.int64]]
# Fitted on logits and labels, applied to other logits; logits and probabilities have the shape (rows, labels).
Calibrator = Callable[[Floats, Labels, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Figures of one way over all rows, each row calibrated by a fit to the other folds."""

    method: str
    calibration_error: Estimate
    log_loss: float
    macro_f1: Estimate


def _as_it_is(_logits: Floats, _truth: Labels, new: Floats) -> Floats:
    return Calibration().probabilities(new)


def _temperature(logits: Floats, truth: Labels, new: Floats) -> Floats:
    return fit_temperature(logits, truth).probabilities(new)


def _per_class(logits: Floats, truth: Labels, new: Floats) -> Floats:
    """A weight and a bias for each pair of labels: matrix scaling (Guo et al., 2017), lightly regularized."""
    return np.asarray(LogisticRegression(max_iter=1000).fit(logits, truth).predict_proba(new))


def _confidence(logits: Floats, truth: Labels, new: Floats) -> Floats:
    return fit_curves(logits, truth).probabilities(new)


def _isotonic(logits: Floats, truth: Labels, new: Floats) -> Floats:
    """One monotone curve for each label, then normalized (Zadrozny & Elkan, 2002)."""
    seen, unseen = Calibration().probabilities(logits), Calibration().probabilities(new)
    curves = [
        IsotonicRegression(y_min=1e-3, y_max=1, out_of_bounds="clip").fit(seen[:, label], truth == label)
        for label in range(len(LABELS))
    ]
    raw = np.stack([curve.predict(unseen[:, label]) for label, curve in enumerate(curves)], axis=1)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


METHODS: dict[str, Calibrator] = {
    "none": _as_it_is,
    "temperature": _temperature,
    "temperature, then a curve for the confidence in each label": _confidence,
    "weights and biases per label": _per_class,
    "isotonic probabilities": _isotonic,
}


def compare_calibrators(outcome: Outcome) -> list[Calibrated]:
    """Cross-validate every way on `outcome`, whose probabilities must be those of the uncalibrated model."""
    logits = outcome.logits
    folds = list(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(logits, outcome.truth))
    return [_measure(name, method, logits, outcome, folds) for name, method in METHODS.items()]


def _measure(
    name: str, method: Calibrator, logits: Floats, outcome: Outcome, folds: list[tuple[Labels, Labels]]
) -> Calibrated:
    probabilities = np.zeros_like(logits)
    for seen, unseen in folds:
        probabilities[unseen] = method(logits[seen], outcome.truth[seen], logits[unseen])
    figures = compute_figures(outcome.truth, probabilities, outcome.abstained)
    loss = log_loss(outcome.truth, probabilities, labels=list(range(len(LABELS))))
    return Calibrated(name, figures.calibration_error, float(loss), figures.macro_f1)
