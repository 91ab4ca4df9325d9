"""Fits what `model.calibration.Calibration` holds, on development data only."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import KFold

from model.calibration import Calibration, Curve
from model.labels import LABELS

_TEMPERATURES = (0.2, 10.0)
# Fewer texts draw no curves worth having: each of their steps would rest on a handful of them.
CURVES_FROM = 500
_LEAST_ROWS = 50
# No text is ever certain, however many of the surest were right; the last step rises to the end, too.
_MOST, _END = 0.98, 0.99
_FOLDS = 5


def fit_calibration(
    logits: NDArray[np.float64], truth: NDArray[np.int64], *, accuracy: float, max_share: float
) -> Calibration:
    """Fit temperature, a curve for each label's confidence, and abstention threshold.

    The curves stay out where there are few texts, or where they do not lower the log loss of texts that they were
    not fitted on. The threshold is the lowest confidence at which the texts kept are right in `accuracy` of the
    cases, as in selective classification (Geifman & El-Yaniv, 2017), but never gives up more than `max_share` of them.

    Args:
        logits: uncalibrated logits, or log-probabilities, of shape (rows, labels).
        truth: label indices of shape (rows,).
    """
    calibration = fit_temperature(logits, truth)
    if len(truth) >= CURVES_FROM and _curves_help(logits, truth):
        calibration = fit_curves(logits, truth)
    probabilities = calibration.probabilities(logits)
    correct = probabilities.argmax(axis=1) == truth
    threshold = _fit_threshold(probabilities.max(axis=1), correct, accuracy=accuracy, max_share=max_share)
    return replace(calibration, abstain_threshold=threshold)


def fit_temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> Calibration:
    """Return the temperature of least log loss (Guo et al., 2017); shapes as in `fit_calibration`."""

    def loss(log_temperature: float) -> float:
        return _log_loss(Calibration(float(np.exp(log_temperature))).probabilities(logits), truth)

    low, high = np.log(_TEMPERATURES)
    return Calibration(float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x)))


def fit_curves(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> Calibration:
    """Return a temperature and isotonic curves over it; shapes as in `fit_calibration`."""
    tempered = fit_temperature(logits, truth)
    probabilities = tempered.probabilities(logits)
    best = probabilities.argmax(axis=1)
    curves = [
        _fit_curve(probabilities[best == label, label], truth[best == label] == label) for label in range(len(LABELS))
    ]
    return replace(tempered, curves=tuple(curves))


def _fit_curve(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> Curve:
    if len(confidence) < _LEAST_ROWS:
        return Curve((0.0, 1.0), (0.0, 1.0))
    fitted = IsotonicRegression(y_min=1 / len(LABELS), y_max=_MOST).fit(confidence, correct).predict(confidence)
    levels, step = np.unique(fitted, return_inverse=True)
    # One point a step, in its middle: between the steps the curve rises, so that no two confidences become one.
    points = np.bincount(step, weights=confidence) / np.bincount(step)
    inside = points < 1
    return Curve((*points[inside].tolist(), 1.0), (*levels[inside].tolist(), _END))


def _curves_help(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> bool:
    losses = {fit_temperature: 0.0, fit_curves: 0.0}
    for seen, unseen in KFold(_FOLDS, shuffle=True, random_state=0).split(logits):
        for fit in losses:
            losses[fit] += _log_loss(fit(logits[seen], truth[seen]).probabilities(logits[unseen]), truth[unseen])
    return losses[fit_curves] < losses[fit_temperature]


def _log_loss(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    return float(-np.log(probabilities[np.arange(len(truth)), truth] + 1e-12).mean())


def _fit_threshold(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], *, accuracy: float, max_share: float
) -> float:
    order = np.argsort(confidence, kind="stable")
    ascending = confidence[order]
    kept_right = correct[order][::-1].cumsum()[::-1]
    kept = np.arange(len(order), 0, -1)
    dropped_share = 1 - kept / len(order)
    # A threshold cannot part texts of one confidence.
    parts = np.concatenate([[True], np.diff(ascending) > 0])
    allowed = parts & (dropped_share <= max_share)
    good = allowed & (kept_right / kept >= accuracy)
    index = int(good.argmax()) if good.any() else int(np.flatnonzero(allowed)[-1])
    return float(ascending[index]) if index else 0.0
