"""What several models say together, beside each alone: about as much as distilling them into one could give.

python -m training.ensemble build/unrefined model/default --data data/real_texts.jsonl
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np

from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.errors import DataError
from training.cli_options import data_option, run_script
from training.compare import sets_of
from training.config import TrainConfig
from training.evaluation import Outcome, evaluate, predict
from training.prepare import prepare_examples
from training.report import comparison_table
from training.splits import select


@click.command()
@data_option
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(data: tuple[Path, ...], models: tuple[Path, ...]) -> None:
    """Print macro F1 on the dev split: of each of MODELS, and of the mean of their probabilities."""
    splits = TrainConfig.load()
    say = partial(click.echo, err=True)
    examples = prepare_examples(data, dev_fraction=splits.dev_fraction, test_fraction=splits.test_fraction, say=say)
    dev = select(examples, "dev")
    if not dev:
        raise DataError("no text is in the dev split; add a column `split`, or more texts")
    outcomes = {str(path): predict(_load(path), dev) for path in models}
    outcomes["their mean"] = mean(list(outcomes.values()))
    figures = {name: sets_of(evaluate(dev, outcome)) for name, outcome in outcomes.items()}
    click.echo(comparison_table(figures))


def _load(path: Path) -> StanceClassifier:
    """As it was trained, so that the mean is that of like things."""
    return StanceClassifier.load(path, engine="torch-float32").with_calibration(Calibration())


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean of the probabilities that several models gave the same texts."""
    return Outcome(
        truth=outcomes[0].truth,
        probabilities=np.mean([outcome.probabilities for outcome in outcomes], axis=0),
        abstained=np.logical_and.reduce([outcome.abstained for outcome in outcomes]),
    )


if __name__ == "__main__":
    run_script(main)
