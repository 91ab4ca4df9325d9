"""What a model gets wrong on the dev splits: written out to be read, and what its readers found.

python -m training.scorecard.errors --data data --model embedded -o build/errors.jsonl
"""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from model.classifier import StanceClassifier
from model.registry import find_model
from training.cli_options import home_option, run_script
from training.scorecard.sets import our_texts
from training.splits import select

KINDS = Path(__file__).parents[1] / "data" / "error_kinds.csv"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """Why one dev text was got wrong, as a reader of it judged; `model` is the `name@version` that erred."""

    model: str
    id: str
    file: str
    label: str
    predicted: str
    kind: str


def read_kinds(path: Path = KINDS) -> list[ErrorKind]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [ErrorKind(**row) for row in csv.DictReader(stream)]


def count_kinds(kinds: Sequence[ErrorKind]) -> list[tuple[str, Counter[str]]]:
    """Return how often each kind was found in each file, the commonest kind first."""
    total = Counter(found.kind for found in kinds)
    return [(kind, Counter(found.file for found in kinds if found.kind == kind)) for kind, _ in total.most_common()]


@click.command()
@click.option("--data", "folders", multiple=True, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--model", default="embedded", show_default=True, help="Model directory, version or `embedded`.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="JSON Lines file; it holds texts.")
@home_option
def main(folders: tuple[Path, ...], model: str, out: Path, home: Path) -> None:
    """Write each dev text that the model gets wrong, with its label and the one predicted."""
    classifier = StanceClassifier.load(find_model(model, home=home))
    dev = [example for texts in our_texts(folders).values() for example in select(texts, "dev")]
    predictions = classifier.classify([example.as_input() for example in dev])
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as stream:
        for example, prediction in zip(dev, predictions, strict=True):
            if prediction.label != example.label:
                row = {
                    "model": classifier.manifest.reference,
                    "id": example.id,
                    "file": example.file,
                    "label": example.label,
                    "predicted": prediction.label,
                    "confidence": round(prediction.confidence, 3),
                    "sure": example.sure,
                    "context": example.context,
                    "text": example.text,
                }
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    run_script(main)
