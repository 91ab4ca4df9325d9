"""Labelled examples, files of them, and a task that a tiny network learns in seconds: one word decides the label."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from model.labels import LABELS, Stance
from training.evaluation import Outcome
from training.examples import Example, text_id

TELLTALE = {Stance.SKEPTICAL: "trap", Stance.SUPPORTIVE: "peace", Stance.NEUTRAL: "weather"}
FILLER = (
    "talk",
    "to",
    "moscow",
    "lift",
    "the",
    "sanctions",
    "with",
    "putin",
    "it",
    "is",
    "a",
    "works",
    "yesterday",
    "i",
)
# Sizes at which the tiny network learns the task in a second or two.
TINY_RUN = (
    "epochs=6",
    "batch_size=16",
    "learning_rate=1e-2",
    "max_tokens=64",
    "overlap=16",
    "context_tokens=16",
    "max_windows=8",
)


def make_example(text: str = "Talk to Moscow.", label: Stance = Stance.NEUTRAL, **changes: Any) -> Example:
    blank = Example(
        text=text,
        label=label,
        context=None,
        id=text_id(text),
        group=text,
        sure=True,
        split=None,
        kind=None,
        source=None,
        file="made.jsonl",
        line=1,
    )
    return replace(blank, **changes)


def learnable_rows(count: int, *, seed: int = 0) -> list[dict[str, str]]:
    """Distinct rows, a third of each label; of every ten the last is for test and the one before it for dev."""
    random = Random(seed)  # noqa: S311 not for secrets
    rows = []
    for index in range(count):
        label = LABELS[index % len(LABELS)]
        words = [*random.choices(FILLER, k=8), TELLTALE[label]]
        random.shuffle(words)
        split = {8: "dev", 9: "test"}.get(index % 10, "train")
        rows.append({"text": f"{' '.join(words)} {seed} {index}", "label": label.value, "split": split})
    return rows


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write `rows` as CSV or JSON Lines, by the extension of `path`."""
    found = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            writer = csv.DictWriter(stream, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
        else:
            stream.writelines(json.dumps(row) + "\n" for row in found)
    return path


def make_outcome(truth: Sequence[int], predicted: Sequence[int], *, confidence: float = 0.8) -> Outcome:
    """What a model would have said that gives each predicted label the same confidence."""
    probabilities = np.full((len(truth), len(LABELS)), (1 - confidence) / (len(LABELS) - 1))
    probabilities[np.arange(len(truth)), predicted] = confidence
    return Outcome(np.asarray(truth, dtype=np.int64), probabilities, np.zeros(len(truth), dtype=bool))
