"""What a model must beat: the commonest label, and the bag of words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from model.labels import LABELS
from training.baseline import fit_baseline, predict_baseline
from training.compare import BASELINE
from training.evaluation import Outcome, truth_of
from training.examples import Example
from training.scorecard.sets import JudgedSet

MAJORITY = "majority"


def majority(train: Sequence[Example], held_out: Sequence[Example]) -> Outcome:
    """Always the commonest label of `train`, as sure of it as its share there allows."""
    counts = Counter(example.label for example in train)
    shares = np.array([counts[label] / len(train) for label in LABELS])
    return Outcome(truth_of(held_out), np.tile(shares, (len(held_out), 1)), np.zeros(len(held_out), dtype=bool))


def baseline_outcomes(sets: Sequence[JudgedSet]) -> dict[str, dict[str, Outcome]]:
    """Map each baseline's name to its outcome on each set; sets that share their training texts share a fit."""
    fitted = {id(judged.train): fit_baseline(judged.train) for judged in sets}
    return {
        MAJORITY: {judged.name: majority(judged.train, judged.held_out) for judged in sets},
        BASELINE: {judged.name: predict_baseline(fitted[id(judged.train)], judged.held_out) for judged in sets},
    }
