"""Temperature and threshold, fitted on data where the right ones are known."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from model.calibration import Calibration
from training.calibrate import CURVES_FROM, fit_calibration, fit_curves, fit_temperature
from training.metrics import compute_figures

Sample = tuple[NDArray[np.float64], NDArray[np.int64]]


def calibrated(rows: int, *, seed: int = 0) -> Sample:
    """Logits whose softmax is the very distribution that the truth is drawn from."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(rows, 3))
    draws = rng.random((rows, 1))
    return logits, (Calibration().probabilities(logits).cumsum(axis=1) < draws).sum(axis=1)


def fit(sample: Sample, *, accuracy: float = 0.85, max_share: float = 0.2) -> Calibration:
    return fit_calibration(*sample, accuracy=accuracy, max_share=max_share)


@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.0, 2.0, 6.0])
def test_a_known_temperature_is_recovered(temperature: float):
    logits, truth = calibrated(20_000)
    assert fit((logits * temperature, truth)).temperature == pytest.approx(temperature, rel=0.05)


def test_log_probabilities_do_as_well_as_logits():
    """What a calibrated model gives is enough to calibrate it."""
    logits, truth = calibrated(2_000)
    logarithms = np.log(Calibration().probabilities(logits * 3))
    assert fit((logarithms, truth)).temperature == pytest.approx(fit((logits * 3, truth)).temperature, rel=1e-3)


def test_calibration_error_falls_on_other_data_and_no_label_changes():
    logits, truth = calibrated(4_000)
    calibration = fit((logits * 3, truth))
    others, other_truth = calibrated(4_000, seed=1)
    errors = []
    for probabilities in (Calibration().probabilities(others * 3), calibration.probabilities(others * 3)):
        found = compute_figures(other_truth, probabilities, np.zeros(4_000, dtype=bool), resamples=10)
        errors.append(found.calibration_error.value)
        assert (probabilities.argmax(axis=1) == others.argmax(axis=1)).all()
    assert errors[0] > 0.1
    assert errors[1] < 0.03


def test_a_model_that_is_never_wrong_gets_the_least_temperature_and_never_abstains():
    truth = np.arange(30) % 3
    calibration = fit((np.eye(3)[truth] * 4, truth))
    assert calibration.temperature == pytest.approx(0.2, abs=1e-3)
    assert calibration.abstain_threshold == 0


def test_a_model_of_pure_chance_gets_the_greatest_temperature():
    rng = np.random.default_rng(0)
    assert fit((rng.normal(scale=5, size=(3_000, 3)), rng.integers(0, 3, 3_000))).temperature > 9


def kept_after(calibration: Calibration, sample: Sample) -> tuple[float, float]:
    """The share kept, and the accuracy of what is kept."""
    probabilities = calibration.probabilities(sample[0])
    kept = np.array([not calibration.abstains(confidence) for confidence in probabilities.max(axis=1)])
    return float(kept.mean()), float((probabilities.argmax(axis=1) == sample[1])[kept].mean())


def test_the_threshold_is_the_lowest_that_reaches_the_accuracy():
    sample = calibrated(1_000)
    calibration = fit(sample, accuracy=0.8, max_share=0.5)
    share, accuracy = kept_after(calibration, sample)
    assert 0 < calibration.abstain_threshold < 1
    assert 0.5 <= share < 1
    assert accuracy >= 0.8
    confidences = calibration.probabilities(sample[0]).max(axis=1)
    for lower in confidences[confidences < calibration.abstain_threshold]:
        assert kept_after(replace(calibration, abstain_threshold=lower), sample)[1] < 0.8


def test_the_threshold_never_gives_up_more_than_the_allowed_share():
    """Even where the accuracy cannot be reached: then as much is given up as allowed, and no more."""
    sample = calibrated(1_000)
    for max_share in (0.05, 0.2):
        share, accuracy = kept_after(fit(sample, accuracy=0.999, max_share=max_share), sample)
        assert share == pytest.approx(1 - max_share, abs=2e-3)
        assert accuracy < 0.999


def test_no_threshold_is_set_where_all_texts_reach_the_accuracy():
    sample = calibrated(1_000)
    assert fit(sample, accuracy=0.5).abstain_threshold == 0
    assert fit(sample, accuracy=0.999, max_share=0).abstain_threshold == 0


def bent(rows: int, *, seed: int) -> Sample:
    """Logits far too sure where they are sure, and too unsure elsewhere, as no temperature can mend."""
    logits, truth = calibrated(rows, seed=seed)
    return logits**3, truth


def test_curves_mend_what_no_temperature_can():
    calibration = fit(bent(4_000, seed=0))
    assert len(calibration.curves) == 3
    logits, truth = bent(4_000, seed=1)
    errors = []
    for found in (fit_temperature(*bent(4_000, seed=0)), calibration):
        probabilities = found.probabilities(logits)
        figures = compute_figures(truth, probabilities, np.zeros(4_000, dtype=bool), resamples=10)
        errors.append(figures.calibration_error.value)
        assert (probabilities.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert errors[1] < errors[0] / 2


def test_few_texts_get_no_curves():
    assert not fit(bent(CURVES_FROM - 1, seed=0)).curves


def test_where_a_temperature_is_enough_there_are_no_curves():
    logits, truth = calibrated(4_000)
    assert not fit((logits * 3, truth)).curves


def test_texts_of_different_confidence_keep_different_confidences():
    """Steps would make ties: then no word changes the confidence, and none is explained."""
    logits, truth = bent(2_000, seed=0)
    calibration = fit_curves(logits, truth)
    tempered = replace(calibration, curves=()).probabilities(logits).max(axis=1)
    curved = calibration.probabilities(logits).max(axis=1)
    assert len(np.unique(curved)) > 0.9 * len(np.unique(tempered))


def test_a_model_of_one_confidence_gets_one_that_is_right():
    rng = np.random.default_rng(0)
    truth = np.where(rng.random(1_000) < 0.6, 0, 1)
    logits = np.tile([2.0, 0.0, 0.0], (1_000, 1))
    confidence = fit_curves(logits, truth).probabilities(logits).max(axis=1)
    assert confidence == pytest.approx((truth == 0).mean(), abs=0.01)


def test_the_threshold_parts_no_texts_of_one_confidence():
    """Of the least sure half, the wrong ones come first: cutting between them would look right, and cannot be done."""
    logits = np.repeat([[1.0, 0.0, 0.0], [5.0, 0.0, 0.0]], 100, axis=0)
    truth = np.concatenate([np.ones(60), np.zeros(140)]).astype(np.int64)
    calibration = fit((logits, truth), accuracy=0.8, max_share=0.6)
    assert kept_after(calibration, (logits, truth)) == (0.5, 1.0)
    assert fit((logits, truth), accuracy=0.8, max_share=0.4).abstain_threshold == 0
