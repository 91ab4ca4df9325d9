"""The sets that a model is judged on, each with the texts that a baseline may learn from."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.labels import Stance
from training.examples import Example, read_examples, text_id
from training.general_stance import LABELS as GENERAL_LABELS
from training.replay import WRITTEN
from training.splits import select

OURS = ("real_texts.jsonl", "real_prose.jsonl", "selected_texts.jsonl")
NONCOMMERCIAL = "real_texts_noncommercial.jsonl"
GENERAL = "general_stance.jsonl.gz"


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """`held_out` is what is judged; `train` what a baseline learns from, disjoint from it."""

    name: str
    held_out: list[Example]
    train: list[Example]


def our_texts(folders: Sequence[Path]) -> dict[str, list[Example]]:
    """Return our labelled texts by file, all splits.

    Files that are in none of `folders` are left out; the written texts are always there.
    """
    found = {name: _read(path) for name in OURS if (path := find(folders, name))}
    return found | {WRITTEN.name: _read(WRITTEN)}


def our_sets(folders: Sequence[Path]) -> list[JudgedSet]:
    """Return the sets of our own labels: real texts, prose and written texts, each its test split.

    Texts under non-commercial terms are judged on whole, since no model here has learned from them.
    """
    found = our_texts(folders)
    train = [example for examples in found.values() for example in select(examples, "train")]
    tests = {name: select(examples, "test") for name, examples in found.items()}
    if path := find(folders, NONCOMMERCIAL):
        tests[NONCOMMERCIAL] = _unseen(_read(path), train)
    return [JudgedSet(name, held_out, train) for name, held_out in tests.items() if held_out]


def vast(folders: Sequence[Path]) -> JudgedSet | None:
    """Return VAST (Allaway & McKeown 2020), test split; `source` tells zero-shot from few-shot topics."""
    path = find(folders, GENERAL)
    if path is None:
        return None
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [row for row in map(json.loads, stream) if row["dataset"] == "vast"]
    examples = [_general(row, line) for line, row in enumerate(rows, start=1)]
    return JudgedSet("VAST", select(examples, "test"), select(examples, "train"))


def find(folders: Sequence[Path], name: str) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def _read(path: Path) -> list[Example]:
    return read_examples([path])[0]


def _unseen(examples: Sequence[Example], train: Sequence[Example]) -> list[Example]:
    seen = {example.key for example in train}
    return [example for example in examples if example.key not in seen]


def _general(row: dict[str, str], line: int) -> Example:
    return Example(
        text=row["text"],
        label=Stance(GENERAL_LABELS[row["label"]]),
        context=row["target"],
        id=text_id(row["text"]),
        group=text_id(row["text"]),
        sure=True,
        split=row["split"],
        kind=None,
        source="zero-shot" if str(row.get("zero_shot")).lower() == "true" else "few-shot",
        file="VAST",
        line=line,
    )
