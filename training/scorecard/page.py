"""The evaluation as one Markdown page."""

from collections.abc import Mapping, Sequence

from tabulate import tabulate

from training.evaluation import Evaluation
from training.report import comparison_table, confusion_table, group_table, label_table
from training.scorecard.calibrators import Calibrated
from training.scorecard.errors import ErrorKind, count_kinds
from training.scorecard.faithfulness import Faithfulness
from training.scorecard.robustness import Flips
from training.selective import Kept

PUBLISHED = """Published macro F1 on VAST's test split, all topics: TGA-Net 0.665 (Allaway & McKeown 2020),
JointCL 0.71 to 0.72 and WS-BERT 0.745 (both on BERT-base, 110 million parameters), TATA 0.763, CKI 0.807 (with a
large language model's knowledge). The embedded model learns one target, normalization, from the model of general
stance: what it makes of other targets shows how little of that is left, and that it is of no use for them."""


def comparison(evaluations: Mapping[str, Mapping[str, Evaluation]]) -> str:
    """Macro F1 of each model (columns) on each set (rows); `evaluations[model][set]`."""
    figures = {
        model: {name: evaluation.overall for name, evaluation in sets.items()} for model, sets in evaluations.items()
    }
    return comparison_table(figures, style="github")


def set_section(name: str, evaluation: Evaluation, kept: Sequence[Kept], *, model: str, area: float, plot: str) -> str:
    """What there is to say of one model on one set."""
    tables = [table(evaluation, style="github") for table in (group_table, label_table, confusion_table)]
    rows = [[f"{row.share:.0%}", row.accuracy, row.macro_f1] for row in kept]
    coverage = tabulate(
        rows, headers=["surest texts kept", "accuracy", "macro F1"], tablefmt="github", disable_numparse=True
    )
    picture = f"![confusion, reliability, risk and coverage on {name}]({plot})"
    return "\n\n".join(
        [
            f"## {name}",
            f"As {model} labels it.",
            picture,
            *tables,
            coverage,
            f"Area under the risk–coverage curve: {area:.3f}.",
        ]
    )


def calibrators_section(found: Sequence[Calibrated]) -> str:
    rows = [[way.method, way.calibration_error, f"{way.log_loss:.3f}", way.macro_f1] for way in found]
    headers = ["way", "calibration error", "log loss", "macro F1"]
    table = tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True)
    return f"## Ways to calibrate\n\nOn the dev splits together, each fold by a fit to the others.\n\n{table}"


def errors_section(kinds: Sequence[ErrorKind]) -> str:
    """What readers of the dev errors found, by file."""
    files = sorted({found.file for found in kinds})
    rows = [
        [kind, counts.total(), f"{counts.total() / len(kinds):.0%}", *(counts[file] for file in files)]
        for kind, counts in count_kinds(kinds)
    ]
    table = tabulate(rows, headers=["the text", "errors", "share", *files], tablefmt="github", disable_numparse=True)
    told = f"{len(kinds)} errors on the dev splits, each read, beside its label, by a language model."
    return f"## What it gets wrong\n\n{told}\n\n{table}"


def experiments_section(rows: Sequence[Mapping[str, str]], *, plot: str) -> str:
    """The table of `training.ablate`, and the picture of its learning curve."""
    table = tabulate(
        [list(row.values()) for row in rows], headers=list(rows[0]), tablefmt="github", disable_numparse=True
    )
    told = "Short runs that differ in one thing, on the dev splits."
    return f"## What each part of the recipe is worth\n\n{told}\n\n{table}\n\n![learning curve]({plot})"


def robustness_section(found: Sequence[Flips]) -> str:
    rows = [[flips.edit, flips.texts, flips.share] for flips in found]
    table = tabulate(rows, headers=["edit", "texts", "labels flipped"], tablefmt="github", disable_numparse=True)
    told = "Share of texts whose label flips, on a draw from all sets of ours."
    return f"## Edits that should not matter\n\n{told}\n\n{table}"


def faithfulness_section(found: Faithfulness) -> str:
    return (
        "## Explanations\n\nHow far the label's probability falls when a fifth of the words is left out, those with "
        f"the highest attributions: {found.named}; as many random words: {found.random}; difference "
        f"{found.difference} ({found.texts} texts)."
    )
