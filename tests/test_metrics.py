"""Figures agree with scikit-learn, and their intervals with chance."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from model.labels import LABELS
from training.metrics import BINS, Estimate, Figures, compute_figures, estimate, resample_weights

INDICES = range(len(LABELS))


def figures(truth: NDArray[np.int64], probabilities: NDArray[np.float64], *, resamples: int = 50) -> Figures:
    return compute_figures(truth, probabilities, np.zeros(len(truth), dtype=bool), resamples=resamples)


def noisy(rows: int, *, right: float, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Truth, and probabilities whose most probable label is right for about a share `right` of the rows."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(LABELS), rows)
    wrong = (truth + rng.integers(1, len(LABELS), rows)) % len(LABELS)
    predicted = np.where(rng.random(rows) < right, truth, wrong)
    probabilities = rng.dirichlet(np.ones(len(LABELS)), rows) * 0.5
    probabilities[np.arange(rows), predicted] += 0.5
    return truth, probabilities


ROWS = st.lists(st.tuples(st.sampled_from(INDICES), st.sampled_from(INDICES)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_figure_is_scikit_learn_s(rows: list[tuple[int, int]]):
    """Absent labels too: in truth only, in predictions only, and in neither."""
    truth, predicted = (np.array(column) for column in zip(*rows, strict=True))
    found = figures(truth, np.eye(len(LABELS))[predicted])
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=list(INDICES), zero_division=0
    )
    assert found.confusion == confusion_matrix(truth, predicted, labels=list(INDICES)).tolist()
    assert found.accuracy.value == pytest.approx(accuracy_score(truth, predicted))
    assert found.macro_f1.value == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))
    for index, label in enumerate(LABELS):
        assert found.precision[label].value == pytest.approx(precision[index])
        assert found.recall[label].value == pytest.approx(recall[index])
        assert found.f1[label].value == pytest.approx(f1[index])
        assert found.to_dict()["per_class"][label]["support"] == support[index]


@pytest.mark.parametrize("confidences", ["random", "on the edges of bins"])
def test_calibration_error_is_that_of_a_plain_loop(confidences: str):
    truth, probabilities = noisy(500, right=0.7)
    if confidences != "random":
        predicted = probabilities.argmax(axis=1)
        edges = np.random.default_rng(1).choice([0.5, 0.75, 1.0], 500)
        probabilities = np.repeat((1 - edges)[:, None] / 2, len(LABELS), axis=1)
        probabilities[np.arange(500), predicted] = edges
    total = 0.0
    for bin_ in range(BINS):
        rows = [
            (row.max(), row.argmax() == label)
            for row, label in zip(probabilities, truth, strict=True)
            if min(int(row.max() * BINS), BINS - 1) == bin_
        ]
        if rows:
            confidence, right = (np.mean(column) for column in zip(*rows, strict=True))
            total += abs(right - confidence) * len(rows) / len(truth)
    assert figures(truth, probabilities).calibration_error.value == pytest.approx(total, abs=1e-6)


def test_a_model_that_is_always_right_and_sure_has_no_error():
    truth = np.arange(30) % 3
    found = figures(truth, np.eye(3)[truth])
    assert found.macro_f1 == found.accuracy == Estimate(1.0, 1.0, 1.0)
    assert found.calibration_error == Estimate(0.0, 0.0, 0.0)


def test_intervals_hold_the_figure_and_shrink_with_the_rows():
    widths = []
    for rows in (50, 500, 5000):
        found = figures(*noisy(rows, right=0.7), resamples=300)
        for figure in (found.macro_f1, found.accuracy, *found.precision.values(), *found.recall.values()):
            assert figure.low < figure.value < figure.high
        widths.append(found.macro_f1.high - found.macro_f1.low)
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_nineteen_of_twenty_intervals_hold_the_truth():
    """The nominal coverage of a 95 % interval, over 300 samples from a known accuracy, with the room chance needs."""
    held = 0
    for seed in range(300):
        accuracy = figures(*noisy(150, right=0.7, seed=seed), resamples=200).accuracy
        held += accuracy.low <= 0.7 <= accuracy.high
    assert 0.91 <= held / 300 <= 0.98


def test_intervals_are_the_same_in_every_run():
    sample = noisy(100, right=0.6)
    assert figures(*sample) == figures(*sample)


def test_resamples_are_of_the_same_size_and_the_first_is_the_data():
    weights = resample_weights(7, resamples=20)
    assert weights.shape == (21, 7)
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == 7).all()
    assert len(np.unique(weights, axis=0)) > 10


def test_an_estimate_is_the_first_draw_between_percentiles_of_the_others():
    assert estimate(np.array([5.0, *range(1, 102)])) == Estimate(5.0, 3.5, 98.5)
    assert str(Estimate(0.5, 0.25, 0.75)) == "0.500 [0.250, 0.750]"


def test_abstained_rows_count_in_every_figure_but_one():
    truth, probabilities = np.array([0, 0, 1, 1]), np.eye(3)[[0, 0, 0, 0]]
    found = compute_figures(truth, probabilities, np.array([False, False, True, False]), resamples=10)
    assert (found.accuracy.value, found.abstained) == (0.5, 0.25)
    assert found.accuracy_if_not_abstained == pytest.approx(2 / 3)
    nothing_left = compute_figures(truth, probabilities, np.ones(4, dtype=bool), resamples=10)
    assert nothing_left.accuracy_if_not_abstained is None


def test_figures_can_be_written_as_json():
    record = figures(*noisy(20, right=0.5)).to_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["rows"] == sum(map(sum, record["confusion"])) == 20
