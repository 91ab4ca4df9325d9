"""The promotion gate: may a candidate replace the current model? Every reason is said in words.

The candidate must not be worse than the current model on a frozen test set, beyond what chance explains
(paired bootstrap, Efron & Tibshirani 1993; Koehn 2004), no label's recall may collapse, and the new labels
must be believable: related to what the texts say, not shuffled or shifted by a row.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.labels import LABELS
from training.evaluation import Outcome
from training.metrics import Estimate, Floats, confusions, estimate, macro_f1_of, recall_of, resample_weights


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the gate, in macro F1 and recall (0 to 1)."""

    max_fall: float = 0.02
    max_recall_fall: float = 0.10
    min_kappa: float = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` holds one sentence for each check, failed ones first."""

    promoted: bool
    reasons: tuple[str, ...]
    macro_f1: dict[str, float]
    difference: Estimate
    label_agreement: Estimate

    def to_dict(self) -> dict[str, Any]:
        return {
            "promoted": self.promoted,
            "reasons": list(self.reasons),
            "macro_f1": self.macro_f1,
            "difference": self.difference.to_dict(),
            "label_agreement": self.label_agreement.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """What the current model and the candidate said about the same texts."""

    current: Outcome
    candidate: Outcome

    def macro_f1(self) -> tuple[Floats, Floats]:
        """Macro F1 of both under the same resamples; each of shape (1 + resamples,)."""
        weights = resample_weights(len(self.current.truth))
        return macro_f1_of(_confusions(self.current, weights)), macro_f1_of(_confusions(self.candidate, weights))

    def recalls(self) -> tuple[Floats, Floats]:
        weights = np.ones((1, len(self.current.truth)), dtype=np.float32)
        return recall_of(_confusions(self.current, weights))[0], recall_of(_confusions(self.candidate, weights))[0]


def judge(*, frozen: Pair, fresh: Pair, labels: Outcome, limits: Limits | None = None) -> Verdict:
    """Decide on the candidate.

    Args:
        frozen: both models on the frozen test set.
        fresh: both models on the new labels that were kept out of training.
        labels: the current model on all new labels.
    """
    limits = limits or Limits()
    current, candidate = frozen.macro_f1()
    difference = estimate(candidate - current)
    agreement = _kappa(labels)
    checks = [
        _check_fall(current[0], candidate[0], difference, limits),
        *_check_recalls(frozen, limits),
        _check_labels(agreement, fresh, limits),
    ]
    return Verdict(
        promoted=all(passed for passed, _ in checks),
        reasons=tuple(reason for _, reason in sorted(checks, key=lambda check: check[0])),
        macro_f1={"current": float(current[0]), "candidate": float(candidate[0])},
        difference=difference,
        label_agreement=agreement,
    )


def _check_fall(current: float, candidate: float, difference: Estimate, limits: Limits) -> tuple[bool, str]:
    figures = f"macro F1 on the frozen test set: {current:.3f} before, {candidate:.3f} after, difference {difference}"
    if difference.high < 0:
        return False, f"worse beyond noise: {figures}; check the new labels against the guidelines"
    if difference.value < -limits.max_fall:
        return False, f"fell by more than {limits.max_fall}: {figures}; add labels, or replay more with --replay"
    return True, f"not worse beyond noise: {figures}"


def _check_recalls(frozen: Pair, limits: Limits) -> list[tuple[bool, str]]:
    before, after = frozen.recalls()
    checks = []
    for label, old, new in zip(LABELS, before, after, strict=True):
        if old - new > limits.max_recall_fall:
            reason = f"recall of {label} collapsed from {old:.3f} to {new:.3f}; add labels of {label} texts"
            checks.append((False, reason))
    return checks or [(True, f"no label's recall fell by more than {limits.max_recall_fall}")]


def _check_labels(agreement: Estimate, fresh: Pair, limits: Limits) -> tuple[bool, str]:
    """Labels that a fair model contradicts as often as chance would are refused, unless learning them shows."""
    kappa = f"agreement of the new labels with the current model: kappa {agreement}"
    if agreement.low > limits.min_kappa:
        return True, f"the new labels are believable: {kappa}"
    before, after = fresh.macro_f1()
    gain = estimate(after - before)
    if gain.low > 0 and _kappa(fresh.candidate).low > limits.min_kappa:
        return True, f"the new labels contradict the current model but can be learned: {kappa}, gain {gain}"
    return False, (
        f"the new labels look unrelated to their texts: {kappa}, and learning some did not help on the others "
        f"(gain {gain}); check that label and text columns belong together"
    )


def _kappa(outcome: Outcome) -> Estimate:
    """Cohen's kappa (1960) between labels and predictions, with its bootstrap interval."""
    matrices = _confusions(outcome, resample_weights(len(outcome.truth)))
    totals = matrices.sum(axis=(1, 2))
    observed = np.trace(matrices, axis1=1, axis2=2) / totals
    expected = (matrices.sum(axis=1) * matrices.sum(axis=2)).sum(axis=1) / totals**2
    safe = np.where(expected < 1, 1 - expected, 1.0)
    return estimate(np.asarray((observed - expected) / safe))


def _confusions(outcome: Outcome, weights: NDArray[np.float32]) -> Floats:
    return confusions(outcome.truth, outcome.probabilities.argmax(axis=1), weights)
