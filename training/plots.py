"""Plots of models and of runs, as SVG files."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.labels import LABELS
from training.evaluation import Outcome
from training.metrics import BINS, Estimate
from training.selective import risk_coverage

_MODEL, _IDEAL = "#2f6690", "#999999"


def draw(outcome: Outcome, path: Path, *, title: str) -> None:
    """Write confusion, reliability and risk–coverage side by side."""
    with _reproducible():
        figure = Figure(figsize=(13, 4.2), layout="constrained")
        confusion, reliability, coverage = figure.subplots(1, 3)
        figure.suptitle(title)
        _draw_confusion(confusion, outcome)
        _draw_reliability(reliability, outcome)
        _draw_coverage(coverage, outcome)
        figure.savefig(path, metadata={"Date": None})


def draw_learning_curve(points: Sequence[tuple[int, Estimate]], path: Path) -> None:
    """Write macro F1 over the number of training texts; `points` in any order."""
    texts, estimates = zip(*sorted(points, key=lambda point: point[0]), strict=True)
    values = [estimate.value for estimate in estimates]
    with _reproducible():
        figure = Figure(figsize=(6.5, 4), layout="constrained")
        axes = figure.subplots()
        axes.fill_between(
            texts, [e.low for e in estimates], [e.high for e in estimates], color=_MODEL, alpha=0.2, linewidth=0
        )
        axes.plot(texts, values, color=_MODEL, marker="o")
        for count, value in zip(texts, values, strict=True):
            axes.annotate(f"{value:.3f}", (count, value), textcoords="offset points", xytext=(0, 8), ha="center")
        axes.set_xscale("log", base=2)
        axes.set_xticks(texts, [f"{count:,}" for count in texts])
        axes.minorticks_off()
        axes.set(xlabel="training texts", ylabel="macro F1 on the dev split", title="Learning curve (95 % intervals)")
        figure.savefig(path, metadata={"Date": None})


def _reproducible() -> AbstractContextManager[None]:
    """The same figures give the same file, or every run would be a change to commit."""
    return mpl.rc_context({"svg.hashsalt": "comment-stance", "svg.fonttype": "none"})


def _draw_confusion(axes: Axes, outcome: Outcome) -> None:
    predicted = outcome.probabilities.argmax(axis=1)
    counts = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(counts, (outcome.truth, predicted), 1)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column, row, f"{counts[row, column]}\n{shares[row, column]:.0%}", ha="center", va="center", color=colour
        )
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS, rotation=90, va="center")
    axes.set(title="Confusion (shares of each row)", xlabel="labelled by the model", ylabel="true label")


def _draw_reliability(axes: Axes, outcome: Outcome) -> None:
    confidence = outcome.probabilities.max(axis=1)
    correct = outcome.probabilities.argmax(axis=1) == outcome.truth
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [index for index in range(BINS) if (bins == index).any()]
    mean = [confidence[bins == index].mean() for index in filled]
    right = [correct[bins == index].mean() for index in filled]
    rows = [int((bins == index).sum()) for index in filled]
    axes.plot([0.3, 1], [0.3, 1], color=_IDEAL, linestyle="--", label="perfectly calibrated")
    axes.plot(mean, right, color=_MODEL)
    axes.scatter(mean, right, s=[20 + 300 * count / len(correct) for count in rows], color=_MODEL, label="the model")
    for x, y, count in zip(mean, right, rows, strict=True):
        axes.annotate(str(count), (x, y), textcoords="offset points", xytext=(6, -12), fontsize=8)
    axes.set(
        title="Reliability (numbers: texts)", xlabel="confidence", ylabel="share right", xlim=(0.3, 1), ylim=(0, 1)
    )
    axes.legend(loc="upper left")


def _draw_coverage(axes: Axes, outcome: Outcome) -> None:
    kept, risk = risk_coverage(outcome)
    axes.plot(kept, risk, color=_MODEL, label="surest first")
    axes.axhline(risk[-1], color=_IDEAL, linestyle="--", label="in random order")
    share = 1 - outcome.abstained.mean()
    axes.axvline(share, color=_IDEAL, linestyle=":", label=f"threshold in use ({share:.0%} kept)")
    axes.set(title="Risk and coverage", xlabel="share of texts kept", ylabel="share wrong among them", xlim=(0, 1))
    axes.set_ylim(0, max(0.05, 1.15 * float(risk[len(risk) // 20 :].max())))
    axes.legend(loc="upper left")
