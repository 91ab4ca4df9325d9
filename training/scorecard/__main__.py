"""Measures a model on every set there is and writes the page and the plots.

python -m training.scorecard --data data --model embedded -o docs/evaluation
"""

from collections.abc import Sequence
from pathlib import Path

import click

from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.registry import find_model
from training.ablate import learning_curve, read_table
from training.cli_options import home_option, run_script
from training.evaluation import Evaluation, Outcome, evaluate, predict
from training.examples import Example
from training.plots import draw, draw_learning_curve
from training.scorecard.baselines import baseline_outcomes
from training.scorecard.calibrators import compare_calibrators
from training.scorecard.errors import read_kinds
from training.scorecard.faithfulness import measure_faithfulness
from training.scorecard.page import (
    PUBLISHED,
    calibrators_section,
    comparison,
    errors_section,
    experiments_section,
    faithfulness_section,
    robustness_section,
    set_section,
)
from training.scorecard.robustness import flips
from training.scorecard.sets import GENERAL, JudgedSet, our_sets, our_texts, vast
from training.selective import area_under_risk, kept_at
from training.splits import select

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
# Explaining reads a text once for each of its words, and each edit all texts again: these many give narrow intervals.
EXPLAINED, EDITED = 200, 1000
CURVE = "learning-curve.svg"


@click.command()
@click.option("--data", "folders", multiple=True, required=True, type=_FOLDER, help="Folder of data; may be repeated.")
@click.option("--model", default="embedded", show_default=True, help="Model directory, version or `embedded`.")
@click.option("--beside", multiple=True, help="Another model to compare with; may be repeated.")
@click.option("--general", multiple=True, help="A model of general stance, judged on VAST only; may be repeated.")
@click.option("--experiments", type=_FILE, help="Table of `training.ablate`, for the learning curve.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the page and the plots.")
@home_option
def main(
    folders: tuple[Path, ...],
    model: str,
    beside: tuple[str, ...],
    general: tuple[str, ...],
    experiments: Path | None,
    out: Path,
    home: Path,
) -> None:
    """Judge a model beside baselines, on our test sets and on VAST."""
    ours, of_targets = our_sets(folders), vast(folders)
    if general and not of_targets:
        raise click.UsageError(f"--general is judged on VAST, and no folder holds {GENERAL}")
    out.mkdir(parents=True, exist_ok=True)
    judged, *others = [StanceClassifier.load(find_model(name, home=home)) for name in (model, *beside)]
    table, *sections = _sections([judged, *others], ours, out=out)
    parts = [f"# How good {judged.manifest.reference} is", table, *sections]
    if of_targets:
        taught = [StanceClassifier.load(find_model(name, home=home)) for name in general]
        found, *details = _sections([*taught, judged], [of_targets], out=out)
        parts += [*details, found, PUBLISHED]
    if kinds := [found for found in read_kinds() if found.model == judged.manifest.reference]:
        parts.append(errors_section(kinds))
    dev = [example for texts in our_texts(folders).values() for example in select(texts, "dev")]
    parts.append(calibrators_section(compare_calibrators(predict(judged.with_calibration(Calibration()), dev))))
    texts = [example for item in ours for example in item.held_out]
    parts.append(robustness_section(flips(judged, _some(texts, EDITED))))
    parts.append(faithfulness_section(measure_faithfulness(judged, _some(texts, EXPLAINED))))
    if experiments:
        rows = read_table(experiments)
        draw_learning_curve(learning_curve(rows), out / CURVE)
        parts.append(experiments_section(rows, plot=CURVE))
    (out / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    click.echo(table)


def _sections(classifiers: Sequence[StanceClassifier], sets: Sequence[JudgedSet], *, out: Path) -> list[str]:
    """Return a table of all classifiers and baselines on `sets`, then what there is to say of the first on each."""
    outcomes = {found.manifest.reference: _outcomes(found, sets) for found in classifiers}
    if len(outcomes) < len(classifiers):
        raise click.UsageError(f"two models of one name and version: {', '.join(outcomes)}; retrain one under another")
    evaluations = {name: _evaluations(sets, found) for name, found in (outcomes | baseline_outcomes(sets)).items()}
    reference = classifiers[0].manifest.reference
    parts = [comparison(evaluations)]
    for item in sets:
        plot = f"{Path(item.name).stem.lower()}.svg"
        outcome = outcomes[reference][item.name]
        draw(outcome, out / plot, title=f"{reference} on {item.name}")
        evaluation = evaluations[reference][item.name]
        kept, area = kept_at(outcome), area_under_risk(outcome)
        parts.append(set_section(item.name, evaluation, kept, model=reference, area=area, plot=plot))
    return parts


def _some(texts: Sequence[Example], count: int) -> list[Example]:
    """About `count` texts, evenly from all sets."""
    return list(texts[:: max(1, len(texts) // count)])


def _outcomes(classifier: StanceClassifier, sets: Sequence[JudgedSet]) -> dict[str, Outcome]:
    return {judged.name: predict(classifier, judged.held_out) for judged in sets}


def _evaluations(sets: Sequence[JudgedSet], outcomes: dict[str, Outcome]) -> dict[str, Evaluation]:
    return {judged.name: evaluate(judged.held_out, outcomes[judged.name]) for judged in sets}


if __name__ == "__main__":
    run_script(main)
