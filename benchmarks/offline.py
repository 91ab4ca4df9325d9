"""Scores the same texts with ours and with `transformers.pipeline`, in turns: python -m benchmarks.offline.

Both run the same weights on the same threads. Medians over rounds; the ratio is what counts, since the
machine's own speed changes from hour to hour.
"""

import statistics
import time
from collections.abc import Callable

import click
from tabulate import tabulate
from transformers import pipeline

from model.artifact import EMBEDDED
from model.classifier import StanceClassifier
from model.engines.pytorch import import_torch
from model.text import normalize
from training.replay import written_examples


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each is timed.")
@click.option("--texts", default=600, show_default=True, help="How many texts each scores in a round.")
def main(rounds: int, texts: int) -> None:
    """Print texts per second of both, and the ratio."""
    sample = [normalize(example.text) for example in written_examples("train")[:texts]]
    runners = _runners()
    for run in runners.values():
        run(sample[:64])
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            start = time.perf_counter()
            run(sample)
            seconds[name].append(time.perf_counter() - start)
    rates = {name: [len(sample) / second for second in found] for name, found in seconds.items()}
    peer = statistics.median(rates["transformers.pipeline, batch 32"])
    rows = [
        [name, statistics.median(found), min(found), max(found), statistics.median(found) / peer]
        for name, found in rates.items()
    ]
    click.echo(f"{len(sample)} texts, {rounds} rounds in turns, {import_torch().get_num_threads()} threads\n")
    click.echo(tabulate(rows, headers=["", "texts/s (median)", "min", "max", "ratio"], floatfmt=".2f"))


def _runners() -> dict[str, Callable[[list[str]], object]]:
    classifier = StanceClassifier.load()
    peer = pipeline("text-classification", model=str(EMBEDDED), top_k=None, device="cpu")
    return {
        "transformers.pipeline, batch 32": lambda texts: peer(texts, batch_size=32, truncation=True),
        f"stance, {classifier.engine.name}": lambda texts: classifier.classify(texts),
    }


if __name__ == "__main__":
    main()
