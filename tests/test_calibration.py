"""Temperature, probabilities and abstention."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from model.calibration import Calibration, Curve
from model.errors import SettingsError

extreme = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(arrays(np.float32, array_shapes(max_dims=2).map(lambda shape: (*shape, 3)), elements=extreme))
def test_rows_sum_to_one_however_extreme_the_logits(logits: np.ndarray) -> None:
    probabilities = Calibration(temperature=0.05).probabilities(logits)
    assert probabilities.shape == logits.shape
    assert (probabilities >= 0).all()
    assert np.abs(probabilities.sum(axis=-1) - 1).max() <= 1e-6


@given(arrays(np.float64, 3, elements=st.floats(-50, 50)), st.floats(0.05, 20))
def test_temperature_never_changes_the_order_of_labels(logits: np.ndarray, temperature: float) -> None:
    probabilities = Calibration(temperature).probabilities(logits)
    for i, j in ((0, 1), (1, 2), (0, 2)):
        assert logits[i] <= logits[j] or probabilities[i] >= probabilities[j]


def test_temperature_divides_the_logits() -> None:
    odds = Calibration(temperature=2.0).probabilities(np.array([2.0, 0.0, 0.0]))
    assert odds[0] / odds[1] == pytest.approx(math.e)


def test_abstains_strictly_below_the_threshold() -> None:
    calibration = Calibration(abstain_threshold=0.5)
    assert calibration.abstains(0.499)
    assert not calibration.abstains(0.5)


@pytest.mark.parametrize(
    ("temperature", "threshold"), [(0, 0), (-1, 0), (math.nan, 0), (math.inf, 0), (1, 1.1), (1, -1)]
)
def test_values_that_make_no_sense_are_refused(temperature: float, threshold: float) -> None:
    with pytest.raises(SettingsError, match="temperature must be positive"):
        Calibration(temperature, threshold)


@given(arrays(np.float64, (5, 3), elements=st.floats(-20, 20)), st.floats(0, 1), st.floats(0, 1))
def test_a_curve_moves_no_label_and_no_order(logits: np.ndarray, low: float, high: float) -> None:
    curve = Curve((0.4, 0.9), (min(low, high), max(low, high)))
    before, after = Calibration().probabilities(logits), Calibration(curves=(curve,) * 3).probabilities(logits)
    assert np.abs(after.sum(axis=-1) - 1).max() <= 1e-9
    assert (after >= 0).all()
    for old, new in zip(before, after, strict=True):
        assert new.argmax() == old.argmax()
        assert all(new[i] >= new[j] for i in range(3) for j in range(3) if old[i] > old[j])


def test_the_curve_of_a_label_says_how_often_it_is_right_where_it_is_the_best() -> None:
    logits = np.log(np.array([[0.8, 0.15, 0.05], [0.1, 0.2, 0.7], [0.1, 0.8, 0.1]]))
    curves = (Curve((0.7, 0.8), (0.5, 0.6)), Curve((0.5,), (0.7,)), Curve((0.6, 0.8), (0.3, 0.5)))
    expected = np.array([[0.6, 0.3, 0.1], [0.2, 0.4, 0.4], [0.15, 0.7, 0.15]])
    assert Calibration(curves=curves).probabilities(logits) == pytest.approx(expected, abs=1e-5)


def test_there_is_a_curve_for_each_label_or_none() -> None:
    with pytest.raises(SettingsError, match="calibration curves: 1 for 3 labels"):
        Calibration(curves=(Curve((0.0, 1.0), (0.1, 1.0)),))


def test_a_model_without_doubt_keeps_its_label() -> None:
    """All other probabilities are zero, so there is nothing to share the rest by."""
    sure = Calibration(curves=(Curve((0.5, 1.0), (0.4, 0.9)),) * 3).probabilities(np.array([[2000.0, 0.0, 0.0]]))
    assert sure.argmax() == 0
    assert np.isfinite(sure).all()
    assert sure.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("points", "values"),
    [
        ((0.2, 0.1), (0.1, 0.2)),
        ((0.1, 0.1), (0.1, 0.2)),
        ((0.1, 0.2), (0.2, 0.1)),
        ((0.1, 0.2), (0.1,)),
        ((), ()),
        ((0.1, 0.2), (-0.1, 0.2)),
        ((0.1, 0.2), (0.1, 1.2)),
        ((0.1, math.nan), (0.1, 0.2)),
        ((math.nan,), (0.2,)),
        ((0.2,), (math.nan,)),
    ],
)
def test_curves_that_make_no_sense_are_refused(points: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match="calibration curve"):
        Curve(points, values)
