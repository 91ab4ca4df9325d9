"""What several models say together, beside each alone: if that is no better, there is nothing to distil into one.

python -m training.ensemble build/unrefined model/default --data data/real_texts.jsonl
"""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from model.calibration import Calibration
from model.classifier import StanceClassifier
from training.cli_options import data_option
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
    examples = prepare_examples(
        data, dev_fraction=splits.dev_fraction, test_fraction=splits.test_fraction, say=click.echo
    )
    dev = select(examples, "dev")
    outcomes = {str(path): predict(StanceClassifier.load(path).with_calibration(Calibration()), dev) for path in models}
    outcomes["their mean"] = mean(list(outcomes.values()))
    figures = {name: sets_of(evaluate(dev, outcome)) for name, outcome in outcomes.items()}
    click.echo(comparison_table(figures))


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    """The mean of the probabilities that several models gave the same texts."""
    return Outcome(
        truth=outcomes[0].truth,
        probabilities=np.mean([outcome.probabilities for outcome in outcomes], axis=0),
        abstained=np.logical_and.reduce([outcome.abstained for outcome in outcomes]),
    )


if __name__ == "__main__":
    main()
