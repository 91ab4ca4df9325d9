"""Measures a model on every set there is and writes the page and the plots.

python -m training.scorecard --data data --model embedded -o docs/evaluation
"""

from collections.abc import Sequence
from pathlib import Path

import click

from model.classifier import StanceClassifier
from model.registry import find_model
from training.cli_options import home_option
from training.evaluation import Evaluation, Outcome, evaluate, predict
from training.scorecard.baselines import baseline_outcomes
from training.scorecard.faithfulness import measure_faithfulness
from training.scorecard.page import PUBLISHED, comparison, faithfulness_section, robustness_section, set_section
from training.scorecard.plots import draw
from training.scorecard.robustness import flips
from training.scorecard.selective import area_under_risk, kept_at
from training.scorecard.sets import JudgedSet, our_sets, vast

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
# Explaining reads a text once for each of its words: a few hundred texts are enough for a narrow interval.
EXPLAINED = 200


@click.command()
@click.option("--data", "folders", multiple=True, required=True, type=_FOLDER, help="Folder of data; may be repeated.")
@click.option("--model", default="embedded", show_default=True, help="Model directory, version or `embedded`.")
@click.option("--beside", multiple=True, help="Another model to compare with; may be repeated.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder for the page and the plots.")
@home_option
def main(folders: tuple[Path, ...], model: str, beside: tuple[str, ...], out: Path, home: Path) -> None:
    """Judge a model beside baselines, on our test sets and on VAST."""
    ours, general = our_sets(folders), vast(folders)
    sets = [*ours, general] if general else ours
    classifiers = [StanceClassifier.load(find_model(name, home=home)) for name in (model, *beside)]
    outcomes = {classifier.manifest.reference: _outcomes(classifier, sets) for classifier in classifiers}
    judged = classifiers[0].manifest.reference
    evaluations = {name: _evaluations(sets, found) for name, found in (outcomes | baseline_outcomes(sets)).items()}
    out.mkdir(parents=True, exist_ok=True)
    parts = [f"# How good {judged} is", comparison(evaluations), PUBLISHED]
    for index, item in enumerate(sets):
        plot = f"set-{index + 1}.svg"
        outcome = outcomes[judged][item.name]
        draw(outcome, out / plot, title=f"{judged} on {item.name}")
        evaluation = evaluations[judged][item.name]
        parts.append(set_section(item.name, evaluation, kept_at(outcome), area=area_under_risk(outcome), plot=plot))
    texts = [example for item in ours for example in item.held_out]
    parts.append(robustness_section(flips(classifiers[0], texts)))
    parts.append(faithfulness_section(measure_faithfulness(classifiers[0], texts[:: max(1, len(texts) // EXPLAINED)])))
    (out / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    click.echo(parts[1])


def _outcomes(classifier: StanceClassifier, sets: Sequence[JudgedSet]) -> dict[str, Outcome]:
    return {judged.name: predict(classifier, judged.held_out) for judged in sets}


def _evaluations(sets: Sequence[JudgedSet], outcomes: dict[str, Outcome]) -> dict[str, Evaluation]:
    return {judged.name: evaluate(judged.held_out, outcomes[judged.name]) for judged in sets}


if __name__ == "__main__":
    main()
