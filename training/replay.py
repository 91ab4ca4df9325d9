"""What a retrained model must not forget: labelled texts of earlier training, mixed in with the new ones.

Rehearsal (Robins, 1995). The project's own written texts are always at hand; labels of earlier retrainings are
kept in the registry's home, and only those of versions that are in use, or were, are replayed: a refused
label file never comes back.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from model.registry import EMBEDDED_NAME, Registry
from training.examples import Example, read_examples
from training.splits import select

WRITTEN = Path(__file__).parent / "data" / "written_texts.jsonl"
# For each new label, this many earlier ones; a small set of new labels would else outweigh all before.
RATIO = 2
LEAST = 400


def written_examples(split: str) -> list[Example]:
    """The project's own texts; their `test` split is the frozen test set of every retraining."""
    return select(read_examples([WRITTEN])[0], split)


def earlier_labels(home: Path, registry: Registry) -> list[Example]:
    pointer = registry.pointer()
    in_use = [version for version in (*pointer.previous, pointer.current) if version != EMBEDDED_NAME]
    files = [path for version in dict.fromkeys(in_use) if (path := _label_file(home, version)).exists()]
    return read_examples(files)[0] if files else []


def keep_labels(home: Path, version: str, examples: Sequence[Example]) -> None:
    """Store the labels that made `version`, for its successors."""
    path = _label_file(home, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for example in examples:
            row = {"id": example.id, "group": example.group, "text": example.text, "context": example.context}
            stream.write(json.dumps(row | {"label": example.label, "sure": example.sure}) + "\n")


def draw_replay(pool: Sequence[Example], *, new: Sequence[Example], seed: int) -> list[Example]:
    """Return a random part of `pool`, without the texts that have a new label, all in the train split.

    Of several labels of one text in `pool` the last counts.
    """
    relabelled = {example.key for example in new}
    latest = {example.key: example for example in pool}
    others = [example for key, example in latest.items() if key not in relabelled]
    size = min(len(others), max(LEAST, RATIO * len(new)))
    return [replace(example, split="train") for example in Random(seed).sample(others, size)]  # noqa: S311 not for secrets


def _label_file(home: Path, version: str) -> Path:
    return home / "labels" / f"{version}.jsonl"
