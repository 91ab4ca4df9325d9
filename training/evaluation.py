"""Measures a classifier on labelled texts: overall, and by file, kind, source, length, context and doubt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.labels import LABELS
from training.examples import Example
from training.metrics import Figures, compute_figures

_LENGTHS = ((20, "under 20 words"), (60, "20 to 59 words"), (120, "60 to 119 words"))
_LONGEST = "120 words and more"
# Below this an interval says little more than "unknown", and a table of such rows hides the rest.
MIN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a model said about labelled texts, row by row."""

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    abstained: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.bool_]) -> "Outcome":
        return Outcome(self.truth[rows], self.probabilities[rows], self.abstained[rows])

    @property
    def logits(self) -> NDArray[np.float64]:
        """The logits of shape (rows, labels), up to a constant in each row, of a model without calibration."""
        return np.asarray(np.log(np.maximum(self.probabilities, np.finfo(np.float64).tiny)))

    def under(self, calibration: Calibration) -> "Outcome":
        """What a model without calibration would have said under `calibration`."""
        probabilities = calibration.probabilities(self.logits)
        unsure = probabilities.max(axis=1) < calibration.abstain_threshold
        return Outcome(self.truth, probabilities, self.abstained | unsure)

    def figures(self) -> Figures:
        return compute_figures(self.truth, self.probabilities, self.abstained)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`groups` maps a criterion ("kind") to its values' figures ({"comment": ...}), largest first."""

    overall: Figures
    groups: dict[str, dict[str, Figures]]

    def to_dict(self) -> dict[str, Any]:
        groups = {
            criterion: {value: figures.to_dict() for value, figures in values.items()}
            for criterion, values in self.groups.items()
        }
        return {"overall": self.overall.to_dict(), "by": groups}


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """Put the rows of several outcomes below each other."""
    return Outcome(
        truth=np.concatenate([outcome.truth for outcome in outcomes]),
        probabilities=np.concatenate([outcome.probabilities for outcome in outcomes]),
        abstained=np.concatenate([outcome.abstained for outcome in outcomes]),
    )


def predict(classifier: StanceClassifier, examples: Sequence[Example]) -> Outcome:
    """Classify `examples`, which must not be empty."""
    predictions = classifier.classify([example.as_input() for example in examples])
    return Outcome(
        truth=truth_of(examples),
        probabilities=np.array([[prediction.scores[label] for label in LABELS] for prediction in predictions]),
        abstained=np.array([prediction.abstained for prediction in predictions]),
    )


def evaluate(examples: Sequence[Example], outcome: Outcome) -> Evaluation:
    """Compute all figures of `outcome`, whose rows are those of `examples`."""
    criteria: dict[str, Callable[[Example], str | None]] = {
        "file": lambda example: example.file,
        "kind": lambda example: example.kind,
        "source": lambda example: example.source,
        "length": _length,
        "context": lambda example: "with context" if example.context else "without context",
        "annotator": lambda example: "sure" if example.sure else "unsure",
    }
    groups = {name: _by([value(example) for example in examples], outcome) for name, value in criteria.items()}
    return Evaluation(outcome.figures(), {name: values for name, values in groups.items() if values})


def truth_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    return np.array([LABELS.index(example.label) for example in examples], dtype=np.int64)


def _by(values: Sequence[str | None], outcome: Outcome) -> dict[str, Figures]:
    rows = {value: np.array([other == value for other in values]) for value in set(values) if value is not None}
    largest_first = sorted(rows, key=lambda value: (-int(rows[value].sum()), value))
    return {value: outcome[rows[value]].figures() for value in largest_first if rows[value].sum() >= MIN_ROWS}


def _length(example: Example) -> str:
    words = len(example.text.split())
    return next((name for limit, name in _LENGTHS if words < limit), _LONGEST)
