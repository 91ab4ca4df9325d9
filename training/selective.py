"""What abstaining buys: the error among the texts kept, for each share of texts kept (Geifman & El-Yaniv 2017)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation import Outcome
from training.metrics import Estimate, Floats, compute_figures

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True, slots=True)
class Kept:
    """The figures over the share of texts that a model is surest of."""

    share: float
    accuracy: Estimate
    macro_f1: Estimate


def risk_coverage(outcome: Outcome) -> tuple[Floats, Floats]:
    """Return the shares kept, 1/rows to 1, and the error among the texts kept; each of shape (rows,)."""
    wrong = (outcome.probabilities.argmax(axis=1) != outcome.truth)[_surest_first(outcome)]
    kept = np.arange(1, len(wrong) + 1)
    return kept / len(wrong), np.cumsum(wrong) / kept


def area_under_risk(outcome: Outcome) -> float:
    """The mean of the error over all shares kept (AURC): lower is better."""
    return float(risk_coverage(outcome)[1].mean())


def kept_at(outcome: Outcome, shares: Sequence[float] = SHARES) -> list[Kept]:
    order = _surest_first(outcome)
    rows = []
    for share in shares:
        kept = order[: max(1, round(share * len(order)))]
        figures = compute_figures(outcome.truth[kept], outcome.probabilities[kept], outcome.abstained[kept])
        rows.append(Kept(share, figures.accuracy, figures.macro_f1))
    return rows


def _surest_first(outcome: Outcome) -> NDArray[np.int64]:
    return np.argsort(-outcome.probabilities.max(axis=1), kind="stable")
