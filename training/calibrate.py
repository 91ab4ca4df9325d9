"""Fits what `model.calibration.Calibration` holds, on development data only."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from model.calibration import Calibration

_TEMPERATURES = (0.2, 10.0)


def fit_calibration(
    logits: NDArray[np.float64], truth: NDArray[np.int64], *, accuracy: float, max_share: float
) -> Calibration:
    """Fit temperature and abstention threshold.

    The temperature minimizes the negative log-likelihood (Guo et al., 2017). The threshold is the lowest
    confidence at which the texts kept are right in `accuracy` of the cases, as in selective
    classification (Geifman & El-Yaniv, 2017), but never gives up more than `max_share` of them.

    Args:
        logits: uncalibrated logits, or log-probabilities, of shape (rows, labels).
        truth: label indices of shape (rows,).
    """
    temperature = fit_temperature(logits, truth)
    probabilities = Calibration(temperature).probabilities(logits)
    correct = probabilities.argmax(axis=1) == truth
    threshold = _fit_threshold(probabilities.max(axis=1), correct, accuracy=accuracy, max_share=max_share)
    return Calibration(temperature, threshold)


def fit_temperature(logits: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood; shapes as in `fit_calibration`."""

    def loss(log_temperature: float) -> float:
        probabilities = Calibration(float(np.exp(log_temperature))).probabilities(logits)
        return float(-np.log(probabilities[np.arange(len(truth)), truth] + 1e-12).mean())

    low, high = np.log(_TEMPERATURES)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def _fit_threshold(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], *, accuracy: float, max_share: float
) -> float:
    order = np.argsort(confidence, kind="stable")
    ascending = confidence[order]
    kept_right = correct[order][::-1].cumsum()[::-1]
    kept = np.arange(len(order), 0, -1)
    dropped_share = 1 - kept / len(order)
    allowed = dropped_share <= max_share
    good = allowed & (kept_right / kept >= accuracy)
    index = int(good.argmax()) if good.any() else int(np.flatnonzero(allowed)[-1])
    return float(ascending[index]) if index else 0.0
