"""Evaluations as tables, for terminals and for model cards."""

from tabulate import tabulate

from model.labels import LABELS
from training.evaluation import Evaluation
from training.metrics import Figures


def group_table(evaluation: Evaluation, *, style: str = "simple") -> str:
    """One line for the whole set and for each group, with macro F1 and calibration error."""
    rows = [["all", "", *_line(evaluation.overall)]]
    for criterion, values in evaluation.groups.items():
        rows += [[criterion, value, *_line(figures)] for value, figures in values.items()]
    headers = ["by", "group", "texts", "macro F1", "accuracy", "calibration error", "abstained"]
    return tabulate(rows, headers=headers, tablefmt=style, disable_numparse=True)


def label_table(evaluation: Evaluation, *, style: str = "simple") -> str:
    """Precision, recall and F1 of each label over the whole set."""
    overall = evaluation.overall
    rows = [
        [label.value, sum(overall.confusion[index]), overall.precision[label], overall.recall[label], overall.f1[label]]
        for index, label in enumerate(LABELS)
    ]
    return tabulate(
        rows, headers=["label", "texts", "precision", "recall", "F1"], tablefmt=style, disable_numparse=True
    )


def confusion_table(evaluation: Evaluation, *, style: str = "simple") -> str:
    rows = [[f"is {label}", *counts] for label, counts in zip(LABELS, evaluation.overall.confusion, strict=True)]
    return tabulate(rows, headers=["", *(f"labelled {label}" for label in LABELS)], tablefmt=style)


def comparison_table(figures: dict[str, dict[str, Figures]], *, style: str = "simple") -> str:
    """Macro F1 of several models (columns) on several sets (rows); `figures[model][set]`."""
    models = list(figures)
    sets = list(figures[models[0]])
    rows = [
        [name, figures[models[0]][name].rows, *(figures[model][name].macro_f1 for model in models)] for name in sets
    ]
    return tabulate(rows, headers=["macro F1 on", "texts", *models], tablefmt=style, disable_numparse=True)


def _line(figures: Figures) -> list[object]:
    share = f"{figures.abstained:.1%}"
    return [figures.rows, figures.macro_f1, figures.accuracy, figures.calibration_error, share]
