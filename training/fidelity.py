"""Measures what a model loses in less than float32.

python -m training.fidelity DIR --data FILE... writes it into DIR/stance.json, with a new graph, and prints it by file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
from sklearn.metrics import f1_score
from tabulate import tabulate

from model.artifact import read_manifest, seal
from model.classifier import StanceClassifier
from model.engines.selection import has_bfloat16, has_fast_bfloat16, processor_features
from model.fidelity import Fidelity
from training.cli_options import data_option, run_script
from training.config import TrainConfig
from training.evaluation import Outcome, join, predict
from training.examples import Example
from training.graph import write_graph
from training.prepare import prepare_examples

Pair = tuple[Outcome, Outcome]


def measure_fidelity(
    directory: Path, held_out: Mapping[str, Sequence[Example]], outcomes: Mapping[str, Outcome]
) -> dict[str, Fidelity]:
    """Compare what is faster than float32 on this processor with `outcomes`, those of float32, on `held_out` by split.

    Bfloat16 is slower than float32 where there are no tiles for it, so it is only measured where there are.
    """
    precisions = ["int8", "bfloat16"] if has_fast_bfloat16(processor_features()) else ["int8"]
    reference = join(list(outcomes.values()))
    examples = [example for found in held_out.values() for example in found]
    return {precision: _compare((reference, _predict(directory, examples, precision))) for precision in precisions}


def _predict_all(directory: Path, examples: Sequence[Example]) -> dict[str, Pair]:
    """Also what would be slow here, but not what this processor cannot do."""
    precisions = ["int8", "bfloat16"] if has_bfloat16(processor_features()) else ["int8"]
    reference = _predict(directory, examples, "float32")
    return {precision: (reference, _predict(directory, examples, precision)) for precision in precisions}


def _predict(directory: Path, examples: Sequence[Example], precision: str) -> Outcome:
    return predict(StanceClassifier.load(directory, engine=f"openvino-{precision}"), examples)


def _compare(pair: Pair) -> Fidelity:
    before, after = (outcome.probabilities.argmax(axis=1) for outcome in pair)
    truth = pair[0].truth
    change = f1_score(truth, after, average="macro") - f1_score(truth, before, average="macro")
    return Fidelity(texts=len(truth), agreement=float((before == after).mean()), macro_f1_change=float(change))


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_option
def main(directory: Path, data: tuple[Path, ...]) -> None:
    """Give the model in DIRECTORY a new graph, and measure it on the dev and test splits of the data."""
    config = TrainConfig.load()
    examples = prepare_examples(
        data, dev_fraction=config.dev_fraction, test_fraction=config.test_fraction, say=partial(click.echo, err=True)
    )
    held_out = [example for example in examples if example.split != "train"]
    write_graph(directory)
    seal(directory, read_manifest(directory))
    pairs = _predict_all(directory, held_out)
    groups = {"all": np.ones(len(held_out), dtype=bool)} | {
        f"{file}, {split}": np.array([(example.file, example.split) == (file, split) for example in held_out])
        for file, split in sorted({(example.file, example.split) for example in held_out})
    }
    rows = []
    for precision, (before, after) in pairs.items():
        for name, chosen in groups.items():
            part = _compare((before[chosen], after[chosen]))
            rows.append([precision, name, part.texts, part.agreement, part.macro_f1_change])
    click.echo(tabulate(rows, headers=["", "texts", "n", "labels alike", "macro F1, change"], floatfmt=".4f"))
    fidelity = {precision: _compare(pair) for precision, pair in pairs.items()}
    seal(directory, replace(read_manifest(directory), fidelity=fidelity))


if __name__ == "__main__":
    run_script(main)
